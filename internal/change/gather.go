package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// gathered is all that a decision stands on: the facts, and the numbers by
// which it is seen later that one of them is no longer so.
type gathered struct {
	in        fact.Input
	stamps    stamps   // as read before the facts
	around    []string // services whose stamps count, the change's own left out
	judge     Judge    // nil: there is no policy
	reviewers []Review // who approved the code, by their reviews; the author left out
	policy    int64
	weights   int64
	windows   int64
	settings  int64
	practice  Practice
}

// gather reads what is known about a change on a snapshot or in a transaction.
// A practice that fails makes its fact unknown; only a database that fails
// makes gather fail.
func (s *Service) gather(q db.Querier, now time.Time, c Change) (g gathered, err error) {
	around := s.aroundOf(q, c.Services)
	g.around = neighbours(around, c.Services)
	if g.stamps, err = readStamps(q, append(c.Services[:len(c.Services):len(c.Services)], g.around...)); err != nil {
		return g, err
	}
	r, err := s.rulesAt(q, g.stamps.all)
	if err != nil {
		return g, err
	}
	g.practice = r.settings
	g.judge, g.policy, g.settings, g.windows, g.weights = r.judge, r.policy, r.settings.Version, r.windowN, r.weightsN
	in := &g.in
	in.Now = now
	in.Change = subjectOf(c)
	if in.Services, err = s.servicesFact(q, c); err != nil {
		return g, err
	}
	in.Blast = blastFact(around, c, in.Services)
	said, err := commitSaid(q, c.Commit)
	if err != nil {
		return g, err
	}
	if err := s.codeFacts(q, &g, c, said); err != nil {
		return g, err
	}
	if err := s.openFacts(q, in, c, around, now); err != nil {
		return g, err
	}
	in.Incidents = s.incidentsFact(q, c, around)
	in.Budget = s.budgetFact(q, c)
	if err := s.pastFacts(q, in, c); err != nil {
		return g, err
	}
	if in.Clock, err = s.clockFact(q, r, c, now); err != nil {
		return g, err
	}
	if err := s.returnFacts(q, in, c); err != nil {
		return g, err
	}
	if in.Model, err = s.modelFact(q, c, in, now); err != nil {
		return g, err
	}
	in.Windows = s.windowsFact(r, in, c, now)
	if r.noRisk != "" {
		in.Risk = fact.NotKnown[fact.Risk](r.noRisk)
	} else {
		in.Risk = fact.Known(risk.Score(r.weights, g.in))
	}
	return g, nil
}

// tuned gives a policy the figures of the settings.
func tuned(j Judge, s Settings) Judge {
	c, ok := j.(*policy.Compiled)
	if !ok || c == nil {
		return j
	}
	return c.With(s.Policy())
}

// subjectOf is the change itself as policy sees it.
func subjectOf(c Change) fact.Subject {
	out := fact.Subject{Type: string(c.Type), Kind: string(c.Kind), Environment: c.Environment, Commit: c.Commit, Artefact: c.Artefact, Model: c.Model,
		Author: c.Author != "" || c.AuthorPerson != 0, PlannedFrom: c.PlannedFrom, PlannedTo: c.PlannedTo, Purpose: string(c.Purpose)}
	if c.RollbackOf != 0 {
		out.RollbackOf = Change{ID: c.RollbackOf}.Key()
	}
	return out
}

// startOf is when a change would start: as planned, or now.
func startOf(c Change, now time.Time) time.Time {
	if c.PlannedFrom.After(now) {
		return c.PlannedFrom
	}
	return now
}

// windowsFact says which freezes and windows apply when the change would start.
func (s *Service) windowsFact(r *rules, in *fact.Input, c Change, now time.Time) fact.Of[fact.Windows] {
	if s.Windows == nil {
		return fact.NotInUse[fact.Windows]("there are no freezes or windows")
	}
	if r.windows == nil {
		return fact.NotKnown[fact.Windows](r.noWindow)
	}
	list := make([]window.Subject, 0, len(c.Services))
	for i, name := range c.Services {
		w := window.Subject{Service: name, Tier: -1}
		if in.Services.State == fact.Value && i < len(in.Services.Value) {
			w.Team, w.Tier = in.Services.Value[i].Team, in.Services.Value[i].Tier
		}
		list = append(list, w)
	}
	return fact.Known(r.windows.Facts(list, c.Environment, string(c.Type), string(c.Purpose), string(c.Kind), startOf(c, now)))
}
