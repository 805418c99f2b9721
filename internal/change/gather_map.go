package change

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// fatal reports whether an error is the database's own: nothing can be decided
// without it. Other practices' errors make a fact unknown.
func fatal(err error) bool { return errs.Is(err, errs.Unavailable) }

// mostAround bounds the services around a change whose changes and incidents
// are looked at, on each side, nearest and most important first.
const mostAround = 32

// servicesFact names the change's services as the catalog has them. One that
// nobody knows makes the whole fact unknown.
func (s *Service) servicesFact(q db.Querier, c Change) (fact.Of[[]fact.Service], error) {
	list := make([]fact.Service, 0, len(c.Services))
	for _, name := range c.Services {
		k, ok, err := s.Catalog.Lookup(q, name)
		if err != nil {
			return fact.Of[[]fact.Service]{}, err
		}
		if !ok {
			return fact.NotKnown[[]fact.Service]("the catalog has no service " + errs.Short(name)), nil
		}
		list = append(list, fact.Service{Name: k.Name, Tier: k.Tier, Lifecycle: string(k.Lifecycle), Team: k.Team})
	}
	if len(list) == 0 {
		return fact.NotKnown[[]fact.Service]("the change names no service"), nil
	}
	return fact.Known(list), nil
}

// answer of the map; inUse is false where there is no map.
type mapAnswer struct {
	Around
	inUse  bool
	failed bool
}

func (s *Service) aroundOf(q db.Querier, services []string) mapAnswer {
	if s.Map == nil {
		return mapAnswer{}
	}
	a, err := s.Map.Around(q, services)
	return mapAnswer{Around: a, inUse: true, failed: err != nil}
}

// neighbours are the services around, each once, the change's own left out.
func neighbours(a mapAnswer, own []string) (out []string) {
	for _, list := range [][]string{a.Needs, names(a.Hit)} {
		for _, name := range list[:min(len(list), mostAround)] {
			if !slices.Contains(own, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func names(list []Neighbour) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.Name
	}
	return out
}

// blastFact says what breaks when the services go down.
func blastFact(a mapAnswer, c Change, services fact.Of[[]fact.Service]) fact.Of[fact.Blast] {
	switch {
	case !a.inUse:
		return fact.NotInUse[fact.Blast]("there is no map of services")
	case a.failed:
		return fact.NotKnown[fact.Blast]("the map could not be read")
	case !a.Known:
		return fact.NotKnown[fact.Blast]("the map does not show " + strings.Join(c.Services, ", ") + " yet")
	}
	b := fact.Blast{Services: []string{}, Boundaries: len(a.Hit), Items: a.Items, WorstTier: 3}
	own := map[string]bool{}
	for _, x := range services.Value {
		b.WorstTier = min(b.WorstTier, x.Tier)
		own[x.Team] = true
	}
	teams := map[string]bool{}
	for _, n := range a.Hit {
		if len(b.Services) < fact.MaxList {
			b.Services = append(b.Services, n.Name)
		}
		if n.Tier >= 0 {
			b.WorstTier = min(b.WorstTier, n.Tier)
		}
		if n.Team != "" && !own[n.Team] {
			teams[n.Team] = true
		}
	}
	b.Teams = len(teams)
	return fact.Known(b)
}

// blastCache keeps what the map said about services: it changes with the map,
// and tiers and teams of services may change without it.
type blastCache struct {
	mu   sync.RWMutex
	view any // the map's, as it was; compared, never looked into
	kept map[string]keptBlast
}

type keptBlast struct {
	a  Around
	at time.Time
}

const (
	blastKept = 30 * time.Second // how long an answer holds while the map stays as it is
	blastMost = 50_000
)

// onMap is Map on the configuration management database.
type onMap struct {
	cmdb  *cmdb.Service
	cache blastCache
}

// ByCMDB returns the map that a configuration management database is.
func ByCMDB(c *cmdb.Service) Map { return &onMap{cmdb: c} }

// Around answers from memory while the map stays as it is.
func (m *onMap) Around(q db.Querier, services []string) (Around, error) {
	if !m.cmdb.Ready() {
		return Around{}, nil
	}
	var view any = m.cmdb.Graph().View()
	key := strings.Join(services, "\x00")
	m.cache.mu.RLock()
	k, ok := m.cache.kept[key]
	ok = ok && m.cache.view == view && time.Since(k.at) < blastKept
	m.cache.mu.RUnlock()
	if ok {
		return k.a, nil
	}
	a, err := m.look(q, services)
	if err != nil {
		return Around{}, err
	}
	m.cache.mu.Lock()
	defer m.cache.mu.Unlock()
	if m.cache.view != view || len(m.cache.kept) >= blastMost {
		m.cache.view, m.cache.kept = view, map[string]keptBlast{}
	}
	m.cache.kept[key] = keptBlast{a, time.Now()}
	return a, nil
}

func (m *onMap) look(q db.Querier, services []string) (Around, error) {
	b, err := m.cmdb.ImpactOf(q, services)
	if err != nil || !b.Known {
		return Around{}, err
	}
	a := Around{Known: true, Items: max(0, b.Down+b.Degraded-len(services))}
	for _, h := range b.Services {
		if level := h.Level.String(); level == "down" || level == "degraded" {
			a.Hit = append(a.Hit, Neighbour{Name: h.Service, Tier: h.Tier, Team: h.Team})
		}
	}
	a.Needs, err = m.cmdb.NeededServices(q, services, mostAround)
	return a, err
}
