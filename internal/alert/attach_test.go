package alert_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Nobody puts alerts into an incident that they may not see, or takes them out
// of one.
func TestAttachToHidden(t *testing.T) {
	each(t, func(b *bench) {
		b.send(alert.Generic, alert.Event{Action: alert.Trigger, Dedup: "a", Summary: "a", Severity: alert.Critical, Service: "checkout"},
			alert.Event{Action: alert.Trigger, Dedup: "b", Summary: "b", Severity: alert.Critical, Service: "search"})
		in := map[string]int64{}
		id := map[string]int64{}
		for _, a := range b.list(alert.Filter{}) {
			in[a.Summary], id[a.Summary] = a.IncidentID, a.ID
		}
		if in["a"] == 0 || in["b"] == 0 || in["a"] == in["b"] {
			t.Fatalf("two incidents expected: %v", in)
		}
		hidden := in["a"]
		b.s.Visible = func(_ db.Querier, _ actor.Actor, ids []int64) (map[int64]bool, error) {
			seen := map[int64]bool{}
			for _, i := range ids {
				seen[i] = i != hidden
			}
			return seen, nil
		}
		if err := b.s.Attach(b.ctx, hidden, []int64{id["b"]}); !errs.Is(err, errs.NotFound) {
			t.Errorf("into a hidden incident: %v", err)
		}
		if err := b.s.Attach(b.ctx, in["b"], []int64{id["a"]}); !errs.Is(err, errs.Conflict) {
			t.Errorf("out of a hidden incident: %v", err)
		}
		b.s.Visible = nil
		if err := b.s.Attach(b.ctx, in["b"], []int64{id["a"]}); err != nil {
			t.Errorf("between incidents in sight: %v", err)
		}
	})
}
