package graph

// Edge is one relation, or one former form of it.
type Edge struct {
	ID         int64
	From, To   uint32 // items; 0 is none
	Kind       uint8  // position in cmdb.RelationKinds, below 32
	Hard       bool
	Group      uint32 // redundancy group; 0 alone. In a Delta: from Delta.Group; from a View: for View.Group
	Need       uint16 // k of the group's n; 0 counts as 1
	Provenance uint8  // bits as in cmdb.Provenance; below 128
	// Since and Until are seconds since 1970 UTC, half open; Until 0 is the
	// present form. The form that ends a relation has its old Since, its Until
	// and the next Revision. A form that is followed by another one need not be
	// closed: the Since of the next one closes it.
	Since, Until int64
	// Revision grows with each change of the relation. 0 is for closed forms
	// whose number is not known any more.
	Revision int64
}

// The kinds of relations, by position in cmdb.RelationKinds.
const (
	DependsOn uint8 = iota
	RunsOn
	PartOf
	Calls
	StoresIn
	OwnedBy
	Provides
	ConnectsTo

	kindMost = 32 // kinds have five bits
)

// Direction is who needs whom.
type Direction uint8

// The directions of need, as in cmdb.Need.
const (
	NoNeed Direction = iota
	FromNeedsTo
	ToNeedsFrom
)

// directions is cmdb.RelationKind.Need by number; a test compares them. Kinds
// that this version does not know mean no need.
var directions = [kindMost]Direction{DependsOn: FromNeedsTo, RunsOn: FromNeedsTo, PartOf: ToNeedsFrom, Calls: FromNeedsTo, StoresIn: FromNeedsTo, Provides: ToNeedsFrom}

// inside tells the kinds of which From is contained in To.
var inside = [kindMost]bool{RunsOn: true, PartOf: true}

// NeedOf is the direction of a kind.
func NeedOf(kind uint8) Direction {
	if kind >= kindMost {
		return NoNeed
	}
	return directions[kind]
}

// Ends are who needs and what is needed; of a relation without need From and To.
func (e Edge) Ends() (needs, needed uint32) {
	if NeedOf(e.Kind) == ToNeedsFrom {
		return e.To, e.From
	}
	return e.From, e.To
}

// State is whether an item is still seen, as in cmdb.State.
type State uint8

// The states.
const (
	Present State = iota
	Stale
	Retired
)

// Node is what the graph knows of an item.
type Node struct {
	Kind  string
	State State
	Known bool // false: only relations name it
}

// NodeChange sets the facts of an item; the highest Revision wins.
type NodeChange struct {
	ID       uint32
	Kind     string
	State    State
	Revision int64
}

// Delta is what a transaction changed.
type Delta struct {
	Nodes  []NodeChange
	Groups []string // texts that Edge.Group means: 1 is the first
	Edges  []Edge

	index map[string]uint32
}

// Group is the number of a group's text within this delta; 0 for "".
func (d *Delta) Group(text string) uint32 {
	if text == "" {
		return 0
	}
	if d.index == nil {
		d.index = make(map[string]uint32, len(d.Groups))
		for i, t := range d.Groups {
			d.index[t] = uint32(i + 1)
		}
	}
	n, ok := d.index[text]
	if !ok {
		d.Groups = append(d.Groups, text)
		n = uint32(len(d.Groups))
		d.index[text] = n
	}
	return n
}

// Empty tells whether nothing changes.
func (d Delta) Empty() bool { return len(d.Nodes) == 0 && len(d.Edges) == 0 }
