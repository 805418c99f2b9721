package cmdb

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Blast is what a failure of services does, for reactions.
type Blast struct {
	Known                  bool         // the map is loaded and knows one of the services; else nothing is said
	Down, Degraded, AtRisk int          // items
	Services               []ServiceHit // but the ones that were asked about; worst first, then by tier
	Teams                  []string     // that own services that are down or degraded, by name
}

// ServiceHit is a catalog service that is touched.
type ServiceHit struct {
	Service string // its name in the catalog
	Title   string
	Tier    int // 0 to 3; -1: nobody says
	Team    string
	Level   graph.Level
	Item    int64
	Cause   bool // it was asked about
}

// mostServiceHits bounds the services of an answer.
const mostServiceHits = 1000

// ImpactOf says what breaks if services are down. It asks no actor and does not
// wait: it is for reactions inside the product, which do without when the map
// is not loaded yet.
func (s *Service) ImpactOf(q db.Querier, services []string) (Blast, error) {
	if !s.Ready() || len(services) == 0 {
		return Blast{}, nil
	}
	found, err := serviceItems(q, services)
	if err != nil {
		return Blast{}, errs.Wrap("cmdb.impact", err)
	}
	var causes []graph.Cause
	for _, name := range services {
		if id := found[name]; id != 0 {
			causes = append(causes, graph.Cause{Item: uint32(id), Level: graph.Down})
		}
	}
	if len(causes) == 0 {
		return Blast{}, nil
	}
	v := s.Graph().View()
	r := v.Impact(causes, graph.Options{})
	hits, err := serviceHits(q, v, r)
	if err != nil {
		return Blast{}, errs.Wrap("cmdb.impact", err)
	}
	hits = slices.DeleteFunc(hits, func(h ServiceHit) bool { return h.Cause })
	return Blast{Known: true, Down: r.Down, Degraded: r.Degraded, AtRisk: r.AtRisk, Services: hits, Teams: teamsOf(hits, nil)}, nil
}

// serviceItems returns the items of services by name or alias; those without
// one are left out.
func serviceItems(q db.Querier, names []string) (map[string]int64, error) {
	ids := make([]Identifier, len(names))
	for i, n := range names {
		ids[i] = Identifier{SchemeService, strings.ToLower(strings.TrimSpace(n))}
	}
	who, err := bearers(q, ids)
	out := make(map[string]int64, len(names))
	for i, n := range names {
		for _, b := range who[ids[i]] {
			if b.kind == KindService && (out[n] == 0 || b.state != Retired) {
				out[n] = b.item
			}
		}
	}
	return out, err
}

// serviceHits are the services among hits, worst first, then by tier and name.
func serviceHits(q db.Querier, v *graph.View, r *graph.Result) (out []ServiceHit, err error) {
	level := map[int64]graph.Hit{}
	var ids []int64
	for _, h := range r.Hits {
		if len(ids) < mostServiceHits && v.Node(h.Item).Kind == KindService {
			ids = append(ids, int64(h.Item))
			level[int64(h.Item)] = h
		}
	}
	rows, err := rowsByID(q, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		i := rows[id]
		if i == nil {
			continue
		}
		h := ServiceHit{Service: i.name, Tier: -1, Team: i.team, Level: level[id].Level, Item: id, Cause: level[id].Depth == 0}
		var a struct {
			Tier  *int   `json:"tier"`
			Title string `json:"title"`
		}
		if json.Unmarshal([]byte(i.attributes), &a) == nil {
			h.Title = a.Title
			if a.Tier != nil {
				h.Tier = *a.Tier
			}
		}
		out = append(out, h)
	}
	tier := func(h ServiceHit) int {
		if h.Tier < 0 {
			return 9
		}
		return h.Tier
	}
	slices.SortStableFunc(out, func(a, b ServiceHit) int {
		return cmp.Or(int(b.Level)-int(a.Level), tier(a)-tier(b), strings.Compare(a.Service, b.Service))
	})
	return out, nil
}
