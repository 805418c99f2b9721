package incident

import (
	"time"
)

// at reads the clock at a moment: of its promises, the one due first.
func (r *run) at(kind ClockKind, h Hours, now time.Time) Clock {
	c := Clock{Kind: kind, Start: r.start, End: r.end, Pauses: r.pauses}
	until := now
	if !r.end.IsZero() {
		until = r.end
	}
	found := false
	for _, p := range r.promise {
		due, total, ok := p.due, p.due.Sub(p.from), !p.due.IsZero()
		if !ok && p.target.Zero() {
			continue
		}
		if !ok {
			if due, ok = p.target.from(p.from, h); ok {
				total = p.target.between(p.from, due, h)
				due, ok = r.shift(p, due, until, h)
			}
		}
		if found && (!ok || !c.Due.IsZero() && !due.Before(c.Due)) {
			continue
		}
		found = true
		c.Target, c.Start, c.Due, c.Total = p.target, p.from, due, total
		if !p.due.IsZero() {
			c.Target = Target{Time: total}
		}
		c.Elapsed = p.target.between(p.from, until, h) - r.paused(p, until, h)
		c.Left = total - c.Elapsed
		if !ok {
			c.Due, c.Total, c.Left = time.Time{}, 0, 0
		}
	}
	if !found {
		c.Start, c.End, c.Pauses = time.Time{}, time.Time{}, nil
		return c
	}
	c.State = r.judge(c, until)
	return c
}

// shift moves a due time by the pauses that began before it.
func (r *run) shift(p promise, due, until time.Time, h Hours) (time.Time, bool) {
	for _, x := range r.pauses {
		from, to := clip(x, p.from, until)
		if from.Before(due) {
			var ok bool
			if due, ok = p.target.add(due, p.target.between(from, to, h), h); !ok {
				return due, false
			}
		}
	}
	return due, true
}

func (r *run) paused(p promise, until time.Time, h Hours) (sum time.Duration) {
	for _, x := range r.pauses {
		from, to := clip(x, p.from, until)
		sum += p.target.between(from, to, h)
	}
	return sum
}

// clip cuts a pause to [start, until].
func clip(x Pause, start, until time.Time) (from, to time.Time) {
	from, to = x.From, x.To
	if to.IsZero() || to.After(until) {
		to = until
	}
	if from.Before(start) {
		from = start
	}
	return from, to
}

// soonLeft is the time under which a clock is shown amber, for targets of at
// least twice as long; under a quarter of the target always is.
const soonLeft = 15 * time.Minute

func (r *run) judge(c Clock, until time.Time) ClockState {
	missed := !c.Due.IsZero() && !until.Before(c.Due)
	switch {
	case missed:
		return Breached
	case r.stopped:
		return Stopped
	case !r.end.IsZero():
		return Met
	case len(r.pauses) > 0 && r.pauses[len(r.pauses)-1].To.IsZero():
		return Paused
	case c.Due.IsZero():
		return Running
	case c.Left*4 < c.Total, c.Left < soonLeft && c.Total >= 2*soonLeft:
		return Soon
	}
	return Running
}
