package otlp

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// node is one end of edges: an application that sends spans, or something that
// spans point to.
type node struct {
	kind, key, name, env string
	namespace            string // of Kubernetes, where an application runs
	ids                  []cmdb.Identifier
	attributes           map[string]string
	deployments          map[string]deployment // of an application, by key
	hint                 string                // lower-case service.name that it may be; of things that spans point to

	used  atomic.Int64 // second of the last use; decides who goes when there are too many
	sent  time.Time    // when the sink last took it; zero: never
	fresh bool         // something about it changed since
}

// deployment is a Kubernetes workload in which an application was seen.
type deployment struct{ cluster, namespace, kind, name string }

func (d deployment) path() string {
	return d.cluster + "/" + d.namespace + "/" + d.kind + "/" + d.name
}

// resource is what a span needs to know of where it comes from. node 0: the
// resource has no service name.
type resource struct {
	node, env uint32
	crowded   bool // it has a name, but there is no room for more nodes
}

// Limits of what is remembered besides nodes; both are dropped and built anew.
const (
	maxResources   = 20_000 // one per process that sends
	maxPointers    = 50_000
	maxDeployments = 64 // of one application
	maxName        = 200
	forgetAfter    = int64(time.Hour / time.Second)
)

// names knows the nodes. Readers of known names share a lock; a new name takes
// it alone.
type names struct {
	max   int
	clock atomic.Int64 // now, in seconds; set once per request

	mu         sync.RWMutex
	nodes      []*node // by number; 0 is nobody; nil: free
	free       []uint32
	byKey      map[string]uint32
	apps       map[string]uint32 // env, NUL, lower-case service.name
	envs       []string
	envID      map[string]uint32
	byResource map[string]resource // the bytes of a resource → where it comes from
	byPointer  map[string]uint32   // attrs.key → node
	refused    atomic.Uint64       // nodes that found no room
}

func newNames(limit int) *names {
	return &names{max: limit, nodes: []*node{nil}, byKey: map[string]uint32{}, apps: map[string]uint32{},
		envs: []string{""}, envID: map[string]uint32{"": 0}, byResource: map[string]resource{}, byPointer: map[string]uint32{}}
}

// from says where spans of a resource come from. Errors: the resource is
// malformed.
func (n *names) from(raw []byte) (resource, error) {
	n.mu.RLock()
	r, ok := n.byResource[string(raw)]
	n.touch(r.node)
	n.mu.RUnlock()
	if ok {
		return r, nil
	}
	app := node{kind: cmdb.KindApplication}
	var namespace string
	var d deployment
	var newEnv, oldEnv string
	err := attributes(raw, 1, func(key []byte, v value) {
		if v.kind != textValue {
			return
		}
		t := text(v.text)
		switch string(key) {
		case "service.name":
			app.name = t
		case "service.namespace":
			namespace = t
		case "deployment.environment.name":
			newEnv = t
		case "deployment.environment":
			oldEnv = t
		case "telemetry.sdk.language":
			app.attributes = map[string]string{"telemetry.sdk.language": t}
		case "k8s.cluster.name":
			d.cluster = t
		case "k8s.namespace.name":
			d.namespace = t
		case "k8s.deployment.name":
			d.kind, d.name = "Deployment", t
		case "k8s.statefulset.name":
			d.kind, d.name = "StatefulSet", t
		case "k8s.daemonset.name":
			d.kind, d.name = "DaemonSet", t
		case "k8s.cronjob.name":
			d.kind, d.name = "CronJob", t
		}
	})
	if err != nil {
		return resource{}, err
	}
	// "unknown_service:java" is what SDKs say when nobody named the service.
	if app.name == "" || strings.HasPrefix(app.name, "unknown_service") {
		n.remember(raw, resource{})
		return resource{}, nil
	}
	if app.env = newEnv; app.env == "" {
		app.env = oldEnv
	}
	app.key = "application/" + escape(app.env) + "/" + escape(namespace) + "/" + escape(app.name)
	app.namespace = d.namespace
	app.ids = []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: app.name}}
	if namespace != "" {
		if app.attributes == nil {
			app.attributes = map[string]string{}
		}
		app.attributes["service.namespace"] = namespace
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	r = resource{node: n.intern(&app), env: n.env(app.env)}
	r.crowded = r.node == 0
	if r.node != 0 {
		n.apps[app.env+"\x00"+strings.ToLower(app.name)] = r.node
		if known := n.nodes[r.node]; d.name != "" && d.namespace != "" {
			if _, ok := known.deployments[d.path()]; !ok && len(known.deployments) < maxDeployments {
				if known.deployments == nil {
					known.deployments = map[string]deployment{}
				}
				known.deployments[d.path()], known.fresh = d, true
			}
		}
	}
	n.rememberLocked(raw, r)
	return r, nil
}

func (n *names) remember(raw []byte, r resource) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rememberLocked(raw, r)
}

func (n *names) rememberLocked(raw []byte, r resource) {
	if len(n.byResource) >= maxResources {
		clear(n.byResource)
	}
	n.byResource[string(raw)] = r
}

// to is the node that a span's attributes name; 0: none that can be named.
// scratch is room for the key.
func (n *names) to(a *attrs, from resource, scratch []byte) (uint32, pointer, []byte) {
	scratch, what := a.key(scratch[:0], from)
	if what == toNothing {
		return 0, what, scratch
	}
	n.mu.RLock()
	id, ok := n.byPointer[string(scratch)]
	n.touch(id)
	n.mu.RUnlock()
	if ok {
		return id, what, scratch
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var caller *node
	if int(from.node) < len(n.nodes) {
		caller = n.nodes[from.node]
	}
	if caller == nil {
		return 0, toNothing, scratch
	}
	if p := a.node(what, caller); p != nil {
		id = n.intern(p)
	}
	if len(n.byPointer) >= maxPointers {
		clear(n.byPointer)
	}
	n.byPointer[string(scratch)] = id
	return id, what, scratch
}

// intern gives a node its number; 0 when there is no room. The lock is held.
func (n *names) intern(p *node) uint32 {
	p.key = short(p.key, cmdb.MaxKey)
	if id, ok := n.byKey[p.key]; ok {
		n.touch(id)
		return id
	}
	if len(n.byKey) >= n.max {
		n.refused.Add(1)
		return 0
	}
	p.used.Store(n.clock.Load())
	var id uint32
	if last := len(n.free) - 1; last >= 0 {
		id, n.free = n.free[last], n.free[:last]
		n.nodes[id] = p
	} else {
		id = uint32(len(n.nodes)) //nolint:gosec // at most max
		n.nodes = append(n.nodes, p)
	}
	n.byKey[p.key] = id
	return id
}

// env is the number of an environment's name; too many share number 0 with
// "none", which only makes them less apart. The lock is held.
func (n *names) env(name string) uint32 {
	id, ok := n.envID[name]
	if !ok && len(n.envs) < 10_000 {
		id = uint32(len(n.envs)) //nolint:gosec // bounded above
		n.envs = append(n.envs, name)
		n.envID[name] = id
	}
	return id
}

// touch notes a use; a lock is held.
func (n *names) touch(id uint32) {
	if id != 0 {
		now := n.clock.Load()
		if p := n.nodes[id]; p != nil && p.used.Load() != now {
			p.used.Store(now)
		}
	}
}

// settle is the application that a thing pointed to turned out to be: one that
// sends spans of its own under that name, in the caller's environment. The
// lock is held.
func (n *names) settle(id uint32) uint32 {
	p := n.nodes[id]
	if p == nil || p.hint == "" {
		return id
	}
	if app, ok := n.apps[p.env+"\x00"+p.hint]; ok && n.nodes[app] != nil {
		return app
	}
	return id
}

// sweep forgets nodes that nothing used for an hour and no edge of keep has.
// Held spans are far younger, so none refers to them.
func (n *names) sweep(keep map[uint32]bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock.Load()
	gone := false
	for id, p := range n.nodes {
		if p == nil || keep[uint32(id)] || now-p.used.Load() < forgetAfter { //nolint:gosec // an index of at most max
			continue
		}
		delete(n.byKey, p.key)
		n.nodes[id] = nil
		n.free = append(n.free, uint32(id)) //nolint:gosec // an index of at most max
		gone = true
	}
	if gone {
		clear(n.byResource)
		clear(n.byPointer)
		maps.DeleteFunc(n.apps, func(_ string, id uint32) bool { return n.nodes[id] == nil })
	}
}

// text is a name from outside made storable. Names are identities, so two long
// ones that begin alike stay two.
func text(b []byte) string {
	return short(strings.TrimSpace(connect.Clean(string(b))), maxName)
}

// short keeps the start of a text and a digest of the whole.
func short(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:limit-17], "") + "~" + hex.EncodeToString(sum[:8])
}

var escaper = strings.NewReplacer("%", "%25", "/", "%2F")

// escape keeps the parts of a key apart.
func escape(s string) string { return escaper.Replace(s) }
