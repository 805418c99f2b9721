package oncall

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const (
	maxReason = 300
	maxOpen   = 2000 // covers of one schedule that are not over
	year      = 366 * 24 * time.Hour
)

// Covers returns the overrides and swaps of a schedule, and the absences of
// the people it names, that touch a time, by their end.
func (s *Service) Covers(ctx context.Context, name string, from, to time.Time) (out []Cover, err error) {
	_, err = actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.covers", err)
	}
	err = s.look(ctx, name, func(q db.Querier, b *Book, e *entry) error {
		out, err = b.coversFor(q, e, from, to)
		return err
	})
	slices.SortFunc(out, func(a, b Cover) int { return a.To.Compare(b.To) })
	return out, errs.Wrap("oncall.covers", err)
}

// Absences returns who is away at some time from one time to another, by their
// end.
func (s *Service) Absences(ctx context.Context, from, to time.Time) (out []Cover, err error) {
	_, err = actor.Require(ctx, actor.Read)
	if err == nil {
		err = checkRange(from, to)
	}
	if err != nil {
		return nil, errs.Wrap("oncall.absences", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		out, err = coversIn(q, "", from, to)
		return err
	})
	return out, errs.Wrap("oncall.absences", err)
}

// coversFor reads the covers of any time that concern a schedule.
func (b *Book) coversFor(q db.Querier, e *entry, from, to time.Time) ([]Cover, error) {
	own, err := coversIn(q, e.schedule.Name, from, to)
	if err != nil {
		return nil, err
	}
	absences, err := coversIn(q, "", from, to)
	if err != nil {
		return nil, err
	}
	known := map[int64]bool{}
	if e.base != nil {
		for _, p := range e.base.people {
			known[p] = true
		}
	}
	for _, c := range own {
		known[c.Person] = true
	}
	for _, c := range absences {
		if known[c.Instead] {
			own = append(own, c)
		}
	}
	return own, nil
}

// CoverOf returns a cover by number. Errors: NotFound.
func (s *Service) CoverOf(ctx context.Context, id int64) (c Cover, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Cover{}, errs.Wrap("oncall.cover-of", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		c, err = findCover(q, id, "")
		return err
	})
	return c, errs.Wrap("oncall.cover-of", err)
}

// named returns an enabled person of an input field; "" and "me" are the
// actor.
func named(q db.Querier, who actor.Actor, field, written string, bad *errs.Fields) (int64, error) {
	if written == "" || written == "me" {
		if who.Person == 0 {
			bad.Add(field, written, "name a person: no person is behind this credential")
		}
		return who.Person, nil
	}
	p, ok, err := personOf(q, written)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		bad.Add(field, written, "there is nobody of this handle; correct it, or add the person first")
	case !p.Enabled():
		bad.Add(field, written, "is disabled and cannot be on call; name somebody else, or enable them first")
	}
	return p.ID, nil
}

// checkTime checks a time of a cover and returns it in whole seconds. What has
// passed stays as it was: a cover begins now at the earliest.
func checkTime(fromField, toField string, from, to, now time.Time, bad *errs.Fields) (time.Time, time.Time) {
	from, to = from.UTC().Truncate(time.Second), to.UTC().Truncate(time.Second)
	switch {
	case from.IsZero():
		bad.Add(fromField, "", "say when it begins, like 2026-12-24T09:00:00Z")
	case to.IsZero():
		bad.Add(toField, "", "say when it ends, like 2026-12-27T09:00:00Z")
	case !from.Before(to):
		bad.Add(toField, to.Format(time.RFC3339), "it is not after the beginning; use a later time")
	case to.Sub(from) > year:
		bad.Add(toField, to.Format(time.RFC3339), "use at most a year; make another one for the rest, or edit the schedule")
	case !to.After(now):
		bad.Add(toField, to.Format(time.RFC3339), "it is over already: who was on call stays as it was; use a time to come")
	case from.Before(now):
		from = now.Truncate(time.Second)
		if !from.Before(to) {
			to = from.Add(time.Second)
		}
	}
	return from, to
}

func checkReason(field string, text *string, bad *errs.Fields) {
	*text = strings.TrimSpace(*text)
	if utf8.RuneCountInString(*text) > maxReason || !utf8.ValidString(*text) {
		bad.Add(field, *text, "use at most 300 characters")
	}
}

// Cover puts somebody in: for a person's shifts in a time, or for everybody's.
// A time that has begun counts from now on. Errors: NotFound, Invalid.
func (s *Service) Cover(ctx context.Context, schedule string, n NewCover) (c Cover, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Cover{}, errs.Wrap("oncall.cover", err)
	}
	err = s.db.Write(ctx, who, "cover added", func(tx *db.Tx) error {
		r, err := s.rota(tx, schedule)
		if err != nil {
			return err
		}
		var bad errs.Fields
		c = Cover{Kind: Override, Schedule: schedule}
		if c.Person, err = named(tx, who, "person", n.Person, &bad); err != nil {
			return err
		}
		if n.Instead != "" {
			p, ok, err := personOf(tx, n.Instead)
			if n.Instead == "me" {
				p, ok = auth.Person{ID: who.Person}, who.Person != 0
			}
			switch {
			case err != nil:
				return err
			case !ok:
				bad.Add("instead", n.Instead, "there is nobody of this handle; correct it, or leave it out for everybody's shifts")
			case p.ID == c.Person && c.Person != 0:
				bad.Add("instead", n.Instead, "is the one who comes; name somebody else, or leave it out for everybody's shifts")
			case !slices.Contains(r.people, p.ID) && !slices.ContainsFunc(r.covers, func(o Cover) bool { return o.Person == p.ID }):
				bad.Add("instead", n.Instead, "is never on call in this schedule; name somebody who is")
			}
			c.Instead = p.ID
		}
		c.From, c.To = checkTime("from", "to", n.From, n.To, tx.Now, &bad)
		c.Reason = n.Reason
		checkReason("reason", &c.Reason, &bad)
		if err := bad.Err(); err != nil {
			return err
		}
		return s.add(tx, &c)
	})
	return c, errs.Wrap("oncall.cover", err)
}

// Absence takes somebody off every schedule for a time. One's own needs
// Respond, that of others Configure. Errors: Invalid, Forbidden.
func (s *Service) Absence(ctx context.Context, n NewAbsence) (c Cover, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Cover{}, errs.Wrap("oncall.absence", err)
	}
	err = s.db.Write(ctx, who, "absence added", func(tx *db.Tx) error {
		var bad errs.Fields
		c = Cover{Kind: Absence, Reason: n.Reason}
		var err error
		if c.Instead, err = named(tx, who, "person", n.Person, &bad); err != nil {
			return err
		}
		c.From, c.To = checkTime("from", "to", n.From, n.To, tx.Now, &bad)
		checkReason("reason", &c.Reason, &bad)
		if err := bad.Err(); err != nil {
			return err
		}
		if c.Instead != who.Person && !who.May(actor.Configure) {
			return errs.E(errs.Forbidden, "only a manager or admin says that somebody else is away")
		}
		return s.add(tx, &c)
	})
	return c, errs.Wrap("oncall.absence", err)
}

// add stores a new cover with evidence.
func (s *Service) add(tx *db.Tx, c *Cover) error {
	open, err := coversIn(tx, c.Schedule, tx.Now, tx.Now.Add(2*year))
	if err != nil {
		return err
	}
	if c.Kind != Absence && len(open) >= maxOpen {
		return errs.E(errs.Limited, "this schedule has %d covers that are not over; remove some, or edit its layers", len(open)).On(ref.S(ref.Schedule, c.Schedule).String())
	}
	if c.ID, err = tx.NextID(ref.Cover); err != nil {
		return err
	}
	c.By, c.Version, c.Created, c.salt = tx.Actor.Person, 1, tx.Now, evidence.NewSalt()
	if err := putCover(tx, c); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "cover.create", Record: c.Ref(), Version: c.Version, After: c.digest(), Data: c.facts()})
	return nil
}

// facts are what evidence says of a cover in the clear: keys and times.
func (c Cover) facts() map[string]string {
	m := map[string]string{"kind": string(c.Kind), "from": c.From.Format(time.RFC3339), "to": c.To.Format(time.RFC3339)}
	if c.Schedule != "" {
		m["schedule"] = c.Schedule
	}
	if c.Person != 0 {
		m["person"] = ref.N(ref.Person, c.Person).String()
	}
	if c.Instead != 0 {
		m["instead"] = ref.N(ref.Person, c.Instead).String()
	}
	return m
}

// Uncover takes a cover back: one to come is removed, one that runs ends now.
// Conflict when it is over. Those whom it names and who said so may, and
// whoever may configure.
func (s *Service) Uncover(ctx context.Context, id int64) (c Cover, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return Cover{}, errs.Wrap("oncall.uncover", err)
	}
	err = s.db.Write(ctx, who, "cover taken back", func(tx *db.Tx) error {
		if c, err = findCover(tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		switch {
		case !c.Removed.IsZero():
			return errs.E(errs.Conflict, "it was taken back already").On(c.Ref().String())
		case !c.To.After(tx.Now):
			return errs.E(errs.Conflict, "it is over: who was on call stays as it was").On(c.Ref().String())
		case !who.May(actor.Configure) && (who.Person == 0 || !slices.Contains([]int64{c.Person, c.Instead, c.By}, who.Person)):
			return errs.E(errs.Forbidden, "only those whom it names, who made it, or a manager may take it back").On(c.Ref().String())
		}
		before := c.digest()
		c.Version++
		if now := tx.Now.Truncate(time.Second); c.From.Before(now) {
			c.To = now
		} else {
			c.Removed = tx.Now
		}
		if err := putCover(tx, &c); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "cover.remove", Record: c.Ref(), Version: c.Version, Before: before, After: c.digest(), Data: c.facts()})
		return nil
	})
	return c, errs.Wrap("oncall.uncover", err)
}
