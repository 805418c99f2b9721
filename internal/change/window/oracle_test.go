package window_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/recur"
)

// oracle is a window written out: every span from 2024 to 2030, found without
// what the package does to be fast.
type oracle struct {
	window.Named
	spans []window.Span
}

func write(n window.Named) oracle {
	o := oracle{Named: n}
	s := n.Spec
	open := func(at time.Time) bool { return n.Calendar == nil || n.Calendar.Open(at) != (s.Hours == window.Closed) }
	if s.Start == "" { // a calendar's hours, minute by minute
		for at, end := utc("2026-01-01T00:00"), utc("2026-12-31T00:00"); at.Before(end); at = at.Add(30 * time.Minute) {
			if open(at) {
				o.spans = append(o.spans, window.Span{From: at, To: at.Add(30 * time.Minute)})
			}
		}
		return o
	}
	loc, _ := time.LoadLocation(s.Zone)
	start := utc(s.Start)
	var walls []time.Time
	if s.Repeat == "" {
		walls = append(walls, start)
	} else {
		u, _ := recur.Parse(s.Repeat, loc)
		u.Walk(start, start, nil, func(w time.Time) bool {
			if w.Year() > 2030 || !u.Until.IsZero() && recur.Instant(w, loc).After(u.Until) {
				return false
			}
			walls = append(walls, w)
			return true
		})
	}
	for _, a := range s.Also {
		walls = append(walls, utc(a))
	}
	for _, w := range walls {
		if slices.Contains(s.Except, w.Format("2006-01-02T15:04")) || slices.Contains(s.Except, w.Format(time.DateOnly)) {
			continue
		}
		sp := window.Span{From: recur.Instant(w, loc)}
		switch {
		case s.End != "":
			sp.To = recur.Instant(w.Add(utc(s.End).Sub(start)), loc)
		case strings.HasPrefix(s.Duration, "PT"):
			d, _ := time.ParseDuration(strings.ToLower(s.Duration[2:]))
			sp.To = sp.From.Add(d)
		default:
			days, _, _ := recur.Duration(s.Duration)
			sp.To = recur.Instant(w.AddDate(0, 0, days), loc)
		}
		if sp.To.After(sp.From) && open(sp.From) {
			o.spans = append(o.spans, sp)
		}
	}
	return o
}

// on says whether a time is within, and until when.
func (o oracle) on(at time.Time) (until time.Time, is bool) {
	for grown := true; grown; {
		grown = false
		reach := at
		if is {
			reach = until
		}
		for _, s := range o.spans {
			if !s.From.After(reach) && s.To.After(reach) {
				until, is, grown, reach = s.To, true, true, s.To
			}
		}
	}
	return until, is
}

// opens is when it is on, at a time or after it.
func (o oracle) opens(at time.Time) (best time.Time, ok bool) {
	if _, is := o.on(at); is {
		return at, true
	}
	for _, s := range o.spans {
		if s.From.After(at) && (!ok || s.From.Before(best)) {
			best, ok = s.From, true
		}
	}
	return best, ok
}

func holds(sc window.Scope, u window.Subject, env, kind string) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	return in(sc.Environments, env) && in(sc.Kinds, kind) && in(sc.Services, u.Service) && in(sc.Teams, u.Team) &&
		(len(sc.Tiers) == 0 || slices.Contains(sc.Tiers, u.Tier)) && !slices.Contains(sc.Without, u.Service)
}

// ask reads all windows one by one. blocked counts only freezes that the
// change does not pass.
func ask(all []oracle, subjects []window.Subject, env, typ, purpose, kind string, at time.Time) (freezes map[string]time.Time, outside []string, opens time.Time) {
	freezes = map[string]time.Time{}
	for _, u := range subjects {
		inside, needs := false, []string(nil)
		var next time.Time
		for _, o := range all {
			if !holds(o.Spec.Scope, u, env, kind) {
				continue
			}
			switch o.Spec.Kind {
			case window.Freeze:
				if until, is := o.on(at); is {
					freezes[o.Name] = until
				}
			case window.Change:
				if slices.Contains(o.Spec.Allows, typ) || slices.Contains(o.Spec.Allows, cmp.Or(purpose, "feature")) {
					continue
				}
				needs = append(needs, o.Name)
				if _, is := o.on(at); is {
					inside = true
				} else if t, ok := o.opens(at); ok && (next.IsZero() || t.Before(next)) {
					next = t
				}
			}
		}
		if len(needs) > 0 && !inside {
			outside = append(outside, needs...)
			if next.After(opens) {
				opens = next
			}
		}
	}
	return freezes, outside, opens
}

func utc(s string) time.Time {
	for _, form := range []string{"2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(form, s); err == nil {
			return t
		}
	}
	panic(s)
}

var office = func() *calendar.Calendar {
	hours := []string{"09:00-17:30"}
	c, err := calendar.Compile(calendar.Spec{Zone: "Europe/Berlin", Hours: calendar.Hours{Monday: hours, Tuesday: hours, Wednesday: hours, Thursday: hours, Friday: []string{"09:00-12:00", "13:00-15:00"}}, Holidays: []calendar.Holiday{{Date: "2026-10-26"}, {Date: "2026-12-25"}}})
	if err != nil {
		panic(err)
	}
	return c
}()

var (
	services = []window.Subject{{"checkout", "payments", 0}, {"ledger", "payments", 1}, {"search", "discovery", 2}, {"banner", "storefront", 3}}
	envs     = []string{"production", "staging"}
	kinds    = []string{"deploy", "schema", "config"}
)

// random is any window around the autumn of 2026, when clocks change.
func random(r *rand.Rand, i int) window.Named {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	some := func(of int, list ...string) []string {
		if r.IntN(of) > 0 {
			return nil
		}
		return []string{list[r.IntN(len(list))]}
	}
	n := window.Named{Name: fmt.Sprintf("w%03d", i), Version: int64(i)}
	s := &n.Spec
	s.Kind = window.Kind(pick("freeze", "freeze", "change-window", "maintenance", "release-train"))
	if s.Kind == window.Freeze || s.Kind == window.Change {
		s.Allows = some(3, "emergency", "security", "feature")
	}
	s.Scope = window.Scope{Services: some(3, "checkout", "search", "banner"), Teams: some(4, "payments", "storefront"), Environments: some(3, envs...), Kinds: some(4, kinds...), Without: some(5, "ledger", "checkout")}
	if r.IntN(5) == 0 {
		s.Scope.Tiers = []int{r.IntN(4)}
	}
	if r.IntN(6) == 0 {
		s.Calendar, s.Hours, n.Calendar = "office", window.Hours(pick("", "open", "closed")), office
		if r.IntN(2) == 0 {
			return n
		}
	}
	s.Zone = pick("Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe", "America/Santiago")
	start := utc("2026-08-01T00:00").AddDate(0, 0, r.IntN(120)).Add(time.Duration(r.IntN(48)) * 30 * time.Minute)
	s.Start = start.Format("2006-01-02T15:04")
	switch r.IntN(3) {
	case 0:
		s.End = start.Add(time.Duration(1+r.IntN(200)) * 30 * time.Minute).Format("2006-01-02T15:04")
	case 1:
		s.Duration = pick("PT1H", "PT3H", "PT24H", "PT30H")
	case 2:
		s.Duration = pick("P1D", "P3D", "P7D")
	}
	if r.IntN(4) > 0 {
		s.Repeat = pick("FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=TU,SU", "FREQ=WEEKLY;INTERVAL=3", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=25", "FREQ=YEARLY;BYMONTH=10,11", "FREQ=DAILY;COUNT=9", "FREQ=WEEKLY;BYDAY=SA;UNTIL=20261115T000000Z")
		if r.IntN(3) == 0 {
			s.Except = []string{start.Format(time.DateOnly), start.AddDate(0, 0, 2).Format("2006-01-02T15:04")}
		}
		if r.IntN(3) == 0 {
			s.Also = []string{start.Add(50 * time.Hour).Format("2006-01-02T15:04"), start.Add(77 * time.Hour).Format("2006-01-02T15:04")}
		}
	}
	return n
}

// Facts and Free agree with the windows written out, at random times and
// around every beginning, end and change of a clock.
func TestFactsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	for round := range 60 {
		var list []window.Named
		var all []oracle
		for i := range 2 + r.IntN(14) {
			n := random(r, i)
			list, all = append(list, n), append(all, write(n))
		}
		set, err := window.Compile(list)
		if err != nil {
			t.Fatal(err)
		}
		moments := []time.Time{utc("2026-10-25T00:30"), utc("2026-10-25T01:30"), utc("2026-11-01T05:30"), utc("2026-11-01T06:30")}
		for range 12 {
			moments = append(moments, utc("2026-08-15T00:00").Add(time.Duration(r.IntN(110*24*60))*time.Minute))
		}
		for _, o := range all {
			if len(o.spans) > 0 {
				s := o.spans[r.IntN(min(len(o.spans), 20))]
				for _, at := range []time.Time{s.From, s.To, s.From.Add(-time.Second), s.To.Add(-time.Second)} {
					if at.Year() == 2026 && at.Month() < 12 {
						moments = append(moments, at)
					}
				}
			}
		}
		for _, at := range moments {
			subjects := []window.Subject{services[r.IntN(len(services))]}
			if r.IntN(3) == 0 {
				subjects = append(subjects, services[r.IntN(len(services))])
			}
			env, kind := envs[r.IntN(2)], kinds[r.IntN(3)]
			typ, purpose := []string{"normal", "emergency"}[r.IntN(2)], []string{"", "security", "feature"}[r.IntN(3)]
			got := set.Facts(subjects, env, typ, purpose, kind, at)
			check(t, fmt.Sprintf("round %d at %s for %v %s %s %s %s", round, at.Format(time.RFC3339), subjects, env, typ, purpose, kind), all, got, subjects, env, typ, purpose, kind, at)
			checkFree(t, set, all, window.Query{Subjects: subjects, Environment: env, Type: typ, Purpose: purpose, Kind: kind}, at)
		}
	}
}

func check(t *testing.T, name string, all []oracle, got fact.Windows, subjects []window.Subject, env, typ, purpose, kind string, at time.Time) {
	t.Helper()
	freezes, outside, _ := ask(all, subjects, env, typ, purpose, kind, at)
	if len(got.Freezes)+got.Cut != len(freezes) {
		t.Fatalf("%s: %d freezes, want %v\n%+v", name, len(got.Freezes), freezes, got)
	}
	for _, f := range got.Freezes {
		if until, ok := freezes[f.Name]; !ok || !until.Equal(f.Until) && (until.Year() < 2030 || f.Until.Year() < 2030) {
			t.Fatalf("%s: %s until %s, want %s", name, f.Name, f.Until, until)
		}
	}
	if got.Inside != (len(outside) == 0) || !got.Inside && !slices.Contains(outside, got.Required) {
		t.Fatalf("%s: inside %v of %q, want outside of %v", name, got.Inside, got.Required, outside)
	}
	// Next: moved on from one obstacle to the next, by the oracle.
	next := at
	for range 400 {
		f, out, opens := ask(all, subjects, env, typ, purpose, kind, next)
		to := next
		for _, until := range f {
			if until.After(to) {
				to = until
			}
		}
		if len(out) > 0 && opens.IsZero() || to.Sub(at) > 100*24*time.Hour {
			return // farther than the oracle is written out
		}
		if opens.After(to) {
			to = opens
		}
		if to.Equal(next) {
			break
		}
		next = to
	}
	if next.Year() > 2026 {
		return
	}
	if next.Equal(at) {
		next = time.Time{}
	}
	if !got.Next.Equal(next) {
		t.Fatalf("%s: next %s, want %s", name, got.Next, next)
	}
}

// What Free finds is free throughout, and nothing before it is.
func checkFree(t *testing.T, set *window.Set, all []oracle, q window.Query, at time.Time) {
	t.Helper()
	const length = 90 * time.Minute
	busy := []window.Span{{From: at.Add(time.Hour), To: at.Add(3 * time.Hour)}, {From: at.Add(5 * time.Hour), To: at.Add(6 * time.Hour)}}
	got, ok := set.Free(q, at, length, busy)
	free := func(from time.Time) bool {
		for _, b := range busy {
			if b.From.Before(from.Add(length)) && b.To.After(from) {
				return false
			}
		}
		for m := time.Duration(0); m < length; m += 30 * time.Minute {
			freezes, outside, _ := ask(all, q.Subjects, q.Environment, q.Type, q.Purpose, q.Kind, from.Add(m))
			if m == 0 && len(outside) > 0 {
				return false
			}
			for name := range freezes {
				i := slices.IndexFunc(all, func(o oracle) bool { return o.Name == name })
				if a := all[i].Spec.Allows; !slices.Contains(a, q.Type) && !slices.Contains(a, cmp.Or(q.Purpose, "feature")) {
					return false
				}
			}
		}
		return true
	}
	if ok && got.Year() == 2026 && !free(got) {
		t.Fatalf("%s is not free (from %s, %+v)", got, at, q)
	}
	for d := time.Duration(0); d < 10*time.Hour; d += 30 * time.Minute {
		if m := at.Add(d); (!ok || m.Before(got)) && free(m) && at.Minute()%30 == 0 && at.Second() == 0 {
			t.Fatalf("%s is free, before %s (from %s, %+v)", m, got, at, q)
		}
	}
}
