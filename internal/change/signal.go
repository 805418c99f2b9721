package change

import (
	"encoding/json"
	"time"
)

// SignalKind says what a pipeline told.
type SignalKind string

// The kinds of signals. All but SignalDeployment are facts about a commit; they
// are kept in change_commit under these words.
const (
	SignalPush       SignalKind = "push"       // commits came to a branch
	SignalPull       SignalKind = "pull"       // a pull or merge request stands as told
	SignalReview     SignalKind = "review"     // somebody's last word about a pull request
	SignalTests      SignalKind = "tests"      // one suite's result
	SignalScan       SignalKind = "scan"       // one scanner's findings
	SignalBuild      SignalKind = "build"      // one workflow, pipeline, job or check
	SignalPlan       SignalKind = "plan"       // what an infrastructure tool is going to do
	SignalDeployment SignalKind = "deployment" // a step of a deployment, or of any other change
	SignalDeployed   SignalKind = "deployed"   // only stored, never sent: a deployment to an environment that is not gated
)

// Signal is one thing that a pipeline told: exactly the part that its kind names
// is set. Receivers make signals and decide nothing: which service, which change,
// allowed or not is found by Ingest.
//
// Signals may come twice, late, and in any order: what is kept is a set (the
// newest word of each key about a commit, the first time of each phase of a
// deployment), and the record is a function of that set.
type Signal struct {
	Kind       SignalKind
	At         time.Time // when it happened, as the sender says; zero: when it arrived
	Repository string    // "harbour/checkout", as the forge names it; empty: unknown
	Commit     string    // full hash (40 or 64 hex digits); empty: unknown

	Push       *Pushed
	Pull       *Pull
	Review     *Review
	Tests      *Tests
	Scan       *Scan
	Build      *Build
	Plan       *Plan
	Deployment *Deployment
}

// The parts below are the JSON in change_commit.data. Fields are added, never
// renamed: rows of earlier versions are read again.

// Pushed is commits that came to a branch; Signal.Commit is the new head. Key: the
// branch.
type Pushed struct {
	Branch    string    `json:"branch"`
	Before    string    `json:"before,omitempty"` // the head before; empty: a new branch
	Title     string    `json:"title,omitempty"`  // first line of the head's message
	Author    string    `json:"author,omitempty"` // login of the head's author, else the address
	Committed time.Time `json:"committed,omitzero"`
	Oldest    time.Time `json:"oldest,omitzero"`    // of the commits pushed, for the lead time
	Commits   int       `json:"commits,omitempty"`  // how many
	Files     []string  `json:"files,omitempty"`    // touched, at most MaxFiles
	FileCount int       `json:"n_files,omitempty"`  // touched, all
	Reverts   []string  `json:"reverts,omitempty"`  // commits that a message says it takes back
	Link      string    `json:"link,omitempty"`     // comparison with before
	Default   bool      `json:"default,omitempty"`  // the repository's default branch
	Migrates  bool      `json:"migrates,omitempty"` // a file among those touched is a database migration
}

// MaxFiles bounds Pushed.Files.
const MaxFiles = 100

// Pull is a pull or merge request; Signal.Commit is its head. It is kept under
// the head and, once merged, under the merge commit too. Key: the number.
type Pull struct {
	Number    int64     `json:"number"`
	Link      string    `json:"link"`
	Title     string    `json:"title"`
	Author    string    `json:"author"` // login
	Branch    string    `json:"branch"` // of the head
	Base      string    `json:"base"`   // branch that it goes to
	Head      string    `json:"head"`   // commit
	Merged    string    `json:"merged,omitempty"`
	MergedAt  time.Time `json:"merged_at,omitzero"`
	MergedBy  string    `json:"merged_by,omitempty"`
	Created   time.Time `json:"created,omitzero"`
	Added     int       `json:"added,omitempty"`   // lines
	Removed   int       `json:"removed,omitempty"` // lines
	Files     int       `json:"files,omitempty"`
	Commits   int       `json:"commits,omitempty"`
	Sized     bool      `json:"sized,omitempty"` // the sender told the four above
	Closed    bool      `json:"closed,omitempty"`
	Labels    []string  `json:"labels,omitempty"`
	Reverts   []string  `json:"reverts,omitempty"`    // commits that its text says it takes back
	RevertsPR int64     `json:"reverts_pr,omitempty"` // number of the pull request that it takes back, of the same repository
}

// Review is somebody's last word about a pull request; Signal.Commit is what was
// looked at. Key: number, slash, reviewer.
type Review struct {
	Number   int64     `json:"number"`
	Reviewer string    `json:"reviewer"` // login
	Author   string    `json:"author"`   // login of the pull request's author
	Verdict  Verdict   `json:"verdict"`
	At       time.Time `json:"at"`
	Link     string    `json:"link,omitempty"`
}

// Verdict is what a review says.
type Verdict string

// The verdicts. A comment alone takes no verdict back.
const (
	ReviewApproved  Verdict = "approved"
	ReviewChanges   Verdict = "changes requested"
	ReviewCommented Verdict = "commented"
	ReviewDismissed Verdict = "dismissed" // an earlier verdict of the reviewer does not count any more
)

// Tests is the result of one suite for the commit. Key: the suite.
type Tests struct {
	Suite   string `json:"suite"`
	Total   int    `json:"total"`
	Passed  int    `json:"passed"`
	Failed  int    `json:"failed"` // failures and errors
	Skipped int    `json:"skipped"`
	Link    string `json:"link,omitempty"`
}

// Scan is the findings of one scanner for the commit. Key: the tool.
type Scan struct {
	Tool     string `json:"tool"`
	Errors   int    `json:"errors"`
	Warnings int    `json:"warnings"`
	Notes    int    `json:"notes"`
	Link     string `json:"link,omitempty"`
}

// Build is one workflow, pipeline, job or check of the commit. Key: its name.
type Build struct {
	Name     string    `json:"name"`
	Result   Result    `json:"result"`
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	Artefact string    `json:"artefact,omitempty"`
	Link     string    `json:"link,omitempty"`
}

// Result is how a build went.
type Result string

// The results.
const (
	ResultRunning  Result = "running"
	ResultPassed   Result = "passed"
	ResultFailed   Result = "failed"
	ResultCanceled Result = "canceled"
	ResultSkipped  Result = "skipped"
)

// Plan is what an infrastructure tool is going to do. Key: the tool and its
// workspace.
type Plan struct {
	Tool      string   `json:"tool"` // "terraform default"
	Created   int      `json:"created"`
	Updated   int      `json:"updated"`
	Destroyed int      `json:"destroyed"` // deleted and replaced
	Resources []string `json:"resources,omitempty"`
	Items     []string `json:"items,omitempty"` // names of configuration items that it touches
	Schema    bool     `json:"schema,omitempty"`
	Link      string   `json:"link,omitempty"`
}

// Phase is a step of a deployment.
type Phase string

// The phases in the order of a life.
const (
	PhaseCreated    Phase = "created"   // somebody wants it
	PhaseWaiting    Phase = "waiting"   // it waits for an answer of the gate or of people
	PhaseStarted    Phase = "started"   // it is going to users
	PhaseSucceeded  Phase = "succeeded" // it is complete; verification begins
	PhaseFailed     Phase = "failed"
	PhaseCanceled   Phase = "canceled" // it never reached users
	PhaseRolledBack Phase = "rolled back"
)

// Phases lists all phases.
var Phases = []Phase{PhaseCreated, PhaseWaiting, PhaseStarted, PhaseSucceeded, PhaseFailed, PhaseCanceled, PhaseRolledBack}

// Deployment is one step of a deployment, or of any other change that a
// pipeline carries out. A retry is another deployment with another key.
type Deployment struct {
	Key         string `json:"-"` // required; the sender's name for it, unique within the integration: "deployment:harbour/checkout:4711"
	Phase       Phase  `json:"-"`
	Environment string `json:"environment,omitempty"` // as the sender names it; empty: production
	Production  bool   `json:"production,omitempty"`  // the sender says that users are there, whatever it is called
	Preview     bool   `json:"preview,omitempty"`     // it goes away again (review apps): never a change

	// What is deployed. Services are names or aliases of the catalog; without
	// them Application is looked up there, then Repository (and Path), then the
	// integration's own service is taken.
	Services    []string `json:"services,omitempty"`
	Application string   `json:"application,omitempty"`
	Path        string   `json:"path,omitempty"`      // folder within the repository
	Artefact    string   `json:"artefact,omitempty"`  // version, tag or digest; empty: the commit
	Previous    string   `json:"previous,omitempty"`  // artefact that ran before; empty: as the record knows
	Branch      string   `json:"branch,omitempty"`    // or tag
	RunsOnly    bool     `json:"runs_only,omitempty"` // the sender tells what runs, not what somebody wanted (Argo CD): nothing is opened for an artefact that runs already

	Title   string `json:"title,omitempty"` // empty: made from service, artefact and environment
	Summary string `json:"summary,omitempty"`
	Author  string `json:"author,omitempty"` // login or address
	Link    string `json:"link,omitempty"`   // the run
	Reason  string `json:"reason,omitempty"` // why it failed, was canceled or rolled back, in the sender's words

	Change       Kind      `json:"kind,omitempty"` // empty: deploy
	Type         Type      `json:"type,omitempty"` // empty: normal; standard when Model is set
	Purpose      Purpose   `json:"purpose,omitempty"`
	Model        string    `json:"model,omitempty"`
	RollbackPlan string    `json:"rollback_plan,omitempty"`
	RollbackRef  string    `json:"rollback_ref,omitempty"` // as Change.RollbackRef
	RollbackOf   string    `json:"rollback_of,omitempty"`  // commit or artefact that it takes back, or "CHG-7"
	PlannedFrom  time.Time `json:"planned_from,omitzero"`
	PlannedTo    time.Time `json:"planned_to,omitzero"`

	Gate *Gate `json:"-"` // it waits for our answer
}

// Gate is where the answer to a waiting deployment goes. Target is what the
// caller of this kind needs (see callout.go) and is kept with the call.
type Gate struct {
	Call   CallKind
	Target json.RawMessage
	Asks   bool // only a question: would this commit be allowed now? Nothing is opened, and nothing is going to be deployed yet
	Maybe  bool // it may wait for something else: nothing is opened unless this integration has what is needed to answer
}

// Source is who sends: an integration.
type Source struct {
	Name    string // the integration's
	Service string // its default service; empty: none
	Team    string // owns the services that it proposes; empty: none is proposed
}

// Receipt says what became of a delivery.
type Receipt struct {
	Repeat  bool     // it was taken before; nothing was done
	Signals int      // taken
	Ignored int      // of no use, with the reason in Notes
	Changes []int64  // touched
	Notes   []string // what was changed or left out on arrival, in words
}
