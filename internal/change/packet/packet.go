// Package packet hands out everything that is known about one change as one
// file, which proves itself.
//
// What is real here. An auditor asks for one deployment: what was it, who
// approved it, what was tested, which rules applied, how did it go, and how do I
// know that this was not written last night? A packet answers with the record, the
// decisions with all that they stood on and the digest of the policy that made
// them, approvals, tests, scans and reviews, what happened in order, outcome and
// confirmed causes; as an in-toto statement about the commit and the artefact, in
// a DSSE envelope with the proofs of the evidence log (package attest). Continuous
// integration can attach it to the artefact; `evenkeel evidence verify` checks it
// without the server.
//
// Invariants:
//   - A packet is a pure function of the record: asked for twice, the same
//     statement comes out, and the log takes it once (entry change.packet).
//   - People are record keys (USR-17), never names, logins or addresses; reviewers
//     of code are counted. What people wrote as notes is left out; reasons of
//     approvals and outcomes are in, because they are what is audited.
//   - Nothing in it depends on who asks: what only some may see (restricted
//     incidents) is never in it.
//
// How. Collect reads the rows of one snapshot, Issue has the log take the
// statement and seals it, packetweb renders what a packet says for people.
package packet

import (
	"encoding/json"
	"time"
)

// PredicateType names the content below. A change of meaning gets another one.
const PredicateType = "https://evenkeel.dev/change/v1"

// Content is what a packet says. Times are UTC; those that are absent have not
// happened.
type Content struct {
	Change    Change     `json:"change"`
	Decisions []Decision `json:"decisions"` // oldest first; of shadow policies and dry runs none
	Approvals []Approval `json:"approvals"`
	Tests     []Fact     `json:"tests"`
	Scans     []Fact     `json:"scans"`
	Builds    []Fact     `json:"builds"`
	Plans     []Fact     `json:"plans"`
	Reviews   []Review   `json:"reviews"`
	Reports   []Report   `json:"reports"` // what pipelines reported about the deployment
	History   []Entry    `json:"history"`
	Causes    []Cause    `json:"causes"` // incidents that it is confirmed to have caused
}

// Change is the record.
type Change struct {
	Key          string    `json:"key"`
	Version      int64     `json:"version"`
	Title        string    `json:"title"`
	Summary      string    `json:"summary,omitempty"`
	Type         string    `json:"type"`
	Kind         string    `json:"kind"`
	Purpose      string    `json:"purpose,omitempty"`
	State        string    `json:"state"`
	Model        string    `json:"model,omitempty"`
	Services     []string  `json:"services"`
	Team         string    `json:"team,omitempty"`
	Environment  string    `json:"environment"`
	Repository   string    `json:"repository,omitempty"`
	Commit       string    `json:"commit,omitempty"`
	Branch       string    `json:"branch,omitempty"`
	PullRequest  string    `json:"pull_request,omitempty"`
	Artefact     string    `json:"artefact,omitempty"`
	Previous     string    `json:"previous,omitempty"`
	Link         string    `json:"link,omitempty"`
	Author       string    `json:"author,omitempty"` // "USR-17", or "outside": named by the source, nobody we know
	Source       string    `json:"source,omitempty"`
	RollbackPlan string    `json:"rollback_plan,omitempty"`
	RollbackRef  string    `json:"rollback_ref,omitempty"`
	RollbackOf   string    `json:"rollback_of,omitempty"`
	Returns      bool      `json:"returns,omitempty"`
	TakenBackBy  string    `json:"taken_back_by,omitempty"`
	Outcome      string    `json:"decided,omitempty"` // allow, needs_review, deny
	Risk         *int      `json:"risk,omitempty"`
	RiskLevel    string    `json:"risk_level,omitempty"`
	Bypass       bool      `json:"bypass,omitempty"`
	Waited       float64   `json:"waited_seconds,omitempty"`
	Rework       bool      `json:"rework,omitempty"`
	CreatedAt    time.Time `json:"created_at,omitzero"`
	CommittedAt  time.Time `json:"committed_at,omitzero"`
	AssessedAt   time.Time `json:"assessed_at,omitzero"`
	RequestedAt  time.Time `json:"requested_at,omitzero"`
	ApprovedAt   time.Time `json:"approved_at,omitzero"`
	PlannedFrom  time.Time `json:"planned_from,omitzero"`
	PlannedTo    time.Time `json:"planned_to,omitzero"`
	StartedAt    time.Time `json:"started_at,omitzero"`
	DeployedAt   time.Time `json:"deployed_at,omitzero"`
	EndedAt      time.Time `json:"ended_at,omitzero"`
	RecoveredAt  time.Time `json:"recovered_at,omitzero"`
	EndedBy      string    `json:"outcome_by,omitempty"`
	EndedPerson  string    `json:"outcome_person,omitempty"`
	EndedReason  string    `json:"outcome_reason,omitempty"`
	ReviewDue    time.Time `json:"review_due,omitzero"`
	ReviewedAt   time.Time `json:"reviewed_at,omitzero"`
	ReviewBy     string    `json:"review_by,omitempty"`
	Review       string    `json:"review,omitempty"`
}

// Decision is one answer of policy with what it stood on.
type Decision struct {
	Key      string          `json:"key"`
	At       time.Time       `json:"at"`
	Mode     string          `json:"mode"` // gate | start
	Policy   Policy          `json:"policy"`
	Weights  string          `json:"weights"`  // "RISK-7"; "RISK-0" comes with the program
	Windows  int64           `json:"windows"`  // stamp of the windows
	Settings int64           `json:"settings"` // version of the settings
	Outcome  string          `json:"outcome"`
	Risk     int             `json:"risk"`
	Input    json.RawMessage `json:"input"`  // fact.Input
	Result   json.RawMessage `json:"result"` // policy.Decision

	policy int64
}

// Policy is the version that decided.
type Policy struct {
	Key    string `json:"key"`              // "POLICY-3"; "POLICY-0" comes with the program
	Digest string `json:"digest,omitempty"` // of its modules, "sha256:…"; its entries in the log hold it too
}

// Approval is one that was needed.
type Approval struct {
	Rule      string    `json:"rule"`
	Who       string    `json:"who"`
	State     string    `json:"state"`
	AskedAt   time.Time `json:"asked_at"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Person    string    `json:"person,omitempty"` // "USR-17", or "outside"
	OnBehalf  string    `json:"on_behalf_of,omitempty"`
	Via       string    `json:"via,omitempty"`
	Commit    string    `json:"commit,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

// Fact is what a tool told about the commit, as it is kept.
type Fact struct {
	Name string          `json:"name"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// Review is a code review's last word. Reviewers are numbered, not named.
type Review struct {
	Reviewer int       `json:"reviewer"`
	Verdict  string    `json:"verdict"`
	Commit   string    `json:"commit"`
	At       time.Time `json:"at"`
}

// Report is a phase of the deployment, as a pipeline told it first.
type Report struct {
	Source string    `json:"source"`
	Phase  string    `json:"phase"`
	At     time.Time `json:"at"`
}

// Entry is one line of what happened.
type Entry struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Actor  string    `json:"actor"`          // "user:17", "integration:3", "system"
	Text   string    `json:"text,omitempty"` // absent for what people wrote as notes
	Detail string    `json:"detail,omitempty"`
}

// Cause is an incident that the change is confirmed to have caused.
type Cause struct {
	Incident string    `json:"incident"`
	Rule     string    `json:"rule"`
	Person   string    `json:"person,omitempty"`
	At       time.Time `json:"at"`

	incident int64
}
