package suspect

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// State is what is said of an edge between a change and an incident.
type State string

// The states of an edge.
const (
	Suggested State = "suggested" // by the ranking: an association
	Confirmed State = "confirmed" // the change caused the incident
	Rejected  State = "rejected"  // a person says that it did not
)

// States lists all states.
var States = []State{Suggested, Confirmed, Rejected}

// Rule says who set the state.
type Rule string

// The rules.
const (
	ByRanking   Rule = "ranked"
	ByTakenBack Rule = "taken back" // it was rolled back or reverted while the incident lasted
	ByPerson    Rule = "person"
)

// Edge is the relation between one change and one incident.
type Edge struct {
	Incident   int64
	Change     int64
	State      State
	Was        State // before, in reactions; empty: there was none
	Rule       Rule
	Person     int64
	At         time.Time
	Note       string
	Restricted bool // the incident is; in reactions only: what is written about the change must not name it

	Rank     int // on the list now; 0: not on it
	Score    int
	Relation Relation
	Steps    int
	Reasons  []Reason
	Listed   time.Time // first; zero: never
	Place    int       // then
	Latest   int       // then, by time alone

	salt []byte
}

// Key is the incident's key, "INC-7".
func (e Edge) Key() string { return ref.N(ref.Incident, e.Incident).String() }

// ChangeKey is the change's key, "CHG-7".
func (e Edge) ChangeKey() string { return ref.N(ref.Change, e.Change).String() }

// Turned tells a reaction whether the change became a cause, or is none any
// more.
func (e Edge) Turned() (on, off bool) {
	return e.State == Confirmed && e.Was != Confirmed, e.State != Confirmed && e.Was == Confirmed
}

// digest is what the evidence says about an edge.
func (e Edge) digest() string {
	return evidence.Digest(e.salt, []any{e.Incident, e.Change, e.State, e.Rule, e.Person, e.At.UnixMicro(), e.Note})
}

// entry is the evidence of a decision about an edge. It stands on the incident,
// so that the history of a change does not name an incident that its reader may
// not know of.
func (e Edge) entry(action string) evidence.Entry {
	return evidence.Entry{Action: action, Record: ref.N(ref.Incident, e.Incident),
		Data: map[string]any{"change": e.ChangeKey(), "state": e.State, "rule": e.Rule, "edge": e.digest()}}
}

// confirms is the rule: a suspect was taken back while the incident lasted, and
// it was on the service that broke or the association was at least fair.
func confirms(i Incident, s Suspect) bool {
	if s.State != "rolled back" && s.TakenBackBy == 0 {
		return false
	}
	at := s.TakenBack
	if at.IsZero() {
		at = s.Ended
	}
	if at.IsZero() || at.Before(i.Began) || !i.Over.IsZero() && at.After(i.Over) {
		return false
	}
	return s.Place.Relation == Same || s.Place.Relation != Nowhere && s.Strength() != Weak
}
