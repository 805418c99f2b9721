package terraform

import (
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
