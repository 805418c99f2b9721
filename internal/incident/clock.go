package incident

import "time"

// ClockKind names a clock.
type ClockKind string

// The clocks of an incident.
const (
	ResponseClock   ClockKind = "response"   // until acknowledged
	ResolutionClock ClockKind = "resolution" // until mitigated, or resolved if that comes first
	UpdateClock     ClockKind = "update"     // until the next public status update
	EscalationClock ClockKind = "escalation" // until the priority rises by itself
)

// ClockState is how a clock stands at a moment.
type ClockState string

// The states of a clock.
const (
	NoClock  ClockState = ""    // the policy sets no target
	Met      ClockState = "met" // ended in time
	Running  ClockState = "running"
	Soon     ClockState = "soon"     // less than 15 minutes or a quarter of the target is left
	Breached ClockState = "breached" // ran out; stays so after it has ended late
	Paused   ClockState = "paused"   // waits, and the policy stops this clock meanwhile
	Stopped  ClockState = "stopped"  // ended without meeting anything: canceled, merged, or no longer needed
)

// Clock is one clock at one moment, ready to be shown.
type Clock struct {
	Kind    ClockKind
	State   ClockState
	Target  Target
	Start   time.Time
	Due     time.Time     // while paused: if it went on now; zero when there is no target
	End     time.Time     // when it ended; zero while it runs
	Elapsed time.Duration // counted time, without pauses and outside of business hours
	Total   time.Duration // counted time that the target allows
	Left    time.Duration // Total − Elapsed; negative when breached
	Pauses  []Pause
}

// Pause is a time in which a clock did not count.
type Pause struct {
	From, To time.Time // To is zero while it lasts
	Reason   string    // "waiting for supplier", "restored"
}

// Clocks are all clocks of one incident.
type Clocks struct{ Response, Resolution, Update, Escalation Clock }

// Hours is a team's business calendar.
type Hours interface {
	// Between returns the business time between two moments, 0 if to is before from.
	Between(from, to time.Time) time.Duration
	// Add returns when d of business time will have passed; false when the calendar never gets there.
	Add(from time.Time, d time.Duration) (time.Time, bool)
	// AddDays returns when n business days will have passed; false when the calendar never gets there.
	AddDays(from time.Time, n int) (time.Time, bool)
}

// StepKind is something that moves a clock.
type StepKind string

// The steps.
const (
	StepTriggered    StepKind = "triggered"
	StepAcknowledged StepKind = "acknowledged"
	StepMitigated    StepKind = "mitigated"
	StepResolved     StepKind = "resolved"
	StepClosed       StepKind = "closed"
	StepCanceled     StepKind = "canceled"
	StepMerged       StepKind = "merged"
	StepReopened     StepKind = "reopened" // back to triggered: respond again
	StepResumed      StepKind = "resumed"  // back to acknowledged
	StepPriority     StepKind = "priority"
	StepWaiting      StepKind = "waiting"
	StepContinued    StepKind = "continued"
	StepUpdate       StepKind = "update" // a public status update; Until = promised next one
	StepLeft         StepKind = "left"   // who was on it left; nothing else tells
	StepNotice       StepKind = "notice" // a notice of this clock went out; keeps due work idempotent
)

// Step is one event on the clocks' input tape.
type Step struct {
	At       time.Time `json:"at"`
	Kind     StepKind  `json:"kind"`
	Priority Priority  `json:"priority,omitempty"` // triggered, priority
	Waiting  Waiting   `json:"waiting,omitempty"`  // waiting
	Until    time.Time `json:"until,omitzero"`     // update
	Clock    ClockKind `json:"clock,omitempty"`    // notice
	Person   int64     `json:"person,omitempty"`   // acknowledged, resumed, mitigated, resolved, left: who did; 0 = a machine
	Quiet    bool      `json:"quiet,omitempty"`    // triggered, reopened, resumed: kept from people by the rule, or by a machine
}
