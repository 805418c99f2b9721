package escalation

import (
	"cmp"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// EventKind is what happened to an incident, as far as ladders care.
type EventKind string

// The events.
const (
	Opened       EventKind = "opened"
	Raised       EventKind = "raised"   // its priority rose
	Lowered      EventKind = "lowered"  // its priority fell
	Reopened     EventKind = "reopened" // by alerts: somebody must answer; by a person: they are there
	Reassigned   EventKind = "reassigned"
	Acknowledge  EventKind = "acknowledged"
	Over         EventKind = "over"       // mitigated, resolved, canceled, merged
	Restricted   EventKind = "restricted" // hidden from all but its viewers, or shown again
	PagesAgain   EventKind = "pages"      // an alert joined that pages, a target was missed
	Reappears    EventKind = "reappears"  // acknowledged once more by somebody
	TellsLeaders EventKind = "tells"      // anything else that pages
)

// Event is one thing that happened. The caller holds the incident's row.
type Event struct {
	Kind     EventKind
	Incident Incident // as it is afterwards
	Page     bool     // the rule wants people paged
}

// Answer is who stands in for the team in the message about an event.
type Answer struct {
	Serves bool // a policy serves the incident
	Waits  bool // its first step is not yet due: nobody but leaders and channels is told now
	Reach
}

// OnIncident lets the incident's ladder react, inside the transaction of the
// cause, and says who is told by it now. The caller words and sends that
// message; what the ladder does later it sends itself.
func (s *Service) OnIncident(tx *db.Tx, e Event) (a Answer, err error) {
	l, has, err := ladderOf(tx, e.Incident.ID)
	if err != nil {
		return a, err
	}
	live := has && l.State != Done
	switch e.Kind {
	case Acknowledge, Reappears:
		return a, s.acknowledged(tx, l, live, e)
	case Over:
		if live {
			l = l.End("the incident is " + e.Incident.State)
			l.Version++
			if err := saveLadders(tx, []Ladder{l}); err != nil {
				return a, err
			}
		}
		return a, closeRequests(tx, e.Incident.ID)
	}
	i := e.Incident
	if !i.Open() || i.Restricted || !i.Pages {
		if live {
			return a, s.climbNow(tx, l, i)
		}
		return a, nil
	}
	if e.Kind == Opened && !e.Page || e.Kind == Lowered || e.Kind == Restricted && !live {
		return a, nil
	}
	return s.serve(tx, l, live, e)
}

// acknowledged stops the ladder and what it has still to send.
func (s *Service) acknowledged(tx *db.Tx, l Ladder, live bool, e Event) error {
	if live && (e.Kind == Acknowledge || l.State != Acknowledged) {
		p, err := s.planByID(tx, l.Plan)
		if err != nil {
			return err
		}
		if e.Kind == Reappears { // nothing else tells of it
			say := Line{Kind: LineState, Person: tx.Actor.Person, Text: "goes on with it: " + p.Title + " stops"}
			if err := s.Incidents.Say(tx, map[int64][]Line{e.Incident.ID: {say}}); err != nil {
				return err
			}
		}
		l = p.Acknowledge(l, tx.Now)
		l.Version++
		if err := saveLadders(tx, []Ladder{l}); err != nil {
			return err
		}
		tx.After(func() { s.Kick(SourceName) })
	}
	return s.Notify.Cancel(tx, ref.N(ref.Incident, e.Incident.ID), "somebody acknowledged")
}

// climbNow lets a ladder notice that it has nothing to do any more.
func (s *Service) climbNow(tx *db.Tx, l Ladder, i Incident) error {
	p, err := s.planByID(tx, l.Plan)
	if err != nil {
		return err
	}
	b := s.batch(tx)
	f, fault := s.facts(tx, p, l, i, l.AckedAt, tx.Now)
	acts, after := p.Climb(l, f, tx.Now)
	if err := fault(); err != nil {
		return err
	}
	b.act(p, after, i, acts, true)
	b.set(after)
	return b.commit()
}

// serve begins or keeps the ladder of an incident that pages.
func (s *Service) serve(tx *db.Tx, l Ladder, live bool, e Event) (a Answer, err error) {
	i := e.Incident
	fresh := !live || e.Kind == Opened || e.Kind == Reassigned || e.Kind == Reopened
	var p *Plan
	if fresh {
		if p, err = s.planFor(tx, i); err != nil {
			return a, err
		}
	} else if p, err = s.planByID(tx, l.Plan); err != nil {
		return a, err
	}
	b := s.batch(tx)
	if p == nil {
		if live {
			after := l.End("no policy serves team " + cmp.Or(i.Team, "none"))
			b.say(i.ID, Line{Kind: LineState, Text: "escalation stops: " + after.Cause, Detail: "the whole team is told instead"})
			b.set(after)
			return a, b.commit()
		}
		return a, nil
	}
	a.Serves = true
	if !fresh && e.Kind != Raised {
		a.Reach, err = s.first(tx, p, l, i)
		return a, err
	}
	after := l
	if fresh {
		after.Incident, after.Policy, after.Plan = i.ID, p.Policy, p.ID
		if p.RoundRobins() {
			if after.Turn, err = takeTurn(tx, p.Policy); err != nil {
				return a, err
			}
		}
	}
	f, fault := s.facts(tx, p, after, i, l.AckedAt, tx.Now)
	var acts []Act
	switch {
	case fresh && i.Triggered:
		acts, after = p.Begin(after, f, tx.Now, string(e.Kind))
	case fresh: // somebody works on it: watched, and told who is on call
		after.Run, after.Round, after.Step, after.Reminders = after.Run+1, 0, 0, 0
		after.BeganAt, after.RoundAt, after.ToldAt, after.Cause = tx.Now, tx.Now, tx.Now, string(e.Kind)
		after = p.Acknowledge(after, tx.Now)
	case l.State == Snoozed:
		acts, after = p.Wake(l, f, tx.Now, "the priority rose")
	}
	if err := fault(); err != nil {
		return a, err
	}
	a.Reach = b.act(p, after, i, acts, false)
	if len(acts) == 0 && a.Reach.Nobody() && (i.Working || !fresh) {
		if a.Reach, err = s.first(tx, p, after, i); err != nil {
			return a, err
		}
	}
	a.Waits = a.Reach.Nobody() && after.State == Climbing
	if fresh || len(acts) > 0 {
		b.set(after)
	}
	return a, b.commit()
}

// first is who the first step reaches that reaches somebody now.
func (s *Service) first(tx *db.Tx, p *Plan, l Ladder, i Incident) (Reach, error) {
	f, fault := s.facts(tx, p, l, i, l.AckedAt, tx.Now)
	var r Reach
	for n, step := range p.Steps {
		if step.When.skips(f) == "" {
			if r = f.Reach(n); !r.Nobody() {
				break
			}
		}
	}
	if r.Nobody() {
		r = f.Last()
	}
	return r, fault()
}

type servedKey struct{ service, team string }

// planFor is the plan by which an incident is served: its service's own policy
// beats its team's. Nil when there is none.
func (s *Service) planFor(tx *db.Tx, i Incident) (*Plan, error) {
	if i.Service == "" && i.Team == "" {
		return nil, nil
	}
	return db.Remember(tx, servedKey{i.Service, i.Team}, func() (*Plan, error) {
		by, err := serving(tx, i.Service, i.Team)
		name := cmp.Or(by["service"], by["team"])
		if err != nil || name == "" {
			return nil, err
		}
		stored, ok, err := find(tx, name, "")
		if err != nil || !ok {
			return nil, err
		}
		p, err := s.compile(tx, name, stored.Spec, true)
		if err != nil || len(p.Steps) == 0 {
			return nil, err
		}
		if _, known := s.plans.Load(p.ID); !known {
			if err := keepPlan(tx, p); err != nil {
				return nil, err
			}
			tx.After(func() { s.plans.Store(p.ID, p) })
		}
		return p, nil
	})
}
