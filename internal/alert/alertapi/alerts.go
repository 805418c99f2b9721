package alertapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Alert is one thing that is or was wrong, as its sender names it.
type Alert struct {
	Key            string            `json:"key" example:"ALR-1042"`
	Integration    string            `json:"integration" example:"prometheus-main"`
	Dedup          string            `json:"dedup" doc:"The sender's identity of it"`
	Status         string            `json:"status" enum:"firing,resolved"`
	Severity       string            `json:"severity" enum:"critical,error,warning,info"`
	Summary        string            `json:"summary"`
	Source         string            `json:"source,omitempty"`
	Service        string            `json:"service,omitempty"`
	Team           string            `json:"team,omitempty"`
	Rule           string            `json:"rule,omitempty" doc:"The rule that routed it; absent: none matched"`
	Unrouted       bool              `json:"unrouted,omitempty"`
	Quiet          bool              `json:"quiet,omitempty" doc:"Its rule wants no incident"`
	Flapping       bool              `json:"flapping,omitempty"`
	Silence        string            `json:"silence,omitempty" example:"SIL-3" doc:"The silence that holds it back"`
	Incident       string            `json:"incident,omitempty" example:"INC-1042"`
	StartsAt       time.Time         `json:"starts_at"`
	EndsAt         *time.Time        `json:"ends_at,omitempty"`
	AcknowledgedAt *time.Time        `json:"acknowledged_at,omitempty" doc:"When its sender said that somebody has it"`
	Count          int64             `json:"count" doc:"Events in the current or last episode"`
	Total          int64             `json:"total" doc:"Events ever"`
	FirstSeen      time.Time         `json:"first_seen"`
	LastSeen       time.Time         `json:"last_seen"`
	Labels         map[string]string `json:"labels"`
	Version        int64             `json:"version"`

	Annotations map[string]string `json:"annotations,omitempty" doc:"Absent in lists"`
	Links       []Link            `json:"links,omitempty" doc:"Absent in lists"`
	Details     json.RawMessage   `json:"details,omitempty" doc:"The sender's own structure; absent in lists"`
	Recent      []int             `json:"recent,omitempty" doc:"Events in each of the last 60 minutes, oldest first; absent in lists"`
	Episodes    []Episode         `json:"episodes,omitempty" doc:"The newest firings; absent in lists"`
}

// Link is a web address shown with an alert.
type Link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// Episode is one firing, from trigger to resolve.
type Episode struct {
	ID       int64      `json:"id"`
	Severity string     `json:"severity" enum:"critical,error,warning,info" doc:"The worst it had"`
	Summary  string     `json:"summary"`
	Service  string     `json:"service,omitempty"`
	Rule     string     `json:"rule,omitempty"`
	Group    string     `json:"group" doc:"What joined it to an incident"`
	Incident string     `json:"incident,omitempty"`
	Silence  string     `json:"silence,omitempty"`
	StartsAt time.Time  `json:"starts_at"`
	EndsAt   *time.Time `json:"ends_at,omitempty"`
	Opened   time.Time  `json:"opened" doc:"When we heard of it"`
	Closed   *time.Time `json:"closed,omitempty" doc:"When we heard of its end"`
	EndedBy  string     `json:"ended_by,omitempty" enum:"sender,timer,newer"`
	Count    int64      `json:"count"`
}

func alertOut(a *alert.Alert, now time.Time) Alert {
	out := Alert{Key: a.Ref().String(), Integration: a.Integration, Dedup: a.Dedup, Status: string(a.Status), Severity: string(a.Severity), Summary: a.Summary,
		Source: a.Source, Service: a.Service, Team: a.Team, Rule: a.Rule, Unrouted: a.Unrouted, Quiet: a.Quiet, Flapping: a.Flapping(now),
		Silence: key(ref.Silence, a.SilenceID), Incident: key(ref.Incident, a.IncidentID), StartsAt: a.StartsAt, EndsAt: api.When(a.EndsAt),
		AcknowledgedAt: api.When(a.Acknowledged), Count: a.Count, Total: a.Total, FirstSeen: a.FirstSeen, LastSeen: a.LastSeen, Labels: a.Labels, Version: a.Version,
		Annotations: a.Annotations, Details: a.Details}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	for _, l := range a.Links {
		out.Links = append(out.Links, Link(l))
	}
	return out
}

func episodeOut(e *alert.Episode) Episode {
	return Episode{ID: e.ID, Severity: string(e.Severity), Summary: e.Summary, Service: e.Service, Rule: e.Rule, Group: e.GroupText,
		Incident: key(ref.Incident, e.IncidentID), Silence: key(ref.Silence, e.SilenceID), StartsAt: e.StartsAt, EndsAt: api.When(e.EndsAt),
		Opened: e.Opened, Closed: api.When(e.Closed), EndedBy: e.EndedBy, Count: e.Count}
}

// FilterIn selects alerts.
type FilterIn struct {
	Status      string   `query:"status" enum:"firing,resolved"`
	Severity    []string `query:"severity" enum:"critical,error,warning,info" doc:"One or several, separated by commas"`
	Service     []string `query:"service" doc:"One or several, separated by commas"`
	Integration string   `query:"integration"`
	Incident    string   `query:"incident" example:"INC-1042"`
	NoIncident  bool     `query:"no_incident" doc:"Firing, in no incident, and neither silenced nor quiet"`
	Unrouted    bool     `query:"unrouted" doc:"Firing, and no rule matched"`
	Silenced    bool     `query:"silenced"`
	Flapping    bool     `query:"flapping"`
	Label       []string `query:"label,explode" doc:"Matchers on labels: env=prod, job=~\"api|web\"; repeat it"`
	Text        string   `query:"q" maxLength:"200" doc:"In summary, source, service or dedup key"`
}

func (in *FilterIn) filter() (f alert.Filter, err error) {
	f = alert.Filter{Status: alert.Status(in.Status), Services: in.Service, Integration: in.Integration, NoIncident: in.NoIncident, Unrouted: in.Unrouted,
		Silenced: in.Silenced, Flapping: in.Flapping, Text: in.Text}
	for _, s := range in.Severity {
		f.Severities = append(f.Severities, alert.Severity(s))
	}
	var fs errs.Fields
	f.Labels = alert.ParseMatchers("label", in.Label, &fs)
	if in.Incident != "" {
		if f.Incident, err = ref.ID(ref.Incident, in.Incident); err != nil {
			fs.Add("incident", in.Incident, "write it like INC-1042")
		}
	}
	return f, fs.Err()
}

func (h *handlers) alerts(a huma.API) {
	const tag = "Alerts"
	huma.Register(a, api.Op("list-alerts", http.MethodGet, "/alerts", tag, "List alerts: firing first, by severity and newest; then resolved, newest first", api.Making),
		func(ctx context.Context, in *struct {
			FilterIn
			api.PageIn
		}) (*struct{ Body api.List[Alert] }, error) {
			f, err := in.filter()
			if err != nil {
				return nil, api.Err(err)
			}
			p, err := h.s.List(ctx, f, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Alert] }{api.List[Alert]{Items: make([]Alert, len(p.Alerts)), Next: p.Next}}
			now := time.Now()
			for i := range p.Alerts {
				out.Body.Items[i] = alertOut(&p.Alerts[i], now)
			}
			return out, nil
		})
	huma.Register(a, api.Op("count-alerts", http.MethodGet, "/alerts-count", tag, "Count alerts of a filter, up to 1,000", api.Making),
		func(ctx context.Context, in *FilterIn) (*struct{ Body Counted }, error) {
			f, err := in.filter()
			if err != nil {
				return nil, api.Err(err)
			}
			n, more, err := h.s.Count(ctx, f)
			return &struct{ Body Counted }{Counted{n, more}}, api.Err(err)
		})
	huma.Register(a, api.Op("get-alert", http.MethodGet, "/alerts/{key}", tag, "Read an alert with its content and newest episodes", api.Reading),
		func(ctx context.Context, in *KeyIn) (*struct {
			ETag string `header:"ETag"`
			Body Alert
		}, error) {
			id, err := in.id(ref.Alert)
			if err != nil {
				return nil, api.Err(err)
			}
			got, err := h.s.Get(ctx, id)
			if err != nil {
				return nil, api.Err(err)
			}
			eps, _, err := h.s.Episodes(ctx, id, 0, 20)
			if err != nil {
				return nil, api.Err(err)
			}
			out := alertOut(&got, time.Now())
			line := alert.Sparkline(got.Recent, time.Now())
			out.Recent = line[:]
			for i := range eps {
				out.Episodes = append(out.Episodes, episodeOut(&eps[i]))
			}
			return &struct {
				ETag string `header:"ETag"`
				Body Alert
			}{api.ETag(got.Version), out}, nil
		})
	huma.Register(a, api.Op("link-alert", http.MethodPost, "/alerts/{key}/link", tag, "Put an alert into an incident by hand, for as long as this firing lasts", api.Editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body struct {
				Incident string `json:"incident" minLength:"1" maxLength:"30" example:"INC-1042" doc:"Where it goes; it leaves another one where it was"`
			}
		}) (*struct{ Body Alert }, error) {
			id, err := in.id(ref.Alert)
			if err != nil {
				return nil, api.Err(err)
			}
			incident, err := ref.ID(ref.Incident, in.Body.Incident)
			if err != nil {
				return nil, api.Err(errs.BadField("incident", in.Body.Incident, "write it like INC-1042"))
			}
			if err := h.s.Attach(ctx, incident, []int64{id}); err != nil {
				return nil, api.Err(err)
			}
			got, err := h.s.Get(ctx, id)
			return &struct{ Body Alert }{alertOut(&got, time.Now())}, api.Err(err)
		})
	huma.Register(a, api.Op("list-episodes", http.MethodGet, "/alerts/{key}/episodes", tag, "List the firings of an alert, newest first", api.Editing),
		func(ctx context.Context, in *struct {
			KeyIn
			api.PageIn
		}) (*struct{ Body api.List[Episode] }, error) {
			id, err := in.id(ref.Alert)
			if err != nil {
				return nil, api.Err(err)
			}
			before, err := number(in.Cursor)
			if err != nil {
				return nil, api.Err(err)
			}
			eps, more, err := h.s.Episodes(ctx, id, before, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Episode] }{api.List[Episode]{Items: make([]Episode, len(eps))}}
			for i := range eps {
				out.Body.Items[i] = episodeOut(&eps[i])
			}
			if more != 0 {
				out.Body.Next = strconv.FormatInt(more, 10)
			}
			return out, nil
		})
}

// Counted is a bounded count.
type Counted struct {
	Count int  `json:"count"`
	More  bool `json:"more,omitempty" doc:"There are more than were counted"`
}

// number reads a cursor that is an id; empty is 0.
func number(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.BadField("cursor", cursor, "use the value of next from the page before")
	}
	return n, nil
}
