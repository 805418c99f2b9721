package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Change is one step of one or more services in one environment.
type Change struct {
	Key         string   `json:"key"`
	Version     int64    `json:"version"` // for EditChange
	Title       string   `json:"title"`
	Summary     string   `json:"summary,omitempty"`
	Type        string   `json:"type"`    // standard, normal, emergency
	Kind        string   `json:"kind"`    // deploy, config, infrastructure, schema, flag
	Purpose     string   `json:"purpose"` // feature, fix, security, reliability, rollback
	State       string   `json:"state"`   // draft, assessed, awaiting approval, approved, scheduled, in progress, verifying, succeeded, failed, rolled back, rejected, canceled
	Model       string   `json:"model,omitempty"`
	Services    []string `json:"services"` // the first is the main one
	Team        string   `json:"team,omitempty"`
	Environment string   `json:"environment"`

	Repository  string `json:"repository,omitempty"`
	Commit      string `json:"commit,omitempty"`
	Branch      string `json:"branch,omitempty"`
	PullRequest string `json:"pull_request,omitempty"`
	Artefact    string `json:"artefact,omitempty"`
	Previous    string `json:"previous,omitempty"` // artefact that ran before
	Link        string `json:"link,omitempty"`     // the pipeline's run

	Author       string        `json:"author,omitempty"` // as the source names the author
	AuthorPerson *ChangePerson `json:"author_person,omitempty"`
	Source       string        `json:"source,omitempty"`

	RollbackPlan string `json:"rollback_plan,omitempty"`
	RollbackRef  string `json:"rollback_ref,omitempty"`
	RollbackOf   string `json:"rollback_of,omitempty"` // key of the change that this one takes back
	Returns      bool   `json:"returns,omitempty"`     // to an artefact that ran successfully
	TakenBackBy  string `json:"taken_back_by,omitempty"`

	Decision  string `json:"decision,omitempty"` // "DEC-12": the one that stands
	Outcome   string `json:"policy_outcome,omitempty"`
	Risk      *int   `json:"risk,omitempty"` // 0 to 100; nil: unknown
	RiskLevel string `json:"risk_level,omitempty"`
	Bypass    bool   `json:"bypass,omitempty"` // it began without being allowed
	Waited    int64  `json:"waited_seconds,omitempty"`

	CreatedAt   *time.Time `json:"created_at,omitempty"`
	CommittedAt *time.Time `json:"committed_at,omitempty"`
	AssessedAt  *time.Time `json:"assessed_at,omitempty"`
	RequestedAt *time.Time `json:"requested_at,omitempty"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	PlannedFrom *time.Time `json:"planned_from,omitempty"`
	PlannedTo   *time.Time `json:"planned_to,omitempty"`
	StartedAt   *time.Time `json:"started_at,omitempty"`
	DeployedAt  *time.Time `json:"deployed_at,omitempty"`
	VerifyUntil *time.Time `json:"verify_until,omitempty"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
	RecoveredAt *time.Time `json:"recovered_at,omitempty"`

	Rework        bool          `json:"rework,omitempty"`
	Caused        int           `json:"caused_incidents,omitempty"`
	OutcomeBy     string        `json:"outcome_by,omitempty"` // verification, pipeline, person, incident, rollback
	OutcomePerson *ChangePerson `json:"outcome_person,omitempty"`
	OutcomeReason string        `json:"outcome_reason,omitempty"`

	ReviewDue *time.Time    `json:"review_due,omitempty"` // of an emergency change
	Reviewed  *time.Time    `json:"reviewed_at,omitempty"`
	ReviewBy  *ChangePerson `json:"review_by,omitempty"`
	Review    string        `json:"review,omitempty"`
	ExpiresAt *time.Time    `json:"expires_at,omitempty"`
	RecheckAt *time.Time    `json:"recheck_at,omitempty"`
	Entries   int           `json:"entries"`
}

// ChangePerson is somebody with a part in a change.
type ChangePerson struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

// ChangeBrief names a change.
type ChangeBrief struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	State string `json:"state"`
}

// ChangeExternal is a name under which a pipeline knows a change.
type ChangeExternal struct {
	Source string `json:"source"`
	Key    string `json:"key"`
}

// ChangeDetail is one change with its surroundings.
type ChangeDetail struct {
	Change
	Approvals   []Approval       `json:"approvals"`  // waited for, or given for this commit
	Approvable  bool             `json:"approvable"` // by the reader
	ApproveAs   []string         `json:"approve_as,omitempty"`
	ApproveWhy  string           `json:"approve_why,omitempty"` // why the reader cannot
	Obligations []Obligation     `json:"obligations,omitempty"`
	Externals   []ChangeExternal `json:"externals,omitempty"`
	Replaces    *ChangeBrief     `json:"replaces,omitempty"`
	ReplacedBy  *ChangeBrief     `json:"replaced_by,omitempty"`
	Pending     []string         `json:"pending_reviews,omitempty"`
	Can         []string         `json:"can"`
}

// ChangeFilter selects changes; zero fields select all. State, Type and Kind may
// hold several values, separated by commas.
type ChangeFilter struct {
	Open                              string // true, false, or empty for both
	State, Type, Kind                 string
	Service, Team, Environment, Model string
	Author                            string // key, handle or me
	Risk                              string // low, medium, high
	Bad, Bypass, Review               bool   // failed; began without being allowed; emergencies that nobody reviewed
	Commit, Text                      string
	From, Before                      time.Time
	Cursor                            string
	Limit                             int
}

func (f ChangeFilter) query() string {
	return Query("open", f.Open, "state", f.State, "type", f.Type, "kind", f.Kind, "service", f.Service, "team", f.Team, "environment", f.Environment, "model", f.Model,
		"author", f.Author, "risk", f.Risk, "bad", flag(f.Bad), "bypass", flag(f.Bypass), "review", flag(f.Review), "commit", f.Commit, "q", f.Text,
		"from", moment(f.From), "before", moment(f.Before), "cursor", f.Cursor, "limit", number(f.Limit))
}

const changesPath = "/api/v1/changes"

func changePath(key string) string { return changesPath + "/" + url.PathEscape(key) }

// Changes lists changes, newest first.
func (c *Client) Changes(ctx context.Context, f ChangeFilter) (list List[Change], err error) {
	return list, c.Get(ctx, changesPath+f.query(), &list)
}

// Change returns one change by its key.
func (c *Client) Change(ctx context.Context, key string) (d ChangeDetail, err error) {
	return d, c.Get(ctx, changePath(key), &d)
}

// NewChange is a change that a person records by hand; title and services are enough.
type NewChange struct {
	Title        string    `json:"title"`
	Summary      string    `json:"summary,omitempty"`
	Services     []string  `json:"services"`
	Environment  string    `json:"environment,omitempty"`
	Type         string    `json:"type,omitempty"`
	Kind         string    `json:"kind,omitempty"`
	Purpose      string    `json:"purpose,omitempty"`
	Model        string    `json:"model,omitempty"`
	Repository   string    `json:"repository,omitempty"`
	Commit       string    `json:"commit,omitempty"`
	Artefact     string    `json:"artefact,omitempty"`
	PullRequest  string    `json:"pull_request,omitempty"`
	Link         string    `json:"link,omitempty"`
	RollbackPlan string    `json:"rollback_plan,omitempty"`
	RollbackRef  string    `json:"rollback_ref,omitempty"`
	PlannedFrom  time.Time `json:"planned_from,omitzero"`
	PlannedTo    time.Time `json:"planned_to,omitzero"`
}

// OpenChange records a change by hand; AskAgain asks the gate about it.
func (c *Client) OpenChange(ctx context.Context, n NewChange) (out Change, err error) {
	return out, c.Do(ctx, http.MethodPost, changesPath, n, &out)
}

// ChangeEdit changes fields; nil and empty ones stay.
type ChangeEdit struct {
	Title        *string `json:"title,omitempty"`
	Summary      *string `json:"summary,omitempty"`
	RollbackPlan *string `json:"rollback_plan,omitempty"`
	RollbackRef  *string `json:"rollback_ref,omitempty"`
	Model        *string `json:"model,omitempty"`
	Type         string  `json:"type,omitempty"`
	Purpose      string  `json:"purpose,omitempty"`
}

// EditChange edits a change that is not under way; 409 when version is not the
// present one.
func (c *Client) EditChange(ctx context.Context, key string, version int64, e ChangeEdit) (out Change, err error) {
	_, err = c.Edit(ctx, http.MethodPatch, changePath(key), etag(version), e, &out)
	return out, err
}

// PlanChange says when a change shall start and be over; both zero: as soon as
// it is allowed.
func (c *Client) PlanChange(ctx context.Context, key string, from, to time.Time) (out Change, err error) {
	in := struct {
		From time.Time `json:"from,omitzero"`
		To   time.Time `json:"to,omitzero"`
	}{from, to}
	return out, c.Do(ctx, http.MethodPost, changePath(key)+"/plan", in, &out)
}

// ChangeVerb runs a verb on a change and returns it as it is then: approve
// {commit, reason}, reject {reason}, cancel {reason}, start, deployed, finish and
// correct {outcome, reason}, roll-back {reason}, rolled-back {by, reason}, notes
// {text}, review {finding}. Verbs may be repeated.
func (c *Client) ChangeVerb(ctx context.Context, key, verb string, body map[string]string) (out Change, err error) {
	var in any
	if body != nil {
		for name, v := range body {
			if v == "" {
				delete(body, name)
			}
		}
		in = body
	}
	return out, c.Do(ctx, http.MethodPost, changePath(key)+"/"+verb, in, &out)
}

// ApproveChange gives the approvals that the client's person can give; commit,
// when not empty, is the one that was looked at.
func (c *Client) ApproveChange(ctx context.Context, key, commit, reason string) (Change, error) {
	return c.ChangeVerb(ctx, key, "approve", map[string]string{"commit": commit, "reason": reason})
}

// RejectChange says no to a change that has not started.
func (c *Client) RejectChange(ctx context.Context, key, reason string) (Change, error) {
	return c.ChangeVerb(ctx, key, "reject", map[string]string{"reason": reason})
}

// ServiceChanges is what runs on a service, and how its changes went.
type ServiceChanges struct {
	Running   *Change    `json:"running,omitempty"`
	Completed int        `json:"completed"`
	Failed    int        `json:"failed"`
	LastEnded *time.Time `json:"last_ended,omitempty"`
}

// ServiceChanges returns what runs on a service; an empty environment is
// production.
func (c *Client) ServiceChanges(ctx context.Context, service, environment string) (s ServiceChanges, err error) {
	return s, c.Get(ctx, "/api/v1/services/"+url.PathEscape(strings.TrimSpace(service))+"/changes"+Query("environment", environment), &s)
}
