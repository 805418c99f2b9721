package terraform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
)

// graph emits items as they come and keeps what is needed for the relations,
// which can be worked out only when all addresses are known.
type graph struct {
	opt     Options
	emit    cmdb.Emit
	remarks sourcefile.Remarks

	nodes   []node
	at      map[string]int32   // address → node
	blocks  map[string][]int32 // address without indexes → nodes
	ids     map[cmdb.Identifier]int32
	names   map[string]int32 // type NUL name → node
	hosts   map[string]int32
	aws     bool
	outside map[cmdb.Identifier]bool
	data    int

	edges map[[2]cmdb.End]map[cmdb.RelationKind]int // place in order
	order []cmdb.SeenRelation
}

// node is a resource of which the values are gone.
type node struct {
	address, block, module, resource, kind string
	deps                                   []string
	egress                                 bool // a rule for traffic that goes out
	direct                                 bool // deps are of a configuration: without dependencies of dependencies
	mentions                               []mention
	ends                                   map[string][]string // of glue: attribute → values
}

// mention is a value in a resource that may name another one.
type mention struct {
	ref    reference
	value  string
	egress bool // stands below a block "egress"
}

func newGraph(opt Options, emit cmdb.Emit) *graph {
	return &graph{opt: opt, emit: emit, at: map[string]int32{}, blocks: map[string][]int32{}, ids: map[cmdb.Identifier]int32{}, names: map[string]int32{},
		hosts: map[string]int32{}, outside: map[cmdb.Identifier]bool{}, edges: map[[2]cmdb.End]map[cmdb.RelationKind]int{}}
}

func (n node) item() bool { return n.kind != glue && n.kind != logical }

// add takes one resource instance.
func (g *graph) add(place string, in instance) error {
	if _, twice := g.at[in.address]; twice {
		return sourcefile.Bad(place, "address", in.address, "this address is there already; send one state or plan, not several joined")
	}
	if len(in.address) > cmdb.MaxKey {
		return sourcefile.Bad(place, "address", in.address, fmt.Sprintf("an address has at most %d bytes; shorten the for_each keys", cmdb.MaxKey))
	}
	if len(g.nodes) >= sourcefile.MaxItems {
		return sourcefile.Bad(place, "resources", "", fmt.Sprintf("a file has at most %d resources; split the state", sourcefile.MaxItems))
	}
	if len(in.left) > 0 {
		g.remarks.Add(place, "%s: %d sensitive values were left out: %s", in.address, len(in.left), sourcefile.Cut(strings.Join(in.left, ", "), 300))
	}
	n := node{address: in.address, block: stripped(in.address), resource: in.resource, kind: kindOf(in.resource), deps: slices.Clone(in.deps)}
	n.module = in.address[:moduleEnd(in.address)]
	if in.data {
		n.kind = logical
		g.data++
	}
	i := int32(len(g.nodes))
	g.at[n.address] = i
	g.blocks[n.block] = append(g.blocks[n.block], i)
	aws := provider(in.resource) == "aws"
	if n.item() {
		item := in.item(n.kind, g.opt)
		for _, id := range item.Identifiers {
			if _, known := g.ids[id]; !known {
				g.ids[id] = i
			}
		}
		for _, f := range []string{"id", "arn", "self_link", "name", "identifier", "cluster_identifier", "function_name", "bucket"} {
			if s := in.text(f); s != "" {
				g.name(n.resource, s, i)
				if uuid.MatchString(s) {
					g.ids[cmdb.Identifier{Scheme: "uuid", Value: s}] = i
				}
			}
		}
		for _, h := range in.hosts() {
			if _, known := g.hosts[h]; !known {
				g.hosts[h] = i
			}
		}
		n.mentions = mentions(in.resource, in.values)
		if err := g.emit(cmdb.Record{Item: item}); err != nil {
			return err
		}
	}
	if n.kind == glue {
		n.ends = map[string][]string{}
		n.egress = in.text("type") == "egress" || in.text("direction") == "egress"
		for _, j := range joints[in.resource] {
			for _, f := range []string{j.from, j.to} {
				if _, done := n.ends[f]; !done {
					n.ends[f] = texts(in.values, f)
				}
			}
		}
	}
	g.aws = g.aws || aws
	g.nodes = append(g.nodes, n)
	return nil
}

func (g *graph) name(resource, name string, i int32) {
	key := resource + "\x00" + name
	if _, known := g.names[key]; !known {
		g.names[key] = i
	}
}

// find returns the item that a value of a resource names.
func (g *graph) find(value, of string, aws bool) (cmdb.End, bool) {
	if of == "dns" {
		d := sourcefile.DNS(strings.TrimPrefix(strings.ToLower(value), "dualstack."))
		if i, ok := g.hosts[d]; ok {
			return cmdb.ByKey(g.nodes[i].address), true
		}
		return cmdb.End{}, false
	}
	if of != "" {
		if i, ok := g.names[of+"\x00"+value]; ok {
			return cmdb.ByKey(g.nodes[i].address), true
		}
	}
	id, ok := global(value, aws)
	if !ok && uuid.MatchString(value) {
		if i, known := g.ids[cmdb.Identifier{Scheme: "uuid", Value: value}]; known {
			return cmdb.ByKey(g.nodes[i].address), true
		}
	}
	if !ok {
		return cmdb.End{}, false
	}
	if i, known := g.ids[id]; known {
		return cmdb.ByKey(g.nodes[i].address), true
	}
	g.outside[id] = true
	return cmdb.By(id.Scheme, id.Value, ""), true
}

// relate notes a relation; the same one twice is one.
func (g *graph) relate(from, to cmdb.End, kind cmdb.RelationKind, group string, soft bool) {
	if from == to {
		return
	}
	pair := [2]cmdb.End{from, to}
	if _, known := g.edges[pair][kind]; known {
		return
	}
	r := cmdb.SeenRelation{From: from, To: to, Kind: kind, Group: group, Provenance: cmdb.Declared}
	if group != "" {
		r.Need = 1
	}
	if soft {
		r.Strength = cmdb.Soft
	}
	if g.edges[pair] == nil {
		g.edges[pair] = map[cmdb.RelationKind]int{}
	}
	g.edges[pair][kind] = len(g.order)
	g.order = append(g.order, r)
}

// mentions collects what a resource says of others.
func mentions(resource string, values map[string]any) []mention {
	own := special[resource]
	var out []mention
	var walk func(v any, name string, depth int, egress bool)
	walk = func(v any, name string, depth int, egress bool) {
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				if k != "tags" && k != "tags_all" && k != "labels" && depth < 8 {
					walk(v[k], k, depth+1, egress || k == "egress")
				}
			}
		case []any:
			for _, x := range v {
				walk(x, name, depth, egress)
			}
		case string:
			ref, ok := own[name]
			if !ok {
				ref, ok = references[name]
			}
			if ok && v != "" && len(v) <= 900 && (ref.of != "dns" || depth > 1) {
				out = append(out, mention{ref, v, egress})
			}
		}
	}
	walk(values, "", 0, false)
	return out
}

// texts returns the texts under a name, wherever it stands.
func texts(v any, name string) []string {
	var out []string
	var walk func(v any, at string, depth int)
	walk = func(v any, at string, depth int) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if depth < 8 {
					walk(x, k, depth+1)
				}
			}
		case []any:
			for _, x := range v {
				walk(x, at, depth)
			}
		case string:
			if at == name && v != "" && len(v) <= 900 {
				out = append(out, v)
			}
		}
	}
	walk(v, "", 0)
	slices.Sort(out)
	return slices.Compact(out)
}

// stripped is an address without its indexes: module.a[0].aws_x.y["k"] is
// module.a.aws_x.y.
func stripped(address string) string {
	if !strings.Contains(address, "[") {
		return address
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted && c == '\\':
			i++
		case depth > 0 && c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// moduleEnd is where the module part of an address ends: before "aws_x.y" or
// "data.aws_x.y".
func moduleEnd(address string) int {
	end, i := 0, 0
	for strings.HasPrefix(address[i:], "module.") {
		j := i + len("module.")
		for depth, quoted := 0, false; j < len(address); j++ {
			c := address[j]
			if quoted && c == '\\' {
				j++
				continue
			}
			if depth > 0 && c == '"' {
				quoted = !quoted
			}
			if !quoted && c == '[' {
				depth++
			} else if !quoted && c == ']' {
				depth--
			} else if depth == 0 && c == '.' {
				break
			}
		}
		if j >= len(address) {
			return len(address)
		}
		end, i = j, j+1
	}
	return end
}

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
	slices.SortFunc(out, func(a, b int32) int { return cmp.Compare(a, b) })
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

// resourceOf is the type in an address.
func resourceOf(address string) string {
	rest := strings.TrimPrefix(address[moduleEnd(address):], ".")
	t, _, _ := strings.Cut(rest, ".")
	return t
}
