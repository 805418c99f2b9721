package change

import "time"

// due is one thing that happens to a change by itself.
type due struct {
	At   time.Time
	What dueKind
}

type dueKind string

const (
	dueExpiry  dueKind = "expiry"  // an approval expires
	dueRecheck dueKind = "recheck" // policy is asked again
	dueStart   dueKind = "start"   // it starts soon
	dueMissed  dueKind = "missed"  // its planned time passed
	dueVerify  dueKind = "verify"  // verification ends
	dueReview  dueKind = "review"  // the review is overdue
)

// dues lists what is pending on a change, in no order.
func dues(c Change, p Settings) (out []due) {
	add := func(at time.Time, what dueKind) {
		if !at.IsZero() {
			out = append(out, due{at, what})
		}
	}
	switch c.State {
	case Assessed:
		add(c.RecheckAt, dueRecheck)
	case Awaiting:
		add(c.ExpiresAt, dueExpiry)
		add(c.RecheckAt, dueRecheck) // a pipeline told something new about its commit
	case Approved:
		add(c.ExpiresAt, dueExpiry)
	case Scheduled:
		add(c.ExpiresAt, dueExpiry)
		if c.Told&ToldStart == 0 && p.Remind > 0 {
			add(c.PlannedFrom.Add(-time.Duration(p.Remind)), dueStart)
		}
		add(c.PlannedTo, dueMissed)
	case Verifying:
		add(c.VerifyUntil, dueVerify)
	}
	if c.Reviewed.IsZero() && c.Told&ToldOverdue == 0 {
		add(c.ReviewDue, dueReview)
	}
	return out
}

// nextDue is when the first of dues comes; zero when nothing is pending.
func nextDue(c Change, p Settings) (at time.Time) {
	for _, d := range dues(c, p) {
		if at.IsZero() || d.At.Before(at) {
			at = d.At
		}
	}
	return at
}
