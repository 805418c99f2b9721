package incidentweb

import (
	"net/http"
	"net/url"

	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one incident on one screen: state, clocks, what happened, who
// does what, and what can be done next.
type ShowPage struct {
	web.Page
	Incident incident.View
	Health   string
	Steps    []step
	Clocks   []web.Clock
	Notice   *web.Notice
	Buttons  []web.Button
	More     web.Menu
	Phone    []web.Button // the two of the phone's action bar
	PhoneAll web.Menu

	Timeline  web.Timeline
	Tabs      []web.Tab
	Order     web.Tab
	Older     string
	MayNote   bool
	Panels    []panel
	Roles     []role
	Others    []web.Person
	Alerts    []Alert
	Firing    int
	Links     []link
	Details   []web.Def
	Evidence  *Evidence
	MayAssign bool
	Joined    bool
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /incidents/{key}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	inc, err := p.Incidents.Page(ctx, n)
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, inc.Key(), "incidents"), Incident: inc, Health: health(inc.Incident), Steps: steps(inc.Incident)}
	v := page.V
	page.Live = inc.Key()
	page.Bar = true
	page.Crumbs = []web.Crumb{{Title: v.Term("Incidents"), Path: "/incidents"}}
	page.Clocks = showClocks(v, inc)
	page.Notice = notice(v, inc)
	page.Buttons, page.More = buttons(v, inc)
	page.Phone, page.PhoneAll = phone(page.Buttons, page.More)
	page.MayNote, page.MayAssign = inc.Can[incident.VerbNote], inc.Can[incident.VerbAssign]
	if err := p.timeline(r, page, inc); err != nil {
		return err
	}
	page.people(inc)
	page.links(inc)
	page.details(inc)
	if err := p.others(r, page, inc); err != nil {
		return err
	}
	return p.Shell.Render(w, r, showPage, page)
}

func (p *Pages) timeline(r *http.Request, page *ShowPage, inc incident.View) error {
	q := r.URL.Query()
	show, order, after := q.Get("show"), q.Get("order"), q.Get("after")
	link := func(show, order, after string) string {
		x := url.Values{}
		for k, v := range map[string]string{"show": show, "order": order, "after": after} {
			if v != "" {
				x.Set(k, v)
			}
		}
		return path(inc.Incident) + "?" + x.Encode() + "#timeline"
	}
	var f incident.TimelineFilter
	for _, s := range shows {
		t := web.Tab{Title: s.title, Path: link(s.name, order, ""), Current: s.name == show}
		if s.name == "" {
			t.N, t.HasN = inc.Entries, true
		}
		if t.Current {
			f = s.filter
		}
		page.Tabs = append(page.Tabs, t)
	}
	entries, more := inc.Timeline, inc.More
	f.OldestFirst = order == "oldest"
	if show != "" || order != "" || after != "" {
		var err error
		if entries, more, err = p.Incidents.Timeline(r.Context(), inc.ID, f, after, 100); err != nil {
			return err
		}
	}
	page.Timeline = moments(page.V, inc.Incident, entries)
	if more != "" {
		page.Older = link(show, order, more)
	}
	page.Order = web.Tab{Title: "Oldest first", Path: link(show, "oldest", "")}
	if f.OldestFirst {
		page.Order = web.Tab{Title: "Newest first", Path: link(show, "", "")}
	}
	return nil
}
