package risk

import (
	"context"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
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
