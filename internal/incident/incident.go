package incident

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// Priority is P1 (complete outage) to P4 (cosmetic). Zero is "not set".
type Priority int8

// The four priorities; the table with their targets is in matrix.go.
const (
	P1 Priority = 1
	P2 Priority = 2
	P3 Priority = 3
	P4 Priority = 4
)

// Priorities lists all, worst first.
var Priorities = []Priority{P1, P2, P3, P4}

func (p Priority) String() string {
	if p < P1 || p > P4 {
		return ""
	}
	return fmt.Sprintf("P%d", int(p))
}

// Word is the priority's name: Critical, High, Medium, Low.
func (p Priority) Word() string {
	if p < P1 || p > P4 {
		return ""
	}
	return [...]string{"Critical", "High", "Medium", "Low"}[p-1]
}

// MarshalText writes "P1".
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "P1" or "1"; empty is not set.
func (p *Priority) UnmarshalText(b []byte) error {
	s := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(string(b))), "P")
	switch s {
	case "":
		*p = 0
	case "1", "2", "3", "4":
		*p = Priority(s[0] - '0')
	default:
		return fmt.Errorf("%q is no priority; use P1, P2, P3 or P4", string(b))
	}
	return nil
}

// Level is a step of impact or urgency.
type Level int8

// The levels, worst first. Zero is "not said" and counts as Medium.
const (
	High   Level = 1
	Medium Level = 2
	Low    Level = 3
)

// Levels lists all, worst first.
var Levels = []Level{High, Medium, Low}

func (l Level) String() string {
	if l < High || l > Low {
		return ""
	}
	return [...]string{"high", "medium", "low"}[l-1]
}

// MarshalText writes "high", "medium" or "low".
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads "high", "medium" or "low"; empty is not said.
func (l *Level) UnmarshalText(b []byte) error {
	switch strings.ToLower(strings.TrimSpace(string(b))) {
	case "":
		*l = 0
	case "high":
		*l = High
	case "medium":
		*l = Medium
	case "low":
		*l = Low
	default:
		return fmt.Errorf("%q is no level; use high, medium or low", string(b))
	}
	return nil
}

// State is where an incident is in its life; rules.go has the table.
type State string

// The states.
const (
	Triggered    State = "triggered"    // broken, nobody has said "mine"
	Acknowledged State = "acknowledged" // somebody works on it
	Mitigated    State = "mitigated"    // the service is restored; the resolution clock ended
	Resolved     State = "resolved"     // nothing is left to do for restoration
	Closed       State = "closed"       // final
	Merged       State = "merged"       // continues in another incident; final
	Canceled     State = "canceled"     // was none; final
)

// States lists all states in the order of life.
var States = []State{Triggered, Acknowledged, Mitigated, Resolved, Closed, Merged, Canceled}

// Open reports whether people still have work: triggered, acknowledged or mitigated.
func (s State) Open() bool { return s == Triggered || s == Acknowledged || s == Mitigated }

// How says by what the service came back.
type How string

// The ways of restoring, from DOMAIN.md.
const (
	Restart       How = "restart"
	Failover      How = "failover"
	Rollback      How = "rollback"
	Workaround    How = "workaround"
	Fix           How = "fix"
	SelfRecovered How = "self-recovered"
)

// Hows lists all ways of restoring.
var Hows = []How{Restart, Failover, Rollback, Workaround, Fix, SelfRecovered}

// Waiting says for whom an incident waits; empty when it does not.
type Waiting string

// Whom one can wait for.
const (
	ForReporter Waiting = "reporter"
	ForSupplier Waiting = "supplier"
	ForChange   Waiting = "change" // an agreed window or deployment
)

// Waits lists all reasons for waiting.
var Waits = []Waiting{ForReporter, ForSupplier, ForChange}

// Role is a part that one person plays in one incident.
type Role string

// The roles of the incident command system that a software team needs.
const (
	Commander      Role = "commander"
	Operations     Role = "operations"
	Communications Role = "communications"
	Scribe         Role = "scribe"
)

// Roles lists all roles in the order in which pages show them.
var Roles = []Role{Commander, Operations, Communications, Scribe}

// Origin says who noticed: a person or a monitor.
type Origin string

// The origins.
const (
	ByPerson Origin = "person"
	ByAlert  Origin = "alert"
)

// Incident is the record. Times are UTC, zero when it has not happened.
type Incident struct {
	ID       int64
	Version  int64 // grows with every visible change; live updates carry it
	Revision int64 // grows when an editable field changes; If-Match compares it

	Title   string
	Summary string // what users notice, kept up to date by people

	State       State
	Priority    Priority
	Impact      Level
	Urgency     Level
	PriorityWhy string // one line: which rule gave the priority

	Service string // name of the service, empty when unknown
	Team    string // owning team, empty when unknown
	Tier    int    // of the service, 0–3; 2 when unknown

	Origin   Origin
	Reporter int64  // person who declared it; 0 for alerts
	Rule     string // grouping rule that opened it; empty for people
	GroupKey string // what joins alerts to it; empty for people

	Restricted bool
	Waiting    Waiting
	How        How
	Reason     string // of cancelling
	MergedInto int64
	Parent     int64
	WarRoom    string   // https address
	Commander  int64    // person, 0 = nobody
	Assigned   [4]int64 // people by Roles' order; [0] is the commander

	StartedAt      time.Time // when the fault began, as far as known (alert's start)
	TriggeredAt    time.Time
	AcknowledgedAt time.Time // first
	MitigatedAt    time.Time // last; cleared by reopening
	ResolvedAt     time.Time // last; cleared by reopening
	ClosedAt       time.Time // closed, merged or canceled
	UpdatedAt      time.Time

	Reopened   int // times
	Reassigned int // times the team or service changed hands

	Alerts       int // ever joined
	AlertsFiring int // now
	LastAlertAt  time.Time

	AutoResolve bool      // resolves when all alerts resolve
	Updates     int       // published status updates
	Persistent  string    // why the weekly review should look at it; empty = not
	NextAt      time.Time // when something is due by itself
	Matrix      string    // priority matrix it runs under, "default/3"
	Steps       []Step    // what the clocks are computed from

	alertPriority Priority // the best that alerts asked for so far; people may set another
	salt          []byte   // of the digests

	Entries int    // of the timeline
	Trail   string // head of the chain over the timeline's digests
}

// Ref names the incident.
func (i Incident) Ref() ref.Ref { return ref.N(ref.Incident, i.ID) }

// Key is "INC-1042".
func (i Incident) Key() string { return i.Ref().String() }

// Who returns the person in a role, 0 when nobody.
func (i Incident) Who(r Role) int64 {
	for n, x := range Roles {
		if x == r {
			return i.Assigned[n]
		}
	}
	return 0
}

// EntryKind is what a timeline entry tells.
type EntryKind string

// The kinds of entries.
const (
	EntryNote       EntryKind = "note"       // a person wrote it
	EntryUpdate     EntryKind = "update"     // a status update, internal or public
	EntryState      EntryKind = "state"      // the state changed
	EntryPriority   EntryKind = "priority"   // the priority changed
	EntryAlert      EntryKind = "alert"      // alerts joined, resolved
	EntryRole       EntryKind = "role"       // assigned, handed over
	EntryWaiting    EntryKind = "waiting"    // waits, goes on
	EntryClock      EntryKind = "clock"      // breached, update due, escalated
	EntryEdit       EntryKind = "edit"       // a field was edited
	EntryLink       EntryKind = "link"       // linked, merged, parent set
	EntryMessage    EntryKind = "message"    // messages were sent; written by notify through Append
	EntryCorrection EntryKind = "correction" // a person corrects an earlier entry of theirs
)

// EntryKinds lists all kinds.
var EntryKinds = []EntryKind{EntryNote, EntryUpdate, EntryState, EntryPriority, EntryAlert, EntryRole,
	EntryWaiting, EntryClock, EntryEdit, EntryLink, EntryMessage, EntryCorrection}

// Tag marks a note that readers must not miss.
type Tag string

// The tags.
const (
	KeyFact  Tag = "key fact"
	Decision Tag = "decision"
)

// Tags lists all tags.
var Tags = []Tag{KeyFact, Decision}

// Entry is one line of the timeline. Entries are never changed; a correction
// is a further entry that names the one it corrects.
type Entry struct {
	Incident int64
	Seq      int // 1, 2, 3 … within the incident
	At       time.Time
	Kind     EntryKind
	Person   int64  // author; 0 = the product or a monitor
	Name     string // author's name, filled in by reads
	Subject  int64  // the person it is about (assigned, handed over); reads put the name for {subject} in Text
	Tag      Tag
	Public   bool   // may be shown outside
	Text     string // main line; people's own words for notes and updates
	Detail   string // second line, for machine entries
	Corrects int    // seq of the entry that this one corrects; 0 = none
	Erased   bool   // the text was removed by an admin (personal data)
	Digest   string // salted, links into the trail

	Corrections []Entry // filled in by reads: corrections of this entry, oldest first
}

// Link joins an incident to something else.
type Link struct {
	Incident int64
	Kind     LinkKind
	Target   string // record key or https address
	Title    string
	State    LinkState
	Rule     string // what suggested it; empty when a person did
	Person   int64  // who decided last
	At       time.Time
}

// LinkKind is what a link points to.
type LinkKind string

// The kinds of links. Alerts, parent and merged-into have fields of their own.
const (
	LinkService    LinkKind = "service" // a further affected service
	LinkCI         LinkKind = "ci"
	LinkChange     LinkKind = "change"
	LinkKnownError LinkKind = "known error"
	LinkProblem    LinkKind = "problem"
	LinkPostmortem LinkKind = "postmortem"
	LinkURL        LinkKind = "url"
)

// LinkKinds lists all kinds of links.
var LinkKinds = []LinkKind{LinkService, LinkCI, LinkChange, LinkKnownError, LinkProblem, LinkPostmortem, LinkURL}

// LinkState says whether people agree with a link.
type LinkState string

// The states of a link.
const (
	Suggested LinkState = "suggested"
	Confirmed LinkState = "confirmed"
	Rejected  LinkState = "rejected"
)

// LinkStates lists all states of a link.
var LinkStates = []LinkState{Suggested, Confirmed, Rejected}

// Participant is a person who takes part.
type Participant struct {
	Person int64
	Name   string
	Role   Role // empty: takes part without a role
	Since  time.Time
}
