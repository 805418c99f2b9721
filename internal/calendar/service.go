package calendar

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Service keeps calendars by name.
type Service struct {
	db *db.DB

	// InUse returns records that use a calendar, which therefore cannot be
	// deleted; wired by app. Nil: nobody asks.
	InUse func(q db.Querier, name string) ([]ref.Ref, error)

	compiled sync.Map // name → cached
}

type cached struct {
	at stamp
	c  *Calendar
}

// New returns the service on a database.
func New(d *db.DB) *Service { return &Service{db: d} }

// Ref is the calendar's key.
func (c Stored) Ref() ref.Ref { return ref.S(ref.Calendar, c.Name) }

func (c Stored) digest() string { return evidence.Digest(nil, []any{c.Name, c.Spec, c.Version}) }

// DigestOf returns the digest of a calendar as it is now, for comparing it
// with the last evidence entry. Errors: NotFound if it is not stored.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	c, ok, err := find(q, r.Key, "")
	if err == nil && !ok {
		err = errs.E(errs.NotFound, "there is no such calendar")
	}
	if err != nil {
		return "", err
	}
	return c.digest(), nil
}

// business is the built-in default, compiled.
var business = func() *Calendar {
	c, err := Compile(BusinessSpec)
	if err != nil {
		panic(err)
	}
	return c
}()

// ByName returns the compiled calendar of a name: the default one for "", the
// built-in ones also when they are not stored; NotFound for others. It costs
// one small query. It checks no permission.
func (s *Service) ByName(q db.Querier, name string) (*Calendar, error) {
	switch name {
	case Forever:
		return Always, nil
	case "":
		name = Business
	}
	return db.Remember(q, calendarKey(name), func() (*Calendar, error) { return s.byName(q, name) })
}

type calendarKey string

func (s *Service) byName(q db.Querier, name string) (*Calendar, error) {
	at, ok, err := stampOf(q, name)
	if err != nil {
		return nil, err
	}
	if !ok && name == Business {
		return business, nil
	}
	if hit, cachedOK := s.compiled.Load(name); ok && cachedOK && hit.(cached).at == at {
		return hit.(cached).c, nil
	}
	c, err := get(q, name)
	if err != nil {
		return nil, err
	}
	compiled, err := Compile(c.Spec)
	if err != nil {
		return nil, fmt.Errorf("stored calendar %s: %w", name, err)
	}
	s.compiled.Store(name, cached{at, compiled})
	return compiled, nil
}

// Known reports whether there is a calendar of this name.
func (s *Service) Known(q db.Querier, name string) (bool, error) {
	_, err := get(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func get(q db.Querier, name string) (Stored, error) {
	if name == "" {
		name = Business
	}
	if name == Forever {
		return Stored{Name: Forever, Spec: AlwaysSpec}, nil
	}
	c, ok, err := find(q, name, "")
	switch {
	case err != nil:
		return Stored{}, err
	case ok:
		return c, nil
	case name == Business:
		return Stored{Name: Business, Spec: BusinessSpec}, nil
	}
	return Stored{}, errs.E(errs.NotFound, "there is no such calendar").On(ref.S(ref.Calendar, errs.Short(name)).String())
}

// Get returns a calendar.
func (s *Service) Get(ctx context.Context, name string) (c Stored, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Stored{}, errs.Wrap("calendar.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		if c, err = get(q, name); err == nil {
			err = managed(q, &c)
		}
		return err
	})
	return c, errs.Wrap("calendar.get", err)
}

func managed(q db.Querier, c *Stored) error {
	m, ok, err := ascode.ManagedBy(q, c.Ref())
	if ok {
		c.Managed = m.String()
	}
	return err
}

// List returns calendars by name, after a name, with the built-in ones at
// their place, and says whether there are more.
func (s *Service) List(ctx context.Context, after string, limit int) (out []Stored, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("calendar.list", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = list(q, after, limit+1); err != nil {
			return err
		}
		for _, b := range []Stored{{Name: Forever, Spec: AlwaysSpec}, {Name: Business, Spec: BusinessSpec}} {
			i, there := slices.BinarySearchFunc(out, b.Name, func(c Stored, name string) int { return strings.Compare(c.Name, name) })
			if b.Name > after && !there && (i < len(out) || len(out) <= limit) {
				out = slices.Insert(out, i, b)
			}
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		for i := range out {
			if err := managed(q, &out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, more, errs.Wrap("calendar.list", err)
}

func checkName(name string) error {
	if !ref.IsName(name) {
		return errs.BadField("name", name, ref.NameForm)
	}
	if name == Forever {
		return errs.BadField("name", name, "this one is built in and stays as it is; use another name")
	}
	return nil
}

// Create adds a calendar; Conflict if there is one of this name.
func (s *Service) Create(ctx context.Context, name string, spec Spec) (c Stored, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return Stored{}, errs.Wrap("calendar.create", err)
	}
	err = s.db.Write(ctx, who, "calendar added", func(tx *db.Tx) error {
		_, there, err := find(tx, name, tx.ForUpdate())
		if err == nil && there {
			err = errs.E(errs.Conflict, "a calendar of this name exists already").On(ref.S(ref.Calendar, name).String())
		}
		if err == nil {
			c, _, err = s.put(tx, name, spec, "")
		}
		return err
	})
	return c, errs.Wrap("calendar.create", err)
}

// Edit replaces a calendar; the built-in "business" has version 0 until its
// first edit. Conflict when version is not the present one or the calendar is
// managed in git.
func (s *Service) Edit(ctx context.Context, name string, version int64, spec Spec) (c Stored, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return Stored{}, errs.Wrap("calendar.edit", err)
	}
	err = s.db.Write(ctx, who, "calendar edited", func(tx *db.Tx) error {
		old, err := get(tx, name)
		if err != nil {
			return err
		}
		if old.Version != version {
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(old.Ref().String())
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		c, _, err = s.put(tx, name, spec, "")
		return err
	})
	return c, errs.Wrap("calendar.edit", err)
}

// Delete removes a calendar; "business" goes back to how it is built in.
// Conflict while something uses it or it is managed in git.
func (s *Service) Delete(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("calendar.delete", err)
	}
	err = s.db.Write(ctx, who, "calendar deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Calendar, name)); err != nil {
			return err
		}
		return s.Remove(tx, name)
	})
	return errs.Wrap("calendar.delete", err)
}

// put creates a calendar or makes it equal to spec, with evidence if that
// changes anything.
func (s *Service) put(tx *db.Tx, name string, spec Spec, commit string) (c Stored, changed bool, err error) {
	if err := checkName(name); err != nil {
		return Stored{}, false, err
	}
	if _, err := Compile(spec); err != nil {
		return Stored{}, false, err
	}
	old, there, err := find(tx, name, tx.ForUpdate())
	if err != nil {
		return Stored{}, false, err
	}
	c = Stored{Name: name, Spec: spec, Version: old.Version + 1, Created: old.Created, Updated: tx.Now}
	e := evidence.Entry{Action: "calendar.edit", Record: c.Ref(), Version: c.Version}
	if commit != "" {
		e.Data = map[string]string{"commit": commit}
	}
	if there {
		if evidence.Digest(nil, old.Spec) == evidence.Digest(nil, spec) {
			return old, false, nil
		}
		e.Before = old.digest()
		err = update(tx, c)
	} else {
		e.Action, c.Created = "calendar.create", tx.Now
		err = insert(tx, c)
	}
	if err != nil {
		return Stored{}, false, err
	}
	e.After = c.digest()
	tx.Record(e)
	return c, true, nil
}
