package suspect

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
)

const (
	mostServices   = 100 // near ones whose changes are looked at
	mostCandidates = 300
	nowhereBefore  = 6 * time.Hour // without a service, only what is fresh can mean anything
)

// found is what one look finds.
type found struct {
	list   List
	latest []int64 // candidates by time alone
}

// find gathers the candidates of an incident and ranks them.
func (s *Service) find(q db.Querier, i Incident) (found, error) {
	if i.Began.IsZero() {
		return found{}, nil
	}
	places, names, err := s.places(q, i)
	if err != nil {
		return found{}, err
	}
	var ids []int64
	if len(names) == 0 {
		ids, err = startedBetween(q, i.Began.Add(-nowhereBefore), i.Began.Add(Tolerance), mostCandidates)
	} else {
		ids, err = changesOf(q, names, i.Began.Add(-Before), i.Began.Add(Tolerance), mostCandidates)
	}
	if err != nil {
		return found{}, err
	}
	list, err := candidatesByID(q, ids)
	if err != nil {
		return found{}, err
	}
	for n := range list {
		c := &list[n]
		c.Service = mainOf(c.Services)
		best := len(names)
		for _, name := range c.Services {
			if at, ok := slices.BinarySearch(names, name); ok && places[at].order < best {
				best, c.Service, c.Place = places[at].order, name, places[at].Place
			}
		}
	}
	return found{Rank(i, list), Latest(i, list)}, nil
}

// ordered is a place with how near it is among all: 0 is nearest.
type ordered struct {
	Place
	order int
}

// places are the services near to those of an incident, by name, and where each
// stands.
func (s *Service) places(q db.Querier, i Incident) ([]ordered, []string, error) {
	services := slices.DeleteFunc(slices.Clone(i.Services), func(n string) bool { return n == "" })
	near := make([]cmdb.Near, len(services))
	for n, name := range services {
		near[n] = cmdb.Near{Service: name, Side: cmdb.SideSame, Hard: true}
	}
	if s.near != nil && len(services) > 0 {
		var err error
		if near, err = s.near.ServicesNear(q, services, MaxSteps); err != nil {
			return nil, nil, err
		}
	}
	near = near[:min(len(near), mostServices)]
	type named struct {
		name string
		ordered
	}
	list := make([]named, len(near))
	for n, x := range near {
		list[n] = named{x.Service, ordered{Place{Relation(x.Side), x.Steps, x.Hard, x.Over}, n}}
	}
	slices.SortStableFunc(list, func(a, b named) int { return cmp.Or(cmp.Compare(a.name, b.name), a.order-b.order) })
	list = slices.CompactFunc(list, func(a, b named) bool { return a.name == b.name })
	places, names := make([]ordered, len(list)), make([]string, len(list))
	for n, x := range list {
		places[n], names[n] = x.ordered, x.name
	}
	return places, names, nil
}
