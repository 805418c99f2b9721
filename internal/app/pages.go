package app

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert/alertweb"
	"github.com/evenkeel/evenkeel/internal/api/apiweb"
	"github.com/evenkeel/evenkeel/internal/ascode/ascodeweb"
	"github.com/evenkeel/evenkeel/internal/audit/auditweb"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/auth/authweb"
	"github.com/evenkeel/evenkeel/internal/calendar/calendarweb"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/catalogweb"
	"github.com/evenkeel/evenkeel/internal/contact/contactweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify/notifyweb"
	"github.com/evenkeel/evenkeel/internal/search/searchweb"
	"github.com/evenkeel/evenkeel/internal/watchdog/watchdogweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// pages are what people see, by practice.
func (a *App) pages(mux *http.ServeMux) {
	add := func(pattern string, h web.HandlerFunc) {
		if !public(pattern) {
			h = known(h)
		}
		mux.Handle(pattern, a.shell.Handle(h))
		a.patterns = append(a.patterns, pattern)
	}
	incidents := a.incidentPages()
	a.suspectPages(incidents).Routes(add)
	ladders := a.ladderPages(incidents)
	ladders.Tabs, ladders.Teams, ladders.Schedules, ladders.Owner = onCallTabs, a.teamOptions, a.scheduleOptions, a.ownerOf
	incidents.Routes(add)
	ladders.Routes(add)
	items := a.mapPages()
	alerts := a.alertPages()
	alerts.Touched = a.touched(items)
	alerts.Routes(add)
	a.credentialPages(alerts).Routes(add)
	services := a.servicePages()
	ofService := func(service string) string { return "/incidents?q=service:" + service }
	services.AddPanel(catalogweb.Panel{ID: "open", Title: "Open incidents", Order: 10, Link: ofService, Render: incidents.OpenOf})
	services.AddPanel(catalogweb.Panel{ID: "past", Title: "Recent incidents", Order: 20, Link: ofService, Render: incidents.PastOf})
	duty := a.onCallPages()
	services.AddPanel(a.onCallOfService(duty))
	a.mapPanels(items, services, incidents)
	services.Routes(add)
	items.Routes(add)
	(&authweb.Pages{Shell: a.shell, Auth: a.People, Door: a.Door, Told: "/profile/contact", TeamPanels: []func(context.Context, *web.View, string) (web.HTML, error){a.onCallOfTeam(duty)}}).Routes(add)
	(&notifyweb.Pages{Shell: a.shell, Notify: a.Notify, Links: a.links, From: func(r *http.Request) string { return auth.ClientOf(r).Address }}).Routes(add)
	(&contactweb.Pages{Shell: a.shell, Contacts: a.Contacts, Notify: a.Notify, Phone: "/m"}).Routes(add)
	duty.Routes(add)
	a.healthPages().Routes(add)
	measures := a.measurePages()
	measures.Routes(add)
	a.changePages(measures).Routes(add)
	a.calendarPages(measures).Routes(add)
	a.policyPages().Routes(add)
	a.riskPages().Routes(add)
	(&calendarweb.Pages{Shell: a.shell, Calendars: a.Calendars}).Routes(add)
	(&ascodeweb.Pages{Shell: a.shell, Code: a.Code, Names: a.names, URL: a.cfg.PublicURL}).Routes(add)
	(&auditweb.Pages{Shell: a.shell, Audit: a.Audit, Person: a.whoActed}).Routes(add)
	(&watchdogweb.Pages{Shell: a.shell, Watchdog: a.Watchdog, Beat: a.beat}).Routes(add)
	(&searchweb.Pages{Shell: a.shell, Box: a.box}).Routes(add)
	(&apiweb.Pages{Shell: a.shell, Groups: a.reference, Server: a.cfg.PublicURL}).Routes(add)
	add("GET /settings", a.shell.Index("Settings", "settings", settings))
	add("POST /preferences", a.shell.Preferences)
	if a.extra != nil {
		a.extra(add)
	}
	if a.cfg.Dev {
		add("GET /_components", a.shell.Components)
	}
	add("/", a.shell.NotFound)
}

// public are the pages that nobody need be known for; each has a secret of its
// own, or leads to one.
func public(pattern string) bool {
	_, path, _ := strings.Cut(pattern, " ")
	return slices.ContainsFunc([]string{"/login", "/logout", "/setup", "/invite", "/do/", "/demo/", "/preferences"}, func(p string) bool { return strings.HasPrefix(path, p) })
}

// known lets only people see a page. Services ask for the particular
// permission again; this covers forms that show nothing but themselves.
func known(h web.HandlerFunc) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := actor.Require(r.Context(), actor.Read); err != nil {
			return err
		}
		return h(w, r)
	}
}

// settings is the index behind the navigation's last item.
var settings = []web.DoorGroup{
	{Title: "Alerts", Doors: []web.Door{
		{Title: "Integrations", Path: "/integrations", Icon: "plug", What: "Who may send alerts, with copy-paste set-up"},
		{Title: "Alert rules", Path: "/rules", Icon: "route", What: "Which alerts become one incident, of which service, and whether they page"},
		{Title: "Silences and maintenance", Path: "/silences", Icon: "bell-off", What: "What is held back, until when, and by whom"},
	}},
	{Title: "Messages", Doors: []web.Door{
		{Title: "Channels", Path: "/settings/channels", Icon: "send", What: "Mail, Slack and webhooks of the teams"},
		{Title: "Deliveries", Path: "/settings/deliveries", Icon: "inbox", What: "What was sent, what waits, and what was given up", Need: actor.Respond},
		{Title: "Watchdog", Path: "/settings/watchdog", Icon: "heartbeat", What: "Whether everybody was told who should have been, and who hears of it when Evenkeel is silent", Need: actor.Respond},
		{Title: "How you are told", Path: "/profile/contact", Icon: "bell", What: "Your contact methods, by priority, and quiet hours"},
	}},
	{Title: "On call", Doors: []web.Door{
		{Title: "Schedules", Path: "/oncall/schedules", Icon: "calendar", What: "Who is on call when, with overrides and swaps"},
		{Title: "Escalation policies", Path: "/oncall/policies", Icon: "stack-2", What: "Who is told next while nobody acknowledges"},
	}},
	{Title: "Changes", Doors: []web.Door{
		{Title: "Settings of changes", Path: "/changes/settings", Icon: "adjustments-horizontal", What: "From which risk on who reviews, who the board is, what is watched after a deployment"},
		{Title: "Models", Path: "/changes/models", Icon: "checklist", What: "Standard changes: what is pre-approved, and how it went"},
		{Title: "While you are away", Path: "/changes/delegations", Icon: "users", What: "Who approves in whose place, and until when"},
		{Title: "Freezes and windows", Path: "/changes/windows", Icon: "hand-stop", What: "When changes wait, when they may start, and which may pass"},
		{Title: "Policy", Path: "/changes/policy", Icon: "list-details", What: "The rules that decide who looks at a change, their versions, and what others would have decided"},
		{Title: "Risk score", Path: "/changes/risk", Icon: "chart-bar", What: "What counts how much, whether it comes as foretold, and weights fitted to your own changes"},
		{Title: "How suspects are scored", Path: "/changes/suspects", Icon: "search", What: "Which changes an incident's page names first, and how often that was right"},
	}},
	{Title: "Configuration items", Doors: []web.Door{
		{Title: "Sources on a schedule", Path: "/map/sources", Icon: "clock", What: "Who keeps the map true by itself: clusters, files, inventories"},
		{Title: "Kinds of items", Path: "/map/kinds", Icon: "stack-2", What: "What sorts of items there are, with their attributes"},
		{Title: "Rules of the map", Path: "/map/rules", Icon: "list-details", What: "Whom to believe, what makes two things one, how long until it is gone"},
	}},
	{Title: "Organisation", Doors: []web.Door{
		{Title: "Priorities", Path: "/settings/priorities", Icon: "target-arrow", What: "How a priority comes about, what it promises, and whom it tells"},
		{Title: "Business calendars", Path: "/settings/calendars", Icon: "calendar", What: "Working hours and holidays that clocks count by"},
		{Title: "Everything as code", Path: "/settings/as-code", Icon: "git-branch", What: "What is managed in git, and how to start"},
		{Title: "API tokens", Path: "/settings/tokens", Icon: "key", What: "For scripts, pipelines and the command line"},
		{Title: "API reference", Path: "/api/docs", Icon: "terminal-2", What: "Every operation, with its types and a curl line"},
	}},
}

func (a *App) alertPages() *alertweb.Pages {
	return &alertweb.Pages{
		Shell: a.shell, Alerts: a.Alerts, PublicURL: a.cfg.PublicURL, People: a.names,
		Incidents: func(ctx context.Context, ids []int64) (map[int64]alertweb.Incident, error) {
			who, _ := actor.From(ctx)
			out := map[int64]alertweb.Incident{}
			err := a.db.Read(ctx, func(q db.Querier) error {
				seen, err := a.Incidents.Visible(q, who, ids)
				if err != nil {
					return err
				}
				var people []int64
				for _, b := range seen {
					if b.Lead != 0 {
						people = append(people, b.Lead)
					}
				}
				names, err := neighbours{a}.Names(q, people)
				for id, b := range seen {
					out[id] = alertweb.Incident{ID: id, Priority: b.Priority.String(), Title: b.Title, State: string(b.State), Note: string(b.State), Who: web.Person{Name: names[b.Lead]}}
				}
				return err
			})
			return out, err
		},
		Declare: func(ctx context.Context, title, service string) (int64, error) {
			i, err := a.Incidents.Declare(ctx, incident.Declaration{Title: title, Service: service})
			return i.ID, err
		},
		Acknowledge: func(ctx context.Context, id int64) error {
			_, err := a.Incidents.Acknowledge(ctx, id)
			return err
		},
		MyServices: a.myServices,
	}
}

// myServices are the services that the viewer's teams own.
func (a *App) myServices(ctx context.Context) (out []string, err error) {
	who, ok := actor.From(ctx)
	if !ok || who.Person == 0 {
		return nil, nil //nolint:nilnil // nobody owns nothing
	}
	var teams []string
	if err := a.db.Read(ctx, func(q db.Querier) (err error) { teams, err = auth.TeamsOf(q, who.Person); return err }); err != nil {
		return nil, err
	}
	for _, team := range teams {
		list, _, err := a.Catalog.List(ctx, catalog.Filter{Team: team}, "", 200)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			out = append(out, s.Name)
		}
	}
	return out, nil
}

// names are display names of people.
func (a *App) names(ctx context.Context, ids []int64) (out map[int64]string, err error) {
	err = a.db.Read(ctx, func(q db.Querier) (err error) { out, err = neighbours{a}.Names(q, ids); return err })
	return out, err
}

// whoActed names the person behind an actor of the evidence log, which itself
// holds no names: "user:17".
func (a *App) whoActed(ctx context.Context, who string) (web.Person, bool) {
	kind, number, _ := strings.Cut(who, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || kind != string(actor.User) {
		return web.Person{}, false
	}
	names, err := a.names(ctx, []int64{id})
	if err != nil || names[id] == "" {
		return web.Person{}, false
	}
	return web.Person{Name: names[id]}, true
}

// duty is the line at the foot of the navigation.
func (a *App) duty(ctx context.Context) string {
	who, ok := actor.From(ctx)
	if !ok || who.Person == 0 {
		return ""
	}
	open := true
	rows, _, err := a.Incidents.List(ctx, incident.Filter{Open: &open, Person: who.Person}, "", 1)
	if err != nil || len(rows) == 0 {
		return ""
	}
	return "You work on " + rows[0].Key()
}
