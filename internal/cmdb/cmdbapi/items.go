package cmdbapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Form is how an item was from one time to another.
type Form struct {
	Item
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until,omitempty" doc:"Absent: it still is"`
}

type detailBody struct {
	ETag string `header:"ETag"`
	Body Detail
}

func answerDetail(d cmdb.Detail, err error) (*detailBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &detailBody{api.ETag(d.Version), detail(d)}, nil
}

func (h *handlers) items(a huma.API) {
	huma.Register(a, op("list-items", http.MethodGet, "/items", "List configuration items", listing), func(ctx context.Context, in *struct {
		api.PageIn
		Kind      string `query:"kind" maxLength:"63" doc:"Of this kind"`
		State     string `query:"state" enum:"present,stale,retired" doc:"Absent: present and stale ones"`
		All       bool   `query:"all" doc:"Also retired ones"`
		Env       string `query:"env" maxLength:"200" doc:"In this environment"`
		Team      string `query:"team" maxLength:"200" doc:"Of this team, as sources say"`
		Source    string `query:"source" maxLength:"60" doc:"Seen by this source now"`
		Text      string `query:"text" maxLength:"500" doc:"The name begins with it"`
		Conflicts bool   `query:"conflicts" doc:"Only those on which sources differ"`
	}) (*answer[api.List[Item]], error) {
		f := cmdb.Filter{Kind: in.Kind, State: cmdb.State(in.State), All: in.All, Env: in.Env, Team: in.Team, Source: in.Source, Text: in.Text, Conflicts: in.Conflicts}
		items, next, err := h.s.List(ctx, f, in.Cursor, in.Limit)
		return list(each(items, item), next), api.Err(err)
	})
	huma.Register(a, op("find-item", http.MethodGet, "/find", "Find the item that a text means", asking), func(ctx context.Context, in *struct {
		Text string `query:"text" required:"true" minLength:"1" maxLength:"2100" example:"checkout-db" doc:"CI-12, kind:name, scheme=value, or a plain name; when it means several, the refusal names them"`
	}) (*answer[Item], error) {
		i, err := h.s.Find(ctx, in.Text)
		return &answer[Item]{item(i)}, api.Err(err)
	})
	get := op("get-item", http.MethodGet, "/items/{key}", "Read an item with its relations and what each source says, now or at a time", asking)
	huma.Register(a, get, func(ctx context.Context, in *struct {
		KeyIn
		AtIn
	}) (*detailBody, error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		if in.At.IsZero() {
			return answerDetail(h.s.Get(ctx, id))
		}
		return answerDetail(h.s.AsOf(ctx, id, in.At))
	})
	huma.Register(a, op("list-item-history", http.MethodGet, "/items/{key}/history", "List what an item was, newest first", asking), func(ctx context.Context, in *struct {
		KeyIn
		Limit int `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Most forms to list"`
	}) (*answer[api.List[Form]], error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		forms, err := h.s.History(ctx, id, in.Limit)
		return list(each(forms, func(f cmdb.Form) Form { return Form{item(f.Item), f.Since, api.When(f.Until)} }), ""), api.Err(err)
	})
}
