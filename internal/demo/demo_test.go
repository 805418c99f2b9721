package demo

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// The past looks as it would have been: mail arrived when it was sent, and
// what was acknowledged says by whom.
func TestHistory(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	now := time.Now()
	var looked bool
	look := func(a *app.App) {
		looked = true
		// Sent seconds after it was due; what waited for business hours is due in the morning.
		var before int64
		var old int
		for {
			list, err := a.Notify.Messages(system(ctx), notify.Filter{}, before, 200)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				before = m.ID
				if m.QueuedAt.After(now.Add(-24 * time.Hour)) {
					continue
				}
				if old++; m.State != notify.Sent || m.EndedAt.After(m.PromisedAt) || m.EndedAt.Before(m.QueuedAt) {
					t.Errorf("%s: %s, queued %s, promised %s, ended %s", m.Ref(), m.State, m.QueuedAt, m.PromisedAt, m.EndedAt)
				}
			}
			if len(list) == 0 {
				break
			}
		}
		if old == 0 {
			t.Error("nothing was sent in the past")
		}
		rows, _, err := a.Incidents.List(system(ctx), incident.Filter{States: []incident.State{incident.Acknowledged}}, "", 0)
		if err != nil || len(rows) == 0 {
			t.Fatalf("nothing is acknowledged: %v", err)
		}
		for _, r := range rows {
			if r.OnIt() == 0 {
				t.Errorf("nobody is on %s", r.Key())
			}
		}
	}
	err := Run(ctx, Options{Listen: "127.0.0.1:0", History: 21, Calm: true, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
		Opened: look, Ready: func(net.Addr) { stop() }})
	if err != nil || !looked {
		t.Errorf("looked %v: %v", looked, err)
	}
}
