package change

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// State is where a change stands.
type State string

// The states. A change that nobody decided yet is a draft; what policy allowed
// is approved without anybody asked.
const (
	Draft      State = "draft"
	Assessed   State = "assessed" // facts and risk are known, the decision stands
	Awaiting   State = "awaiting approval"
	Approved   State = "approved"
	Scheduled  State = "scheduled" // approved, and starts at a time to come
	InProgress State = "in progress"
	Verifying  State = "verifying" // deployed; health is compared with before
	Succeeded  State = "succeeded"
	Failed     State = "failed"
	RolledBack State = "rolled back"
	Rejected   State = "rejected"
	Canceled   State = "canceled"
)

// States lists all states in the order of a life.
var States = []State{Draft, Assessed, Awaiting, Approved, Scheduled, InProgress, Verifying, Succeeded, Failed, RolledBack, Rejected, Canceled}

// Verb is one step of a life.
type Verb string

// The verbs.
const (
	VerbAssess   Verb = "assess"   // policy was asked
	VerbAsk      Verb = "ask"      // approvals are needed
	VerbApprove  Verb = "approve"  // the last approval that was needed was given
	VerbReject   Verb = "reject"   // somebody who may approve said no
	VerbSchedule Verb = "schedule" // it starts at a time to come
	VerbStart    Verb = "start"    // the deployment began
	VerbVerify   Verb = "verify"   // the deployment is complete
	VerbSucceed  Verb = "succeed"
	VerbFail     Verb = "fail"
	VerbRollBack Verb = "roll back" // an earlier artefact came back in its place
	VerbCancel   Verb = "cancel"
	VerbReopen   Verb = "reopen"  // a decision is asked for anew: another commit, an expired approval, a time that passed
	VerbCorrect  Verb = "correct" // a person says that the outcome was another, and why
)

// Transition is one arrow of the drawing in docs/practice/change.md.
type Transition struct {
	Verb     Verb
	From, To State
}

// Transitions is the whole state table. A pipeline may start what was not
// approved (Evenkeel was down and the pipeline fails open, or somebody went
// around the gate): that is recorded as what it was (Change.Bypass), because a
// record that refuses what happened is a record that lies.
var Transitions = []Transition{
	{VerbAssess, Draft, Assessed},
	{VerbAsk, Assessed, Awaiting},
	{VerbApprove, Assessed, Approved},
	{VerbApprove, Awaiting, Approved},
	{VerbReject, Assessed, Rejected},
	{VerbReject, Awaiting, Rejected},
	{VerbReject, Approved, Rejected},
	{VerbReject, Scheduled, Rejected},
	{VerbSchedule, Approved, Scheduled},
	{VerbReopen, Awaiting, Assessed},
	{VerbReopen, Approved, Assessed},
	{VerbReopen, Scheduled, Assessed},
	{VerbReopen, Rejected, Assessed},
	{VerbStart, Approved, InProgress},
	{VerbStart, Scheduled, InProgress},
	{VerbStart, Draft, InProgress},
	{VerbStart, Assessed, InProgress},
	{VerbStart, Awaiting, InProgress},
	{VerbStart, Rejected, InProgress},
	{VerbStart, Canceled, InProgress},
	{VerbVerify, InProgress, Verifying},
	{VerbSucceed, Verifying, Succeeded},
	{VerbSucceed, InProgress, Succeeded},
	{VerbFail, InProgress, Failed},
	{VerbFail, Verifying, Failed},
	{VerbRollBack, InProgress, RolledBack},
	{VerbRollBack, Verifying, RolledBack},
	{VerbRollBack, Failed, RolledBack},
	{VerbRollBack, Succeeded, RolledBack},
	{VerbCancel, Draft, Canceled},
	{VerbCancel, Assessed, Canceled},
	{VerbCancel, Awaiting, Canceled},
	{VerbCancel, Approved, Canceled},
	{VerbCancel, Scheduled, Canceled},
	{VerbCancel, Rejected, Canceled},
	{VerbCorrect, Succeeded, Failed},
	{VerbCorrect, Succeeded, RolledBack},
	{VerbCorrect, Failed, Succeeded},
	{VerbCorrect, Failed, RolledBack},
	{VerbCorrect, RolledBack, Failed},
	{VerbCorrect, RolledBack, Succeeded},
}

// Open reports whether a change is not over.
func (s State) Open() bool {
	return !slices.Contains([]State{Succeeded, Failed, RolledBack, Rejected, Canceled}, s)
}

// Running reports whether a change is on its way to users now.
func (s State) Running() bool { return s == InProgress || s == Verifying }

// Completed reports whether a change reached users and its outcome is known:
// what the change failure rate counts.
func (s State) Completed() bool { return s == Succeeded || s == Failed || s == RolledBack }

// achieved lists the states in which the purpose of a verb is already
// fulfilled, so that asking again, or late, changes nothing and is no error.
var achieved = map[Verb][]State{
	VerbAssess:   {Assessed, Awaiting, Approved, Scheduled, InProgress, Verifying, Succeeded, Failed, RolledBack},
	VerbAsk:      {Awaiting},
	VerbApprove:  {Approved, Scheduled, InProgress, Verifying, Succeeded, Failed, RolledBack},
	VerbReject:   {Rejected},
	VerbSchedule: {Scheduled},
	VerbStart:    {InProgress, Verifying, Succeeded, Failed, RolledBack},
	VerbVerify:   {Verifying, Succeeded, Failed, RolledBack},
	VerbSucceed:  {Succeeded},
	VerbFail:     {Failed, RolledBack},
	VerbRollBack: {RolledBack},
	VerbCancel:   {Canceled},
	VerbReopen:   {Assessed},
}

// decide says what a verb towards a state does: change is false when there is
// nothing to do. Errors: Conflict when the state forbids it, with the way out.
func decide(c Change, v Verb, to State) (change bool, err error) {
	if slices.Contains(Transitions, Transition{v, c.State, to}) {
		return true, nil
	}
	if slices.Contains(achieved[v], c.State) {
		return false, nil
	}
	way := "it is %s; %s is not possible from there"
	switch {
	case c.State.Completed():
		way = "it is over (%s), so %s is not possible; correct its outcome if that is wrong"
	case c.State == Rejected || c.State == Canceled:
		way = "it is %s, so %s is not possible; ask the gate again for a new decision"
	}
	return false, errs.E(errs.Conflict, way, c.State, v).On(c.Key())
}

// Can lists the verbs that a state leaves open, before any permission.
func Can(s State) (out []Verb) {
	for _, t := range Transitions {
		if t.From == s && !slices.Contains(out, t.Verb) {
			out = append(out, t.Verb)
		}
	}
	return out
}
