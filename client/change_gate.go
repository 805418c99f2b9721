package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// GateAsk is a question to the gate: may I ship this? Services with Commit or
// Artefact are enough.
type GateAsk struct {
	Services    []string `json:"services"`              // names or aliases in the catalog; the first is the main one
	Environment string   `json:"environment,omitempty"` // empty: production
	Type        string   `json:"type,omitempty"`        // empty: normal, or standard with Model
	Kind        string   `json:"kind,omitempty"`        // empty: deploy
	Purpose     string   `json:"purpose,omitempty"`     // empty: feature
	Model       string   `json:"model,omitempty"`
	Title       string   `json:"title,omitempty"`
	Summary     string   `json:"summary,omitempty"`

	Repository  string `json:"repository,omitempty"`
	Commit      string `json:"commit,omitempty"` // the full hash
	Branch      string `json:"branch,omitempty"`
	PullRequest string `json:"pull_request,omitempty"`
	Artefact    string `json:"artefact,omitempty"` // empty: the commit
	Previous    string `json:"previous,omitempty"`
	Link        string `json:"link,omitempty"`
	Author      string `json:"author,omitempty"` // login or mail address

	RollbackPlan string `json:"rollback_plan,omitempty"`
	RollbackRef  string `json:"rollback_ref,omitempty"`
	RollbackOf   string `json:"rollback_of,omitempty"` // "CHG-6"

	PlannedFrom time.Time `json:"planned_from,omitzero"`
	PlannedTo   time.Time `json:"planned_to,omitzero"`

	Key string `json:"key,omitempty"` // by which the pipeline knows this step
}

// GateAnswer is what the gate says.
type GateAnswer struct {
	Allowed   bool       `json:"allowed"`
	Verdict   string     `json:"verdict"` // allowed, waiting, denied
	Line      string     `json:"line"`    // the reason, for a pipeline's log
	Path      string     `json:"path,omitempty"`
	URL       string     `json:"url,omitempty"`
	Again     *time.Time `json:"again,omitempty"` // when policy is asked again by itself
	Change    Change     `json:"change"`
	Decision  *Decision  `json:"decision,omitempty"`
	Approvals []Approval `json:"approvals,omitempty"`
}

// Decision is one answer of policy.
type Decision struct {
	Key         string           `json:"key,omitempty"` // empty: a dry run
	Change      string           `json:"change,omitempty"`
	At          *time.Time       `json:"at,omitempty"`
	Mode        string           `json:"mode"` // gate, start, shadow, dry run
	Policy      string           `json:"policy"`
	Weights     string           `json:"weights"`
	Settings    int64            `json:"settings"`
	Risk        *int             `json:"risk,omitempty"`
	RiskLevel   string           `json:"risk_level,omitempty"`
	Factors     []DecisionFactor `json:"factors,omitempty"` // the points add up to the risk
	Outcome     string           `json:"outcome"`           // allow, needs_review, deny
	Reviews     []DecisionReview `json:"reviews,omitempty"`
	Reasons     []DecisionReason `json:"reasons"`
	Obligations []Obligation     `json:"obligations,omitempty"`
	Failed      string           `json:"failed,omitempty"` // why the policy gave no answer
	Took        float64          `json:"took_ms"`
	Input       json.RawMessage  `json:"input,omitempty"` // the facts; only of Client.Decision
}

// DecisionFactor is one factor's share of the risk score.
type DecisionFactor struct {
	Name   string  `json:"name"`
	Text   string  `json:"text"`
	Points float64 `json:"points"`
}

// DecisionReview is an approval that policy asks for.
type DecisionReview struct {
	Who   string `json:"who"` // peer, owner, on-call, board, manager, team:payments
	Count int    `json:"count"`
	Rule  string `json:"rule"`
}

// DecisionReason is one rule's contribution in words.
type DecisionReason struct {
	Rule   string `json:"rule"`
	Effect string `json:"effect"` // adds, eases, none, denies, unknown
	Text   string `json:"text"`
}

// Obligation is what whoever goes on must do.
type Obligation struct {
	Do    string    `json:"do"` // notify, verify, window
	Rule  string    `json:"rule"`
	Whom  []string  `json:"whom,omitempty"`
	For   string    `json:"for,omitempty"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	Text  string    `json:"text,omitempty"`
}

// AskGate asks whether a change may ship. Asked again about the same step, it
// finds the same change. An answer that is not "allowed" is no error.
func (c *Client) AskGate(ctx context.Context, a GateAsk) (out GateAnswer, err error) {
	return out, c.Do(ctx, http.MethodPost, changesPath+"/gate", a, &out)
}

// PreviewGate is what the gate would answer; nothing is kept.
func (c *Client) PreviewGate(ctx context.Context, a GateAsk) (out GateAnswer, err error) {
	return out, c.Do(ctx, http.MethodPost, changesPath+"/preview", a, &out)
}

// GateAnswer is where a change stands, without asking policy.
func (c *Client) GateAnswer(ctx context.Context, key string) (out GateAnswer, err error) {
	return out, c.Get(ctx, changePath(key)+"/gate", &out)
}

// AskAgain asks policy anew about a change that has not started.
func (c *Client) AskAgain(ctx context.Context, key string) (out GateAnswer, err error) {
	return out, c.Do(ctx, http.MethodPost, changePath(key)+"/ask", nil, &out)
}

// ChangeDecisions lists what policy said about a change, newest first.
func (c *Client) ChangeDecisions(ctx context.Context, key, cursor string, limit int) (list List[Decision], err error) {
	return list, c.Get(ctx, changePath(key)+"/decisions"+Query("cursor", cursor, "limit", number(limit)), &list)
}

// Decision returns what policy said, with the facts that it stood on.
func (c *Client) Decision(ctx context.Context, key string) (d Decision, err error) {
	return d, c.Get(ctx, "/api/v1/change-decisions/"+url.PathEscape(key), &d)
}

// ChangeReport is one step of what a pipeline did.
type ChangeReport struct {
	GateAsk
	Phase  string    `json:"phase"` // created, waiting, started, succeeded, failed, canceled, rolled back
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// ChangeReceipt says what became of what a pipeline told.
type ChangeReceipt struct {
	Repeat  bool     `json:"repeat,omitempty"`
	Taken   int      `json:"taken"`
	Ignored int      `json:"ignored,omitempty"`
	Changes []string `json:"changes"`
	Notes   []string `json:"notes,omitempty"`
}

// ReportChanges tells what a pipeline did, all or nothing; late, twice and in any
// order does no harm. id may be empty.
func (c *Client) ReportChanges(ctx context.Context, id string, reports ...ChangeReport) (r ChangeReceipt, err error) {
	in := struct {
		Reports []ChangeReport `json:"reports"`
		ID      string         `json:"id,omitempty"`
	}{reports, id}
	return r, c.Do(ctx, http.MethodPost, changesPath+"/reports", in, &r)
}
