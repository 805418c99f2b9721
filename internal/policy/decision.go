package policy

import "time"

// Outcome is what a policy says about a change.
type Outcome string

// The outcomes, weakest first. Whatever is not a clear answer is NeedsReview.
const (
	Allow       Outcome = "allow"
	NeedsReview Outcome = "needs_review"
	Deny        Outcome = "deny"
)

// Decision is the answer of one evaluation. It is a pure function of the input
// and the version of the policy.
type Decision struct {
	Outcome     Outcome      `json:"outcome"`
	Reviews     []Review     `json:"reviews,omitempty"` // of NeedsReview: all of them must be given
	Reasons     []Reason     `json:"reasons"`
	Obligations []Obligation `json:"obligations,omitempty"`
	Failed      string       `json:"failed,omitempty"` // why the policy gave no answer; the outcome is NeedsReview then
}

// Review is an approval that is needed.
type Review struct {
	Who   string `json:"who"`   // a Reviewer: "peer", "owner", "on-call", "board", "manager" or "team:payments"
	Count int    `json:"count"` // how many different people, at least 1
	Rule  string `json:"rule"`  // the rule that asks for it
}

// The reviewers that a policy can ask for; also "team:" and a team's name.
const (
	Peer    = "peer"    // anybody who may respond, but the author; a code review counts
	Owner   = "owner"   // a member of a team that owns one of the services
	OnCall  = "on-call" // who is on call for one of the services now
	Board   = "board"   // the change authority of the organisation
	Manager = "manager" // a manager of a team that owns one of the services
	Team    = "team:"   // a member of the team that follows
)

// Reviewers lists the fixed reviewers.
var Reviewers = []string{Peer, Owner, OnCall, Board, Manager}

// Effect is what a rule does to the decision.
type Effect string

// The effects, as the page of a change shows them.
const (
	Adds    Effect = "adds"    // adds review
	Eases   Effect = "eases"   // makes less review enough
	Neutral Effect = "none"    // was looked at and changes nothing
	Denies  Effect = "denies"  // stands against the change, also with approval
	Unknown Effect = "unknown" // a fact that should be there is not: adds review
)

// Reason is one rule's contribution in words.
type Reason struct {
	Rule   string `json:"rule"`   // the rule's short name, "error-budget"
	Effect Effect `json:"effect"` // what it does
	Text   string `json:"text"`   // one sentence with the figures that it looked at
}

// Duty is what an obligation asks for.
type Duty string

// The duties.
const (
	Notify Duty = "notify" // tell Whom when the change starts
	Verify Duty = "verify" // watch the service for For after the deployment
	Window Duty = "window" // do not start before From (RFC 3339), nor after Until
)

// Obligation is what whoever goes on must do.
type Obligation struct {
	Do    Duty      `json:"do"`
	Rule  string    `json:"rule"`
	Whom  []string  `json:"whom,omitempty"` // notify: Reviewers, or "channel:" and a channel's name
	For   string    `json:"for,omitempty"`  // verify: an ISO 8601 duration, "PT30M"
	From  time.Time `json:"from,omitzero"`  // window
	Until time.Time `json:"until,omitzero"` // window
	Text  string    `json:"text,omitempty"`
}
