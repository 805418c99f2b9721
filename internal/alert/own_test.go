package alert_test

import (
	"errors"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Evenkeel's own alerts come through an integration that is made by the first
// of them, also when that transaction had to be given up before.
func TestOwn(t *testing.T) {
	each(t, func(b *bench) {
		own := func(e alert.Event, then error) {
			t.Helper()
			err := b.db.Write(b.ctx, actor.Job("drift"), "test", func(tx *db.Tx) error {
				tx.Unrecorded("nothing was raised")
				if err := b.s.Own(tx, e); err != nil {
					return err
				}
				return then
			})
			if !errors.Is(err, then) {
				t.Fatal(err)
			}
		}
		e := alert.Event{Action: alert.Trigger, Dedup: "drift/shop", Severity: alert.Warning, Summary: "The map has drifted"}
		end := alert.Event{Action: alert.Resolve, Dedup: "drift/shop"}
		firing := func() (n int) {
			n, _, err := b.s.Count(b.ctx, alert.Filter{Status: alert.StatusFiring})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		own(end, nil) // of nothing
		if _, err := b.s.IntegrationByName(b.ctx, alert.OwnName); err == nil {
			t.Error("an integration for nothing")
		}
		own(e, errors.New("given up"))
		if firing() != 0 {
			t.Error("an alert of a transaction that was given up")
		}
		own(e, nil)
		own(e, nil)
		if in, err := b.s.IntegrationByName(b.ctx, alert.OwnName); err != nil || in.Kind != alert.Generic || firing() != 1 {
			t.Errorf("%+v, %d firing: %v", in, firing(), err)
		}
		own(end, nil)
		if firing() != 0 {
			t.Error("it did not end")
		}
	})
}
