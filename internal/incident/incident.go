package incident

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

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

// By says how in a sentence: "by rollback", "by itself".
func (h How) By() string {
	if h == SelfRecovered {
		return "by itself"
	}
	return "by " + string(h)
}

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
