package cmdb

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// RunHeader says what a run is.
type RunHeader struct {
	Source string // "terraform"
	Scope  string // which part of the world it looks at: "prod/eu-west-1"; may be empty
	// Complete: what this run does not see is not there any more. Else absence
	// says nothing.
	Complete bool
	DryRun   bool // only say what would change
	// MaxShare is which part of the scope's items a complete run may turn stale
	// without asking first; 0 = DefaultMaxShare, 1 = never ask.
	MaxShare   float64
	Provenance Provenance // of relations that do not say; 0 = Declared
}

// DefaultMaxShare is RunHeader.MaxShare where it is 0: one item of five.
const DefaultMaxShare = 0.2

// RunState is how far a run is.
type RunState string

// The states. Asking: it would turn too much stale and waits for Confirm or
// Refuse. Dry: it was to change nothing.
const (
	RunReading  RunState = "reading"
	RunAsking   RunState = "asking"
	RunApplying RunState = "applying"
	RunApplied  RunState = "applied"
	RunRefused  RunState = "refused" // by a person, or because the input is wrong
	RunFailed   RunState = "failed"  // on our side; nothing changed
	RunDry      RunState = "dry"
)

// Run is one report of a source.
type Run struct {
	ID         int64
	Source     string
	Scope      string
	Complete   bool
	Dry        bool
	Provenance Provenance
	State      RunState
	Why        string // in words, of asking, refused and failed
	Actor      string
	Person     int64
	Counts     Counts
	Remarks    []Remark // the first MaxRemarks
	Diff       Diff
	Started    time.Time
	Finished   time.Time
	chunk      int // the next one to apply
}

// MaxRemarks bounds the remarks that are kept of a run.
const MaxRemarks = 500

// Ref is the run's key: RUN-7.
func (r Run) Ref() ref.Ref { return ref.N(ref.Run, r.ID) }

// Diff is what a run changes, worked out before it changes anything; the first
// DiffShown of each sort, with their number in Run.Counts.
type Diff struct {
	Created          []ItemChange     `json:"created,omitempty"`
	Changed          []ItemChange     `json:"changed,omitempty"`
	Stale            []ItemChange     `json:"stale,omitempty"`
	RelationsAdded   []RelationChange `json:"relations_added,omitempty"`
	RelationsChanged []RelationChange `json:"relations_changed,omitempty"`
	RelationsStale   []RelationChange `json:"relations_stale,omitempty"`
	Dangling         []RelationChange `json:"dangling,omitempty"`
}

// DiffShown bounds each list of a Diff.
const DiffShown = 100

// ItemChange is one item in a Diff, as the source tells it. What it does to the
// item that people see depends on what other sources say.
type ItemChange struct {
	Item       int64    `json:"item,omitempty"` // 0: not known yet
	Key        string   `json:"key"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Attributes []string `json:"attributes,omitempty"` // those that differ; also "name", "env", "team", "kind", "identifiers"
}

// RelationChange is one relation in a Diff, its ends as the source names them:
// "key:web", "service.name=checkout".
type RelationChange struct {
	From string       `json:"from"`
	Kind RelationKind `json:"kind"`
	To   string       `json:"to"`
}
