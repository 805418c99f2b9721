// Package fact is what is known about a change when policy is asked, typed and
// validated before any policy sees it.
//
// What is real here. A fact is a value; or not adopted: the practice that would
// know is not in use here, which is neutral; or unknown: it should be there and
// is not, which asks a human. A policy never has to guess which of the three an
// absent field means, because no field is ever absent: Input is complete, and a
// policy that reads a field that somebody removed gets no answer, which is
// NeedsReview.
//
// Invariants:
//   - Input is data only: no time is read, nothing is looked up after it was
//     gathered, so that a decision can be made again years later (backtest) and
//     comes out the same.
//   - It holds no more than policy needs: windows are reduced to those that
//     apply, collisions and incidents to those that touch the change's services
//     or what these need; lists are bounded (MaxList) and say when they were cut.
//   - Its JSON is the input of the policy, kept with each decision.
package fact

import "time"

// MaxList bounds each list of Input; Cut says how many were left out.
const MaxList = 20

// State says how far a fact is known.
type State string

// The states of a fact.
const (
	Value      State = "value"
	NotAdopted State = "not_adopted" // the practice is not in use here: neutral
	Unknown    State = "unknown"     // should be there and is not: asks a human
)

// Of is one fact. Value is the zero value of T unless State is Value.
type Of[T any] struct {
	State State  `json:"state"`
	Value T      `json:"value"`
	Why   string `json:"why,omitempty"` // of Unknown and NotAdopted: what is missing, in words
}

// Known is a fact with a value.
func Known[T any](v T) Of[T] { return Of[T]{State: Value, Value: v} }

// NotKnown is a fact that should be there and is not.
func NotKnown[T any](why string) Of[T] { return Of[T]{State: Unknown, Why: why} }

// NotInUse is a fact of a practice that is not in use.
func NotInUse[T any](why string) Of[T] { return Of[T]{State: NotAdopted, Why: why} }

// Input is everything that policy sees. Its field names are stable: policies
// of organisations stand on them; fields are added, never renamed.
type Input struct {
	Now    time.Time `json:"now"` // UTC
	Change Subject   `json:"change"`

	Services   Of[[]Service]  `json:"services"` // that the change names
	Blast      Of[Blast]      `json:"blast"`    // what breaks if they go down
	Size       Of[Size]       `json:"size"`
	Tests      Of[Tests]      `json:"tests"`       // of the very commit
	Scans      Of[Scans]      `json:"scans"`       // of the very commit
	Reviews    Of[Reviews]    `json:"reviews"`     // of the pull request
	Windows    Of[Windows]    `json:"windows"`     // freezes and windows now, and at the planned time
	Collisions Of[Collisions] `json:"collisions"`  // with other changes
	Incidents  Of[Incidents]  `json:"incidents"`   // open on the services and on what they need
	Budget     Of[Budget]     `json:"budget"`      // error budget of the worst service
	History    Of[History]    `json:"history"`     // of the services' changes
	ModelPast  Of[History]    `json:"model_past"`  // of the model's changes
	AuthorPast Of[History]    `json:"author_past"` // of the author's changes to these services
	Clock      Of[Clock]      `json:"clock"`
	Schema     Of[bool]       `json:"schema"` // it changes a database schema
	Rollback   Of[Rollback]   `json:"rollback"`
	Model      Of[Model]      `json:"model"`   // of a standard change
	Pending    Of[[]string]   `json:"pending"` // emergency changes of the services that nobody reviewed yet, "CHG-7"
	Risk       Of[Risk]       `json:"risk"`
}

// Subject is the change itself.
type Subject struct {
	Type        string    `json:"type"` // standard, normal, emergency
	Kind        string    `json:"kind"` // deploy, config, infrastructure, schema, flag
	Environment string    `json:"environment"`
	Commit      string    `json:"commit"`
	Artefact    string    `json:"artefact"`
	Model       string    `json:"model"`
	Author      bool      `json:"author"`      // somebody is named
	RollbackOf  string    `json:"rollback_of"` // "CHG-7"; empty: it takes nothing back
	PlannedFrom time.Time `json:"planned_from,omitzero"`
	PlannedTo   time.Time `json:"planned_to,omitzero"`
	Purpose     string    `json:"purpose"` // feature (empty is one), fix, security, reliability, rollback
}

// Service is a service that the change names.
type Service struct {
	Name      string `json:"name"`
	Tier      int    `json:"tier"` // 0 carries the business … 3 internal
	Lifecycle string `json:"lifecycle"`
	Team      string `json:"team"`
}

// Blast is what breaks when the services of a change go down.
type Blast struct {
	Services   []string `json:"services"`   // other services that go down or get worse, worst and most important first
	Boundaries int      `json:"boundaries"` // how many other services
	Teams      int      `json:"teams"`      // that own them, the change's own ones left out
	Items      int      `json:"items"`      // configuration items down or degraded
	WorstTier  int      `json:"worst_tier"` // of all that is hit, the change's services too
}

// Size is how much is changed.
type Size struct {
	Lines     int `json:"lines"` // added and removed
	Files     int `json:"files"`
	Resources int `json:"resources"` // of infrastructure
	Destroyed int `json:"destroyed"` // resources that are deleted or replaced
}

// Tests are the test runs of the commit, all suites together.
type Tests struct {
	Total   int `json:"total"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"` // failures and errors
	Skipped int `json:"skipped"`
	Suites  int `json:"suites"` // reports that were sent
}

// Scans are the findings of security scanners for the commit.
type Scans struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Notes    int `json:"notes"`
	Tools    int `json:"tools"` // that reported
}

// Reviews are the code reviews that stand.
type Reviews struct {
	Approved         int  `json:"approved"`          // different people, the author left out, on the commit that is deployed
	ChangesRequested int  `json:"changes_requested"` // different people whose last word that is
	Stale            int  `json:"stale"`             // approvals of an earlier commit
	Merged           bool `json:"merged"`
}

// Windows are the freezes and windows that apply to the change.
type Windows struct {
	Freezes  []Freeze  `json:"freezes"`       // in force when the change would start
	Required string    `json:"required"`      // a window outside of which such a change must not start; empty: none
	Inside   bool      `json:"inside"`        // it would start inside the required one
	Next     time.Time `json:"next,omitzero"` // when a required window opens, or the last freeze ends
	Cut      int       `json:"cut"`
}

// Freeze is one in force.
type Freeze struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Until   time.Time `json:"until"`
	Allows  []string  `json:"allows"` // types and purposes that may pass: "emergency", "security"
	Version int64     `json:"version"`
}

// Collisions are other changes in the way.
type Collisions struct {
	List []Collision `json:"list"`
	Cut  int         `json:"cut"`
}

// Collision is one other change that runs, or is planned, at the same time.
type Collision struct {
	Change   string    `json:"change"` // "CHG-316"
	Service  string    `json:"service"`
	Relation string    `json:"relation"` // same, needs (the change's service needs the other's), needed
	State    string    `json:"state"`
	From     time.Time `json:"from,omitzero"`
	To       time.Time `json:"to,omitzero"`
}

// Incidents are open ones.
type Incidents struct {
	List []Incident `json:"list"`
	Cut  int        `json:"cut"`
}

// Incident is one that is open on a service of the change, or on one it needs.
type Incident struct {
	Key      string `json:"key"`
	Priority int    `json:"priority"` // 1 to 4
	Service  string `json:"service"`
	Relation string `json:"relation"` // same, needs
}

// Budget is the state of the error budget.
type Budget struct {
	Left    float64 `json:"left"`  // share of the budget; below 0 when overspent
	Level   string  `json:"level"` // ample, low, spent
	Service string  `json:"service"`
}

// History is how earlier changes went. Rate is smoothed, so that one failure
// among two changes is not 50 %: (failed + 1·base) ÷ (changes + 1/…); see
// package change/risk.
type History struct {
	Changes int     `json:"changes"`
	Failed  int     `json:"failed"`
	Rate    float64 `json:"rate"` // smoothed, 0 to 1
}

// Clock is the time of day where the owner team works.
type Clock struct {
	Weekday  int  `json:"weekday"`  // 1 Monday … 7 Sunday
	Hour     int  `json:"hour"`     // 0 to 23
	Business bool `json:"business"` // within the team's business hours
	LastDay  bool `json:"last_day"` // the last business day before at least two free ones, after noon
}

// Rollback is how the change would be taken back.
type Rollback struct {
	Plan      bool      `json:"plan"`            // somebody wrote one
	Automated bool      `json:"automated"`       // a reference to one that runs by itself
	Proven    time.Time `json:"proven,omitzero"` // when it last worked
	Returns   bool      `json:"returns"`         // this change is itself a return to an artefact that already ran successfully on that service
}

// Model is the pre-approved model of a standard change.
type Model struct {
	Name        string   `json:"name"`
	PreApproved bool     `json:"pre_approved"` // in force now: not expired, not withdrawn
	InScope     bool     `json:"in_scope"`     // services, kind and conditions fit
	Why         []string `json:"why"`          // what does not fit, in words
}

// Risk is the score.
type Risk struct {
	Score   int      `json:"score"` // 0 to 100
	Level   string   `json:"level"` // low, medium, high
	Model   string   `json:"model"` // "RISK-7"
	Factors []Factor `json:"factors"`
}

// Factor is one factor's share of the score. The points of all factors and the
// base add up to the score (before rounding).
type Factor struct {
	Name   string  `json:"name"`
	Text   string  `json:"text"`   // "Tier 0 service"
	Points float64 `json:"points"` // what it adds to the score; below 0: takes away
}
