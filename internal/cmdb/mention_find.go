package cmdb

import (
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Meant returns, for each list of mentions, the item that the first of them
// means that means exactly one; without a number where none does. Retired items
// are meant by their number only. It asks no actor and reads the database a
// few times for the whole batch: it is for reactions and pages of others.
func (s *Service) Meant(q db.Querier, asks [][]Mention) ([]Item, error) {
	var ids []Identifier
	var numbers []int64
	names := map[string][]string{} // by kind
	for _, list := range asks {
		for _, m := range list {
			switch {
			case m.Item != 0:
				numbers = append(numbers, m.Item)
			case m.Kind != "":
				names[m.Kind] = append(names[m.Kind], m.Name)
			default:
				ids = append(ids, m.ID)
			}
		}
	}
	borne, err := bearers(q, ids)
	if err != nil {
		return nil, errs.Wrap("cmdb.meant", err)
	}
	same := map[string]map[string][]bearer{}
	for kind, list := range names {
		slices.Sort(list)
		if same[kind], err = namesakes(q, kind, slices.Compact(list)); err != nil {
			return nil, errs.Wrap("cmdb.meant", err)
		}
	}
	found := make([]int64, len(asks))
	for i, list := range asks {
		for _, m := range list {
			if found[i] = only(m, borne, same); found[i] != 0 {
				break
			}
		}
		numbers = append(numbers, found[i])
	}
	slices.Sort(numbers)
	rows, err := rowsByID(q, slices.DeleteFunc(slices.Compact(numbers), func(id int64) bool { return id == 0 }))
	if err != nil {
		return nil, errs.Wrap("cmdb.meant", err)
	}
	out := make([]Item, len(asks))
	for i := range asks {
		if r := rows[found[i]]; r != nil {
			out[i] = r.brief()
		}
	}
	return out, nil
}

// only is the item that a mention means, 0 for none or several.
func only(m Mention, borne map[Identifier][]bearer, same map[string]map[string][]bearer) int64 {
	var list []bearer
	switch {
	case m.Item != 0:
		return m.Item
	case m.Kind != "":
		list = same[m.Kind][m.Name]
	default:
		list = borne[m.ID]
	}
	list = likeliest(slices.DeleteFunc(slices.Clone(list), func(b bearer) bool { return b.state == Retired }))
	if len(list) != 1 {
		return 0
	}
	return list[0].item
}

// Home is the one service that an item belongs to.
type Home struct {
	Service string // its name in the catalog; empty: none, or several
	Why     string // "CI-12 payments-db is used by payments alone"
}

// Homes says to which service each item belongs: the one it is part of; else
// the one whose parts alone need it, directly or through others that are part
// of no service. An item of several services belongs to none of them. It waits
// for nothing: while the map is being loaded, it knows no home.
func (s *Service) Homes(q db.Querier, items []Item) ([]Home, error) {
	out := make([]Home, len(items))
	if !s.Ready() {
		return out, nil
	}
	v := s.Graph().View()
	at := make([]uint32, len(items))
	how := make([]string, len(items))
	var ids []int64
	for i, item := range items {
		if at[i], how[i] = homeOf(v, number(item.ID)); at[i] != 0 {
			ids = append(ids, int64(at[i]))
		}
	}
	slices.Sort(ids)
	rows, err := rowsByID(q, slices.Compact(ids))
	if err != nil {
		return nil, errs.Wrap("cmdb.homes", err)
	}
	for i, item := range items {
		if r := rows[int64(at[i])]; r != nil {
			out[i] = Home{Service: r.name, Why: fmt.Sprintf("%s %s %s %s", item.Ref(), item.Name, how[i], r.name)}
		}
	}
	return out, nil
}

// homeSteps and homeWidth bound the search for a home: a thing far away from
// any service, or one that hundreds use, has none.
const (
	homeSteps = 4
	homeWidth = 200
)

func homeOf(v *graph.View, item uint32) (service uint32, how string) {
	if item == 0 || item >= v.Top() {
		return 0, ""
	}
	if v.Node(item).Kind == KindService {
		return item, "stands for"
	}
	if found := wholes(v, []uint32{item}); len(found) > 0 {
		if len(found) == 1 {
			return found[0], "is part of"
		}
		return 0, ""
	}
	at, seen := []uint32{item}, map[uint32]bool{item: true}
	for range homeSteps {
		var next []uint32
		for _, x := range at {
			edges, left := v.Relations(x, homeWidth)
			if left > 0 {
				return 0, ""
			}
			for _, e := range edges {
				if needs, needed := e.Ends(); graph.NeedOf(e.Kind) != graph.NoNeed && needed == x && !seen[needs] {
					seen[needs] = true
					next = append(next, needs)
				}
			}
		}
		if found := wholes(v, next); len(found) > 0 {
			if len(found) == 1 {
				return found[0], "is used by no other service than"
			}
			return 0, ""
		}
		if at = next; len(at) > homeWidth {
			return 0, ""
		}
	}
	return 0, ""
}

// wholes are the services that items are part of, or are.
func wholes(v *graph.View, at []uint32) (out []uint32) {
	part := uint8(slices.Index(RelationKinds, PartOf))
	seen := map[uint32]bool{}
	for at = slices.Clone(at); len(at) > 0; at = at[1:] {
		x := at[0]
		if seen[x] || len(seen) > 10*homeWidth {
			continue
		}
		seen[x] = true
		if v.Node(x).Kind == KindService {
			out = append(out, x)
			continue
		}
		edges, _ := v.Relations(x, homeWidth)
		for _, e := range edges {
			if e.From == x && e.Kind == part {
				at = append(at, e.To)
			}
		}
	}
	return out
}
