package windowapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Bar is a change on the time line.
type Bar struct {
	Change      string   `json:"change" example:"CHG-7"`
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Kind        string   `json:"kind"`
	Purpose     string   `json:"purpose,omitempty"`
	State       string   `json:"state"`
	Outcome     string   `json:"outcome,omitempty" doc:"Of the decision"`
	RiskLevel   string   `json:"risk_level,omitempty"`
	Team        string   `json:"team,omitempty"`
	Environment string   `json:"environment"`
	Services    []string `json:"services" doc:"The first is the main one"`
	Span
	Planned bool `json:"planned" doc:"It has not begun"`
	Over    bool `json:"over"`
	Bypass  bool `json:"bypass,omitempty" doc:"It began without being allowed"`
}

func bar(b window.Bar) Bar {
	return Bar{b.Key(), b.Title, b.Type, b.Kind, b.Purpose, b.State, b.Outcome, b.RiskLevel, b.Team, b.Environment, append([]string{}, b.Services...), span(b.Span), b.Planned, b.Over, b.Bypass}
}

// Lane is a service on the time line.
type Lane struct {
	Service string `json:"service"`
	Team    string `json:"team,omitempty"`
	Tier    *int   `json:"tier,omitempty"`
	Changes []Bar  `json:"changes"`
}

// Occurrence is one time that a window takes place.
type Occurrence struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Kind  string `json:"kind"`
	Span
	Covers []string `json:"covers,omitempty" doc:"The services of the time line that it is for"`
	All    bool     `json:"all,omitempty" doc:"It names no service, team or tier"`
}

// Mark is something on the time line that is kept elsewhere.
type Mark struct {
	Key      string   `json:"key" example:"INC-142"`
	Title    string   `json:"title"`
	Priority int      `json:"priority,omitempty" doc:"Of an incident"`
	Services []string `json:"services,omitempty"`
	Span
}

// Warning is something that somebody should look at before it happens.
type Warning struct {
	Kind     string `json:"kind" enum:"collision,freeze,outside"`
	Change   *Bar   `json:"change,omitempty" doc:"The one that can move; absent: the draft"`
	Other    *Bar   `json:"other,omitempty" doc:"Of a collision"`
	Window   string `json:"window,omitempty" doc:"That holds it, or that it must start in"`
	Relation string `json:"relation,omitempty" enum:"same,needs,needed"`
	Service  string `json:"service,omitempty" doc:"On which they meet"`
	Span
	Move *time.Time `json:"move,omitempty" doc:"The first time at which it fits; absent: none is known"`
}

func warnings(list []window.Warning) []Warning {
	out := make([]Warning, len(list))
	for n, w := range list {
		x := Warning{Kind: w.Kind, Window: w.Window.Name, Relation: w.Relation, Service: w.Service, Span: span(w.Span), Move: api.When(w.Move)}
		if w.Change.ID != 0 {
			b := bar(w.Change)
			x.Change = &b
		}
		if w.Other.ID != 0 {
			b := bar(w.Other)
			x.Other = &b
		}
		out[n] = x
	}
	return out
}

// Calendar is the time line.
type Calendar struct {
	From     time.Time    `json:"from"`
	To       time.Time    `json:"to"`
	Now      time.Time    `json:"now"`
	Lanes    []Lane       `json:"lanes" doc:"By tier, then name"`
	Windows  []Occurrence `json:"windows"`
	Marks    []Mark       `json:"marks" doc:"Incidents, and maintenance that silences alerts"`
	Warnings []Warning    `json:"warnings"`
	Hidden   int          `json:"hidden,omitempty" doc:"Routine changes that were left out"`
	Cut      bool         `json:"cut,omitempty" doc:"There is more than fits; choose a shorter time, a team or a service"`
}

// Advice says what stands in the way of a draft.
type Advice struct {
	Windows  fact.Windows `json:"windows"`
	Warnings []Warning    `json:"warnings"`
	Free     *time.Time   `json:"free,omitempty" doc:"The first time at or after the wanted one that suits; absent: none is known"`
}

func (h *handlers) calendar(a huma.API) {
	huma.Register(a, api.Op("get-change-calendar", http.MethodGet, "/change-calendar", tag, "Read the time line of changes, freezes, windows and incidents, with collisions and ways out", refused), func(ctx context.Context, in *struct {
		From        time.Time `query:"from" doc:"Default: now"`
		To          time.Time `query:"to" doc:"Default: 14 days after from; at most 100 days"`
		Team        string    `query:"team" maxLength:"63"`
		Service     string    `query:"service" maxLength:"200"`
		Environment string    `query:"environment" maxLength:"63"`
		Quiet       bool      `query:"quiet" doc:"Leave out routine changes: low risk, allowed without a human, succeeded"`
	}) (*struct{ Body Calendar }, error) {
		if in.From.IsZero() {
			in.From = time.Now().UTC()
		}
		if in.To.IsZero() {
			in.To = in.From.AddDate(0, 0, 14)
		}
		v, err := h.s.Calendar(ctx, in.From, in.To, window.Filter{Team: in.Team, Service: in.Service, Environment: in.Environment, Quiet: in.Quiet})
		if err != nil {
			return nil, api.Err(err)
		}
		return &struct{ Body Calendar }{line(v)}, nil
	})
	check := api.Op("check-planned-change", http.MethodPost, "/change-collisions", tag, "Say what stands in the way of a planned change: freezes, windows, other changes; nothing is kept", refused)
	huma.Register(a, check, func(ctx context.Context, in *struct {
		Body struct {
			Services    []string  `json:"services" doc:"1 to 50"`
			Environment string    `json:"environment,omitempty" doc:"Default: production"`
			Type        string    `json:"type,omitempty" doc:"Default: normal"`
			Purpose     string    `json:"purpose,omitempty" doc:"Default: feature"`
			Kind        string    `json:"kind,omitempty" doc:"Default: deploy"`
			From        time.Time `json:"from"`
			To          time.Time `json:"to,omitempty" doc:"Default: an hour after from"`
			Change      string    `json:"change,omitempty" example:"CHG-7" doc:"That it is, if there is one already"`
		}
	}) (*struct{ Body Advice }, error) {
		b := in.Body
		d := window.Draft{Services: b.Services, Environment: or(b.Environment, "production"), Type: or(b.Type, "normal"), Purpose: or(b.Purpose, "feature"), Kind: or(b.Kind, "deploy"), Span: window.Span{From: b.From.UTC(), To: b.To.UTC()}}
		if b.Change != "" {
			id, err := ref.ID(ref.Change, b.Change)
			if err != nil {
				return nil, api.Err(errs.BadField("change", b.Change, err.Error()))
			}
			d.Change = id
		}
		advice, err := h.s.Advise(ctx, d)
		if err != nil {
			return nil, api.Err(err)
		}
		if advice.Windows.Freezes == nil {
			advice.Windows.Freezes = []fact.Freeze{}
		}
		return &struct{ Body Advice }{Advice{advice.Windows, warnings(advice.Warnings), api.When(advice.Free)}}, nil
	})
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func line(v window.View) Calendar {
	o := Calendar{From: v.From, To: v.To, Now: v.Now, Lanes: make([]Lane, len(v.Lanes)), Windows: make([]Occurrence, len(v.Windows)), Marks: make([]Mark, len(v.Marks)), Warnings: warnings(v.Warnings), Hidden: v.Hidden, Cut: v.Cut}
	for n, l := range v.Lanes {
		x := Lane{Service: l.Service, Team: l.Team, Changes: make([]Bar, len(l.Bars))}
		if l.Tier >= 0 {
			x.Tier = &v.Lanes[n].Tier
		}
		for i, b := range l.Bars {
			x.Changes[i] = bar(b)
		}
		o.Lanes[n] = x
	}
	for n, w := range v.Windows {
		o.Windows[n] = Occurrence{w.Window.Name, w.Window.Title(), string(w.Window.Spec.Kind), span(w.Span), w.Covers, w.All}
	}
	for n, m := range v.Marks {
		o.Marks[n] = Mark{m.Key, m.Title, m.Priority, m.Services, span(m.Span)}
	}
	return o
}
