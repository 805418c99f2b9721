package incident

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// change is one incident being changed inside a transaction: the row as it was
// and as it shall be, the timeline entries and the events. Verbs fill it,
// commit writes it once.
type change struct {
	s   *Service
	tx  *db.Tx
	who actor.Actor
	m   *Matrix
	was Incident
	Incident
	fresh   bool // not in the database yet
	edited  bool // an editable field changed: the revision grows
	entries []Entry
	events  []Event
	data    map[string]any // small facts for evidence
}

// write runs one verb on one incident: lock, visibility, fn, commit. It
// returns the incident as it is afterwards. Errors: NotFound when there is no
// such incident or the actor may not know of it.
func (s *Service) write(ctx context.Context, who actor.Actor, v Verb, id int64, fn func(c *change) error) (out Incident, err error) {
	op := "incident." + string(v)
	err = s.DB.Write(ctx, who, "incident "+string(v), func(tx *db.Tx) error {
		c, err := s.begin(tx, who, id)
		if err != nil {
			return err
		}
		if err := fn(c); err != nil {
			return err
		}
		if err := c.commit(op); err != nil {
			return err
		}
		out = c.Incident
		return nil
	})
	return out, errs.Wrap(op, err)
}

// begin locks an incident that the actor may see.
func (s *Service) begin(tx *db.Tx, who actor.Actor, id int64) (*change, error) {
	i, err := get(tx, id, tx.ForUpdate())
	if err == db.ErrNoRows {
		return nil, unknown(id)
	}
	if err != nil {
		return nil, err
	}
	if ok, err := mayView(tx, i, who); err != nil || !ok {
		if err == nil {
			err = unknown(id)
		}
		return nil, err
	}
	return s.resume(tx, who, i)
}

// resume makes a change of a row that is locked.
func (s *Service) resume(tx *db.Tx, who actor.Actor, i Incident) (*change, error) {
	m, err := s.matrix(tx, i.Matrix)
	if err != nil {
		return nil, err
	}
	c := &change{s: s, tx: tx, who: who, m: m, was: i, Incident: i}
	c.Steps = slices.Clone(i.Steps)
	return c, nil
}

func unknown(id int64) error {
	key := Incident{ID: id}.Key()
	return errs.E(errs.NotFound, "there is no incident %s", key).On(key)
}

// say adds a timeline entry by the actor.
func (c *change) say(k EntryKind, format string, args ...any) *Entry {
	e := Entry{Kind: k, Person: c.who.Person, Text: format}
	if len(args) > 0 {
		e.Text = fmt.Sprintf(format, args...)
	}
	return c.add(e)
}

// add appends an entry; the pointer is good until the next one is added.
func (c *change) add(e Entry) *Entry {
	c.Entries++
	e.Incident, e.Seq, e.At = c.ID, c.Entries, c.tx.Now
	c.entries = append(c.entries, e)
	return &c.entries[len(c.entries)-1]
}

// step extends the clocks' tape.
func (c *change) step(s Step) {
	s.At = c.tx.Now
	switch s.Kind {
	case StepAcknowledged, StepResumed, StepMitigated, StepResolved, StepLeft:
		s.Person = c.who.Person
	}
	c.Steps = append(c.Steps, s)
}

// tell announces an event; its entry is the one added last.
func (c *change) tell(e Event) {
	if n := len(c.entries); n > 0 {
		e.Entry = c.entries[n-1]
	}
	c.events = append(c.events, e)
}

// fact adds a small fact to the evidence: never personal data, never free text.
func (c *change) fact(name string, value any) {
	if c.data == nil {
		c.data = map[string]any{}
	}
	c.data[name] = value
}

// settle computes what the row says besides what the verb set. Digests of
// entries are made here, because a verb may still complete the entry that say returned.
func (c *change) settle() error {
	for n := range c.entries {
		e := &c.entries[n]
		e.Digest = entryDigest(c.salt, *e)
		c.Trail = extend(c.Trail, e.Digest)
	}
	c.Commander = c.Assigned[0]
	c.Version++
	if c.edited || c.fresh {
		c.Revision++
	}
	c.UpdatedAt = c.tx.Now
	h, err := c.s.hours(c.tx, c.Team)
	if err != nil {
		return err
	}
	c.NextAt = nextDue(c.Incident, c.clocks(h), c.m, h)
	return nil
}

// clocks are the incident's clocks now, or as of its last step while the
// database's clock says less: one that was put back must not make an incident
// look as if it had not begun, and its deadlines go.
func (c *change) clocks(h Hours) Clocks {
	now := c.tx.Now
	for _, s := range c.Steps {
		if s.At.After(now) {
			now = s.At
		}
	}
	return Compute(c.Steps, c.m, h, now)
}

// untouched reports whether the verb found nothing to do.
func (c *change) untouched() bool {
	return !c.fresh && !c.edited && len(c.entries) == 0 && len(c.events) == 0
}

// commit writes the row, the entries and the evidence, and tells the reactions.
func (c *change) commit(action string) error {
	if c.untouched() {
		return nil
	}
	if c.Priority != c.was.Priority {
		if err := c.openWarRoom(); err != nil {
			return err
		}
	}
	if err := c.settle(); err != nil {
		return err
	}
	if err := save(c.tx, c.Incident); err != nil {
		return err
	}
	if err := insertEntries(c.tx, c.entries); err != nil {
		return err
	}
	c.record(action)
	return c.react()
}

// Content returns the digest of an incident's present content, as its last
// evidence entry holds it in After, and its version. It reads the whole
// timeline, so that an edited entry changes the digest. Errors: db.ErrNoRows.
func (s *Service) Content(q db.Querier, id int64) (sum string, version int64, err error) {
	i, err := get(q, id, "")
	if err != nil {
		return "", 0, err
	}
	trail, err := readTrail(q, i)
	return digest(i, trail), i.Version, err
}

// hours returns a team's business hours, or all hours when no calendar is in use.
func (s *Service) hours(q db.Querier, team string) (Hours, error) {
	if s.Calendars == nil {
		return always{}, nil
	}
	return s.Calendars.HoursOf(q, team)
}

// always is 24×7, for use without calendars.
type always struct{}

func (always) Between(from, to time.Time) time.Duration { return max(0, to.Sub(from)) }
func (always) Add(from time.Time, d time.Duration) (time.Time, bool) {
	return from.Add(d), true
}
func (always) AddDays(from time.Time, n int) (time.Time, bool) { return from.AddDate(0, 0, n), true }
