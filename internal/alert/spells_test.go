package alert_test

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
)

// TestSpells: an alert's firings in an incident are one spell, with its first
// beginning and last end.
func TestSpells(t *testing.T) {
	each(t, func(b *bench) {
		fire := func(dedup, summary string, action alert.Action) {
			b.t.Helper()
			e := alert.Event{Dedup: dedup, Action: action, Severity: alert.Critical, Summary: summary, Service: "checkout"}
			in := b.in[alert.Generic]
			if _, err := b.s.Ingest(b.ctx, in, []alert.Event{e}); err != nil {
				b.t.Fatal(err)
			}
			b.pass(time.Minute)
		}
		fire("a", "disk is full", alert.Trigger)
		fire("a", "disk is full", alert.Resolve)
		fire("b", "still down", alert.Trigger)
		var ids []int64
		for _, id := range b.groups {
			ids = append(ids, id)
		}
		err := b.db.Read(b.ctx, func(q db.Querier) error {
			list, err := b.s.Spells(q, ids)
			by := map[string]alert.Spell{}
			for _, s := range list {
				by[s.Summary] = s
			}
			if full := by["disk is full"]; full.Firings != 1 || full.Until.Sub(full.From) != time.Minute || full.Incident == 0 {
				b.t.Errorf("ended: %+v of %+v", full, list)
			}
			if down := by["still down"]; down.Firings != 1 || !down.Until.IsZero() || down.From.IsZero() {
				b.t.Errorf("still firing: %+v", down)
			}
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
	})
}
