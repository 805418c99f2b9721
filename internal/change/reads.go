package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// View is one change with what its page shows besides decisions and approvals.
type View struct {
	Change
	Entries     []Entry // oldest first, the first page of them
	More        bool    // there are more
	Externals   []External
	Obligations []policy.Obligation
	Names       map[int64]string // display names of the people it mentions
	Replaces    Brief            // the change that it took back; ID 0: none
	ReplacedBy  Brief            // the one that took it back; ID 0: none
	Can         map[Verb]bool    // what the viewer may do now: state and permission
	Pending     []string         // emergencies of its services that nobody reviewed: "CHG-7"
}

// Brief is a change named by another one.
type Brief struct {
	ID    int64
	Title string
	State State
}

// Key is "CHG-77".
func (b Brief) Key() string { return Change{ID: b.ID}.Key() }

// Get returns one change. Errors: NotFound.
func (s *Service) Get(ctx context.Context, id int64) (c Change, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Change{}, errs.Wrap("change.get", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		c, err = s.look(q, id)
		return err
	})
	return c, errs.Wrap("change.get", err)
}

func (s *Service) look(q db.Querier, id int64) (Change, error) {
	c, err := get(q, id, "")
	if err == db.ErrNoRows {
		err = unknown(id)
	}
	return c, err
}

// ByID is Get for other practices, inside their transactions and snapshots; it
// checks no permission. ok is false when there is none.
func ByID(q db.Querier, id int64) (c Change, ok bool, err error) {
	c, err = get(q, id, "")
	if err == db.ErrNoRows {
		return Change{}, false, nil
	}
	return c, err == nil, err
}

// ByIDs is ByID for many; unknown ones are absent.
func ByIDs(q db.Querier, ids []int64) (map[int64]Change, error) { return getMany(q, ids) }

// Page returns a change with all that its page shows. Errors: NotFound.
func (s *Service) Page(ctx context.Context, id int64) (v View, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return View{}, errs.Wrap("change.page", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		v = View{}
		if v.Change, err = s.look(q, id); err != nil {
			return err
		}
		if v.Entries, v.More, err = s.entries(q, id, 0, MaxList); err != nil {
			return err
		}
		if v.Externals, err = externals(q, id); err != nil {
			return err
		}
		if v.Obligations, err = Obligations(q, v.Change); err != nil {
			return err
		}
		if v.Replaces, err = brief(q, v.RollbackOf); err != nil {
			return err
		}
		if v.ReplacedBy, err = brief(q, v.TakenBackBy); err != nil {
			return err
		}
		pending, err := unreviewed(q, v.Services)
		for _, p := range pending {
			v.Pending = append(v.Pending, Change{ID: p}.Key())
		}
		if err != nil {
			return err
		}
		v.Names, err = s.names(q, v.AuthorPerson, v.OutcomePerson, v.ReviewBy)
		return err
	})
	v.Can = v.Change.can(who)
	return v, errs.Wrap("change.page", err)
}

// can says what somebody may do with the change now.
func (c Change) can(who actor.Actor) map[Verb]bool {
	out := map[Verb]bool{}
	if who.May(actor.Respond) {
		for _, v := range Can(c.State) {
			out[v] = true
		}
	}
	return out
}

func brief(q db.Querier, id int64) (Brief, error) {
	if id == 0 {
		return Brief{}, nil
	}
	c, ok, err := ByID(q, id)
	if err != nil || !ok {
		return Brief{}, err
	}
	return Brief{c.ID, c.Title, c.State}, nil
}

// History returns what happened to a change after entry n, oldest first, and
// whether there is more.
func (s *Service) History(ctx context.Context, id int64, after, limit int) (out []Entry, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("change.history", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if _, err := s.look(q, id); err != nil {
			return err
		}
		out, more, err = s.entries(q, id, after, pageSize(limit))
		return err
	})
	return out, more, errs.Wrap("change.history", err)
}

func (s *Service) entries(q db.Querier, id int64, after, limit int) ([]Entry, bool, error) {
	out, err := entries(q, id, after, limit+1)
	more := len(out) > limit
	if more {
		out = out[:limit]
	}
	people := make([]int64, 0, len(out))
	for _, e := range out {
		people = append(people, e.Person)
	}
	names, err2 := s.names(q, people...)
	if err == nil {
		err = err2
	}
	for n := range out {
		out[n].Name = names[out[n].Person]
	}
	return out, more, err
}

// names are the display names of people; 0 is nobody.
func (s *Service) names(q db.Querier, ids ...int64) (map[int64]string, error) {
	var some []int64
	for _, id := range ids {
		if id > 0 {
			some = append(some, id)
		}
	}
	if s.People == nil || len(some) == 0 {
		return map[int64]string{}, nil
	}
	return s.People.Names(q, some)
}

// Running returns what runs on a service in an environment now: the change that
// was deployed last and not taken back; ok is false when nobody told.
func (s *Service) Running(ctx context.Context, service, environment string) (c Change, ok bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Change{}, false, errs.Wrap("change.running", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		list, err := s.resolve(q, []string{service})
		if err != nil {
			return err
		}
		c, ok, err = running(q, list[0], environment)
		return err
	})
	return c, ok, errs.Wrap("change.running", err)
}

// PastOf returns how the earlier changes of a service went.
func (s *Service) PastOf(ctx context.Context, service string) (p Past, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Past{}, errs.Wrap("change.past", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		all, err := pasts(q, servicePast(service))
		p = all[servicePast(service)]
		return err
	})
	return p, errs.Wrap("change.past", err)
}

// Between returns the changes of a service that began, or were planned or made,
// in [from, to), newest first, at most limit: for pages that show them beside
// something else. It checks no permission.
func Between(q db.Querier, service string, from, to time.Time, limit int) ([]Change, error) {
	ids, err := idsBetween(q, service, from, to, limit)
	if err != nil {
		return nil, err
	}
	return inOrder(q, ids)
}
