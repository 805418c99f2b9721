package incident

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// EventKind is what happened to an incident.
type EventKind string

// The events that others may react to.
const (
	Opened           EventKind = "opened"
	PriorityRaised   EventKind = "priority raised"
	PriorityLowered  EventKind = "priority lowered"
	WasAcknowledged  EventKind = "acknowledged"
	WasMitigated     EventKind = "mitigated"
	WasResolved      EventKind = "resolved"
	WasClosed        EventKind = "closed"
	WasReopened      EventKind = "reopened"
	WasCanceled      EventKind = "canceled"
	WasMerged        EventKind = "merged"
	UpdatePublished  EventKind = "update published"
	RoleAssigned     EventKind = "role assigned"
	Reassigned       EventKind = "reassigned" // other team or service
	ClockBreached    EventKind = "clock breached"
	UpdateDue        EventKind = "update due"
	Escalated        EventKind = "escalated" // P2 became P1 because it was not mitigated in time
	AlertJoined      EventKind = "alert joined"
	BecamePersistent EventKind = "persistent" // for the weekly review
	Changed          EventKind = "changed"    // anything else that a page shows: live pages refetch
)

// Event is one thing that happened. Reactions run inside the transaction that
// made it happen, on rows only.
type Event struct {
	Kind     EventKind
	At       time.Time
	Who      actor.Actor
	Incident Incident  // as it is after the event
	Was      Incident  // as it was before; zero for Opened
	Entry    Entry     // the timeline entry that tells it; Seq 0 when there is none
	Clock    ClockKind // for ClockBreached
	Role     Role      // for RoleAssigned
	Person   int64     // for RoleAssigned: who got it
	Page     bool      // for AlertJoined: the rule wants people paged again
	Policy   Policy    // of the incident's present priority: who is told, how
	Viewers  Viewers   // for restricted incidents: who may know
}

// Reaction is a function that app registers with On.
type Reaction func(tx *db.Tx, e Event) error

// Key names the event for ever and uniquely, so that messages about it can be
// sent once: "INC-7/12 clock breached response".
func (e Event) Key() string {
	return fmt.Sprintf("%s/%d %s %s%s", e.Incident.Key(), e.Incident.Version, e.Kind, e.Clock, e.Role)
}
