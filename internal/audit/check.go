package audit

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Result is what a check of the live log found.
type Result struct {
	evidence.Report
	Whole   bool           `json:"whole"`   // everything, not only what is new since the last good check
	From    int64          `json:"from"`    // the first entry that was read
	Records int64          `json:"records"` // records whose present content is what their last entry says
	Erased  int64          `json:"erased"`  // records that cannot be compared, because personal data was erased
	At      time.Time      `json:"at"`
	Took    time.Duration  `json:"took"`
	More    []evidence.Bad `json:"more,omitempty"` // further records that differ, up to 20
}

// Progress is how far a check is.
type Progress struct {
	Running bool      `json:"running"`
	Phase   string    `json:"phase,omitempty"` // "entries", then "records"
	Done    int64     `json:"done"`
	Total   int64     `json:"total"` // 0 in the phase "records", whose number is not known before
	Started time.Time `json:"started,omitzero"`
	Result  *Result   `json:"result,omitempty"` // of the last check that ended in this process
	Error   string    `json:"error,omitempty"`  // why it could not be carried out
}

// Check checks the whole log and waits for the result.
func (s *Service) Check(ctx context.Context) (Result, error) {
	who, err := actor.Require(ctx, actor.Audit)
	if err != nil {
		return Result{}, err
	}
	if !s.begun() {
		return Result{}, errs.E(errs.Conflict, "a check is running already; look at its progress")
	}
	return s.run(ctx, who, true)
}

// StartCheck starts a check of the whole log in the background and returns
// its progress; while one is running, that one's.
func (s *Service) StartCheck(ctx context.Context) (Progress, error) {
	who, err := actor.Require(ctx, actor.Audit)
	if err != nil {
		return Progress{}, err
	}
	if s.begun() {
		// Not WithoutCancel(ctx): the request's context also carries its
		// idempotency key, which the answer is noted under, not this work.
		background := actor.With(context.Background(), who)
		go func() {
			if _, err := s.run(background, who, true); err != nil {
				s.opt.Log.Error("checking the evidence log", "error", err)
			}
		}()
	}
	return s.CheckProgress(ctx)
}

// CheckProgress says how far the running check is, and how the last one ended.
func (s *Service) CheckProgress(ctx context.Context) (Progress, error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return Progress{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.check, nil
}

// begun marks a check as running; false when one is.
func (s *Service) begun() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.check.Running {
		return false
	}
	s.check = Progress{Running: true, Phase: "entries", Started: time.Now().UTC(), Result: s.check.Result}
	return true
}

func (s *Service) progress(f func(*Progress)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.check)
}

// run carries out a check that begun has marked, and keeps its result.
func (s *Service) run(ctx context.Context, who actor.Actor, whole bool) (r Result, err error) {
	defer func() {
		s.progress(func(p *Progress) {
			p.Running = false
			if err != nil {
				p.Error = errs.As(err).Text
			} else {
				p.Result, p.Error = &r, ""
			}
		})
	}()
	if r, err = s.carryOut(ctx, whole); err != nil {
		return r, errs.Wrap("audit.check", err)
	}
	return r, errs.Wrap("audit.check", s.keep(ctx, who, r))
}

func (s *Service) carryOut(ctx context.Context, whole bool) (Result, error) {
	started := time.Now()
	r := Result{Whole: whole}
	log, err := s.d.OpenEvidenceLog(ctx)
	if err != nil {
		return r, err
	}
	opt := evidence.Options{Key: s.key.Public(), Progress: func(n int64) {
		s.progress(func(p *Progress) { p.Done, p.Total = n, log.Size() })
	}}
	if !whole {
		if opt.Known, err = s.knownGood(ctx, log.Size()); err != nil {
			return r, err
		}
		if opt.Epochs, err = s.epochKeys(ctx); err != nil {
			return r, err
		}
		if len(opt.Known) > 0 {
			r.From = opt.Known[0].Size / evidence.TileWidth * evidence.TileWidth
		}
	}
	var columns *evidence.Bad
	log.OnRow = func(row db.EvidenceRow) {
		if columns == nil {
			columns = columnsDiffer(row)
		}
	}
	r.Report, err = evidence.Check(log, r.From, opt)
	log.Close()
	if err != nil {
		return r, err
	}
	if r.Bad == nil || columns != nil && columns.Index < r.Bad.Index {
		r.fail(columns)
	}
	if r.Bad == nil {
		bad, err := s.beyondHead(ctx)
		if err != nil {
			return r, err
		}
		r.fail(bad)
	}
	if whole && r.Bad == nil {
		s.progress(func(p *Progress) { p.Phase, p.Done, p.Total = "records", 0, 0 })
		if err := s.compareRecords(ctx, &r); err != nil {
			return r, err
		}
	}
	r.At, r.Took = started.UTC(), time.Since(started)
	return r, nil
}

func (r *Result) fail(b *evidence.Bad) {
	if b != nil {
		r.Bad, r.OK = b, false
	}
}

// knownGood is the root that the last good check ended with.
func (s *Service) knownGood(ctx context.Context, size int64) ([]evidence.Known, error) {
	var last checkRow
	err := s.d.Read(ctx, func(q db.Querier) (err error) { last, err = lastCheck(q, nil); return err })
	if err == db.ErrNoRows || err == nil && !last.ok {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(last.root)
	if err != nil || last.size > size {
		return nil, nil // then everything is checked, which finds out
	}
	return []evidence.Known{{Size: last.size, Root: root, Name: "The check of " + last.at.UTC().Format(time.RFC3339)}}, nil
}

// epochKeys are the keys of the log's epochs, oldest first.
func (s *Service) epochKeys(ctx context.Context) (out []evidence.EpochKey, err error) {
	var list []Epoch
	err = s.d.Read(ctx, func(q db.Querier) (err error) { list, err = epochs(q); return err })
	for _, e := range slices.Backward(list) {
		key, err := evidence.ParsePublic(e.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, evidence.EpochKey{Epoch: e.Epoch, Key: key})
	}
	return out, err
}

// keep stores the result; checks that people asked for and those that failed
// are entries of the log, the others are routine.
func (s *Service) keep(ctx context.Context, who actor.Actor, r Result) error {
	return s.d.Write(ctx, who, "the evidence log was checked", func(tx *db.Tx) error {
		if who.Kind == actor.System && r.OK {
			tx.Unrecorded("a routine check that went well")
		} else {
			data := map[string]any{"size": r.Size, "root": r.Root, "ok": r.OK, "whole": r.Whole}
			if r.Bad != nil {
				data["fault"], data["index"] = r.Bad.Fault, r.Bad.Index
			}
			tx.Record(evidence.Entry{Action: "evidence.check", Record: ref.S(ref.System, "evidence"), Data: data})
		}
		return insertCheck(tx, r)
	})
}

// Checker is the job that checks what is new, and once a day everything.
func (s *Service) Checker() job.Source {
	holder := rand.Text()
	return job.Source{Name: "evidence.check",
		Next: func(q db.Querier) (time.Time, error) {
			next, _, err := s.nextCheck(q)
			return next, err
		},
		Run: func(ctx context.Context, d *db.DB) (int, error) {
			var whole, mine bool
			err := d.Write(ctx, actor.Job("evidence"), "a check of the evidence log was due", func(tx *db.Tx) error {
				tx.Unrecorded("a lease")
				next, w, err := s.nextCheck(tx)
				mine, whole = false, w
				// One that lies further off than a period was reckoned before the clock was put back.
				if err != nil || next.IsZero() || next.After(tx.Now) && !next.After(tx.Now.Add(s.opt.WholeEvery+time.Second)) {
					return err
				}
				mine, err = claim(tx, "evidence.check", holder, db.Micros(tx.Now.Add(time.Hour)))
				return err
			})
			if err != nil || !mine || !s.begun() {
				return 0, err
			}
			r, err := s.run(ctx, actor.Job("evidence"), whole)
			err2 := d.Write(context.WithoutCancel(ctx), actor.Job("evidence"), "a check of the evidence log ended", func(tx *db.Tx) error {
				tx.Unrecorded("a lease")
				return release(tx, "evidence.check", holder)
			})
			if err == nil && r.Bad != nil {
				s.opt.Log.Error("the evidence log does not verify", "fault", r.Bad.Fault, "index", r.Bad.Index, "verdict", r.Bad.Words)
			}
			if err != nil {
				return 0, err
			}
			return 1, err2
		},
	}
}

// nextCheck is when the next check is due, and whether of everything.
func (s *Service) nextCheck(q db.Querier) (at time.Time, whole bool, err error) {
	size, err := headSize(q)
	if err != nil || size == 0 {
		return at, false, err
	}
	all := true
	last, err := lastCheck(q, &all)
	if err != nil && err != db.ErrNoRows {
		return at, false, err
	}
	at, whole = last.at.Add(s.opt.WholeEvery), true
	if err == db.ErrNoRows {
		return time.Unix(1, 0), true, nil
	}
	last, err = lastCheck(q, nil)
	if err != nil {
		return at, whole, err
	}
	if soon := last.at.Add(s.opt.CheckEvery); size != last.size && soon.Before(at) {
		at, whole = soon, false
	}
	return at, whole, nil
}
