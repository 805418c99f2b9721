// Package app puts the practices together and runs them; it holds no rules.
//
// app.go opens and wires, in one function, in the order of the dependencies.
// neighbours.go answers what one practice needs to know of another.
// reactions.go is the list of who reacts to what. routes.go is the index of
// the product: every address it serves. workers.go lists the due work.
// delivery.go lists the ways by which messages leave. pages.go lists the
// pages; panels.go, now.go and beside.go fill those of incidents, services and
// teams with what other practices know. change.go, contact.go, escalation.go,
// health.go, oncall.go and watchdog.go wire one practice each.
// server.go, metrics.go and probes.go are the process around it.
//
// Invariants: nothing else in the tree imports this package but cli and tests;
// a reaction runs in the transaction of its cause; a secret or signing key
// never comes out of the database.
package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/connect/otlp"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/job"
	"github.com/evenkeel/evenkeel/internal/live"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/email"
	"github.com/evenkeel/evenkeel/internal/notify/twilio"
	"github.com/evenkeel/evenkeel/internal/notify/webpush"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/search"
	"github.com/evenkeel/evenkeel/internal/watchdog"
	"github.com/evenkeel/evenkeel/internal/web"
)

// App is the running product. The practices are exported for the demo and for
// tests that look from inside.
type App struct {
	People     *auth.Service
	Door       *auth.Door
	Audit      *audit.Service
	Calendars  *calendar.Service
	Catalog    *catalog.Catalog
	Scorecards *scorecard.Service
	Alerts     *alert.Service
	Incidents  *incident.Service
	CMDB       *cmdb.Service
	Changes    *change.Service
	Policies   *policy.Service // of changes
	Windows    *window.Service
	Risk       *risk.Service
	Verify     *verify.Service
	Suspects   *suspect.Service
	Dora       *dora.Service
	Packets    *packet.Service
	Notify     *notify.Service
	Contacts   *contact.Service
	OnCall     *oncall.Service
	Escalation *escalation.Service
	Watchdog   *watchdog.Service
	Health     *health.Service // of on-call
	Code       *ascode.Service
	Receivers  *connect.Door

	cfg      config.Config
	log      *slog.Logger
	db       *db.DB
	jobs     *job.Runner
	courier  *notify.Courier
	links    *notify.Links
	hub      *live.Hub
	box      *search.Box
	shell    *web.Shell
	metrics  *metrics
	mail     *email.Transport
	calls    *twilio.Callbacks
	vapid    webpush.Key
	items    itemHealth // what monitoring says of items of the map
	traces   *otlp.Aggregator
	tracesAt net.Listener   // for OTLP over gRPC; nil when it is off
	beat     *watchdog.Beat // outside heartbeat; nil when none is configured
	extra    func(add func(pattern string, h web.HandlerFunc))

	reference []api.Group     // of the API, for its page
	patterns  []string        // of the pages, in the order of routes.go
	base      context.Context // of every request; ends with Close
	stop      context.CancelFunc
	draining  atomic.Bool
	workers   []func(ctx context.Context)
	running   chan struct{} // closed when the workers have ended; nil before Start
}

// Option changes what New makes; for the demo and for tests.
type Option func(*options)

type options struct {
	loopback bool
	demo     func(ctx context.Context) string
	db       db.Config
	login    string
	pages    func(add func(pattern string, h web.HandlerFunc))
}

// Loopback lets webhooks reach this machine.
func Loopback() Option { return func(o *options) { o.loopback = true } }

// Tour shows a line of the guided tour on every page.
func Tour(line func(ctx context.Context) string) Option { return func(o *options) { o.demo = line } }

// Clock makes the database's time come from a function.
func Clock(now func() time.Time) Option { return func(o *options) { o.db.Now = now } }

// Volatile does not flush SQLite to disk: for a database that is thrown away.
func Volatile() Option { return func(o *options) { o.db.Volatile = true } }

// Pages adds pages; login, if not empty, is where unknown visitors are sent.
func Pages(login string, routes func(add func(pattern string, h web.HandlerFunc))) Option {
	return func(o *options) { o.login, o.pages = login, routes }
}

// New opens the database and wires everything. Close it, also when it was
// never served.
func New(ctx context.Context, cfg config.Config, log *slog.Logger, opts ...Option) (_ *App, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	a := &App{cfg: cfg, log: log}
	a.base, a.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	o.db.URL, o.db.Log = cfg.DB, log
	if a.db, err = db.Open(ctx, o.db); err != nil {
		return nil, err
	}
	box, err := a.openBox(ctx)
	if err != nil {
		return nil, err
	}
	a.jobs = job.New(a.db, log)

	if a.People, a.Door, err = auth.New(a.db, auth.Config{PublicURL: cfg.PublicURL, ManagedBy: ascode.ManagedBy, Refuse: a.refuse}); err != nil {
		return nil, err
	}
	if err := a.openPractices(ctx, box, o); err != nil {
		return nil, err
	}
	if err := a.renew(ctx, box); err != nil {
		return nil, err
	}
	a.react()
	a.openWeb(o)
	a.metrics = newMetrics(a)
	a.work()
	return a, nil
}

// Start begins the due work and the delivery of messages.
func (a *App) Start() {
	if a.running != nil {
		return
	}
	a.running = make(chan struct{})
	a.jobs.Start(a.base)
	done := make(chan struct{}, len(a.workers))
	for _, w := range a.workers {
		go func() { w(a.base); done <- struct{}{} }()
	}
	go func() {
		a.jobs.Wait()
		for range a.workers {
			<-done
		}
		close(a.running)
	}()
}

// Close stops all work and closes the database.
func (a *App) Close() error {
	a.stop()
	if a.running != nil {
		<-a.running
	}
	if a.hub != nil {
		a.hub.Close()
	}
	if a.mail != nil {
		a.mail.Close()
	}
	if a.CMDB != nil {
		if err := a.CMDB.Close(); err != nil {
			a.log.Warn("keeping the map for the next start", "error", err)
		}
	}
	if a.db != nil {
		return a.db.Close()
	}
	return nil
}

// DB is the database, for the demo's history and for tests.
func (a *App) DB() *db.DB { return a.db }

// Handler is the whole product over HTTP.
func (a *App) Handler() http.Handler { return a.frame(a.routes()) }

// PublicURL is the address people use, completed from the defaults.
func (a *App) PublicURL() string { return a.cfg.PublicURL }
