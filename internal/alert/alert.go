// Package alert is the practice that takes in what monitoring says, keeps one
// record for each thing that is wrong, and decides where it goes.
//
// An integration is one sender with a token. Whatever it sends about the same
// dedup key is one Alert, for ever: identity is (integration, dedup) and never
// the text. One firing from trigger to resolve is an Episode; next month's
// firing is a new episode of the same alert. A rule (the first that matches)
// says which service, priority and group an episode gets and whether it pages.
// An alert that no rule matches is marked unrouted and gets the default
// routing: it is never nowhere. Silences and maintenance keep matching alerts
// out of incidents while they last, and route what still fires at their end.
//
// Invariants:
//
//   - A repeated, late, early or doubled event makes no second alert and no
//     second episode. fold.go holds the table of all cases; a property test
//     shuffles and doubles events and compares the final states.
//   - An answered event is on disk. Events that find the queue full are
//     refused with Unavailable, so that the sender tries again.
//   - A state that a person can see changes together with an evidence entry of
//     its own. Repeats are counted and recorded by one digest for each batch.
//   - Rules, silences and integrations that decide are those of the deciding
//     transaction (policy.go checks a version row inside it).
//   - Alerts know nothing of incidents but their number: the reaction
//     (Service.React) opens them and calls LinkEpisodes back.
//
// How it works: Ingest hands a request to the batcher (batch.go), which takes
// all that waits and applies it in one transaction with set-based SQL
// (apply.go, store_ingest.go). Due work (due.go): ends that were announced
// (endsAt in the future), silences that begin or end, heartbeats that stay
// away. Every list is a range of one sort key (list.go), so its cost does not
// grow with the table.
package alert

import (
	"slices"
	"strings"
	"time"
)

// Status is whether an alert is firing.
type Status string

// The states of an alert.
const (
	StatusFiring   Status = "firing"
	StatusResolved Status = "resolved"
)

// Severities lists all severities, worst first.
var Severities = []Severity{Critical, Error, Warning, Info}

// Rank is 1 for critical to 4 for info; 0 for anything else. Lower is worse.
func (s Severity) Rank() int { return slices.Index(Severities, s) + 1 }

// Valid reports whether s is one of Severities.
func (s Severity) Valid() bool { return s.Rank() > 0 }

// Title is the severity as a person reads it: "Critical".
func (s Severity) Title() string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(string(s[:1])) + string(s[1:])
}

// severityOf is the reverse of Rank; Warning for ranks that do not exist.
func severityOf(rank int) Severity {
	if rank < 1 || rank > len(Severities) {
		return Warning
	}
	return Severities[rank-1]
}

// Alert is one thing that is or was wrong, as its sender names it.
type Alert struct {
	ID            int64
	IntegrationID int64
	Integration   string // name
	Kind          Kind   // of the integration
	Dedup         string
	Status        Status
	Severity      Severity
	Summary       string
	Source        string
	Service       string // after rules; may be empty or unknown to the catalog
	Team          string // of the rule or integration; empty: the service's owner
	Rule          string // name of the rule that routed it; empty: none matched
	Unrouted      bool   // no rule matched
	Quiet         bool   // its rule wants no incident
	SilenceID     int64  // the silence that holds it back; 0: none
	EpisodeID     int64  // the current or last episode
	IncidentID    int64  // the incident of that episode; 0: none
	StartsAt      time.Time
	EndsAt        time.Time // zero while firing
	Acknowledged  time.Time // when its sender said so; zero: not
	Count         int64     // events in the current or last episode
	Total         int64     // events ever
	FirstSeen     time.Time
	LastSeen      time.Time
	FlappingUntil time.Time // in the future: it is flapping now
	Recent        []byte    // events in each of the last 60 minutes, see Sparkline
	Version       int64

	Content // only Labels in lists

	sortKey int64
}

// Flapping reports whether the alert changed its state so often that the
// changes themselves are the news.
func (a *Alert) Flapping(now time.Time) bool { return a.FlappingUntil.After(now) }

// Firing reports whether the alert is firing.
func (a *Alert) Firing() bool { return a.Status == StatusFiring }

// Content is what a sender tells about an alert besides its state.
type Content struct {
	Labels      map[string]string
	Annotations map[string]string
	Links       []Link
	Details     []byte // JSON in the sender's own structure; nil if none
}

// Episode is one firing, from trigger to resolve.
type Episode struct {
	ID         int64
	AlertID    int64
	Severity   Severity // the worst it had
	Summary    string   // when it began
	Service    string
	Rule       string
	GroupKey   string
	GroupText  string
	IncidentID int64
	SilenceID  int64
	StartsAt   time.Time // as the sender says
	EndsAt     time.Time // zero while firing
	Opened     time.Time // when we heard of it
	Closed     time.Time // when we heard of its end
	EndedBy    string    // see the Ended constants
	Count      int64     // events; of the running episode: on the alert
}

// How an episode ended.
const (
	EndedBySender = "sender" // a resolve event
	EndedByTimer  = "timer"  // its endsAt passed and nothing renewed it
	EndedByNewer  = "newer"  // a later firing of the same alert began
)
