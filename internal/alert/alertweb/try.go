package alertweb

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// TryPage says what would happen to an alert, and why, without doing it.
type TryPage struct {
	web.Page
	Form     *web.Form
	Fields   []web.Field
	Trial    alert.Trial
	Tried    bool
	Result   string
	Silence  string
	SilKey   string
	CatchAll bool
	Empty    *web.Empty // nothing sends alerts, so there is nothing to try
}

var tryPage = web.Parse(files, "try.html", TryPage{})

// TryRules handles GET /rules/try; the query is the alert.
func (p *Pages) TryRules(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	page := &TryPage{Page: p.Shell.Page(r, "Try an alert", "alerts"), Form: form}
	page.Crumbs = []web.Crumb{{Title: "Alerts", Path: "/alerts"}, {Title: "Alert rules", Path: "/rules"}}
	status := http.StatusOK
	if form.Get("integration") != "" {
		t, err := p.try(r, form)
		if errs.Is(err, errs.NotFound) {
			err = errs.BadField("integration", form.Get("integration"), "there is no such integration")
		}
		if form.Refused(err) {
			status = http.StatusUnprocessableEntity
		} else if err != nil {
			return err
		} else {
			page.Trial, page.Tried, page.CatchAll, page.Result = t, true, t.Rule == "", result(page.V, &t)
			if t.SilenceID != 0 {
				s := ref.N(ref.Silence, t.SilenceID)
				page.Silence, page.SilKey = s.Path(), s.String()
			}
		}
	}
	list, _, err := p.Alerts.Integrations(r.Context(), "", 200)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		page.Empty = &web.Empty{Icon: "plug", Title: "Nothing sends alerts yet", Text: "Rules see which integration an alert came from. Add one first; then try what would happen to its alerts.",
			Button: &web.Button{Title: "Integrations", Path: "/integrations", Icon: "plug"}}
	}
	options := make([]web.Option, len(list))
	for i, in := range list {
		options[i] = web.Option{Value: in.Name, Title: in.Name}
	}
	page.Fields = []web.Field{
		form.Select("integration", "From", options...).Need().First(),
		form.Select("severity", "Severity", web.Option{Value: "critical", Title: "critical"}, web.Option{Value: "error", Title: "error"}, web.Option{Value: "warning", Title: "warning", Chosen: true}, web.Option{Value: "info", Title: "info"}).Need(),
		form.Input("service", "Service").Say("checkout"),
		form.Input("summary", "Summary"),
		form.Area("labels", "Labels", 4).Say("alertname=QueueDepth\nenv=prod").Help("One a line"),
	}
	return p.Shell.RenderStatus(w, r, status, tryPage, page)
}

func (p *Pages) try(r *http.Request, form *web.Form) (alert.Trial, error) {
	labels := map[string]string{}
	for _, l := range lines(form.Get("labels")) {
		name, value, ok := strings.Cut(l, "=")
		if !ok {
			return alert.Trial{}, errs.BadField("labels", l, "write each like env=prod")
		}
		labels[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return p.Alerts.TryRules(r.Context(), form.Get("integration"), alert.Event{Severity: alert.Severity(form.Get("severity")), Service: form.Get("service"),
		Summary: form.Get("summary"), Labels: labels})
}

// result says the outcome in a sentence.
func result(v *web.View, t *alert.Trial) string {
	incident := strings.ToLower(v.Term("Incident"))
	switch {
	case t.Quiet:
		return "It is shown and opens no " + incident + "; nobody is told."
	case !t.Routing.Open:
		return "It is shown in the unrouted list. It may join an open " + incident + " of its service, but opens none."
	}
	out := fmt.Sprintf("It opens a%s %s for %s, or joins the open one", map[bool]string{true: "n", false: ""}[strings.HasPrefix(incident, "i") || strings.HasPrefix(incident, "o")], incident, t.GroupText)
	if t.Routing.Priority > 0 {
		out += fmt.Sprintf(", as P%d", t.Routing.Priority)
	} else {
		out += ", with the priority of its severity and the service's tier"
	}
	if t.Routing.Page {
		out += ", and pages people"
	}
	return out + "."
}
