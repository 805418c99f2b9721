package escalation

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// write runs one verb on the ladder of an incident that the actor may see.
func (s *Service) write(ctx context.Context, who actor.Actor, verb string, incident int64, fn func(b *batch, i Incident) error) (v View, err error) {
	err = s.DB.Write(ctx, who, "escalation "+verb, func(tx *db.Tx) error {
		i, err := s.Incidents.Lock(tx, who, incident)
		if err != nil {
			return err
		}
		if !i.Open() {
			return errs.E(errs.Conflict, "it is %s: nobody needs to be told any more", i.State).On(i.Key)
		}
		b := s.batch(tx)
		if err := fn(b, i); err != nil {
			return err
		}
		if err := b.commit(); err != nil {
			return err
		}
		v, err = s.view(tx, who, incident, tx.Now)
		return err
	})
	return v, errs.Wrap("escalation."+verb, err)
}

// live reads the ladder with its plan. Errors: Conflict when there is none or
// it is done.
func (b *batch) live(i Incident) (Ladder, *Plan, error) {
	l, ok, err := ladderOf(b.tx, i.ID)
	if err == nil && (!ok || l.State == Done) {
		err = errs.E(errs.Conflict, "no escalation policy is at work here; add a responder, or make a policy for the team").On(i.Key)
	}
	if err != nil {
		return l, nil, err
	}
	p, err := b.s.planByID(b.tx, l.Plan)
	return l, p, err
}

// Escalate does the next step now. Without a ladder it begins one, where a
// policy serves the incident. Errors: NotFound; Invalid; Conflict when the
// incident is over or no policy serves it.
func (s *Service) Escalate(ctx context.Context, incident int64, note string) (View, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return View{}, errs.Wrap("escalation.escalate", err)
	}
	return s.write(ctx, who, "escalate", incident, func(b *batch, i Incident) error {
		if len([]rune(note)) > noteMost {
			return errs.BadField("note", note, "use at most 1000 characters")
		}
		if i.Restricted {
			return errs.E(errs.Conflict, "it is restricted: only its viewers may be told; add a responder instead").On(i.Key)
		}
		i.Pages = true // a person decides that somebody is woken
		l, ok, err := ladderOf(b.tx, incident)
		if err != nil {
			return err
		}
		var p *Plan
		begin := !ok || l.State == Done
		if begin {
			p, err = s.planFor(b.tx, i)
			if err == nil && p == nil {
				err = errs.E(errs.Conflict, "no escalation policy serves it; add a responder, or make a policy for the team").On(i.Key)
			}
		} else {
			p, err = s.planByID(b.tx, l.Plan)
		}
		if err != nil {
			return err
		}
		b.say(incident, Line{Kind: LineState, Person: who.Person, Text: "escalated", Detail: note})
		if begin {
			l.Incident, l.Policy, l.Plan = incident, p.Policy, p.ID
		}
		f, fault := s.facts(b.tx, p, l, i, l.AckedAt, b.tx.Now)
		var acts []Act
		if begin {
			var more []Act
			acts, l = p.Begin(l, f, b.tx.Now, "escalated by hand")
			if len(acts) == 0 {
				more, l = p.Escalate(l, f, b.tx.Now)
			}
			acts = append(acts, more...)
			if i.Working {
				l = p.Acknowledge(l, b.tx.Now)
			}
		} else {
			acts, l = p.Escalate(l, f, b.tx.Now)
		}
		if err := fault(); err != nil {
			return err
		}
		b.act(p, l, i, acts, true)
		b.set(l)
		return nil
	})
}

// Bounds of a snooze.
const (
	SnoozeLeast = time.Minute
	SnoozeMost  = 24 * time.Hour
)

// Snooze holds the ladder back until a time; then it goes on by itself.
// Errors: NotFound; Invalid for a time out of bounds; Conflict when nothing climbs.
func (s *Service) Snooze(ctx context.Context, incident int64, until time.Time, note string) (View, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return View{}, errs.Wrap("escalation.snooze", err)
	}
	return s.write(ctx, who, "snooze", incident, func(b *batch, i Incident) error {
		if d := until.Sub(b.tx.Now); d < SnoozeLeast-5*time.Second || d > SnoozeMost {
			return errs.BadField("until", until.UTC().Format(time.RFC3339), "use a time 1 minute to 24 hours from now")
		}
		l, _, err := b.live(i)
		if err != nil {
			return err
		}
		b.say(incident, Line{Kind: LineState, Person: who.Person, Text: fmt.Sprintf("snoozed the escalation until %s", until.UTC().Format("Mon 15:04 UTC")), Detail: note})
		b.set(l.Snooze(until.UTC().Truncate(time.Microsecond), who.Person))
		return nil
	})
}

// Unsnooze lets a snoozed ladder go on at once; another one stays as it is.
// Errors: NotFound; Conflict when nothing climbs.
func (s *Service) Unsnooze(ctx context.Context, incident int64) (View, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return View{}, errs.Wrap("escalation.unsnooze", err)
	}
	return s.write(ctx, who, "unsnooze", incident, func(b *batch, i Incident) error {
		l, p, err := b.live(i)
		if err != nil || l.State != Snoozed {
			return err
		}
		f, fault := s.facts(b.tx, p, l, i, l.AckedAt, b.tx.Now)
		acts, after := p.Wake(l, f, b.tx.Now, "the snooze was ended")
		if err := fault(); err != nil {
			return err
		}
		b.act(p, after, i, acts, true)
		b.set(after)
		return nil
	})
}
