package audit

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// Target is a place outside the database to which checkpoints are published.
// Once a checkpoint is where the key's holder cannot change it, not even they
// can rewrite what it covers.
type Target interface {
	// Name identifies the target for its state: "file /var/…". It is shown to
	// people and must not hold secrets.
	Name() string
	// Publish puts checkpoints out, oldest first. It may be called again with
	// checkpoints that it has put out already and must bear that.
	Publish(ctx context.Context, c []Checkpoint) error
}

// Publication is the state of one target.
type Publication struct {
	Target   string    `json:"target"`
	Size     int64     `json:"size"`               // entries covered by the last checkpoint published; 0 = none yet
	At       time.Time `json:"at,omitzero"`        // when it was
	Error    string    `json:"error,omitempty"`    // what keeps it from being published
	Failures int       `json:"failures,omitempty"` // in a row
	NextAt   time.Time `json:"next_at,omitzero"`   // the next attempt after a failure
}

const (
	publishAtOnce  = 200
	publishTimeout = 30 * time.Second
)

// backoff is how long to wait after n failures in a row: 5 s, 10 s, … 10 min.
func backoff(n int) time.Duration {
	return min(5*time.Second<<min(max(n-1, 0), 10), 10*time.Minute)
}

// Publisher is the job that publishes new checkpoints.
func (s *Service) Publisher() job.Source {
	return job.Source{Name: "evidence.publish", Next: s.nextPublish, Run: s.publish}
}

func (s *Service) nextPublish(q db.Querier) (time.Time, error) {
	last, err := newestCheckpoint(q)
	if err == db.ErrNoRows {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	states, err := publications(q)
	if err != nil {
		return time.Time{}, err
	}
	var next time.Time
	for _, t := range s.opt.Targets {
		p := states[t.Name()]
		if p.Size >= last.Size {
			continue
		}
		due := p.NextAt
		if due.IsZero() {
			due = last.At
		}
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next, nil
}

func (s *Service) publish(ctx context.Context, d *db.DB) (int, error) {
	done := 0
	for _, t := range s.opt.Targets {
		n, err := s.publishTo(ctx, d, t)
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// publishTo claims the target, puts out what is new, and notes how it went. A
// failed attempt is no error of the job: it is the target's state, shown to
// people, and tried again later.
func (s *Service) publishTo(ctx context.Context, d *db.DB, t Target) (int, error) {
	var list []Checkpoint
	var state Publication
	err := d.Write(ctx, actor.Job("evidence"), "a target of checkpoints was claimed", func(tx *db.Tx) (err error) {
		list = nil
		tx.Unrecorded("the state of publishing")
		if state, err = claimPublication(tx, t.Name(), tx.Now.Add(2*publishTimeout)); err != nil || state.Target == "" {
			return err
		}
		list, err = checkpointsAfter(tx, state.Size, publishAtOnce)
		return err
	})
	if err != nil || state.Target == "" {
		return 0, err
	}
	if len(list) > 0 {
		out, cancel := context.WithTimeout(ctx, publishTimeout)
		err = t.Publish(out, list)
		cancel()
	}
	err2 := d.Write(ctx, actor.Job("evidence"), "checkpoints were published", func(tx *db.Tx) error {
		tx.Unrecorded("the state of publishing")
		p := state
		p.NextAt = time.Time{}
		switch {
		case err != nil:
			p.Failures++
			p.Error = errs.Short(err.Error())
			p.NextAt = tx.Now.Add(backoff(p.Failures))
		case len(list) > 0:
			p.Size, p.At, p.Error, p.Failures = list[len(list)-1].Size, tx.Now, "", 0
		}
		return savePublication(tx, p)
	})
	if err != nil {
		s.opt.Log.Warn("publishing checkpoints", "target", t.Name(), "error", err)
		return 0, err2
	}
	return len(list), err2
}
