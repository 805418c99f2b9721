package risk

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// State says what became of a version of the weights.
type State string

// The states.
const (
	Proposed State = "proposed" // fitted, and nobody decided yet
	Used     State = "used"     // in force, now or once
	Declined State = "declined"
)

// Version is one version of the weights with its report.
type Version struct {
	Weights
	Report    Report
	Parent    int64 // the weights that it was compared with
	State     State
	InUse     bool
	Version   int64
	MadeBy    int64 // person; 0: a job, or the program
	DecidedBy int64
	Reason    string // of the last decision
	Created   time.Time
	Decided   time.Time

	salt []byte
}

// Shipped is the version that comes with the program, RISK-0.
func Shipped() Version { return Version{Weights: Default(), State: Used, Version: 1} }

// Service keeps the versions of the weights. Make it with New.
type Service struct {
	// Bump invalidates decisions that stand on other weights; called in the
	// transaction that changes which are in force. nil: nothing does.
	Bump func(tx *db.Tx) error
	// Levels returns the thresholds in force; nil: Medium and High.
	Levels func(q db.Querier) (medium, high int, err error)

	db *db.DB
	mu sync.Mutex
	of map[int64]Weights // by version; they never change

	quality Quality // as last measured; under mu
}

// New returns the service on a database.
func New(d *db.DB) *Service { return &Service{db: d, of: map[int64]Weights{}} }

// Current returns the weights in force in this snapshot or transaction, and
// their number; 0: those that come with the program.
func (s *Service) Current(q db.Querier) (Weights, int64, error) {
	type once struct{}
	w, err := db.Remember(q, once{}, func() (Weights, error) { return s.current(q) })
	return w, w.ID, err
}

func (s *Service) current(q db.Querier) (Weights, error) {
	id, err := inUse(q)
	if err != nil || id == 0 {
		return Default(), err
	}
	s.mu.Lock()
	w, ok := s.of[id]
	s.mu.Unlock()
	if ok {
		return w, nil
	}
	v, ok, err := read(q, id, "")
	switch {
	case err != nil:
		return Weights{}, err
	case !ok:
		return Weights{}, missing(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[id] = v.Weights // never changes again, so that one of a transaction that fails harms nothing: its number is not given twice
	return v.Weights, nil
}

// Versions returns versions, the newest first, from before a number on; 0: from
// the newest. more says that there are older ones; the one that comes with the
// program is the last.
func (s *Service) Versions(ctx context.Context, before int64, limit int) (list []Version, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("risk.versions", err)
	}
	limit = min(max(limit, 1), 100)
	err = s.db.Read(ctx, func(q db.Querier) error {
		if list, err = older(q, before, limit+1); err != nil {
			return err
		}
		if more = len(list) > limit; more {
			list = list[:limit]
			return nil
		}
		now, err := inUse(q)
		v := Shipped()
		v.InUse = now == 0
		list = append(list, v)
		return err
	})
	return list, more, errs.Wrap("risk.versions", err)
}

// Get returns a version with its report; NotFound if there is none.
func (s *Service) Get(ctx context.Context, id int64) (v Version, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Version{}, errs.Wrap("risk.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error { v, err = find(q, id, ""); return err })
	return v, errs.Wrap("risk.get", err)
}

// find returns a version, the one of the program too.
func find(q db.Querier, id int64, lock string) (Version, error) {
	if id == 0 {
		now, err := inUse(q)
		v := Shipped()
		v.InUse = now == 0
		return v, err
	}
	v, ok, err := read(q, id, lock)
	if err == nil && !ok {
		err = missing(id)
	}
	return v, err
}

func missing(id int64) error {
	key := ref.N(ref.RiskModel, id).String()
	return errs.E(errs.NotFound, "there is no version %s of the weights", key).On(key)
}

// maxReason bounds the text of a decision, in runes.
const maxReason = 500

func clean(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch n := len([]rune(reason)); {
	case n == 0:
		return "", errs.BadField("reason", "", "say why, in a sentence: the decision is evidence")
	case n > maxReason:
		return "", errs.BadField("reason", errs.Short(reason), "shorten it to 500 characters")
	}
	return reason, nil
}

// Accept puts proposed weights in force. Conflict if they are not a proposal
// any more; what they were compared with may have changed since: then it says
// so, and the fit is to be made again.
func (s *Service) Accept(ctx context.Context, id int64, reason string) (Version, error) {
	return s.decide(ctx, "risk.accept", id, reason, func(v Version, now int64) error {
		switch {
		case v.InUse:
			return nil
		case id == 0 || v.State != Proposed:
			return errs.E(errs.Conflict, "it is no proposal; to go back to it, use it").On(v.Ref().String())
		case v.Parent != now:
			return errs.E(errs.Conflict, "it was compared with %s, and %s is in force now; fit again", ref.N(ref.RiskModel, v.Parent), ref.N(ref.RiskModel, now)).On(v.Ref().String())
		}
		return nil
	})
}

// Use puts weights that were in force before, or those of the program (0), in
// force again.
func (s *Service) Use(ctx context.Context, id int64, reason string) (Version, error) {
	return s.decide(ctx, "risk.use", id, reason, func(v Version, _ int64) error {
		if v.State != Used {
			return errs.E(errs.Conflict, "it was never in force; accept it, if it is a proposal").On(v.Ref().String())
		}
		return nil
	})
}

// decide puts a version in force if check lets it. Doing it twice is doing it
// once.
func (s *Service) decide(ctx context.Context, verb string, id int64, reason string, check func(v Version, now int64) error) (v Version, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		reason, err = clean(reason)
	}
	if err != nil {
		return Version{}, errs.Wrap(verb, err)
	}
	err = s.db.Write(ctx, who, "weights of the risk score put in force", func(tx *db.Tx) error {
		now, err := inUse(tx)
		if err != nil {
			return err
		}
		if v, err = find(tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		if err := check(v, now); err != nil || v.InUse {
			return err
		}
		if now != 0 {
			old, err := find(tx, now, tx.ForUpdate())
			if err != nil {
				return err
			}
			before := old.digest()
			old.InUse = false
			old.Version++
			if err := save(tx, old); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "risk.replace", Record: old.Ref(), Version: old.Version, Before: before, After: old.digest(), Data: map[string]int64{"by": id}})
		}
		if id != 0 {
			before := v.digest()
			v.InUse, v.State, v.DecidedBy, v.Decided, v.Reason = true, Used, who.Person, tx.Now, reason
			v.Version++
			if err := save(tx, v); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: verb, Record: v.Ref(), Version: v.Version, Before: before, After: v.digest(), Data: map[string]int64{"instead_of": now}})
		} else {
			v.InUse = true
			tx.Record(evidence.Entry{Action: verb, Record: ref.S(ref.System, "risk"), Data: map[string]any{"instead_of": now, "why": evidence.Digest(evidence.NewSalt(), reason)}})
		}
		if s.Bump != nil {
			return s.Bump(tx)
		}
		return nil
	})
	return v, errs.Wrap(verb, err)
}

// Decline puts a proposal aside; it stays to be looked at.
func (s *Service) Decline(ctx context.Context, id int64, reason string) (v Version, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		reason, err = clean(reason)
	}
	if err != nil {
		return Version{}, errs.Wrap("risk.decline", err)
	}
	err = s.db.Write(ctx, who, "weights of the risk score declined", func(tx *db.Tx) error {
		if v, err = find(tx, id, tx.ForUpdate()); err != nil || v.State == Declined {
			return err
		}
		if v.State != Proposed {
			return errs.E(errs.Conflict, "it is no proposal").On(v.Ref().String())
		}
		before := v.digest()
		v.State, v.DecidedBy, v.Decided, v.Reason = Declined, who.Person, tx.Now, reason
		v.Version++
		tx.Record(evidence.Entry{Action: "risk.decline", Record: v.Ref(), Version: v.Version, Before: before, After: v.digest()})
		return save(tx, v)
	})
	return v, errs.Wrap("risk.decline", err)
}
