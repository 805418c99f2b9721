package change

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// EventKind is what happened to a change.
type EventKind string

// The events that others may react to.
const (
	EventOpened     EventKind = "opened"
	EventDecided    EventKind = "decided" // policy was asked
	EventAsked      EventKind = "approval asked"
	EventApproved   EventKind = "approved" // nothing stands before the start any more
	EventRejected   EventKind = "rejected"
	EventReopened   EventKind = "reopened"
	EventCanceled   EventKind = "canceled"
	EventStarted    EventKind = "started"
	EventDeployed   EventKind = "deployed"
	EventEnded      EventKind = "ended"     // succeeded, failed or rolled back; Was.State says from where
	EventCorrected  EventKind = "corrected" // a person set another outcome
	EventCaused     EventKind = "caused"    // confirmed, or no longer, as the cause of an incident
	EventStartSoon  EventKind = "start soon"
	EventReviewDue  EventKind = "review due"     // an emergency change ended; the owner team reviews it
	EventOverdue    EventKind = "review overdue" // and did not in time
	EventReviewed   EventKind = "reviewed"
	EventRolledBack EventKind = "rollback asked" // somebody or verification asked for the automated rollback
	EventChanged    EventKind = "changed"        // anything else that a page shows: live pages refetch
)

// Event is one thing that happened. Reactions run inside the transaction that
// made it happen, on rows only.
type Event struct {
	Kind   EventKind
	At     time.Time
	Who    actor.Actor
	Change Change // as it is after the event
	Was    Change // as it was before; zero for a new one
	Entry  Entry  // what the record says about it; N 0 when there is none
}

// Reaction is a function that app registers with On.
type Reaction func(tx *db.Tx, e Event) error

// Key names the event for ever and uniquely, so that messages about it can be
// sent once: "CHG-7/12 ended".
func (e Event) Key() string {
	return fmt.Sprintf("%s/%d %s", e.Change.Key(), e.Change.Version, e.Kind)
}
