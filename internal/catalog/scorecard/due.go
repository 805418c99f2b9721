package scorecard

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// DueName is the name of the due work.
const DueName = "scorecards"

const (
	every    = time.Hour
	batch    = 100             // services measured at a time
	keepDays = 400             // of the trend: a year and the month to compare with
	soonest  = 2 * time.Second // after a change, so that an apply of many is one round
	sweepMax = 2000            // days' rows forgotten at a time
)

// Due is the work of measuring all services.
func (s *Service) Due() job.Source {
	return job.Source{Name: DueName, Next: func(q db.Querier) (time.Time, error) {
		r, err := readRound(q, "")
		return r.next, err
	}, Run: s.run}
}

// soon lets the next round begin now: something has changed.
func (s *Service) soon(tx *db.Tx) error {
	if s.Kick != nil {
		tx.After(func() { s.Kick(DueName) })
	}
	return hurry(tx, tx.Now.Add(soonest))
}

// run measures one batch: it reads and evaluates outside of the writing
// transaction, because that may take a while, and keeps the outcome if nobody
// else has gone on meanwhile.
func (s *Service) run(ctx context.Context, d *db.DB) (done int, err error) {
	now, err := d.Now(ctx)
	if err != nil {
		return 0, err
	}
	ctx = actor.With(ctx, actor.Job(DueName))
	var r round
	var list []catalog.Service
	var found, before []Standing
	err = d.Read(ctx, func(q db.Querier) error {
		if r, err = readRound(q, ""); err != nil || r.next.After(now) {
			return err
		}
		if list, err = catalog.After(q, r.after, batch); err != nil || len(list) == 0 {
			return err
		}
		all, err := cards(q)
		if err != nil {
			return err
		}
		names := make([]string, len(list))
		for i, svc := range list {
			names[i] = svc.Name
		}
		if before, err = statesOf(q, names); err != nil {
			return err
		}
		found, err = s.measure(ctx, q, list, all, now)
		return err
	})
	if err != nil || r.next.After(now) {
		return 0, err
	}
	err = d.Write(ctx, actor.Job(DueName), "services measured", func(tx *db.Tx) error {
		at, err := readRound(tx, tx.SkipLocked())
		if err != nil || !at.found || at.turn != r.turn {
			tx.Unrecorded("another replica measured these")
			return err
		}
		return keep(tx, at, list, before, found)
	})
	return len(list), err
}

// keep writes the outcome of a batch and moves the round on.
func keep(tx *db.Tx, r round, list []catalog.Service, before, found []Standing) error {
	type key struct{ service, card string }
	was := make(map[key]Standing, len(before))
	for _, st := range before {
		was[key{st.Service, st.Card}] = st
	}
	var moved []string // services of which something shows otherwise now
	note := func(service string) {
		if n := len(moved); n == 0 || moved[n-1] != service {
			moved = append(moved, service)
		}
	}
	for _, st := range found {
		k := key{st.Service, st.Card}
		if old, ok := was[k]; !ok || old.Level != st.Level || old.Passed != st.Passed || old.Counted != st.Counted {
			note(st.Service)
		}
		delete(was, k)
		if err := save(tx, st); err != nil {
			return err
		}
	}
	for k := range was {
		note(k.service)
		if err := drop(tx, k.service, k.card); err != nil {
			return err
		}
	}
	r.turn++
	if len(list) < batch { // the end of the round
		r.after, r.next = "", tx.Now.Add(every)
		if _, err := sweep(tx, tx.Now.AddDate(0, 0, -keepDays), sweepMax); err != nil {
			return err
		}
	} else {
		r.after, r.next = list[len(list)-1].Name, tx.Now
	}
	if err := saveRound(tx, r); err != nil {
		return err
	}
	if len(moved) == 0 {
		tx.Unrecorded("measured, and nothing is otherwise than before")
		return nil
	}
	tx.Record(evidence.Entry{Action: "scorecard.measure", Record: ref.S(ref.System, "scorecards"), After: evidence.Digest(nil, found), Data: map[string]int{"measured": len(list), "moved": len(moved)}})
	return nil
}
