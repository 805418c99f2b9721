package incident

import (
	"slices"
	"time"
)

// Compute returns all clocks as they stood at a moment. It is a pure function:
// steps after now are not looked at, so any past moment can be replayed.
//
// Rules beyond "start at triggered, end at acknowledged / mitigated or resolved":
//
//   - A raised priority can only tighten a clock: the new target counts from
//     the raise, and the earlier of the old and the new due time holds. So
//     nothing is breached by the raise itself, and nobody gains time by it.
//   - A lowered priority counts its own target from the start.
//   - A clock that has ended is judged by the priority it had then.
//   - Waiting stops the resolution clock if the policy names the reason.
//   - Reopening takes the resolution clock up again; the time in which the
//     service was restored is a pause. Reopening to triggered starts a new
//     response clock.
//   - The update clock starts when an incident opens with (or rises to) a
//     priority that promises updates, restarts at each public update with
//     what that update promised, and stops when the incident is resolved.
//   - The escalation clock counts wall time since the incident has its
//     priority (or was reopened) and is met by mitigation.
func Compute(steps []Step, m *Matrix, h Hours, now time.Time) Clocks {
	t := tape{m: m}
	for _, s := range steps {
		if s.At.After(now) {
			break
		}
		t.play(s)
	}
	return Clocks{
		Response:   t.response.at(ResponseClock, h, now),
		Resolution: t.resolution.at(ResolutionClock, h, now),
		Update:     t.update.at(UpdateClock, h, now),
		Escalation: t.escalation.at(EscalationClock, h, now),
	}
}

// run is one clock while the tape is played.
type run struct {
	start   time.Time // of the clock
	promise []promise // the earliest one holds
	end     time.Time
	stopped bool // ended without being met
	pauses  []Pause
}

// promise is a target counted from a moment, or a fixed due time.
type promise struct {
	from   time.Time
	target Target
	due    time.Time // set for promised updates
}

type tape struct {
	m                                        *Matrix
	priority                                 Priority
	response, resolution, update, escalation run
}

func begin(at time.Time, t Target) run {
	return run{start: at, promise: []promise{{from: at, target: t}}}
}

func (t *tape) play(s Step) {
	switch s.Kind {
	case StepTriggered:
		t.priority = s.Priority
		p := t.m.Policy(s.Priority)
		t.response, t.resolution = begin(s.At, p.Response), begin(s.At, p.Resolution)
		t.update, t.escalation = begin(s.At, Target{Time: p.Update}), begin(s.At, Target{Time: p.Escalate})
	case StepPriority:
		t.prioritise(s)
	case StepAcknowledged:
		t.response.finish(s.At)
	case StepMitigated:
		t.response.finish(s.At)
		t.resolution.finish(s.At)
		t.escalation.finish(s.At)
	case StepResolved:
		t.response.finish(s.At)
		t.resolution.finish(s.At)
		t.escalation.finish(s.At)
		t.update.stop(s.At)
	case StepClosed:
		t.update.stop(s.At)
	case StepCanceled, StepMerged:
		for _, r := range []*run{&t.response, &t.resolution, &t.update, &t.escalation} {
			r.stop(s.At)
		}
	case StepReopened, StepResumed:
		p := t.m.Policy(t.priority)
		t.resolution.resume(s.At)
		t.escalation = begin(s.At, Target{Time: p.Escalate})
		t.update = begin(s.At, Target{Time: p.Update})
		if s.Kind == StepReopened {
			t.response = begin(s.At, p.Response)
		}
	case StepWaiting:
		t.resolution.unpause(s.At)
		if slices.Contains(t.m.Policy(t.priority).Stops, s.Waiting) && t.resolution.end.IsZero() {
			t.resolution.pauses = append(t.resolution.pauses, Pause{From: s.At, Reason: "waiting for " + string(s.Waiting)})
		}
	case StepContinued:
		t.resolution.unpause(s.At)
	case StepUpdate:
		if !t.update.stopped {
			t.update = run{start: s.At, promise: []promise{{from: s.At, due: s.Until}}}
		}
	case StepNotice, StepLeft: // say nothing about time
	}
}

func (t *tape) prioritise(s Step) {
	raised := s.Priority < t.priority
	t.priority = s.Priority
	p := t.m.Policy(s.Priority)
	t.response.retarget(s.At, p.Response, raised)
	t.resolution.retarget(s.At, p.Resolution, raised)
	t.update.retarget(s.At, Target{Time: p.Update}, raised)
	if t.escalation.end.IsZero() {
		t.escalation = begin(s.At, Target{Time: p.Escalate})
	}
}

func (r *run) retarget(at time.Time, t Target, raised bool) {
	switch {
	case !r.end.IsZero():
	case raised:
		r.promise = append(r.promise, promise{from: at, target: t})
	default:
		r.promise = []promise{{from: r.start, target: t}}
	}
}

func (r *run) finish(at time.Time) {
	if r.end.IsZero() {
		r.end = at
		r.unpause(at)
	}
}

func (r *run) stop(at time.Time) {
	if r.end.IsZero() {
		r.finish(at)
		r.stopped = true
	}
}

func (r *run) resume(at time.Time) {
	if !r.end.IsZero() {
		r.pauses = append(r.pauses, Pause{From: r.end, To: at, Reason: "restored"})
		r.end, r.stopped = time.Time{}, false
	}
}

func (r *run) unpause(at time.Time) {
	if n := len(r.pauses); n > 0 && r.pauses[n-1].To.IsZero() {
		r.pauses[n-1].To = at
	}
}
