package terraform

import (
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// finish works out the relations and emits them.
func (g *graph) finish(state bool) ([]cmdb.Remark, error) {
	explained := map[[2]string]bool{} // two blocks of which an attribute told the relation
	tell := func(from, to cmdb.End, kind cmdb.RelationKind, group string, soft bool) {
		g.relate(from, to, kind, group, soft)
		if from.Key != "" && to.Key != "" {
			explained[[2]string{from.Key, stripped(to.Key)}] = true
			explained[[2]string{to.Key, stripped(from.Key)}] = true
		}
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		aws, self := provider(n.resource) == "aws", cmdb.ByKey(n.address)
		for _, m := range n.mentions {
			if other, ok := g.find(m.value, m.ref.of, aws); ok {
				from, to := self, other
				if m.ref.back != m.egress && (m.ref.back || m.ref.kind == cmdb.ConnectsTo) {
					from, to = other, self
				}
				tell(from, to, m.ref.kind, m.ref.group, m.ref.soft)
			}
		}
		joined := false
		for _, j := range joints[n.resource] {
			for _, f := range n.ends[j.from] {
				for _, t := range n.ends[j.to] {
					from, ok1 := g.find(f, j.fromOf, aws)
					to, ok2 := g.find(t, j.toOf, aws)
					if ok1 && ok2 {
						if joined = true; n.egress && j.kind == cmdb.ConnectsTo {
							from, to = to, from
						}
						tell(from, to, j.kind, j.group, j.soft)
					}
				}
			}
		}
		if js := joints[n.resource]; !joined && len(js) > 0 && js[0].kind == cmdb.ConnectsTo && len(n.deps) == 2 { // a rule of which the values are not there
			if a, b := g.resolve(n, n.deps[0]), g.resolve(n, n.deps[1]); len(a) == 1 && len(b) == 1 && g.nodes[a[0]].item() && g.nodes[b[0]].item() {
				tell(cmdb.ByKey(g.nodes[a[0]].address), cmdb.ByKey(g.nodes[b[0]].address), cmdb.ConnectsTo, "", false)
			}
		}
	}
	g.depend(explained)
	if g.data > 0 {
		g.remarks.Add("file", "%d data sources were read over: they only look at what others manage", g.data)
	}
	if len(g.outside) > 0 {
		g.remarks.Add("file", "%d names lead out of this file; their relations are joined when the items are known", len(g.outside))
	}
	if !state {
		g.remarks.Add("file", "this is a plan: it tells what would be after it; send the state to tell what is")
	}
	for i := range g.order {
		if err := g.emit(cmdb.Record{Relation: &g.order[i]}); err != nil {
			return g.remarks.List(), err
		}
	}
	return g.remarks.List(), nil
}

// depend adds the dependencies that no attribute explains.
func (g *graph) depend(explained map[[2]string]bool) {
	unknown := map[string]bool{}
	lists := make([][]int32, len(g.nodes))
	for i := range g.nodes {
		var out []int32
		for _, d := range g.nodes[i].deps {
			found := g.resolve(&g.nodes[i], d)
			if len(found) == 0 && !strings.Contains(d, "data.") && !strings.HasPrefix(kindOf(resourceOf(d)), logical) && !unknown[d] {
				unknown[d] = true
				g.remarks.Add(g.nodes[i].address, "depends on %s, which is not in this file", d)
			}
			out = append(out, found...)
		}
		slices.Sort(out)
		lists[i] = slices.Compact(out)
	}
	for i := range g.nodes {
		n := &g.nodes[i]
		if !n.item() {
			continue
		}
		targets := g.through(lists, lists[i], int32(i))
		for _, t := range targets {
			if t == int32(i) || g.nodes[t].block == n.block || explained[[2]string{n.address, g.nodes[t].block}] {
				continue
			}
			if !n.direct && slices.ContainsFunc(targets, func(e int32) bool {
				if e == t || e == int32(i) {
					return false
				}
				_, reaches := slices.BinarySearch(lists[e], t)
				return reaches
			}) {
				continue // a dependency of a dependency
			}
			g.relate(cmdb.ByKey(n.address), cmdb.ByKey(g.nodes[t].address), cmdb.DependsOn, "", false)
		}
	}
}

// maxTargets bounds what one resource may depend on.
const maxTargets = 1000

// through replaces what is no item by what it depends on.
func (g *graph) through(lists [][]int32, from []int32, self int32) []int32 {
	var out []int32
	seen := map[int32]bool{self: true}
	todo := slices.Clone(from)
	for len(todo) > 0 && len(out) < maxTargets && len(seen) < 100*maxTargets {
		t := todo[0]
		todo = todo[1:]
		if seen[t] {
			continue
		}
		seen[t] = true
		if g.nodes[t].item() {
			out = append(out, t)
		} else {
			todo = append(todo, lists[t]...)
		}
	}
	slices.Sort(out)
	return out
}

// resolve finds the instances of an address that a resource depends on. Old
// states name it as its own module does; instances of the same module instance
// come before others.
func (g *graph) resolve(n *node, address string) []int32 {
	if i, ok := g.at[address]; ok {
		return []int32{i}
	}
	block := stripped(address)
	found := g.blocks[block]
	if len(found) == 0 && n.module != "" {
		found = g.blocks[stripped(n.module)+"."+block]
	}
	if len(found) > 1 {
		var near []int32
		for _, i := range found {
			if g.nodes[i].module == n.module {
				near = append(near, i)
			}
		}
		if len(near) > 0 {
			found = near
		}
	}
	return found[:min(len(found), maxTargets)]
}
