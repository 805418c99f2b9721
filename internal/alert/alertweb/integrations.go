package alertweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// IntegrationsPage lists the senders of alerts and the pipelines.
type IntegrationsPage struct {
	web.Page
	Table web.Table
	Pager web.Pager
	Empty web.Empty
	May   bool
}

var integrationsPage = web.Parse(files, "integrations.html", IntegrationsPage{})

var kindTitles = map[alert.Kind]string{alert.Alertmanager: "Alertmanager", alert.Prometheus: "Prometheus", alert.PagerDuty: "PagerDuty Events v2",
	alert.Opsgenie: "Opsgenie Alert API", alert.Grafana: "Grafana",
	alert.Generic: "Own JSON", alert.Heartbeat: "Heartbeat",
	alert.GitHub: "GitHub webhooks", alert.GitLab: "GitLab webhooks", alert.CDEvents: "CDEvents", alert.ArgoCD: "Argo CD", alert.ChangeAPI: "Changes, own JSON"}

// Integrations handles GET /integrations.
func (p *Pages) Integrations(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.Alerts.Integrations(r.Context(), r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	page := &IntegrationsPage{Page: p.Shell.Page(r, "Integrations", "alerts")}
	page.May = page.V.May(actor.Configure)
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}}
	page.Table = web.Table{Label: "Integrations", V: page.V, Columns: []web.Column{{Title: "Integration", Phone: true}, {Title: "Speaks", Width: 170}, {Title: "Service", Width: 160},
		{Title: "Team", Width: 140}, {Title: "Heard last", Width: 140, Phone: true}, {Title: "State", Width: 150}}}
	for _, in := range list {
		seen := web.Cell{Text: "never"}
		if !in.LastSeen.IsZero() {
			seen = web.Cell{HTML: page.V.Ago(in.LastSeen)}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Quiet: in.Disabled, Cells: []web.Cell{{Text: in.Name, Path: in.Ref().Path(), Sub: in.Title},
			{Text: kindTitles[in.Kind]}, {Text: in.Service}, {Text: in.Team}, seen, integrationState(in)}})
	}
	if more != "" {
		page.Pager.Older = "/integrations?after=" + more
	}
	page.Empty = web.Empty{Icon: "plug", Title: "Nothing sends alerts yet", Text: "An integration is one sender with a token of its own. Point Prometheus, Alertmanager, Grafana, or whatever speaks to PagerDuty or Opsgenie at this server: it takes a minute."}
	if page.May {
		page.Empty.Button = &web.Button{Title: "Add an integration", Path: "/integrations/new", Icon: "plus", Tone: "primary"}
	}
	return p.Shell.Render(w, r, integrationsPage, page)
}

func integrationState(in alert.Integration) web.Cell {
	switch {
	case in.Disabled:
		return web.Cell{Tag: &web.Tag{Text: "switched off"}}
	case in.Silent:
		return web.Cell{Tag: &web.Tag{Text: "no heartbeat", Tone: "red", Icon: "heartbeat"}}
	case in.Managed != "":
		return web.Cell{Tag: &web.Tag{Text: "in git", Icon: "git-branch"}}
	}
	return web.Cell{}
}

// IntegrationPage is one sender: its set-up texts, what can be edited, its
// token's rotation.
type IntegrationPage struct {
	web.Page
	Integration alert.Integration
	Token       string // just made, shown this once
	Steps       []Step
	Defs        []web.Def
	Managed     string
	Form        *web.Form
	Fields      []web.Field
	Version     web.Field
	Overlap     web.Field
	May         bool
	MayRotate   bool // also where it is managed in git: tokens are not
	Rotate      string
	Delete      string
	Edit        string
	Alerts      string
	Calls       web.HTML
}

var integrationPage = web.Parse(files, "integration.html", IntegrationPage{})

func (p *Pages) integrationPage(r *http.Request, name string, form *web.Form, token string) (*IntegrationPage, error) {
	in, err := p.Alerts.IntegrationByName(r.Context(), name)
	if err != nil {
		return nil, err
	}
	page := &IntegrationPage{Page: p.Shell.Page(r, in.Name, "alerts"), Integration: in, Token: token, Managed: in.Managed}
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}, {Title: "Integrations", Path: "/integrations"}}
	page.Sub = kindTitles[in.Kind]
	page.MayRotate = page.V.May(actor.Configure)
	page.May = page.MayRotate && in.Managed == ""
	page.Steps = steps(in, p.base(r), token)
	page.Alerts = "/alerts?q=integration%3A" + in.Name
	page.Defs = []web.Def{{Term: "Speaks", Text: kindTitles[in.Kind]}}
	if in.LastSeen.IsZero() {
		page.Defs = append(page.Defs, web.Def{Term: "Heard last", Text: "never"})
	} else {
		page.Defs = append(page.Defs, web.Def{Term: "Heard last", HTML: page.V.Ago(in.LastSeen)})
	}
	if in.Service != "" {
		page.Defs = append(page.Defs, web.Def{Term: "Service", Text: in.Service, Path: ref.S(ref.Service, in.Service).Path()})
	}
	if in.Team != "" {
		page.Defs = append(page.Defs, web.Def{Term: "Team", Text: in.Team, Path: ref.S(ref.Team, in.Team).Path()})
	}
	stored := (&web.Form{}).Default("title", in.Title).Default("service", in.Service).Default("team", in.Team).Default("version", strconv.FormatInt(in.Version, 10)).
		Default("interval", alert.Duration(in.Interval).String()).Default("grace", alert.Duration(in.Grace).String()).Default("severity", string(in.Severity))
	if in.Disabled {
		stored.Default("disabled", "on")
	}
	if form == nil {
		form = stored
	}
	page.Form = form.Stored(stored)
	page.Fields = integrationFields(form, in.Kind)
	page.Fields = append(page.Fields, form.Check("disabled", "Switched off: its token is refused"))
	page.Version = form.Hidden("version")
	page.Overlap = form.Select("overlap", "The old token keeps working for", web.Option{Value: "24h", Title: "a day", Chosen: true}, web.Option{Value: "168h", Title: "a week"},
		web.Option{Value: "1h", Title: "an hour"}, web.Option{Value: "0s", Title: "no longer"}).Need()
	edit := "/settings/integrations/" + in.Name
	page.Edit, page.Rotate, page.Delete = edit, edit+"/rotate", edit+"/delete"
	if p.Calls != nil {
		page.Calls, err = p.Calls(r.Context(), page.V, in)
	}
	return page, err
}

func integrationFields(form *web.Form, kind alert.Kind) []web.Field {
	fs := []web.Field{
		form.Input("title", "Title").Say("Main Prometheus").Limit(200),
		form.Input("service", "Service").Say("checkout").Help("For alerts that name none, and that no rule gives one"),
		form.Input("team", "Team").Say("payments").Help("Gets alerts without a service"),
	}
	if kind == alert.Heartbeat || kind == "" {
		note := ""
		if kind == "" {
			note = " (heartbeats only)"
		}
		fs = append(fs, form.Input("interval", "Beats every"+note).Say("PT5M").Help("Like PT5M or 5m"), form.Input("grace", "May be late by"+note).Say("PT1M"),
			form.Select("severity", "When it stays away"+note, web.Option{Value: "", Title: "critical"}, web.Option{Value: "error", Title: "error"},
				web.Option{Value: "warning", Title: "warning"}, web.Option{Value: "info", Title: "info"}))
	}
	return fs
}

// base is the address that senders reach this server at.
func (p *Pages) base(r *http.Request) string {
	if p.PublicURL != "" {
		return p.PublicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// Integration handles GET /integrations/{name}.
func (p *Pages) Integration(w http.ResponseWriter, r *http.Request) error {
	page, err := p.integrationPage(r, r.PathValue("name"), nil, "")
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, integrationPage, page)
}

// read takes an integration out of a form.
func readIntegration(form *web.Form, kind alert.Kind) (in alert.Integration, err error) {
	in = alert.Integration{Name: form.Get("name"), Kind: kind, Title: form.Get("title"), Service: form.Get("service"), Team: form.Get("team"),
		Severity: alert.Severity(form.Get("severity")), Disabled: form.Get("disabled") != ""}
	var f errs.Fields
	for name, to := range map[string]*time.Duration{"interval": &in.Interval, "grace": &in.Grace} {
		var d alert.Duration
		if err := d.UnmarshalText([]byte(form.Get(name))); err != nil {
			f.Add(name, form.Get(name), "write it like PT5M or 5m")
		}
		*to = time.Duration(d)
	}
	return in, f.Err()
}

// UpdateIntegration handles POST /settings/integrations/{name}.
func (p *Pages) UpdateIntegration(w http.ResponseWriter, r *http.Request) error {
	form, name := web.NewForm(r), r.PathValue("name")
	in, err := readIntegration(form, "")
	if err == nil {
		version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
		_, err = p.Alerts.UpdateIntegration(r.Context(), name, version, in)
	}
	if form.Refused(err) {
		page, err := p.integrationPage(r, name, form, "")
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, integrationPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.Integration, name).Path(), "Saved")
}

// RotateToken handles POST /settings/integrations/{name}/rotate. The answer
// itself shows the token: a redirect would need to keep it somewhere.
func (p *Pages) RotateToken(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	overlap, err := time.ParseDuration(web.NewForm(r).Get("overlap"))
	if err != nil {
		return errs.BadField("overlap", web.NewForm(r).Get("overlap"), "choose how long the old token keeps working")
	}
	token, err := p.Alerts.RotateToken(r.Context(), name, overlap)
	if err != nil {
		return err
	}
	return p.showToken(w, r, name, token)
}

func (p *Pages) showToken(w http.ResponseWriter, r *http.Request, name, token string) error {
	page, err := p.integrationPage(r, name, nil, token)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return p.Shell.Render(w, r, integrationPage, page)
}

// DeleteIntegration handles POST /settings/integrations/{name}/delete.
func (p *Pages) DeleteIntegration(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := p.Alerts.DeleteIntegration(r.Context(), name); errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, ref.S(ref.Integration, name).Path(), errs.As(err).Text)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/integrations", name+" is deleted")
}

// NewIntegrationPage asks what will send alerts.
type NewIntegrationPage struct {
	web.Page
	Form   *web.Form
	Kind   web.Field
	Called web.Field
	Fields []web.Field
}

var newIntegrationPage = web.Parse(files, "integration_new.html", NewIntegrationPage{})

func (p *Pages) newIntegration(r *http.Request, form *web.Form) *NewIntegrationPage {
	page := &NewIntegrationPage{Page: p.Shell.Page(r, "Add an integration", "alerts"), Form: form}
	page.Narrow, page.Crumbs = true, []web.Crumb{{Title: "Alerts", Path: "/alerts"}, {Title: "Integrations", Path: "/integrations"}}
	page.Kind = form.Radio("kind", "What sends", web.Option{Value: "alertmanager", Title: "Alertmanager", Hint: "its webhook, version 4"},
		web.Option{Value: "prometheus", Title: "Prometheus", Hint: "directly, without an Alertmanager"},
		web.Option{Value: "pagerduty", Title: "Whatever speaks to PagerDuty", Hint: "Events API v2: Datadog, CloudWatch, own scripts"},
		web.Option{Value: "opsgenie", Title: "Whatever speaks to Opsgenie", Hint: "Alert API v2: only the address changes"},
		web.Option{Value: "grafana", Title: "Grafana", Hint: "its webhook contact point, signed or with a token"},
		web.Option{Value: "generic", Title: "A script or tool of ours", Hint: "a few lines of JSON"},
		web.Option{Value: "heartbeat", Title: "A job that must not stay away", Hint: "its silence is the alert"},
		web.Option{Value: "github", Title: "GitHub", Hint: "changes: pushes, reviews, deployments, protection rules"},
		web.Option{Value: "gitlab", Title: "GitLab", Hint: "changes: pushes, merge requests, deployments, status checks"},
		web.Option{Value: "argocd", Title: "Argo CD and Argo Rollouts", Hint: "changes: syncs, and the gate before them"},
		web.Option{Value: "cdevents", Title: "Whatever speaks CDEvents", Hint: "changes: Tekton, Jenkins, Keptn and others"},
		web.Option{Value: "changes", Title: "A pipeline of ours", Hint: "changes: a few lines of JSON, or PagerDuty's change events"}).Need()
	page.Called = form.Input("name", "Name").Need().Say("prometheus-main").Help("1 to 63 of a-z, 0-9 and -; it stays").Limit(63)
	page.Fields = integrationFields(form, "")
	return page
}

// NewIntegration handles GET /integrations/new.
func (p *Pages) NewIntegration(w http.ResponseWriter, r *http.Request) error {
	return p.Shell.Render(w, r, newIntegrationPage, p.newIntegration(r, web.NewForm(r)))
}

// CreateIntegration handles POST /settings/integrations/new; the answer shows
// the token with the texts to copy.
func (p *Pages) CreateIntegration(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	in, err := readIntegration(form, alert.Kind(form.Get("kind")))
	var token string
	if err == nil {
		in, token, err = p.Alerts.CreateIntegration(r.Context(), in)
	}
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, newIntegrationPage, p.newIntegration(r, form))
	} else if err != nil {
		return err
	}
	return p.showToken(w, r, in.Name, token)
}
