// Package cmdb keeps the map of what runs: configuration items, the relations
// between them, who saw each of them when, and what breaks if one of them does.
//
// Sources (package connect/*, files, people) report what they see as Records.
// What a source said is stored apart, as an observation; the item that people
// look at is worked out from all observations of it by rules, so that a changed
// rule can be replayed, and no source ever overwrites another one's word.
//
//	source → run (staged, checked whole) → observations → identify → resolve
//	       → items and relations → delta → graph in memory of every replica
//
// Invariants:
//   - An item's number never changes and is never given again. Items are never
//     deleted: present → stale → retired.
//   - Absence counts only in a complete run of the same source and scope.
//   - A match that is not certain becomes a proposal, never a merge.
//   - A run is applied whole or not at all: everything is checked before the
//     first row changes, and an apply that was cut short goes on at the start.
//   - Every change of a relation or an item keeps what was before with its
//     time, so that "what was it last Friday at 18:00" has an answer.
//   - Hand-made facts are observations too, of the source "hand".
package cmdb

import (
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// State is whether an item is still seen.
type State string

// The states. Stale: a complete run of its only sources did not see it.
// Retired: stale for longer than the grace; kept because records name it.
const (
	Present State = "present"
	Stale   State = "stale"
	Retired State = "retired"
)

// States lists them in order.
var States = []State{Present, Stale, Retired}

// Item is one configuration item, as worked out from its observations.
type Item struct {
	ID          int64
	Kind        string // see Kinds
	Name        string
	Env         string // "production"; empty when no source says
	Team        string // as sources say; the owner of record is the service's team
	State       State
	Attributes  map[string]json.RawMessage // resolved
	Origins     map[string]Origin          // attribute → who said it
	Identifiers []Identifier
	Conflicts   int   // attributes on which sources differ
	MergedInto  int64 // another item that took its place; 0 for none
	FirstSeen   time.Time
	LastSeen    time.Time
	NextAt      time.Time // when its state moves on by itself; zero: never
	Version     int64
	Created     time.Time
	Updated     time.Time
}

// Ref is the item's key: CI-123.
func (i Item) Ref() ref.Ref { return ref.N(ref.Item, i.ID) }

// Origin is which observation an attribute's value comes from.
type Origin struct {
	Source string    `json:"source"`
	Scope  string    `json:"scope,omitempty"`
	At     time.Time `json:"at"`
	Other  int       `json:"other,omitempty"` // how many sources say something else
}

// Identifier is one name by which some system knows an item: scheme "arn",
// value "arn:aws:…". Schemes are listed in Schemes.
type Identifier struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// String is "arn=arn:aws:…".
func (i Identifier) String() string { return i.Scheme + "=" + i.Value }
