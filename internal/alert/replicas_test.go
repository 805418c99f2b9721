package alert_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// TestTwoReplicas: two programs on one PostgreSQL hear of the same new alerts
// at the same moment, and see each other's policy at once.
func TestTwoReplicas(t *testing.T) {
	url := dbtest.PostgresURL(t)
	open := func() *alert.Service {
		d, err := db.Open(context.Background(), db.Config{URL: url, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return alert.New(d)
	}
	one, two := open(), open()
	ctx := actor.With(context.Background(), actor.Job("test"))
	in, token, err := one.CreateIntegration(ctx, alert.Integration{Name: "shop", Kind: alert.Generic})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.Authenticate(ctx, alert.Generic, token); err != nil {
		t.Fatal(err)
	}
	const rounds, keys = 12, 20
	var wg sync.WaitGroup
	for _, s := range []*alert.Service{one, two} {
		for w := range 3 {
			wg.Go(func() {
				for r := range rounds {
					events := make([]alert.Event, keys)
					for i := range events { // each in another order, for locks to cross
						events[i] = fire(fmt.Sprintf("r%d-%d", r, (i*7+w*5)%keys), alert.Error)
					}
					if _, err := s.Ingest(ctx, in, events); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	n, _, err := one.Count(ctx, alert.Filter{})
	if err != nil || n != rounds*keys {
		t.Errorf("%d alerts, want %d: %v", n, rounds*keys, err)
	}
	page, err := one.List(ctx, alert.Filter{}, "", 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range page.Alerts {
		if a.Total != 6 {
			t.Errorf("%s has %d events, want 6", a.Dedup, a.Total)
		}
	}
	if _, err := two.CreateRule(ctx, alert.Rule{Name: "quiet", Quiet: true}); err != nil {
		t.Fatal(err)
	}
	rc, err := one.Ingest(ctx, in, []alert.Event{fire("after", alert.Critical)})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := one.Get(ctx, rc.Alerts[0]); err != nil || !a.Quiet {
		t.Errorf("the other replica's rule does not hold: %+v %v", a, err)
	}
}
