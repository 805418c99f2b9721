package incident

import (
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// lookBack is how long before a stretch of time an incident may have begun that
// was over within it: longer ones are found while they are open.
const lookBack = 14 * 24 * time.Hour

// Standing is an open incident on a service, as far as a gate needs it.
type Standing struct {
	ID         int64
	Priority   Priority
	Service    string
	Restricted bool
}

// StandingOn returns the open incidents of services, worst first, at most limit.
// It checks no permission: whoever shows them leaves restricted ones nameless.
//
// The limit stands in the text: with a parameter there, SQLite plans the query
// anew each time (measured: 70 of 90 µs), and each decision of a gate asks it.
func StandingOn(q db.Querier, services []string, limit int) ([]Standing, error) {
	if len(services) == 0 {
		return nil, nil
	}
	condition, args := db.InSet(q, 1, services)
	return db.Collect(q, func(rows *db.Rows) (s Standing, err error) {
		err = rows.Scan(&s.ID, &s.Priority, &s.Service, &s.Restricted)
		return s, err
	}, "SELECT id, priority, service, restricted FROM incident WHERE is_open = TRUE AND service <> '' AND service "+condition+" ORDER BY priority, id LIMIT "+strconv.Itoa(limit), args...)
}

// During returns the incidents that the actor may know of and that lasted at
// some time in [from, to), the newest first, at most limit, and whether there
// are more.
func (s *Service) During(q db.Querier, who actor.Actor, from, to time.Time, limit int) (out []Incident, more bool, err error) {
	list, err := db.Collect(q, scanRow, "SELECT "+columns+" FROM incident WHERE triggered_at >= $1 AND triggered_at < $2 ORDER BY triggered_at DESC, id DESC LIMIT $3",
		db.Micros(from.Add(-lookBack)), db.Micros(to), limit+1)
	if err != nil {
		return nil, false, err
	}
	older, err := db.Collect(q, scanRow, "SELECT "+columns+" FROM incident WHERE is_open = TRUE AND priority >= 1 AND priority <= 4 AND triggered_at < $1 ORDER BY priority, triggered_at DESC, id DESC LIMIT $2",
		db.Micros(from.Add(-lookBack)), limit)
	if err != nil {
		return nil, false, err
	}
	for _, i := range append(list, older...) {
		if over := firstTime(i.MitigatedAt, i.ResolvedAt, i.ClosedAt); i.State == Merged || i.State == Canceled || !over.IsZero() && over.Before(from) {
			continue
		}
		ok, err := mayView(q, i, who)
		if err != nil {
			return nil, false, err
		}
		if ok {
			out = append(out, i)
		}
	}
	if len(out) > limit {
		out = out[:limit]
	}
	return out, len(list) > limit, nil
}

// firstTime is the first time that has happened.
func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
