package incident_test

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestHandled: how incidents were dealt with, by team and by id, as far as
// somebody may see them.
func TestHandled(t *testing.T) {
	each(t, func(b *bench) {
		begin := b.clock.Now()
		big := incident.Declaration{Title: "Checkout is down", Service: "checkout", Impact: incident.High, Urgency: incident.High}
		acked, left := b.declare(big), b.declare(big)
		elsewhere := b.declare(incident.Declaration{Title: "Search is slow", Service: "search", Impact: incident.High, Urgency: incident.High})
		secret := big
		secret.Restrict = &incident.Viewers{People: []int64{jonas}}
		hidden := b.declare(secret)
		b.clock.pass(4 * time.Minute)
		_, err := b.Acknowledge(responder(tom), acked.ID)
		b.must(err)
		canceled := b.declare(big)
		_, err = b.Cancel(responder(tom), canceled.ID, "test")
		b.must(err)
		read := func(ctx context.Context, ids ...int64) (out map[int64]incident.Handled) {
			who, _ := actor.From(ctx)
			out = map[int64]incident.Handled{}
			b.must(b.DB.Read(ctx, func(q db.Querier) (err error) {
				var list []incident.Handled
				if ids == nil {
					list, err = b.HandledOf(q, who, "payments", begin, b.clock.Now().Add(time.Second))
				} else {
					list, err = b.HandledBy(q, who, ids)
				}
				for _, h := range list {
					out[h.ID] = h
				}
				return err
			}))
			return out
		}
		all := read(responder(priya))
		h := all[acked.ID]
		if len(all) != 3 || h.Acknowledged != tom || !h.ActedUpon || h.Measures.Acknowledge != 4*time.Minute || !h.AcknowledgeAt.Equal(begin.Add(4*time.Minute)) || h.Team != "payments" {
			t.Errorf("%d of the team, acknowledged %+v", len(all), h)
		}
		if h := all[left.ID]; h.ActedUpon || h.Acknowledged != 0 || h.Measures.Acknowledge >= 0 || all[canceled.ID].State != incident.Canceled {
			t.Errorf("left %+v, canceled %+v", h, all[canceled.ID])
		}
		if hers, his := read(responder(priya), hidden.ID, elsewhere.ID), read(responder(jonas), hidden.ID, elsewhere.ID); len(hers) != 1 || len(his) != 2 {
			t.Errorf("a restricted one: others see %d, who is named %d", len(hers), len(his))
		}
	})
}
