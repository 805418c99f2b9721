package alert

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Filter selects alerts. Zero fields select everything.
type Filter struct {
	Status      Status
	Severities  []Severity
	Services    []string
	Integration string // name
	Incident    int64  // alerts whose current episode is in this incident
	NoIncident  bool   // firing, routed to nobody: in no incident and not silenced
	Unrouted    bool   // firing, and no rule matched
	Silenced    bool   // firing and held back by a silence
	Flapping    bool
	Labels      []Matcher // on labels and fields
	Text        string    // in summary, source, service or dedup key, ignoring case
}

// Page is a part of a list.
type Page struct {
	Alerts []Alert
	// Next goes on after this page; "" at the end. A page can have fewer alerts
	// than asked for, even none, and still have a Next: rare labels are looked
	// for in scanBudget alerts at a time, so that every answer is quick.
	Next string
	// Partial is true when the budget ended the page before it was full.
	Partial bool
}

// scanBudget is how many alerts one request looks at for conditions that have
// no index: 10 to 20 ms of work.
const scanBudget = 2000

// List returns alerts in the order of the sort key: firing first, by severity
// and newest; then resolved, newest first. cursor is Next of the page before.
// limit is 1 to 200. Errors: Invalid, NotFound (unknown integration).
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) (p Page, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return p, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if p, err = s.list(q, f, cursor, limit); err != nil {
			return err
		}
		return s.hideAlerts(ctx, q, p.Alerts)
	})
	return p, errs.Wrap("alert.list", err)
}

func (s *Service) list(q db.Querier, f Filter, cursor string, limit int) (p Page, err error) {
	at := place{}
	if cursor != "" {
		if _, err := fmt.Sscanf(cursor, "%d.%d", &at.key, &at.id); err != nil {
			return p, errs.BadField("cursor", cursor, "use the value of next from the page before")
		}
	}
	if err := f.check(); err != nil {
		return p, err
	}
	now, err := s.db.Now(q.Context())
	if err != nil {
		return p, err
	}
	want, err := s.path(q, &f, now)
	if err != nil {
		return p, err
	}
	for seen := 0; ; {
		n := limit + 1 - len(p.Alerts)
		if want.rest != nil {
			n = min(max(4*limit, 200), scanBudget-seen)
		}
		part, err := fetch(q, want, at, n)
		if err != nil {
			return p, err
		}
		for i := range part {
			a := &part[i]
			if want.rest == nil || want.rest(a) {
				if len(p.Alerts) == limit {
					p.Next = at.String()
					return p, nil
				}
				p.Alerts = append(p.Alerts, *a)
			}
			at = place{a.sortKey, a.ID}
		}
		if len(part) < n {
			return p, nil
		}
		if seen += len(part); want.rest != nil && seen >= scanBudget {
			p.Next, p.Partial = at.String(), len(p.Alerts) < limit
			return p, nil
		}
	}
}

// place is a position in the list.
type place struct{ key, id int64 }

func (p place) String() string { return fmt.Sprintf("%d.%d", p.key, p.id) }

func (f *Filter) check() error {
	var fs errs.Fields
	if f.Status != "" && f.Status != StatusFiring && f.Status != StatusResolved {
		fs.Add("status", string(f.Status), "use firing or resolved")
	}
	for _, sev := range f.Severities {
		if !sev.Valid() {
			fs.Add("severity", string(sev), "use critical, error, warning or info")
		}
	}
	if len(f.Services) > 50 {
		fs.Add("service", fmt.Sprint(len(f.Services)), "name at most 50 services")
	}
	return fs.Err()
}

// CountLimit is where counts of views stop: people need to know "many".
const CountLimit = 1000

// Count counts alerts of a filter up to CountLimit; more means there are more,
// or that the budget did not suffice to know.
func (s *Service) Count(ctx context.Context, f Filter) (n int, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return 0, false, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if err := f.check(); err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		want, err := s.path(q, &f, now)
		if err != nil {
			return err
		}
		switch {
		case want.loose:
			n, more, err = countLoose(q, want)
		case want.rest == nil:
			n, err = countAlerts(q, want, CountLimit+1)
		default:
			var p Page
			p, err = s.list(q, f, "", CountLimit)
			n, more = len(p.Alerts), p.Next != ""
		}
		return err
	})
	if n > CountLimit {
		n, more = CountLimit, true
	}
	return n, more, errs.Wrap("alert.count", err)
}
