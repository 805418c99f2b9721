package oncall

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Service keeps schedules and covers.
type Service struct {
	db *db.DB

	// KnownTeam reports whether there is a team of the name; wired by app. Nil:
	// any name is one.
	KnownTeam func(q db.Querier, name string) (bool, error)
	// InUse returns records that use a schedule, which therefore cannot be
	// deleted; wired by app. Nil: nobody asks.
	InUse func(q db.Querier, name string) ([]ref.Ref, error)
	// Pages returns how many pages each person got for a schedule's sake from
	// one time to another; wired by app. Nil: not known.
	Pages func(q db.Querier, people []int64, from, to time.Time) (map[int64]int, error)
	// Told is called inside the transaction when an offer was made, accepted,
	// declined or withdrawn; wired by app to tell those concerned. Nil: nobody.
	Told func(tx *db.Tx, o Offer) error

	cache cache
}

// New returns the service on a database. It follows the change feed to learn
// of people who come and go.
func New(d *db.DB) *Service {
	s := &Service{db: d}
	d.OnChange(s.cache.changed)
	return s
}

func noSchedule(name string) error {
	return errs.E(errs.NotFound, "there is no such schedule").On(ref.S(ref.Schedule, errs.Short(name)).String())
}

func broken(name string, err error) error {
	return fmt.Errorf("stored schedule %s: %w", name, err)
}

// Get returns a schedule.
func (s *Service) Get(ctx context.Context, name string) (out Schedule, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Schedule{}, errs.Wrap("oncall.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		found, ok, err := find(q, name, "")
		if err == nil && !ok {
			err = noSchedule(name)
		}
		if err != nil {
			return err
		}
		list := []Schedule{found}
		err = shown(q, list)
		out = list[0]
		return err
	})
	return out, errs.Wrap("oncall.get", err)
}

// List returns schedules by name, after a name, of one team or ("") all, and
// says whether there are more.
func (s *Service) List(ctx context.Context, team, after string, limit int) (out []Schedule, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("oncall.list", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = listSchedules(q, team, after, limit+1); err != nil {
			return err
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		return shown(q, out)
	})
	return out, more, errs.Wrap("oncall.list", err)
}

// shown turns stored schedules into what people see: handles for keys, and
// where they are managed.
func shown(q db.Querier, list []Schedule) error {
	ids := map[int64]bool{}
	for _, s := range list {
		eachPerson(s.Spec, func(key string) string {
			if id, ok := keyOf(key); ok {
				ids[id] = true
			}
			return key
		})
	}
	people, err := auth.People(q, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Spec = eachPerson(list[i].Spec, func(key string) string {
			if id, ok := keyOf(key); ok {
				if p, ok := people[id]; ok {
					return p.Handle
				}
			}
			return key
		})
		m, ok, err := ascode.ManagedBy(q, list[i].Ref())
		if err != nil {
			return err
		}
		if ok {
			list[i].Managed = m.String()
		}
	}
	return nil
}

// eachPerson returns the spec with every person written anew.
func eachPerson(s Spec, write func(key string) string) Spec {
	s.Layers = slices.Clone(s.Layers)
	for i := range s.Layers {
		shifts := slices.Clone(s.Layers[i].Shifts)
		for j := range shifts {
			shift := slices.Clone(shifts[j])
			for k := range shift {
				shift[k] = write(shift[k])
			}
			shifts[j] = shift
		}
		s.Layers[i].Shifts = shifts
	}
	return s
}

// Create adds a schedule; Conflict if there is one of this name.
func (s *Service) Create(ctx context.Context, name string, spec Spec) (out Schedule, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return Schedule{}, errs.Wrap("oncall.create", err)
	}
	err = s.db.Write(ctx, who, "schedule added", func(tx *db.Tx) error {
		_, there, err := find(tx, name, tx.ForUpdate())
		if err == nil && there {
			err = errs.E(errs.Conflict, "a schedule of this name exists already").On(ref.S(ref.Schedule, name).String())
		}
		if err == nil {
			out, err = s.put(tx, name, spec, "")
		}
		return err
	})
	return out, errs.Wrap("oncall.create", err)
}

// Edit replaces a schedule; Conflict when version is not the present one or
// the schedule is managed in git.
func (s *Service) Edit(ctx context.Context, name string, version int64, spec Spec) (out Schedule, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Schedule{}, errs.Wrap("oncall.edit", err)
	}
	err = s.db.Write(ctx, who, "schedule edited", func(tx *db.Tx) error {
		old, ok, err := find(tx, name, tx.ForUpdate())
		switch {
		case err != nil:
			return err
		case !ok:
			return noSchedule(name)
		case old.Version != version:
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(old.Ref().String())
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		out, err = s.put(tx, name, spec, "")
		return err
	})
	return out, errs.Wrap("oncall.edit", err)
}

// Delete removes a schedule; Conflict while something uses it or it is managed
// in git.
func (s *Service) Delete(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("oncall.delete", err)
	}
	err = s.db.Write(ctx, who, "schedule deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Schedule, name)); err != nil {
			return err
		}
		return s.Remove(tx, name)
	})
	return errs.Wrap("oncall.delete", err)
}

// put creates a schedule or makes it equal to spec, with evidence if that
// changes anything.
func (s *Service) put(tx *db.Tx, name string, spec Spec, commit string) (Schedule, error) {
	if err := checkName(name); err != nil {
		return Schedule{}, err
	}
	old, there, err := find(tx, name, tx.ForUpdate())
	if err != nil {
		return Schedule{}, err
	}
	had := old.Spec
	if !there {
		had = Spec{}
	}
	_, stored, err := s.check(tx, spec, had)
	if err != nil {
		return Schedule{}, err
	}
	n := Schedule{Name: name, Spec: stored, Version: old.Version + 1, Created: old.Created, Updated: tx.Now}
	e := evidence.Entry{Action: "schedule.edit", Record: n.Ref(), Version: n.Version}
	if commit != "" {
		e.Data = map[string]string{"commit": commit}
	}
	if there {
		if evidence.Digest(nil, old.Spec) == evidence.Digest(nil, stored) {
			list := []Schedule{old}
			err := shown(tx, list)
			return list[0], err
		}
		e.Before = old.digest()
	} else {
		e.Action, n.Created = "schedule.create", tx.Now
	}
	if err := putSchedule(tx, n); err != nil {
		return Schedule{}, err
	}
	e.After = n.digest()
	tx.Record(e)
	list := []Schedule{n}
	err = shown(tx, list)
	return list[0], err
}
