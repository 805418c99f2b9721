package notify

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// ByMoment is delivery as due work, each message some time after it is due.
// It is for a program that lives through time with a clock of its own, as the
// demo does with its history: what is sent is then sent at its moment, and
// recorded with it. It never runs beside a Courier's Run.
func ByMoment(s *Service, after time.Duration) job.Source {
	c := NewCourier(s)
	return job.Source{
		Name: "notify.moment",
		Next: func(q db.Querier) (time.Time, error) {
			due, err := nextDue(q, nil)
			if err != nil || due.IsZero() {
				return due, err
			}
			return due.Add(after), nil
		},
		Run: func(ctx context.Context, _ *db.DB) (done int, err error) {
			for {
				n, err := c.round(ctx)
				if done += n; err != nil || n == 0 {
					return done, errs.Wrap("notify.moment", err)
				}
			}
		},
	}
}

// round does what is due now, in the calling goroutine: claim, send, record.
// It returns how many messages it tried.
func (c *Courier) round(ctx context.Context) (int, error) {
	jobs, _, err := c.claim(ctx)
	if err != nil {
		return 0, err
	}
	c.sendAll(ctx, jobs)
	return len(jobs), nil
}

// sendAll sends and records; nobody else records meanwhile.
func (c *Courier) sendAll(ctx context.Context, jobs []errand) {
	var sends sync.WaitGroup
	for _, j := range jobs {
		sends.Go(func() { c.send(ctx, j) })
	}
	sends.Wait()
	var batch []result
	for len(c.done) > 0 {
		batch = append(batch, <-c.done)
	}
	if len(batch) > 0 {
		c.record(ctx, batch)
	}
}
