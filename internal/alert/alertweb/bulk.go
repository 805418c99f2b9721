package alertweb

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// maxChosen bounds what is done to at once: more than a page has.
const maxChosen = 200

// Bulk handles the buttons of the bar below the list: the form has any number
// of alert (keys) and one action.
func (p *Pages) Bulk(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	keys := form.Values["alert"]
	list, err := p.chosen(r.Context(), keys)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return web.Redirect(w, r, "/alerts", "Nothing was selected")
	}
	all := url.Values{"alert": {strings.Join(keysOf(list), ",")}}
	switch form.Get("action") {
	case "silence":
		q := url.Values{"matchers": {strings.Join(alert.Texts(silenceFor(list)), "\n")}}
		return web.Redirect(w, r, "/silences/new?"+q.Encode(), "")
	case "link":
		return web.Redirect(w, r, "/alerts/link?"+all.Encode(), "")
	case "acknowledge":
		return p.acknowledge(w, r, list)
	case "incident":
		return p.declare(w, r, list)
	}
	return errs.BadField("action", form.Get("action"), "use one of the buttons")
}

func (p *Pages) acknowledge(w http.ResponseWriter, r *http.Request, list []alert.Alert) error {
	if p.Acknowledge == nil {
		return errs.E(errs.NotFound, "incidents are not in use here")
	}
	done := map[int64]bool{}
	for _, a := range list {
		if a.IncidentID == 0 || done[a.IncidentID] {
			continue
		}
		if err := p.Acknowledge(r.Context(), a.IncidentID); err != nil {
			return err
		}
		done[a.IncidentID] = true
	}
	if len(done) == 0 {
		return web.Redirect(w, r, "/alerts?view=loose", "These alerts are in no incident; make one, or link them to one")
	}
	return web.Redirect(w, r, "/alerts", web.Plural(len(done), "incident", "incidents")+" acknowledged")
}

func (p *Pages) declare(w http.ResponseWriter, r *http.Request, list []alert.Alert) error {
	if p.Declare == nil {
		return errs.E(errs.NotFound, "incidents are not in use here")
	}
	worst := list[0]
	ids := make([]int64, len(list))
	for i, a := range list {
		ids[i] = a.ID
		if a.Severity.Rank() < worst.Severity.Rank() {
			worst = a
		}
	}
	id, err := p.Declare(r.Context(), worst.Summary, worst.Service)
	if err != nil {
		return err
	}
	if err := p.Alerts.Attach(r.Context(), id, ids); err != nil {
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Incident, id).Path(), "Incident opened from "+web.Plural(len(list), "alert", "alerts"))
}

// LinkPage asks for the incident that alerts belong to.
type LinkPage struct {
	web.Page
	Form     *web.Form
	Incident web.Field
	Alerts   web.Field
	List     []alert.Alert
}

var linkPage = web.Parse(files, "link.html", LinkPage{})

func (p *Pages) linkPage(r *http.Request, form *web.Form) (*LinkPage, error) {
	list, err := p.chosen(r.Context(), strings.Split(form.Get("alert"), ","))
	if err != nil {
		return nil, err
	}
	page := &LinkPage{Page: p.Shell.Page(r, "Link to an incident", "alerts"), Form: form, List: list}
	page.Narrow, page.Crumbs = true, []web.Crumb{{Title: "Alerts", Path: "/alerts"}}
	page.Incident = form.Input("incident", "Incident").Need().First().Say("INC-1042").Help("The key of the incident that these alerts belong to")
	page.Alerts = form.Hidden("alert")
	return page, nil
}

// LinkForm handles GET /alerts/link.
func (p *Pages) LinkForm(w http.ResponseWriter, r *http.Request) error {
	page, err := p.linkPage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, linkPage, page)
}

// Link handles POST /alerts/link.
func (p *Pages) Link(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	page, err := p.linkPage(r, form)
	if err != nil {
		return err
	}
	id, err := ref.ID(ref.Incident, form.Get("incident"))
	if err != nil {
		err = errs.BadField("incident", form.Get("incident"), "write it like INC-1042")
	} else {
		ids := make([]int64, len(page.List))
		for i, a := range page.List {
			ids[i] = a.ID
		}
		err = p.Alerts.Attach(r.Context(), id, ids)
		if errs.Is(err, errs.NotFound) {
			err = errs.BadField("incident", form.Get("incident"), "there is no such incident")
		}
	}
	if form.Refused(err) {
		if page, err = p.linkPage(r, form); err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, linkPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Incident, id).Path(), web.Plural(len(page.List), "alert", "alerts")+" linked")
}

// chosen reads the alerts of keys, leaving out what is none.
func (p *Pages) chosen(ctx context.Context, keys []string) ([]alert.Alert, error) {
	if len(keys) > maxChosen {
		return nil, errs.BadField("alert", "", "choose at most 200 alerts at once")
	}
	var out []alert.Alert
	for _, k := range keys {
		id, err := ref.ID(ref.Alert, k)
		if err != nil {
			continue
		}
		a, err := p.Alerts.Get(ctx, id)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func keysOf(list []alert.Alert) []string {
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = a.Ref().String()
	}
	return out
}

// silenceFor proposes conditions that hold for all chosen alerts: the labels
// they have in common, or, when they have none, their identities.
func silenceFor(list []alert.Alert) []alert.Matcher {
	var ms []alert.Matcher
	common := map[string]string{}
	for k, v := range list[0].Labels {
		common[k] = v
	}
	integration := list[0].Integration
	for _, a := range list[1:] {
		for k, v := range common {
			if a.Labels[k] != v {
				delete(common, k)
			}
		}
		if a.Integration != integration {
			integration = ""
		}
	}
	if common["alertname"] == "" { // what is left may be as wide as env=prod
		names := map[string]bool{}
		var parts []string
		for _, a := range list {
			if !names[a.Dedup] {
				names[a.Dedup] = true
				parts = append(parts, regexp.QuoteMeta(a.Dedup))
			}
		}
		if len(parts) == 1 {
			ms = append(ms, alert.Matcher{Name: "dedup", Op: alert.Equal, Value: list[0].Dedup})
		} else if joined := strings.Join(parts, "|"); len(joined) <= 1000 {
			ms = append(ms, alert.Matcher{Name: "dedup", Op: alert.Like, Value: joined})
		}
	}
	if len(ms) == 0 || len(common) <= 12 && common["alertname"] != "" {
		for _, k := range sorted(common) {
			ms = append(ms, alert.Matcher{Name: k, Op: alert.Equal, Value: common[k]})
		}
	}
	if integration != "" {
		ms = append(ms, alert.Matcher{Name: "integration", Op: alert.Equal, Value: integration})
	}
	return ms
}
