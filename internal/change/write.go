package change

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// step is one change being changed inside a transaction: the row as it was and
// as it shall be, the entries and the events. Verbs fill it, commit writes it
// once.
type step struct {
	s   *Service
	tx  *db.Tx
	who actor.Actor
	was Change
	Change
	fresh   bool // not in the database yet
	touched bool // something besides entries and events changed
	list    []Entry
	events  []toTell
	data    map[string]any // small facts for evidence
	known   *Practice      // the settings, where the stamps vouch for them; nil: read them
}

// toTell is an event to come: what it says of the change is filled in when all
// that is done to it is done.
type toTell struct {
	kind  EventKind
	entry Entry
}

// practice is the settings as they are in this transaction.
func (c *step) practice() (Practice, error) {
	if c.known != nil {
		return *c.known, nil
	}
	return c.s.settings(c.tx)
}

// write runs one verb on one change: lock, fn, commit. It returns the change
// as it is afterwards. Errors: NotFound when there is no such change.
func (s *Service) write(ctx context.Context, who actor.Actor, action string, id int64, fn func(c *step) error) (out Change, err error) {
	err = s.DB.Write(ctx, who, action, func(tx *db.Tx) error {
		c, err := s.begin(tx, id)
		if err != nil {
			return err
		}
		if err := fn(c); err != nil {
			return err
		}
		if err := c.commit(action); err != nil {
			return err
		}
		out = c.Change
		return nil
	})
	return out, errs.Wrap(action, err)
}

// begin locks a change. Errors: NotFound.
func (s *Service) begin(tx *db.Tx, id int64) (*step, error) {
	c, err := get(tx, id, tx.ForUpdate())
	if err == db.ErrNoRows {
		return nil, unknown(id)
	}
	if err != nil {
		return nil, err
	}
	return s.resume(tx, c), nil
}

// resume makes a step of a row that is locked already.
func (s *Service) resume(tx *db.Tx, c Change) *step {
	was := c
	was.Services = slices.Clone(c.Services)
	return &step{s: s, tx: tx, who: tx.Actor, was: was, Change: c}
}

// say adds an entry by the actor; text is complete, detail may be empty.
func (c *step) say(k EntryKind, text, detail string) {
	c.Entries++
	c.list = append(c.list, Entry{Change: c.ID, N: c.Entries, At: c.tx.Now, Kind: k, Actor: c.who.String(), Person: c.who.Person, Text: clip(text, maxText), Detail: clip(detail, maxText)})
}

// tell announces an event; its entry is the one added last.
func (c *step) tell(k EventKind) {
	e := toTell{kind: k}
	if n := len(c.list); n > 0 {
		e.entry = c.list[n-1]
	}
	c.events = append(c.events, e)
}

// fact adds a small fact to the evidence: never personal data, never free text.
func (c *step) fact(name string, value any) {
	if c.data == nil {
		c.data = map[string]any{}
	}
	c.data[name] = value
}

// touch says that a field was set, so that commit writes the row even without
// an entry.
func (c *step) touch() { c.touched = true }

// commit writes the row, the entries and the evidence, and tells the
// reactions. A step that did nothing writes nothing.
func (c *step) commit(action string) error {
	if !c.fresh && !c.touched && len(c.list) == 0 && len(c.events) == 0 {
		return nil
	}
	for n := range c.list {
		e := &c.list[n]
		e.Digest = e.sum(c.salt)
		c.Trail = extend(c.Trail, e.Digest)
	}
	c.Version++
	p, err := c.practice()
	if err != nil {
		return err
	}
	c.NextAt = nextDue(c.Change, p.Settings)
	if c.fresh {
		err = insert(c.tx, c.Change)
	} else {
		err = save(c.tx, c.Change)
	}
	if err != nil {
		return err
	}
	if err := c.commitServices(); err != nil {
		return err
	}
	if c.fresh {
		err = insertWords(c.tx, c.Change)
	} else if c.Title != c.was.Title {
		err = replaceWords(c.tx, c.was.Title, c.Change)
	}
	if err != nil {
		return err
	}
	if err := insertEntries(c.tx, c.list); err != nil {
		return err
	}
	if err := c.count(); err != nil {
		return err
	}
	c.record(action)
	return c.react()
}

// commitServices keeps the rows of the services, and makes decisions invalid
// that did not know of this step.
func (c *step) commitServices() error {
	same := slices.Equal(c.Services, c.was.Services)
	moved := c.fresh || !same || c.State != c.was.State || c.onWay() != c.was.onWay() || !c.from().Equal(c.was.from()) || !c.PlannedTo.Equal(c.was.PlannedTo) || !c.Reviewed.Equal(c.was.Reviewed)
	if !moved {
		return nil
	}
	if c.fresh || !same || c.State.Open() != c.was.State.Open() || c.onWay() != c.was.onWay() || !c.from().Equal(c.was.from()) {
		if err := saveServices(c.tx, c.Change); err != nil {
			return err
		}
	}
	if !c.fresh && !same {
		if err := dropServices(c.tx, c.Change); err != nil {
			return err
		}
	}
	return bump(c.tx, append(slices.Clone(c.Services), c.was.Services...)...)
}

func (c *step) record(action string) {
	e := evidence.Entry{Action: action, Record: c.Ref(), Version: c.Version, After: digest(c.Change, c.Trail)}
	if !c.fresh {
		e.Before = digest(c.was, c.was.Trail)
	}
	if c.State != c.was.State {
		c.fact("state", c.State)
	}
	if len(c.data) > 0 {
		e.Data = c.data
	}
	c.tx.Record(e)
}

// react tells the registered reactions. A step without an event of its own is
// told as EventChanged, so that live pages hear of everything.
func (c *step) react() error {
	if len(c.s.reactions) == 0 {
		return nil
	}
	if len(c.events) == 0 {
		c.tell(EventChanged)
	}
	e := Event{At: c.tx.Now, Who: c.who, Change: c.Change, Was: c.was}
	for _, t := range c.events {
		e.Kind, e.Entry = t.kind, t.entry
		for _, f := range c.s.reactions {
			if err := f(c.tx, e); err != nil {
				return err
			}
		}
	}
	return nil
}
