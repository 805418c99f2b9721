package cmdb

import "time"

// RelationKind is what one item is to another.
type RelationKind string

// The kinds of relations (DOMAIN: service, CI, relation). "from kind to" reads
// as a sentence: checkout depends_on payments.
const (
	DependsOn  RelationKind = "depends_on"
	RunsOn     RelationKind = "runs_on"
	PartOf     RelationKind = "part_of"
	Calls      RelationKind = "calls"
	StoresIn   RelationKind = "stores_in"
	OwnedBy    RelationKind = "owned_by"
	Provides   RelationKind = "provides"
	ConnectsTo RelationKind = "connects_to" // a cable or a route: shown, no need either way
)

// RelationKinds lists them; the position is the number by which the graph
// knows the kind, so it never changes.
var RelationKinds = []RelationKind{DependsOn, RunsOn, PartOf, Calls, StoresIn, OwnedBy, Provides, ConnectsTo}

// Need is who needs whom in a relation: containment and calls are different
// questions from "what breaks".
type Need int

// The directions of need. FromNeedsTo: depends_on, runs_on, calls, stores_in.
// ToNeedsFrom: part_of (the whole needs its part), provides (who is provided
// for needs the provider). NoNeed: owned_by, connects_to.
const (
	NoNeed Need = iota
	FromNeedsTo
	ToNeedsFrom
)

// Need is the direction of a kind.
func (k RelationKind) Need() Need {
	switch k {
	case DependsOn, RunsOn, Calls, StoresIn:
		return FromNeedsTo
	case PartOf, Provides:
		return ToNeedsFrom
	}
	return NoNeed
}

// Strength is what the failure of the needed end does to the needing one.
type Strength string

// Hard: it cannot work without. Soft: it works worse without.
const (
	Hard Strength = "hard"
	Soft Strength = "soft"
)

// DefaultStrength is that of a relation of which nobody says more. That a call
// was seen does not tell that the caller cannot live without it, so calls are
// soft until somebody declares them hard.
func (k RelationKind) DefaultStrength() Strength {
	if k == Calls {
		return Soft
	}
	return Hard
}

// Provenance is how a relation is known; several at once.
type Provenance uint8

// Declared: written down by somebody (manifest, catalog, hand). Observed: seen
// at work (traces, metrics). Inferred: worked out by a rule of ours.
const (
	Declared Provenance = 1 << iota
	Observed
	Inferred
)

// Relation is one relation between two items; at most one of a kind from one
// item to another.
type Relation struct {
	ID         int64
	From, To   int64
	Kind       RelationKind
	Strength   Strength
	Group      string // redundancy group among the needs of the needing end; empty: alone
	Need       int    // how many members of the group must work (k of n); 0 when alone
	Provenance Provenance
	Flow       Flow  // what is measured on it; zero when nothing is
	State      State // retired: it is over, kept for history
	Since      time.Time
	LastSeen   time.Time
	NextAt     time.Time
	Revision   int64 // grows with each change; the newest wins in the graph
	Updated    time.Time
}

// Flow is what an observed relation carries.
type Flow struct {
	PerSecond float64   `json:"per_second,omitempty"` // calls, over the last window
	Errors    float64   `json:"errors,omitempty"`     // share 0 to 1
	P95       float64   `json:"p95_seconds,omitempty"`
	At        time.Time `json:"at,omitzero"`
}
