package main

import (
	"math/rand/v2"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// estate generates a map as a large organisation has it: services, made of
// applications that call each other (few are called by very many), deployed
// redundantly on hosts in racks, and a handful of things that nearly all need,
// softly or in groups. The same number gives the same map.
type estate struct {
	items      int
	now        int64
	kinds      []string // by item
	racks      []uint32
	hosts      []uint32
	clusters   []uint32
	stores     []uint32
	deploys    []uint32
	apps       []uint32
	services   []uint32
	hubs       []uint32 // groups of three
	controller uint32   // a hub that a quarter of the items need softly

	present, past int // relations and former forms, once counted
}

func newEstate(items int) *estate {
	m := &estate{items: items, now: time.Now().Unix(), kinds: make([]string, 1, items+1)}
	take := func(kind string, n int) []uint32 {
		list := make([]uint32, n)
		for i := range list {
			list[i] = uint32(len(m.kinds))
			m.kinds = append(m.kinds, kind)
		}
		return list
	}
	m.hubs = take("load-balancer", 12)
	m.controller = take("cluster", 1)[0]
	m.racks = take("location", max(items/500, 4))
	m.clusters = take("cluster", max(items/2000, 2))
	m.hosts = take("host", items/8)
	m.stores = take("database", items/10)
	m.services = take("service", max(items/200, 2))
	m.apps = take("application", items*3/20)
	m.deploys = take("deployment", items-len(m.kinds)+1)
	return m
}

// each calls for all relations, about five for each item; none comes twice.
func (m *estate) each(each func(e graph.Edge, group string)) {
	seen := map[uint64]bool{} // of one item, as they come item by item
	var last uint32
	yield := func(e graph.Edge, group string) {
		if e.From != last {
			clear(seen)
			last = e.From
		}
		if k := uint64(e.To)<<8 | uint64(e.Kind); !seen[k] {
			seen[k] = true
			each(e, group)
		}
	}
	r := rand.New(rand.NewPCG(uint64(m.items), 42))
	pick := func(list []uint32) uint32 { return list[r.IntN(len(list))] }
	hard := func(from, to uint32, kind uint8) { yield(graph.Edge{From: from, To: to, Kind: kind, Hard: true}, "") }
	for _, h := range m.hosts {
		hard(h, pick(m.racks), graph.RunsOn)
		yield(graph.Edge{From: h, To: pick(m.clusters), Kind: graph.PartOf, Hard: true, Need: uint16(len(m.hosts) / len(m.clusters) * 7 / 10)}, "nodes")
	}
	for _, s := range m.stores {
		hard(s, pick(m.hosts), graph.RunsOn)
	}
	for n, d := range m.deploys {
		at := r.IntN(len(m.hosts))
		for k := range 3 {
			yield(graph.Edge{From: d, To: m.hosts[(at+k*977)%len(m.hosts)], Kind: graph.RunsOn, Hard: true, Need: 1}, "hosts")
		}
		yield(graph.Edge{From: d, To: m.apps[n%len(m.apps)], Kind: graph.PartOf, Hard: true, Need: 1}, "replicas")
		if n%2 == 0 {
			yield(graph.Edge{From: d, To: m.controller, Kind: graph.DependsOn}, "")
		}
	}
	for n, a := range m.apps {
		hard(a, m.services[n%len(m.services)], graph.PartOf)
		set := n % (len(m.hubs) / 3)
		for k := range 3 {
			yield(graph.Edge{From: a, To: m.hubs[set*3+k], Kind: graph.DependsOn, Hard: true, Need: 1}, "names")
		}
		hard(a, pick(m.stores), graph.StoresIn)
		for range 7 {
			// Popularity falls with the number: a few are called by very many.
			x := r.Float64()
			to := m.apps[int(x*x*x*float64(len(m.apps)))]
			yield(graph.Edge{From: a, To: to, Kind: graph.Calls, Hard: r.IntN(16) == 0}, "")
		}
		for range 2 {
			yield(graph.Edge{From: a, To: pick(m.stores), Kind: graph.StoresIn}, "")
		}
	}
}

// history calls for all relations with number and time; of a share of them
// there was another form in the last year, which comes before.
func (m *estate) history(past float64, yield func(e graph.Edge, group string)) {
	r := rand.New(rand.NewPCG(7, uint64(m.items)))
	var id int64
	m.each(func(e graph.Edge, group string) {
		id++
		e.ID, e.Provenance, e.Since, e.Revision = id, 1, m.now-400*86400, 1
		if r.Float64() < past {
			old := e
			e.Since, e.Revision = m.now-r.Int64N(365*86400), 2
			old.Until = e.Since
			old.Provenance = 3 // the same needs then as now, so that questions compare
			yield(old, group)
		}
		yield(e, group)
	})
}

// graph builds it.
func (m *estate) graph(past float64) (*graph.Graph, error) {
	b := graph.NewBuilder()
	nodes := make([]graph.NodeChange, 0, 1000)
	for n := 1; n < len(m.kinds); n++ {
		nodes = append(nodes, graph.NodeChange{ID: uint32(n), Kind: m.kinds[n], Revision: 1})
		if len(nodes) == cap(nodes) || n == len(m.kinds)-1 {
			if err := b.Nodes(nodes...); err != nil {
				return nil, err
			}
			nodes = nodes[:0]
		}
	}
	groups := map[string]uint32{"": 0}
	edges := make([]graph.Edge, 0, 2000)
	var err error
	flush := func() {
		if e := b.Edges(edges...); e != nil {
			err = e
		}
		edges = edges[:0]
	}
	m.history(past, func(e graph.Edge, group string) {
		h, ok := groups[group]
		if !ok {
			h = b.Group(group)
			groups[group] = h
		}
		e.Group = h
		if edges = append(edges, e); len(edges) == cap(edges) {
			flush()
		}
	})
	flush()
	return b.Graph(), err
}

// edge is a change of any relation between applications.
func (m *estate) edge(r *rand.Rand, at int64) graph.Edge {
	return graph.Edge{ID: at, From: m.apps[r.IntN(len(m.apps))], To: m.apps[r.IntN(len(m.apps))], Kind: graph.Calls, Hard: r.IntN(16) == 0, Provenance: 2, Since: at}
}
