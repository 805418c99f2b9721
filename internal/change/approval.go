package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ApprovalState is where one needed approval stands.
type ApprovalState string

// The states.
const (
	Waiting   ApprovalState = "waiting"
	Given     ApprovalState = "approved"
	Refused   ApprovalState = "rejected"
	Expired   ApprovalState = "expired"   // nobody answered in time, it was not used in time, or another commit came
	Withdrawn ApprovalState = "withdrawn" // policy no longer asks for it, or the change ended
)

// Via is how an approval was given.
type Via string

// The ways.
const (
	ViaPage   Via = "page"
	ViaAPI    Via = "api"
	ViaLink   Via = "link"   // of a message
	ViaReview Via = "review" // a code review on the forge
)

// Approval is one approval that is needed, was given, refused, or expired. A
// review that asks for two people is two of them.
type Approval struct {
	ID        int64
	Change    int64
	Decision  int64  // that asked for it
	Rule      string // the rules that did, "risk-medium, budget-guard"
	Who       string // policy.Review.Who
	State     ApprovalState
	AskedAt   time.Time
	DecidedAt time.Time // zero while it waits
	ExpiresAt time.Time // unused, it no longer holds then
	Person    int64     // who decided; 0: it waits, or Outside did
	OnBehalf  int64     // whose delegate the person was
	Outside   string    // a code reviewer's login, when the forge said so; personal data
	Via       Via
	Commit    string // what was approved
	Reason    string

	salt []byte
}

// Waited is how long it took to answer, or has been waiting until now.
func (a Approval) Waited(now time.Time) time.Duration {
	if a.State == Waiting {
		return max(0, now.Sub(a.AskedAt))
	}
	return max(0, a.DecidedAt.Sub(a.AskedAt))
}

// digest is what evidence holds of an approval: who, on which commit, and why,
// salted, so that the person can be erased.
func (a Approval) digest() string {
	return evidence.Digest(a.salt, []any{a.ID, a.Change, a.Decision, a.Rule, a.Who, a.State, a.AskedAt.UnixMicro(), a.DecidedAt.UnixMicro(),
		a.ExpiresAt.UnixMicro(), a.Person, a.OnBehalf, a.Outside, a.Via, a.Commit, a.Reason})
}

// fact is what evidence says about it in the open: never who in words.
func (a Approval) fact() map[string]any {
	out := map[string]any{"approval": a.ID, "who": a.Who, "state": a.State, "digest": a.digest()}
	if a.Decision != 0 {
		out["decision"] = ref.N(ref.Decision, a.Decision).String()
	}
	if a.Via != "" {
		out["via"] = a.Via
	}
	return out
}
