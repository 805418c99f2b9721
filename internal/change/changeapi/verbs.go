package changeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Approving approves a change.
type Approving struct {
	Commit string `json:"commit,omitempty" doc:"The one that you looked at; refused when another came meanwhile"`
	Reason string `json:"reason,omitempty"`
}

// Reason is a reason in words.
type Reason struct {
	Reason string `json:"reason" minLength:"1"`
}

// MayReason is a reason that may be left out.
type MayReason struct {
	Reason string `json:"reason,omitempty"`
}

// Outcome is how a change ended.
type Outcome struct {
	Outcome string    `json:"outcome" enum:"succeeded,failed,rolled back"`
	Reason  string    `json:"reason,omitempty"`
	At      time.Time `json:"at,omitzero" doc:"Absent: now"`
}

// Correction says that the outcome was another.
type Correction struct {
	Outcome string `json:"outcome" enum:"succeeded,failed,rolled back"`
	Reason  string `json:"reason" minLength:"1" doc:"What shows it"`
}

// RolledBackBy names the change that took this one back.
type RolledBackBy struct {
	By     string `json:"by" example:"CHG-8"`
	Reason string `json:"reason,omitempty"`
}

// Note is a person's words.
type Note struct {
	Text string `json:"text" minLength:"1"`
}

// Finding is what the review of an emergency change found.
type Finding struct {
	Finding string `json:"finding" minLength:"1"`
}

// verb registers a POST to the change's path whose body is B.
func verb[B any](a huma.API, h *handlers, id, path, summary string, do func(ctx context.Context, id int64, b B) (change.Change, error)) {
	huma.Register(a, op(id, http.MethodPost, "/changes/{key}/"+path, summary, api.Editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body B
		}) (*changeOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			c, err := do(ctx, id, in.Body)
			return h.one(ctx, c, err)
		})
}

// plain registers a POST without a body.
func plain(a huma.API, h *handlers, id, path, summary string, do func(ctx context.Context, id int64) (change.Change, error)) {
	huma.Register(a, op(id, http.MethodPost, "/changes/{key}/"+path, summary, api.Editing),
		func(ctx context.Context, in *KeyIn) (*changeOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			c, err := do(ctx, id)
			return h.one(ctx, c, err)
		})
}

func (h *handlers) verbs(a huma.API) {
	s := h.s
	verb(a, h, "approve-change", "approve", "Give the approvals that you can give, for the present commit", func(ctx context.Context, id int64, b Approving) (change.Change, error) {
		return s.Approve(ctx, id, b.Commit, b.Reason)
	})
	verb(a, h, "reject-change", "reject", "Say no to a change that has not started", func(ctx context.Context, id int64, b Reason) (change.Change, error) {
		return s.Reject(ctx, id, b.Reason)
	})
	verb(a, h, "cancel-change", "cancel", "End a change that has not begun", func(ctx context.Context, id int64, b MayReason) (change.Change, error) {
		return s.Cancel(ctx, id, b.Reason)
	})
	plain(a, h, "start-change", "start", "Say that its work began, where no pipeline does", s.Start)
	plain(a, h, "complete-change", "deployed", "Say that its work is complete; health is watched from now on", s.Deployed)
	verb(a, h, "finish-change", "finish", "Set the outcome of a change that is under way", func(ctx context.Context, id int64, b Outcome) (change.Change, error) {
		return s.Finish(ctx, id, change.Outcome{State: change.State(b.Outcome), Reason: b.Reason, At: b.At})
	})
	verb(a, h, "correct-change", "correct", "Say that the outcome was another", func(ctx context.Context, id int64, b Correction) (change.Change, error) {
		return s.Correct(ctx, id, change.State(b.Outcome), b.Reason)
	})
	verb(a, h, "roll-back-change", "roll-back", "Start its automated rollback", func(ctx context.Context, id int64, b MayReason) (change.Change, error) {
		return s.AskRollback(ctx, id, b.Reason)
	})
	verb(a, h, "set-change-rolled-back", "rolled-back", "Say that another change took this one back", func(ctx context.Context, id int64, b RolledBackBy) (change.Change, error) {
		by, err := ref.ID(ref.Change, b.By)
		if err != nil {
			return change.Change{}, errs.BadField("by", b.By, "name a change, like CHG-8")
		}
		return s.RolledBackBy(ctx, id, by, b.Reason)
	})
	verb(a, h, "add-change-note", "notes", "Add your words to the record", func(ctx context.Context, id int64, b Note) (change.Change, error) {
		return s.AddNote(ctx, id, b.Text)
	})
	verb(a, h, "review-emergency-change", "review", "Record what the review of an emergency change found", func(ctx context.Context, id int64, b Finding) (change.Change, error) {
		return s.ReviewEmergency(ctx, id, b.Finding)
	})
}
