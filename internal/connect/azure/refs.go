package azure

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

type idOnly struct {
	ID string `json:"id"`
}

// properties are the references and facts that are read of a resource; the
// fields are those of each resource provider
// (https://learn.microsoft.com/azure/templates/).
type properties struct {
	Version  string
	FQDN     string
	Host     string
	Endpoint string
	Hardware struct {
		Size string `json:"vmSize"`
	}
	Storage struct {
		OS struct {
			Disk idOnly `json:"managedDisk"`
		} `json:"osDisk"`
		Data []struct {
			Disk idOnly `json:"managedDisk"`
		} `json:"dataDisks"`
	}
	Net struct {
		Interfaces []idOnly `json:"networkInterfaces"`
	}
	IPs []struct {
		Properties struct {
			Subnet idOnly `json:"subnet"`
		} `json:"properties"`
	}
	Farm      string
	Subnet    string
	Scale     idOnly
	Delegated struct {
		Subnet string `json:"delegatedSubnetResourceId"`
	}
	Environment string
	Workspace   string
	Gateways    []struct {
		Properties struct {
			Subnet idOnly `json:"subnet"`
		} `json:"properties"`
	}
	Backends []struct {
		Properties struct {
			Configurations []idOnly `json:"backendIPConfigurations"`
		} `json:"properties"`
	}
}

// facts reads field by field: one of another shape does not lose the rest.
func facts(raw json.RawMessage) properties {
	var p properties
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return p // az resource list has none
	}
	for name, to := range map[string]any{"version": &p.Version, "fullyQualifiedDomainName": &p.FQDN, "defaultHostName": &p.Host, "hostName": &p.Endpoint, "hardwareProfile": &p.Hardware, "storageProfile": &p.Storage,
		"networkProfile": &p.Net, "ipConfigurations": &p.IPs, "serverFarmId": &p.Farm, "virtualNetworkSubnetId": &p.Subnet, "virtualMachineScaleSet": &p.Scale, "network": &p.Delegated,
		"managedEnvironmentId": &p.Environment, "WorkspaceResourceId": &p.Workspace, "gatewayIPConfigurations": &p.Gateways, "backendAddressPools": &p.Backends} {
		if v, ok := fields[name]; ok {
			_ = json.Unmarshal(v, to) // of another shape: not this provider's field
		}
	}
	return p
}

func (p properties) dns() []string {
	var out []string
	for _, n := range []string{p.FQDN, p.Host, p.Endpoint} {
		n = strings.TrimSuffix(strings.ToLower(n), ".")
		if strings.Count(n, ".") >= 2 && !strings.ContainsAny(n, "/ *:") && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// size is the machine's size, or the name of the SKU.
func (p properties) size(sku json.RawMessage) string {
	var s struct {
		Name string `json:"name"`
	}
	if p.Hardware.Size == "" && json.Unmarshal(sku, &s) == nil {
		return s.Name
	}
	return p.Hardware.Size
}

// ties are the relations that the properties tell.
func (p properties) ties(from string) []tie {
	var out []tie
	add := func(kind cmdb.RelationKind, to string) {
		if to = key(to); isID(to) {
			out = append(out, tie{from, to, kind, ""})
		}
	}
	add(cmdb.StoresIn, p.Storage.OS.Disk.ID)
	for _, d := range p.Storage.Data {
		add(cmdb.StoresIn, d.Disk.ID)
	}
	for _, n := range p.Net.Interfaces {
		add(cmdb.DependsOn, n.ID) // a machine that lost its interface is lost to all
	}
	for _, c := range p.IPs {
		add(cmdb.RunsOn, c.Properties.Subnet.ID)
	}
	for _, c := range p.Gateways {
		add(cmdb.RunsOn, c.Properties.Subnet.ID)
	}
	add(cmdb.RunsOn, p.Farm)
	add(cmdb.RunsOn, p.Environment)
	add(cmdb.ConnectsTo, p.Subnet)
	add(cmdb.RunsOn, p.Delegated.Subnet)
	add(cmdb.ConnectsTo, p.Workspace)
	if to := key(p.Scale.ID); isID(to) {
		out = append(out, tie{from, to, cmdb.PartOf, "instances"})
	}
	for _, pool := range p.Backends {
		for _, c := range pool.Properties.Configurations {
			// …/networkinterfaces/NAME/ipconfigurations/NAME: the interface.
			if to := parent(key(c.ID)); isID(to) {
				out = append(out, tie{from, to, cmdb.DependsOn, "backends"})
			}
		}
	}
	return out
}

// kinds by resource type, lower case.
var kinds = map[string]string{
	"microsoft.compute/virtualmachines": cmdb.KindHost, "microsoft.hybridcompute/machines": cmdb.KindHost, "microsoft.compute/virtualmachinescalesets": cmdb.KindCluster,
	"microsoft.compute/disks": cmdb.KindStorage, "microsoft.storage/storageaccounts": cmdb.KindStorage, "microsoft.netapp/netappaccounts/capacitypools/volumes": cmdb.KindStorage,
	"microsoft.sql/servers": cmdb.KindDatabase, "microsoft.sql/servers/databases": cmdb.KindDatabase, "microsoft.sql/managedinstances": cmdb.KindDatabase, "microsoft.dbforpostgresql/flexibleservers": cmdb.KindDatabase,
	"microsoft.dbforpostgresql/servers": cmdb.KindDatabase, "microsoft.dbformysql/flexibleservers": cmdb.KindDatabase, "microsoft.dbformysql/servers": cmdb.KindDatabase, "microsoft.documentdb/databaseaccounts": cmdb.KindDatabase,
	"microsoft.kusto/clusters": cmdb.KindDatabase, "microsoft.search/searchservices": cmdb.KindDatabase, "microsoft.cache/redis": cmdb.KindCache, "microsoft.cache/redisenterprise": cmdb.KindCache,
	"microsoft.servicebus/namespaces": cmdb.KindQueue, "microsoft.servicebus/namespaces/queues": cmdb.KindQueue, "microsoft.servicebus/namespaces/topics": cmdb.KindQueue, "microsoft.eventhub/namespaces": cmdb.KindQueue,
	"microsoft.eventhub/namespaces/eventhubs": cmdb.KindQueue, "microsoft.eventgrid/topics": cmdb.KindQueue,
	"microsoft.network/virtualnetworks": cmdb.KindNetwork, "microsoft.network/networksecuritygroups": cmdb.KindNetwork, "microsoft.network/networkinterfaces": cmdb.KindNetwork, "microsoft.network/publicipaddresses": cmdb.KindNetwork,
	"microsoft.network/routetables": cmdb.KindNetwork, "microsoft.network/natgateways": cmdb.KindNetwork, "microsoft.network/virtualnetworkgateways": cmdb.KindNetwork, "microsoft.network/dnszones": cmdb.KindNetwork,
	"microsoft.network/privatednszones": cmdb.KindNetwork, "microsoft.network/privateendpoints": cmdb.KindNetwork, "microsoft.network/expressroutecircuits": cmdb.KindNetwork,
	"microsoft.network/loadbalancers": cmdb.KindBalancer, "microsoft.network/applicationgateways": cmdb.KindBalancer, "microsoft.network/frontdoors": cmdb.KindBalancer, "microsoft.cdn/profiles": cmdb.KindBalancer, "microsoft.network/trafficmanagerprofiles": cmdb.KindBalancer,
	"microsoft.web/sites": cmdb.KindDeployment, "microsoft.web/sites/slots": cmdb.KindDeployment, "microsoft.app/containerapps": cmdb.KindDeployment, "microsoft.containerinstance/containergroups": cmdb.KindDeployment, "microsoft.logic/workflows": cmdb.KindDeployment,
	"microsoft.containerservice/managedclusters": cmdb.KindCluster, "microsoft.app/managedenvironments": cmdb.KindCluster, "microsoft.web/serverfarms": cmdb.KindCluster,
	"microsoft.web/certificates": cmdb.KindCertificate, "microsoft.certificateregistration/certificateorders": cmdb.KindCertificate, "microsoft.managedidentity/userassignedidentities": cmdb.KindIdentity,
	"microsoft.apimanagement/service": cmdb.KindAPI, "microsoft.apimanagement/service/apis": cmdb.KindAPI,
	"microsoft.resources/subscriptions": cmdb.KindSystem, "microsoft.resources/subscriptions/resourcegroups": cmdb.KindSystem,
}

func kindOf(t string) string {
	if k, ok := kinds[strings.ToLower(t)]; ok {
		return k
	}
	return cmdb.KindCloud
}
