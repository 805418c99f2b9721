package alert

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/job"
)

// dueBatch is how much one run of due work handles; the runner calls again
// while there is more.
const dueBatch = 200

// Names of the due-work sources, for Kick.
const (
	SourceEnds       = "alert.ends"
	SourceSilences   = "alert.silences"
	SourceHeartbeats = "alert.heartbeats"
)

// Sources is the due work of the practice: announced ends, silences that begin
// or end, heartbeats that stay away.
func (s *Service) Sources() []job.Source {
	return []job.Source{
		{Name: SourceEnds, Next: nextOf("alert"), Run: s.expireAlerts},
		{Name: SourceSilences, Next: nextOf("silence"), Run: s.moveSilences},
		{Name: SourceHeartbeats, Next: nextOf("integration_state"), Run: s.missed},
	}
}

func nextOf(table string) func(q db.Querier) (time.Time, error) {
	return func(q db.Querier) (time.Time, error) { return nextAt(q, table) }
}

// expireAlerts ends alerts whose announced end has passed.
func (s *Service) expireAlerts(ctx context.Context, d *db.DB) (done int, err error) {
	err = d.Write(ctx, actor.Job("alert ends"), "an announced end has passed", func(tx *db.Tx) error {
		done = 0
		ids, err := dueAlerts(tx, dueBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		b, err := s.newBatch(tx)
		if err != nil {
			return err
		}
		if err := b.loadIDs(ids); err != nil {
			return err
		}
		for _, it := range b.items {
			if o := it.st.expire(b.now); !o.ignored {
				it.follow(&o, nil, false, b.now)
			}
		}
		done = len(ids)
		return b.finish()
	})
	return done, err
}

// moveSilences marks alerts when a silence begins and routes them when it
// ends.
func (s *Service) moveSilences(ctx context.Context, d *db.DB) (done int, err error) {
	err = d.Write(ctx, actor.Job("silences"), "a silence begins or ends", func(tx *db.Tx) error {
		done = 0
		due, err := dueSilences(tx, 1)
		if err != nil || len(due) == 0 {
			return err
		}
		sil, err := silenceByID(tx, due[0])
		if err != nil {
			return err
		}
		done = 1
		tx.Unrecorded("the clock of a silence")
		return s.moveSilence(tx, &sil)
	})
	return done, err
}

// moveSilence does the next part of a silence's work and sets when it needs
// more: at once when there are more alerts than one batch, at its end, never.
func (s *Service) moveSilence(tx *db.Tx, sil *Silence) error {
	if sil.State(tx.Now) == SilencePending {
		return setSilenceNext(tx, sil.ID, db.Micros(sil.StartsAt))
	}
	active := sil.State(tx.Now) == SilenceActive
	b, err := s.newBatch(tx)
	if err != nil {
		return err
	}
	var ids []int64
	more := false
	if active {
		ids, more, err = b.matching(sil, dueBatch)
	} else {
		ids, err = silencedAlerts(tx, sil.ID, dueBatch)
		more = len(ids) == dueBatch
	}
	if err != nil {
		return err
	}
	if err := b.loadIDs(ids); err != nil {
		return err
	}
	for _, it := range b.items {
		it.changed, it.again = true, it.st.firing
		if active {
			it.mute = sil.ID
		}
	}
	if err := b.finish(); err != nil {
		return err
	}
	switch {
	case more:
		return setSilenceNext(tx, sil.ID, b.now)
	case active:
		return setSilenceNext(tx, sil.ID, db.Micros(sil.EndsAt))
	}
	if err := setSilenceNext(tx, sil.ID, 0); err != nil {
		return err
	}
	return s.touchPolicy(tx)
}

// matching returns firing alerts that a silence matches and none holds back
// yet; more is true when there may be others.
func (b *batch) matching(sil *Silence, limit int) (ids []int64, more bool, err error) {
	var after, afterID int64
	for {
		part, err := loudFiring(b.tx, after, afterID, 500)
		if err != nil {
			return nil, false, err
		}
		for i := range part {
			c := &part[i]
			after, afterID = c.sortKey, c.id
			if in := b.pol.integrations[c.integration]; in != nil {
				c.subject.integration = in.Name
			}
			if matchAll(sil.Matchers, &c.subject) < 0 {
				if ids = append(ids, c.id); len(ids) == limit {
					return ids, true, nil
				}
			}
		}
		if len(part) < 500 {
			return ids, false, nil
		}
	}
}
