package escalation

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// batchMost is how many ladders one transaction climbs: enough that the commit
// costs little, few enough that others wait only some tens of milliseconds.
const batchMost = 128

// Due is what ladders and requests do by themselves.
func (s *Service) Due() job.Source {
	return job.Source{
		Name: SourceName,
		Next: func(q db.Querier) (time.Time, error) {
			us, err := firstDue(q)
			return db.Time(us), err
		},
		Run: s.run,
	}
}

// lanes is how many transactions climb at once on PostgreSQL, where each waits
// for answers most of its time. They skip each other's ladders, like replicas.
const lanes = 3

func (s *Service) run(ctx context.Context, d *db.DB) (int, error) {
	done, err := s.climbBatch(ctx, d, batchMost)
	if err != nil || done < batchMost || d.Dialect().SQLite() {
		return done, errs.Wrap("escalation.due", err)
	}
	var more [lanes]int
	var group errgroup.Group
	for n := range lanes {
		group.Go(func() (err error) {
			more[n], err = s.climbBatch(ctx, d, batchMost)
			return err
		})
	}
	err = group.Wait()
	for _, n := range more {
		done += n
	}
	return done, errs.Wrap("escalation.due", err)
}

func (s *Service) climbBatch(ctx context.Context, d *db.DB, most int) (done int, err error) {
	err = d.Write(ctx, system, "escalation steps", func(tx *db.Tx) error {
		done = 0
		ladders, err := dueLadders(tx, most)
		if err != nil {
			return err
		}
		requests, err := dueRequests(tx, most)
		if err != nil || len(ladders)+len(requests) == 0 {
			return err
		}
		done, err = s.climbAll(tx, ladders, requests)
		return err
	})
	return done, err
}

// climbAll claims the incidents of what is due and does it. An incident that
// somebody else is changing at this moment is left for the next time: waiting
// for it, while its change waits for the ladder, would end in a deadlock.
func (s *Service) climbAll(tx *db.Tx, ladders []Ladder, requests []Request) (done int, err error) {
	var ids, acked []int64
	for _, l := range ladders {
		ids = append(ids, l.Incident)
	}
	for _, r := range requests {
		ids = append(ids, r.Incident)
	}
	incidents, err := s.Incidents.Claim(tx, ids)
	if err != nil {
		return 0, err
	}
	for _, l := range ladders {
		if incidents[l.Incident].Working {
			acked = append(acked, l.Incident)
		}
	}
	var progress map[int64]time.Time
	if len(acked) > 0 {
		if progress, err = s.Incidents.Progress(tx, acked); err != nil {
			return 0, err
		}
	}
	b := s.batch(tx)
	for _, l := range ladders {
		i, ok := incidents[l.Incident]
		if !ok {
			continue
		}
		p, err := s.planByID(tx, l.Plan)
		if err != nil {
			return 0, err
		}
		f, fault := s.facts(tx, p, l, i, progress[l.Incident], tx.Now)
		acts, after := p.Climb(l, f, tx.Now)
		if err := fault(); err != nil {
			return 0, err
		}
		b.act(p, after, i, acts, true)
		b.set(after)
		done++
	}
	for _, r := range requests {
		if i, ok := incidents[r.Incident]; ok {
			b.remind(r, i)
			done++
		}
	}
	return done, b.commit()
}

const (
	watchFor   = 24 * time.Hour
	watchGrace = time.Minute
	watchMost  = 200
)

// Expected is which messages ladders ought to have sent, for the watchdog that
// compares them with the outbox: those of every step that fired lately, and
// those of ladders whose time is long past, which would mean that nothing
// climbs them.
func (s *Service) Expected(q db.Querier, now time.Time) (out []notify.Expected, err error) {
	fired, err := firedSince(q, now.Add(-watchFor), now.Add(-watchGrace), watchMost)
	if err != nil {
		return nil, err
	}
	for _, f := range fired {
		if f.Kind == ActTell && f.Nobody() || f.Kind == ActSkip || f.Kind == ActEmpty {
			continue
		}
		// The first steps are told by the message about the event itself.
		out = append(out, notify.Expected{Key: noticeKey(f.Incident, f.Run, f.Round, f.Step), Record: ref.N(ref.Incident, f.Incident), Since: f.At, ByTime: true})
	}
	late, err := overdue(q, now.Add(-watchGrace), watchMost)
	for _, l := range late {
		out = append(out, notify.Expected{Key: fmt.Sprintf("%s late", noticeKey(l.Incident, l.Run, l.Round, l.Step)), Record: ref.N(ref.Incident, l.Incident), Since: l.NextAt})
	}
	return out, err
}
