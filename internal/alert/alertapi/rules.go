package alertapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Rule says where matching alerts go.
type Rule struct {
	Name string `json:"name" example:"payments-critical"`
	RuleEdit
	Version   int64  `json:"version"`
	ManagedBy string `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here"`
}

// RuleEdit is what can be set about a rule.
type RuleEdit struct {
	Description string   `json:"description,omitempty"`
	Position    int      `json:"position,omitempty" doc:"1 is tried first; default last"`
	Matchers    []string `json:"matchers,omitempty" example:"[\"severity=~\\\"critical|error\\\"\"]" doc:"All must hold; none holds for every alert"`
	Service     string   `json:"service,omitempty" doc:"Sets the service"`
	Team        string   `json:"team,omitempty" doc:"Who gets it when the service has no owner"`
	Priority    string   `json:"priority,omitempty" enum:"P1,P2,P3,P4" doc:"Default: by severity and the service's tier"`
	GroupBy     []string `json:"group_by,omitzero" nullable:"false" doc:"Labels that join alerts to one incident; \"...\" keeps each alone; service when left out, all together when empty"`
	Window      string   `json:"window,omitempty" example:"PT2H" doc:"How long after the last alert a new one joins; PT0S: while it is open; default PT2H"`
	Reopen      string   `json:"reopen,omitempty" example:"PT30M" doc:"How long after its resolution an incident is reopened; default PT30M"`
	Page        *bool    `json:"page,omitempty" doc:"Default true, false for quiet rules"`
	PageOnJoin  bool     `json:"page_on_join,omitempty" doc:"Page also for alerts that join an open incident"`
	AutoClose   *bool    `json:"auto_close,omitempty" doc:"Resolve the incident with its last alert; default true"`
	Quiet       bool     `json:"quiet,omitempty" doc:"Keep and show, but no incident"`
	Disabled    bool     `json:"disabled,omitempty"`
}

func ruleOut(r alert.Rule) Rule {
	sp := r.Spec()
	return Rule{Name: r.Name, Version: r.Version, ManagedBy: r.Managed, RuleEdit: RuleEdit{Description: sp.Description, Position: sp.Position, Matchers: sp.Matchers,
		Service: sp.Service, Team: sp.Team, Priority: sp.Priority, GroupBy: append([]string{}, r.GroupBy...), Window: alert.Duration(r.Window).String(), Reopen: alert.Duration(r.Reopen).String(),
		Page: &r.Page, PageOnJoin: r.PageOnJoin, AutoClose: &r.AutoClose, Quiet: r.Quiet, Disabled: r.Disabled}}
}

func (e RuleEdit) in(name string) (alert.Rule, error) {
	window, err := duration("window", e.Window, alert.DefaultWindow)
	if err != nil {
		return alert.Rule{}, err
	}
	reopen, err := duration("reopen", e.Reopen, alert.DefaultReopen)
	if err != nil {
		return alert.Rule{}, err
	}
	w, r := alert.Duration(window), alert.Duration(reopen)
	return alert.RuleSpec{Description: e.Description, Position: e.Position, Matchers: e.Matchers, Service: e.Service, Team: e.Team, Priority: e.Priority,
		GroupBy: e.GroupBy, Window: &w, Reopen: &r, Page: e.Page, PageOnJoin: e.PageOnJoin, AutoClose: e.AutoClose, Quiet: e.Quiet, Disabled: e.Disabled}.Rule(name)
}

// duration reads an ISO 8601 duration; empty is the default.
func duration(field, text string, def time.Duration) (time.Duration, error) {
	if text == "" {
		return def, nil
	}
	var d alert.Duration
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return 0, errs.BadField(field, text, "write it like PT2H30M")
	}
	return time.Duration(d), nil
}

type ruleBody struct {
	ETag string `header:"ETag"`
	Body Rule
}

func ruleAnswer(r alert.Rule, err error) (*ruleBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &ruleBody{api.ETag(r.Version), ruleOut(r)}, nil
}

// Trial is what would happen to an event, and why.
type Trial struct {
	Rule      string  `json:"rule,omitempty" doc:"The rule that decides; absent: the catch-all"`
	Checks    []Check `json:"checks" doc:"The rules in the order tried"`
	Service   string  `json:"service,omitempty"`
	Team      string  `json:"team,omitempty"`
	Group     string  `json:"group"`
	Opens     bool    `json:"opens" doc:"It opens an incident, or joins the open one of its group"`
	Page      bool    `json:"page"`
	Priority  string  `json:"priority,omitempty" doc:"Absent: by severity and the service's tier"`
	AutoClose bool    `json:"auto_close"`
	Quiet     bool    `json:"quiet,omitempty"`
	Silence   string  `json:"silence,omitempty" doc:"The silence that would hold it back"`
}

// Check is one rule that was tried.
type Check struct {
	Rule    string `json:"rule"`
	Matched bool   `json:"matched"`
	Why     string `json:"why,omitempty" doc:"The first condition that did not hold, and the value it saw"`
}

func (h *handlers) rules(a huma.API) {
	const tag = "Alert rules"
	huma.Register(a, api.Op("list-rules", http.MethodGet, "/alert-rules", tag, "List all rules in the order in which they are tried", api.Reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Rule] }, error) {
			list, err := h.s.Rules(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Rule] }{api.List[Rule]{Items: make([]Rule, len(list))}}
			for i, r := range list {
				out.Body.Items[i] = ruleOut(r)
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-rule", http.MethodPost, "/alert-rules", tag, "Add a rule", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Name string `json:"name" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
				RuleEdit
			}
		}) (*ruleBody, error) {
			want, err := in.Body.in(in.Body.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			return ruleAnswer(h.s.CreateRule(ctx, want))
		})
	huma.Register(a, api.Op("get-rule", http.MethodGet, "/alert-rules/{name}", tag, "Read a rule", api.Reading),
		func(ctx context.Context, in *NameIn) (*ruleBody, error) {
			return ruleAnswer(h.s.RuleByName(ctx, in.Name))
		})
	huma.Register(a, api.Op("update-rule", http.MethodPut, "/alert-rules/{name}", tag, "Replace a rule", api.Editing),
		func(ctx context.Context, in *struct {
			NameIn
			IfMatch string `header:"If-Match"`
			Body    RuleEdit
		}) (*ruleBody, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			want, err := in.Body.in(in.Name)
			if err != nil {
				return nil, api.Err(err)
			}
			return ruleAnswer(h.s.UpdateRule(ctx, in.Name, version, want))
		})
	huma.Register(a, api.Op("delete-rule", http.MethodDelete, "/alert-rules/{name}", tag, "Delete a rule; firings that it routed stay where they are", api.Editing),
		func(ctx context.Context, in *NameIn) (*nothing, error) {
			return nil, api.Err(h.s.DeleteRule(ctx, in.Name))
		})
	huma.Register(a, api.Op("order-rules", http.MethodPost, "/alert-rules-order", tag, "Give all rules their order", api.Editing),
		func(ctx context.Context, in *struct {
			Body struct {
				Names []string `json:"names" doc:"All rules, the first one tried first"`
			}
		}) (*nothing, error) {
			return nil, api.Err(h.s.ReorderRules(ctx, in.Body.Names))
		})
	huma.Register(a, api.Op("try-rules", http.MethodPost, "/alert-rules-trial", tag, "Say what would happen to an event now, without doing it", api.Editing),
		func(ctx context.Context, in *struct {
			Body struct {
				Integration string            `json:"integration"`
				Severity    string            `json:"severity,omitempty" enum:"critical,error,warning,info"`
				Service     string            `json:"service,omitempty"`
				Source      string            `json:"source,omitempty"`
				Summary     string            `json:"summary,omitempty"`
				Labels      map[string]string `json:"labels,omitempty"`
			}
		}) (*struct{ Body Trial }, error) {
			b := &in.Body
			t, err := h.s.TryRules(ctx, b.Integration, alert.Event{Severity: alert.Severity(b.Severity), Service: b.Service, Source: b.Source, Summary: b.Summary, Labels: b.Labels})
			if err != nil {
				return nil, api.Err(err)
			}
			return &struct{ Body Trial }{trialOut(t)}, nil
		})
}
