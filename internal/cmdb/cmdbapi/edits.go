package cmdbapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// NewItem is an item that a person makes.
type NewItem struct {
	Kind        string                     `json:"kind" example:"database"`
	Name        string                     `json:"name" example:"checkout-db"`
	Env         string                     `json:"env,omitempty"`
	Team        string                     `json:"team,omitempty"`
	Identifiers []cmdb.Identifier          `json:"identifiers,omitempty"`
	Attributes  map[string]json.RawMessage `json:"attributes,omitempty"`
}

// ItemEdit is what a person sets on an item.
type ItemEdit struct {
	Name        *string                    `json:"name,omitempty" doc:"Empty: take back what was set by hand"`
	Env         *string                    `json:"env,omitempty"`
	Team        *string                    `json:"team,omitempty"`
	Set         map[string]json.RawMessage `json:"set,omitempty" doc:"Attributes to set"`
	Clear       []string                   `json:"clear,omitempty" doc:"Attributes of which to take back what was set by hand"`
	Identifiers *[]cmdb.Identifier         `json:"identifiers,omitempty" doc:"All that are set by hand; absent: they stay"`
}

// Verb is what retiring and restoring need.
type Verb struct {
	Version int64  `json:"version" minimum:"1" doc:"The version that was read"`
	Note    string `json:"note,omitempty" maxLength:"2000"`
}

// HandRelation is a relation that a person says there is.
type HandRelation struct {
	From     string `json:"from" example:"CI-12" doc:"An item, as everywhere"`
	Kind     string `json:"kind" enum:"depends_on,runs_on,part_of,calls,stores_in,owned_by,provides,connects_to"`
	To       string `json:"to" example:"CI-13"`
	Strength string `json:"strength,omitempty" enum:"hard,soft" doc:"Absent: as sources say, else as is usual for the kind"`
	Group    string `json:"group,omitempty" maxLength:"200"`
	Need     int    `json:"need,omitempty" minimum:"0"`
}

func (h *handlers) edits(a huma.API) {
	create := op("create-item", http.MethodPost, "/items", "Add an item by hand", api.Making)
	huma.Register(a, create, func(ctx context.Context, in *struct{ Body NewItem }) (*detailBody, error) {
		return answerDetail(settled[cmdb.Detail](ctx, h)(h.s.CreateItem(ctx, cmdb.NewItem(in.Body))))
	})
	update := op("update-item", http.MethodPatch, "/items/{key}", "Set or take back what a person says of an item", api.Editing)
	update.Description = "What sources say stays beside it; the rules decide who is believed, and they trust people most unless told otherwise."
	huma.Register(a, update, func(ctx context.Context, in *struct {
		KeyIn
		IfMatch string `header:"If-Match"`
		Body    ItemEdit
	}) (*detailBody, error) {
		v, err := api.Version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		e := cmdb.ItemEdit{Name: in.Body.Name, Env: in.Body.Env, Team: in.Body.Team, Set: in.Body.Set, Clear: in.Body.Clear}
		if in.Body.Identifiers != nil {
			e.Identifiers = append([]cmdb.Identifier{}, *in.Body.Identifiers...)
		}
		return answerDetail(settled[cmdb.Detail](ctx, h)(h.s.EditItem(ctx, id, v, e)))
	})
	huma.Register(a, op("retire-item", http.MethodPost, "/items/{key}/retire", "Say that an item is not there any more; it is back when a source sees it", doing), func(ctx context.Context, in *struct {
		KeyIn
		Body Verb
	}) (*detailBody, error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerDetail(settled[cmdb.Detail](ctx, h)(h.s.RetireItem(ctx, id, in.Body.Version, in.Body.Note)))
	})
	huma.Register(a, op("restore-item", http.MethodPost, "/items/{key}/restore", "Take back that an item was retired by hand", doing), func(ctx context.Context, in *struct {
		KeyIn
		Body struct {
			Version int64 `json:"version" minimum:"1" doc:"The version that was read"`
		}
	}) (*detailBody, error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerDetail(settled[cmdb.Detail](ctx, h)(h.s.RestoreItem(ctx, id, in.Body.Version)))
	})
	h.relations(a)
}

func (h *handlers) relations(a huma.API) {
	huma.Register(a, op("put-relation", http.MethodPut, "/relations", "Say by hand that there is a relation, or how strong it is", api.Making), func(ctx context.Context, in *struct{ Body HandRelation }) (*answer[Relation], error) {
		ends, err := h.ends(ctx, in.Body.From, in.Body.To)
		if err != nil {
			return nil, api.Err(err)
		}
		r, err := settled[cmdb.Relation](ctx, h)(h.s.AddRelation(ctx, cmdb.HandRelation{From: ends[0], To: ends[1], Kind: cmdb.RelationKind(in.Body.Kind), Strength: cmdb.Strength(in.Body.Strength), Group: in.Body.Group, Need: in.Body.Need}))
		return &answer[Relation]{relation(r)}, api.Err(err)
	})
	huma.Register(a, op("delete-relation", http.MethodDelete, "/relations", "Take back what people said of a relation; it stays while a source tells of it", doing), func(ctx context.Context, in *struct {
		From string `query:"from" required:"true" example:"CI-12" doc:"An item"`
		Kind string `query:"kind" required:"true" enum:"depends_on,runs_on,part_of,calls,stores_in,owned_by,provides,connects_to"`
		To   string `query:"to" required:"true" example:"CI-13" doc:"An item"`
	}) (*struct{}, error) {
		ends, err := h.ends(ctx, in.From, in.To)
		if err != nil {
			return nil, api.Err(err)
		}
		if err := h.s.RemoveRelation(ctx, ends[0], ends[1], cmdb.RelationKind(in.Kind)); err != nil {
			return nil, api.Err(err)
		}
		return nil, api.Err(h.s.Settle(ctx))
	})
}

func (h *handlers) ends(ctx context.Context, from, to string) (out [2]int64, err error) {
	if out[0], err = h.number(ctx, "from", from); err == nil {
		out[1], err = h.number(ctx, "to", to)
	}
	return out, err
}
