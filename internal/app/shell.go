package app

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth/authweb"
	"github.com/evenkeel/evenkeel/internal/live"
	"github.com/evenkeel/evenkeel/internal/search"
	"github.com/evenkeel/evenkeel/internal/web"
)

// openWeb makes the frame of all pages: what the navigation lists exists.
func (a *App) openWeb(o options) {
	a.hub = live.New(a.visible)
	a.box = &search.Box{Log: a.log}
	a.box.Add(a.findIncidents, a.findServices, a.findTeams, a.findOnCall, a.findItems, search.Pages(pageHits()...))
	login := "/login"
	if o.login != "" {
		login = o.login
	}
	a.extra = o.pages
	org := a.cfg.Org
	if org == "" {
		org = "Your organisation"
	}
	a.shell = &web.Shell{
		Org: org, Log: a.log, Profiles: authweb.Profiles{Auth: a.People}, Demo: o.demo, Badges: a.badges, Duty: a.duty,
		Search: "/search", LiveURL: "/live", Login: login, Logout: "/logout", Declare: "/incidents/new",
		Nav: []web.NavItem{
			{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true},
			{ID: "incidents", Title: "Incidents", Path: "/incidents", Icon: "alert-octagon", Group: 1, Tab: true},
			{ID: "alerts", Title: "Alerts", Path: "/alerts", Icon: "bell", Group: 1, Tab: true},
			{ID: "changes", Title: "Changes", Path: "/changes", Icon: "git-pull-request", Group: 1},
			{ID: "oncall", Title: "On call", Path: "/oncall", Icon: "phone-call", Group: 1},
			{ID: "services", Title: "Services", Path: "/services", Icon: "server-2", Group: 2, Tab: true},
			{ID: "map", Title: "Map", Path: "/map", Icon: "sitemap", Group: 2},
			{ID: "teams", Title: "Teams", Path: "/teams", Icon: "users", Group: 2},
			{ID: "people", Title: "People", Path: "/people", Icon: "user", Group: 2},
			{ID: "evidence", Title: "Evidence", Path: "/evidence", Icon: "shield-check", Group: 3, Need: actor.Audit},
			{ID: "settings", Title: "Settings", Path: "/settings", Icon: "settings", Group: 3},
		},
		Menu: []web.MenuLink{
			{Title: "Profile", Path: "/profile", Icon: "user"},
			{Title: "On your phone", Path: "/m", Icon: "device-mobile"},
			{Title: "API tokens", Path: "/settings/tokens", Icon: "key"},
		},
	}
}

// forReaders lets only those through who may read.
func (a *App) forReaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := actor.Require(r.Context(), actor.Read); err != nil {
			api.WriteProblem(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
