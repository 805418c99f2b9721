// Package notify tells people: it turns a notice ("INC-1042 needs you") into
// messages, and makes sure that none goes missing.
//
// What is real here. A Notice is what a practice wants to have said; a message
// is one Notice for one recipient: a person by one of their contact methods,
// or a team's channel. Messages are rows of an outbox, written in the same
// transaction as the change they report, so there is no change without its
// messages and no message about a change that was rolled back.
//
// Invariants:
//   - one message per (Notice.Key, recipient), held by a unique index;
//   - a message is queued, sending, sent or dead, and never leaves the table
//     silently: what cannot be delivered ends as a dead letter that is shown,
//     counted and can be retried by hand;
//   - an urgent notice that reaches nobody becomes a dead letter too;
//   - delivery is at least once: a message sent by a process that died before
//     it could record so is sent again after its lease. Its id (Message-ID,
//     webhook-id) stays the same, so receivers can drop the copy;
//   - an urgent message never waits behind others: it has its own lane in the
//     queue and in the rate limit of each destination;
//   - no network inside a transaction.
//
// How. Notify (outbox.go) writes rows and wakes the Courier (courier.go) after
// commit. The courier claims due rows under a lease, resolves addresses and
// secrets, sends in parallel through a Transport (packages email, slack and
// webhook), and records outcomes in batches. rules.go holds the pure parts:
// back-off, pacing, who is told by which method. watchdog.go compares what
// should be out with what is. links.go makes and redeems the single-purpose
// links that let somebody acknowledge from a message.
package notify

import (
	"context"
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Notice is what a practice wants to have said about a record.
type Notice struct {
	Key    string  // idempotency: one message per (Key, recipient), for ever
	Record ref.Ref // what it is about
	Reason string  // why it is sent: "paged", "joined", "raised", "update", …; a fixed word, no free text

	Urgent   bool   // wakes people: urgent contact methods, urgent lane
	Priority string // "P1" to "P4" of the record, or "": which of a person's rules hold
	Title    string // one line
	Text     string // a few sentences; plain text
	Facts    []Fact // shown as a small table

	Team      string   // team whose members are told; "" = nobody by team
	TeamRoles []string // only members with these team roles; empty = "member" and "lead"
	Persons   []int64  // further people by id
	By        []Way    // people are told by these ways instead of their own; nil = by their own
	Channels  bool     // also the team's channels
	Named     []string // further channels by name, of any team

	Quiet      bool     // only quiet channels and methods, in the team's business hours; excludes Urgent
	Restricted bool     // the messages disclose only the record's key
	Actions    []Action // verbs offered as signed links to people
}

// Fact is one line of the small table in a message.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Action is a verb offered as a link; Verb must be one that Links can do.
type Action struct {
	Verb  string `json:"verb"`  // "acknowledge", "mitigate"
	Label string `json:"label"` // "Acknowledge"
}

// Member is a person as far as telling them goes.
type Member struct {
	Person   int64
	Name     string     // shown to people; never in evidence
	Email    string     // "" = has none
	Role     actor.Role // organisation role; what a link may do is bounded by it
	TeamRole string     // "member", "lead", "manager", "executive"; only from Members
	Disabled bool       // may not sign in: is not told and cannot use links
}

// Directory answers who is in a team and how a person is reached. Satisfied
// by auth.
type Directory interface {
	// Members returns the members of a team with their team roles.
	Members(q db.Querier, team string) ([]Member, error)
	// People returns the people with these ids; unknown ids are left out.
	People(q db.Querier, ids []int64) ([]Member, error)
}

// Hours answers when a team's business hours next include a moment: t itself
// when they do at t. Satisfied by catalog's calendars.
type Hours interface {
	NextOpen(q db.Querier, team string, t time.Time) (time.Time, error)
}

// Transport hands one message to one outside system.
type Transport interface {
	// Send returns nil when the other side took the message. A *Failure says
	// whether trying again makes sense; any other error is taken as passing.
	Send(ctx context.Context, to Target, m Message) error
}

// Target is where a message goes, with secrets in the clear: it lives only
// between claiming and sending.
type Target struct {
	Addresses []string        // e-mail
	URL       string          // Slack, webhook, ntfy (server and topic), Teams
	Secret    string          // webhook signing secret, "whsec_…"; ntfy access token
	Phone     string          // sms, voice: E.164, "+4940123456"
	Push      json.RawMessage // webpush: the browser's PushSubscription, {"endpoint", "keys": {"p256dh", "auth"}}
	Person    int64           // whom it reaches; 0 = a team's channel
}

// Message is what a transport sends: the same at each attempt.
type Message struct {
	ID       string    // stable: "MSG-17"; becomes Message-ID and webhook-id
	At       time.Time // when it was queued
	Record   string    // "INC-1042"; messages about one record form a thread
	URL      string    // page of the record, absolute; "" for a test message
	Reason   string
	Urgent   bool
	Priority string // "P1" to "P4", or ""
	Gathered int    // how many messages this one stands for in a storm; 0 = only itself
	Title    string
	Text     string
	Facts    []Fact
	Buttons  []Button
	Restrict bool // only the key may be shown
}

// Button is a link offered in a message.
type Button struct {
	Verb  string // "acknowledge"; "" for opening the record
	Label string
	URL   string
}

// Failure is a delivery that did not succeed.
type Failure struct {
	Text      string        // for admins, without secrets
	Permanent bool          // trying again cannot help
	Recipient bool          // only this recipient is at fault; it says nothing about the channel's health
	After     time.Duration // the other side asked to wait this long; 0 = it did not say
	Err       error         // cause, for the log
}

func (f *Failure) Error() string { return f.Text }
func (f *Failure) Unwrap() error { return f.Err }
