package window_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// around is a map on which checkout needs payments.
func around(_ db.Querier, services []string) (needs, hit []string, err error) {
	for _, s := range services {
		switch s {
		case "checkout":
			needs = append(needs, "payments")
		case "payments":
			hit = append(hit, "checkout")
		}
	}
	return needs, hit, nil
}

// text draws a view.
func text(v window.View) string {
	var out []string
	for _, l := range v.Lanes {
		s := fmt.Sprintf("%s/%d:", l.Service, l.Tier)
		for _, b := range l.Bars {
			s += " " + b.Key() + " " + b.From.Format("02 15:04") + "-" + b.To.Format("02 15:04")
			if b.Planned {
				s += " planned"
			}
		}
		out = append(out, s)
	}
	for _, o := range v.Windows {
		out = append(out, fmt.Sprintf("%s %s-%s %v", o.Window.Name, o.From.Format("02 15:04"), o.To.Format("02 15:04"), o.Covers))
	}
	for _, m := range v.Marks {
		out = append(out, m.Key)
	}
	for _, w := range v.Warnings {
		s := fmt.Sprintf("%s: %s", w.Kind, w.Change.Key())
		if w.Other.ID != 0 {
			s += " " + w.Relation + " " + w.Other.Key() + " on " + w.Service
		} else {
			s += " by " + w.Window.Name
		}
		s += " " + w.From.Format("02 15:04") + "-" + w.To.Format("02 15:04")
		if !w.Move.IsZero() {
			s += ", move to " + w.Move.Format("02 15:04")
		}
		out = append(out, s)
	}
	if v.Hidden > 0 || v.Cut {
		out = append(out, fmt.Sprintf("%d hidden, cut %v", v.Hidden, v.Cut))
	}
	return strings.Join(out, "\n")
}

func (b *bundle) week(f window.Filter) string {
	b.Helper()
	v, err := b.Calendar(b.ctx, utc("2026-10-12"), utc("2026-10-19"), f)
	if err != nil {
		b.Fatal(err)
	}
	return text(v)
}

// The week of the drawing: changes over, running and planned, payday weekend,
// maintenance, an incident, two changes on one call path, one in the freeze.
func TestCalendar(t *testing.T) {
	each(t, func(b *bundle) {
		b.Around = around
		b.Incidents = func(context.Context, time.Time, time.Time, int) ([]window.Mark, bool, error) {
			return []window.Mark{{Key: "INC-143", Priority: 2, Services: []string{"payments"}, Span: window.Span{From: utc("2026-10-13T09:00")}}}, false, nil
		}
		b.create("payday", payday)
		b.create("disks", window.Spec{Kind: window.Maintenance, Scope: window.Scope{Services: []string{"payments"}}, Zone: "Europe/Berlin", Start: "2026-10-15T02:00", Duration: "PT2H"})
		b.create("old", window.Spec{Kind: window.Freeze, Zone: "UTC", Start: "2026-09-15T02:00", Duration: "PT2H"})
		b.put(record{title: "cart 25 %", services: []string{"checkout"}, state: "succeeded", outcome: "needs_review", risk: "medium", started: "2026-10-12T09:00", ended: "2026-10-12T09:40"})
		b.put(record{title: "copy", services: []string{"banner"}, state: "succeeded", outcome: "allow", risk: "low", started: "2026-10-12T10:00", ended: "2026-10-12T10:10"})
		b.put(record{title: "tax rules", services: []string{"checkout"}, state: "scheduled", planned: "2026-10-14T14:00", until: "2026-10-14T14:45"})
		b.put(record{title: "cert renewal", services: []string{"payments"}, state: "scheduled", planned: "2026-10-14T13:30", until: "2026-10-14T14:30"})
		b.put(record{title: "gift cards", services: []string{"banner", "checkout"}, state: "approved", planned: "2026-10-16T15:30", until: "2026-10-16T17:00"})
		b.put(record{title: "runs since long", services: []string{"banner"}, state: "in progress", started: "2026-10-01T09:00"})
		b.put(record{title: "another place", services: []string{"payments"}, environment: "staging", state: "scheduled", planned: "2026-10-14T14:00", until: "2026-10-14T15:00"})
		b.put(record{title: "last month", services: []string{"payments"}, state: "failed", started: "2026-09-14T14:00", ended: "2026-09-14T15:00"})
		b.put(record{title: "given up", services: []string{"payments"}, state: "canceled", planned: "2026-10-14T14:00", ended: "2026-10-13T15:00"})
		want := `checkout/0: CHG-1 12 09:00-12 09:40 CHG-3 14 14:00-14 14:45 planned CHG-5 16 15:30-16 17:00 planned
payments/0: CHG-4 14 13:30-14 14:30 planned
banner/2: CHG-6 01 09:00-14 12:01 CHG-5 16 15:30-16 17:00 planned
disks 15 00:00-15 02:00 [payments]
payday 16 16:00-19 04:00 [checkout payments banner]
INC-143
collision: CHG-3 needs CHG-4 on payments 14 14:00-14 14:30, move to 14 14:30
freeze: CHG-5 by payday 16 16:00-16 17:00, move to 19 04:00
1 hidden, cut false`
		if d := cmp.Diff(want, b.week(window.Filter{Environment: "production", Quiet: true})); d != "" {
			t.Error(d)
		}
		want = `payments/0: CHG-4 14 13:30-14 14:30 planned CHG-7 14 14:00-14 15:00 planned
disks 15 00:00-15 02:00 [payments]
payday 16 16:00-19 04:00 [payments]
INC-143
collision: CHG-3 needs CHG-4 on payments 14 14:00-14 14:30, move to 14 14:30`
		if d := cmp.Diff(want, b.week(window.Filter{Service: "payments"})); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(want, strings.ReplaceAll(b.week(window.Filter{Team: "payments"}), "[payments ]", "[payments]")); d != "" {
			t.Error(d)
		}
		_, err := b.Calendar(b.ctx, utc("2026-10-12"), utc("2027-10-19"), window.Filter{})
		b.want("a year", err, errs.Invalid)
		_, err = b.Calendar(b.ctx, utc("2026-10-12"), utc("2026-10-12"), window.Filter{})
		b.want("no time", err, errs.Invalid)
	})
}

// Before somebody submits a change they hear what is in the way, and when
// nothing is.
func TestAdvise(t *testing.T) {
	each(t, func(b *bundle) {
		b.Around = around
		b.create("payday", payday)
		b.put(record{title: "cert renewal", services: []string{"payments"}, state: "in progress", started: "2026-10-14T11:50"})
		b.put(record{title: "tax rules", services: []string{"checkout"}, state: "scheduled", planned: "2026-10-14T14:00", until: "2026-10-14T14:45"})
		ask := func(d window.Draft) string {
			t.Helper()
			a, err := b.Advise(b.ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(text(window.View{Warnings: a.Warnings}), "\n", "; ") + " free " + a.Free.Format("02 15:04")
		}
		at := func(from, to string) window.Span { return window.Span{From: utc(from), To: utc(to)} }
		for _, x := range []struct {
			d    window.Draft
			want string
		}{
			{window.Draft{Services: []string{"banner"}, Span: at("2026-10-14T12:00", "2026-10-14T13:00")}, " free 14 12:00"},
			{window.Draft{Services: []string{"checkout"}, Span: at("2026-10-14T12:00", "2026-10-14T13:00")}, "collision: CHG-0 needs CHG-1 on payments 14 12:00-14 12:50, move to 14 12:50 free 14 12:50"},
			{window.Draft{Services: []string{"pay"}, Span: at("2026-10-14T14:30", "2026-10-14T15:30")}, "collision: CHG-0 needed CHG-2 on checkout 14 14:30-14 14:45, move to 14 14:45 free 14 14:45"},
			{window.Draft{Services: []string{"checkout"}, Change: 2, Span: at("2026-10-14T14:00", "2026-10-14T14:45")}, " free 14 14:00"},
			{window.Draft{Services: []string{"checkout"}, Environment: "staging", Span: at("2026-10-14T14:00", "2026-10-14T14:45")}, " free 14 14:00"},
			{window.Draft{Services: []string{"banner"}, Span: at("2026-10-17T12:00", "2026-10-17T13:00")}, "freeze: CHG-0 by payday 17 12:00-17 13:00, move to 19 04:00 free 19 04:00"},
			{window.Draft{Services: []string{"banner"}, Type: "emergency", Span: at("2026-10-17T12:00", "2026-10-17T13:00")}, " free 17 12:00"},
			{window.Draft{Services: []string{"banner"}, Span: window.Span{From: utc("2026-10-16T15:30")}}, "freeze: CHG-0 by payday 16 16:00-16 16:30, move to 19 04:00 free 19 04:00"},
			{window.Draft{Services: []string{"not known"}, Span: at("2026-10-14T14:00", "2026-10-14T14:45")}, " free 14 14:00"},
		} {
			if got := ask(x.d); got != x.want {
				t.Errorf("%+v:\n got %s\nwant %s", x.d, got, x.want)
			}
		}
		_, err := b.Advise(b.ctx, window.Draft{Span: at("2026-10-14T14:00", "2026-10-14T14:45")})
		b.want("no services", err, errs.Invalid)
	})
}

// A feed shows what the calendar does, to whoever has its secret, as long as
// its person is here.
func TestFeed(t *testing.T) {
	each(t, func(b *bundle) {
		gone := false
		b.Enabled = func(_ db.Querier, person int64) (bool, error) { return person == 1 && !gone, nil }
		b.create("payday", payday)
		b.create("disks", window.Spec{Kind: window.Maintenance, Reason: "new disks", Scope: window.Scope{Services: []string{"payments"}}, Zone: "Europe/Berlin", Start: "2026-10-15T02:00", Duration: "PT2H"})
		b.put(record{title: "tax rules", services: []string{"checkout", "banner"}, state: "scheduled", planned: "2026-10-14T14:00", until: "2026-10-14T14:45"})
		secret, err := b.FeedToken(b.ctx, window.FeedOf{Team: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		open := func(secret string) (window.Feed, error) {
			return b.Feeds().Open(context.Background(), secret, utc("2026-10-01"), utc("2026-11-01"))
		}
		got, err := open(secret)
		want := window.Feed{FeedOf: window.FeedOf{Team: "shop"}, Person: 1, Title: "shop", Events: []window.Event{
			{UID: "window-payday-20261016T160000Z", Span: window.Span{From: utc("2026-10-16T16:00"), To: utc("2026-10-19T04:00")}, Summary: "Freeze: Payday weekend", Description: "Passes: emergency", Path: "/changes/windows/payday"},
			{UID: "change-CHG-1", Span: window.Span{From: utc("2026-10-14T14:00"), To: utc("2026-10-14T14:45")}, Summary: "CHG-1 tax rules", Description: "checkout, banner in production · scheduled", Path: "/changes/CHG-1"},
		}}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Error(d, err)
		}
		again, err := b.FeedToken(b.ctx, window.FeedOf{Team: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = open(secret)
		b.want("the secret before", err, errs.NotFound)
		_, err = open("ekchg_" + strings.Repeat("x", 43))
		b.want("a wrong secret", err, errs.NotFound)
		gone = true
		_, err = open(again)
		b.want("of somebody who left", err, errs.NotFound)
		gone = false
		if list, err := b.FeedsOf(b.ctx); err != nil || len(list) != 1 || list[0].Team != "shop" {
			t.Errorf("%+v %v", list, err)
		}
		if err := b.RevokeFeed(b.ctx, window.FeedOf{Team: "shop"}); err != nil {
			t.Error(err)
		}
		_, err = open(again)
		b.want("revoked", err, errs.NotFound)
		b.want("revoke again", b.RevokeFeed(b.ctx, window.FeedOf{Team: "shop"}), errs.NotFound)
		if again, err = b.FeedToken(b.ctx, window.FeedOf{}); err != nil {
			t.Fatal(err)
		}
		err = b.d.Write(b.ctx, actor.Actor{Kind: actor.System, Name: "test"}, "erase", func(tx *db.Tx) error {
			tx.Unrecorded("recorded by who erases")
			return window.PersonErased(tx, 1)
		})
		if err != nil {
			t.Error(err)
		}
		_, err = open(again)
		b.want("of somebody who was erased", err, errs.NotFound)
		_, err = b.FeedToken(b.ctx, window.FeedOf{Team: "ghosts", Service: "nothing"})
		b.want("of nobody", err, errs.Invalid)
		if got := fields(err); got != "service=nothing team=ghosts" {
			t.Error(got)
		}
	})
}

func TestPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, window.ListSQL, "", 10)
		dbtest.UsesIndex(t, d, window.ListKindSQL, "", 10, "freeze")
		dbtest.UsesIndex(t, d, window.FeedSQL, []byte{1})
		dbtest.UsesIndex(t, d, window.OpenSQL, 10, "checkout", "payments")
		dbtest.UsesIndex(t, d, window.StartedSQL, int64(1), int64(2), int64(1), 10)
		dbtest.UsesIndex(t, d, window.QuietSQL, int64(1), int64(2), int64(1), 10)
		dbtest.UsesIndex(t, d, window.HiddenSQL, int64(1), int64(2), int64(1), 10)
		dbtest.UsesIndex(t, d, window.RunningSQL, int64(1), 10)
		dbtest.UsesIndex(t, d, window.PlannedSQL, int64(1), int64(2), int64(1), 10)
		dbtest.UsesIndex(t, d, window.OfSQL, int64(1), int64(2), int64(1), "checkout", 10)
	})
}
