package app

import (
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/evenkeel/evenkeel/internal/alert/alertapi"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/ascode/ascodeapi"
	"github.com/evenkeel/evenkeel/internal/audit/auditapi"
	"github.com/evenkeel/evenkeel/internal/auth/authapi"
	"github.com/evenkeel/evenkeel/internal/calendar/calendarapi"
	"github.com/evenkeel/evenkeel/internal/catalog/catalogapi"
	"github.com/evenkeel/evenkeel/internal/change/changeapi"
	"github.com/evenkeel/evenkeel/internal/change/dora/doraapi"
	"github.com/evenkeel/evenkeel/internal/change/packet/packetapi"
	"github.com/evenkeel/evenkeel/internal/change/packet/packetweb"
	"github.com/evenkeel/evenkeel/internal/change/risk/riskapi"
	"github.com/evenkeel/evenkeel/internal/change/suspect/suspectapi"
	"github.com/evenkeel/evenkeel/internal/change/verify/verifyapi"
	"github.com/evenkeel/evenkeel/internal/change/window/windowapi"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbapi"
	"github.com/evenkeel/evenkeel/internal/connect/alertmanager"
	"github.com/evenkeel/evenkeel/internal/connect/argocd"
	"github.com/evenkeel/evenkeel/internal/connect/cdevents"
	"github.com/evenkeel/evenkeel/internal/connect/changes"
	"github.com/evenkeel/evenkeel/internal/connect/generic"
	"github.com/evenkeel/evenkeel/internal/connect/github"
	"github.com/evenkeel/evenkeel/internal/connect/gitlab"
	"github.com/evenkeel/evenkeel/internal/connect/grafana"
	"github.com/evenkeel/evenkeel/internal/connect/heartbeat"
	"github.com/evenkeel/evenkeel/internal/connect/ical"
	"github.com/evenkeel/evenkeel/internal/connect/kubernetes/admission"
	"github.com/evenkeel/evenkeel/internal/connect/opsgenie"
	"github.com/evenkeel/evenkeel/internal/connect/otlp"
	"github.com/evenkeel/evenkeel/internal/connect/pagerduty"
	"github.com/evenkeel/evenkeel/internal/connect/prometheus"
	"github.com/evenkeel/evenkeel/internal/contact/contactapi"
	"github.com/evenkeel/evenkeel/internal/escalation/escalationapi"
	"github.com/evenkeel/evenkeel/internal/health/healthapi"
	"github.com/evenkeel/evenkeel/internal/incident/incidentapi"
	"github.com/evenkeel/evenkeel/internal/notify/notifyapi"
	"github.com/evenkeel/evenkeel/internal/oncall/oncallapi"
	"github.com/evenkeel/evenkeel/internal/policy/policyapi"
	"github.com/evenkeel/evenkeel/internal/watchdog/watchdogapi"
	"github.com/evenkeel/evenkeel/internal/web"
)

// routes is the index of the product: every address it serves.
func (a *App) routes() http.Handler {
	top := http.NewServeMux()
	top.HandleFunc("GET /livez", a.live)
	top.HandleFunc("GET /readyz", a.ready)
	top.Handle("GET /assets/", http.HandlerFunc(web.Assets))
	top.HandleFunc("GET /schemas/{file}", ascodeapi.Schema(a.Code)) // for editors, which send no token
	web.Install(top)
	a.calls.Routes(top)
	a.receivers(top)
	a.feeds().Routes(top)
	(&ical.ChangeDoor{Feeds: a.Windows.Feeds(), Base: a.cfg.PublicURL}).Routes(top)

	// Everything else knows who is asking.
	inner := http.NewServeMux()
	inner.Handle("GET /metrics", a.forReaders(promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{})))
	inner.Handle("GET /live", a.hub)
	inner.Handle("/api/", a.api())
	a.pages(inner)
	top.Handle("/", a.Door.Middleware(noteRoute(inner)))
	return web.Secure(a.cfg.HTTPS(), top)
}

// receivers are where monitoring systems and pipelines post; each brings its own token.
func (a *App) receivers(mux *http.ServeMux) {
	alertmanager.New(a.Receivers).Routes(mux)
	prometheus.New(a.Receivers).Routes(mux)
	pagerduty.New(a.Receivers, a.Changes).Routes(mux)
	opsgenie.New(a.Receivers, a.Alerts).Routes(mux)
	grafana.New(a.Receivers, a.Alerts).Routes(mux)
	generic.New(a.Receivers).Routes(mux)
	heartbeat.New(a.Receivers, a.Alerts).Routes(mux)
	otlp.NewReceiver(a.traces, a.Door).Routes(mux)
	github.New(a.Receivers, a.Alerts, a.Changes).Routes(mux)
	gitlab.New(a.Receivers, a.Alerts, a.Changes).Routes(mux)
	cdevents.New(a.Receivers, a.Changes).Routes(mux)
	argocd.New(a.Receivers, a.Changes).Routes(mux)
	argocd.NewRollouts(a.Receivers, a.Changes, a.Verify, a.cfg.PublicURL).Routes(mux)
	admission.New(a.Receivers, a.Changes, a.cfg.PublicURL).Routes(mux)
	changes.New(a.Receivers, a.Changes).Routes(mux)
}

// api is /api/v1 and its description.
func (a *App) api() http.Handler {
	mux := http.NewServeMux()
	h := api.New(mux, Version, a.cfg.PublicURL)
	authapi.Register(h, a.People)
	catalogapi.Register(h, a.Catalog)
	catalogapi.RegisterScorecards(h, a.Scorecards)
	calendarapi.Register(h, a.Calendars)
	alertapi.Register(h, a.Alerts)
	incidentapi.Register(h, a.Incidents)
	notifyapi.Register(h, a.Notify)
	contactapi.Register(h, a.Contacts)
	oncallapi.Register(h, a.OnCall)
	healthapi.Register(h, a.Health)
	escalationapi.Register(h, a.Escalation)
	ascodeapi.Register(h, a.Code)
	auditapi.Register(h, a.Audit)
	watchdogapi.Register(h, a.Watchdog, a.beat)
	cmdbapi.Register(h, a.CMDB, connectors())
	policyapi.Register(h, a.Policies, a.Changes)
	windowapi.Register(h, a.Windows)
	riskapi.Register(h, a.Risk)
	verifyapi.Register(h, a.Verify)
	suspectapi.Register(h, a.Suspects)
	doraapi.Register(h, a.Dora, a.changeEnvironments)
	packetapi.Register(h, a.Packets, packetapi.Render{Page: packetPage, CSP: packetweb.CSP})
	changeapi.Register(h, a.Changes, changeReaders())
	a.reference = api.Reference(h)
	all := api.Unknown(mux, noteRoute(mux))
	return api.LogFaults(a.log, api.Blame(a.lastChange, api.Uploads(h, all, api.Once(a.db, all))))
}

// Routes lists the patterns of all pages, for the test that walks them with
// every role. The API lists its own in /api/openapi.json.
func (a *App) Routes() []string { return slices.Clone(a.patterns) }

// refuse answers a request whose credential is wrong, in the form its sender
// understands.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if strings.HasPrefix(r.URL.Path, "/api/") || r.Header.Get("Authorization") != "" {
		api.WriteProblem(w, err)
		return
	}
	a.shell.Error(w, r, err)
}
