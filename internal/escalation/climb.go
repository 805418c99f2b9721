package escalation

import (
	"time"
)

// Facts are what a climb depends on besides the ladder. Its functions give the
// same answer for the same moment.
type Facts struct {
	Incident
	Progress time.Time            // when a person last did anything; zero = never
	Business func() bool          // whether the team's business hours include the moment
	Reach    func(step int) Reach // who a step of the plan reaches
	Last     func() Reach         // the last resort: who keeps being reminded
	Takers   func() Reach         // who is to go on with what they acknowledged
}

// ActKind is what a ladder does.
type ActKind string

// The kinds of acts.
const (
	ActTell   ActKind = "tell"   // a step tells people
	ActSkip   ActKind = "skip"   // a step's condition does not hold
	ActEmpty  ActKind = "empty"  // a step reaches nobody now
	ActRound  ActKind = "round"  // the steps begin again
	ActOver   ActKind = "over"   // all rounds are over
	ActRemind ActKind = "remind" // leads and manager are reminded
	ActNudge  ActKind = "nudge"  // those who acknowledged are reminded
	ActAgain  ActKind = "again"  // acknowledged, but nothing happened: climbs anew
	ActWake   ActKind = "wake"   // a snooze is over
	ActTaken  ActKind = "taken"  // somebody works on it: stops climbing
	ActEnd    ActKind = "end"    // nothing is left to do
)

// Act is one thing to do. Step is -1 for reminders and -2 for nudges.
type Act struct {
	Kind             ActKind
	Run, Round, Step int
	Due              time.Time
	Reach            Reach
	Why              string
}

const (
	stepRemind = -1
	stepNudge  = -2
)

// Climb says what a ladder does at a moment and how it stands afterwards. It
// does nothing before NextAt. It is pure: state and time in, decision out.
func (p *Plan) Climb(l Ladder, f Facts, now time.Time) ([]Act, Ladder) {
	c := climber{p: p, f: f, now: now, l: l}
	if l.State != Done && !c.ended() && !now.Before(l.NextAt) {
		switch l.State {
		case Climbing:
			c.climb()
		case Reminding:
			c.remind()
		case Acknowledged:
			c.watch()
		case Snoozed:
			c.wake("the snooze is over")
		}
	}
	return c.acts, c.l
}

// Begin starts a run of the ladder, and climbs what is due at once.
func (p *Plan) Begin(l Ladder, f Facts, now time.Time, cause string) ([]Act, Ladder) {
	c := climber{p: p, f: f, now: now, l: l}
	c.begin(cause)
	if !c.ended() {
		c.climb()
	}
	return c.acts, c.l
}

// Acknowledge stops the climb and watches for progress.
func (p *Plan) Acknowledge(l Ladder, now time.Time) Ladder {
	l.State, l.AckedAt, l.NudgedAt, l.By = Acknowledged, now, time.Time{}, 0
	l.NextAt = now.Add(p.AckTimeout)
	return l
}

// End finishes a ladder.
func (l Ladder) End(why string) Ladder {
	l.State, l.NextAt, l.Cause, l.By = Done, time.Time{}, why, 0
	return l
}

// Snooze holds everything back until a time.
func (l Ladder) Snooze(until time.Time, by int64) Ladder {
	l.State, l.NextAt, l.By = Snoozed, until, by
	return l
}

// Wake ends a snooze before its time.
func (p *Plan) Wake(l Ladder, f Facts, now time.Time, why string) ([]Act, Ladder) {
	c := climber{p: p, f: f, now: now, l: l}
	if l.State == Snoozed && !c.ended() {
		c.wake(why)
	}
	return c.acts, c.l
}

// Escalate does the next step now, without its wait; after the last step it
// reminds leads and manager. An acknowledged ladder stays acknowledged: who
// works on it asked for help.
func (p *Plan) Escalate(l Ladder, f Facts, now time.Time) ([]Act, Ladder) {
	c := climber{p: p, f: f, now: now, l: l}
	if l.State == Done || c.ended() {
		return c.acts, c.l
	}
	acked := l.State == Acknowledged || l.State == Snoozed && f.Working
	c.l.By = 0
	switch {
	case c.l.Step >= len(p.Steps) || l.State == Reminding:
		c.overNow()
	default:
		c.l.State, c.l.ToldAt, c.hurry = Climbing, time.Time{}, true
		c.climb()
	}
	if acked {
		c.l = p.Acknowledge(c.l, now)
	}
	return c.acts, c.l
}
