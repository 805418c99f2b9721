// Package policyweb is the pages of the policy that decides about changes: what
// decides now, rule by rule in plain words; its versions with their text and
// what differs; an editor with tests and a dry run; and what another version
// would have decided about the past.
//
// What is real here. Nobody should have to trust a policy that they cannot
// read, or change one without seeing first what it would do. So the way to a
// change of policy is laid out as steps: write it, its tests pass, ask it about
// a change that everybody remembers, replay the past, let it answer beside the
// one that decides, activate it with a reason.
//
// Invariants:
//   - The pages decide nothing: all is asked of policy.Service and of the past.
//   - Drafts, tests, trials and backtests have no effect; what has one is a form
//     with a reason, for whoever may configure.
//   - A backtest runs beside the request that asked for it, bounded in number
//     and time, and is kept in memory by the server that ran it: it can always
//     be run again (backtests.go).
package policyweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Past is what happened, for trials: change.Service is one.
type Past interface {
	LastDecision(ctx context.Context, id int64) (change.Decided, error)
	BacktestWatched(ctx context.Context, c *policy.Compiled, n int, seen func(int)) (policy.Report, error)
	Shadowed(ctx context.Context, id int64, limit int) (change.Shadowed, error)
}

// Pages serves the policy.
type Pages struct {
	Shell    *web.Shell
	Policies *policy.Service
	Past     Past
	Tabs     []web.Tab // of the practice; none: no bar
	// Names are display names of people by number; nil: nobody is named.
	Names func(ctx context.Context, people []int64) (map[int64]string, error)

	runs runs
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+path, p.Show)
	add("GET "+path+"/new", p.New)
	add("POST "+path+"/new", p.Write)
	add("GET "+path+"/shadow", p.Shadow)
	add("GET "+path+"/backtests/{n}", p.Backtest)
	add("GET "+path+"/{key}", p.Version)
	add("POST "+path+"/{key}/{verb}", p.Do)
}

const (
	nav  = "changes"
	path = "/changes/policy"
)

var crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}, {Title: "Policy", Path: path}}

func (p *Pages) tabs() []web.Tab {
	out := append([]web.Tab{}, p.Tabs...)
	for i := range out {
		out[i].Current = out[i].Path == path
	}
	return out
}

// number reads the key of a version; POLICY-0 comes with the program.
func number(key string) (int64, error) {
	key = strings.ToUpper(strings.TrimSpace(key))
	if key == "POLICY-0" {
		return 0, nil
	}
	id, err := ref.ID(ref.Policy, key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error())
	}
	return id, nil
}

func (p *Pages) names(r *http.Request, list ...policy.Version) (map[int64]string, error) {
	var ids []int64
	for _, v := range list {
		for _, id := range []int64{v.MadeBy, v.DecidedBy} {
			if id != 0 {
				ids = append(ids, id)
			}
		}
	}
	if p.Names == nil || len(ids) == 0 {
		return nil, nil //nolint:nilnil // nobody
	}
	return p.Names(r.Context(), ids)
}

// outcome is a decision's outcome as a tag.
func outcome(o policy.Outcome) web.Tag {
	switch o {
	case policy.Allow:
		return web.Tag{Text: "allowed", Tone: "green", Icon: "check"}
	case policy.Deny:
		return web.Tag{Text: "denied", Tone: "red", Icon: "ban"}
	}
	return web.Tag{Text: "needs review", Tone: "amber", Icon: "users"}
}

func stateOf(v policy.Version) web.Tag {
	switch v.State {
	case policy.Active:
		return web.Tag{Text: "decides", Tone: "green", Icon: "check"}
	case policy.Shadow:
		return web.Tag{Text: "answers beside it", Tone: "violet", Icon: "eye"}
	case policy.Draft:
		return web.Tag{Text: "draft"}
	}
	if v.ID == 0 {
		return web.Tag{Text: "with the program"}
	}
	return web.Tag{Text: "retired"}
}
