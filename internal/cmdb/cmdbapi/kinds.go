package cmdbapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Kind is a kind of items.
type Kind struct {
	Name string `json:"name" example:"database"`
	cmdb.KindSpec
	Known     bool      `json:"known,omitempty" doc:"From the start: it stays when what is written of it is removed"`
	Version   int64     `json:"version" doc:"0: nothing is written of it"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty" doc:"From where it is managed as code"`
}

func kind(k cmdb.OwnKind) Kind {
	return Kind{k.Name, k.Spec, k.Known, k.Version, k.Created, k.Updated, k.Managed}
}

type kindBody struct {
	ETag string `header:"ETag"`
	Body Kind
}

func answerKind(k cmdb.OwnKind, err error) (*kindBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &kindBody{api.ETag(k.Version), kind(k)}, nil
}

func (h *handlers) kinds(a huma.API) {
	huma.Register(a, op("list-item-kinds", http.MethodGet, "/kinds", "List kinds of items by name", listing), func(ctx context.Context, in *api.PageIn) (*answer[api.List[Kind]], error) {
		kinds, more, err := h.s.ItemKinds(ctx, in.Cursor, in.Limit)
		next := ""
		if more {
			next = kinds[len(kinds)-1].Name
		}
		return list(each(kinds, kind), next), api.Err(err)
	})
	huma.Register(a, op("get-item-kind", http.MethodGet, "/kinds/{name}", "Read a kind of items", api.Reading), func(ctx context.Context, in *NameIn) (*kindBody, error) {
		return answerKind(h.s.ItemKind(ctx, in.Name))
	})
	huma.Register(a, op("create-item-kind", http.MethodPost, "/kinds", "Add a kind of items, or say more of one that is known from the start", api.Making), func(ctx context.Context, in *struct {
		Body struct {
			Name string `json:"name" example:"mainframe" doc:"1 to 63 of a-z, 0-9 and dash"`
			cmdb.KindSpec
		}
	}) (*kindBody, error) {
		return answerKind(h.s.PutKind(ctx, in.Body.Name, 0, in.Body.KindSpec))
	})
	huma.Register(a, op("update-item-kind", http.MethodPut, "/kinds/{name}", "Replace what is written of a kind of items", api.Editing), func(ctx context.Context, in *struct {
		NameIn
		IfMatch string `header:"If-Match"`
		Body    cmdb.KindSpec
	}) (*kindBody, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerKind(h.s.PutKind(ctx, in.Name, v, in.Body))
	})
	huma.Register(a, op("delete-item-kind", http.MethodDelete, "/kinds/{name}", "Remove what is written of a kind; items of it must be gone unless it is known from the start", doing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) {
			return nil, api.Err(h.s.DeleteKind(ctx, in.Name))
		})
}

// RulesRecord are the rules of reconciliation.
type RulesRecord struct {
	cmdb.Rules
	Replay    Replay    `json:"replay" doc:"How far changed rules are worked into all items"`
	Version   int64     `json:"version" doc:"0: those that come with the program"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

// Replay is how far a replay is.
type Replay struct {
	Done    bool  `json:"done"`
	Percent int   `json:"percent"`
	Changed int64 `json:"changed" doc:"Items that look different since"`
}

// RulesPreview is what rules would do.
type RulesPreview struct {
	Looked     int           `json:"looked" doc:"Items that were looked at"`
	All        bool          `json:"all" doc:"These are all there are"`
	Items      int           `json:"items" doc:"Of them, how many would look different"`
	Attributes int           `json:"attributes" doc:"And in how many fields"`
	Examples   []RulesChange `json:"examples"`
}

// RulesChange is an item as rules would make it.
type RulesChange struct {
	Item    Brief              `json:"item"`
	Changes []cmdb.FieldChange `json:"changes"`
}

type rulesBody struct {
	ETag string `header:"ETag"`
	Body RulesRecord
}

func answerRules(r cmdb.RulesRecord, err error) (*rulesBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &rulesBody{api.ETag(r.Version), RulesRecord{r.Rules, Replay{r.Replay.Done(), r.Replay.Percent(), r.Replay.Changed}, r.Version, r.Created, r.Updated, r.Managed}}, nil
}

func (h *handlers) rules(a huma.API) {
	huma.Register(a, op("get-reconciliation-rules", http.MethodGet, "/rules", "Read the rules by which items are worked out of what sources say", []int{401, 403}), func(ctx context.Context, _ *struct{}) (*rulesBody, error) {
		return answerRules(h.s.Rules(ctx))
	})
	put := op("update-reconciliation-rules", http.MethodPut, "/rules", "Replace the rules; they are worked into all items in the background", api.Editing)
	put.Description = `If-Match "0" replaces those that come with the program. GET shows how far the replay is.`
	huma.Register(a, put, func(ctx context.Context, in *struct {
		IfMatch string `header:"If-Match"`
		Body    cmdb.Rules
	}) (*rulesBody, error) {
		v, err := version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRules(h.s.PutRules(ctx, v, in.Body))
	})
	huma.Register(a, op("delete-reconciliation-rules", http.MethodDelete, "/rules", "Go back to the rules that come with the program", doing),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, api.Err(h.s.ResetRules(ctx)) })
	preview := op("preview-reconciliation-rules", http.MethodPost, "/rules/preview", "Say what rules would change; nothing is changed", listing)
	huma.Register(a, preview, func(ctx context.Context, in *struct{ Body cmdb.Rules }) (*answer[RulesPreview], error) {
		p, err := h.s.PreviewRules(ctx, in.Body)
		return &answer[RulesPreview]{RulesPreview{p.Looked, p.All, p.Items, p.Attributes, each(p.Examples, func(c cmdb.PreviewChange) RulesChange {
			return RulesChange{Brief{Key: key(c.Item), Kind: c.Kind, Name: c.Name}, c.Changes}
		})}}, api.Err(err)
	})
}
