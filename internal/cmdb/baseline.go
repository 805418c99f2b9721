package cmdb

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// A baseline costs nothing to take: it is a name for a time, and the map's
// history keeps what was at that time. Its digest, which the evidence log
// signs, is over every item and relation of its part as history tells them, so
// whoever alters history later is found out by Verify. Drift is what history
// says has changed since, less what people accepted: an accepted item or
// relation counts as it was when it was accepted.

// BaselineSpec is what a person sets about a baseline (document kind Baseline).
type BaselineSpec struct {
	Title   string   `json:"title,omitempty"`
	Service string   `json:"service,omitempty"` // this service and everything it needs; empty: the whole map
	Every   Duration `json:"every,omitzero"`    // how often to look for drift; 0 = DefaultLook
	Alert   bool     `json:"alert,omitempty"`   // raise an alert when there is drift
}

// DefaultLook is BaselineSpec.Every where it is 0.
const DefaultLook = Duration(time.Hour)

// Baseline is a named point in the history of the map.
type Baseline struct {
	Name      string
	Spec      BaselineSpec
	At        time.Time
	Base      string // digest of the part at the time; empty until it is taken, a moment later
	Digest    string // of that and what was accepted since; the evidence log holds it
	Items     int64
	Relations int64
	Drift     int64     // differences at the last look that nobody accepted or explained; at most MaxDrift
	Looked    time.Time // the last look; zero before the first
	Next      time.Time
	Version   int64
	Created   time.Time
	Updated   time.Time
	Managed   string // "commit 1a2b3c" when managed in git; filled by Service
}

// MaxDrift bounds the counting of differences: so many "or more".
const MaxDrift = 10_000

// Ref is the baseline's key.
func (b Baseline) Ref() ref.Ref { return ref.S(ref.Baseline, b.Name) }

func (b Baseline) digest() string {
	return evidence.Digest(nil, []any{b.Name, b.Spec, db.Micros(b.At), b.Digest, b.Items, b.Relations, b.Version})
}

func (b Baseline) every() time.Duration {
	if b.Spec.Every == 0 {
		return time.Duration(DefaultLook)
	}
	return time.Duration(b.Spec.Every)
}

// facts are what the log says openly: what is signed.
func (b Baseline) facts(commit string) any {
	return struct {
		At        time.Time `json:"at"`
		Digest    string    `json:"digest,omitempty"`
		Items     int64     `json:"items"`
		Relations int64     `json:"relations"`
		Commit    string    `json:"commit,omitempty"`
	}{b.At, b.Digest, b.Items, b.Relations, commit}
}

func (s BaselineSpec) check(q db.Querier) error {
	var bad errs.Fields
	if len(s.Title) > 100 {
		bad.Add("title", s.Title, "use at most 100 characters")
	}
	if s.Every != 0 && (s.Every < Duration(time.Minute) || s.Every > Duration(366*Day)) {
		bad.Add("every", s.Every.String(), "use a time between PT1M and P366D")
	}
	if s.Service != "" {
		if _, err := theService(q, s.Service); errs.Is(err, errs.Invalid) {
			bad = append(bad, errs.As(err).Fields...)
		} else if err != nil {
			return err
		}
	}
	return bad.Err()
}

// Baselines returns baselines by name, after a name, and says whether there are
// more.
func (s *Service) Baselines(ctx context.Context, after string, limit int) (out []Baseline, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.baselines", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = listBaselines(q, after, limit+1); err != nil {
			return err
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		for i := range out {
			if err := managedBy(q, out[i].Ref(), &out[i].Managed); err != nil {
				return err
			}
		}
		return nil
	})
	return out, more, errs.Wrap("cmdb.baselines", err)
}

// Baseline returns a baseline. Errors: NotFound.
func (s *Service) Baseline(ctx context.Context, name string) (b Baseline, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Baseline{}, errs.Wrap("cmdb.baseline", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if b, err = getBaseline(q, name, ""); err != nil {
			return err
		}
		return managedBy(q, b.Ref(), &b.Managed)
	})
	return b, errs.Wrap("cmdb.baseline", err)
}

// PutBaseline takes a baseline of now, or edits one; taking it anew is
// MoveBaseline. version is the one that was read, 0 for a new one. A change of
// the part takes it anew as well.
func (s *Service) PutBaseline(ctx context.Context, name string, version int64, spec BaselineSpec) (b Baseline, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Baseline{}, errs.Wrap("cmdb.baseline.put", err)
	}
	err = s.db.Write(ctx, who, "baseline edited", func(tx *db.Tx) error {
		old, _, err := findBaseline(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Version != version {
			return outdated(ref.S(ref.Baseline, name), old.Version, version)
		}
		if err := ascode.Guard(tx, ref.S(ref.Baseline, name)); err != nil {
			return err
		}
		b, err = s.putBaseline(tx, name, spec, "")
		return err
	})
	if err == nil {
		b, err = s.sealNow(ctx, b)
	}
	return b, errs.Wrap("cmdb.baseline.put", err)
}

// putBaseline creates a baseline or makes it equal to spec, with evidence if
// that changes anything.
func (s *Service) putBaseline(tx *db.Tx, name string, spec BaselineSpec, commit string) (Baseline, error) {
	if !ref.IsName(name) {
		return Baseline{}, errs.BadField("name", name, ref.NameForm)
	}
	spec.Service = strings.ToLower(strings.TrimSpace(spec.Service))
	if err := spec.check(tx); err != nil {
		return Baseline{}, err
	}
	old, there, err := findBaseline(tx, name, tx.ForUpdate())
	if err != nil {
		return Baseline{}, err
	}
	b := old
	b.Name, b.Spec, b.Version, b.Updated = name, spec, old.Version+1, tx.Now
	e := evidence.Entry{Action: "baseline.edit", Record: b.Ref(), Version: b.Version}
	switch {
	case !there:
		e.Action, b.Created = "baseline.create", tx.Now
		b.take(tx.Now)
		err = insertBaseline(tx, b)
	case old.Spec == spec:
		return old, nil
	default:
		e.Before = old.digest()
		if spec.Service != old.Spec.Service {
			b.take(tx.Now)
			if err := clearDecisions(tx, name); err != nil {
				return Baseline{}, err
			}
		}
		b.Next = tx.Now
		if err := s.tellDrift(tx, old, b); err != nil {
			return Baseline{}, err
		}
		err = updateBaseline(tx, b)
	}
	if err != nil {
		return Baseline{}, err
	}
	e.After, e.Data = b.digest(), b.facts(commit)
	tx.Record(e)
	s.kick(tx, BaselineDue)
	return b, nil
}

// take makes it a baseline of a time; its digest follows.
func (b *Baseline) take(at time.Time) {
	b.At, b.Base, b.Digest, b.Items, b.Relations, b.Drift, b.Looked, b.Next = at, "", "", 0, 0, 0, time.Time{}, at
}

// tellDrift says how much drift there is when that, or whether anybody wants to
// know, is not what it was.
func (s *Service) tellDrift(tx *db.Tx, old, b Baseline) error {
	was, is := old.Drift, b.Drift
	if !old.Spec.Alert {
		was = 0
	}
	if !b.Spec.Alert {
		is = 0
	}
	if was == is || s.Drifted == nil {
		return nil
	}
	return s.Drifted(tx, b, is)
}

// MoveBaseline takes a baseline anew, of now: all drift is accepted at once.
func (s *Service) MoveBaseline(ctx context.Context, name string, version int64) (b Baseline, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Baseline{}, errs.Wrap("cmdb.baseline.move", err)
	}
	err = s.db.Write(ctx, who, "baseline taken anew", func(tx *db.Tx) error {
		old, err := getBaseline(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Version != version {
			return outdated(old.Ref(), old.Version, version)
		}
		b = old
		b.take(tx.Now)
		b.Version, b.Updated = old.Version+1, tx.Now
		if err := clearDecisions(tx, name); err != nil {
			return err
		}
		if err := s.tellDrift(tx, old, b); err != nil {
			return err
		}
		if err := updateBaseline(tx, b); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "baseline.move", Record: b.Ref(), Version: b.Version, Before: old.digest(), After: b.digest(), Data: b.facts("")})
		s.kick(tx, BaselineDue)
		return nil
	})
	if err == nil {
		b, err = s.sealNow(ctx, b)
	}
	return b, errs.Wrap("cmdb.baseline.move", err)
}

// DeleteBaseline removes a baseline; history stays. Errors: NotFound; Conflict
// when it is managed in git.
func (s *Service) DeleteBaseline(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("cmdb.baseline.delete", err)
	}
	err = s.db.Write(ctx, who, "baseline removed", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Baseline, name)); err != nil {
			return err
		}
		return s.dropBaseline(tx, name)
	})
	return errs.Wrap("cmdb.baseline.delete", err)
}

func (s *Service) dropBaseline(tx *db.Tx, name string) error {
	b, err := getBaseline(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	gone := b
	gone.Drift = 0
	if err := s.tellDrift(tx, b, gone); err != nil {
		return err
	}
	if err := clearDecisions(tx, name); err != nil {
		return err
	}
	if err := removeBaseline(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "baseline.delete", Record: b.Ref(), Version: b.Version, Before: b.digest(), Data: b.facts("")})
	return nil
}
