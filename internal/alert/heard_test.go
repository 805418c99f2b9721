package alert_test

import (
	"context"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// A pipeline that tells of changes is heard of like a sender of alerts.
func TestHeard(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := alert.New(d)
		admin := actor.With(context.Background(), actor.Job("test"))
		in, _, err := s.CreateIntegration(admin, alert.Integration{Name: "forge", Kind: alert.GitHub})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Heard(actor.With(context.Background(), in.Actor("10.0.0.1")), in); err != nil {
				t.Fatal(err)
			}
		}
		list, _, err := s.Integrations(admin, "", 5)
		if err != nil || len(list) != 1 || list[0].LastSeen.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
