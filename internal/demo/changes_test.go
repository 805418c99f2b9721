package demo

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/change/window"
)

// Three months of changes are enough for each page to have something to say:
// one of each type is there, the ledger names the step that helps nothing, and
// risk can be fitted.
func TestChanges(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var a *app.App
	err := Run(ctx, Options{Listen: "127.0.0.1:0", History: 90, Calm: true, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
		Opened: func(opened *app.App) { a = opened; checkChanges(t, a) }, Ready: func(net.Addr) { stop() }})
	if err != nil || a == nil {
		t.Fatal(err)
	}
}

func checkChanges(t *testing.T, a *app.App) {
	ctx := system(t.Context())
	var all []change.Change
	for cursor := ""; ; {
		list, next, err := a.Changes.List(ctx, change.Filter{}, cursor, change.MaxList)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
		if cursor = next; next == "" {
			break
		}
	}
	var done, bad, bypass int
	for _, c := range all {
		if c.State.Completed() {
			done++
		}
		if c.Bad() {
			bad++
		}
		if c.Bypass {
			bypass++
		}
	}
	if done < 300 || bad < 10 || bad*12 > done || bypass*20 > done {
		t.Errorf("%d changes, %d completed, %d failed, %d without leave", len(all), done, bad, bypass)
	}
	for _, x := range []struct {
		what string
		is   func(c change.Change) bool
	}{
		{"standard", func(c change.Change) bool {
			return c.Type == change.Standard && c.State == change.Succeeded && c.Waited == 0
		}},
		{"waits for the board", func(c change.Change) bool { return c.Main() == "payments" && c.State == change.Awaiting }},
		{"emergency to review", func(c change.Change) bool {
			return c.Type == change.Emergency && !c.ReviewDue.IsZero() && c.Reviewed.IsZero()
		}},
		{"emergency, reviewed", func(c change.Change) bool { return c.Type == change.Emergency && !c.Reviewed.IsZero() }},
		{"held by that review", func(c change.Change) bool { return c.Main() == "orders-queue" && c.Outcome == "deny" && c.State.Open() }},
		{"next week", func(c change.Change) bool {
			return c.State == change.Scheduled && time.Until(c.PlannedFrom) > 5*24*time.Hour
		}},
		{"rolled back, and the cause", func(c change.Change) bool { return c.State == change.RolledBack && c.TakenBackBy != 0 && c.Caused > 0 }},
		{"a return", func(c change.Change) bool { return c.Returns && c.RollbackOf != 0 && c.State == change.Succeeded }},
		{"in time, gone out minutes ago", func(c change.Change) bool { return c.Title == taxRules && c.State == change.Verifying && !c.Bypass }},
	} {
		found := false
		for _, c := range all {
			found = found || x.is(c)
		}
		if !found {
			t.Errorf("there is no change that is: %s", x.what)
		}
	}
	now := time.Now()
	r, err := a.Dora.Report(ctx, dora.Query{From: now.AddDate(0, -3, 0), To: now})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]dora.Step{}
	for _, s := range r.Ledger {
		said[s.Rule] = s
	}
	if s := said["order-path-board"]; s.Verdict != dora.NoBenefit || s.Waited < 100*time.Hour {
		t.Errorf("the ledger says of the board: %+v", s)
	}
	if s := said["peer-review"]; s.Approved < 10 {
		t.Errorf("the ledger says of peers: %+v", s)
	}
	if l, err := a.Risk.Learning(ctx); err != nil || l.Missing != "" || l.Changes < 200 {
		t.Errorf("risk cannot be fitted: %+v %v", l, err)
	}
	day := now.Truncate(24 * time.Hour)
	view, err := a.Windows.Calendar(ctx, day, day.AddDate(0, 0, 14), window.Filter{})
	if err != nil || len(view.Warnings) == 0 {
		t.Errorf("nothing collides: %v", err)
	}
}
