package changeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
)

// Opening is a change that a person records by hand.
type Opening struct {
	Title        string    `json:"title" minLength:"1" maxLength:"200"`
	Summary      string    `json:"summary,omitempty"`
	Services     []string  `json:"services" minItems:"1" maxItems:"50" doc:"Names or aliases in the catalog; the first is the main one"`
	Environment  string    `json:"environment,omitempty" doc:"Default production"`
	Type         string    `json:"type,omitempty" enum:"standard,normal,emergency"`
	Kind         string    `json:"kind,omitempty" enum:"deploy,config,infrastructure,schema,flag"`
	Purpose      string    `json:"purpose,omitempty" enum:"feature,fix,security,reliability,rollback"`
	Model        string    `json:"model,omitempty"`
	Repository   string    `json:"repository,omitempty"`
	Commit       string    `json:"commit,omitempty" doc:"The full hash"`
	Artefact     string    `json:"artefact,omitempty"`
	PullRequest  string    `json:"pull_request,omitempty"`
	Link         string    `json:"link,omitempty"`
	RollbackPlan string    `json:"rollback_plan,omitempty"`
	RollbackRef  string    `json:"rollback_ref,omitempty"`
	PlannedFrom  time.Time `json:"planned_from,omitzero"`
	PlannedTo    time.Time `json:"planned_to,omitzero"`
}

// Edit changes fields; absent ones stay.
type Edit struct {
	Title        *string `json:"title,omitempty"`
	Summary      *string `json:"summary,omitempty"`
	RollbackPlan *string `json:"rollback_plan,omitempty"`
	RollbackRef  *string `json:"rollback_ref,omitempty"`
	Model        *string `json:"model,omitempty"`
	Type         string  `json:"type,omitempty" enum:"standard,normal,emergency"`
	Purpose      string  `json:"purpose,omitempty" enum:"feature,fix,security,reliability,rollback"`
}

// Times are when a change shall start and be over.
type Times struct {
	From time.Time `json:"from,omitzero" doc:"Absent with until: as soon as it is allowed"`
	To   time.Time `json:"to,omitzero"`
}

func (h *handlers) edit(a huma.API) {
	huma.Register(a, op("create-change", http.MethodPost, "/changes", "Record a change by hand; ask the gate about it afterwards", api.Making),
		func(ctx context.Context, in *struct{ Body Opening }) (*changeOut, error) {
			b := in.Body
			c, err := h.s.Open(ctx, change.Change{Title: b.Title, Summary: b.Summary, Services: b.Services, Environment: b.Environment, Type: change.Type(b.Type), Kind: change.Kind(b.Kind),
				Purpose: change.Purpose(b.Purpose), Model: b.Model, Repository: b.Repository, Commit: b.Commit, Artefact: b.Artefact, PullRequest: b.PullRequest, Link: b.Link,
				RollbackPlan: b.RollbackPlan, RollbackRef: b.RollbackRef, PlannedFrom: b.PlannedFrom, PlannedTo: b.PlannedTo})
			return h.one(ctx, c, err)
		})
	huma.Register(a, op("edit-change", http.MethodPatch, "/changes/{key}", "Edit fields of a change that is not under way", api.Editing),
		func(ctx context.Context, in *struct {
			KeyIn
			IfMatch string `header:"If-Match" doc:"ETag of the version you edit"`
			Body    Edit
		}) (*changeOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			b := in.Body
			e := change.Edit{Title: b.Title, Summary: b.Summary, RollbackPlan: b.RollbackPlan, RollbackRef: b.RollbackRef, Model: b.Model}
			if t := change.Type(b.Type); t != "" {
				e.Type = &t
			}
			if p := change.Purpose(b.Purpose); p != "" {
				e.Purpose = &p
			}
			c, err := h.s.Edit(ctx, id, version, e)
			return h.one(ctx, c, err)
		})
	verb(a, h, "plan-change", "plan", "Say when it shall start and be over", func(ctx context.Context, id int64, b Times) (change.Change, error) {
		return h.s.Plan(ctx, id, b.From, b.To)
	})
}
