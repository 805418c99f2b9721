package change

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
)

// usualLength is how long a change takes of which nobody said it.
const usualLength = time.Hour

// openRow is an open change, or an emergency that nobody reviewed, as far as
// others stand on it.
type openRow struct {
	Service     string // by which it was found
	ID          int64
	State       State
	Environment string
	Kind        Kind
	Commit      string
	Artefact    string
	Started     time.Time
	VerifyUntil time.Time
	PlannedFrom time.Time
	PlannedTo   time.Time
}

// span is when a change is, or will be, on its way; ok is false for one that
// may never be.
func (o openRow) span(now time.Time) (from, to time.Time, ok bool) {
	switch {
	case o.State == Verifying:
		return o.Started, cmp.Or(o.VerifyUntil, now), true
	case o.State == InProgress:
		to = o.Started.Add(usualLength)
		if o.PlannedTo.After(to) {
			to = o.PlannedTo
		}
		if !to.After(now) { // it takes longer than thought, and is still there
			to = now.Add(time.Minute)
		}
		return o.Started, to, true
	case o.PlannedFrom.IsZero() || o.State == Rejected || o.State == Canceled:
		return time.Time{}, time.Time{}, false
	}
	to = o.PlannedTo
	if to.IsZero() {
		to = o.PlannedFrom.Add(usualLength)
	}
	return o.PlannedFrom, to, to.After(now)
}

// openFacts are the other changes in the way, and the emergencies that nobody
// looked at yet.
func (s *Service) openFacts(q db.Querier, in *fact.Input, c Change, a mapAnswer, now time.Time) error {
	rows, err := openAround(q, append(slices.Clone(c.Services), neighbours(a, c.Services)...))
	if err != nil {
		return err
	}
	in.Collisions = fact.Known(collisions(rows, c, a, now))
	pending, err := unreviewed(q, c.Services)
	if err != nil {
		return err
	}
	keys := []string{}
	for _, id := range pending {
		if id != c.ID && len(keys) < fact.MaxList {
			keys = append(keys, Change{ID: id}.Key())
		}
	}
	in.Pending = fact.Known(keys)
	return nil
}

// collisions are the changes whose time meets this one's, in its environment:
// on the same services first, then on what these need, then on what needs them.
func collisions(rows []openRow, c Change, a mapAnswer, now time.Time) fact.Collisions {
	from := startOf(c, now)
	to := c.PlannedTo
	if !to.After(from) {
		to = from.Add(usualLength)
	}
	seen := map[int64]bool{c.ID: c.ID != 0, c.RollbackOf: c.RollbackOf != 0}
	var list []fact.Collision
	for _, relation := range []string{"same", "needs", "needed"} {
		for _, o := range rows {
			if seen[o.ID] || o.Environment != c.Environment || relationOf(o.Service, c, a) != relation {
				continue
			}
			start, end, ok := o.span(now)
			if !ok || !start.Before(to) || !end.After(from) {
				continue
			}
			seen[o.ID] = true
			list = append(list, fact.Collision{Change: Change{ID: o.ID}.Key(), Service: o.Service, Relation: relation, State: string(o.State), From: start.UTC(), To: end.UTC()})
		}
	}
	out := fact.Collisions{List: []fact.Collision{}}
	if len(list) > fact.MaxList {
		out.Cut = len(list) - fact.MaxList
		list = list[:fact.MaxList]
	}
	out.List = append(out.List, list...)
	return out
}

// relationOf says how another service stands to a change's.
func relationOf(service string, c Change, a mapAnswer) string {
	switch {
	case slices.Contains(c.Services, service):
		return "same"
	case slices.Contains(a.Needs, service):
		return "needs"
	}
	return "needed"
}

// incidentsFact are the open incidents on the services and on what they need.
func (s *Service) incidentsFact(q db.Querier, c Change, a mapAnswer) fact.Of[fact.Incidents] {
	if s.Incidents == nil {
		return fact.NotInUse[fact.Incidents]("incidents are not handled here")
	}
	services := slices.Clone(c.Services)
	for _, name := range a.Needs[:min(len(a.Needs), mostAround)] {
		if !slices.Contains(services, name) {
			services = append(services, name)
		}
	}
	open, err := s.Incidents.OpenOn(q, services)
	if err != nil {
		return fact.NotKnown[fact.Incidents]("open incidents could not be read")
	}
	slices.SortStableFunc(open, func(x, y OpenIncident) int { return x.Priority - y.Priority })
	out := fact.Incidents{List: []fact.Incident{}}
	for _, i := range open {
		relation := "needs"
		if slices.Contains(c.Services, i.Service) {
			relation = "same"
		}
		if len(out.List) == fact.MaxList {
			out.Cut++
			continue
		}
		out.List = append(out.List, fact.Incident{Key: cmp.Or(i.Key, "restricted"), Priority: i.Priority, Service: i.Service, Relation: relation})
	}
	return fact.Known(out)
}

// budgetFact is the state of the error budget.
func (s *Service) budgetFact(q db.Querier, c Change) fact.Of[fact.Budget] {
	if s.Budgets == nil {
		return fact.NotInUse[fact.Budget]("no service levels are in use")
	}
	b, err := s.Budgets.Worst(q, c.Services)
	if err != nil {
		return fact.NotKnown[fact.Budget]("the error budget could not be read")
	}
	return b
}
