package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// AddNote adds what a person saw, did or decided to the timeline; any state
// allows it. Errors: Invalid, NotFound.
func (s *Service) AddNote(ctx context.Context, id int64, n Note) (e Entry, err error) {
	who, err := actor.Require(ctx, actor.Report)
	if err != nil {
		return e, err
	}
	var bad errs.Fields
	checkText("text", n.Text, 1, MaxText, &bad)
	if n.Tag != "" && !slices.Contains(Tags, n.Tag) {
		bad.Add("tag", string(n.Tag), "use key fact, decision, or leave it out")
	}
	if err := bad.Err(); err != nil {
		return e, errs.Wrap("incident.note", err)
	}
	_, err = s.write(ctx, who, VerbNote, id, func(c *change) error {
		c.add(Entry{Kind: EntryNote, Person: who.Person, Tag: n.Tag, Text: n.Text})
		if err := c.takePart(); err != nil {
			return err
		}
		e = c.entries[0]
		return nil
	})
	return e, err
}

// Publish publishes a status update. A public one restarts the update clock:
// the next is promised after u.Next, or after what the policy says. Errors:
// Invalid, NotFound, Conflict when the incident is final.
func (s *Service) Publish(ctx context.Context, id int64, u Update) (e Entry, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return e, err
	}
	var bad errs.Fields
	checkText("text", u.Text, 1, MaxText, &bad)
	if u.Next != 0 && (u.Next < time.Minute || u.Next > 30*24*time.Hour) {
		bad.Add("next", short(u.Next), "promise the next update in 1 minute to 30 days")
	}
	if err := bad.Err(); err != nil {
		return e, errs.Wrap("incident.update", err)
	}
	_, err = s.write(ctx, who, VerbUpdate, id, func(c *change) error {
		if final(c.State) {
			return refused(c.Incident, VerbUpdate)
		}
		c.Updates++
		kind := "internal"
		if u.Public {
			kind = "public"
		}
		c.add(Entry{Kind: EntryUpdate, Person: who.Person, Public: u.Public, Text: u.Text, Detail: fmt.Sprintf("status update %d, %s", c.Updates, kind)})
		if next := nextUpdate(u.Next, c.m.Policy(c.Priority)); u.Public && next > 0 && c.State.Open() {
			c.step(Step{Kind: StepUpdate, Until: c.tx.Now.Add(next)})
		}
		c.fact("public", u.Public)
		c.tell(Event{Kind: UpdatePublished})
		e = c.entries[0]
		return c.takePart()
	})
	return e, err
}

func nextUpdate(asked time.Duration, p Policy) time.Duration {
	if asked > 0 {
		return asked
	}
	return p.Update
}

// Correct adds a correction to an entry that the actor wrote; the earlier
// text stays and is shown with it. Errors: Invalid, NotFound for the incident
// or the entry, Forbidden for entries of others and of the product.
func (s *Service) Correct(ctx context.Context, id int64, seq int, text string) (e Entry, err error) {
	who, err := actor.Require(ctx, actor.Report)
	if err != nil {
		return e, err
	}
	var bad errs.Fields
	checkText("text", text, 1, MaxText, &bad)
	if err := bad.Err(); err != nil {
		return e, errs.Wrap("incident.correct", err)
	}
	_, err = s.write(ctx, who, "correct", id, func(c *change) error {
		was, err := c.entry(seq)
		if err != nil {
			return err
		}
		if was.Person != who.Person || who.Person == 0 || was.Kind != EntryNote && was.Kind != EntryUpdate {
			return errs.E(errs.Forbidden, "only the author can correct a note or an update; add a note of your own").On(c.Key())
		}
		c.add(Entry{Kind: EntryCorrection, Person: who.Person, Tag: was.Tag, Public: was.Public, Text: text, Corrects: seq})
		e = c.entries[0]
		return nil
	})
	return e, err
}

// EraseText removes the text of one entry, when it holds what must not be
// kept (personal data, a password). That it was removed, by whom and why,
// stays. Errors: Invalid without a reason, NotFound.
func (s *Service) EraseText(ctx context.Context, id int64, seq int, reason string) (e Entry, err error) {
	who, err := actor.Require(ctx, actor.Administer)
	if err != nil {
		return e, err
	}
	if err := checkReason(reason); err != nil {
		return e, errs.Wrap("incident.erase", err)
	}
	_, err = s.write(ctx, who, "erase", id, func(c *change) error {
		was, err := c.entry(seq)
		if err != nil || was.Erased {
			return err
		}
		if err := eraseEntry(c.tx, id, seq); err != nil {
			return err
		}
		c.say(EntryEdit, "erased the text of entry %d", seq).Detail = reason
		c.fact("entry", seq)
		e = c.entries[0]
		return nil
	})
	return e, err
}

func (c *change) entry(seq int) (Entry, error) {
	e, err := getEntry(c.tx, c.ID, seq)
	if errors.Is(err, db.ErrNoRows) {
		err = errs.E(errs.NotFound, "%s has no timeline entry %d", c.Key(), seq).On(c.Key())
	}
	return e, err
}

// Append adds an entry of another part of the product (messages sent, a
// deployment seen) inside its transaction. Unlike verbs it tells nobody but
// live pages. Unknown incidents are Errors of kind NotFound.
func (s *Service) Append(tx *db.Tx, id int64, e Entry) error {
	c, err := s.begin(tx, actor.Job("incident"), id)
	if err != nil {
		return err
	}
	c.who = tx.Actor
	c.add(Entry{Kind: e.Kind, Person: e.Person, Subject: e.Subject, Tag: e.Tag, Public: e.Public, Text: e.Text, Detail: e.Detail})
	return c.commit("incident.append")
}
