package change

import (
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
)

// pastFacts say how earlier changes of the services, of the model and of the
// author went, and how this one would be taken back.
func (s *Service) pastFacts(q db.Querier, in *fact.Input, c Change) error {
	var keys []pastKey
	for _, name := range c.Services {
		keys = append(keys, servicePast(name))
		if c.Author != "" {
			keys = append(keys, authorPast(name, c.Author))
		}
	}
	if c.Model != "" {
		keys = append(keys, modelPast(c.Model))
	}
	past, err := pastsOf(q, keys)
	if err != nil {
		return err
	}
	var services, author Past
	for _, name := range c.Services {
		services = services.plus(past[servicePast(name)])
		if c.Author != "" {
			author = author.plus(past[authorPast(name, c.Author)])
		}
	}
	in.History = fact.Known(services.history())
	in.ModelPast = fact.NotInUse[fact.History]("it has no model")
	if c.Model != "" {
		in.ModelPast = fact.Known(past[modelPast(c.Model)].history())
	}
	in.AuthorPast = fact.NotKnown[fact.History]("nobody is named as its author")
	if c.Author != "" {
		in.AuthorPast = fact.Known(author.history())
	}
	r := fact.Rollback{Plan: c.RollbackPlan != "", Automated: c.RollbackRef != ""}
	if r.Automated {
		r.Proven = past[servicePast(c.Main())].Proven
	}
	in.Rollback = fact.Known(r)
	return nil
}

func (p Past) plus(o Past) Past {
	p.Changes, p.Failed = p.Changes+o.Changes, p.Failed+o.Failed
	return p
}

func (p Past) history() fact.History {
	return fact.History{Changes: p.Changes, Failed: p.Failed, Rate: p.Rate()}
}

// returnFacts say whether the change brings back what ran successfully before:
// an artefact (or commit) that a change of the same main service and
// environment brought and that ended well, and that is not what runs now.
// Nothing else makes it one: a purpose or a reference to another change is a
// mere word.
func (s *Service) returnFacts(q db.Querier, in *fact.Input, c Change) error {
	if c.Artefact == "" || moving[strings.ToLower(c.Artefact)] && c.Commit == "" {
		return nil
	}
	before, err := ranWell(q, c)
	if err != nil || !slices.ContainsFunc(before, func(r ranRow) bool { return r.is(c) }) {
		return err
	}
	now, ok, err := running(q, c.Main(), c.Environment)
	if err != nil || !ok || now.ID == c.ID {
		return err
	}
	// A return that failed half-way may be tried again.
	in.Rollback.Value.Returns = !ranRow{now.ID, now.Artefact, now.Commit}.is(c) || now.State == Failed
	return nil
}

// ranRow is what a change brought.
type ranRow struct {
	ID               int64
	Artefact, Commit string
}

// is reports whether a change brings the same: the same commit where both say
// one, because a tag can be moved, else the same artefact.
func (r ranRow) is(c Change) bool {
	if r.Commit != "" && c.Commit != "" {
		return r.Commit == c.Commit
	}
	return r.Artefact == c.Artefact
}

// moving are names of artefacts that say nothing of what they bring.
var moving = func() map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields("latest stable edge nightly current main master develop dev trunk head release prod production") {
		out[name] = true
	}
	return out
}()

// clockFact is the time of day where the owner team works.
func (s *Service) clockFact(q db.Querier, r *rules, c Change, now time.Time) (fact.Of[fact.Clock], error) {
	h, err := r.hoursOf(c.Team, func() (Hours, error) { return s.hours(q, c.Team) })
	if fatal(err) {
		return fact.Of[fact.Clock]{}, err
	}
	if err != nil {
		return fact.NotKnown[fact.Clock]("the business hours of " + c.Team + " could not be read"), nil
	}
	return fact.Known(clockOf(h, startOf(c, now))), nil
}

// clockOf reads the wall clock at a time. The last day is one after whose noon
// the next business day is three or more dates away: at least two free ones
// lie between.
func clockOf(h Hours, at time.Time) fact.Clock {
	wall := at.In(h.Zone())
	c := fact.Clock{Weekday: (int(wall.Weekday())+6)%7 + 1, Hour: wall.Hour(), Business: h.Open(at)}
	if wall.Hour() < 12 {
		return c
	}
	noon := time.Date(wall.Year(), wall.Month(), wall.Day(), 12, 0, 0, 0, h.Zone())
	if !h.Open(noon) && !c.Business {
		return c
	}
	next, ok := h.AddDays(noon, 1)
	if !ok {
		return c
	}
	next = next.In(h.Zone())
	days := time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, time.UTC).Sub(time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)) / Day
	c.LastDay = days >= 3
	return c
}
