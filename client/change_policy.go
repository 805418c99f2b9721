package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// ChangePolicy is a version of the policy that decides about changes.
type ChangePolicy struct {
	Key       string            `json:"key"`   // "POLICY-3"; "POLICY-0" comes with the program
	State     string            `json:"state"` // draft, active, shadow, retired
	Note      string            `json:"note,omitempty"`
	Reason    string            `json:"reason,omitempty"` // of the last change of state
	Digest    string            `json:"digest"`
	Tests     int               `json:"tests"` // that passed when it was kept
	Commit    string            `json:"commit,omitempty"`
	MadeBy    string            `json:"made_by,omitempty"`
	DecidedBy string            `json:"decided_by,omitempty"`
	Created   *time.Time        `json:"created,omitempty"`
	Decided   *time.Time        `json:"decided,omitempty"`
	Activated *time.Time        `json:"activated,omitempty"`
	Version   int64             `json:"version"`
	Modules   map[string]string `json:"modules,omitempty"` // file name to Rego; not in lists
}

// PolicySource is a policy: a version by its key, or modules that are not
// kept; neither: the one that decides.
type PolicySource struct {
	Policy  string            `json:"policy,omitempty"`
	Modules map[string]string `json:"modules,omitempty"`
}

// PolicyTests is how the tests of a policy went.
type PolicyTests struct {
	Passed bool         `json:"passed"`
	Tests  []PolicyTest `json:"tests"`
}

// PolicyTest is one test.
type PolicyTest struct {
	Name   string `json:"name"`
	Where  string `json:"where"` // "freeze_test.rego:12"
	Passed bool   `json:"passed"`
	Why    string `json:"why,omitempty"`
	Micros int64  `json:"took_us"`
}

// PolicyDecision is what a policy says.
type PolicyDecision struct {
	Outcome     string           `json:"outcome"` // allow, needs_review, deny
	Reviews     []DecisionReview `json:"reviews,omitempty"`
	Reasons     []DecisionReason `json:"reasons"`
	Obligations []Obligation     `json:"obligations,omitempty"`
	Failed      string           `json:"failed,omitempty"` // why it gave no answer
}

// PolicyTrial is what a policy says to one input.
type PolicyTrial struct {
	Change   string          `json:"change,omitempty"`
	Decision PolicyDecision  `json:"decision"`
	Before   *PolicyDecision `json:"before,omitempty"` // what the gate decided on the same facts
	Gaps     []string        `json:"gaps,omitempty"`   // facts that are not complete
}

// PolicyBacktest is what a policy would have decided differently.
type PolicyBacktest struct {
	Decisions      int                `json:"decisions"`
	Changed        int                `json:"changed"`
	Different      []PolicyDifference `json:"different"` // failed changes first; at most 500
	Before         map[string]int     `json:"before"`    // decisions by outcome
	After          map[string]int     `json:"after"`
	ReviewsBefore  int                `json:"reviews_before"`
	ReviewsAdded   int                `json:"reviews_added"`
	ReviewsRemoved int                `json:"reviews_removed"`
	HoursSaved     float64            `json:"hours_saved"`
	HoursAdded     float64            `json:"hours_added"` // an estimate by the median wait
	TypicalWait    float64            `json:"typical_wait_hours"`
	Failures       int                `json:"failures"`
	Caught         int                `json:"caught"`      // failed ones that somebody would have looked at, and did not
	LetThrough     int                `json:"let_through"` // failed ones that somebody looked at, and would not have
	Unexplained    int                `json:"unexplained"`
	FirstFault     string             `json:"first_fault,omitempty"`
	Milliseconds   int64              `json:"took_ms"`
}

// PolicyDifference is a decision that comes out differently.
type PolicyDifference struct {
	Change string         `json:"change"`
	Title  string         `json:"title,omitempty"`
	At     time.Time      `json:"at"`
	Old    PolicyDecision `json:"old"`
	New    PolicyDecision `json:"new"`
	Waited float64        `json:"waited_hours"`
	Failed bool           `json:"failed"`
}

// PolicyFileDiff is how a module differs between two versions.
type PolicyFileDiff struct {
	File  string           `json:"file"`
	Kind  string           `json:"kind"` // added, removed, changed
	Lines []PolicyDiffLine `json:"lines"`
}

// PolicyDiffLine is a line of a difference.
type PolicyDiffLine struct {
	Op   string `json:"op"` // "+", "-", " ", and "…" for lines that are left out
	Old  int    `json:"old,omitempty"`
	New  int    `json:"new,omitempty"`
	Text string `json:"text,omitempty"`
}

const changePoliciesPath = "/api/v1/change-policies"

// ChangePolicies lists versions of the policy, newest first, without modules.
func (c *Client) ChangePolicies(ctx context.Context, cursor string, limit int) (list List[ChangePolicy], err error) {
	return list, c.Get(ctx, changePoliciesPath+Query("cursor", cursor, "limit", number(limit)), &list)
}

// ChangePolicy returns a version with its modules.
func (c *Client) ChangePolicy(ctx context.Context, key string) (p ChangePolicy, err error) {
	return p, c.Get(ctx, changePoliciesPath+"/"+url.PathEscape(key), &p)
}

// PutChangePolicy keeps a new version as a draft; 422 with file, line and
// column of each fault, or of each test that fails.
func (c *Client) PutChangePolicy(ctx context.Context, modules map[string]string, note string) (p ChangePolicy, err error) {
	return p, c.Do(ctx, http.MethodPost, changePoliciesPath, map[string]any{"modules": modules, "note": note}, &p)
}

// ChangePolicyVerb moves a version on: "activate", "shadow" (POLICY-0: no
// shadow any more) or "retire".
func (c *Client) ChangePolicyVerb(ctx context.Context, key, verb, reason string) (p ChangePolicy, err error) {
	return p, c.Do(ctx, http.MethodPost, changePoliciesPath+"/"+url.PathEscape(key)+"/"+url.PathEscape(verb), map[string]string{"reason": reason}, &p)
}

// DiffChangePolicy compares a version with another one; from may be empty: the
// one that comes with the program.
func (c *Client) DiffChangePolicy(ctx context.Context, key, from string) (list List[PolicyFileDiff], err error) {
	return list, c.Get(ctx, changePoliciesPath+"/"+url.PathEscape(key)+"/diff"+Query("from", from), &list)
}

// TestChangePolicy runs the tests of a policy with the settings of the server.
func (c *Client) TestChangePolicy(ctx context.Context, p PolicySource) (t PolicyTests, err error) {
	return t, c.Do(ctx, http.MethodPost, "/api/v1/change-policy-tests", p, &t)
}

// TryChangePolicy asks a policy about a change as the gate knew it, or about an
// input: one of both.
func (c *Client) TryChangePolicy(ctx context.Context, p PolicySource, change string, input json.RawMessage) (t PolicyTrial, err error) {
	in := struct {
		PolicySource
		Change string          `json:"change,omitempty"`
		Input  json.RawMessage `json:"input,omitempty"`
	}{p, change, input}
	return t, c.Do(ctx, http.MethodPost, "/api/v1/change-policy-trials", in, &t)
}

// BacktestChangePolicy replays the last decisions of gates through a policy; 0:
// the last 1000, at most 20000.
func (c *Client) BacktestChangePolicy(ctx context.Context, p PolicySource, last int) (b PolicyBacktest, err error) {
	in := struct {
		PolicySource
		Last int `json:"last,omitempty"`
	}{p, last}
	return b, c.Do(ctx, http.MethodPost, "/api/v1/change-policy-backtests", in, &b)
}
