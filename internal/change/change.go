// Package change answers "may I ship?" by policy in milliseconds, and keeps what
// happened afterwards, so that "who broke it?" is answered by evidence.
//
// What is real here. A change is one step of one or more services in one
// environment: a commit or artefact that goes to users, a configuration, a
// schema, a flag, a piece of infrastructure. Nobody fills in a form: pipelines
// ask the gate and tell what they did, and the record follows from that. What a
// gate was told, what Evenkeel knew (package fact), what policy said about it
// (package policy), who approved, what was deployed and how it went are kept
// together and are evidence.
//
// Invariants:
//   - A decision is a pure function of facts and the version of the policy. It
//     is stored with both before it is answered. Nothing, an error or a timeout
//     is needs_review. The versions of policy, windows and weights are read
//     inside the transaction that decides.
//   - A return to an artefact that already ran successfully on that service is
//     allowed, whatever policy, windows and budgets say; merely calling a change
//     a rollback opens nothing.
//   - What happened is recorded also when it was not allowed (Bypass), arrives
//     twice, late, or in another order: events converge to one record.
//   - The author of a change never approves it (four eyes); an approval holds
//     for the commit that was shown, until it expires.
//   - An emergency change is reviewed afterwards, and the next change of that
//     service that is no emergency waits for it.
//   - Association is never shown as cause: only a confirmed caused_by edge is.
//
// How. The gate (gate.go) gathers facts on a snapshot, evaluates outside of any
// transaction, and decides inside one if what it stood on is unchanged, else
// again inside. lifecycle.go is the state table. Deadlines (expiry, planned
// start, end of verification, due reviews) are next_at of the row. Ingest turns
// the events of pipelines into changes. Sub-packages: fact, risk, window,
// verify, suspect, dora, packet; changeapi and changeweb are its doors.
package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Type says by which way a change goes.
type Type string

// The types (ITIL 4, change enablement).
const (
	Standard  Type = "standard" // by a pre-approved model, no human gate
	Normal    Type = "normal"   // by risk
	Emergency Type = "emergency"
)

// Types lists all types.
var Types = []Type{Standard, Normal, Emergency}

// Kind says what is changed.
type Kind string

// The kinds.
const (
	Deploy         Kind = "deploy"
	Config         Kind = "config"
	Infrastructure Kind = "infrastructure"
	Schema         Kind = "schema"
	Flag           Kind = "flag"
)

// Kinds lists all kinds.
var Kinds = []Kind{Deploy, Config, Infrastructure, Schema, Flag}

// Purpose says what a change is for; a spent error budget and many freezes let
// some purposes pass.
type Purpose string

// The purposes.
const (
	Feature     Purpose = "feature"
	Fix         Purpose = "fix"
	Security    Purpose = "security"
	Reliability Purpose = "reliability"
	Rollback    Purpose = "rollback"
)

// Purposes lists all purposes.
var Purposes = []Purpose{Feature, Fix, Security, Reliability, Rollback}

// Production is the environment in which changes are gated unless Settings name
// others. What goes to other environments is kept as a fact about its commit.
const Production = "production"

// Change is the record. Times are UTC, zero when it has not happened.
type Change struct {
	ID      int64
	Version int64 // grows with every visible change

	Title       string
	Summary     string
	Type        Type
	Kind        Kind
	Purpose     Purpose
	State       State
	Model       string   // of a standard change
	Services    []string // names in the catalog; the first is the main one
	Team        string   // that owned the main service when the change was made
	Environment string

	Repository  string // "harbour/checkout", as the forge names it
	Commit      string // the full hash, lower case
	Branch      string
	PullRequest string // its address
	Artefact    string // what is deployed: version, tag or digest; the commit when nothing else is known
	Previous    string // artefact that ran before
	Link        string // the pipeline's run

	Author       string // as the source names the author; personal data
	AuthorPerson int64  // 0: nobody we know
	Source       string // integration, or "gate", "page", "api"

	RollbackPlan string
	RollbackRef  string // an automated rollback: "github:harbour/checkout/rollback.yml", "argo-rollouts:…", "webhook:…"
	RollbackOf   int64  // the change that this one takes back
	Returns      bool   // … to an artefact that ran successfully
	TakenBackBy  int64  // the change that took this one back

	Decision  int64 // the one that stands; 0: policy was not asked
	Outcome   policy.Outcome
	Risk      int           // 0 to 100; -1: unknown
	RiskLevel string        // low, medium, high; empty: unknown
	Bypass    bool          // it began without being allowed
	Waited    time.Duration // from the request for approval to the last one needed

	CreatedAt   time.Time
	CommittedAt time.Time // of the oldest commit that it brings; for the lead time
	AssessedAt  time.Time
	RequestedAt time.Time // approvals were asked for
	ApprovedAt  time.Time
	PlannedFrom time.Time
	PlannedTo   time.Time
	StartedAt   time.Time
	DeployedAt  time.Time // complete; verification begins
	VerifyUntil time.Time
	EndedAt     time.Time
	RecoveredAt time.Time // of a failed one: users were served well again

	Rework bool // an unplanned deployment to mend what users noticed (DORA's rework rate)

	Caused int // incidents of which it is confirmed to be the cause

	OutcomeBy     string // what or who set the outcome: "verification", "pipeline", "person", "incident", "rollback"
	OutcomePerson int64
	OutcomeReason string

	ReviewDue time.Time // of an emergency change: 5 business days after it ended
	Reviewed  time.Time
	ReviewBy  int64
	Review    string // what the review found

	ExpiresAt time.Time // when the first of its approvals, given or waited for, expires; set by the gate
	RecheckAt time.Time // when policy is asked again by itself: a freeze ends; set by the gate
	NextAt    time.Time // the first of all that is due by itself

	Told    Told   // what people were reminded of
	Entries int    // how many there are
	Trail   string // head of the chain over the entries' digests
	salt    []byte
}

// Told is a set of reminders that went out, so that nobody gets one twice.
type Told int64

// The reminders.
const (
	ToldStart   Told = 1 << iota // it starts soon
	ToldOverdue                  // its review is overdue
)

// Bad reports whether the change counts as failed: it did, was taken back, or
// is confirmed as the cause of an incident.
func (c Change) Bad() bool {
	return c.State == Failed || c.State == RolledBack || c.State == Succeeded && c.Caused > 0
}

// Ref is the change's key.
func (c Change) Ref() ref.Ref { return ref.N(ref.Change, c.ID) }

// Key is "CHG-77".
func (c Change) Key() string { return c.Ref().String() }

// Main is the first service; empty when there is none.
func (c Change) Main() string {
	if len(c.Services) == 0 {
		return ""
	}
	return c.Services[0]
}
