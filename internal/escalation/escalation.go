// Package escalation makes sure that somebody takes an incident: it tells one
// after the other until one of them acknowledges.
//
// What is real here. A policy is written once for teams or services: steps,
// each with a wait and with whom it tells. A ladder is one incident climbing a
// policy, and a row of its own: which step is next and when (next_at). Nothing
// else is remembered, so a process that is killed loses nothing, and the next
// one goes on where the row stands.
//
// Invariants:
//   - a ladder that is not done has a next_at: it never stops silently. When
//     the last round is over and nobody acknowledged, it goes on reminding the
//     team's leads and manager, and says so on the incident's timeline;
//   - acknowledging stops the climb, always; what was acknowledged and then
//     left lying is brought up again: first to those who took it, later by
//     climbing anew;
//   - a step that reaches nobody is passed over at once, and said;
//   - each step of each round fires once: the row is claimed (SKIP LOCKED) and
//     (incident, run, round, step) is a key, so two replicas cannot both fire;
//   - whoever changes a ladder holds its incident's row: one order of locks.
//
// How. Climb (climb.go, climber.go) is pure: the ladder, the facts and the time
// give what to do and the ladder afterwards. events.go is what incidents tell it of,
// inside their transaction; run.go is the due work, in batches; act.go turns
// what is to be done into notices, timeline entries and rows; verbs.go and
// requests.go are what people press. spec.go and plan.go check and compile
// policies; reach.go finds out who a step reaches at a moment; preview.go and
// holes.go ask the same of times to come, so that what would go wrong is seen
// before it hurts.
//
// A ladder climbs by its plan: the policy as it was when the ladder began,
// with the policies it names written out. An edit holds for the next incident.
package escalation

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// State is where a ladder stands.
type State string

// The states. Every state but Done has a next deadline.
const (
	Climbing     State = "climbing"     // the next step is on its way
	Reminding    State = "reminding"    // every round is over and nobody acknowledged
	Acknowledged State = "acknowledged" // somebody works on it; watched for progress
	Snoozed      State = "snoozed"      // a person said: not before then
	Done         State = "done"         // the service is restored, or nobody is to be paged
)

// States lists all states.
var States = []State{Climbing, Reminding, Acknowledged, Snoozed, Done}

// Transition is one arrow of the drawing in docs/practice/escalation.md.
type Transition struct {
	From, To State // From "" = there was no ladder
	Why      string
}

// Transitions are all moves between states.
var Transitions = []Transition{
	{"", Climbing, "opened"},
	{Climbing, Acknowledged, "acknowledged"},
	{Climbing, Reminding, "last round over"},
	{Climbing, Snoozed, "snoozed"},
	{Climbing, Done, "restored"},
	{Reminding, Acknowledged, "acknowledged"},
	{Reminding, Climbing, "reopened, raised"},
	{Reminding, Snoozed, "snoozed"},
	{Reminding, Done, "restored"},
	{Acknowledged, Climbing, "no progress"},
	{Acknowledged, Snoozed, "snoozed"},
	{Acknowledged, Done, "restored"},
	{Snoozed, Climbing, "time is up"},
	{Snoozed, Acknowledged, "acknowledged"},
	{Snoozed, Done, "restored"},
	{Done, Climbing, "reopened"},
	{Done, Acknowledged, "reopened by who works on it"},
}

// Ladder is one incident climbing a policy. Times are UTC, zero when it has
// not happened.
type Ladder struct {
	Incident int64
	Version  int64  // grows with every change
	Policy   string // name
	Plan     string // id of the plan it climbs by
	State    State
	Run      int // 1, 2 …: begun so often
	Round    int // 0, 1 …
	Step     int // the next one, from 0; the number of steps when the round is over
	Turn     int64

	BeganAt   time.Time // of this run
	RoundAt   time.Time // when this round began
	ToldAt    time.Time // when this round last told somebody
	AckedAt   time.Time
	NudgedAt  time.Time // when those who acknowledged were reminded of it
	Reminders int       // of both kinds, in this run
	NextAt    time.Time // zero only when done
	Cause     string    // why this run began, or what ended it
	By        int64     // person who snoozed it
}

// Incident is what this package knows of an incident.
type Incident struct {
	ID         int64
	Key        string // "INC-7"
	Title      string
	Priority   string // "P1"
	Team       string
	Service    string
	State      string // the incident's word
	Triggered  bool   // nobody has acknowledged
	Working    bool   // acknowledged and not yet restored
	Pages      bool   // its priority pages the team
	Restricted bool   // only its viewers may know; no ladder
	Alerts     int    // firing now
	Since      time.Time
	OnIt       []int64 // who works on it, as far as known
}

// Open reports whether somebody must act.
func (i Incident) Open() bool { return i.Triggered || i.Working }

// Reach is who a step reaches at a moment.
type Reach struct {
	People   []int64  // each once, in the order of the targets
	Channels []string // names
	Lacks    []string // what reaches nobody, in words: "schedule night has nobody until 07:00"
}

// Nobody reports whether nothing is reached.
func (r Reach) Nobody() bool { return len(r.People) == 0 && len(r.Channels) == 0 }

// Fired is something that a ladder did.
type Fired struct {
	Incident         int64
	Run, Round, Step int
	Kind             ActKind
	Due, At          time.Time
	Reach
	Why string
}

// Stored is a policy as it is kept.
type Stored struct {
	Name    string
	Spec    Spec // people by handle, as far as they still exist
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Get and List
}

// Ref is the policy's key.
func (s Stored) Ref() ref.Ref { return ref.S(ref.Escalation, s.Name) }

// Title is what people call it.
func (s Stored) Title() string {
	if s.Spec.Title != "" {
		return s.Spec.Title
	}
	return s.Name
}
