package aws

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// details are what is read of a resource's configuration.
type details struct {
	dns                            []string
	size, engine, version, runtime string
}

// read takes the known facts of a "configuration": an object in files, a JSON
// text in answers of the API. Anything else in it is passed over.
func read(raw json.RawMessage) details {
	var d details
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = json.RawMessage(text)
	}
	var c struct {
		PrivateDNS    string          `json:"privateDnsName"`
		PublicDNS     string          `json:"publicDnsName"`
		DNS           string          `json:"dnsName"` // load balancers; any case
		Domain        string          `json:"domainName"`
		Endpoint      json.RawMessage `json:"endpoint"` // databases: an object; clusters: text
		Reader        string          `json:"readerEndpoint"`
		InstanceType  string          `json:"instanceType"`
		DBClass       string          `json:"dBInstanceClass"`
		CacheNode     string          `json:"cacheNodeType"`
		Engine        string          `json:"engine"`
		EngineVersion string          `json:"engineVersion"`
		Runtime       string          `json:"runtime"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return d // nothing that is known
	}
	var e struct {
		Address string `json:"address"`
	}
	host := ""
	if json.Unmarshal(c.Endpoint, &e) != nil {
		_ = json.Unmarshal(c.Endpoint, &host) // neither: no endpoint
		host = strings.TrimPrefix(host, "https://")
	}
	for _, n := range []string{c.PrivateDNS, c.PublicDNS, c.DNS, c.Domain, e.Address, host, c.Reader} {
		n = strings.TrimSuffix(strings.ToLower(n), ".")
		if strings.Count(n, ".") >= 2 && !strings.ContainsAny(n, "/ *") && !slices.Contains(d.dns, n) {
			d.dns = append(d.dns, n)
		}
	}
	for _, s := range []string{c.InstanceType, c.DBClass, c.CacheNode} {
		if s != "" {
			d.size = s
		}
	}
	d.engine, d.version, d.runtime = c.Engine, c.EngineVersion, c.Runtime
	return d
}

// kinds by type, as Resource Explorer and ARNs write it; those of
// CloudFormation are brought to the same form.
var kinds = map[string]string{
	"ec2:instance": cmdb.KindHost, "lightsail:instance": cmdb.KindHost, "ssm:managed-instance": cmdb.KindHost,
	"ec2:volume": cmdb.KindStorage, "s3:bucket": cmdb.KindStorage, "efs:filesystem": cmdb.KindStorage, "elasticfilesystem:file-system": cmdb.KindStorage, "fsx:file-system": cmdb.KindStorage, "fsx:filesystem": cmdb.KindStorage,
	"rds:db": cmdb.KindDatabase, "rds:dbinstance": cmdb.KindDatabase, "rds:cluster": cmdb.KindDatabase, "rds:dbcluster": cmdb.KindDatabase, "dynamodb:table": cmdb.KindDatabase, "redshift:cluster": cmdb.KindDatabase,
	"es:domain": cmdb.KindDatabase, "elasticsearch:domain": cmdb.KindDatabase, "opensearch:domain": cmdb.KindDatabase, "opensearchservice:domain": cmdb.KindDatabase, "docdb:cluster": cmdb.KindDatabase, "neptune:dbcluster": cmdb.KindDatabase,
	"elasticache:cluster": cmdb.KindCache, "elasticache:cachecluster": cmdb.KindCache, "elasticache:replicationgroup": cmdb.KindCache, "memorydb:cluster": cmdb.KindCache,
	"sqs:": cmdb.KindQueue, "sqs:queue": cmdb.KindQueue, "sns:": cmdb.KindQueue, "sns:topic": cmdb.KindQueue, "kinesis:stream": cmdb.KindQueue, "kafka:cluster": cmdb.KindQueue, "msk:cluster": cmdb.KindQueue, "mq:broker": cmdb.KindQueue,
	"amazonmq:broker": cmdb.KindQueue, "events:event-bus": cmdb.KindQueue, "events:eventbus": cmdb.KindQueue,
	"elasticloadbalancing:loadbalancer": cmdb.KindBalancer, "elasticloadbalancingv2:loadbalancer": cmdb.KindBalancer, "cloudfront:distribution": cmdb.KindBalancer,
	"ec2:vpc": cmdb.KindNetwork, "ec2:subnet": cmdb.KindNetwork, "ec2:routetable": cmdb.KindNetwork, "ec2:internetgateway": cmdb.KindNetwork, "ec2:natgateway": cmdb.KindNetwork, "ec2:securitygroup": cmdb.KindNetwork,
	"ec2:transitgateway": cmdb.KindNetwork, "ec2:vpnconnection": cmdb.KindNetwork, "ec2:networkacl": cmdb.KindNetwork, "route53:hostedzone": cmdb.KindNetwork,
	"lambda:function": cmdb.KindDeployment, "ecs:service": cmdb.KindDeployment, "apprunner:service": cmdb.KindDeployment, "states:statemachine": cmdb.KindDeployment, "stepfunctions:statemachine": cmdb.KindDeployment,
	"eks:cluster": cmdb.KindCluster, "ecs:cluster": cmdb.KindCluster, "autoscaling:autoscalinggroup": cmdb.KindCluster,
	"acm:certificate": cmdb.KindCertificate, "certificatemanager:certificate": cmdb.KindCertificate,
	"iam:role": cmdb.KindIdentity, "iam:user": cmdb.KindIdentity, "iam:group": cmdb.KindIdentity, "iam:policy": cmdb.KindIdentity, "iam:instanceprofile": cmdb.KindIdentity,
	"apigateway:restapi": cmdb.KindAPI, "apigateway:restapis": cmdb.KindAPI, "apigatewayv2:api": cmdb.KindAPI, "appsync:graphqlapi": cmdb.KindAPI, "codecommit:repository": cmdb.KindRepository,
}

// plain is a type in one form: "AWS::EC2::Instance" and "ec2:instance" alike.
func plain(t string) string {
	t = strings.ToLower(t)
	if rest, ok := strings.CutPrefix(t, "aws::"); ok {
		t = strings.Replace(rest, "::", ":", 1)
	}
	service, kind, _ := strings.Cut(t, ":")
	kind, _, _ = strings.Cut(kind, "/") // loadbalancer/app
	return service + ":" + kind
}

func kindOf(t string) string {
	p := plain(t)
	for _, k := range []string{p, strings.ReplaceAll(p, "-", "")} {
		if found, ok := kinds[k]; ok {
			return found
		}
	}
	return cmdb.KindCloud
}
