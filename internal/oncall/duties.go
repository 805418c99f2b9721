package oncall

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// TeamDuties returns the duties, without gaps, of a team's schedules that
// touch [from, to), cut to it, and since when that is known: a schedule says
// nothing of the time before it was last edited, because it then said something
// else. Without schedules, since is to. It checks no permission.
func (s *Service) TeamDuties(q db.Querier, team string, from, to time.Time) (out []Shift, since time.Time, err error) {
	b, err := s.Schedules(q)
	if err != nil || !from.Before(to) {
		return nil, to, err
	}
	since = to
	found := false
	for _, name := range b.names {
		e := b.entries[name]
		if e.schedule.Spec.Team != team || e.rota == nil {
			continue
		}
		begin := from
		if e.schedule.Updated.After(from) {
			begin = e.schedule.Updated
		}
		if !found || begin.After(since) { // all of them must be known
			since, found = begin, true
		}
		if !begin.Before(to) {
			continue
		}
		r, err := b.rotaFor(q, e, begin, to)
		if err != nil {
			return nil, to, err
		}
		for _, d := range r.Between(begin, to) {
			if d.Gap() {
				continue
			}
			d.From, d.Until = clip(d, begin, to)
			out = append(out, Shift{Schedule: name, Title: e.schedule.Title(), Zone: e.schedule.Spec.Zone, Duty: d})
		}
	}
	return out, since, nil
}
