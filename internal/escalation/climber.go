package escalation

import (
	"slices"
	"strconv"
	"time"
)

// climber is one look at one ladder.
type climber struct {
	p     *Plan
	f     Facts
	now   time.Time
	l     Ladder
	acts  []Act
	hurry bool // the next step does not wait
}

func (c *climber) act(k ActKind, why string) *Act {
	c.acts = append(c.acts, Act{Kind: k, Run: c.l.Run, Round: c.l.Round, Step: c.l.Step, Due: c.now, Why: why})
	return &c.acts[len(c.acts)-1]
}

// ended finishes a ladder that has nothing to do any more.
func (c *climber) ended() bool {
	why := ""
	switch {
	case !c.f.Open():
		why = "the incident is " + c.f.State
	case c.f.Restricted:
		why = "the incident is restricted: only its viewers are told"
	case !c.f.Pages:
		why = "a " + c.f.Priority + " pages nobody"
	default:
		return false
	}
	c.act(ActEnd, why)
	c.l = c.l.End(why)
	return true
}

func (c *climber) begin(cause string) {
	l := &c.l
	l.State, l.Cause, l.By = Climbing, cause, 0
	l.Run, l.Round, l.Step, l.Reminders = l.Run+1, 0, 0, 0
	l.BeganAt, l.RoundAt, l.ToldAt, l.AckedAt, l.NudgedAt = c.now, c.now, time.Time{}, time.Time{}, time.Time{}
	l.NextAt = c.now
}

// due is when the next step is: the wait counts from when somebody was last
// told, because it is the time they are given. Where nobody was told, nobody
// needs time.
func (c *climber) due() time.Time {
	l := c.l
	switch {
	case c.hurry:
		return c.now
	case l.Step == 0 && l.Round == 0:
		return l.BeganAt.Add(c.p.Steps[0].After)
	case l.ToldAt.IsZero():
		return l.RoundAt
	}
	return l.ToldAt.Add(c.p.Steps[l.Step].After)
}

// climb goes up as far as the time allows.
func (c *climber) climb() {
	if !c.hurry && c.f.Working && c.f.Progress.After(c.l.BeganAt) { // acknowledged, whatever way we heard of it
		c.act(ActTaken, "somebody works on it")
		c.l = c.p.Acknowledge(c.l, c.now)
		return
	}
	for c.l.Step < len(c.p.Steps) {
		if due := c.due(); due.After(c.now) {
			c.l.NextAt = due
			return
		}
		c.step(c.p.Steps[c.l.Step])
	}
	// The last step has its time, too, before the next round.
	if end := c.l.ToldAt.Add(c.p.RepeatAfter); !c.l.ToldAt.IsZero() && end.After(c.now) {
		c.l.NextAt = end
		return
	}
	if c.l.Round < c.p.Repeat && !c.l.ToldAt.IsZero() {
		c.again()
		return
	}
	c.overNow()
}

func (c *climber) step(s Step) {
	if why := s.When.skips(c.f); why != "" {
		c.act(ActSkip, why)
		c.l.Step++
		return
	}
	reach := c.f.Reach(c.l.Step)
	if reach.Nobody() {
		c.act(ActEmpty, "").Reach = reach
		c.l.Step++
		return
	}
	a := c.act(ActTell, "")
	a.Reach, a.Due = reach, maxTime(c.l.NextAt, c.l.BeganAt)
	if a.Due.After(c.now) {
		a.Due = c.now
	}
	c.l.ToldAt, c.hurry = c.now, false
	c.l.Step++
}

// again begins the next round: the wait for it is over.
func (c *climber) again() {
	c.l.Round, c.l.Step, c.l.RoundAt, c.l.ToldAt = c.l.Round+1, 0, c.now, time.Time{}
	c.act(ActRound, "round "+strconv.Itoa(c.l.Round+1)+" of "+strconv.Itoa(c.p.Repeat+1))
	c.climb()
}

// overNow says that all rounds are over, and reminds.
func (c *climber) overNow() {
	c.l.Step, c.l.Round = len(c.p.Steps), c.p.Repeat
	if c.l.State != Reminding {
		c.act(ActOver, "")
	}
	c.l.State = Reminding
	c.remindNow()
}

func (c *climber) remind() {
	if c.f.Working && c.f.Progress.After(c.l.BeganAt) {
		c.act(ActTaken, "somebody works on it")
		c.l = c.p.Acknowledge(c.l, c.now)
		return
	}
	c.remindNow()
}

func (c *climber) remindNow() {
	c.l.Reminders++
	a := c.act(ActRemind, "")
	a.Reach, a.Step, a.Round = c.f.Last(), stepRemind, c.l.Reminders
	c.l.NextAt = c.now.Add(c.p.RepeatAfter)
}

// watch looks whether something happened since it was acknowledged.
func (c *climber) watch() {
	last := maxTime(c.l.AckedAt, c.f.Progress)
	switch {
	case c.f.Triggered: // reopened, or acknowledged by nobody: somebody must answer again
		c.begin("nobody works on it any more")
		c.climb()
	case !c.l.NudgedAt.IsZero() && !last.After(c.l.NudgedAt):
		why := "acknowledged, but no progress since " + last.UTC().Format("15:04 UTC")
		c.begin(why)
		c.act(ActAgain, why)
		c.climb()
	case last.Add(c.p.AckTimeout).After(c.now):
		c.l.NudgedAt, c.l.NextAt = time.Time{}, last.Add(c.p.AckTimeout)
	default:
		c.l.Reminders++
		a := c.act(ActNudge, "no progress since "+last.UTC().Format("15:04 UTC"))
		a.Reach, a.Step, a.Round = c.f.Takers(), stepNudge, c.l.Reminders
		c.l.NudgedAt, c.l.NextAt = c.now, c.now.Add(c.p.AckEscalate)
	}
}

func (c *climber) wake(why string) {
	c.act(ActWake, why)
	c.l.By = 0
	switch {
	case c.f.Working:
		c.l = c.p.Acknowledge(c.l, c.now)
	default:
		c.l.State, c.l.ToldAt, c.hurry = Climbing, time.Time{}, true
		switch {
		case c.l.Step < len(c.p.Steps):
			c.climb()
		case c.l.Round < c.p.Repeat: // whoever is on call comes before leads and manager
			c.again()
		default:
			c.overNow()
		}
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// skips says why a condition keeps a step from being taken; empty when it holds.
func (w When) skips(f Facts) string {
	switch {
	case len(w.Priorities) > 0 && !slices.Contains(w.Priorities, f.Priority):
		return "not for " + f.Priority
	case len(w.Services) > 0 && !slices.Contains(w.Services, f.Service):
		return "not for this service"
	case w.AlertsAtLeast > 0 && f.Alerts < w.AlertsAtLeast:
		return "only " + strconv.Itoa(f.Alerts) + " of " + strconv.Itoa(w.AlertsAtLeast) + " alerts are firing"
	case w.Hours == InHours && !f.Business():
		return "not in business hours"
	case w.Hours == OutOfHours && f.Business():
		return "only outside business hours"
	}
	return ""
}
