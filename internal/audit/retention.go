package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Policy says what may be forgotten, and after how long. Practices register
// theirs; evidence has none and never will.
type Policy struct {
	Name string        // "sessions"; also in the sweep's entry
	What string        // in words, for people: "ended sessions"
	Keep time.Duration // how long; at least an hour
	// Sweep drops up to limit rows that are older than before, and returns how
	// many. It must not record entries itself.
	Sweep func(tx *db.Tx, before time.Time, limit int) (int64, error)
}

// Sweep is the state of one policy.
type Sweep struct {
	Policy  string        `json:"policy"`
	What    string        `json:"what"`
	Keep    time.Duration `json:"keep"`
	LastAt  time.Time     `json:"last_at,omitzero"`
	NextAt  time.Time     `json:"next_at,omitzero"`
	Dropped int64         `json:"dropped"` // rows, since the beginning
}

const (
	sweepEvery   = 6 * time.Hour
	sweepAtOnce  = 2000 // rows in one transaction, so that writers wait little
	shortestKeep = time.Hour
)

// Retain registers policies. Call it while wiring.
func (s *Service) Retain(policies ...Policy) error {
	for _, p := range policies {
		if p.Name == "" || p.Sweep == nil || p.Keep < shortestKeep {
			return errs.BadField("keep", fmt.Sprintf("%s %s", p.Name, p.Keep), "keep everything for at least an hour")
		}
		s.policies = append(s.policies, p)
	}
	return nil
}

// Sweeps returns the state of all policies.
func (s *Service) Sweeps(ctx context.Context) ([]Sweep, error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return nil, err
	}
	out := make([]Sweep, len(s.policies))
	err := s.d.Read(ctx, func(q db.Querier) error {
		states, err := sweeps(q)
		for i, p := range s.policies {
			out[i] = states[p.Name]
			out[i].Policy, out[i].What, out[i].Keep = p.Name, p.What, p.Keep
		}
		return err
	})
	return out, errs.Wrap("audit.sweeps", err)
}

// Sweeper is the job that sweeps every policy a few times a day.
func (s *Service) Sweeper() job.Source {
	return job.Source{Name: "retention", Next: s.nextSweep, Run: s.sweep}
}

func (s *Service) nextSweep(q db.Querier) (next time.Time, err error) {
	states, err := sweeps(q)
	for _, p := range s.policies {
		due := states[p.Name].NextAt
		if due.IsZero() {
			due = time.Unix(1, 0)
		}
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next, err
}

// sweep runs one batch of each policy that is due. Every batch that dropped
// something is an entry: what was forgotten, how much, and up to when.
func (s *Service) sweep(ctx context.Context, d *db.DB) (int, error) {
	done := 0
	for _, p := range s.policies {
		var n int64
		err := d.Write(ctx, actor.Job("retention"), "the retention policy was applied", func(tx *db.Tx) (err error) {
			n = 0
			st, err := lockSweep(tx, p.Name)
			if err != nil || st.NextAt.After(tx.Now) {
				tx.Unrecorded("nothing was due")
				return err
			}
			before := tx.Now.Add(-p.Keep)
			if n, err = p.Sweep(tx, before, sweepAtOnce); err != nil {
				return errs.Wrap("sweep "+p.Name, err)
			}
			st.Policy, st.LastAt, st.Dropped = p.Name, tx.Now, st.Dropped+n
			if n < sweepAtOnce {
				st.NextAt = tx.Now.Add(sweepEvery)
			}
			if n == 0 {
				tx.Unrecorded("nothing was old enough")
			} else {
				tx.Record(evidence.Entry{Action: "retention.sweep", Record: ref.S(ref.System, "retention"),
					Data: map[string]any{"policy": p.Name, "rows": n, "before": before.Format(time.RFC3339), "keep_hours": int64(p.Keep / time.Hour)}})
			}
			return saveSweep(tx, st)
		})
		if err != nil {
			return done, err
		}
		done += int(n)
	}
	return done, nil
}
