// Package scorecard says how well a service is kept: rules as code over facts,
// with levels, a trend, and what to do next.
//
// A card has checks. Each check is a rule in CEL (https://cel.dev) over typed
// facts (fact.go), belongs to a level (bronze, silver, gold), and says why it
// matters and what to do when it fails. A card applies to the services of
// which its filter is true. Two cards come with the program (shipped.go): for
// services that carry the business and for the rest; a card of the same name
// that is written here takes the place of one of those.
//
// Facts are gathered in Go by sources, which the wiring provides. A fact is a
// value, unknown (it should be there and is not), or not adopted (the practice
// that would know is not in use here). Rules are evaluated with what is
// missing marked as such, so that a rule that does not need a missing fact
// still has an answer. A check whose answer hangs on an unknown fact never
// passes and says what is not known; one that hangs only on practices that are
// not in use is neutral: not counted.
//
// Invariants:
//   - A rule that does not compile, or is not a yes or no, is refused when the
//     card is written, with line and column.
//   - A rule has a limit of cost and of time; one that fails while it is
//     evaluated is unknown, never passed.
//   - The level of a service is the highest one of which, and below which, all
//     counted checks pass. A level of which nothing is counted is not given.
//   - The job (due.go) measures every service each hour, and soon after the
//     service or a card changes, and keeps one result a day for the trend. The
//     service page measures anew, so that it never shows what is mended as
//     broken.
package scorecard

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Level is how well a service is kept.
type Level int

// The levels.
const (
	None Level = iota
	Bronze
	Silver
	Gold
)

// Levels are those that a check can belong to, lowest first.
var Levels = []Level{Bronze, Silver, Gold}

var levelNames = [...]string{"none", "bronze", "silver", "gold"}

func (l Level) String() string { return levelNames[min(max(l, None), Gold)] }

// LevelOf reads a level's name.
func LevelOf(s string) (Level, bool) {
	for i, n := range levelNames {
		if n == s {
			return Level(i), true
		}
	}
	return None, false
}

// Spec is a card as people write it.
type Spec struct {
	Title       string  `json:"title,omitempty" doc:"What people call it; default: the name"`
	Description string  `json:"description,omitempty" doc:"For which services it is, and why"`
	Applies     string  `json:"applies,omitempty" doc:"CEL over the facts of the service itself, like service.tier <= 1; default: all services that are not retired"`
	Checks      []Check `json:"checks" doc:"1 to 50"`
}

// Check is one rule of a card.
type Check struct {
	ID    string `json:"id" doc:"1 to 63 of a-z, 0-9 and dash" example:"runbook-fresh"`
	Title string `json:"title" doc:"What is so when it passes" example:"Runbook read in the last 90 days"`
	Rule  string `json:"rule" doc:"CEL over facts, true when it passes" example:"runbook.age_days < 90"`
	Level string `json:"level,omitempty" enum:"bronze,silver,gold" doc:"Default bronze"`
	Why   string `json:"why,omitempty" doc:"Why it matters"`
	Next  string `json:"next,omitempty" doc:"What to do when it fails"`
	Link  string `json:"link,omitempty" doc:"Where to do it, a path here or a web address; {service} stands for the service's name"`
}

func (c Check) level() Level {
	if l, ok := LevelOf(c.Level); ok {
		return l
	}
	return Bronze
}

// Card is one scorecard.
type Card struct {
	Name string
	Spec
	Version int64
	Shipped bool // it comes with the program; nobody wrote it here
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Get
}

// Ref is the card's key.
func (c Card) Ref() ref.Ref { return ref.S(ref.Scorecard, c.Name) }

func (c Card) digest() string { return evidence.Digest(nil, []any{c.Name, c.Spec, c.Version}) }

// State is how a check came out.
type State string

// The states.
const (
	Passed  State = "passed"
	Failed  State = "failed"
	Unclear State = "unknown" // a fact is not known, or the rule failed: it does not pass
	Neutral State = "neutral" // a practice is not in use here: not counted
)

// Result is how one check of a service came out.
type Result struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	Fact  string `json:"fact,omitempty"` // what was found, "121 d"; why it is not known
}

// Standing is how a service stands by one card.
type Standing struct {
	Service string
	Card    string
	Level   Level
	Passed  int
	Counted int
	Results []Result // in the order of the card's checks
	At      time.Time
}

// Day is a result of the trend.
type Day struct {
	Day             time.Time // its midnight, UTC
	Level           Level
	Passed, Counted int
}
