package changeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
)

// Model is a pre-approved kind of change.
type Model struct {
	Name string `json:"name" example:"certificate-renewal"`
	change.ModelSpec
	State     string    `json:"state" enum:"approved,withdrawn"`
	Why       string    `json:"why,omitempty" doc:"It was withdrawn"`
	Used      int       `json:"used" doc:"Completed changes since it was approved"`
	Failed    int       `json:"failed" doc:"Of them"`
	Since     time.Time `json:"since,omitzero"`
	Version   int64     `json:"version"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code"`
}

func modelOf(m change.Model) Model {
	return Model{m.Name, m.Spec, string(m.State), m.Why, m.Used, m.Failed, m.Since, m.Version, m.CreatedAt, m.UpdatedAt, m.Managed}
}

type modelOut struct {
	ETag string `header:"ETag"`
	Body Model
}

func answerModel(m change.Model, err error) (*modelOut, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &modelOut{api.ETag(m.Version), modelOf(m)}, nil
}

func (h *handlers) models(a huma.API) {
	huma.Register(a, op("list-change-models", http.MethodGet, "/change-models", "List models of standard changes by name", listing), func(ctx context.Context, in *api.PageIn) (*answer[api.List[Model]], error) {
		rows, more, err := h.s.Models(ctx, in.Cursor, in.Limit)
		next := ""
		if more {
			next = rows[len(rows)-1].Name
		}
		return list(each(rows, modelOf), next), api.Err(err)
	})
	huma.Register(a, op("get-change-model", http.MethodGet, "/change-models/{name}", "Read a model with its use", api.Reading), func(ctx context.Context, in *NameIn) (*modelOut, error) {
		return answerModel(h.s.Model(ctx, in.Name))
	})
	huma.Register(a, op("create-change-model", http.MethodPost, "/change-models", "Pre-approve a kind of change", api.Making), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"certificate-renewal" doc:"1 to 63 of a-z, 0-9 and dash"`
			change.ModelSpec
		}
	}) (*modelOut, error) {
		return answerModel(h.s.PutModel(ctx, in.Body.Name, 0, in.Body.ModelSpec))
	})
	huma.Register(a, op("update-change-model", http.MethodPut, "/change-models/{name}", "Replace what a model says; its approval stays as it is", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match"`
		Body    change.ModelSpec
	}) (*modelOut, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerModel(h.s.PutModel(ctx, in.Name, v, in.Body))
	})
	huma.Register(a, op("delete-change-model", http.MethodDelete, "/change-models/{name}", "Remove a model; its changes keep its name", api.Editing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) {
			return nil, api.Err(h.s.DeleteModel(ctx, in.Name))
		})
	huma.Register(a, op("approve-change-model", http.MethodPost, "/change-models/{name}/approve", "Pre-approve a model that was withdrawn; its counters start anew", api.Editing),
		func(ctx context.Context, in *NameIn) (*modelOut, error) {
			return answerModel(h.s.ApproveModel(ctx, in.Name))
		})
	huma.Register(a, op("withdraw-change-model", http.MethodPost, "/change-models/{name}/withdraw", "Take a model's pre-approval away", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		Body Reason
	}) (*modelOut, error) {
		return answerModel(h.s.WithdrawModel(ctx, in.Name, in.Body.Reason))
	})
}
