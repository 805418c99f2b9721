package cmdbapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// Needed is something that an item needs, or what is contained in it.
type Needed struct {
	Item     Brief    `json:"item"`
	Depth    int      `json:"depth"`
	Hard     bool     `json:"hard" doc:"By hard needs outside groups all the way: alone it takes the item down"`
	Relation Relation `json:"relation" doc:"By which it was reached first"`
}

// NeededList is what an item needs, nearest first.
type NeededList struct {
	Items  []Needed `json:"items"`
	Hidden int      `json:"hidden,omitempty" doc:"There are at least so many more"`
}

// Hop is one relation on a way.
type Hop struct {
	From     Brief    `json:"from"`
	Relation Relation `json:"relation"`
	To       Brief    `json:"to"`
}

// Way is a chain of needs from an alerting item to a root.
type Way struct {
	From Brief `json:"from"`
	Hops []Hop `json:"hops"`
}

// Root is an item whose trouble would explain alerting ones.
type Root struct {
	Item      Brief `json:"item"`
	Covers    int   `json:"covers" doc:"Alerting items that need it or are it"`
	Unhealthy bool  `json:"unhealthy" doc:"Known to be unwell itself"`
	Depth     int   `json:"depth"`
	Ways      []Way `json:"ways,omitempty"`
}

// Roots are the likeliest first.
type Roots struct {
	Items   []Root `json:"items"`
	Partial bool   `json:"partial,omitempty" doc:"There was too much to look at all of it"`
}

// Surroundings are the items around one and their relations.
type Surroundings struct {
	Items     []Brief    `json:"items" doc:"The middle first"`
	Relations []Relation `json:"relations"`
	Hidden    int        `json:"hidden,omitempty" doc:"Relations to items that are not listed"`
}

// Difference is one item or relation that is not what it was.
type Difference struct {
	What    string             `json:"what" example:"item:12" doc:"Names it in decisions on drift"`
	Verb    string             `json:"verb" enum:"added,removed,changed"`
	Item    string             `json:"item" doc:"The item, or the relation's from"`
	Kind    string             `json:"kind"`
	Name    string             `json:"name"`
	Link    string             `json:"relation,omitempty" doc:"Kind of the relation; absent for an item"`
	Other   string             `json:"other,omitempty" doc:"The relation's to"`
	OtherK  string             `json:"other_kind,omitempty"`
	OtherN  string             `json:"other_name,omitempty"`
	Since   *time.Time         `json:"since,omitempty" doc:"When the present form began; absent when it is gone"`
	Changes []cmdb.FieldChange `json:"changes,omitempty"`
	Form    string             `json:"form,omitempty" doc:"Digest of the present form, for decisions on drift"`
	Left    bool               `json:"left,omitempty" doc:"It is still there and only no longer belongs to what is looked at, or was there before"`
	Note    string             `json:"note,omitempty" doc:"What somebody explained"`
}

func difference(d cmdb.Difference) Difference {
	return Difference{d.What, d.Verb, key(d.Item), d.Kind, d.Name, string(d.Link), key(d.Other), d.OtherK, d.OtherN, api.When(d.Since), d.Changes, d.Form, d.Left, d.Note}
}

func needed(n cmdb.Needed) Needed {
	return Needed{brief(n.Item), n.Depth, n.Hard, relation(n.Relation)}
}

func hop(x cmdb.Hop) Hop { return Hop{brief(x.From), relation(x.Relation), brief(x.To)} }

// AskIn is a question about one item.
type AskIn struct {
	KeyIn
	AtIn
	Depth int `query:"depth" minimum:"0" maximum:"100" doc:"Steps; 0: all the way"`
	Limit int `query:"limit" minimum:"1" maximum:"5000" default:"500" doc:"Most items to name"`
}

func (h *handlers) questions(a huma.API) {
	huma.Register(a, op("list-needs", http.MethodGet, "/items/{key}/needs", "List what an item needs, directly or not, nearest first", asking), func(ctx context.Context, in *AskIn) (*answer[NeededList], error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		items, hidden, err := h.s.Needs(ctx, id, cmdb.Ask{At: in.At, Depth: in.Depth, Limit: in.Limit})
		return &answer[NeededList]{NeededList{each(items, needed), hidden}}, api.Err(err)
	})
	huma.Register(a, op("list-contents", http.MethodGet, "/items/{key}/contents", "List what is part of an item or runs on it, or what it is part of or runs on", asking), func(ctx context.Context, in *struct {
		AskIn
		Up bool `query:"up" doc:"What it is part of or runs on"`
	}) (*answer[NeededList], error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		items, more, err := h.s.Contains(ctx, id, in.Up, cmdb.Ask{At: in.At, Depth: in.Depth, Limit: in.Limit})
		out := NeededList{Items: each(items, needed)}
		if more {
			out.Hidden = 1
		}
		return &answer[NeededList]{out}, api.Err(err)
	})
	huma.Register(a, op("list-neighbours", http.MethodGet, "/items/{key}/neighbours", "List what is around an item, for a map", asking), func(ctx context.Context, in *AskIn) (*answer[Surroundings], error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		s, err := h.s.Neighbours(ctx, id, cmdb.Ask{At: in.At, Depth: in.Depth, Limit: in.Limit})
		return &answer[Surroundings]{Surroundings{each(s.Items, brief), each(s.Relations, relation), s.Hidden}}, api.Err(err)
	})
	type reach struct {
		Items int `json:"items"`
	}
	huma.Register(a, op("get-reach", http.MethodGet, "/items/{key}/reach", "Count what needs an item, directly or not, without regard to redundancy", asking), func(ctx context.Context, in *struct {
		KeyIn
		AtIn
		Hard bool `query:"hard" doc:"Only by hard needs"`
	}) (*answer[reach], error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		n, err := h.s.Reach(ctx, id, cmdb.Ask{At: in.At, Hard: in.Hard})
		return &answer[reach]{reach{n}}, api.Err(err)
	})
	huma.Register(a, op("get-path", http.MethodGet, "/path", "Find a shortest way by which one item needs another; no hops: it does not", asking), func(ctx context.Context, in *struct {
		AtIn
		From string `query:"from" required:"true" maxLength:"2100" example:"CI-12" doc:"An item"`
		To   string `query:"to" required:"true" maxLength:"2100" example:"CI-13" doc:"An item"`
	}) (*answer[api.List[Hop]], error) {
		ends, err := h.ends(ctx, in.From, in.To)
		if err != nil {
			return nil, api.Err(err)
		}
		hops, err := h.s.Path(ctx, ends[0], ends[1], cmdb.Ask{At: in.At})
		return list(each(hops, hop), ""), api.Err(err)
	})
	huma.Register(a, op("ask-roots", http.MethodPost, "/roots", "Find the deepest unhealthy common dependencies of alerting items, likeliest first", asking), func(ctx context.Context, in *struct {
		Body struct {
			Alerting  []string  `json:"alerting" minItems:"1" maxItems:"1000" doc:"Items"`
			Unhealthy []string  `json:"unhealthy,omitempty" maxItems:"1000" doc:"Further items that are known to be unwell"`
			At        time.Time `json:"at,omitzero"`
			Limit     int       `json:"limit,omitempty" minimum:"0" maximum:"50"`
		}
	}) (*answer[Roots], error) {
		alerting, err := h.numbers(ctx, "alerting", in.Body.Alerting)
		if err != nil {
			return nil, api.Err(err)
		}
		unhealthy, err := h.numbers(ctx, "unhealthy", in.Body.Unhealthy)
		if err != nil {
			return nil, api.Err(err)
		}
		roots, partial, err := h.s.Roots(ctx, alerting, unhealthy, cmdb.Ask{At: in.Body.At, Limit: in.Body.Limit})
		return &answer[Roots]{Roots{each(roots, func(r cmdb.Root) Root {
			return Root{brief(r.Item), r.Covers, r.Unhealthy, r.Depth, each(r.Ways, func(w cmdb.Way) Way { return Way{brief(w.From), each(w.Hops, hop)} })}
		}), partial}}, api.Err(err)
	})
	huma.Register(a, op("list-differences", http.MethodGet, "/diff", "List what differs between two times", listing), func(ctx context.Context, in *struct {
		api.PageIn
		From    time.Time `query:"from" required:"true" doc:"The earlier time"`
		To      time.Time `query:"to" doc:"The later time; absent: now"`
		Item    string    `query:"item" maxLength:"2100" doc:"Only this item and its relations"`
		Service string    `query:"service" maxLength:"63" doc:"Only this service and everything it needs"`
	}) (*answer[api.List[Difference]], error) {
		span := cmdb.Span{From: in.From, To: in.To, Service: in.Service, Cursor: in.Cursor, Limit: in.Limit}
		if in.Item != "" {
			id, err := h.number(ctx, "item", in.Item)
			if err != nil {
				return nil, api.Err(err)
			}
			span.Item = id
		}
		out, next, err := h.s.Differences(ctx, span)
		return list(each(out, difference), next), api.Err(err)
	})
}
