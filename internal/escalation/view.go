package escalation

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// View is an incident's ladder with everything that its panel shows.
type View struct {
	Incident Incident
	Has      bool // a policy serves it, or did
	Ladder   Ladder
	Title    string  // of the policy
	Stages   []Stage // of this run, in the order of time: what was done, then what follows
	Requests []Request
	Names    map[int64]string
	Mine     bool // the viewer was asked and has not answered
	Can      Can
	At       time.Time
}

// Can is what the viewer may do now.
type Can struct{ Escalate, Snooze, Unsnooze, Ask bool }

// Stage is one thing that a ladder did or will do if nothing happens.
type Stage struct {
	Kind  ActKind
	Round int // from 1
	Step  int // from 1; 0 for reminders
	At    time.Time
	Done  bool
	Next  bool // the first that is not done
	Reach
	Why string
}

// Ladder returns the ladder of an incident. Incidents without one have Has
// false. Errors: NotFound, also for incidents that the actor may not see.
func (s *Service) Ladder(ctx context.Context, incident int64) (v View, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return v, errs.Wrap("escalation.ladder", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		v, err = s.view(q, who, incident, now)
		return err
	})
	return v, errs.Wrap("escalation.ladder", err)
}

func (s *Service) view(q db.Querier, who actor.Actor, incident int64, now time.Time) (v View, err error) {
	v.At = now
	if v.Incident, err = s.Incidents.Look(q, who, incident); err != nil {
		return v, err
	}
	if v.Ladder, v.Has, err = ladderOf(q, incident); err != nil {
		return v, err
	}
	if v.Requests, err = requestsOf(q, incident); err != nil {
		return v, err
	}
	if v.Has {
		if err := s.stages(q, &v); err != nil {
			return v, err
		}
	}
	ids := []int64{v.Ladder.By}
	for _, st := range v.Stages {
		ids = append(ids, st.People...)
	}
	for _, r := range v.Requests {
		ids = append(ids, r.Person, r.AskedBy)
		v.Mine = v.Mine || r.Person == who.Person && (r.State == Asked || r.State == Silent)
	}
	slices.Sort(ids)
	if v.Names, err = s.Directory.Names(q, slices.Compact(ids)); err != nil {
		return v, err
	}
	if v.Incident.Open() && who.May(actor.Respond) {
		live := v.Has && v.Ladder.State != Done
		v.Can = Can{Escalate: live && !v.Incident.Restricted, Snooze: live && v.Ladder.State != Snoozed, Unsnooze: live && v.Ladder.State == Snoozed, Ask: true}
	}
	return v, nil
}

// stagesMost is how much of a run the panel shows.
const stagesMost = 40

func (s *Service) stages(q db.Querier, v *View) error {
	p, err := s.planByID(q, v.Ladder.Plan)
	if err != nil {
		return err
	}
	v.Title = p.Title
	fired, err := firedOf(q, v.Incident.ID, stagesMost)
	if err != nil {
		return err
	}
	for _, f := range fired {
		if f.Run == v.Ladder.Run {
			st := Stage{Kind: f.Kind, Round: f.Round + 1, Step: f.Step + 1, At: f.At, Done: true, Reach: f.Reach, Why: f.Why}
			if f.Step < 0 {
				st.Round, st.Step = 0, 0
			}
			v.Stages = append(v.Stages, st)
		}
	}
	slices.SortStableFunc(v.Stages, func(a, b Stage) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		if a.Round != b.Round && a.Round > 0 && b.Round > 0 {
			return a.Round - b.Round
		}
		return a.Step - b.Step
	})
	if v.Ladder.State != Climbing && v.Ladder.State != Reminding {
		return nil
	}
	coming, err := s.foresee(q, p, v.Ladder, v.Incident, v.At)
	if err != nil {
		return err
	}
	next := true
	for _, st := range coming {
		st.Next, next = next, false
		v.Stages = append(v.Stages, st)
	}
	return nil
}

// foresee climbs on in thought until leads and manager are reminded, as if
// nothing happened in between. Steps that would be passed over are left out.
func (s *Service) foresee(q db.Querier, p *Plan, l Ladder, i Incident, now time.Time) (out []Stage, err error) {
	for len(out) < stagesMost && !l.NextAt.IsZero() {
		at := maxTime(l.NextAt, now)
		f, fault := s.facts(q, p, l, i, time.Time{}, at)
		var acts []Act
		acts, l = p.Climb(l, f, at)
		if err := fault(); err != nil {
			return nil, err
		}
		for _, a := range acts {
			if st, ok := stage(a, at); ok {
				out = append(out, st)
			}
			if a.Kind == ActRemind || a.Kind == ActEnd {
				return out, nil
			}
		}
	}
	return out, nil
}

// stage is an act as pages show it.
func stage(a Act, at time.Time) (Stage, bool) {
	st := Stage{Kind: a.Kind, Round: a.Round + 1, Step: a.Step + 1, At: at, Reach: a.Reach, Why: a.Why}
	switch a.Kind {
	case ActRemind, ActNudge:
		st.Round, st.Step = 0, 0
	case ActTell, ActSkip, ActEmpty:
	default:
		return st, false
	}
	return st, true
}

// AskedOf returns what waits for the actor's answer.
func (s *Service) AskedOf(ctx context.Context) (out []Request, err error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil || who.Person == 0 {
		return nil, errs.Wrap("escalation.asked", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) (err error) { out, err = askedOf(q, who.Person); return err })
	return out, errs.Wrap("escalation.asked", err)
}
