// Package kubernetes reads what runs in a Kubernetes cluster: from manifests
// (YAML of many documents), from `kubectl get -o json|yaml`, or from the API
// itself by plain LIST and WATCH. It needs no client library: the objects are
// those of https://kubernetes.io/docs/reference/kubernetes-api/, with Istio's
// networking, the Gateway API, cert-manager and Argo Rollouts beside them.
//
//	Deployment, StatefulSet, DaemonSet, CronJob, Job, Rollout → deployment
//	their labels, and the Service that selects them           → application
//	Node, PersistentVolumeClaim, Certificate                  → host, storage, certificate
//	Ingress, Gateway with HTTPRoute or VirtualService         → load-balancer
//	ServiceEntry                                              → external
//
// Objects are joined only when all are read, so Collector holds the few fields
// of each that matter; a file is read one object at a time.
//
// Invariants:
//   - Pods are no items: they come and go. They tell on which hosts their
//     workload runs, through ownerReferences.
//   - Secrets are passed over before they are parsed. Of environment variables,
//     arguments and ConfigMaps only the host names that they mention are kept,
//     and of those only what names a Service or stands in a variable that says
//     it is an address.
//   - The same objects give the same records in the same order, whatever order
//     they were read in. Nothing that changes by itself (status, counts of
//     restarts) is an attribute.
package kubernetes

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/jsonstream"
)

// Options of one reading.
type Options struct {
	Cluster   string // the cluster's name in identifiers; empty when unknown
	Namespace string // of objects that name none; empty: "default"
	Env, Team string // of what says none itself
	File      string // for faults; empty: "file"
}

// Read reads one input, YAML or JSON, and emits what it shows.
func Read(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	c := New(opt)
	if err := c.Add(opt.File, r); err != nil {
		return nil, err
	}
	return c.Finish(emit)
}

// Collector gathers the objects of several inputs of one cluster, so that a
// route in one file finds the Service of another.
type Collector struct {
	opt     Options
	remarks []cmdb.Remark
	read    int // objects that the map uses

	namespaces   map[string]meta
	nodes        map[string]node
	workloads    map[string]*workload // by key "ns/Kind/name"
	pods         []pod
	services     map[string]*service // by "ns/name"
	configs      map[string]map[string][]mention
	claims       map[string]claim
	volumes      map[string]volumeSpec
	certificates map[string]certificate
	ingresses    map[string]object[ingressSpec]
	gateways     map[string]object[gatewaySpec] // key with the API's group
	routes       map[string]object[routeSpec]
	virtual      map[string]object[virtualServiceSpec]
	rules        map[string]object[destinationRuleSpec]
	entries      map[string]object[serviceEntrySpec]
}

type object[T any] struct {
	meta
	kind string
	spec T
}

type node struct {
	meta
	object nodeObject
}

type claim struct {
	meta
	spec     claimSpec
	template bool // a StatefulSet's, of which the claims are not known
}

type certificate = object[certificateSpec]

type pod struct {
	meta
	spec podFacts
	node string
}

// podFacts are what a pod template tells.
type podFacts struct {
	images   []string
	mentions []mention
	configs  []configUse
	claims   []string
}

// configUse is a ConfigMap that containers read: one key, or all.
type configUse struct{ name, key, as string }

type service struct {
	meta
	spec serviceSpec
	to   *target
}

// New starts a collection.
func New(opt Options) *Collector {
	if opt.Namespace == "" {
		opt.Namespace = "default"
	}
	return &Collector{opt: opt, namespaces: map[string]meta{}, nodes: map[string]node{}, workloads: map[string]*workload{}, services: map[string]*service{},
		configs: map[string]map[string][]mention{}, claims: map[string]claim{}, volumes: map[string]volumeSpec{}, certificates: map[string]certificate{},
		ingresses: map[string]object[ingressSpec]{}, gateways: map[string]object[gatewaySpec]{}, routes: map[string]object[routeSpec]{},
		virtual: map[string]object[virtualServiceSpec]{}, rules: map[string]object[destinationRuleSpec]{}, entries: map[string]object[serviceEntrySpec]{}}
}

// Add reads one input: YAML, or JSON as kubectl and the API write it, plain or
// packed with gzip. Faults are errs.Invalid with name and place.
func (c *Collector) Add(name string, r io.Reader) error {
	if name == "" {
		name = "file"
	}
	in := bufio.NewReader(r)
	if first, err := firstByte(in); err != nil {
		return errs.BadField(name, "", "the input is empty")
	} else if first == '{' || first == '[' || first == 0x1f {
		_, err := jsonstream.Each(in, name, []string{"items"}, func(e jsonstream.Element) error {
			kind := ""
			if l, ok := strings.CutSuffix(e.Head.Text("kind"), "List"); ok {
				kind = l // items of typed lists do not say what they are
			}
			return c.Object(name, e.Place, kind, e.Head.Text("apiVersion"), e.Value)
		})
		return err
	}
	return documents(in, name, func(d document) error {
		if kind := kindOf(d.text); kind != "" && !known[kind] {
			return nil
		}
		raw, err := toJSON(d, name)
		if err != nil || raw == nil {
			return err
		}
		_, err = jsonstream.Each(bytes.NewReader(raw), name, []string{"items"}, func(e jsonstream.Element) error {
			return c.Object(name, fmt.Sprintf("line %d", d.line), "", "", e.Value)
		})
		return err
	})
}

// firstByte peeks at the first byte that is no blank.
func firstByte(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.Peek(1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n':
			_, _ = in.Discard(1) // just peeked
		case 0xEF:
			if bom, _ := in.Peek(3); string(bom) != "\xEF\xBB\xBF" {
				return b[0], nil
			}
			_, _ = in.Discard(3)
		default:
			return b[0], nil
		}
	}
}

func (c *Collector) remark(place, text string) {
	if len(c.remarks) < 1000 {
		c.remarks = append(c.remarks, cmdb.Remark{Place: place, Text: text})
	}
}
