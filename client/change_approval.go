package client

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Approval is one approval that is needed, was given, refused, or expired.
type Approval struct {
	Number    int64         `json:"number"`
	Decision  string        `json:"decision,omitempty"` // that asked for it
	Rule      string        `json:"rule"`
	Who       string        `json:"who"`   // peer, owner, on-call, board, manager, team:payments
	State     string        `json:"state"` // waiting, approved, rejected, expired, withdrawn
	AskedAt   *time.Time    `json:"asked_at,omitempty"`
	DecidedAt *time.Time    `json:"decided_at,omitempty"`
	ExpiresAt *time.Time    `json:"expires_at,omitempty"`
	Person    *ChangePerson `json:"person,omitempty"`
	OnBehalf  *ChangePerson `json:"on_behalf,omitempty"`
	Outside   string        `json:"outside,omitempty"` // a code reviewer's login
	Via       string        `json:"via,omitempty"`     // page, api, link, review
	Commit    string        `json:"commit,omitempty"`
	Reason    string        `json:"reason,omitempty"`
}

// WaitingChange is a change that waits for approval.
type WaitingChange struct {
	Change     Change     `json:"change"`
	Decision   *Decision  `json:"decision,omitempty"`
	Approvals  []Approval `json:"approvals"`
	Waited     int64      `json:"waited_seconds"`
	ApproveAs  []string   `json:"approve_as,omitempty"`
	ApproveWhy string     `json:"approve_why,omitempty"` // why the reader cannot
}

// WaitingChanges lists what waits for the approval of the client's person.
func (c *Client) WaitingChanges(ctx context.Context) (list List[WaitingChange], err error) {
	return list, c.Get(ctx, changesPath+"/waiting", &list)
}

// BoardAgenda lists what waits for the board.
func (c *Client) BoardAgenda(ctx context.Context) (list List[WaitingChange], err error) {
	return list, c.Get(ctx, changesPath+"/board", &list)
}

// ChangeApprovals lists all approvals that a change ever needed.
func (c *Client) ChangeApprovals(ctx context.Context, key string) (list List[Approval], err error) {
	return list, c.Get(ctx, changePath(key)+"/approvals", &list)
}

// ChangeEntry is one line of what happened to a change.
type ChangeEntry struct {
	Number int           `json:"number"`
	At     time.Time     `json:"at"`
	Kind   string        `json:"kind"` // state, decision, approval, pipeline, health, note, incident, edit
	Person *ChangePerson `json:"person,omitempty"`
	Text   string        `json:"text"`
	Detail string        `json:"detail,omitempty"`
	Erased bool          `json:"erased,omitempty"`
}

// ChangeEntries lists what happened to a change, oldest first.
func (c *Client) ChangeEntries(ctx context.Context, key, cursor string, limit int) (list List[ChangeEntry], err error) {
	return list, c.Get(ctx, changePath(key)+"/entries"+Query("cursor", cursor, "limit", number(limit)), &list)
}

// ChangeCall is one thing that a pipeline was told, or is to be told.
type ChangeCall struct {
	Kind        string     `json:"kind"`
	Integration string     `json:"integration"`
	Why         string     `json:"why"`   // decision, question, rollback
	State       string     `json:"state"` // waiting, sent, failed
	Said        string     `json:"said,omitempty"`
	Attempts    int        `json:"attempts"`
	Error       string     `json:"error,omitempty"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	SentAt      *time.Time `json:"sent_at,omitempty"`
	NextAt      *time.Time `json:"next_at,omitempty"`
}

// ChangeCalls lists what pipelines were told about a change, newest first.
func (c *Client) ChangeCalls(ctx context.Context, key string) (list List[ChangeCall], err error) {
	return list, c.Get(ctx, changePath(key)+"/calls", &list)
}

// Delegation lets somebody approve in the place of a person who is away.
type Delegation struct {
	Number   int64        `json:"number"`
	Person   ChangePerson `json:"person"`
	Delegate ChangePerson `json:"delegate"`
	From     time.Time    `json:"from"`
	Until    time.Time    `json:"until"`
	Reason   string       `json:"reason,omitempty"`
	Created  time.Time    `json:"created"`
	Ended    *time.Time   `json:"ended,omitempty"` // taken back before Until
}

// NewDelegation is a delegation to be.
type NewDelegation struct {
	Person   string    `json:"person,omitempty"` // key or handle; empty: oneself
	Delegate string    `json:"delegate"`
	From     time.Time `json:"from,omitzero"` // zero: now
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason,omitempty"`
}

const delegationsPath = "/api/v1/change-delegations"

// Delegations lists delegations, newest first.
func (c *Client) Delegations(ctx context.Context, cursor string, limit int) (list List[Delegation], err error) {
	return list, c.Get(ctx, delegationsPath+Query("cursor", cursor, "limit", number(limit)), &list)
}

// Delegate hands approvals over.
func (c *Client) Delegate(ctx context.Context, n NewDelegation) (d Delegation, err error) {
	return d, c.Do(ctx, http.MethodPost, delegationsPath, n, &d)
}

// EndDelegation takes one back before its time.
func (c *Client) EndDelegation(ctx context.Context, id int64) error {
	return c.Do(ctx, http.MethodDelete, delegationsPath+"/"+strconv.FormatInt(id, 10), nil, nil)
}
