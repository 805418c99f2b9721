package web

import (
	"html/template"
	"time"
)

// The components: each is a template in components/*.html with one of these
// structs (or a plain string) as its argument. README.md shows each in use.

// Person is how people appear: avatar and name. The zero Person is nobody.
type Person struct {
	Handle, Name string
	You          bool
}

// Short is the first name.
func (p Person) Short() string {
	for i, r := range p.Name {
		if r == ' ' {
			return p.Name[:i]
		}
	}
	if p.Name == "" {
		return p.Handle
	}
	return p.Name
}

// Badge-like arguments: "priority" takes "P1".."P4"; "state" takes an incident
// state word; "severity" an alert severity word; "health" one of down,
// degraded, risk, ok. Unknown words show as themselves, without a glyph.

// Tag is a small neutral or tinted word: tone is "", red, orange, amber, green, violet or accent.
type Tag struct{ Text, Tone, Icon string }

// Button is a link or, with Post, a small form that posts. Tone: "", primary, danger, quiet.
// A title that ends in "…" says that a form follows.
type Button struct {
	Title, Path, Icon, Tone string
	Post                    bool
	Small                   bool
	Only                    bool // icon only; the title is then its label for screen readers
	Key                     string
}

// Empty is what stands where nothing is: icon, sentence, what to do, one button.
type Empty struct {
	Icon, Title, Text string
	Button            *Button
}

// Notice is the one notice a page may carry: bold fact, its effect, one or two actions.
// Tone: amber (default), red, green, accent.
type Notice struct {
	Tone, Icon, Fact, Effect string
	Buttons                  []Button
}

// Tab is one saved view of a list, or one tab of a page.
type Tab struct {
	Title, Path string
	N           int // shown when HasN
	HasN        bool
	Current     bool
}

// Filter is the token bar: tokens that are set, each with the path without it,
// and a box to add one. Submitting goes to Path with the parameter q.
type Filter struct {
	Path    string
	Tokens  []Token
	Keep    []Hidden // parameters that stay as they are
	Hint    string   // placeholder of the box
	Value   string   // what the box holds after a refusal
	Fault   string   // why a token was not understood, and what would be
	Buttons []Button // group, sort, columns
}

// Token is one condition, "is:firing".
type Token struct{ Key, Value, Raw, Without string } // Raw: as it stands in the query; empty = Key:Value

// Hidden is one hidden parameter.
type Hidden struct{ Name, Value string }

// Pager moves through a keyset list; empty paths show as not there.
type Pager struct {
	Newer, Older string
	NewerTitle   string // empty = "Newer"
	Shown        string // "50 shown, newest first"
}

// Table is a plain list of rows; pages with richer rows write their own
// <table class="ek-table">.
type Table struct {
	Label   string // for screen readers
	Columns []Column
	Rows    []Row
	Select  string // name of the rows' check boxes; empty = not selectable
	V       *View
}

// Column is a head with an optional width in pixels and alignment to the right.
type Column struct {
	Title string
	Width int
	Right bool
	Phone bool // false = hidden on phones, except the first text column
}

// Row is one record; Path makes its first text cell a link.
type Row struct {
	ID    string // value of the check box
	Label string // what is selected, for screen readers
	Cells []Cell
	Quiet bool
}

// Cell shows what is set, in this order: Priority, Severity, State, Health,
// Person, Icon, Key, Text (a link with Path), Tag, Sub, At, Dur, Spark, Buttons.
type Cell struct {
	Priority, Severity, State, Health string
	Person                            *Person
	Icon, Key, Text, Path, Sub        string
	Tag                               *Tag
	At                                time.Time
	Dur                               time.Duration
	Spark                             *Spark
	Buttons                           []Button
	Mono                              bool
	Tone                              string        // of Text: red, amber, green
	HTML                              template.HTML // for what the others cannot say
}

// Def is one row of a definition list.
type Def struct {
	Term, Text, Path, Sub string
	HTML                  template.HTML
}

// Menu is a <details> menu: works without script, closes on Escape and outside clicks with it.
type Menu struct {
	Title string
	Icon  string
	Only  bool // show only the icon
	Small bool
	Items []Button
}

// Confirm is a small form that asks before it acts: what happens, and a button
// that says so.
type Confirm struct {
	Path, Title, Text string
	Button            string
	Danger            bool
	Fields            []Field
	Keep              []Hidden
	Cancel            string // path back
}

// Bulk is the bar that appears when rows are selected. Without script it stands
// below the list.
type Bulk struct {
	Path    string // where the surrounding form posts to
	Actions []BulkAction
}

// BulkAction is one button of the bar: the form is posted with action=Value.
type BulkAction struct{ Value, Title, Icon string }

// Card is a titled box round already rendered content, for panels.
type Card struct {
	ID, Title, Count string
	Link             string
	LinkTitle        string
	Body             template.HTML
	Pad              bool // body needs padding
}
