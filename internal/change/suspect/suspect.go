// Package suspect ranks the changes that may have broken something, and keeps
// who says which of them did.
//
// What is real here. Most outages follow a change of a live system (about 70 %
// in Google's count, SRE book, chapter 1), and the first question of a responder
// is "what changed?". A suspect is a change that reached users shortly before an
// incident began, on the service that broke or near to it on the map. That is an
// association: it says where to look first, and nothing more. A cause is an
// edge, caused_by, that a person confirmed, or the rule that what was taken back
// while the incident was open had caused it. A person's word stands above the
// rule's.
//
// Invariants:
//   - Rank is pure: the incident, the candidates and their places in, a bounded
//     list with points and reasons out. The points of the reasons add up to what
//     the order follows.
//   - Nothing but a confirmed edge counts as a cause anywhere: not in the change
//     failure rate, not in words on a page.
//   - Every suspicion keeps the place at which it was first listed, before
//     anybody said which one it was: the measure (Report) is of what people were
//     shown, not of what could be known later.
//   - An incident that is restricted appears to nobody who may not know of it: a
//     change's page leaves it out without a trace, and evidence about it stands
//     on the incident, never on the change.
//
// How. OnIncident notes in the incident's transaction that suspects are to be
// looked for; the due work (due.go) does so a moment later and again while
// pipelines may still report, and keeps what it found as suggestions. A page
// asks anew and lays what people said over it. OnChange applies the rule in the
// transaction in which a change is taken back.
package suspect

import "time"

// Relation says where a change is, seen from the incident.
type Relation string

// The relations.
const (
	Same     Relation = "same"      // on a service that broke
	Needs    Relation = "needs"     // what broke needs the changed service
	NeededBy Relation = "needed by" // the changed service needs what broke: it may have overloaded it
	Shares   Relation = "shares"    // both need the same thing
	Nowhere  Relation = ""          // the incident names no service, or the map does not know it
)

// MaxSteps is how far along needs a change is looked for.
const MaxSteps = 3

// Place is where a service stands, seen from the services of the incident.
type Place struct {
	Relation Relation
	Steps    int    // along the map; 0 for Same
	Hard     bool   // by hard needs all the way
	Over     string // of Shares: what both need
}

// Incident is what a ranking needs to know of an incident.
type Incident struct {
	ID         int64
	Title      string
	State      string
	Open       bool
	Priority   int
	Restricted bool
	Services   []string  // that broke; the first is the main one
	Began      time.Time // when the fault began, as far as known
	Over       time.Time // mitigated or resolved; zero while it lasts
}

// Candidate is a change that might be one of the suspects.
type Candidate struct {
	Change      int64
	Title       string
	Type        string // as change.Type, Kind, Purpose, State
	Kind        string
	Purpose     string
	State       string
	Environment string
	Services    []string
	Service     string // of these, the one that is nearest
	Place       Place
	Risk        int // 0 to 100; -1: unknown
	Lines       int // added and removed; -1: unknown
	Destroyed   int // resources
	Bypass      bool
	Returns     bool // to an artefact that ran before
	TakenBackBy int64

	Started, Deployed, Ended time.Time
	TakenBack                time.Time // when the change that took it back started
}

// Reason is one factor's share of a suspicion.
type Reason struct {
	Name   string  `json:"name"`
	Text   string  `json:"text"`
	Points float64 `json:"points"` // in log odds; all reasons add up to what the order follows
	Part   int     `json:"part"`   // in points of the score; all reasons add up to it
}

// Suspect is a candidate with its place on the list.
type Suspect struct {
	Candidate
	Score   int      // 0 to 100: its share of the odds, "none of these" among them
	Points  float64  // what the order follows, log odds
	Reasons []Reason // heaviest first; what every candidate starts with is last
}

// Strength is a word for a score.
type Strength string

// The strengths of an association.
const (
	Strong Strength = "strong"
	Fair   Strength = "fair"
	Weak   Strength = "weak"
)

// Strength says how strong the association is. It never says "cause".
func (s Suspect) Strength() Strength { return StrengthOf(s.Score) }

// StrengthOf is the word for a score.
func StrengthOf(score int) Strength {
	switch {
	case score >= 50:
		return Strong
	case score >= 20:
		return Fair
	}
	return Weak
}
