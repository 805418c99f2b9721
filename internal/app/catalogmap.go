package app

import (
	"math"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
)

// mapFactsOf remembers what the map says of single services, for their pages:
// while the map stays as it is, that stays; on a map that never rests it is
// worked out again every half minute. Rounds over many services ask anew.
type mapFactsOf struct {
	a  *App
	mu sync.Mutex
	of map[string]rememberedFacts
}

type rememberedFacts struct {
	values scorecard.Values
	view   *graph.View
	at     time.Time
}

const (
	factsKept  = 30 * time.Second // although the map changed
	factsAtAll = 5 * time.Minute  // days left, and edges that are not seen any more, change by themselves
	factsMost  = 10_000           // services
)

func (m *mapFactsOf) gather(q db.Querier, list []catalog.Service, now time.Time) (map[string]scorecard.Values, error) {
	view := m.a.CMDB.Graph().View()
	if len(list) == 1 {
		m.mu.Lock()
		r, ok := m.of[list[0].Name]
		m.mu.Unlock()
		if age := now.Sub(r.at); ok && age >= 0 && (age < factsKept || r.view == view && age < factsAtAll) {
			return map[string]scorecard.Values{list[0].Name: r.values}, nil
		}
	}
	out, err := mapFacts(q, list, now)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) > factsMost {
		m.of = map[string]rememberedFacts{}
	}
	for name, values := range out {
		m.of[name] = rememberedFacts{values, view, now}
	}
	return out, nil
}

// mapFacts are what scorecards can ask of the map. Nothing of it is known, and
// nothing counts, while no source fills the map; once one does, a service of
// which nothing was ever seen is not known to match, and does not pass.
func mapFacts(q db.Querier, list []catalog.Service, now time.Time) (map[string]scorecard.Values, error) {
	known, inUse, err := cmdb.FactsOf(q, namesOf(list), now)
	if err != nil {
		return nil, err
	}
	out := map[string]scorecard.Values{}
	for _, s := range list {
		f, there := known[s.Name]
		switch {
		case !inUse: // the zero Value
			out[s.Name] = scorecard.Values{"map.items": {}, "map.differences": {}, "certificates.days_left": {}}
		case !there:
			missing := scorecard.Unknown("it is not on the map")
			out[s.Name] = scorecard.Values{"map.items": missing, "map.differences": missing, "certificates.days_left": missing}
		default:
			out[s.Name] = scorecard.Values{"map.items": scorecard.Number(f.Items, ""), "map.differences": differences(f), "certificates.days_left": certificates(f, now)}
		}
	}
	return out, nil
}

func differences(f cmdb.ServiceFacts) scorecard.Value {
	switch {
	case !f.Seen:
		return scorecard.Unknown("no traces of it")
	case f.Blind:
		return scorecard.Unknown("nothing was seen of what it calls")
	case f.Differences == 0:
		return scorecard.Number(0, "").Said("none differ")
	case f.Differences == 1:
		return scorecard.Number(1, "differs")
	}
	return scorecard.Number(f.Differences, "differ")
}

func certificates(f cmdb.ServiceFacts, now time.Time) scorecard.Value {
	switch {
	case f.Certificates == 0:
		return scorecard.Nothing("no certificate on the map")
	case f.Expires.IsZero():
		return scorecard.Unknown("none says until when")
	}
	days := int(math.Floor(f.Expires.Sub(now).Hours() / 24))
	if days < 0 {
		return scorecard.Number(days, "").Said("expired " + f.Expires.UTC().Format("2 Jan 2006"))
	}
	return scorecard.Number(days, "d left")
}
