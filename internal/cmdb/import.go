package cmdb

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// How long a process may be silent before another one takes its run over.
const (
	readLease  = 10 * time.Minute
	applyLease = time.Minute
)

// Import takes a run of a source: read hands over what it sees, one record at
// a time, and its remarks. Everything is checked before the first row changes;
// an error of read, or wrong input, leaves all as it was, and the run is
// refused with place and reason. A dry run ends there. A complete run that
// would turn too much stale stops and asks (RunAsking): see Confirm and Refuse.
// Else it is applied in parts, and when this process ends meanwhile, what is
// left is applied by the next one.
//
// Invalid: the input; Conflict: another run of the source and scope is under
// way. The run is returned with an error, too, once it has a number.
func (s *Service) Import(ctx context.Context, h RunHeader, read func(Emit) ([]Remark, error)) (Run, Diff, error) {
	who, err := actor.Require(ctx, actor.Ingest)
	if err != nil {
		if who, err = actor.Require(ctx, actor.Configure); err != nil {
			return Run{}, Diff{}, errs.Wrap("cmdb.import", err)
		}
	}
	if err := h.check(); err != nil {
		return Run{}, Diff{}, errs.Wrap("cmdb.import", err)
	}
	r, o, err := s.open(ctx, who, h)
	if err != nil {
		return Run{}, Diff{}, errs.Wrap("cmdb.import", err)
	}
	defer s.release(r.ID)
	first, err := s.stage(ctx, who, &r, o, h, read)
	if err != nil {
		s.giveUp(ctx, who, &r, err)
		return r, r.Diff, errs.Wrap("cmdb.import", failing(r, err))
	}
	if r.State == RunApplying {
		r, err = s.apply(ctx, who, r.ID, first)
	}
	return r, r.Diff, errs.Wrap("cmdb.import", err)
}

func (h *RunHeader) check() error {
	var bad errs.Fields
	if !isScheme(h.Source) || h.Source == SourceHand || h.Source == SourceCatalog || h.Source == SourceRule {
		bad.Add("source", h.Source, "use 1 to 60 of a-z, 0-9, '.', '-' and '_', like terraform; hand, catalog and rule are the product's own")
	}
	if len(h.Scope) > 200 || !utf8.ValidString(h.Scope) || strings.IndexByte(h.Scope, 0) >= 0 {
		bad.Add("scope", h.Scope, "use at most 200 bytes of UTF-8, like prod/eu-west-1")
	}
	if !(h.MaxShare >= 0 && h.MaxShare <= 1) {
		bad.Add("max_share", fmt.Sprint(h.MaxShare), "use a share from 0 (one item of five) to 1 (never ask)")
	}
	if h.Provenance > Declared|Observed|Inferred {
		bad.Add("provenance", fmt.Sprint(h.Provenance), "use declared (1), observed (2) or inferred (4)")
	}
	if h.Provenance == 0 {
		h.Provenance = Declared
	}
	return bad.Err()
}

// failing names the run that an error is about.
func failing(r Run, err error) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Record == "" {
		c := *e
		return c.On(r.Ref().String())
	}
	return err
}

// open begins a run and takes its origin, so that a second one of the same
// source and scope is refused until it ends.
func (s *Service) open(ctx context.Context, who actor.Actor, h RunHeader) (r Run, o origin, err error) {
	err = s.db.Write(ctx, who, "run begun", func(tx *db.Tx) error {
		if o, err = ensureOrigin(tx, h.Source, h.Scope, tx.ForUpdate()); err != nil {
			return err
		}
		if o.run > 0 && !h.DryRun {
			other, err := findRun(tx, o.run, "")
			if err == nil && !other.State.over() {
				return errs.E(errs.Conflict, "%s of %s %q is %s; %s", other.Ref(), h.Source, h.Scope, other.State, other.State.wait()).On(other.Ref().String()).After(time.Minute)
			}
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		r = Run{Source: h.Source, Scope: h.Scope, Complete: h.Complete, Dry: h.DryRun, Provenance: h.Provenance, State: RunReading,
			Actor: tx.Actor.String(), Person: tx.Actor.Person, Started: tx.Now}
		if r.ID, err = tx.NextID(ref.Run); err != nil {
			return err
		}
		if !h.DryRun {
			if err := setOriginRun(tx, o.id, r.ID); err != nil {
				return err
			}
		}
		s.hold(r.ID)
		tx.Record(evidence.Entry{Action: "map.run.begin", Record: r.Ref(), Data: map[string]any{"source": r.Source, "scope": r.Scope, "complete": r.Complete, "dry": r.Dry}})
		return insertRun(tx, r, tx.Now.Add(readLease))
	})
	return r, o, err
}

// over reports whether nothing more happens to a run.
func (s RunState) over() bool {
	return s == RunApplied || s == RunRefused || s == RunFailed || s == RunDry
}

// wait says what to do about a run that is in the way.
func (s RunState) wait() string {
	if s == RunAsking {
		return "confirm or refuse it first"
	}
	return "wait until it has ended"
}

// hold and release note which runs this process works on.
func (s *Service) hold(run int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working[run] = true
}

func (s *Service) release(run int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.working, run)
}

// stage reads all records, compares them with what is known, and says in the
// run what comes next: applying, asking or dry. first: nothing was known of the
// origin.
func (s *Service) stage(ctx context.Context, who actor.Actor, r *Run, o origin, h RunHeader, read func(Emit) ([]Remark, error)) (first bool, err error) {
	in := &intake{s: s, ctx: ctx, who: who, run: r, seed: maphash.MakeSeed()}
	err = s.db.Read(ctx, func(q db.Querier) error {
		in.specs, err = kindSpecs(q)
		return err
	})
	if err != nil {
		return false, err
	}
	in.known = func(kind string) (bool, error) {
		_, own := in.specs[kind]
		return own || builtIn[kind], nil
	}
	remarks, err := read(in.take)
	if err != nil {
		return false, err
	}
	r.Remarks = append(remarks, in.remarks...)
	if len(r.Remarks) > MaxRemarks {
		r.Remarks = r.Remarks[:MaxRemarks]
	}
	if err := in.end(); err != nil {
		return false, err
	}
	v := &survey{in: in, run: r, origin: o}
	if err := v.compare(ctx, s); err != nil {
		return false, err
	}
	return v.first && !in.twice, s.decide(ctx, who, r, v, h)
}

var builtIn = func() map[string]bool {
	out := map[string]bool{}
	for _, k := range Kinds {
		out[k] = true
	}
	return out
}()
