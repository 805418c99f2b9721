package kubernetes

import "encoding/json"

// The parts of Kubernetes objects that the map needs. Fields are those of the
// API reference (https://kubernetes.io/docs/reference/kubernetes-api/); all
// others, among them every status that changes by itself, are read over.

type meta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	UID         string            `json:"uid"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Owners      []owner           `json:"ownerReferences"`
}

type owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller *bool  `json:"controller"`
}

// controller is the owner that runs the object; ok is false for none.
func (m meta) controller() (owner, bool) {
	for _, o := range m.Owners {
		if o.Controller != nil && *o.Controller {
			return o, true
		}
	}
	if len(m.Owners) == 1 {
		return m.Owners[0], true
	}
	return owner{}, false
}

type head struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   meta   `json:"metadata"`
}

type named struct {
	Name string `json:"name"`
}

type container struct {
	Image   string   `json:"image"`
	Command []string `json:"command"`
	Args    []string `json:"args"`
	Env     []struct {
		Name      string `json:"name"`
		Value     string `json:"value"`
		ValueFrom struct {
			ConfigMapKeyRef *struct {
				Name string `json:"name"`
				Key  string `json:"key"`
			} `json:"configMapKeyRef"`
		} `json:"valueFrom"`
	} `json:"env"`
	EnvFrom []struct {
		ConfigMapRef *named `json:"configMapRef"`
	} `json:"envFrom"`
}

type podSpec struct {
	NodeName       string      `json:"nodeName"`
	InitContainers []container `json:"initContainers"`
	Containers     []container `json:"containers"`
	Volumes        []struct {
		Claim *struct {
			ClaimName string `json:"claimName"`
		} `json:"persistentVolumeClaim"`
		ConfigMap *named `json:"configMap"`
		Projected *struct {
			Sources []struct {
				ConfigMap *named `json:"configMap"`
			} `json:"sources"`
		} `json:"projected"`
	} `json:"volumes"`
}

type template struct {
	Metadata meta    `json:"metadata"`
	Spec     podSpec `json:"spec"`
}

// workloadSpec is that of all workloads: CronJob keeps its template deeper.
type workloadSpec struct {
	Replicas     *int     `json:"replicas"`
	Schedule     string   `json:"schedule"`
	Template     template `json:"template"`
	ClaimTemplat []struct {
		Metadata meta `json:"metadata"`
		Spec     struct {
			StorageClassName string `json:"storageClassName"`
		} `json:"spec"`
	} `json:"volumeClaimTemplates"`
	JobTemplate struct {
		Spec struct {
			Template template `json:"template"`
		} `json:"spec"`
	} `json:"jobTemplate"`
}

type serviceSpec struct {
	Type         string            `json:"type"`
	Selector     map[string]string `json:"selector"`
	ExternalName string            `json:"externalName"`
}

type nodeObject struct {
	Spec struct {
		ProviderID string `json:"providerID"`
	} `json:"spec"`
	Status struct {
		Addresses []struct {
			Type    string `json:"type"`
			Address string `json:"address"`
		} `json:"addresses"`
		Capacity map[string]json.RawMessage `json:"capacity"`
		NodeInfo struct {
			OSImage        string `json:"osImage"`
			Architecture   string `json:"architecture"`
			KubeletVersion string `json:"kubeletVersion"`
		} `json:"nodeInfo"`
	} `json:"status"`
}

type claimSpec struct {
	StorageClassName string   `json:"storageClassName"`
	VolumeName       string   `json:"volumeName"`
	AccessModes      []string `json:"accessModes"`
	Resources        struct {
		Requests map[string]json.RawMessage `json:"requests"`
	} `json:"resources"`
}

type volumeSpec struct {
	CSI *struct {
		Driver       string `json:"driver"`
		VolumeHandle string `json:"volumeHandle"`
	} `json:"csi"`
}

type certificateSpec struct {
	SecretName string   `json:"secretName"`
	DNSNames   []string `json:"dnsNames"`
	IssuerRef  struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"issuerRef"`
	status certificateStatus
}

// certificateStatus is what cert-manager says of the certificate that it got:
// https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.CertificateStatus
type certificateStatus struct {
	NotAfter string `json:"notAfter"`
}

type ingressBackend struct {
	Service *named `json:"service"`
}

type ingressSpec struct {
	IngressClassName string          `json:"ingressClassName"`
	DefaultBackend   *ingressBackend `json:"defaultBackend"`
	TLS              []struct {
		Hosts      []string `json:"hosts"`
		SecretName string   `json:"secretName"`
	} `json:"tls"`
	Rules []struct {
		Host string `json:"host"`
		HTTP *struct {
			Paths []struct {
				Path    string         `json:"path"`
				Backend ingressBackend `json:"backend"`
			} `json:"paths"`
		} `json:"http"`
	} `json:"rules"`
}

// gatewaySpec is that of the Gateway API (https://gateway-api.sigs.k8s.io/reference/spec/)
// and of Istio (https://istio.io/latest/docs/reference/config/networking/gateway/).
type gatewaySpec struct {
	GatewayClassName string `json:"gatewayClassName"`
	Listeners        []struct {
		Name     string `json:"name"`
		Hostname string `json:"hostname"`
		TLS      *struct {
			CertificateRefs []reference `json:"certificateRefs"`
		} `json:"tls"`
	} `json:"listeners"`
	Selector map[string]string `json:"selector"`
	Servers  []struct {
		Hosts []string `json:"hosts"`
		TLS   *struct {
			CredentialName string `json:"credentialName"`
		} `json:"tls"`
	} `json:"servers"`
}

type reference struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Weight    *int   `json:"weight"`
}

type routeSpec struct {
	ParentRefs []reference `json:"parentRefs"`
	Hostnames  []string    `json:"hostnames"`
	Rules      []struct {
		BackendRefs []reference `json:"backendRefs"`
		Filters     []struct {
			Type          string `json:"type"`
			RequestMirror *struct {
				BackendRef reference `json:"backendRef"`
			} `json:"requestMirror"`
		} `json:"filters"`
	} `json:"rules"`
}

// Istio: https://istio.io/latest/docs/reference/config/networking/virtual-service/
type destination struct {
	Host   string `json:"host"`
	Subset string `json:"subset"`
}

type weighted struct {
	Destination destination `json:"destination"`
	Weight      int         `json:"weight"`
}

type percentage struct {
	Value *float64 `json:"value"`
}

type istioRoute struct {
	Match   []json.RawMessage `json:"match"`
	Route   []weighted        `json:"route"`
	Mirror  *destination      `json:"mirror"`
	Mirrors []struct {
		Destination destination `json:"destination"`
	} `json:"mirrors"`
	Fault *struct {
		Delay *struct {
			FixedDelay string     `json:"fixedDelay"`
			Percentage percentage `json:"percentage"`
		} `json:"delay"`
		Abort *struct {
			HTTPStatus int        `json:"httpStatus"`
			GRPCStatus string     `json:"grpcStatus"`
			Percentage percentage `json:"percentage"`
		} `json:"abort"`
	} `json:"fault"`
}

type virtualServiceSpec struct {
	Hosts    []string     `json:"hosts"`
	Gateways []string     `json:"gateways"`
	HTTP     []istioRoute `json:"http"`
	TLS      []istioRoute `json:"tls"`
	TCP      []istioRoute `json:"tcp"`
}

type destinationRuleSpec struct {
	Host          string `json:"host"`
	TrafficPolicy *struct {
		TLS *struct {
			Mode string `json:"mode"`
		} `json:"tls"`
	} `json:"trafficPolicy"`
	Subsets []struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"subsets"`
}

type serviceEntrySpec struct {
	Hosts      []string `json:"hosts"`
	Location   string   `json:"location"`
	Resolution string   `json:"resolution"`
	Ports      []struct {
		Number   int    `json:"number"`
		Protocol string `json:"protocol"`
	} `json:"ports"`
}
