package cmdb

import (
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
)

// names reads from the database what items are called that an answer shows;
// the graph knows only numbers.
type names struct {
	ids   map[uint32]bool
	items map[uint32]Item
}

func (n *names) want(ids ...uint32) {
	if n.ids == nil {
		n.ids = map[uint32]bool{}
	}
	for _, id := range ids {
		if id != 0 {
			n.ids[id] = true
		}
	}
}

func (n *names) wantEdges(list []graph.Edge) {
	for _, e := range list {
		n.want(e.From, e.To)
	}
}

func (n *names) read(q db.Querier) error {
	ids := make([]int64, 0, len(n.ids))
	for _, id := range slices.Sorted(maps.Keys(n.ids)) {
		ids = append(ids, int64(id))
	}
	rows, err := rowsByID(q, ids)
	if err != nil {
		return err
	}
	n.items = make(map[uint32]Item, len(ids))
	for _, id := range ids {
		i := Item{ID: id}
		if r := rows[id]; r != nil {
			i = r.brief()
		}
		n.items[uint32(id)] = i
	}
	return nil
}

func (n *names) step(v *graph.View, x graph.Step) Step {
	out := Step{Item: n.items[x.Item], Level: x.Level, As: x.As, Group: x.Group}
	if x.On != 0 {
		out.On, out.Relation = n.items[x.On], edgeRelation(v, x.Edge)
	}
	return out
}

func (n *names) hops(v *graph.View, edges []graph.Edge) (out []Hop) {
	for _, e := range edges {
		out = append(out, Hop{edgeRelation(v, e), n.items[e.From], n.items[e.To]})
	}
	return out
}

// edgeRelation is a relation as far as the graph knows it: not its flow, and
// when it was last seen.
func edgeRelation(v *graph.View, e graph.Edge) Relation {
	strength, state := Soft, Present
	if e.Hard {
		strength = Hard
	}
	if e.Until != 0 {
		state = Retired
	}
	r := Relation{ID: e.ID, From: int64(e.From), To: int64(e.To), Strength: strength, Group: v.Group(e.Group), Need: int(e.Need), Provenance: Provenance(e.Provenance),
		State: state, Since: at(e.Since * 1e6), Revision: e.Revision}
	if int(e.Kind) < len(RelationKinds) {
		r.Kind = RelationKinds[e.Kind]
	}
	return r
}

// number is an item's number in the graph; 0, which is no item, for what
// cannot be one.
func number(item int64) uint32 {
	if item < 0 || item > graph.ItemMost {
		return 0
	}
	return uint32(item)
}

func numbered(list []int64) []uint32 {
	out := make([]uint32, len(list))
	for i, id := range list {
		out[i] = number(id)
	}
	return out
}
