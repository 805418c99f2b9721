package alert

// What an event does to an alert. This file is pure: state + event + now →
// new state and an outcome. Times are microseconds since 1970, 0 = not said.
//
// Alertmanager and Prometheus name a firing by its startsAt (s below), so for
// them the state is a function of the set of events, whatever their order: the
// newest s wins, and a resolve of the newest s beats its trigger. S is the
// start of the current episode.
//
//	event           unknown         s < S    s = S, firing   s = S, resolved   s > S
//	trigger s       open            ignore   repeat          repeat (1)        close old at s, open
//	trigger s, e≤now  … is a resolve s, e (Prometheus says so) …
//	trigger s, e>now  as trigger, and ends at e unless renewed (timer, the later e counts)
//	resolve s, e    ended episode   ignore   close at e      repeat, later e   close old at s, ended episode
//
//	(1) unless it is news: the episode was ended by our timer and the trigger
//	    ends later, or the trigger comes more than lateTrigger after the
//	    resolve; then it opens again. Alertmanager sends the same startsAt again
//	    when Prometheus was cut off for a while.
//
// PagerDuty, generic and heartbeat events have no firing identity. They apply
// in order of arrival; if both the event and what we know carry the sender's
// time t, an older event is ignored, and at equal times resolve wins. T is the
// newest t applied.
//
//	event        unknown            firing                     resolved
//	trigger      open               repeat                     open
//	resolve      ignore; with t: ended episode (remembered)   close    repeat
//	any, t < T   –                  ignore                     ignore
//	trigger t=T  –                  repeat                     repeat (already resolved)
//
// Acknowledge applies to a firing alert once and is ignored otherwise. Amend is
// a repeat of a firing alert and ignored otherwise. Times
// in the future or before 2000 count as not said, so that one wrong clock
// cannot block what comes after it.

import "time"

const (
	// lateTrigger is how long after a resolve a trigger with the same startsAt
	// is taken for a late or doubled one. Alertmanager pairs wait 15 s for each
	// other and its retries back off within a minute; its next word on the
	// same group comes after group_interval, 5 minutes by default.
	lateTrigger = 2 * time.Minute

	// skew is how far a sender's clock may be ahead of ours.
	skew = 5 * time.Minute

	// maxTimer is how far ahead an announced end is believed.
	maxTimer = 366 * 24 * time.Hour
)

var year2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// state is what decides about the next event: a narrow part of the alert row.
type state struct {
	known         bool // the alert exists
	firing        bool
	severity      int8 // rank
	endedBy       string
	started       int64 // S
	ended         int64
	closed        int64 // when we heard of the end
	eventAt       int64 // T
	acked         int64
	nextAt        int64 // announced end
	flips         []byte
	flappingUntil int64
}

// outcome is what one event did.
type outcome struct {
	ignored bool
	repeat  bool // only counts, or brings new content
	// close ends the current episode, at closedAt, by endedBy.
	close   bool
	closeAt int64
	closeBy string
	// open begins an episode at openAt; past means it has ended already at endAt.
	open   bool
	openAt int64
	past   bool
	endAt  int64
	later  bool // a resolved alert got a later end
	raised bool
	eased  bool
	acked  bool
	speaks bool // the event's content is the newest we know
}

// changes reports whether the outcome changes what a person sees as state.
func (o *outcome) changes() bool { return o.close || o.open || o.raised || o.eased || o.acked }

// fold applies one event. severity is the event's rank, 0 when it says none.
func (st *state) fold(e *Event, spans bool, severity int8, now int64) outcome {
	s, end := said(e.StartsAt, now), said(e.EndsAt, now)
	action := e.Action
	var timer int64
	if !e.EndsAt.IsZero() && action == Trigger {
		if us := e.EndsAt.UnixMicro(); us > now && us <= now+maxTimer.Microseconds() {
			timer = us
		} else if end != 0 && end <= now && spans {
			action = Resolve
		}
	}
	end = min(end, now)
	switch {
	case action == Acknowledge:
		return st.acknowledge(now)
	case action == Amend:
		if !st.firing {
			return outcome{ignored: true}
		}
		var o outcome
		st.again(&o, timer, severity)
		return o
	case spans && action == Resolve:
		return st.resolveSpan(s, end, severity, now)
	case spans:
		return st.triggerSpan(s, timer, severity, now)
	case action == Resolve:
		return st.resolveArrival(max(s, end), severity, now)
	default:
		return st.triggerArrival(s, timer, severity, now)
	}
}

func said(t time.Time, now int64) int64 {
	if t.IsZero() {
		return 0
	}
	us := t.UnixMicro()
	if us < year2000 || us > now+skew.Microseconds() {
		return 0
	}
	return us
}

func (st *state) triggerSpan(s, timer int64, severity int8, now int64) (o outcome) {
	switch {
	case !st.known:
		st.begin(&o, or(s, now), timer, severity, now)
	case s != 0 && s < st.started:
		o.ignored = true
	case st.firing && (s == 0 || s == st.started):
		st.again(&o, timer, severity)
	case st.firing:
		st.end(&o, s, EndedByNewer, now)
		st.begin(&o, s, timer, severity, now)
	case s == st.started && !st.news(timer, now):
		o.repeat = true
	default:
		st.begin(&o, or(s, now), timer, severity, now)
	}
	return o
}

// news reports whether a trigger with the start of the ended episode says that
// it fires again, and is not just late.
func (st *state) news(timer, now int64) bool {
	if st.endedBy == EndedByTimer && timer > st.ended {
		return true
	}
	return now-st.closed > lateTrigger.Microseconds()
}

func (st *state) resolveSpan(s, end int64, severity int8, now int64) (o outcome) {
	end = or(end, now)
	switch {
	case s == 0 && !st.known:
		o.ignored = true
	case !st.known:
		st.passed(&o, s, end, severity, now)
	case s != 0 && s < st.started:
		o.ignored = true
	case s == 0 || s == st.started:
		if st.firing {
			st.end(&o, end, EndedBySender, now)
			o.speaks = true
			return o
		}
		o.repeat = true
		if end = max(end, st.started); s != 0 && end > st.ended {
			st.ended, o.later = end, true
		}
	default:
		if st.firing {
			st.end(&o, s, EndedByNewer, now)
		}
		st.passed(&o, s, end, severity, now)
	}
	return o
}

func (st *state) triggerArrival(t, timer int64, severity int8, now int64) (o outcome) {
	if t != 0 && st.eventAt != 0 && st.known {
		if t < st.eventAt {
			o.ignored = true
			return o
		}
		if t == st.eventAt && !st.firing {
			o.repeat = true
			return o
		}
	}
	if st.firing {
		st.again(&o, timer, severity)
	} else {
		st.begin(&o, or(t, now), timer, severity, now)
	}
	st.eventAt = max(st.eventAt, t)
	return o
}

func (st *state) resolveArrival(t int64, severity int8, now int64) (o outcome) {
	switch {
	case !st.known && t == 0, st.known && t != 0 && t < st.eventAt:
		o.ignored = true
		return o
	case !st.known:
		st.passed(&o, t, t, severity, now)
	case st.firing:
		st.end(&o, or(t, now), EndedBySender, now)
		o.speaks = true
	default:
		o.repeat = true
	}
	st.eventAt = max(st.eventAt, t)
	return o
}

func (st *state) acknowledge(now int64) (o outcome) {
	switch {
	case !st.firing:
		o.ignored = true
	case st.acked != 0:
		o.repeat = true
	default:
		st.acked, o.acked = now, true
	}
	return o
}

// expire ends an episode whose announced end has passed.
func (st *state) expire(now int64) (o outcome) {
	if !st.firing || st.nextAt == 0 || st.nextAt > now {
		o.ignored = true
		return o
	}
	st.end(&o, st.nextAt, EndedByTimer, now)
	return o
}

func (st *state) begin(o *outcome, at, timer int64, severity int8, now int64) {
	if severity == 0 {
		severity = int8(Warning.Rank())
	}
	o.open, o.openAt, o.speaks = true, at, true
	first := !st.known
	st.known, st.firing, st.severity = true, true, severity
	st.started, st.ended, st.closed, st.endedBy = at, 0, 0, ""
	st.acked, st.nextAt = 0, timer
	if !first {
		st.flip(now)
	} else {
		st.flips = appendFlip(st.flips, now)
	}
}

func (st *state) end(o *outcome, at int64, by string, now int64) {
	at = max(min(at, now), st.started)
	o.close, o.closeAt, o.closeBy = true, at, by
	st.firing, st.ended, st.closed, st.endedBy, st.nextAt = false, at, now, by, 0
	st.flip(now)
}

// passed records an episode that was over before we heard of it.
func (st *state) passed(o *outcome, s, end int64, severity int8, now int64) {
	if severity == 0 {
		severity = max(st.severity, 0)
		if severity == 0 {
			severity = int8(Warning.Rank())
		}
	}
	end = max(end, s)
	o.open, o.openAt, o.past, o.endAt, o.speaks = true, s, true, end, true
	st.known, st.firing, st.severity = true, false, severity
	st.started, st.ended, st.closed, st.endedBy = s, end, now, EndedBySender
	st.acked, st.nextAt = 0, 0
	st.flip(now)
}

// again is a repeat of a firing alert: it may renew the timer and change the
// severity.
func (st *state) again(o *outcome, timer int64, severity int8) {
	o.repeat, o.speaks = true, true
	st.nextAt = max(st.nextAt, timer)
	if severity != 0 && severity != st.severity {
		o.raised, o.eased, o.repeat = severity < st.severity, severity > st.severity, false
		st.severity = severity
	}
}

func or(a, b int64) int64 {
	if a != 0 {
		return a
	}
	return b
}
