package alertweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage is the list of alerts with its views and filter.
type ListPage struct {
	web.Page
	Tabs   []Tab
	Filter web.Filter
	Groups []*Group
	Select bool
	Bulk   web.Bulk
	By     web.Menu
	Pager  web.Pager
	Short  string // why a page has fewer rows than it could
	Empty  web.Empty
}

// Tab is a view with its bounded count: "1000+".
type Tab struct {
	Title, Path, Count string
	Current            bool
}

var listPage = web.Parse(files, "list.html", ListPage{})

// pageSize is how many alerts one page shows: a screen and a half, so that
// groups are seen whole.
const pageSize = 60

var groupings = []struct{ name, title string }{{"", "incident"}, {"service", "service"}, {"none", "nothing"}}

// List handles GET /alerts. The query has any number of q (tokens, or words),
// view, group and after.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	page := &ListPage{Page: p.Shell.Page(r, "Alerts", "alerts")}
	all := views
	if p.MyServices != nil {
		mine, err := p.MyServices(ctx)
		if err != nil {
			return err
		}
		if v := (view{"mine", "My services", []string{"is:firing"}}); len(mine) > 0 && len(mine) <= 50 {
			for _, s := range mine {
				v.tokens = append(v.tokens, "service:"+s)
			}
			all = append(append([]view{views[0]}, v), views[1:]...)
		}
	}
	name, tokens := tokensOf(query, all)
	f, fault, typed := filter(tokens)
	group := query.Get("group")
	page.Filter = bar(tokens, group)
	page.Filter.Fault, page.Filter.Value = fault, typed
	found, err := p.Alerts.List(ctx, f, query.Get("after"), pageSize)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Invalid) { // an integration or a place that is not there
		page.Filter.Fault, err = errs.As(err).Text, nil
	}
	if err != nil {
		return err
	}
	if page.Groups, err = p.groups(ctx, page.V, found.Alerts, group); err != nil {
		return err
	}
	if err := p.tabs(r, page, all, name); err != nil {
		return err
	}
	p.finishList(page, query, found, group)
	page.Empty = p.emptyList(page.V, name)
	page.Live = "*"
	return p.Shell.Render(w, r, listPage, page)
}

func (p *Pages) tabs(r *http.Request, page *ListPage, all []view, current string) error {
	for _, v := range all {
		path := "/alerts"
		if v.name != "" {
			path += "?view=" + v.name
		}
		t := Tab{Title: strings.ReplaceAll(v.title, "incident", strings.ToLower(page.V.Term("Incident"))), Path: path, Current: v.name == current}
		if v.name != "resolved" { // nobody needs the number of all that ever was
			f, _, _ := filter(v.tokens)
			n, more, err := p.Alerts.Count(r.Context(), f)
			if err != nil {
				return err
			}
			t.Count = web.Count(n)
			if more {
				t.Count += "+"
			}
			if v.name == "" {
				page.Sub = t.Count + " firing"
			}
		}
		page.Tabs = append(page.Tabs, t)
	}
	return nil
}

func (p *Pages) finishList(page *ListPage, query url.Values, found alert.Page, group string) {
	if n := len(page.Groups); n > 1 && group == "" {
		page.Sub += fmt.Sprintf(", in %d groups", n)
	}
	page.By = web.Menu{Title: "Group: incident", Icon: "stack-2"}
	for _, g := range groupings {
		q := url.Values{}
		for k, vs := range query {
			if k != "after" && k != "group" {
				q[k] = vs
			}
		}
		if g.name != "" {
			q.Set("group", g.name)
		}
		page.By.Items = append(page.By.Items, web.Button{Title: "By " + g.title, Path: "/alerts?" + q.Encode()})
		if g.name == group {
			page.By.Title = "Group: " + g.title
		}
	}
	if found.Next != "" {
		q := url.Values{}
		for k, vs := range query {
			q[k] = vs
		}
		q.Set("after", found.Next)
		page.Pager.Older = "/alerts?" + q.Encode()
	}
	if query.Get("after") != "" {
		q := url.Values{}
		for k, vs := range query {
			if k != "after" {
				q[k] = vs
			}
		}
		page.Pager.Newer, page.Pager.NewerTitle = "/alerts?"+q.Encode(), "From the start"
	}
	page.Pager.Shown = web.Plural(len(found.Alerts), "alert", "alerts") + " shown"
	if found.Partial {
		page.Short = "These conditions are rare among so many alerts: the page shows what was found so far. “Older” goes on looking."
	}
	if page.V.May(actor.Respond) {
		page.Select = true
		page.Bulk.Path = "/alerts/bulk"
		if p.Acknowledge != nil {
			page.Bulk.Actions = append(page.Bulk.Actions, web.BulkAction{Value: "acknowledge", Title: "Acknowledge", Icon: "check"})
		}
		if p.Incidents != nil {
			page.Bulk.Actions = append(page.Bulk.Actions, web.BulkAction{Value: "link", Title: "Link to incident…", Icon: "link"})
		}
		if p.Declare != nil {
			page.Bulk.Actions = append(page.Bulk.Actions, web.BulkAction{Value: "incident", Title: "New incident", Icon: "plus"})
		}
		page.Bulk.Actions = append(page.Bulk.Actions, web.BulkAction{Value: "silence", Title: "Silence…", Icon: "volume-off"})
	}
}

// emptyList says what is not here, and what it would mean if it were.
func (p *Pages) emptyList(v *web.View, name string) web.Empty {
	switch name {
	case "":
		e := web.Empty{Icon: "circle-check", Title: "Nothing is firing", Text: "Alerts appear here the moment a monitoring system sends one. Connect Prometheus, Alertmanager, or anything that can send to PagerDuty."}
		if v.May(actor.Configure) {
			e.Button = &web.Button{Title: "Add an integration", Path: "/integrations/new", Icon: "plug"}
		}
		return e
	case "loose":
		return web.Empty{Icon: "check", Title: "Nothing waits for a decision", Text: "Firing alerts that are in no incident, silenced by nobody and kept quiet by no rule would stand here."}
	case "unrouted":
		e := web.Empty{Icon: "route", Title: "Every firing alert has a rule", Text: "Alerts that no rule matches come here, so that none is lost. Critical and error ones open an incident all the same."}
		if v.May(actor.Configure) {
			e.Button = &web.Button{Title: "Look at the rules", Path: "/rules", Icon: "route"}
		}
		return e
	case "flapping":
		return web.Empty{Icon: "refresh", Title: "Nothing is flapping", Text: "An alert that fires for the third time within half an hour is flapping: its threshold is too close, or something comes and goes."}
	case "silenced":
		return web.Empty{Icon: "volume-off", Title: "Nothing is silenced", Text: "Silences hold alerts back while somebody works on them. They end by themselves, and what still fires is routed then."}
	case "mine":
		return web.Empty{Icon: "circle-check", Title: "Your services are quiet", Text: "Alerts of the services that your teams own would stand here."}
	}
	return web.Empty{Icon: "filter", Title: "No alert matches", Text: "Take a condition off, or look at everything that fires.", Button: &web.Button{Title: "Firing now", Path: "/alerts"}}
}
