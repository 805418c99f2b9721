package alertweb_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/alert/alertweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// bench is the practice with its pages, served, on a clock of its own.
type bench struct {
	*testing.T
	*alert.Service
	url   string
	me    actor.Actor
	theme web.Theme
	ctx   context.Context

	mu        sync.Mutex
	clock     time.Time
	incidents map[string]int64 // group → number
}

func (b *bench) now() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.clock }

func (b *bench) at(hhmm string) {
	t, err := time.Parse("15:04", hhmm)
	if err != nil {
		b.T.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = time.Date(2026, 11, 20, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, theme: web.Light, incidents: map[string]int64{}}
	b.me = actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin, Name: "Mara Lindqvist"}
	b.ctx = actor.With(context.Background(), b.me)
	b.at("15:30")
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	d, err := db.Open(context.Background(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: b.now, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	b.Service = alert.New(d)
	b.React = b.react
	shell := &web.Shell{Org: "Harbour & Co", Search: "/search", Declare: "/incidents/new", Login: "/login", Logout: "/logout", Now: b.now, Profiles: b, Log: quiet,
		Nav: []web.NavItem{{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true}, {ID: "incidents", Title: "Incidents", Path: "/incidents", Icon: "alert-octagon", Group: 1, Tab: true},
			{ID: "alerts", Title: "Alerts", Path: "/alerts", Icon: "bell", Group: 1, Tab: true}, {ID: "services", Title: "Services", Path: "/services", Icon: "server-2", Group: 2, Tab: true}}}
	pages := &alertweb.Pages{Shell: shell, Alerts: b.Service, PublicURL: "https://evenkeel.example.org",
		Incidents: func(_ context.Context, ids []int64) (map[int64]alertweb.Incident, error) {
			out := map[int64]alertweb.Incident{}
			for _, id := range ids {
				out[id] = alertweb.Incident{ID: id, Priority: "P1", Title: "Checkout is down: orders queue is stuck", State: "acknowledged", Note: "acknowledged by Jonas 18:07", Who: web.Person{Handle: "jonas", Name: "Jonas"}}
			}
			return out, nil
		},
		Declare:     func(context.Context, string, string) (int64, error) { return 77, nil },
		Acknowledge: func(context.Context, int64) error { return nil },
		People: func(_ context.Context, ids []int64) (map[int64]string, error) {
			return map[int64]string{1: "Mara Lindqvist"}, nil
		},
		MyServices: func(context.Context) ([]string, error) { return []string{"checkout", "orders-queue"}, nil },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/", web.Assets)
	pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), b.me)))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: b.me.Name, Handle: "mara", Theme: b.theme, Vocabulary: web.Engineering}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

// react puts critical firings into one incident for each group.
func (b *bench) react(tx *db.Tx, c *alert.Changes) error {
	links := map[int64]int64{}
	for _, f := range append(c.Opened, c.Reopened...) {
		if f.Severity != alert.Critical || !f.Routing.Open {
			continue
		}
		if b.incidents[f.GroupKey] == 0 {
			b.incidents[f.GroupKey] = int64(1042 + len(b.incidents))
		}
		links[f.EpisodeID] = b.incidents[f.GroupKey]
	}
	return b.LinkEpisodes(tx, links)
}

func (b *bench) must(err error) {
	b.T.Helper()
	if err != nil {
		b.T.Fatal(err)
	}
}

func matchers(t testing.TB, list ...string) []alert.Matcher {
	var f errs.Fields
	ms := alert.ParseMatchers("matchers", list, &f)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return ms
}

// friday plays the alerts of Friday evening up to 18:46, as in the mock-up.
func (b *bench) friday() {
	b.T.Helper()
	ins := map[string]alert.Integration{}
	for name, kind := range map[string]alert.Kind{"prometheus": alert.Alertmanager, "synthetics": alert.Generic, "ledger-job": alert.PagerDuty, "heartbeat": alert.Heartbeat} {
		in := alert.Integration{Name: name, Kind: kind}
		if kind == alert.Heartbeat {
			in.Interval, in.Grace, in.Service = 5*time.Minute, time.Minute, "warehouse-sync"
		}
		made, _, err := b.CreateIntegration(b.ctx, in)
		b.must(err)
		ins[name] = made
	}
	_, err := b.CreateRule(b.ctx, alert.Rule{Name: "orders", Matchers: matchers(b.T, `severity="critical"`, `service=~"checkout|orders-queue"`), GroupBy: []string{"severity"}, Window: time.Hour, Page: true, AutoClose: true})
	b.must(err)
	_, err = b.CreateRule(b.ctx, alert.Rule{Name: "forecasts", Description: "Nobody wakes for a forecast", Matchers: matchers(b.T, `alertname="Forecast"`), Quiet: true})
	b.must(err)
	type row struct {
		from, in, service, summary, name string
		sev                              alert.Severity
		n                                int
	}
	rows := []row{
		{"15:36", "prometheus", "payments", "Ledger replica disk above 80 %", "DiskFull", alert.Warning, 38},
		{"16:00", "prometheus", "checkout", "Certificate expires in 13 days", "CertExpiry", alert.Info, 1},
		{"17:45", "ledger-job", "orders-queue", "Nightly export overran", "Export", alert.Warning, 31},
		{"17:52", "prometheus", "orders-queue", "Consumer memory above 85 %", "Memory", alert.Warning, 44},
		{"17:58", "synthetics", "storefront", "Slow page from Frankfurt probe", "SlowPage", alert.Warning, 14},
		{"18:04", "prometheus", "checkout", "Checkout success below 50 %", "Success", alert.Critical, 41},
		{"18:05", "prometheus", "orders-queue", "Queue depth above 10 000", "Depth", alert.Critical, 40},
		{"18:11", "synthetics", "checkout", "Order volume 94 % below forecast", "Forecast", alert.Info, 18},
		{"18:33", "prometheus", "orders-queue", "Oldest message above 15 min", "Oldest", alert.Critical, 13},
	}
	send := func(r row) {
		in := ins[r.in]
		_, err := b.Ingest(actor.With(b.ctx, in.Actor("test")), in, []alert.Event{{Action: alert.Trigger, Dedup: r.name, Severity: r.sev, Summary: r.summary, Service: r.service, Source: r.service + "-1",
			Labels: map[string]string{"alertname": r.name, "env": "prod", "severity": string(r.sev)}, Annotations: map[string]string{"description": "See the runbook"},
			Links: []alert.Link{{Href: "https://prometheus.example.org/graph", Text: "Graph"}, {Href: "javascript:alert(1)", Text: "Trap"}}, Details: []byte(`{"value":"4.1 %"}`)}})
		b.must(err)
	}
	for m := range 191 { // minute by minute, each alert repeating as often as it says
		b.at("15:36")
		b.mu.Lock()
		b.clock = b.clock.Add(time.Duration(m) * time.Minute)
		b.mu.Unlock()
		for _, r := range rows {
			first, _ := time.Parse("15:04", r.from)
			begin := time.Date(2026, 11, 20, first.Hour(), first.Minute(), 0, 0, time.UTC)
			age := int(b.now().Sub(begin).Minutes())
			if every := max(1, int(time.Date(2026, 11, 20, 18, 46, 0, 0, time.UTC).Sub(begin).Minutes())/r.n); age >= 0 && (age == 0 || r.n > 1 && age%every == 0) {
				for range 1 + age%3 {
					send(r)
				}
			}
		}
		if b.now().Format("15:04") == "18:22" {
			_, err := b.CreateSilence(b.ctx, alert.Silence{Kind: alert.Maintenance, Matchers: matchers(b.T, `service="storefront"`), EndsAt: b.now().Add(68 * time.Minute), Comment: "Node upgrade, CHG-314"})
			b.must(err)
			for i := range 2 {
				send(row{in: "prometheus", service: "storefront", summary: []string{"Replica count below 6", "Cold cache ratio above 20 %"}[i], name: fmt.Sprint("Storefront", i), sev: []alert.Severity{alert.Warning, alert.Info}[i]})
			}
		}
	}
	b.at("18:46")
}
