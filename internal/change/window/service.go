package window

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Services answers what a name means; *catalog.Catalog does.
type Services interface {
	Lookup(q db.Querier, nameOrAlias string) (catalog.Known, bool, error)
}

// Teams answers which teams there are.
type Teams interface {
	TeamExists(q db.Querier, name string) (bool, error)
}

// Calendars gives business calendars; *calendar.Service does.
type Calendars interface {
	// ByName returns the same pointer as long as the calendar is not edited.
	ByName(q db.Querier, name string) (*calendar.Calendar, error)
}

// Service keeps windows and shows the change calendar. Make it with New; set
// the exported fields that app has an answer for before use.
type Service struct {
	// Changed is called in the transaction of every edit, to make decisions
	// that stood on the windows before invalid; nil: nobody asks.
	Changed func(tx *db.Tx) error

	World // what the calendar asks of other practices

	db        *db.DB
	services  Services
	teams     Teams
	calendars Calendars
	cache     cache
}

// New returns the service on a database. Without teams or calendars, windows
// cannot name any.
func New(d *db.DB, services Services, teams Teams, calendars Calendars) *Service {
	return &Service{db: d, services: services, teams: teams, calendars: calendars}
}

func (w Stored) digest() string { return evidence.Digest(nil, []any{w.Name, w.Spec, w.Version}) }

// DigestOf returns the digest of a window as it is now, for comparing it with
// the last evidence entry; "" if there is none.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	w, ok, err := find(q, r.Key, "")
	if err != nil || !ok {
		return "", err
	}
	return w.digest(), nil
}

func noWindow(name string) error {
	return errs.E(errs.NotFound, "there is no such window").On(ref.S(ref.Window, errs.Short(name)).String())
}

// Get returns a window; NotFound if there is none.
func (s *Service) Get(ctx context.Context, name string) (w Stored, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Stored{}, errs.Wrap("window.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		var ok bool
		if w, ok, err = find(q, name, ""); err == nil && !ok {
			err = noWindow(name)
		}
		if err == nil {
			err = managed(q, &w)
		}
		return err
	})
	return w, errs.Wrap("window.get", err)
}

func managed(q db.Querier, w *Stored) error {
	m, ok, err := ascode.ManagedBy(q, w.Ref())
	if ok {
		w.Managed = m.String()
	}
	return err
}

// List returns windows of a kind, or of all, by name, after a name, and says
// whether there are more.
func (s *Service) List(ctx context.Context, kind Kind, after string, limit int) (out []Stored, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("window.list", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = list(q, kind, after, limit+1); err != nil {
			return err
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
	return out, more, errs.Wrap("window.list", err)
}

// Create adds a window; Conflict if there is one of this name.
func (s *Service) Create(ctx context.Context, name string, spec Spec) (w Stored, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Stored{}, errs.Wrap("window.create", err)
	}
	err = s.db.Write(ctx, who, "window added", func(tx *db.Tx) error {
		old, there, err := find(tx, name, tx.ForUpdate())
		if err == nil && there {
			err = errs.E(errs.Conflict, "a window of this name exists already").On(old.Ref().String())
		}
		if err == nil {
			w, err = s.put(tx, name, Stored{}, spec, "")
		}
		return err
	})
	return w, errs.Wrap("window.create", err)
}

// Edit replaces a window. Errors: NotFound; Conflict when version is not the
// present one or the window is managed in git.
func (s *Service) Edit(ctx context.Context, name string, version int64, spec Spec) (w Stored, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Stored{}, errs.Wrap("window.edit", err)
	}
	err = s.db.Write(ctx, who, "window edited", func(tx *db.Tx) error {
		old, there, err := find(tx, name, tx.ForUpdate())
		switch {
		case err != nil:
			return err
		case !there:
			return noWindow(name)
		case old.Version != version:
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(old.Ref().String())
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		w, err = s.put(tx, name, old, spec, "")
		return err
	})
	return w, errs.Wrap("window.edit", err)
}

// Delete takes a window away. Errors: NotFound; Conflict when it is managed in
// git.
func (s *Service) Delete(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("window.delete", err)
	}
	return errs.Wrap("window.delete", s.db.Write(ctx, who, "window deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Window, name)); err != nil {
			return err
		}
		return s.Remove(tx, name)
	}))
}

// put makes a window equal to a spec, with evidence if that changes anything;
// old has version 0 when it is new.
func (s *Service) put(tx *db.Tx, name string, old Stored, spec Spec, commit string) (Stored, error) {
	if err := s.check(tx, name, &spec); err != nil {
		return Stored{}, err
	}
	w := Stored{Name: name, Spec: spec, Version: old.Version, Created: old.Created, Updated: tx.Now}
	if old.Version > 0 && w.digest() == old.digest() {
		return old, nil
	}
	w.Version++
	entry := evidence.Entry{Action: "window.edit", Record: w.Ref(), Version: w.Version}
	if commit != "" {
		entry.Data = map[string]string{"commit": commit}
	}
	if old.Version == 0 {
		w.Created, entry.Action = tx.Now, "window.create"
		if n, err := count(tx); err != nil {
			return Stored{}, err
		} else if n >= maxWindows {
			return Stored{}, errs.BadField("name", name, fmt.Sprintf("there are %d windows, which is the most there can be; delete those long past", n))
		}
	} else {
		entry.Before = old.digest()
	}
	if err := save(tx, w); err != nil {
		return Stored{}, err
	}
	entry.After = w.digest()
	tx.Record(entry)
	return w, s.changed(tx)
}

func (s *Service) changed(tx *db.Tx) error {
	if err := raise(tx); err != nil || s.Changed == nil {
		return err
	}
	return s.Changed(tx)
}

// Remove is Delete for as code.
func (s *Service) Remove(tx *db.Tx, name string) error {
	w, ok, err := find(tx, name, tx.ForUpdate())
	if err == nil && !ok {
		err = noWindow(name)
	}
	if err == nil {
		err = remove(tx, name)
	}
	if err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "window.delete", Record: w.Ref(), Version: w.Version + 1, Before: w.digest()})
	return s.changed(tx)
}
