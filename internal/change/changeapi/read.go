package changeapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
)

type listIn struct {
	api.PageIn
	Open        string    `query:"open" enum:"true,false," doc:"true: only those that are not over; false: only others"`
	State       []string  `query:"state" maxItems:"12" doc:"One or more states, separated by commas"`
	Type        []string  `query:"type" maxItems:"3"`
	Kind        []string  `query:"kind" maxItems:"5"`
	Service     string    `query:"service" maxLength:"100" doc:"Name or alias"`
	Team        string    `query:"team" maxLength:"100"`
	Environment string    `query:"environment" maxLength:"100"`
	Model       string    `query:"model" maxLength:"63"`
	Author      string    `query:"author" maxLength:"254" doc:"Key or handle of a person, or me"`
	Risk        string    `query:"risk" enum:"low,medium,high,"`
	Bad         bool      `query:"bad" doc:"Only those that failed, were taken back, or caused an incident"`
	Bypass      bool      `query:"bypass" doc:"Only those that began without being allowed"`
	Review      bool      `query:"review" doc:"Only emergencies that nobody reviewed yet"`
	Commit      string    `query:"commit" maxLength:"64" doc:"The full hash"`
	Text        string    `query:"q" maxLength:"200" doc:"Words of the title, also a beginning; a key; or the beginning of a commit"`
	From        time.Time `query:"from" doc:"Started, or else planned or made, at or after"`
	Before      time.Time `query:"before"`
}

func (h *handlers) filter(ctx context.Context, in *listIn) (f change.Filter, err error) {
	f = change.Filter{Service: in.Service, Team: in.Team, Environment: in.Environment, Model: in.Model, Level: in.Risk, Bad: in.Bad, Bypass: in.Bypass, Review: in.Review,
		Commit: in.Commit, Text: in.Text, From: in.From, Before: in.Before}
	if in.Open != "" {
		open := in.Open == "true"
		f.Open = &open
	}
	f.States = each(in.State, func(s string) change.State { return change.State(s) })
	f.Types = each(in.Type, func(s string) change.Type { return change.Type(s) })
	f.Kinds = each(in.Kind, func(s string) change.Kind { return change.Kind(s) })
	if in.Author != "" {
		f.Author, err = h.s.Person(ctx, "author", in.Author)
	}
	return f, err
}

// Brief names another change.
type Brief struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	State string `json:"state"`
}

func brief(b change.Brief) *Brief {
	if b.ID == 0 {
		return nil
	}
	return &Brief{b.Key(), b.Title, string(b.State)}
}

// External is a name under which a pipeline knows a change.
type External struct {
	Source string `json:"source"`
	Key    string `json:"key"`
}

// Detail is one change with its surroundings; entries and decisions have lists
// of their own.
type Detail struct {
	Change
	Approvals   []Approval          `json:"approvals" doc:"That are waited for, or were given for this commit"`
	Approvable  bool                `json:"approvable" doc:"You can give an approval that it waits for"`
	ApproveAs   []string            `json:"approve_as,omitempty" doc:"As which reviewers"`
	ApproveWhy  string              `json:"approve_why,omitempty" doc:"Why you cannot"`
	Obligations []policy.Obligation `json:"obligations,omitempty" doc:"What the decision that stands asks of whoever goes on"`
	Externals   []External          `json:"externals,omitempty"`
	Replaces    *Brief              `json:"replaces,omitempty" doc:"The change that it took back"`
	ReplacedBy  *Brief              `json:"replaced_by,omitempty" doc:"The one that took it back"`
	Pending     []string            `json:"pending_reviews,omitempty" doc:"Emergencies of its services that nobody reviewed"`
	Can         []string            `json:"can" doc:"What you may do with it now"`
}

type detailOut struct {
	ETag string `header:"ETag"`
	Body Detail
}

func (h *handlers) detail(ctx context.Context, id int64) (*detailOut, error) {
	v, err := h.s.Page(ctx, id)
	if err != nil {
		return nil, api.Err(err)
	}
	i, err := h.s.Standing(ctx, id)
	if err != nil {
		return nil, api.Err(err)
	}
	names, err := h.s.NamesOf(ctx, peopleOf(i.Approvals)...)
	if err != nil {
		return nil, api.Err(err)
	}
	d := Detail{Change: changeOf(v.Change, v.Names), Approvals: approvalsOf(i.Approvals, names), Approvable: len(i.As) > 0, ApproveAs: i.As, ApproveWhy: i.Why,
		Obligations: v.Obligations, Replaces: brief(v.Replaces), ReplacedBy: brief(v.ReplacedBy), Pending: v.Pending, Can: []string{}}
	for _, e := range v.Externals {
		d.Externals = append(d.Externals, External{e.Source, e.Key})
	}
	for verb, may := range v.Can {
		if may {
			d.Can = append(d.Can, string(verb))
		}
	}
	slices.Sort(d.Can)
	return &detailOut{api.ETag(v.Version), d}, nil
}

func (h *handlers) read(a huma.API) {
	huma.Register(a, op("list-changes", http.MethodGet, "/changes", "List changes, newest first", listing),
		func(ctx context.Context, in *listIn) (*answer[api.List[Change]], error) {
			f, err := h.filter(ctx, in)
			if err != nil {
				return nil, api.Err(err)
			}
			rows, next, err := h.s.List(ctx, f, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			var ids []int64
			for _, c := range rows {
				ids = append(ids, c.AuthorPerson, c.OutcomePerson, c.ReviewBy)
			}
			names, err := h.s.NamesOf(ctx, ids...)
			return list(each(rows, func(c change.Change) Change { return changeOf(c, names) }), next), api.Err(err)
		})
	huma.Register(a, op("get-change", http.MethodGet, "/changes/{key}", "Read a change with its surroundings", reading),
		func(ctx context.Context, in *KeyIn) (*detailOut, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			return h.detail(ctx, id)
		})
}
