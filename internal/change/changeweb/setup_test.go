package changeweb_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/changeweb"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
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

var names = []string{"Mara Lindt", "Jonas Berg", "Priya Nair", "Tom Wilk", "Lena Fischer", "Omar Haddad"}

// bench is the practice of changes of Harbour & Co on a server.
type bench struct {
	*testing.T
	*change.Service
	url   string
	pages *changeweb.Pages
	theme web.Theme

	mu  sync.Mutex
	now time.Time
	who actor.Actor
	due func()
}

type staff struct{}

func (staff) Names(q db.Querier, ids []int64) (map[int64]string, error) {
	list, err := auth.People(q, ids)
	out := map[int64]string{}
	for id, p := range list {
		out[id] = p.Display
	}
	return out, err
}

func (staff) PersonOf(q db.Querier, handle string) (int64, bool, error) {
	p, err := auth.PersonByHandle(q, handle)
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return p.ID, err == nil, err
}

func (s staff) PersonByMail(q db.Querier, address string) (int64, bool, error) {
	return s.PersonOf(q, address)
}

func (staff) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamAlone(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

type policies struct{ *policy.Service }

func (p policies) Active(q db.Querier) (change.Judge, int64, error) {
	c, id, err := p.Service.Active(q)
	return c, id, err
}

func (p policies) Shadow(q db.Querier) (change.Judge, int64, error) {
	c, id, err := p.Service.Shadow(q)
	if c == nil || err != nil {
		return nil, id, err
	}
	return c, id, nil
}

// meter measures a service that fares as before: each minute a little other.
type meter struct{ b *bench }

func (m meter) Range(_ context.Context, query string, from, to time.Time, step time.Duration) (out []verify.Point, err error) {
	for at := from; at.Before(to); at = at.Add(step) {
		n := float64(at.Unix() / 60)
		wave := math.Sin(n*1.7) + 0.6*math.Sin(n*0.61+1) + 0.4*math.Cos(n*3.1)
		v := 0.026 + 0.004*wave
		if strings.Contains(query, "latency") {
			v = 412 + 9*wave
		}
		out = append(out, verify.Point{At: at, Value: v})
	}
	return out, nil
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// pass lets time go by; due work runs each minute of it, as it does in the program.
func (b *bench) pass(d time.Duration) {
	b.Helper()
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.mu.Unlock()
	b.due()
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: names[b.who.Person-1], Handle: strings.ToLower(strings.Fields(names[b.who.Person-1])[0]), Theme: b.theme, Zone: "Europe/Berlin"}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func person(id int64) actor.Actor {
	role := actor.Responder
	if id == mara {
		role = actor.Admin
	}
	if id == omar {
		role = actor.Requester
	}
	return actor.Actor{Kind: actor.User, ID: id, Person: id, Role: role, Name: names[id-1]}
}

func by(id int64) context.Context { return actor.With(context.Background(), person(id)) }

func pipeline() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.Integration, ID: 3, Role: actor.Machine})
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, now: time.Date(2026, 11, 18, 12, 30, 0, 0, time.UTC), theme: web.Light, who: person(mara)} // a Wednesday
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: b.clock, Volatile: true, Log: slog.New(slog.DiscardHandler)})
	b.must(err)
	t.Cleanup(func() { d.Close() })
	crew, _, err := auth.New(d, auth.Config{})
	b.must(err)
	admin := actor.With(context.Background(), actor.Job("test"))
	for i, name := range names {
		handle := strings.ToLower(strings.Fields(name)[0])
		_, _, err := crew.CreatePerson(admin, auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: person(int64(i + 1)).Role, Profile: auth.Profile{Display: name}})
		b.must(err)
	}
	_, err = crew.CreateTeam(admin, "shop", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "mara", Role: auth.Lead}, {Person: "jonas"}}})
	b.must(err)
	services := catalog.New(d, staff{})
	for name, tier := range map[string]int{"checkout": 0, "storefront": 1, "search": 2} {
		_, err := services.Create(admin, name, catalog.Edit{Team: "shop", Tier: tier})
		b.must(err)
	}
	b.Service = change.New(d, services)
	rules, windows, weights := policy.New(d), window.New(d, services, staff{}, nil), risk.New(d)
	b.People, b.Policies, b.Windows, b.Weights = staff{}, policies{rules}, windows, weights
	rules.Bump, windows.Changed, weights.Bump, rules.Settings, weights.Levels = change.Bump, change.Bump, change.Bump, b.PolicySettings, b.RiskLevels
	watch := verify.New(d, b.Service)
	watch.Metrics = meter{b}
	b.Verifier = watch
	b.On(watch.OnChange)
	b.due = func() {
		for range 10 {
			n, err := b.Due().Run(context.Background(), d)
			b.must(err)
			m, err := watch.Due().Run(context.Background(), d)
			b.must(err)
			if n+m == 0 {
				return
			}
		}
	}
	_, err = b.Configure(by(mara), 0, change.Settings{Thresholds: change.Levels{Medium: 10, High: 70}, Board: change.Authority{People: []string{"mara", "lena"}},
		Metrics: []change.Metric{{Name: "Error ratio", Query: `sum(rate(errors{service="{service}"}[1m]))`}, {Name: "p95 latency (ms)", Query: `latency{service="{service}"}`}}})
	b.must(err)
	mux := http.NewServeMux()
	shell := &web.Shell{Org: "Harbour & Co", Now: b.clock, Profiles: b, Nav: []web.NavItem{{ID: "changes", Title: "Changes", Path: "/changes", Icon: "git-pull-request", Group: 1, Tab: true}}}
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), b.who)))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	mux.HandleFunc("GET /assets/", web.Assets)
	b.pages = &changeweb.Pages{Shell: shell, Changes: b.Service, Verify: watch, Windows: windows,
		Tabs:     []web.Tab{{Title: "List", Path: "/changes"}, {Title: "Waits for you", Path: "/changes/waiting"}},
		Services: func(context.Context) ([]string, error) { return []string{"checkout", "search", "storefront"}, nil },
		Near: func(_ context.Context, list []string) ([]changeweb.Near, error) {
			if list[0] != "checkout" {
				return nil, nil
			}
			return []changeweb.Near{{Service: "checkout", Tier: 0, Health: "ok"}, {Service: "storefront", Steps: 1, Tier: 1, Health: "degraded", Note: "P3 open"}, {Service: "email", Steps: 2, Tier: 3}}, nil
		},
		Usual: func(context.Context, string) (time.Duration, int, error) { return 70 * time.Minute, 38, nil },
		Packet: func(context.Context, int64) (changeweb.Packet, error) {
			return changeweb.Packet{File: []byte(`{"payloadType":"test"}`), Page: []byte("<!doctype html><title>packet</title>"), Name: "CHG-1.packet.json"}, nil
		},
		PacketCSP: "default-src 'none'",
		Evidence: func(context.Context, int64) (changeweb.Evidence, error) {
			return changeweb.Evidence{Index: 48211, Checkpoint: 1907, Signed: b.clock(), Sound: true, Checked: b.clock(), Path: "/evidence"}, nil
		},
	}
	b.pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

func sha(n int) string { return fmt.Sprintf("ef3b39%034x", n) }

func (b *bench) ask(n int, edit ...func(a *change.Ask)) change.Change {
	b.Helper()
	a := change.Ask{Services: []string{"checkout"}, Commit: sha(n), Repository: "harbour/checkout", Author: "jonas", Title: "checkout 5.14.0: new tax rules", Artefact: "5.14.0", Previous: "5.13.2",
		PullRequest: "https://git.harbour.example/harbour/checkout/pull/2291", Link: "https://ci.harbour.example/4711", RollbackRef: "webhook:https://deploy.harbour.example/back"}
	for _, f := range edit {
		f(&a)
	}
	out, err := b.Ask(pipeline(), a)
	b.must(err)
	return out.Change
}

// story is a day: one change verifying, one that waits, one held, an emergency
// to be reviewed, one planned, one that went wrong, and one that came past the gate.
func (b *bench) story() {
	b.Helper()
	do := func(_ change.Change, err error) { b.Helper(); b.must(err) }
	c := b.ask(1)
	if c.State != change.Awaiting {
		b.Fatalf("%s is %s", c.Key(), c.State)
	}
	b.ask(2, func(a *change.Ask) {
		a.Services, a.Title, a.Author, a.Kind, a.RollbackRef = []string{"search"}, "Reindex with the new analyser", "priya", change.Schema, ""
	})
	emergency := b.ask(3, func(a *change.Ask) {
		a.Services, a.Title, a.Type, a.Author = []string{"storefront"}, "Stop the banner that breaks the basket", change.Emergency, "tom"
	})
	b.pass(2*time.Hour + 35*time.Minute)
	_, err := b.Approve(by(priya), c.ID, c.Commit, "Tax table matches the finance sheet.")
	if err != nil { // the owner is asked for, too
		b.Fatal(err)
	}
	if got, _ := b.Get(by(mara), c.ID); got.State == change.Awaiting {
		do(b.Approve(by(mara), c.ID, c.Commit, ""))
	}
	do(b.Start(pipeline(), emergency.ID)) // it could not wait
	b.pass(3 * time.Minute)
	do(b.Deployed(pipeline(), emergency.ID))
	do(b.Finish(pipeline(), emergency.ID, change.Outcome{State: change.Succeeded}))
	do(b.Start(pipeline(), c.ID))
	b.pass(10 * time.Minute)
	do(b.Deployed(pipeline(), c.ID))
	for range 18 {
		b.pass(time.Minute)
	}
	bad, err := b.Open(by(tom), change.Change{Title: "Bigger pool for the database", Kind: change.Config, Services: []string{"search"}})
	b.must(err)
	do(b.Start(by(tom), bad.ID))
	do(b.Deployed(by(tom), bad.ID))
	do(b.Finish(by(tom), bad.ID, change.Outcome{State: change.Failed, Reason: "Searches took seconds"}))
	_, err = b.PutModel(by(mara), "certificate-renewal", 0, change.ModelSpec{Title: "Renew a certificate", Description: "The yearly one of the acquirer", Services: []string{"checkout"}, Kinds: []change.Kind{change.Config}, Conditions: change.Conditions{MaxFiles: 5}})
	b.must(err)
	_, err = b.Delegate(by(lena), change.Delegation{Delegate: mara, Until: b.clock().Add(96 * time.Hour), Reason: "Parental leave"})
	b.must(err)
}

func (b *bench) get(path string) (int, string) {
	b.Helper()
	res, err := http.Get(b.url + path)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, string(body)
}

// post sends a form and returns the status, where it leads, and the page.
func (b *bench) post(path string, form ...string) (int, string, string) {
	b.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		v.Add(form[i], form[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(b.url+path, v)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, res.Header.Get("Location"), string(body)
}
