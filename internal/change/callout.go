package change

import (
	"context"
	"encoding/json"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Calls are what Evenkeel tells pipelines: the answer of the gate to one that
// waits, and the start of a rollback.
//
// What is real here. A call is a row of an outbox, written in the transaction
// of what it follows from: a deployment that waits has its call from the moment
// that we heard of it, before anybody decided. The due source (callout_run.go)
// asks the gate, says "approved" or "rejected" once that stands, and looks
// again while it does not. Each kind of call is made by a Caller of the package
// that speaks to that system; it gets the credentials of the integration.
//
// Invariants:
//   - no network inside a transaction; a call is delivered at least once, and
//     saying the same again does no harm where it is heard;
//   - what cannot be delivered is tried again for a day, then fails visibly:
//     on the change, and in Calls;
//   - credentials go only to the address that belongs to them: an address that
//     came in with a signal is held against it by the Caller.

// CallKind is one way to tell a pipeline something.
type CallKind string

// The kinds of calls.
const (
	CallGitHubProtection CallKind = "github-protection" // answer of a deployment protection rule
	CallGitHubDispatch   CallKind = "github-dispatch"   // run a workflow: an automated rollback
	CallGitLabApproval   CallKind = "gitlab-approval"   // approve or reject a blocked deployment
	CallGitLabCheck      CallKind = "gitlab-check"      // answer of an external status check
	CallGitLabPipeline   CallKind = "gitlab-pipeline"   // trigger a pipeline: an automated rollback
	CallArgoAbort        CallKind = "argo-abort"        // abort a rollout
	CallWebhook          CallKind = "webhook"
)

// Why a call is made.
const (
	WhyDecision = "decision" // a deployment waits for the gate
	WhyQuestion = "question" // somebody asks what the gate would say
	WhyRollback = "rollback"
)

// CallState is where a call stands.
type CallState string

// The states.
const (
	CallWaiting CallState = "waiting" // for a decision, or to be tried again
	CallSent    CallState = "sent"
	CallFailed  CallState = "failed" // given up
)

// Call is one thing to tell a pipeline.
type Call struct {
	ID       int64
	Change   int64 // 0: a question about none
	Kind     CallKind
	Source   string          // the integration whose credentials it uses
	Target   json.RawMessage // the Caller's own
	Ask      *Ask            // of a question
	Why      string
	State    CallState
	Said     Word // said last
	Attempts int
	Error    string // of the last try; empty when it went well
	Created  time.Time
	Sent     time.Time
	Next     time.Time // zero: nothing is to be done
}

// Word is what is said.
type Word string

// The words.
const (
	SayApproved Word = "approved"
	SayRejected Word = "rejected"
	SayWaiting  Word = "waiting" // once, so that whoever looks there knows what for
	SayRollBack Word = "rollback"
)

// Reply is what a Caller says.
type Reply struct {
	Word   Word
	Text   string // one line with the reason
	Link   string // page of the change; empty when there is no public address
	Change Change // zero for a question
	Return string // of a rollback: the artefact to return to; empty: unknown
}

// Caller makes the calls of some kinds.
type Caller interface {
	// Call says one thing. What a kind has no word for is not said: it returns
	// nil. A *notify.Failure in its error says whether trying again can help.
	Call(ctx context.Context, c Call, r Reply, cred Credentials) error
}

// answerable reports whether an integration has what is needed to answer a
// deployment that waits.
func (s *Service) answerable(q db.Querier, integration string) bool {
	type asked struct{ name string }
	ok, err := db.Remember(q, asked{integration}, func() (bool, error) {
		c, ok, err := credential(q, integration)
		return ok && c.has("token"), err
	})
	return ok && err == nil
}

// callOnce notes a call, unless the same one waits or was made.
func (s *Service) callOnce(tx *db.Tx, c Call) error {
	same, err := sameCall(tx, c)
	if err != nil || same {
		return err
	}
	return s.call(tx, c)
}

func (s *Service) call(tx *db.Tx, c Call) (err error) {
	if c.ID, err = tx.NextID(callKey); err != nil {
		return err
	}
	c.State, c.Created, c.Next = CallWaiting, tx.Now, tx.Now
	tx.After(func() { s.kick(CallsName) })
	return insertCall(tx, c)
}

// callKey numbers calls; people see them with their change.
const callKey ref.Kind = "call"

// wakeCalls looks again at what waits for a person when that person decided.
func (s *Service) wakeCalls(tx *db.Tx, e Event) error {
	human := e.Was.State == Awaiting || e.Was.State == Scheduled
	switch e.Kind {
	case EventApproved, EventRejected, EventCanceled, EventStarted:
	default:
		return nil
	}
	if !human {
		return nil
	}
	n, err := wakeCallsOf(tx, e.Change.ID, tx.Now)
	if n > 0 {
		tx.After(func() { s.kick(CallsName) })
	}
	return err
}

// Calls returns what pipelines were told, and are to be told, about a change,
// newest first, at most 100.
func (s *Service) Calls(ctx context.Context, id int64) (out []Call, err error) {
	if _, err := requireAny(ctx, actor.Read, actor.Ingest); err != nil {
		return nil, errs.Wrap("change.calls", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		out, err = callsOf(q, id)
		return err
	})
	return out, err
}
