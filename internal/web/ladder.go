package web

import "html/template"

// Rung is one step of a ladder: something that happens after another, at a
// time or after a wait, to people. It is drawn on a line of time by the
// component "ladder", whose argument is a []Rung.
type Rung struct {
	At     string        // "at once", "+5 min"
	Stamp  template.HTML // a time from View, in place of At
	Title  string        // "Step 1"
	Tags   []Tag
	People []Person
	Lines  []RungLine
	Why    string // a reason, or what lacks
	Class  string // done, next, later, skip, bad
	Icon   string
}

// RungLine is one whom a step means.
type RungLine struct{ Icon, Text, Name, Path string }
