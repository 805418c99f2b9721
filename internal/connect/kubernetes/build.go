package kubernetes

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// application is one piece of software in one namespace.
type application struct {
	ns, name  string
	key       string
	workloads []*workload
	services  []*service
	reference bool // only named by others
	entry     *object[serviceEntrySpec]
	calls     map[string]call
	needs     map[string]group // applications that stand behind a Service of its own name
	routes    []route
	subsets   map[string]map[string]string
	tls       string
	only      map[string]bool // subsets that get traffic; nil: all
}

type group struct{ name string }

// call is one peer that an application is said to use.
type call struct {
	to       target
	kind     cmdb.RelationKind
	strength cmdb.Strength
}

// target is what a host leads to: an application or an outside system of this
// collection, or the name of one that some other source may know.
type target struct {
	app      *application
	balancer *balancer
	end      cmdb.End
}

func (t target) to() cmdb.End {
	if t.app != nil {
		return cmdb.ByKey(t.app.key)
	}
	return t.end
}

func (t target) id() string { return fmt.Sprint(t.to()) }

// builder joins what a collector holds.
type builder struct {
	*Collector
	emit      cmdb.Emit
	err       error
	apps      map[string]*application // by key
	externals map[string]object[serviceEntrySpec]
	hosts     map[string]*balancer // public host → the only balancer that has it; nil for several
	spaces    map[string]bool      // namespaces in use
	inSpace   map[string][]*workload
	relations []cmdb.SeenRelation
	seen      map[string]bool // relations
}

// Finish joins all objects and emits items first, then relations, each in a
// fixed order. It returns what was noticed.
func (c *Collector) Finish(emit cmdb.Emit) ([]cmdb.Remark, error) {
	b := &builder{Collector: c, emit: emit, apps: map[string]*application{}, externals: map[string]object[serviceEntrySpec]{}, hosts: map[string]*balancer{}, spaces: map[string]bool{}, inSpace: map[string][]*workload{}, seen: map[string]bool{}}
	if c.read == 0 {
		c.remark(c.opt.File, "holds no object of a kind that the map shows")
	}
	b.rollUp()
	names := b.instances()
	for _, key := range sorted(c.workloads) {
		w := c.workloads[key]
		w.app = b.app(w.Namespace, names.of(w))
		w.app.workloads = append(w.app.workloads, w)
		b.inSpace[w.Namespace] = append(b.inSpace[w.Namespace], w)
	}
	delete(c.services, apiServer)
	for _, key := range sorted(c.services) {
		b.place(c.services[key])
	}
	for _, a := range b.apps {
		b.spaces[a.ns] = true
	}
	b.outside()
	b.istio()
	balancers := b.balancers()
	for _, key := range sorted(c.workloads) {
		b.references(c.workloads[key])
	}
	b.ground()
	b.forms()
	b.software()
	for _, it := range balancers {
		b.item(it)
	}
	for _, r := range b.relations {
		if b.err == nil {
			b.err = emit(cmdb.Record{Relation: &r})
		}
	}
	return c.remarks, b.err
}

func (b *builder) item(s cmdb.Seen) {
	if b.err == nil {
		b.err = b.emit(cmdb.Record{Item: &s})
	}
}

// relate keeps a relation once.
func (b *builder) relate(r cmdb.SeenRelation) {
	k := fmt.Sprint(r.From, r.To, r.Kind)
	if b.seen[k] || r.From == r.To {
		return
	}
	b.seen[k] = true
	r.Provenance = cmdb.Declared
	b.relations = append(b.relations, r)
}

func (b *builder) app(ns, name string) *application {
	key := ns + "/Application/" + name
	a := b.apps[key]
	if a == nil {
		a = &application{ns: ns, name: name, key: key, calls: map[string]call{}, needs: map[string]group{}}
		b.apps[key] = a
	}
	return a
}
