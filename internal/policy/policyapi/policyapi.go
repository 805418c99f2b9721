// Package policyapi is the HTTP API of the policy that decides about changes:
// its versions, its tests, and what another one would have decided.
//
// It turns requests into calls of policy.Service, and of change.Service for
// what the past knows; it decides nothing. A version is named by its key;
// POLICY-0 is the one that comes with the program. Modules are a map of file
// name to Rego. What does not compile is a 422 with a field for each fault, its
// place in "where" as file:line:column.
//
// Tests, trials and backtests keep nothing. They take a processor's time, so
// that they ask for the right to respond.
package policyapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const tag = "Change policy"

var refused = append(append([]int{}, api.Reading...), http.StatusUnprocessableEntity)

// Register adds the operations to the API.
func Register(a huma.API, s *policy.Service, past *change.Service) {
	h := &handlers{s, past}
	h.versions(a)
	h.verbs(a)
	h.tests(a)
	h.trials(a)
}

type handlers struct {
	s    *policy.Service
	past *change.Service
}

// KeyIn names a version in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" example:"POLICY-3" doc:"POLICY-0 comes with the program"`
}

// number reads a version's key; its own text names no record in the answer.
func number(key string) (int64, error) {
	t := strings.ToUpper(strings.TrimSpace(key))
	if t == "0" || t == "POLICY-0" {
		return 0, nil
	}
	id, err := ref.ID(ref.Policy, t)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error()).On(errs.Short(key))
	}
	return id, nil
}

type one struct{ Body Version }

func (h *handlers) versions(a huma.API) {
	huma.Register(a, api.Op("list-change-policies", http.MethodGet, "/change-policies", tag, "List the versions of the policy, newest first, without their modules", refused), func(ctx context.Context, in *api.PageIn) (*struct{ Body api.List[Version] }, error) {
		before, err := cursor(in.Cursor)
		if err != nil {
			return nil, api.Err(err)
		}
		list, more, err := h.s.Versions(ctx, before, in.Limit)
		if err != nil {
			return nil, api.Err(err)
		}
		o := &struct{ Body api.List[Version] }{api.List[Version]{Items: make([]Version, len(list))}}
		for n, v := range list {
			o.Body.Items[n] = out(v)
		}
		if more && len(list) > 0 {
			o.Body.Next = strconv.FormatInt(list[len(list)-1].ID, 10)
		}
		return o, nil
	})
	create := api.Op("create-change-policy", http.MethodPost, "/change-policies", tag, "Keep a new version as a draft: it compiles, and its own tests pass", api.Making)
	huma.Register(a, create, func(ctx context.Context, in *struct {
		Body struct {
			Modules map[string]string `json:"modules" doc:"File name to Rego; package evenkeel.change"`
			Note    string            `json:"note,omitempty" doc:"What it is for"`
		}
	}) (*one, error) {
		v, err := h.s.Put(ctx, in.Body.Modules, in.Body.Note)
		return &one{out(v)}, api.Err(err)
	})
	huma.Register(a, api.Op("get-change-policy", http.MethodGet, "/change-policies/{key}", tag, "Read a version with its modules", refused), func(ctx context.Context, in *KeyIn) (*one, error) {
		id, err := number(in.Key)
		if err != nil {
			return nil, api.Err(err)
		}
		v, err := h.s.Get(ctx, id)
		return &one{out(v)}, api.Err(err)
	})
	huma.Register(a, api.Op("diff-change-policy", http.MethodGet, "/change-policies/{key}/diff", tag, "Compare a version with another one, file by file", refused), func(ctx context.Context, in *struct {
		KeyIn
		From string `query:"from" maxLength:"30" example:"POLICY-2" doc:"The version before; default the one that comes with the program"`
	}) (*struct{ Body api.List[policy.FileDiff] }, error) {
		to, err := number(in.Key)
		from := int64(0)
		if err == nil && in.From != "" {
			from, err = number(in.From)
		}
		if err != nil {
			return nil, api.Err(err)
		}
		list, err := h.s.Diff(ctx, from, to)
		if list == nil {
			list = []policy.FileDiff{}
		}
		return &struct{ Body api.List[policy.FileDiff] }{api.List[policy.FileDiff]{Items: list}}, api.Err(err)
	})
}

// ReasonIn names a version and says why.
type ReasonIn struct {
	KeyIn
	Body struct {
		Reason string `json:"reason,omitempty" doc:"Why, for the record"`
	}
}

func (h *handlers) verbs(a huma.API) {
	for _, v := range []struct {
		verb, says string
		do         func(context.Context, int64, string) (policy.Version, error)
	}{
		{"activate", "Let a version decide; the one that did is retired", h.s.Activate},
		{"shadow", "Let a version answer beside the one that decides, without effect; POLICY-0: none any more", h.s.Try},
		{"retire", "Put a draft or the shadow aside", h.s.Retire},
	} {
		huma.Register(a, api.Op(v.verb+"-change-policy", http.MethodPost, "/change-policies/{key}/"+v.verb, tag, v.says, api.Editing), func(ctx context.Context, in *ReasonIn) (*one, error) {
			id, err := number(in.Key)
			if err != nil {
				return nil, api.Err(err)
			}
			done, err := v.do(ctx, id, in.Body.Reason)
			return &one{out(done)}, api.Err(err)
		})
	}
}

// SourceIn is a policy: a version, or modules that are not kept.
type SourceIn struct {
	Policy  string            `json:"policy,omitempty" example:"POLICY-3" doc:"A version; without it and without modules, the one that decides"`
	Modules map[string]string `json:"modules,omitempty" doc:"Modules that are not kept: file name to Rego"`
}

// compiled makes the policy ready.
func (h *handlers) compiled(ctx context.Context, in SourceIn) (*policy.Compiled, error) {
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return nil, err
	}
	switch {
	case len(in.Modules) > 0 && in.Policy != "":
		return nil, errs.BadField("policy", in.Policy, "give a version or modules, not both")
	case len(in.Modules) > 0:
		return h.s.Draft(ctx, in.Modules)
	case in.Policy != "":
		id, err := number(in.Policy)
		if err != nil {
			return nil, err
		}
		return h.s.Compiled(ctx, id)
	}
	return h.s.Deciding(ctx)
}

// cursor is a cursor that is a number; 0 for none.
func cursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.BadField("cursor", text, "use the one that the page before gave")
	}
	return n, nil
}
