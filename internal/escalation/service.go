package escalation

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Rota answers who is on call. Satisfied by oncall.
type Rota interface {
	OnCall(q db.Querier, schedule string, t time.Time) (people []int64, until time.Time, err error)
	NextOnCall(q db.Querier, schedule string, t time.Time) (people []int64, at time.Time, err error)
	Exists(q db.Querier, schedule string) (bool, error)
}

// Directory answers who people, teams, services and channels are.
type Directory interface {
	// PersonOf finds a person who may sign in by handle or key.
	PersonOf(q db.Querier, handle string) (id int64, ok bool, err error)
	// Handles and Names are of people by id; unknown ids are absent.
	Handles(q db.Querier, ids []int64) (map[int64]string, error)
	Names(q db.Querier, ids []int64) (map[int64]string, error)
	// Active leaves out who may not sign in, and keeps the order.
	Active(q db.Querier, ids []int64) ([]int64, error)
	// TeamPeople are the active members of a team with one of the roles.
	TeamPeople(q db.Querier, team string, roles []string) ([]int64, error)
	// Admins are the active people with the role admin: the last who can be told.
	Admins(q db.Querier) ([]int64, error)
	TeamExists(q db.Querier, name string) (bool, error)
	// ServiceName is the own name of the service that a name or alias means; "" for none.
	ServiceName(q db.Querier, name string) (string, error)
	KnowsChannel(q db.Querier, name string) (bool, error)
	// OpenAt reports whether a team's business hours include a moment.
	OpenAt(q db.Querier, team string, t time.Time) (bool, error)
}

// Line is one entry of an incident's timeline. {subject} in Text stands for
// the person Subject, so that no names are stored.
type Line struct {
	Kind            LineKind
	Person, Subject int64
	Text, Detail    string
}

// LineKind says what a line is about.
type LineKind string

// The kinds of lines.
const (
	LineTold  LineKind = "told"  // messages were sent
	LineClock LineKind = "clock" // something did not happen in time
	LineRole  LineKind = "role"  // people were asked, took over
	LineState LineKind = "state" // snoozed, escalated by hand
)

// Incidents is what this package asks of incidents. Whoever changes a ladder
// has the incident from Claim or Lock.
type Incidents interface {
	// Claim locks those of the incidents that nobody else works on, without waiting.
	Claim(tx *db.Tx, ids []int64) (map[int64]Incident, error)
	// Lock and Look return one that somebody may see. Errors: NotFound.
	Lock(tx *db.Tx, who actor.Actor, id int64) (Incident, error)
	Look(q db.Querier, who actor.Actor, id int64) (Incident, error)
	// Say adds to the timelines of incidents that Claim or Lock returned.
	Say(tx *db.Tx, lines map[int64][]Line) error
	// Progress is when a person last did anything in each of the incidents.
	Progress(q db.Querier, ids []int64) (map[int64]time.Time, error)
	// Admit makes a person a participant; HandOver gives them the incident.
	Admit(tx *db.Tx, id, person int64, l Line) error
	HandOver(tx *db.Tx, id, person int64, note string) error
}

// Notifier writes messages. Satisfied by notify.
type Notifier interface {
	NotifyAll(tx *db.Tx, notices []notify.Notice) error
	Cancel(tx *db.Tx, record ref.Ref, why string) error
	CancelFor(tx *db.Tx, record ref.Ref, person int64, why string) error
}

// Service is the practice. All fields are needed.
type Service struct {
	DB        *db.DB
	Rota      Rota
	Directory Directory
	Incidents Incidents
	Notify    Notifier
	Kick      func(source string) // wakes the runner after a commit

	// Paging says which priorities page people in a team; nil: any may. Set by app.
	Paging func(q db.Querier, team string) ([]string, error)

	plans sync.Map // id → *Plan; plans never change
}

// New returns the practice on a database.
func New(d *db.DB, r Rota, dir Directory, i Incidents, n Notifier) *Service {
	return &Service{DB: d, Rota: r, Directory: dir, Incidents: i, Notify: n, Kick: func(string) {}}
}

func index(n int) string { return "[" + strconv.Itoa(n) + "]" }

func (s Stored) digest() string { return evidence.Digest(nil, []any{s.Name, s.Spec, s.Version}) }

// DigestOf returns the digest of a policy as it is now, for comparing it with
// the last evidence entry. Errors: NotFound.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	p, ok, err := find(q, r.Key, "")
	if err == nil && !ok {
		err = noPolicy(r.Key)
	}
	if err != nil {
		return "", err
	}
	return p.digest(), nil
}

// get reads a policy with people by handle.
func (s *Service) get(q db.Querier, name string) (Stored, error) {
	p, ok, err := find(q, name, "")
	if err == nil && !ok {
		err = noPolicy(name)
	}
	if err != nil {
		return Stored{}, err
	}
	list := []Stored{p}
	err = s.present(q, list)
	return list[0], err
}

// present names people by their handles and says where policies are managed.
func (s *Service) present(q db.Querier, list []Stored) error {
	if err := s.handles(q, list); err != nil {
		return err
	}
	for n := range list {
		m, ok, err := ascode.ManagedBy(q, list[n].Ref())
		if err != nil {
			return err
		}
		if ok {
			list[n].Managed = m.String()
		}
	}
	return nil
}

// Get returns a policy. Errors: NotFound.
func (s *Service) Get(ctx context.Context, name string) (p Stored, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return p, errs.Wrap("escalation.get", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) { p, err = s.get(q, name); return err })
	return p, errs.Wrap("escalation.get", err)
}

// List returns policies by name, after a name, and says whether there are more.
func (s *Service) List(ctx context.Context, after string, limit int) (out []Stored, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("escalation.list", err)
	}
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if out, err = list(q, after, limit+1); err != nil {
			return err
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		return s.present(q, out)
	})
	return out, more, errs.Wrap("escalation.list", err)
}

// Create adds a policy. Errors: Invalid; Conflict when the name is taken.
func (s *Service) Create(ctx context.Context, name string, spec Spec) (p Stored, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return p, errs.Wrap("escalation.create", err)
	}
	err = s.DB.Write(ctx, who, "escalation policy added", func(tx *db.Tx) error {
		if _, there, err := find(tx, name, tx.ForUpdate()); err != nil {
			return err
		} else if there {
			return errs.E(errs.Conflict, "an escalation policy of this name exists already").On(ref.S(ref.Escalation, name).String())
		}
		if _, _, err := s.put(tx, name, spec, "", false); err != nil {
			return err
		}
		p, err = s.get(tx, name)
		return err
	})
	return p, errs.Wrap("escalation.create", err)
}

// Edit replaces a policy; ladders that climb go on as they began. Errors:
// NotFound; Invalid; Conflict when version is not the present one or the
// policy is managed in git.
func (s *Service) Edit(ctx context.Context, name string, version int64, spec Spec) (p Stored, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return p, errs.Wrap("escalation.edit", err)
	}
	err = s.DB.Write(ctx, who, "escalation policy edited", func(tx *db.Tx) error {
		old, ok, err := find(tx, name, tx.ForUpdate())
		if err == nil && !ok {
			err = noPolicy(name)
		}
		if err != nil {
			return err
		}
		if old.Version != version {
			return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", old.Version, version).On(old.Ref().String())
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		if _, _, err := s.put(tx, name, spec, "", false); err != nil {
			return err
		}
		p, err = s.get(tx, name)
		return err
	})
	return p, errs.Wrap("escalation.edit", err)
}

// Delete removes a policy; ladders that climb it go on to their end. Errors:
// NotFound; Conflict while another policy names it or it is managed in git.
func (s *Service) Delete(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("escalation.delete", err)
	}
	return errs.Wrap("escalation.delete", s.DB.Write(ctx, who, "escalation policy deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Escalation, name)); err != nil {
			return err
		}
		return s.Remove(tx, name)
	}))
}
