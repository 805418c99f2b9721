package incidentweb_test

import (
	"context"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/live"
	"github.com/evenkeel/evenkeel/internal/web"
)

// The people of the demo organisation.
const (
	mara int64 = iota + 1
	jonas
	priya
	tom
	lena
	omar
)

var peopleNames = []string{"", "Mara Lindqvist", "Jonas", "Priya", "Tom", "Lena", "Omar"}

// world is what the practice asks of others, as plain data.
type world struct{}

func (world) ServiceOf(_ db.Querier, name string) (string, int, bool, error) {
	s, ok := map[string]struct {
		team string
		tier int
	}{"checkout": {"payments", 0}, "search": {"discovery", 1}, "email": {"platform", 2}, "catalog-api": {"discovery", 2}, "warehouse-sync": {"warehouse", 3}}[name]
	return s.team, s.tier, ok, nil
}

func (world) Names(_ db.Querier, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for _, id := range ids {
		if id > 0 && int(id) < len(peopleNames) {
			out[id] = peopleNames[id]
		}
	}
	return out, nil
}
func (world) TeamOf(db.Querier, string) (string, bool, error)  { return "", true, nil }
func (world) PersonOf(db.Querier, string) (int64, bool, error) { return 0, false, nil }
func (world) PersonExists(_ db.Querier, id int64) (bool, error) {
	return id > 0 && int(id) < len(peopleNames), nil
}

// clock is a hand-moved clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) at(hhmm string) {
	t, err := time.Parse("15:04", hhmm)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = time.Date(2026, 11, 20, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

// bench is the practice with its pages, served.
type bench struct {
	*testing.T
	*incident.Service
	pages *incidentweb.Pages
	clock *clock
	shell *web.Shell
	url   string
	me    actor.Actor
	theme web.Theme
	words web.Vocabulary
	mux   *http.ServeMux
}

// also serves what other practices would.
func (b *bench) also(pattern string, h http.HandlerFunc) { b.mux.HandleFunc(pattern, h) }

func as(person int64, role actor.Role) actor.Actor {
	return actor.Actor{Kind: actor.User, ID: person, Person: person, Role: role, Name: peopleNames[person]}
}

func by(person int64) context.Context {
	return actor.With(context.Background(), as(person, actor.Responder))
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, clock: &clock{}, me: as(mara, actor.Responder), theme: web.Light}
	b.clock.at("18:04")
	d, err := db.Open(context.Background(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: b.clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	b.Service = incident.New(d, world{}, world{}, nil, nil)
	b.shell = &web.Shell{Org: "Harbour & Co", Search: "/search", Declare: "/incidents/new", Login: "/login", Logout: "/logout", LiveURL: "/live", Now: b.clock.Now, Profiles: b,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Badges: func(context.Context) map[string]web.Badge {
			return map[string]web.Badge{"incidents": {N: 5, Hot: true}, "alerts": {N: 21}}
		},
		Duty: func(context.Context) string { return "You command INC-2" },
		Nav: []web.NavItem{{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true},
			{ID: "incidents", Title: "Incidents", Path: "/incidents", Icon: "alert-octagon", Group: 1, Tab: true},
			{ID: "alerts", Title: "Alerts", Path: "/alerts", Icon: "bell", Group: 1, Tab: true},
			{ID: "services", Title: "Services", Path: "/services", Icon: "server-2", Group: 2, Tab: true},
			{ID: "teams", Title: "Teams", Path: "/teams", Icon: "users", Group: 2},
			{ID: "evidence", Title: "Evidence", Path: "/evidence", Icon: "shield-check", Group: 3},
			{ID: "settings", Title: "Settings", Path: "/settings", Icon: "settings", Group: 3}},
		Menu: []web.MenuLink{{Title: "How I am told", Path: "/me/notifications", Icon: "bell"}, {Title: "Sessions and tokens", Path: "/me/sessions", Icon: "key"}}}
	b.pages = &incidentweb.Pages{Shell: b.shell, Incidents: b.Service,
		People: func(context.Context) (out []incidentweb.Person, err error) {
			for i, n := range peopleNames[1:] {
				out = append(out, incidentweb.Person{ID: int64(i + 1), Name: n})
			}
			return out, nil
		},
		Services: func(context.Context) ([]incidentweb.Service, error) {
			return []incidentweb.Service{{"catalog-api", "discovery", 2}, {"checkout", "payments", 0}, {"email", "platform", 2}, {"search", "discovery", 1}}, nil
		},
		Teams: func(context.Context) ([]string, error) {
			return []string{"discovery", "payments", "platform", "warehouse"}, nil
		},
		Firing: func(context.Context) (int, int, error) { return 21, 6, nil },
		Alerts: func(_ context.Context, inc int64) ([]incidentweb.Alert, error) {
			if inc != 2 {
				return nil, nil
			}
			at := func(hhmm string) time.Time { c := &clock{}; c.at(hhmm); return c.now }
			return []incidentweb.Alert{{"ALR-1", "/alerts/ALR-1", "checkout: success below 50 %", "checkout", "critical", true, 84, at("18:04")},
				{"ALR-2", "/alerts/ALR-2", "orders-queue: depth above 10 000", "orders-queue", "critical", true, 82, at("18:05")},
				{"ALR-3", "/alerts/ALR-3", "orders-queue: oldest message", "orders-queue", "warning", false, 26, at("18:33")}}, nil
		},
		Evidence: func(context.Context) (incidentweb.Evidence, error) {
			return incidentweb.Evidence{Checkpoint: 8214, Entries: 412906, At: b.clock.Now().Add(-2 * time.Minute), Sound: true, Head: "9f3c 71be … a17e", Path: "/evidence"}, nil
		}}
	hub := live.New(nil)
	t.Cleanup(hub.Close)
	d.OnChange(func(list []db.Change) {
		var out []live.Change
		for _, c := range list {
			out = append(out, live.Change{Record: c.Record, Version: c.Version})
		}
		hub.Publish(out)
	})
	mux := http.NewServeMux()
	b.mux = mux
	mux.Handle("GET /live", hub)
	mux.HandleFunc("GET /assets/", web.Assets)
	web.Install(mux)
	b.pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, b.shell.Handle(h)) })
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.me.Role != "" {
			r = r.WithContext(actor.With(r.Context(), b.me))
		}
		mux.ServeHTTP(w, r)
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: b.me.Name, Handle: "mara", Theme: b.theme, Vocabulary: b.words, Duty: "Incident commander duty, Harbour & Co"}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func (b *bench) must(_ any, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// friday plays the outage of Friday evening up to 18:46: INC-1 and four smaller ones.
func (b *bench) friday() {
	b.Helper()
	b.clock.at("09:12")
	old, err := b.Declare(by(tom), incident.Declaration{Title: "Card refunds were posted twice", Service: "checkout", Impact: incident.High, Urgency: incident.Medium})
	b.must(old, err)
	b.must(b.Acknowledge(by(tom), old.ID))
	b.clock.at("10:31")
	b.must(b.Resolve(by(tom), old.ID, incident.Rollback, ""))
	b.clock.at("18:04")
	i, err := b.Declare(by(jonas), incident.Declaration{Title: "Checkout is down: orders queue is stuck", Service: "checkout", Impact: incident.High, Urgency: incident.High, WarRoom: "https://meet.harbour.example/inc-2"})
	b.must(i, err)
	for _, x := range []struct {
		title, service  string
		impact, urgency incident.Level
		person          int64
	}{{"Search shows sold-out items as in stock", "search", incident.High, incident.Medium, lena}, {"Order confirmations arrive 9 min late", "email", incident.Medium, incident.Medium, omar},
		{"Product import times out for one supplier", "catalog-api", incident.Medium, incident.Medium, tom}, {"Label printer retries on dock 4", "warehouse-sync", incident.Low, incident.Low, 0}} {
		o, err := b.Declare(by(omar), incident.Declaration{Title: x.title, Service: x.service, Impact: x.impact, Urgency: x.urgency})
		b.must(o, err)
		if x.person != 0 {
			b.must(b.Acknowledge(by(x.person), o.ID))
			b.must(b.Assign(by(x.person), o.ID, incident.Commander, x.person, ""))
		}
		switch x.person {
		case lena:
			b.must(b.Mitigate(by(lena), o.ID, incident.Restart, "index workers restarted"))
		case tom:
			b.must(b.Wait(by(tom), o.ID, incident.ForSupplier, "ticket 8812"))
		}
	}
	b.clock.at("18:07")
	b.must(b.Acknowledge(by(jonas), i.ID))
	b.clock.at("18:12")
	b.must(b.Assign(by(mara), i.ID, incident.Commander, mara, ""))
	b.must(b.Assign(by(mara), i.ID, incident.Operations, jonas, ""))
	b.must(b.Assign(by(mara), i.ID, incident.Communications, priya, "Talk to support first, they have 40 calls waiting"))
	b.clock.at("18:14")
	b.must(b.Publish(by(priya), i.ID, incident.Update{Text: "We are looking into failed checkouts. Next update by 18:30 UTC.", Public: true}))
	b.clock.at("18:19")
	b.must(b.AddNote(by(tom), i.ID, incident.Note{Text: "Pickers work from the cached list. That lasts until about 19:30, then dock 2 stops."}))
	b.clock.at("18:22")
	b.must(b.Wait(by(mara), i.ID, incident.ForSupplier, "Card processor checks its side"))
	b.clock.at("18:26")
	b.must(b.Continue(by(mara), i.ID))
	b.clock.at("18:27")
	b.must(b.Publish(by(priya), i.ID, incident.Update{Text: "Most customers cannot complete checkout. Baskets are kept. We have found where orders are stuck and are working on it. Next update by 18:57 UTC.", Public: true}))
	b.clock.at("18:38")
	n, err := b.AddNote(by(mara), i.ID, incident.Note{Text: "If the consumers do not drain by 18:45, we roll back.", Tag: incident.Decision})
	b.must(n, err)
	b.clock.at("18:40")
	b.must(b.Correct(by(mara), i.ID, n.Seq, "If the consumers do not drain by 18:50, we roll back."))
	b.clock.at("18:44")
	b.must(b.AddNote(by(jonas), i.ID, incident.Note{Text: "Every consumer holds 500 unacknowledged messages since 17:52. Before 2.8.0 it was 50. That fits the prefetch change, not the export.", Tag: incident.KeyFact}))
	b.must(b.SetLink(by(jonas), i.ID, incident.Link{Kind: incident.LinkURL, Target: "https://grafana.harbour.example/d/orders-queue", Title: "Dashboard: orders queue"}))
	b.clock.at("18:46")
	b.pages.AddPanel(incidentweb.Panel{ID: "suspects", Title: "What changed?", Order: 10, Render: func(context.Context, *web.View, incident.View) (template.HTML, string, error) { return "", "", nil }})
}
