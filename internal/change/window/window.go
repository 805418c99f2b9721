// Package window is when changes may happen: freezes that hold them, windows
// outside of which they must not start, and maintenance and release trains that
// people should know of.
//
// What is real here. An organisation says "nothing goes out over payday
// weekend, but emergencies", "the ledger's schema only on Tuesday nights", "the
// train leaves on Thursday at ten". Each is a window: when (once, or repeated
// on the wall of a place, or the hours of a business calendar), for whom
// (services, teams, tiers, environments, kinds of changes) and what it does.
// A freeze names the types and purposes that pass it. All change windows that a
// service is in stand beside each other: a change starts inside one of them.
// Maintenance and release trains hold nothing; they are on the time line.
//
// Invariants:
//   - Compile and everything on a Set is pure: no database, no clock. A set is
//     immutable and safe for concurrent use.
//   - Repetition follows the wall (package recur): 22:00 stays 22:00 when clocks
//     change. The length is whole days on the wall and exact time: P1D ends at
//     the same time of day, PT24H 24 hours later (RFC 5545, 3.3.6).
//   - A window lasts from its beginning up to, not including, its end. Those
//     that overlap or touch count as one.
//   - Of a scope's fields that are given all must hold, and of each field's
//     list one. A change of several services is held if any of them is.
//   - Facts and Free agree with a reading of every window at every second (the
//     oracle of the property test), also around changes of clocks.
//
// How. A window keeps the stretch of time around the last instant it was asked
// about, in which its answer is the same, so that a gate asks hundreds of
// windows in a microsecond or two (span.go). A set indexes its windows by the
// narrowest field of their scope (set.go).
package window

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Kind says what a window does.
type Kind string

// The kinds.
const (
	Freeze      Kind = "freeze"        // no change starts, but those it allows
	Change      Kind = "change-window" // changes start only inside
	Maintenance Kind = "maintenance"   // planned work; it holds nothing
	Train       Kind = "release-train" // a departure that teams plan for; it holds nothing
)

// Kinds lists all kinds.
var Kinds = []Kind{Freeze, Change, Maintenance, Train}

// Spec is a window as people write it, in a file, a form or the API.
type Spec struct {
	Title    string   `json:"title,omitempty" doc:"What people call it, at most 100 characters"`
	Reason   string   `json:"reason,omitempty" doc:"Why, for those whom it holds, at most 1000 characters"`
	Kind     Kind     `json:"kind" enum:"freeze,change-window,maintenance,release-train" doc:"What it does"`
	Scope    Scope    `json:"scope,omitzero" doc:"For whom; nothing: for every change"`
	Allows   []string `json:"allows,omitempty" doc:"Types and purposes of changes that pass: standard, normal, emergency, feature, fix, security, reliability, rollback"`
	Zone     string   `json:"zone,omitempty" doc:"IANA time zone of its times, like Europe/Berlin; not needed with a calendar alone"`
	Start    string   `json:"start,omitempty" doc:"Local date and time at which it first begins, like 2026-11-27T18:00"`
	End      string   `json:"end,omitempty" doc:"Local date and time at which the first one ends; or give a duration"`
	Duration string   `json:"duration,omitempty" doc:"How long it lasts, like PT2H or P3D; days keep the time of day when clocks change"`
	Repeat   string   `json:"repeat,omitempty" doc:"How it repeats, an RRULE of RFC 5545 like FREQ=WEEKLY;BYDAY=TU"`
	Also     []string `json:"also,omitempty" doc:"Further beginnings, local dates and times (RDATE)"`
	Except   []string `json:"except,omitempty" doc:"Beginnings that do not take place, local dates and times, or dates (EXDATE)"`
	Calendar string   `json:"calendar,omitempty" doc:"A business calendar: without a start, its hours are the window; with one, only what begins in its hours takes place"`
	Hours    Hours    `json:"hours,omitempty" enum:"open,closed" doc:"Whether the calendar's open hours count (default) or its closed ones"`
}

// Hours says which hours of a calendar count.
type Hours string

// The hours; empty is Open.
const (
	Open   Hours = "open"
	Closed Hours = "closed"
)

// Scope says for whom a window is.
type Scope struct {
	Services     []string `json:"services,omitempty" doc:"Names in the catalog"`
	Teams        []string `json:"teams,omitempty" doc:"Owner teams"`
	Tiers        []int    `json:"tiers,omitempty" doc:"0 carries the business, 3 is internal"`
	Environments []string `json:"environments,omitempty" doc:"None: all whose changes are gated"`
	Kinds        []string `json:"kinds,omitempty" doc:"deploy, config, infrastructure, schema, flag; none: all"`
	Without      []string `json:"without,omitempty" doc:"Services that it is not for"`
}

// Named is a window as it is compiled into a set.
type Named struct {
	Name     string
	Version  int64
	Spec     Spec
	Calendar *calendar.Calendar // of Spec.Calendar; nil when it names none
}

// Subject is a service that a change touches.
type Subject struct {
	Service string
	Team    string
	Tier    int
}

// Span is a stretch of time, from up to but not including to; a zero To has no
// end.
type Span struct{ From, To time.Time }

// Ref is the window's key.
func (n Named) Ref() ref.Ref { return ref.S(ref.Window, n.Name) }

// Title is what people call it.
func (n Named) Title() string {
	if n.Spec.Title != "" {
		return n.Spec.Title
	}
	return n.Name
}
