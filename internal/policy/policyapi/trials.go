package policyapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func (h *handlers) tests(a huma.API) {
	huma.Register(a, api.Op("test-change-policy", http.MethodPost, "/change-policy-tests", tag, "Run the tests of a policy; nothing is kept", refused), func(ctx context.Context, in *struct{ Body SourceIn }) (*struct{ Body Tested }, error) {
		c, err := h.compiled(ctx, in.Body)
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body Tested }{tested(c.Test(ctx))}, nil
	})
}

func (h *handlers) trials(a huma.API) {
	try := api.Op("try-change-policy", http.MethodPost, "/change-policy-trials", tag, "Ask a policy about a change as the gate knew it, or about an input; nothing is kept", refused)
	huma.Register(a, try, func(ctx context.Context, in *struct {
		Body struct {
			SourceIn
			Change string          `json:"change,omitempty" example:"CHG-7" doc:"The facts of its last decision"`
			Input  json.RawMessage `json:"input,omitempty" doc:"Facts, as the input of policies; see the description of decisions"`
		}
	}) (*struct{ Body Trial }, error) {
		c, err := h.compiled(ctx, in.Body.SourceIn)
		if err != nil {
			return nil, api.Err(err)
		}
		var t Trial
		var facts policy.Facts
		switch {
		case (in.Body.Change == "") == (len(in.Body.Input) == 0):
			return nil, api.Err(errs.BadField("change", in.Body.Change, "give a change, or an input, one of both"))
		case in.Body.Change != "":
			id, err := ref.ID(ref.Change, in.Body.Change)
			if err != nil {
				return nil, api.Err(errs.BadField("change", in.Body.Change, err.Error()))
			}
			d, err := h.past.LastDecision(ctx, id)
			if err != nil {
				return nil, api.Err(err)
			}
			t.Change, t.Before = ref.N(ref.Change, id).String(), &d.Result
			facts = policy.Prepare(d.Input)
		default:
			facts = policy.Prepare([]byte(in.Body.Input))
		}
		t.Decision, t.Gaps = c.Decide(ctx, facts), facts.Gaps()
		return &struct{ Body Trial }{t}, nil
	})

	replay := api.Op("backtest-change-policy", http.MethodPost, "/change-policy-backtests", tag, "Replay decisions of the past through a policy: what would have come out differently; nothing is kept", refused)
	huma.Register(a, replay, func(ctx context.Context, in *struct {
		Body struct {
			SourceIn
			Last int `json:"last,omitempty" minimum:"1" maximum:"20000" doc:"So many of the newest decisions of gates; default 1000"`
		}
	}) (*struct{ Body Backtest }, error) {
		if in.Body.Last == 0 {
			in.Body.Last = 1000
		}
		c, err := h.compiled(ctx, in.Body.SourceIn)
		if err != nil {
			return nil, api.Err(err)
		}
		r, err := h.past.Backtest(ctx, c, in.Body.Last)
		return &struct{ Body Backtest }{backtest(r)}, api.Err(err)
	})
}
