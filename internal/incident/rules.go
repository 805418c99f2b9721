package incident

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Transition is one arrow of the drawing in docs/practice/incidents.md.
type Transition struct {
	Verb     Verb
	From, To State
}

// Transitions is the whole state table. Reopening goes back to triggered when
// alerts do it (somebody must respond again) and to acknowledged when a person
// does it (they are there). A person may also take back "mitigated" when the
// service breaks again before it was resolved.
var Transitions = []Transition{
	{VerbAcknowledge, Triggered, Acknowledged},
	{VerbMitigate, Triggered, Mitigated},
	{VerbMitigate, Acknowledged, Mitigated},
	{VerbResolve, Triggered, Resolved},
	{VerbResolve, Acknowledged, Resolved},
	{VerbResolve, Mitigated, Resolved},
	{VerbClose, Resolved, Closed},
	{VerbReopen, Resolved, Triggered},
	{VerbReopen, Resolved, Acknowledged},
	{VerbReopen, Mitigated, Acknowledged},
	{VerbCancel, Triggered, Canceled},
	{VerbCancel, Acknowledged, Canceled},
	{VerbMerge, Triggered, Merged},
	{VerbMerge, Acknowledged, Merged},
	{VerbMerge, Mitigated, Merged},
}

// achieved lists the states in which the purpose of a verb is already
// fulfilled, so that asking again, or late, from an old message, changes
// nothing and is no error.
var achieved = map[Verb][]State{
	VerbAcknowledge: {Acknowledged, Mitigated, Resolved, Closed},
	VerbMitigate:    {Mitigated, Resolved, Closed},
	VerbResolve:     {Resolved, Closed},
	VerbClose:       {Closed},
	VerbReopen:      {Triggered, Acknowledged},
	VerbCancel:      {Canceled},
}

// allowed reports whether the table has an arrow.
func allowed(v Verb, from, to State) bool {
	return slices.Contains(Transitions, Transition{v, from, to})
}

// decide says what a verb towards a state does: change is false when there is
// nothing to do. Errors: Conflict when the state forbids it, with the way out.
func decide(i Incident, v Verb, to State) (change bool, err error) {
	if allowed(v, i.State, to) {
		return true, nil
	}
	if slices.Contains(achieved[v], i.State) {
		return false, nil
	}
	return false, refused(i, v)
}

func refused(i Incident, v Verb) error {
	var e *errs.Error
	switch i.State {
	case Merged:
		e = errs.E(errs.Conflict, "it was merged; go on with %s", Incident{ID: i.MergedInto}.Key())
	case Closed:
		e = errs.E(errs.Conflict, "it is closed, which is final; declare a new incident and name this one")
	case Canceled:
		e = errs.E(errs.Conflict, "it was canceled, which is final; declare a new incident")
	default:
		e = errs.E(errs.Conflict, "it is %s; %s is not possible from there", i.State, v)
	}
	return e.On(i.Key())
}

// mustBeOpen refuses verbs that make sense only while people have work.
func mustBeOpen(i Incident, v Verb) error {
	if i.State.Open() {
		return nil
	}
	return refused(i, v)
}

// final reports whether nothing but notes, links and visibility may change.
func final(s State) bool { return s == Closed || s == Merged || s == Canceled }

// can says which verbs a state leaves open, before any permission.
func can(i Incident) map[Verb]bool {
	out := map[Verb]bool{VerbNote: true, VerbRestrict: true}
	for _, t := range Transitions {
		if t.From == i.State {
			out[t.Verb] = true
		}
	}
	if i.State.Open() {
		out[VerbReassign] = true
		out[VerbWait] = i.Waiting == ""
		out[VerbContinue] = i.Waiting != ""
	}
	if i.State.Open() || i.State == Resolved {
		out[VerbAssign], out[VerbUpdate], out[VerbEdit] = true, true, true
	}
	return out
}

// raise improves a priority by steps, P1 at best.
func raise(p Priority, steps int) Priority { return max(P1, p-Priority(max(0, steps))) }

// due is one thing that happens by itself.
type due struct {
	At   time.Time
	What dueKind
}

type dueKind string

const (
	dueResponse   dueKind = "response"   // response target missed
	dueResolution dueKind = "resolution" // resolution target missed
	dueUpdate     dueKind = "update"     // public update due
	dueEscalation dueKind = "escalation" // priority rises
	dueReview     dueKind = "review"     // open for so long that the weekly review should see it
	dueClose      dueKind = "close"      // resolved for so long that it is closed
)

// dues lists everything that is pending, earliest first. What was noticed
// already (a notice step at or after the due time) is not pending.
func dues(i Incident, c Clocks, m *Matrix, h Hours) []due {
	var out []due
	add := func(c Clock, k dueKind) {
		if (c.State == Running || c.State == Soon || c.State == Breached) && c.End.IsZero() && !c.Due.IsZero() && !noticed(i.Steps, c.Kind, c.Due) {
			out = append(out, due{c.Due, k})
		}
	}
	add(c.Response, dueResponse)
	add(c.Resolution, dueResolution)
	add(c.Update, dueUpdate)
	add(c.Escalation, dueEscalation)
	if i.State.Open() && i.Priority >= P3 && i.Persistent == "" && !m.ReviewAfter.Zero() {
		if at, ok := m.ReviewAfter.from(i.TriggeredAt, h); ok {
			out = append(out, due{at, dueReview})
		}
	}
	if i.State == Resolved && m.CloseAfter > 0 {
		out = append(out, due{i.ResolvedAt.Add(m.CloseAfter), dueClose})
	}
	slices.SortStableFunc(out, func(a, b due) int { return a.At.Compare(b.At) })
	return out
}

func noticed(steps []Step, k ClockKind, at time.Time) bool {
	for _, s := range steps {
		if s.Kind == StepNotice && s.Clock == k && !s.At.Before(at) {
			return true
		}
	}
	return false
}

// nextDue is when dues has its first; zero when nothing is pending.
func nextDue(i Incident, c Clocks, m *Matrix, h Hours) time.Time {
	if d := dues(i, c, m, h); len(d) > 0 {
		return d[0].At
	}
	return time.Time{}
}

// MeasuresOf computes an incident's measures: DOMAIN.md, "Measures".
func MeasuresOf(i Incident) Measures {
	since := func(from, to time.Time) time.Duration {
		if from.IsZero() || to.IsZero() {
			return -1
		}
		return max(0, to.Sub(from))
	}
	restored := i.MitigatedAt
	if restored.IsZero() {
		restored = i.ResolvedAt
	}
	return Measures{
		Detect:      since(i.StartedAt, i.TriggeredAt),
		Acknowledge: since(i.TriggeredAt, i.AcknowledgedAt),
		Mitigate:    since(i.TriggeredAt, restored),
		Resolve:     since(i.TriggeredAt, i.ResolvedAt),
		Reopened:    i.Reopened,
		Reassigned:  i.Reassigned,
	}
}
