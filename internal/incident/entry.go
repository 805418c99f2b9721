package incident

import (
	"time"
)

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
