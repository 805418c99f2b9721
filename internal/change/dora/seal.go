package dora

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/job"
)

// Sealing. Today is open: facts of it are written without a word to anybody, so
// that deployments never wait for each other. After midnight a day is closed:
// whoever changes it counts up its number in the same transaction, and from an
// hour later it may be sealed. A sealed day holds the number that it was
// packed at, so that it is seen at once whether it still holds. The hour is
// room for transactions that began before midnight: none lives that long.
const (
	openDays   = 1
	closeAfter = time.Hour
	// sealAfter lets several changes of one day be one sealing.
	sealAfter = time.Minute
	// sealFacts and sealDays bound one run.
	sealFacts = 100_000
	sealDays  = 64
)

// SourceName is the name of the job, for Runner.Kick.
const SourceName = "dora.seal"

// Sealing is the due work that packs days that are over, and those that
// changed since.
func (s *Service) Sealing() job.Source {
	return job.Source{
		Name: SourceName,
		Next: func(q db.Querier) (time.Time, error) {
			due, err := firstDue(q)
			if err != nil {
				return time.Time{}, err
			}
			open, _, err := openDay(q, "")
			at := db.Time((open + openDays) * dayMicros).Add(closeAfter)
			if due > 0 && db.Time(due).Before(at) {
				at = db.Time(due)
			}
			return at, err
		},
		Run: func(ctx context.Context, d *db.DB) (done int, err error) {
			now, err := d.Now(ctx)
			if err != nil {
				return 0, errs.Wrap(SourceName, err)
			}
			closed, err := s.close(ctx, now)
			if err != nil {
				return 0, errs.Wrap(SourceName, err)
			}
			sealed, err := s.seal(ctx, now)
			return closed + sealed, errs.Wrap(SourceName, err)
		},
	}
}

// close takes over days that are open no longer: they are due to be sealed.
func (s *Service) close(ctx context.Context, now time.Time) (done int, err error) {
	until := dayOf(now.Add(-closeAfter).UnixMicro()) - openDays + 1 // the first day that stays open
	var open int64
	err = s.db.Read(ctx, func(q db.Querier) (err error) { open, _, err = openDay(q, ""); return err })
	if err != nil || open >= until {
		return 0, err
	}
	err = s.db.Write(ctx, actor.Job(SourceName), "days of measures closed", func(tx *db.Tx) error {
		done = 0
		tx.Unrecorded("derived from changes, whose own writes are recorded")
		open, ok, err := openDay(tx, tx.SkipLocked())
		if err != nil || !ok || open >= until {
			return err // another replica was faster
		}
		var days []int64
		for open < until && len(days) < sealDays {
			at, err := firstFact(tx, open*dayMicros)
			if err != nil {
				return err
			}
			day := dayOf(at)
			if at == 0 || day >= until {
				open = until
				break
			}
			days, open = append(days, day), day+1
		}
		if err := unseal(tx, days, tx.Now.UnixMicro()); err != nil {
			return err
		}
		done = 1
		return setOpenDay(tx, open)
	})
	return done, err
}

// seal packs days that are due. Facts are read outside of the transaction: it
// keeps only what is still true then.
func (s *Service) seal(ctx context.Context, now time.Time) (done int, err error) {
	type packed struct {
		dueDay
		data []byte
	}
	var list []packed
	err = s.db.Read(ctx, func(q db.Querier) error {
		due, err := dueDays(q, now.UnixMicro(), sealDays)
		if err != nil {
			return err
		}
		var c columns
		facts := 0
		for _, d := range due {
			c.reset()
			if err := eachFact(q, d.day*dayMicros, (d.day+1)*dayMicros, c.add); err != nil {
				return err
			}
			list = append(list, packed{d, c.pack()})
			if facts += c.len(); facts > sealFacts {
				break
			}
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	slices.SortFunc(list, func(a, b packed) int { return int(a.day - b.day) })
	err = s.db.Write(ctx, actor.Job(SourceName), "days of measures sealed", func(tx *db.Tx) error {
		tx.Unrecorded("derived from changes, whose own writes are recorded")
		for _, p := range list {
			if err := sealDay(tx, p.dueDay, p.data); err != nil {
				return err
			}
		}
		return nil
	})
	return len(list), err
}
