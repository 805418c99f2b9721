package alert

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

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
