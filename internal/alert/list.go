package alert

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
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

// access is how a filter is answered: a range of one index, and conditions
// that are looked at in Go.
type access struct {
	where    string // SQL with $4 and on for args
	args     []any
	services []string // several: one range for each, merged
	lo       int64    // sort keys ≥ lo
	hi       int64    // and < hi
	rest     func(a *Alert) bool
	loose    bool // rest is only: in no incident, and not held back
}

// path chooses the access path of a filter.
func (s *Service) path(q db.Querier, f *Filter, now time.Time) (want access, err error) {
	want = access{lo: 0, hi: 1<<63 - 1}
	var conds []func(a *Alert) bool
	if f.NoIncident || f.Unrouted || f.Silenced {
		f.Status = StatusFiring
	}
	switch f.Status {
	case StatusFiring:
		want.hi = keyResolved
	case StatusResolved:
		want.lo = keyResolved
	}
	if len(f.Severities) == 1 && f.Status == StatusFiring {
		rank := int64(f.Severities[0].Rank())
		want.lo, want.hi = rank*keyBase, (rank+1)*keyBase
	} else if len(f.Severities) > 0 {
		conds = append(conds, func(a *Alert) bool {
			for _, sev := range f.Severities {
				if a.Severity == sev {
					return true
				}
			}
			return false
		})
	}
	switch {
	case f.Unrouted:
		want.where = " AND a.unrouted = TRUE AND a.status = 'firing'"
	case f.Silenced:
		want.where = " AND a.silence_id > 0"
	case f.Flapping:
		ids, err := flappingAlerts(q, now, CountLimit+1)
		if err != nil {
			return want, err
		}
		want.only(ids)
	case len(f.Services) == 1:
		want.where, want.args = " AND a.service = $4", []any{f.Services[0]}
	case len(f.Services) > 1:
		want.services = slices.Compact(slices.Sorted(slices.Values(f.Services)))
	}
	if len(f.Services) > 0 && (f.Unrouted || f.Silenced || f.Flapping) {
		conds = append(conds, func(a *Alert) bool { return slices.Contains(f.Services, a.Service) })
	}
	if f.Integration != "" {
		in, err := integrationByName(q, f.Integration)
		if err != nil {
			return want, err
		}
		if want.where == "" && want.services == nil {
			want.where, want.args = " AND a.integration_id = $4", []any{in.ID}
		} else {
			conds = append(conds, func(a *Alert) bool { return a.IntegrationID == in.ID })
		}
	}
	if f.Incident != 0 {
		if err := s.hide(q.Context(), q, &f.Incident); err != nil {
			return want, err
		}
		if f.Incident == 0 {
			f.Incident = -1 // as if it did not exist
		}
		conds = append(conds, func(a *Alert) bool { return a.IncidentID == f.Incident })
		if want.where == "" && want.services == nil {
			ids, err := alertsOfIncident(q, f.Incident, CountLimit)
			if err != nil {
				return want, err
			}
			want.only(ids)
		}
	}
	if f.NoIncident {
		conds = append(conds, func(a *Alert) bool { return a.IncidentID == 0 && a.SilenceID == 0 && !a.Quiet })
	}
	if f.Silenced && f.Unrouted {
		conds = append(conds, func(a *Alert) bool { return a.SilenceID != 0 })
	}
	if f.Flapping && (f.Unrouted || f.Silenced) {
		conds = append(conds, func(a *Alert) bool { return a.Flapping(now) })
	}
	if len(f.Labels) > 0 {
		conds = append(conds, func(a *Alert) bool {
			sub := subject{integration: a.Integration, service: a.Service, severity: a.Severity, source: a.Source, summary: a.Summary, dedup: a.Dedup, labels: a.Labels}
			return matchAll(f.Labels, &sub) < 0
		})
	}
	if f.Text != "" {
		text := strings.ToLower(f.Text)
		conds = append(conds, func(a *Alert) bool {
			return strings.Contains(strings.ToLower(a.Summary), text) || strings.Contains(strings.ToLower(a.Source), text) ||
				strings.Contains(strings.ToLower(a.Service), text) || strings.Contains(strings.ToLower(a.Dedup), text)
		})
	}
	want.loose = f.NoIncident && len(conds) == 1 && want.where == "" && want.services == nil
	if len(conds) > 0 {
		want.rest = func(a *Alert) bool {
			for _, c := range conds {
				if !c(a) {
					return false
				}
			}
			return true
		}
	}
	return want, nil
}

// only restricts the list to some alerts.
func (w *access) only(ids []int64) {
	if len(ids) == 0 {
		ids = []int64{0}
	}
	w.args = idArgs(ids)
	w.where = " AND a.id IN " + db.In(4, len(w.args))
}

// fetch reads the next n alerts of the access path, merging the ranges of
// several services.
func fetch(q db.Querier, want access, at place, n int) ([]Alert, error) {
	if want.services == nil {
		return listAlerts(q, want, at, n)
	}
	var all []Alert
	for _, service := range want.services {
		one := want
		one.where, one.args = " AND a.service = $4", []any{service}
		part, err := listAlerts(q, one, at, n)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	slices.SortFunc(all, func(a, b Alert) int { return cmp.Or(cmp.Compare(a.sortKey, b.sortKey), cmp.Compare(a.ID, b.ID)) })
	return all[:min(n, len(all))], nil
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

// Get returns an alert with all its content. Errors: NotFound.
func (s *Service) Get(ctx context.Context, id int64) (a Alert, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return a, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		list, err := alertsByID(q, []int64{id})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.E(errs.NotFound, "there is no such alert").On(ref.N(ref.Alert, id).String())
		}
		a = list[0]
		if err := s.hide(ctx, q, &a.IncidentID); err != nil {
			return err
		}
		return loadContent(q, &a)
	})
	return a, errs.Wrap("alert.get", err)
}

// Episodes lists the firings of an alert, newest first, before an episode id
// (0: from the newest). more is the id to go on before, 0 at the end.
func (s *Service) Episodes(ctx context.Context, alertID, before int64, limit int) (list []Episode, more int64, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, 0, err
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if list, err = listEpisodes(q, alertID, before, limit+1); err != nil {
			return err
		}
		ps := make([]*int64, len(list))
		for i := range list {
			ps[i] = &list[i].IncidentID
		}
		return s.hide(ctx, q, ps...)
	})
	if len(list) > limit {
		list = list[:limit]
		more = list[limit-1].ID
	}
	return list, more, errs.Wrap("alert.episodes", err)
}

// Preview returns firing alerts that matchers would hold back, and how many
// there are up to CountLimit, for the form that makes a silence.
func (s *Service) Preview(ctx context.Context, ms []Matcher, limit int) (list []Alert, n int, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, 0, false, err
	}
	f := Filter{Status: StatusFiring, Labels: ms}
	p, err := s.List(ctx, f, "", limit)
	if err != nil {
		return nil, 0, false, err
	}
	if p.Next == "" {
		return p.Alerts, len(p.Alerts), false, nil
	}
	n, more, err = s.Count(ctx, f)
	return p.Alerts, n, more, err
}

// Ref is the alert's record.
func (a Alert) Ref() ref.Ref { return ref.N(ref.Alert, a.ID) }
