package windowweb

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/web"
)

// LinksPage is the viewer's calendar links.
type LinksPage struct {
	web.Page
	Made    string // the address of one that was just made
	Links   []Link
	Form    *web.Form
	Team    web.Field
	Service web.Field
}

// Link is a calendar link.
type Link struct {
	Of, Team, Service string
	window.OwnFeed
}

var linksPage = web.Parse(files, "links.html", LinksPage{})

func (p *Pages) linksPage(r *http.Request, form *web.Form) (*LinksPage, error) {
	page := &LinksPage{Page: p.Shell.Page(r, "Calendar links", nav), Form: form}
	page.Crumbs, page.Narrow = append(crumbs[:1:1], web.Crumb{Title: "Calendar", Path: calendarPath}), true
	list, err := p.Windows.FeedsOf(r.Context())
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		l := Link{Of: "All changes and windows", Team: f.Team, Service: f.Service, OwnFeed: f}
		switch {
		case f.Service != "":
			l.Of = "Changes and windows of " + f.Service
		case f.Team != "":
			l.Of = "Changes and windows of team " + f.Team
		}
		page.Links = append(page.Links, l)
	}
	teams, err := p.teams(r, form.Get("team"))
	if err != nil {
		return nil, err
	}
	page.Team = form.Select("team", "Team", append([]web.Option{{Title: "All teams"}}, teams...)...)
	page.Service = form.Input("service", "Service").Limit(63).Say("all")
	return page, nil
}

// Links handles GET /changes/calendar/links.
func (p *Pages) Links(w http.ResponseWriter, r *http.Request) error {
	page, err := p.linksPage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, linksPage, page)
}

// MakeLink handles POST /changes/calendar/links. The address is shown once.
func (p *Pages) MakeLink(w http.ResponseWriter, r *http.Request) error {
	form, status := web.NewForm(r), http.StatusOK
	secret, err := p.Windows.FeedToken(r.Context(), window.FeedOf{Team: form.Get("team"), Service: form.Get("service")})
	if err != nil && !form.Refused(err) {
		return err
	}
	made := p.URL + window.FeedPath(secret)
	if err != nil {
		status, made = http.StatusUnprocessableEntity, ""
	}
	page, err := p.linksPage(r, form)
	if err != nil {
		return err
	}
	page.Made = made
	return p.Shell.RenderStatus(w, r, status, linksPage, page)
}

// EndLink handles POST /changes/calendar/links/end.
func (p *Pages) EndLink(w http.ResponseWriter, r *http.Request) error {
	if err := p.Windows.RevokeFeed(r.Context(), window.FeedOf{Team: r.FormValue("team"), Service: r.FormValue("service")}); err != nil {
		return err
	}
	return web.Redirect(w, r, calendarPath+"/links", "The link has ended")
}
