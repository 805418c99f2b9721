package oncall

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// These lookups are for other practices, inside their transactions; they check
// no permission.

func (s *Service) rota(q db.Querier, schedule string) (*Rota, error) {
	b, err := s.Schedules(q)
	if err != nil {
		return nil, err
	}
	e, ok := b.entries[schedule]
	switch {
	case !ok:
		return nil, noSchedule(schedule)
	case e.rota == nil:
		return nil, broken(schedule, e.err)
	}
	return e.rota, nil
}

// OnCall returns who is on call at t, and until when that is certain (zero: for
// ever). Nobody: a gap. Errors: NotFound.
func (s *Service) OnCall(q db.Querier, schedule string, t time.Time) (people []int64, until time.Time, err error) {
	r, err := s.rota(q, schedule)
	if err != nil {
		return nil, time.Time{}, err
	}
	people, until = r.Who(t)
	return people, until, nil
}

// NextOnCall returns who is on call next after t, other people than at t, and
// from when. Nobody within two years: no people and a zero time. Errors:
// NotFound.
func (s *Service) NextOnCall(q db.Querier, schedule string, t time.Time) (people []int64, at time.Time, err error) {
	r, err := s.rota(q, schedule)
	if err != nil {
		return nil, time.Time{}, err
	}
	d, _ := r.Next(t)
	return d.People, d.From, nil
}

// Exists reports whether there is a schedule of the name.
func (s *Service) Exists(q db.Querier, schedule string) (bool, error) {
	b, err := s.Schedules(q)
	if err != nil {
		return false, err
	}
	_, ok := b.entries[schedule]
	return ok, nil
}
