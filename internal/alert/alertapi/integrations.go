package alertapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/api"
)

// Integration is one sender of alerts, or of what happens to changes.
type Integration struct {
	Name string `json:"name" example:"prometheus-main"`
	IntegrationEdit
	Kind      string     `json:"kind" enum:"alertmanager,prometheus,pagerduty,opsgenie,grafana,generic,heartbeat,github,gitlab,cdevents,argocd,changes"`
	LastSeen  *time.Time `json:"last_seen,omitempty" doc:"Last accepted request, to the minute"`
	Silent    bool       `json:"silent,omitempty" doc:"A heartbeat that stays away"`
	Created   time.Time  `json:"created"`
	Version   int64      `json:"version"`
	ManagedBy string     `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here"`
	Token     string     `json:"token,omitempty" doc:"Shown once, when it is made"`
}

// IntegrationEdit is what can be set about an integration.
type IntegrationEdit struct {
	Title    string `json:"title,omitempty" doc:"For people"`
	Service  string `json:"service,omitempty" doc:"Service of alerts that name none"`
	Team     string `json:"team,omitempty" doc:"Who gets alerts without a service"`
	Interval string `json:"interval,omitempty" example:"PT5M" doc:"Heartbeat: how often it beats"`
	Grace    string `json:"grace,omitempty" example:"PT1M" doc:"Heartbeat: how late a beat may be"`
	Severity string `json:"severity,omitempty" enum:"critical,error,warning,info" doc:"Heartbeat: severity of its silence; default critical"`
	Disabled bool   `json:"disabled,omitempty" doc:"Its token is refused"`
}

func integrationOut(in alert.Integration) Integration {
	sp := in.Spec()
	out := Integration{Name: in.Name, Kind: string(in.Kind), LastSeen: api.When(in.LastSeen), Silent: in.Silent, Created: in.Created, Version: in.Version, ManagedBy: in.Managed,
		IntegrationEdit: IntegrationEdit{Title: sp.Title, Service: sp.Service, Team: sp.Team, Severity: string(in.Severity), Disabled: sp.Disabled}}
	if in.Kind == alert.Heartbeat {
		out.Interval, out.Grace = sp.Interval.String(), sp.Grace.String()
	}
	return out
}

func (e IntegrationEdit) in(name, kind string) (alert.Integration, error) {
	interval, err := duration("interval", e.Interval, 0)
	if err != nil {
		return alert.Integration{}, err
	}
	grace, err := duration("grace", e.Grace, 0)
	return alert.Integration{Name: name, Kind: alert.Kind(kind), Title: e.Title, Service: e.Service, Team: e.Team, Interval: interval, Grace: grace,
		Severity: alert.Severity(e.Severity), Disabled: e.Disabled}, err
}

type integrationBody struct {
	ETag  string `header:"ETag"`
	Cache string `header:"Cache-Control"`
	Body  Integration
}

func integrationAnswer(in alert.Integration, token string, err error) (*integrationBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	out := &integrationBody{ETag: api.ETag(in.Version), Body: integrationOut(in)}
	if token != "" {
		out.Body.Token, out.Cache = token, "no-store"
	}
	return out, nil
}

func (h *handlers) integrations(a huma.API) {
	const tag = "Integrations"
	huma.Register(a, api.Op("list-integrations", http.MethodGet, "/integrations", tag, "List integrations by name", api.Reading),
		func(ctx context.Context, in *api.PageIn) (*struct{ Body api.List[Integration] }, error) {
			list, next, err := h.s.Integrations(ctx, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Integration] }{api.List[Integration]{Items: make([]Integration, len(list)), Next: next}}
			for i, x := range list {
				out.Body.Items[i] = integrationOut(x)
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-integration", http.MethodPost, "/integrations", tag, "Add an integration; the answer holds its token, once", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Name string `json:"name" example:"prometheus-main" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
				Kind string `json:"kind" enum:"alertmanager,prometheus,pagerduty,opsgenie,grafana,generic,heartbeat" doc:"Never changes"`
				IntegrationEdit
			}
		}) (*integrationBody, error) {
			want, err := in.Body.in(in.Body.Name, in.Body.Kind)
			if err != nil {
				return nil, api.Err(err)
			}
			return integrationAnswer(h.s.CreateIntegration(ctx, want))
		})
	huma.Register(a, api.Op("get-integration", http.MethodGet, "/integrations/{name}", tag, "Read an integration", api.Reading),
		func(ctx context.Context, in *NameIn) (*integrationBody, error) {
			got, err := h.s.IntegrationByName(ctx, in.Name)
			return integrationAnswer(got, "", err)
		})
	huma.Register(a, api.Op("update-integration", http.MethodPut, "/integrations/{name}", tag, "Replace what can be set about an integration", api.Editing),
		func(ctx context.Context, in *struct {
			NameIn
			IfMatch string `header:"If-Match"`
			Body    IntegrationEdit
		}) (*integrationBody, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			want, err := in.Body.in(in.Name, "")
			if err != nil {
				return nil, api.Err(err)
			}
			got, err := h.s.UpdateIntegration(ctx, in.Name, version, want)
			return integrationAnswer(got, "", err)
		})
	huma.Register(a, api.Op("delete-integration", http.MethodDelete, "/integrations/{name}", tag, "Delete an integration that never made an alert", api.Editing),
		func(ctx context.Context, in *NameIn) (*nothing, error) {
			return nil, api.Err(h.s.DeleteIntegration(ctx, in.Name))
		})
	huma.Register(a, api.Op("rotate-token", http.MethodPost, "/integrations/{name}/rotate", tag, "Make a new token; the old one keeps working for the overlap", api.Editing),
		func(ctx context.Context, in *struct {
			NameIn
			Body struct {
				Overlap string `json:"overlap,omitempty" example:"PT24H" doc:"How long the old token keeps working, at most P30D; default PT24H"`
			}
		}) (*struct {
			Cache string `header:"Cache-Control"`
			Body  struct {
				Token string `json:"token" doc:"Shown this once"`
			}
		}, error) {
			overlap, err := duration("overlap", in.Body.Overlap, 24*time.Hour)
			if err != nil {
				return nil, api.Err(err)
			}
			token, err := h.s.RotateToken(ctx, in.Name, overlap)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct {
				Cache string `header:"Cache-Control"`
				Body  struct {
					Token string `json:"token" doc:"Shown this once"`
				}
			}{Cache: "no-store"}
			out.Body.Token = token
			return out, nil
		})
}
