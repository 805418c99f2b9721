package cmdb

import (
	"cmp"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Side says where a service stands, seen from others.
type Side string

// The sides.
const (
	SideSame   Side = "same"
	SideNeeds  Side = "needs"     // the others need it
	SideNeeded Side = "needed by" // it needs one of the others
	SideShares Side = "shares"    // both need the same item
)

// Near is a catalog service near to others.
type Near struct {
	Service string
	Side    Side
	Steps   int    // services along the way, the last one counted
	Hard    bool   // by hard needs outside groups all the way
	Over    string // of SideShares: the item that both need
}

const (
	nearItems     = 2000 // looked at in one direction
	nearRelations = 200  // of one item
	nearDepth     = 6    // items along the way: between two services stand deployments, hosts, databases
	nearSharers   = 20   // who shares an item with more says nothing by it
)

// ServicesNear lists services around some, at most so many services away along
// needs in either direction, and those that need what they need directly: the
// same first, then the nearest. It asks no actor and does not wait: without the
// map there are only the services themselves.
func (s *Service) ServicesNear(q db.Querier, services []string, steps int) ([]Near, error) {
	out := make([]Near, len(services))
	for i, name := range services {
		out[i] = Near{Service: name, Side: SideSame, Hard: true}
	}
	if !s.Ready() || len(services) == 0 {
		return out, nil
	}
	found, err := serviceItems(q, services)
	if err != nil {
		return nil, errs.Wrap("cmdb.near", err)
	}
	n := nearby{v: s.Graph().View(), steps: steps, at: map[uint32]Near{}}
	var from []uint32
	for _, id := range found {
		from = append(from, uint32(id))
		n.at[uint32(id)] = Near{Side: SideSame, Hard: true}
	}
	slices.Sort(from)
	direct := n.walk(from, SideNeeds)
	n.walk(from, SideNeeded)
	n.sharers(direct)
	rows, err := rowsByID(q, n.ids())
	if err != nil {
		return nil, errs.Wrap("cmdb.near", err)
	}
	for id, x := range n.at {
		if i := rows[int64(id)]; i != nil && x.Side != SideSame && i.kind == KindService {
			x.Service = i.name
			if over := rows[n.over[id]]; over != nil {
				x.Over = over.name
			}
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Near) int {
		return cmp.Or(cmp.Compare(rankOf(a.Side), rankOf(b.Side)), a.Steps-b.Steps, strings.Compare(a.Service, b.Service))
	})
	return out, nil
}

func rankOf(s Side) int { return slices.Index([]Side{SideSame, SideNeeds, SideNeeded, SideShares}, s) }

type nearby struct {
	v     *graph.View
	steps int
	at    map[uint32]Near  // every item that was met
	over  map[uint32]int64 // of sharers: what is shared
}

// walk goes along needs in one direction, nearest first, and returns the items
// that are no services and that the first ones need directly.
func (n *nearby) walk(from []uint32, side Side) (direct []uint32) {
	queue, met := slices.Clone(from), len(from)
	for depth := 0; depth < nearDepth && len(queue) > 0; depth++ {
		var next []uint32
		for _, item := range queue {
			here := n.at[item]
			relations, _ := n.v.Relations(item, nearRelations)
			for _, e := range relations {
				near, to := e.Ends()
				if side == SideNeeded {
					near, to = to, near
				}
				if graph.NeedOf(e.Kind) == graph.NoNeed || near != item {
					continue
				}
				node := n.v.Node(to)
				if _, seen := n.at[to]; seen || !node.Known || node.State == graph.Retired || met >= nearItems {
					continue
				}
				x := Near{Side: side, Steps: here.Steps, Hard: here.Hard && e.Hard && e.Group == 0}
				if node.Kind == KindService {
					x.Steps++
				} else if depth == 0 {
					direct = append(direct, to)
				}
				if x.Steps > n.steps {
					continue
				}
				met++
				n.at[to] = x
				next = append(next, to)
			}
		}
		queue = next
	}
	return direct
}

// sharers finds who else needs what is needed directly.
func (n *nearby) sharers(direct []uint32) {
	n.over = map[uint32]int64{}
	for _, item := range direct {
		relations, cut := n.v.Relations(item, nearRelations)
		var who []uint32
		for _, e := range relations {
			if needs, needed := e.Ends(); needed == item && graph.NeedOf(e.Kind) != graph.NoNeed && n.v.Node(needs).State != graph.Retired {
				who = append(who, needs)
			}
		}
		if cut > 0 || len(who) > nearSharers {
			continue
		}
		for _, w := range who {
			if _, seen := n.at[w]; !seen {
				n.at[w], n.over[w] = Near{Side: SideShares, Steps: 1}, int64(item)
			}
		}
	}
}

func (n *nearby) ids() []int64 {
	out := make([]int64, 0, len(n.at))
	for id := range n.at {
		out = append(out, int64(id))
	}
	slices.Sort(out)
	return out
}
