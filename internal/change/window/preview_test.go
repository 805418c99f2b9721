package window_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// TestPreview says when a window would take place, and stores nothing.
func TestPreview(t *testing.T) {
	each(t, func(b *bundle) {
		spec := window.Spec{Kind: window.Change, Zone: "Europe/Berlin", Start: "2026-10-06T22:00", Duration: "PT2H", Repeat: "FREQ=WEEKLY;BYDAY=TU"}
		next, err := b.Preview(as(actor.Auditor), "tuesdays", spec, 3)
		if err != nil || len(next) != 3 || !next[0].From.Equal(utc("2026-10-20T20:00")) || !next[1].From.Equal(utc("2026-10-27T21:00")) {
			t.Errorf("next: %v, %v", next, err)
		}
		if _, err := b.Get(b.ctx, "tuesdays"); !errs.Is(err, errs.NotFound) {
			t.Errorf("it is stored: %v", err)
		}
		spec.Scope.Services = []string{"nope"}
		_, err = b.Preview(b.ctx, "tuesdays", spec, 3)
		b.want("a service that does not exist", err, errs.Invalid)

		spec.Scope.Services = []string{"checkout"}
		b.create("tuesdays", spec)
		list, err := b.Standings(as(actor.Auditor))
		if err != nil || len(list) != 1 || list[0].On || !list[0].Until.Equal(utc("2026-10-20T20:00")) {
			t.Errorf("standings: %v, %v", list, err)
		}
	})
}
