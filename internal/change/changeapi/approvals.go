package changeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Waiting is a change that waits for approval, with what there is to decide.
type Waiting struct {
	Change     Change     `json:"change"`
	Decision   *Decision  `json:"decision,omitempty"`
	Approvals  []Approval `json:"approvals"`
	Waited     int64      `json:"waited_seconds"`
	ApproveAs  []string   `json:"approve_as,omitempty" doc:"Reviewers as which you can approve"`
	ApproveWhy string     `json:"approve_why,omitempty" doc:"Why you cannot"`
}

func (h *handlers) waitingOf(ctx context.Context, items []change.Item, err error) (*answer[api.List[Waiting]], error) {
	if err != nil {
		return nil, api.Err(err)
	}
	var ids []int64
	for _, i := range items {
		ids = append(append(ids, peopleOf(i.Approvals)...), i.Change.AuthorPerson)
	}
	names, err := h.s.NamesOf(ctx, ids...)
	return list(each(items, func(i change.Item) Waiting {
		out := Waiting{Change: changeOf(i.Change, names), Approvals: approvalsOf(i.Approvals, names), Waited: int64(i.Waited / time.Second), ApproveAs: i.As, ApproveWhy: i.Why}
		if i.Decision.ID != 0 {
			d := decisionOf(i.Decision)
			out.Decision = &d
		}
		return out
	}), ""), api.Err(err)
}

func (h *handlers) approvals(a huma.API) {
	huma.Register(a, op("list-waiting-changes", http.MethodGet, "/changes/waiting", "List the changes that wait for your approval, the longest waiting first; at most 200", listing),
		func(ctx context.Context, _ *struct{}) (*answer[api.List[Waiting]], error) {
			items, err := h.s.Waiting(ctx)
			return h.waitingOf(ctx, items, err)
		})
	huma.Register(a, op("list-board-agenda", http.MethodGet, "/changes/board", "List the changes that wait for the board, the longest waiting first; at most 200", listing),
		func(ctx context.Context, _ *struct{}) (*answer[api.List[Waiting]], error) {
			items, err := h.s.Board(ctx)
			return h.waitingOf(ctx, items, err)
		})
}

// Delegation lets somebody approve in the place of a person who is away.
type Delegation struct {
	Number   int64      `json:"number"`
	Person   Person     `json:"person" doc:"Who is away"`
	Delegate Person     `json:"delegate" doc:"Who approves instead"`
	From     time.Time  `json:"from"`
	Until    time.Time  `json:"until"`
	Reason   string     `json:"reason,omitempty"`
	Created  time.Time  `json:"created"`
	Ended    *time.Time `json:"ended,omitempty" doc:"Taken back before until"`
}

// Delegating is a delegation to be.
type Delegating struct {
	Person   string    `json:"person,omitempty" doc:"Who is away: key or handle; absent: oneself"`
	Delegate string    `json:"delegate" doc:"Key or handle"`
	From     time.Time `json:"from,omitzero" doc:"Absent: now"`
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason,omitempty" maxLength:"300"`
}

func delegationOf(d change.Delegation, names map[int64]string) Delegation {
	return Delegation{d.ID, *person(d.Person, names), *person(d.Delegate, names), d.From, d.Until, d.Reason, d.Created, api.When(d.Ended)}
}

func (h *handlers) delegations(a huma.API) {
	huma.Register(a, op("list-change-delegations", http.MethodGet, "/change-delegations", "List delegations of approvals, newest first", listing),
		func(ctx context.Context, in *api.PageIn) (*answer[api.List[Delegation]], error) {
			before, err := cursor(in.Cursor)
			if err != nil {
				return nil, api.Err(err)
			}
			rows, err := h.s.Delegations(ctx, before, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			var ids []int64
			for _, d := range rows {
				ids = append(ids, d.Person, d.Delegate)
			}
			names, err := h.s.NamesOf(ctx, ids...)
			next := ""
			if len(rows) == in.Limit {
				next = cursorAt(rows[len(rows)-1].ID)
			}
			return list(each(rows, func(d change.Delegation) Delegation { return delegationOf(d, names) }), next), api.Err(err)
		})
	huma.Register(a, op("create-change-delegation", http.MethodPost, "/change-delegations", "Let somebody approve in the place of a person who is away", api.Making),
		func(ctx context.Context, in *struct{ Body Delegating }) (*answer[Delegation], error) {
			d := change.Delegation{From: in.Body.From, Until: in.Body.Until, Reason: in.Body.Reason}
			if _, err := actor.Require(ctx, actor.Respond); err != nil { // before anybody is looked up
				return nil, api.Err(err)
			}
			var err error
			if in.Body.Person != "" {
				if d.Person, err = h.s.Person(ctx, "person", in.Body.Person); err != nil {
					return nil, api.Err(err)
				}
			}
			if d.Delegate, err = h.s.Person(ctx, "delegate", in.Body.Delegate); err != nil {
				return nil, api.Err(err)
			}
			if d, err = h.s.Delegate(ctx, d); err != nil {
				return nil, api.Err(err)
			}
			names, err := h.s.NamesOf(ctx, d.Person, d.Delegate)
			return &answer[Delegation]{delegationOf(d, names)}, api.Err(err)
		})
	huma.Register(a, op("end-change-delegation", http.MethodDelete, "/change-delegations/{number}", "Take a delegation back before its time", api.Editing),
		func(ctx context.Context, in *struct {
			Number string `path:"number" maxLength:"20"`
		}) (*struct{}, error) {
			id, err := ref.ID("", in.Number)
			if err != nil {
				return nil, api.Err(errs.E(errs.NotFound, "there is no such delegation; they have numbers"))
			}
			return nil, api.Err(h.s.EndDelegation(ctx, id))
		})
}
