package incident

import "time"

// Row is one incident in a list, with its clocks and the names of its people.
type Row struct {
	Incident
	Clocks Clocks
	Names  map[int64]string // display names of the people the row mentions
}

// Name returns the display name of a person the row mentions, "" for nobody.
func (r Row) Name(person int64) string { return r.Names[person] }

// NowView is the Now page: all open incidents that the viewer may see, worst
// first, each with its clocks and its latest note by a person.
type NowView struct {
	At     time.Time
	Counts [4]int // open incidents by priority, P1 first
	Open   []NowRow
	More   bool // there are more than the page shows
}

// NowRow is one open incident on the Now page.
type NowRow struct {
	Row
	Latest Entry // latest note, decision or update by a person; Seq 0 when there is none
	Mine   bool  // the viewer has a role in it
}

// View is one incident with everything its page shows.
type View struct {
	Row
	Policy       Policy
	CloseAfter   time.Duration
	Timeline     []Entry // newest first, the first page of it
	More         string  // cursor of older entries; "" when there are none
	Participants []Participant
	Viewers      Viewers // who may see it, when restricted
	ViewerNames  map[int64]string
	Links        []Link
	ParentBrief  *Brief // what it is part of
	Children     []Brief
	MergedFrom   []Brief
	MergedBrief  *Brief        // where it goes on
	Can          map[Verb]bool // what the viewer may do now: state and permission
	Measures     Measures
}

// Brief is an incident named by another one.
type Brief struct {
	ID       int64
	Title    string
	State    State
	Priority Priority
	Lead     int64 // person: who is on it; 0 = nobody
}

// Key is "INC-1042".
func (b Brief) Key() string { return Incident{ID: b.ID}.Key() }

// Measures are DOMAIN.md's measures of one incident, wall clock. A negative
// value means that it has not happened (yet).
type Measures struct {
	Detect, Acknowledge, Mitigate, Resolve time.Duration
	Reopened, Reassigned                   int
}

// Verb names what can be done with an incident; also the last part of its API path.
type Verb string

// The verbs.
const (
	VerbAcknowledge Verb = "acknowledge"
	VerbMitigate    Verb = "mitigate"
	VerbResolve     Verb = "resolve"
	VerbClose       Verb = "close"
	VerbReopen      Verb = "reopen"
	VerbCancel      Verb = "cancel"
	VerbMerge       Verb = "merge"
	VerbWait        Verb = "wait"
	VerbContinue    Verb = "continue"
	VerbAssign      Verb = "assign"
	VerbReassign    Verb = "reassign"
	VerbUpdate      Verb = "update"
	VerbNote        Verb = "note"
	VerbEdit        Verb = "edit"
	VerbRestrict    Verb = "restrict"
)

// Hit is one result of a search.
type Hit struct {
	ID       int64
	Title    string
	State    State
	Priority Priority
	Service  string
	At       time.Time // triggered
}

// Verbs lists all verbs in the order in which pages offer them.
var Verbs = []Verb{VerbAcknowledge, VerbMitigate, VerbResolve, VerbClose, VerbReopen, VerbUpdate, VerbNote, VerbAssign, VerbReassign,
	VerbWait, VerbContinue, VerbEdit, VerbRestrict, VerbMerge, VerbCancel}

// labels are the verbs as buttons say them.
var labels = map[Verb]string{VerbAcknowledge: "Acknowledge", VerbMitigate: "Mitigated", VerbResolve: "Resolve", VerbClose: "Close", VerbReopen: "Reopen",
	VerbUpdate: "Update status", VerbNote: "Add note", VerbAssign: "Assign role", VerbReassign: "Reassign", VerbWait: "Wait", VerbContinue: "Go on",
	VerbEdit: "Edit", VerbRestrict: "Restrict", VerbMerge: "Merge", VerbCancel: "Cancel"}

// Label is the verb as a button says it.
func (v Verb) Label() string { return labels[v] }

// Key is "INC-1042".
func (h Hit) Key() string { return Incident{ID: h.ID}.Key() }
