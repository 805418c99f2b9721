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

// OnChange measures a change anew in the transaction that changed its row, its
// approvals or its incidents. It reads the row, so it is called after that was
// written; for one that is under way it does nothing but read.
func (s *Service) OnChange(tx *db.Tx, id int64) error {
	r, was, ok, err := readRow(tx, id)
	if err != nil || !ok {
		return errs.Wrap("dora.change", err)
	}
	f, ok := factOf(r)
	switch {
	case !ok && was == 0:
		return nil
	case !ok:
		err = dropFact(tx, id)
	default:
		if was > 0 {
			err = dropServices(tx, id)
		}
		if err == nil {
			err = putFacts(tx, []fact{f})
		}
	}
	if err != nil {
		return errs.Wrap("dora.change", err)
	}
	var times []int64
	if was > 0 {
		times = append(times, was)
	}
	if ok {
		times = append(times, f.At)
	}
	return errs.Wrap("dora.change", closedDays(tx, sealAfter, times...))
}

// closedDays unseals the closed ones of the days of some times.
func closedDays(tx *db.Tx, wait time.Duration, times ...int64) error {
	first := dayOf(tx.Now.UnixMicro()) - openDays + 1
	var days []int64
	for _, at := range times {
		if d := dayOf(at); d < first {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return unseal(tx, slices.Compact(days), tx.Now.Add(wait).UnixMicro())
}

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

// look shows a sight all facts of a time: those of sealed days packed, others
// as they stand. Not in the order of time.
func look(q db.Querier, s *sight) error {
	from, to := s.reach()
	if to <= from {
		return nil
	}
	var c columns
	loose := func(from, to int64) error {
		if to <= from {
			return nil
		}
		c.reset()
		err := eachFact(q, from, to, func(f fact) {
			if c.add(f); c.len() == 10_000 {
				s.take(&c)
				c.reset()
			}
		})
		s.take(&c)
		return err
	}
	// Gaps first: a reader inside a reader would need a second connection.
	days, err := sealed(q, dayOf(from), dayOf(to-1))
	if err != nil {
		return err
	}
	next := from
	for _, day := range days {
		if err := loose(next, day*dayMicros); err != nil {
			return err
		}
		next = (day + 1) * dayMicros
	}
	if err := loose(next, to); err != nil {
		return err
	}
	// One reads while the other unpacks and counts.
	type packed struct {
		day  int64
		data []byte
	}
	var unread []int64
	pages, done := make(chan packed, 8), make(chan struct{})
	go func() {
		defer close(done)
		for p := range pages {
			if c.unpack(p.data) != nil {
				unread = append(unread, p.day) // of another layout: as if it were not sealed
				continue
			}
			s.expect(c.len(), len(days))
			s.take(&c)
		}
	}()
	err = eachSealed(q, dayOf(from), dayOf(to-1), func(day int64, data []byte) error {
		pages <- packed{day, data}
		return nil
	})
	close(pages)
	<-done
	for _, day := range unread {
		if err == nil {
			err = loose(day*dayMicros, (day+1)*dayMicros)
		}
	}
	return err
}
