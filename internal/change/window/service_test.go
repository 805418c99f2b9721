package window_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

var payday = window.Spec{Title: "Payday weekend", Kind: window.Freeze, Zone: "Europe/Berlin", Start: "2026-10-16T18:00", End: "2026-10-19T06:00", Allows: []string{"emergency"}}

// A window is added, edited and deleted; every edit raises the number, reaches
// those who remember decisions, and is seen at once.
func TestStoredWindows(t *testing.T) {
	each(t, func(b *bundle) {
		set, n := b.current()
		if set.Len() != 0 || n != 0 {
			t.Fatalf("at first: %d windows, number %d", set.Len(), n)
		}
		w := b.create("payday", payday)
		if w.Version != 1 || b.edits != 1 {
			t.Fatalf("%+v, %d edits", w, b.edits)
		}
		_, err := b.Create(b.ctx, "payday", payday)
		b.want("again", err, errs.Conflict)
		_, err = b.Create(as(actor.Responder), "x", payday)
		b.want("a responder creates", err, errs.Forbidden)
		frozen := func() string {
			set, _ := b.current()
			f := set.Facts([]window.Subject{{Service: "checkout", Team: "shop"}}, "production", "normal", "", "deploy", utc("2026-10-17T00:00"))
			if len(f.Freezes) == 0 {
				return "free"
			}
			return f.Freezes[0].Title + " until " + f.Freezes[0].Until.Format("Mon 15:04")
		}
		if got := frozen(); got != "Payday weekend until Mon 04:00" {
			t.Errorf("it is %s", got)
		}
		same, err := b.Edit(b.ctx, "payday", 1, payday)
		if err != nil || same.Version != 1 || b.edits != 1 {
			t.Errorf("an edit that changes nothing: %+v %v, %d edits", same, err, b.edits)
		}
		longer := payday
		longer.End = "2026-10-19T08:00"
		if _, err := b.Edit(b.ctx, "payday", 1, longer); err != nil {
			t.Fatal(err)
		}
		_, err = b.Edit(b.ctx, "payday", 1, longer)
		b.want("a stale edit", err, errs.Conflict)
		_, err = b.Edit(b.ctx, "none", 1, longer)
		b.want("edit nothing", err, errs.NotFound)
		if got := frozen(); got != "Payday weekend until Mon 06:00" {
			t.Errorf("after the edit it is %s", got)
		}
		err = b.d.Read(b.ctx, func(q db.Querier) error {
			got, err := window.DigestOf(q, ref.S(ref.Window, "payday"))
			if got == "" {
				t.Error("no digest")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if err := b.Delete(b.ctx, "payday"); err != nil || frozen() != "free" {
			t.Errorf("deleted: %v, %s", err, frozen())
		}
		b.want("delete again", b.Delete(b.ctx, "payday"), errs.NotFound)
		if _, n := b.current(); n != 3 || b.edits != 3 {
			t.Errorf("number %d after %d edits", n, b.edits)
		}
	})
}

// What is read inside a transaction that is rolled back is not remembered.
func TestCurrentInsideTransaction(t *testing.T) {
	each(t, func(b *bundle) {
		err := b.d.Write(b.ctx, actor.Actor{Kind: actor.System, Name: "test"}, "try", func(tx *db.Tx) error {
			if err := b.Apply(tx, "payday", payday, ""); err != nil {
				return err
			}
			set, n, err := b.Current(tx)
			if err != nil || set.Len() != 1 || n != 1 {
				t.Errorf("inside: %d windows, number %d, %v", set.Len(), n, err)
			}
			return errs.E(errs.Conflict, "rolled back")
		})
		b.want("rolled back", err, errs.Conflict)
		if set, n := b.current(); set.Len() != 0 || n != 0 {
			t.Errorf("afterwards: %d windows, number %d", set.Len(), n)
		}
	})
}

// A window by a calendar follows its edits.
func TestCalendarHours(t *testing.T) {
	each(t, func(b *bundle) {
		hours := calendar.BusinessSpec
		if _, err := b.calendars.Create(b.ctx, "office", hours); err != nil {
			t.Fatal(err)
		}
		b.create("office-only", window.Spec{Kind: window.Change, Calendar: "office", Hours: window.Open})
		ask := func() (bool, string) {
			set, _ := b.current()
			f := set.Facts([]window.Subject{{Service: "checkout"}}, "production", "normal", "", "deploy", utc("2026-10-16T17:30"))
			return f.Inside, f.Next.Format("Mon 15:04")
		}
		if in, next := ask(); in || next != "Mon 09:00" {
			t.Errorf("Friday evening: %v, next %s", in, next)
		}
		hours.Hours.Friday = []string{"09:00-20:00"}
		if _, err := b.calendars.Edit(b.ctx, "office", 1, hours); err != nil {
			t.Fatal(err)
		}
		if in, _ := ask(); !in {
			t.Error("the calendar's edit did not reach the window")
		}
		err := b.d.Read(b.ctx, func(q db.Querier) error {
			used, err := window.UsesCalendar(q, "office")
			if d := cmp.Diff([]ref.Ref{ref.S(ref.Window, "office-only")}, used); d != "" {
				t.Error(d)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// Every wrong value is named, all at once.
func TestWrongSpecs(t *testing.T) {
	each(t, func(b *bundle) {
		for name, x := range map[string]struct {
			spec window.Spec
			want string
		}{
			"a1": {window.Spec{}, "kind= start="},
			"a2": {window.Spec{Kind: "ice", Start: "tomorrow", Zone: "Mars", Duration: "PT1H"}, "kind=ice zone=Mars start=tomorrow"},
			"a3": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00"}, "duration="},
			"a4": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", End: "2026-10-16T17:00"}, "end=2026-10-16T17:00"},
			"a5": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "P1Y"}, "duration=P1Y"},
			"a6": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "PT1H", Repeat: "FREQ=HOURLY"}, "repeat=FREQ=HOURLY"},
			"a7": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "PT1H", Repeat: "FREQ=DAILY;COUNT=1", Except: []string{"2026-10-16", "x"}}, "except[1]=x"},
			"a8": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "PT1H", Repeat: "FREQ=DAILY;COUNT=1", Except: []string{"2026-10-16"}}, "repeat=FREQ=DAILY;COUNT=1"},
			"a9": {window.Spec{Kind: window.Train, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "PT1H", Allows: []string{"emergency", "luck"}}, "allows[1]=luck allows=emergency, luck"},
			"b1": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "PT1H", Scope: window.Scope{Services: []string{"nothing", "pay"}, Teams: []string{"ghosts"}, Tiers: []int{4}, Kinds: []string{"magic"}}},
				"scope.services[0]=nothing scope.services[1]=pay scope.teams[0]=ghosts scope.tiers[0]=4 scope.kinds[0]=magic"},
			"b2": {window.Spec{Kind: window.Freeze, Calendar: "nowhere"}, "calendar=nowhere"},
			"b3": {window.Spec{Kind: window.Freeze, Calendar: "always", Hours: window.Closed}, "repeat="},
			"B4": {payday, "name=B4"},
			"b5": {window.Spec{Kind: window.Freeze, Calendar: "business", Repeat: "FREQ=DAILY", Hours: "ajar"}, "hours=ajar repeat=FREQ=DAILY"},
			"b6": {window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-10-16T18:00", Duration: "P401D"}, "duration=P401D"},
			"b7": {window.Spec{Kind: window.Freeze, Title: strings.Repeat("x", 101), Zone: "UTC", Start: "2026-10-16T18:00", Duration: "PT1H"}, "title=" + strings.Repeat("x", 101)},
		} {
			_, err := b.Create(b.ctx, name, x.spec)
			b.want(name, err, errs.Invalid)
			if got := fields(err); got != x.want {
				t.Errorf("%s: %s, want %s", name, got, x.want)
			}
		}
		if b.edits != 0 {
			t.Errorf("%d edits", b.edits)
		}
	})
}

// Windows as code: apply twice, export, the same again.
func TestAsCode(t *testing.T) {
	each(t, func(b *bundle) {
		apply := func(spec window.Spec) {
			t.Helper()
			err := b.d.Write(b.ctx, actor.Actor{Kind: actor.User, Person: 1, Role: actor.Admin}, "apply", func(tx *db.Tx) error {
				tx.Unrecorded("may change nothing")
				return b.Apply(tx, "payday", spec, "1a2b3c")
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		spec := payday
		spec.Scope.Teams = []string{"shop"}
		apply(spec)
		apply(spec)
		if b.edits != 1 {
			t.Errorf("%d edits", b.edits)
		}
		err := b.d.Read(b.ctx, func(q db.Querier) error {
			list, err := window.ListSpecs(q)
			if len(list) != 1 || list[0].Name != "payday" {
				t.Fatalf("%+v %v", list, err)
			}
			if d := cmp.Diff(spec, list[0].Spec); d != "" {
				t.Error(d)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		remove := func(team string) error {
			return b.d.Write(b.ctx, actor.Actor{Kind: actor.System, Name: "test"}, "try", func(tx *db.Tx) error {
				tx.Unrecorded("only asks")
				return window.TeamRemoved(tx, team)
			})
		}
		b.want("a team that a window is for", remove("shop"), errs.Conflict)
		if err := remove("payments"); err != nil {
			t.Error(err)
		}
		if k := window.AsCode(b.Service); k.Name != "ChangeWindow" {
			t.Error(k.Name)
		}
	})
}

// Lists page by name, of all or of one kind.
func TestList(t *testing.T) {
	each(t, func(b *bundle) {
		train := payday
		train.Kind, train.Allows = window.Train, nil
		b.create("a", payday)
		b.create("b", train)
		b.create("c", payday)
		page := func(kind window.Kind, after string, limit int) string {
			list, more, err := b.List(b.ctx, kind, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			out := ""
			for _, w := range list {
				out += w.Name
			}
			if more {
				out += "+"
			}
			return out
		}
		if got := page("", "", 2) + " " + page("", "b", 2) + " " + page(window.Freeze, "", 1) + " " + page(window.Freeze, "a", 1); got != "ab+ c a+ c" {
			t.Error(got)
		}
		w, err := b.Get(b.ctx, "b")
		if err != nil || w.Spec.Kind != window.Train || !w.Created.Equal(*b.now) {
			t.Errorf("%+v %v", w, err)
		}
		_, err = b.Get(b.ctx, "none")
		b.want("get none", err, errs.NotFound)
	})
}

// The next times of a window, for the preview of a form and the page.
func TestNext(t *testing.T) {
	n := window.Named{Name: "patch", Spec: window.Spec{Kind: window.Maintenance, Zone: "Europe/Berlin", Start: "2026-09-08T22:00", Duration: "PT3H", Repeat: "FREQ=MONTHLY;BYDAY=2TU", Except: []string{"2026-12-08"}}}
	got, err := window.Next(n, utc("2026-10-13T21:00"), 3)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, s := range got {
		text += s.From.Format("02.01. 15:04-") + s.To.Format("15:04 ")
	}
	if text != "13.10. 20:00-23:00 10.11. 21:00-00:00 12.01. 21:00-00:00 " {
		t.Error(text)
	}
	set, _ := window.Compile([]window.Named{n})
	if st := set.Standings(utc("2026-10-13T21:00"))[0]; !st.On || !st.Until.Equal(utc("2026-10-13T23:00")) {
		t.Errorf("%+v", st)
	}
	if _, err := window.Next(window.Named{Name: "x"}, time.Now(), 3); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
