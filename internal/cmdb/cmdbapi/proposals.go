package cmdbapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Proposal says that two items may be one and the same.
type Proposal struct {
	Key     string     `json:"key" example:"PAIR-3"`
	A       Brief      `json:"a" doc:"The older item; of decided ones also when it was merged"`
	B       Brief      `json:"b"`
	Why     string     `json:"why" example:"both have serial=C02X"`
	State   string     `json:"state" enum:"open,merged,refused"`
	Actor   string     `json:"actor,omitempty" doc:"Who decided"`
	Created time.Time  `json:"created"`
	Decided *time.Time `json:"decided,omitempty"`
}

// ProposalDetail is a proposal with both sides.
type ProposalDetail struct {
	Proposal
	Compare []Compared        `json:"compare" doc:"Fields and attributes, differing ones first"`
	Shared  []cmdb.Identifier `json:"shared,omitempty" doc:"Identifiers that both have"`
}

// Compared is one field of both items.
type Compared struct {
	Field string `json:"field" example:"attributes.size"`
	A     string `json:"a,omitempty"`
	B     string `json:"b,omitempty"`
	Same  bool   `json:"same,omitempty"`
}

// Regroup is a merge, a split or a retirement that somebody made.
type Regroup struct {
	ID     int64      `json:"id" doc:"For undoing it"`
	Verb   string     `json:"verb" enum:"merge,split,retire"`
	Item   string     `json:"item" doc:"That kept its number"`
	Other  string     `json:"other,omitempty" doc:"Merged into it, or split off"`
	Note   string     `json:"note,omitempty"`
	Actor  string     `json:"actor"`
	At     time.Time  `json:"at"`
	Undone *time.Time `json:"undone,omitempty"`
}

func regroup(g cmdb.Regroup) Regroup {
	return Regroup{g.ID, g.Verb, key(g.Item), key(g.Other), g.Note, g.Actor, g.At, api.When(g.Undone)}
}

func answerRegroup(g cmdb.Regroup, err error) (*answer[Regroup], error) {
	return &answer[Regroup]{regroup(g)}, api.Err(err)
}

func proposal(p cmdb.Proposal, named map[int64]cmdb.Item) Proposal {
	a, b := named[p.A], named[p.B]
	a.ID, b.ID = p.A, p.B
	return Proposal{p.Ref().String(), brief(a), brief(b), p.Why, string(p.State), p.Actor, p.Created, api.When(p.Decided)}
}

// PairIn names a proposal in a path.
type PairIn struct {
	Key string `path:"key" example:"PAIR-3"`
}

func (h *handlers) proposals(a huma.API) {
	huma.Register(a, op("list-proposals", http.MethodGet, "/proposals", "List pairs of items that may be one", listing), func(ctx context.Context, in *struct {
		api.PageIn
		All  bool   `query:"all" doc:"Also decided ones"`
		Item string `query:"item" maxLength:"2100" doc:"Of this item, all of them"`
	}) (*answer[api.List[Proposal]], error) {
		var found []cmdb.Proposal
		next := ""
		if in.Item != "" {
			id, err := h.number(ctx, "item", in.Item)
			if err == nil {
				found, err = h.s.ProposalsOf(ctx, id)
			}
			if err != nil {
				return nil, api.Err(err)
			}
		} else {
			after, err := numberCursor(in.Cursor)
			if err != nil {
				return nil, api.Err(err)
			}
			more := false
			if found, more, err = h.s.Proposals(ctx, in.All, after, in.Limit); err != nil {
				return nil, api.Err(err)
			}
			if more {
				next = strconv.FormatInt(found[len(found)-1].ID, 10)
			}
		}
		out, err := h.named(ctx, found)
		return list(out, next), api.Err(err)
	})
	huma.Register(a, op("get-proposal", http.MethodGet, "/proposals/{key}", "Read a proposal with both sides", api.Reading), func(ctx context.Context, in *PairIn) (*answer[ProposalDetail], error) {
		id, err := numbered(ref.Proposal, in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		p, err := h.s.Proposal(ctx, id)
		if err != nil {
			return nil, api.Err(err)
		}
		named := map[int64]cmdb.Item{p.A: p.First.Item, p.B: p.Second.Item}
		return &answer[ProposalDetail]{ProposalDetail{proposal(p.Proposal, named), each(p.Compare, func(c cmdb.Compared) Compared { return Compared{c.Field, c.First, c.Second, c.Same} }), p.Shared}}, nil
	})
	huma.Register(a, op("merge-proposal", http.MethodPost, "/proposals/{key}/merge", "Say that the two are one", doing), func(ctx context.Context, in *struct {
		PairIn
		Body struct {
			Keep string `json:"keep,omitempty" example:"CI-12" doc:"The item that stays; absent: the older one"`
			Note string `json:"note,omitempty" maxLength:"2000"`
		}
	}) (*answer[Regroup], error) {
		id, err := numbered(ref.Proposal, in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		keep := int64(0)
		if in.Body.Keep != "" {
			if keep, err = h.number(ctx, "keep", in.Body.Keep); err != nil {
				return nil, api.Err(err)
			}
		}
		return answerRegroup(settled[cmdb.Regroup](ctx, h)(h.s.AcceptProposal(ctx, id, keep, in.Body.Note)))
	})
	huma.Register(a, op("refuse-proposal", http.MethodPost, "/proposals/{key}/refuse", "Say that the two are two; they are never proposed again", doing), func(ctx context.Context, in *PairIn) (*answer[Proposal], error) {
		id, err := numbered(ref.Proposal, in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		p, err := h.s.RefuseProposal(ctx, id)
		if err != nil {
			return nil, api.Err(err)
		}
		out, err := h.named(ctx, []cmdb.Proposal{p})
		if err != nil {
			return nil, api.Err(err)
		}
		return &answer[Proposal]{out[0]}, nil
	})
}

// named are proposals with the names of their items.
func (h *handlers) named(ctx context.Context, found []cmdb.Proposal) ([]Proposal, error) {
	var ids []int64
	for _, p := range found {
		ids = append(ids, p.A, p.B)
	}
	names, err := h.s.Named(ctx, ids)
	return each(found, func(p cmdb.Proposal) Proposal { return proposal(p, names) }), err
}

func (h *handlers) regroups(a huma.API) {
	huma.Register(a, op("list-regroups", http.MethodGet, "/items/{key}/regroups", "List merges, splits and retirements of an item, newest first", asking), func(ctx context.Context, in *struct {
		KeyIn
		api.PageIn
	}) (*answer[api.List[Regroup]], error) {
		before, err := numberCursor(in.Cursor)
		if err != nil {
			return nil, api.Err(err)
		}
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		found, more, err := h.s.Regroups(ctx, id, before, in.Limit)
		next := ""
		if more {
			next = strconv.FormatInt(found[len(found)-1].ID, 10)
		}
		return list(each(found, regroup), next), api.Err(err)
	})
	huma.Register(a, op("merge-item", http.MethodPost, "/items/{key}/merge", "Say that another item is this one; its number leads here from now on", doing), func(ctx context.Context, in *struct {
		KeyIn
		Body struct {
			Other string `json:"other" example:"CI-13" doc:"The item that goes into this one"`
			Note  string `json:"note" minLength:"1" maxLength:"2000" doc:"Why, for whoever wonders later"`
		}
	}) (*answer[Regroup], error) {
		keep, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		other, err := h.number(ctx, "other", in.Body.Other)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRegroup(settled[cmdb.Regroup](ctx, h)(h.s.Merge(ctx, keep, other, in.Body.Note)))
	})
	huma.Register(a, op("split-item", http.MethodPost, "/items/{key}/split", "Make a new item of what some observations of one say", doing), func(ctx context.Context, in *struct {
		KeyIn
		Body struct {
			Observations []int64 `json:"observations" minItems:"1" maxItems:"1000" doc:"Their ids, as the item shows them"`
			Note         string  `json:"note" minLength:"1" maxLength:"2000" doc:"Why, for whoever wonders later"`
		}
	}) (*answer[Regroup], error) {
		id, err := h.number(ctx, "", in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerRegroup(settled[cmdb.Regroup](ctx, h)(h.s.Split(ctx, id, in.Body.Observations, in.Body.Note)))
	})
	huma.Register(a, op("undo-regroup", http.MethodPost, "/regroups/{id}/undo", "Take a merge, a split or a retirement back", doing), func(ctx context.Context, in *struct {
		ID int64 `path:"id" minimum:"1"`
	}) (*answer[Regroup], error) {
		g, err := settled[cmdb.Regroup](ctx, h)(h.s.Undo(ctx, in.ID))
		if errs.Is(err, errs.NotFound) {
			err = errs.E(errs.NotFound, "there is no merge, split or retirement of this number; the item's history lists them")
		}
		return answerRegroup(g, err)
	})
}
