package cmdb

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// ready is a chunk that is read and can be applied.
type ready struct {
	number int
	batch  batch
	lost   []int64 // observations, for a chunk of stageAbsent; else sightings
	err    error
	none   bool // no chunk is left
}

// apply applies what is staged of a run, chunk by chunk, each in a transaction
// that also notes how far it is. It may be called again at any time, by
// whichever process: a chunk is applied once. While one chunk is written the
// next one is read.
func (s *Service) apply(ctx context.Context, who actor.Actor, id int64, first bool) (r Run, err error) {
	ctx = context.WithoutCancel(ctx) // what is checked goes on, whoever has hung up
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		r, err = findRun(q, id, "")
		return err
	})
	if err != nil || r.State != RunApplying {
		return r, err
	}
	next := make(chan ready, 1)
	stop := make(chan struct{})
	defer close(stop)
	go s.prepareChunks(ctx, r, first, next, stop)
	for c := range next {
		if c.err != nil {
			return r, c.err
		}
		if c.none {
			break
		}
		if err := s.applyChunk(ctx, who, &r, c); err != nil {
			return r, err
		}
		if r.State != RunApplying {
			return r, nil // somebody else has it in hand
		}
	}
	return r, s.applied(ctx, who, &r)
}

// prepareChunks reads chunks ahead of those that apply them.
func (s *Service) prepareChunks(ctx context.Context, r Run, first bool, out chan<- ready, stop <-chan struct{}) {
	defer close(out)
	from := r.chunk
	keys := newKeyMemory()
	for {
		c := s.readChunk(ctx, r, from)
		c.batch.first, c.batch.keys = first, keys
		c.batch.digest = c.batch.content()
		from = c.number + 1
		select {
		case out <- c:
		case <-stop:
			return
		}
		if c.err != nil || c.none {
			return
		}
	}
}

func (s *Service) readChunk(ctx context.Context, r Run, from int) (c ready) {
	var chunk stagedChunk
	var ok bool
	c.err = s.db.Read(ctx, func(q db.Querier) (err error) {
		chunk, ok, err = nextChunk(q, r.ID, from)
		return err
	})
	if c.err != nil || !ok {
		c.none = true
		return c
	}
	c.number = chunk.number
	u, err := unpack(chunk.body)
	if err != nil {
		c.err = err
		return c
	}
	c.batch = batch{run: r.ID, quiet: r.Complete, at: moment(r.Started)}
	switch {
	case c.number < stageLinks:
		c.batch.facts, c.err = u.facts()
	case c.number < stageAbsent:
		if c.batch.links, c.err = u.links(); c.err == nil {
			c.batch.links = distinctLinks(c.batch.links)
		}
	default:
		c.lost, c.err = u.numbers()
	}
	return c
}

// distinctLinks keeps the first of relations that stand there twice.
func distinctLinks(list []link) []link {
	seen := make(map[sightingKey]bool, len(list))
	return slices.DeleteFunc(list, func(l link) bool {
		k := sightingKey{l.from, l.to, l.kind}
		again := seen[k]
		seen[k] = true
		return again
	})
}

// applyChunk applies one chunk, when the run is still at it.
func (s *Service) applyChunk(ctx context.Context, who actor.Actor, r *Run, c ready) error {
	var now Run
	attempt := 0
	write := func(tx *db.Tx) error {
		b := c.batch
		if attempt++; attempt > 1 {
			b.first = false // somebody reported the same origin meanwhile
		}
		var err error
		if now, err = findRun(tx, r.ID, tx.ForUpdate()); err != nil {
			return err
		}
		if now.State != RunApplying || now.chunk > c.number {
			return nil
		}
		var e Effect
		if c.number >= stageAbsent {
			e, err = s.lose(tx, now, c)
		} else {
			e, err = s.observe(tx, r.Source, r.Scope, b)
		}
		if err != nil {
			return err
		}
		now.Counts.did(e.Counts)
		now.Counts.Applied++
		now.chunk = c.number + 1
		if err := dropChunk(tx, r.ID, c.number); err != nil {
			return err
		}
		tx.Unrecorded("a part of a run that changes nothing")
		_, err = saveProgress(tx, now, tx.Now.Add(applyLease))
		return err
	}
	err := s.db.Write(ctx, who, "run applied", write)
	if db.IsUnique(err) && c.batch.first {
		err = s.db.Write(ctx, who, "run applied", write)
	}
	if err == nil {
		*r = now
	}
	return err
}

// lose notes what a complete run does not see. What was seen after the run
// began stays.
func (s *Service) lose(tx *db.Tx, r Run, c ready) (Effect, error) {
	if err := lockMap(tx); err != nil {
		return Effect{}, err
	}
	w, err := s.begin(tx)
	if err != nil {
		return Effect{}, err
	}
	w.run = r.ID
	started := moment(r.Started)
	if c.number >= stageGone {
		if err := loseSightings(tx, c.lost, started); err != nil {
			return Effect{}, err
		}
		list, err := sightingsWhere(tx, "s.id", c.lost)
		if err != nil {
			return Effect{}, err
		}
		var left []int64
		for _, x := range list {
			if x.relation > 0 {
				left = append(left, x.relation)
			}
		}
		if err := w.rejoin(map[int64]*bond{}, nil, map[int64][]*sighting{}, nil, left); err != nil {
			return Effect{}, err
		}
	} else {
		if err := loseObs(tx, c.lost, started); err != nil {
			return Effect{}, err
		}
		list, err := obsByID(tx, c.lost)
		if err != nil {
			return Effect{}, err
		}
		items := make([]int64, len(list))
		for i, o := range list {
			items[i] = o.item
		}
		slices.Sort(items)
		if err := w.load(slices.Compact(items), nil); err != nil {
			return Effect{}, err
		}
		if err := w.settleItems(); err != nil {
			return Effect{}, err
		}
	}
	if err := w.finish(); err != nil {
		return Effect{}, err
	}
	w.record("map.absent", &origin{source: r.Source, scope: r.Scope}, "")
	return w.effect, nil
}

// applied ends a run of which nothing is left to do.
func (s *Service) applied(ctx context.Context, who actor.Actor, r *Run) error {
	return s.db.Write(ctx, who, "run applied", func(tx *db.Tx) error {
		now, err := findRun(tx, r.ID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if *r = now; r.State != RunApplying {
			return nil
		}
		r.State, r.Finished = RunApplied, tx.Now
		complete := int64(0)
		if r.Complete {
			complete = moment(r.Started)
		}
		if err := endOriginRun(tx, *r, complete, moment(r.Started)); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "map.run.applied", Record: r.Ref(), After: r.digest(), Data: r.Counts})
		return saveRun(tx, *r, time.Time{})
	})
}
