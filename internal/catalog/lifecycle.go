package catalog

import "slices"

// Lifecycle is where a service is in its life (DOMAIN: service).
type Lifecycle string

// The states.
const (
	Proposed   Lifecycle = "proposed"   // planned; nobody depends on it yet
	Live       Lifecycle = "live"       // people depend on it
	Deprecated Lifecycle = "deprecated" // still runs; use something else
	Retired    Lifecycle = "retired"    // gone; kept because records name it
)

// Lifecycles lists the states in order.
var Lifecycles = []Lifecycle{Proposed, Live, Deprecated, Retired}

// Moves is the state table: what may follow what. A retired service can come
// back, because a name is never given to another one.
var Moves = map[Lifecycle][]Lifecycle{
	Proposed:   {Live, Retired},
	Live:       {Deprecated, Retired},
	Deprecated: {Live, Retired},
	Retired:    {Live},
}

// CanMove reports whether a state may follow another; staying always may.
func CanMove(from, to Lifecycle) bool { return from == to || slices.Contains(Moves[from], to) }
