package alert

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// The heartbeat's alert has one identity, so that each silence is an episode.
const heartbeatDedup = "heartbeat"

// MinInterval is the shortest heartbeat interval: below it, the network's own
// hiccups would be alerts.
const MinInterval = 10 * time.Second

// Beat notes a sign of life. The first one starts the clock; one after a
// silence resolves its alert. Errors: Unauthenticated when the integration was
// switched off, Unavailable when it cannot be stored (send it again).
func (s *Service) Beat(ctx context.Context, in Integration) error {
	who, err := actor.Require(ctx, actor.Ingest)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, who, "a heartbeat arrived", func(tx *db.Tx) error {
		pol, err := s.policy.in(tx)
		if err != nil {
			return err
		}
		now := pol.integrations[in.ID]
		if now == nil || now.Disabled || now.Kind != Heartbeat {
			return errs.E(errs.Unauthenticated, "the heartbeat %s was switched off or deleted", in.Name).On(ref.S(ref.Integration, in.Name).String())
		}
		silent, err := beat(tx, now, tx.Now.Add(now.Interval+now.Grace))
		if err != nil {
			return err
		}
		if silent {
			return s.applyOwn(tx, now, Event{Action: Resolve, Dedup: heartbeatDedup, EndsAt: tx.Now})
		}
		tx.Unrecorded("the time of a heartbeat")
		return nil
	})
	return errs.Wrap("alert.beat", err)
}

// missed makes alerts of heartbeats that stay away.
func (s *Service) missed(ctx context.Context, d *db.DB) (done int, err error) {
	err = d.Write(ctx, actor.Job("heartbeat"), "a heartbeat stayed away", func(tx *db.Tx) error {
		done = 0
		pol, err := s.policy.in(tx)
		if err != nil {
			return err
		}
		due, err := dueBeats(tx, dueBatch)
		if err != nil {
			return err
		}
		for _, id := range due {
			last, err := setSilent(tx, id)
			if err != nil {
				return err
			}
			tx.Unrecorded("the clock of a heartbeat that was switched off")
			in := pol.integrations[id]
			if in == nil || in.Disabled || in.Kind != Heartbeat {
				continue
			}
			name := in.Title
			if name == "" {
				name = in.Name
			}
			if err := s.applyOwn(tx, in, Event{Action: Trigger, Dedup: heartbeatDedup, Severity: in.Severity, Source: in.Name, Service: in.Service,
				Summary:     fmt.Sprintf("No heartbeat from %s", name),
				Labels:      map[string]string{"alertname": "HeartbeatMissed", "heartbeat": in.Name},
				Annotations: map[string]string{"description": fmt.Sprintf("It should beat every %s and may be %s late; the last one came %s.", in.Interval, in.Grace, last.Format(time.RFC3339))},
			}); err != nil {
				return err
			}
		}
		done = len(due)
		return nil
	})
	return done, err
}

// applyOwn applies an event that we make ourselves, in the transaction at hand.
func (s *Service) applyOwn(tx *db.Tx, in *Integration, e Event) error {
	r, err := newRequest(*in, []Event{e})
	if err != nil {
		return err
	}
	if err := s.apply(tx, []*request{r}); err != nil {
		return err
	}
	return r.err
}
