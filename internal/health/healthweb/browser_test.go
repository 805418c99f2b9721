package healthweb_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/health/healthweb"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// bench is Harbour & Co's pages of on-call health on a server.
type bench struct {
	*testing.T
	db    *db.DB
	cals  *calendar.Service
	url   string
	theme web.Theme
	now   time.Time
	ids   map[string]int64
	teams []web.Option

	incidents []health.Incident
	spells    []health.Spell
}

var names = map[string]string{"mara": "Mara Lindt", "jonas": "Jonas Weber", "tom": "Tom Olsen", "lena": "Lena Vogt"}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: names["mara"], Handle: "mara", Theme: b.theme, Zone: "Europe/Berlin"}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

// World, as data.
func (b *bench) Incidents(_ db.Querier, _ actor.Actor, team string, from, to time.Time) (out []health.Incident, err error) {
	for _, i := range b.incidents {
		if i.Team == team && !i.Triggered.Before(from) && i.Triggered.Before(to) {
			out = append(out, i)
		}
	}
	return out, nil
}
func (b *bench) IncidentsBy(_ db.Querier, _ actor.Actor, ids []int64) ([]health.Incident, error) {
	return slices.DeleteFunc(slices.Clone(b.incidents), func(i health.Incident) bool { return !slices.Contains(ids, i.ID) }), nil
}
func (b *bench) Spells(_ db.Querier, ids []int64) ([]health.Spell, error) {
	return slices.DeleteFunc(slices.Clone(b.spells), func(s health.Spell) bool { return !slices.Contains(ids, s.Incident) }), nil
}
func (b *bench) Duties(_ db.Querier, team string, from, to time.Time) ([]health.Duty, time.Time, error) {
	if len(b.incidents) == 0 {
		return nil, to, nil
	}
	return []health.Duty{{People: []int64{b.ids["mara"]}, From: from, Until: from.AddDate(0, 0, 20)}, {People: []int64{b.ids["jonas"]}, From: from.AddDate(0, 0, 20), Until: to}}, from, nil
}
func (b *bench) Hours(q db.Querier, team string) (health.Hours, error) {
	return b.cals.ByName(q, calendar.Business)
}
func (b *bench) Teams(db.Querier) ([]string, error) { return nil, nil }

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func setup(t *testing.T, teams ...string) *bench {
	t.Helper()
	b := &bench{T: t, ids: map[string]int64{}, now: time.Date(2026, 9, 9, 8, 0, 0, 0, time.UTC), theme: web.Light}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: func() time.Time { return b.now }, Volatile: true, Log: slog.New(slog.DiscardHandler)})
	b.must(err)
	t.Cleanup(func() { d.Close() })
	b.db, b.cals = d, calendar.New(d)
	people, _, err := auth.New(d, auth.Config{})
	b.must(err)
	ctx := actor.With(context.Background(), actor.Job("test"))
	var members []auth.MemberEdit
	for _, h := range []string{"mara", "jonas", "tom", "lena"} {
		p, _, err := people.CreatePerson(ctx, auth.PersonEdit{Handle: h, Role: actor.Responder, Profile: auth.Profile{Display: names[h], Zone: "Europe/Berlin"}})
		b.must(err)
		b.ids[h] = p.ID
		members = append(members, auth.MemberEdit{Person: h})
	}
	for _, team := range teams {
		_, err := people.CreateTeam(ctx, team, auth.TeamEdit{Title: strings.ToTitle(team[:1]) + team[1:], Members: members})
		b.must(err)
		b.teams = append(b.teams, web.Option{Value: team, Title: team})
	}
	b.now = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	mux := http.NewServeMux()
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: b.ids["mara"], Role: actor.Manager, Name: names["mara"]})))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	shell := &web.Shell{Org: "Harbour & Co", Now: func() time.Time { return b.now }, Profiles: b, Nav: []web.NavItem{{ID: "oncall", Title: "On call", Path: "/oncall", Icon: "phone-call", Group: 1, Tab: true}}}
	mux.HandleFunc("GET /assets/", web.Assets)
	pages := &healthweb.Pages{Shell: shell, Health: health.New(d, b), Tabs: []web.Tab{{Title: "Now", Path: "/oncall"}, {Title: "Health", Path: "/oncall/health"}},
		Teams: func(context.Context) ([]web.Option, error) { return slices.Clone(b.teams), nil },
		Mine:  func(context.Context) (string, error) { return "", nil }}
	pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

// seed is ten weeks: a disk that wakes people for nothing, a checkout that
// needs them, and one bad night.
func (b *bench) seed() {
	b.Helper()
	id := int64(0)
	page := func(when time.Time, handle, summary string, ack time.Duration) {
		id++
		i := health.Incident{ID: id, Team: "payments", Title: summary, Priority: "P1", State: "closed", Triggered: when, Acknowledge: ack, Over: true}
		if ack >= 0 {
			i.Acknowledged, i.By, i.Acted = when.Add(ack), b.ids[handle], true
		}
		b.incidents = append(b.incidents, i)
		b.spells = append(b.spells, health.Spell{Incident: id, Rule: "by-service", Service: "checkout", Summary: summary, Firings: 1, From: when, Until: when.Add(6 * time.Minute)})
		b.must(b.db.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
			tx.Unrecorded("test")
			_, err := tx.Exec(`INSERT INTO notify_message (id, key, dest, via, record, reason, person, urgent, restricted, title, body, facts, salt, state, queued_at, promised_at, due_at, expires_at, ended_at, priority)
VALUES ($1, $2, $3, 'email', $4, 'paged', $5, TRUE, FALSE, '', '', '[]', $6, 'sent', $7, $7, $7, $7, $7, 'P1')`,
				id, fmt.Sprint("k", id), fmt.Sprint("person:", b.ids[handle]), ref.N(ref.Incident, id).String(), b.ids[handle], []byte("s"), db.Micros(when.Add(2*time.Second)))
			return err
		}))
	}
	start := time.Date(2026, 9, 12, 9, 0, 0, 0, time.UTC)
	for n := range 22 {
		page(start.AddDate(0, 0, 3*n).Add(time.Duration(n*5)*time.Hour), []string{"mara", "jonas", "mara", "tom"}[n%4], "Disk is nearly full", -1)
		if n%3 == 0 {
			page(start.AddDate(0, 0, 3*n+1), "jonas", "Checkout success below 90 %", time.Duration(2+n)*time.Minute)
		}
	}
	night := time.Date(2026, 10, 22, 23, 0, 0, 0, time.UTC)
	for n := range 4 {
		page(night.Add(time.Duration(n)*time.Hour), "mara", "Card authorisation p95 above 4 s", 4*time.Minute)
	}
}

// TestPagesInBrowser looks at every page in both windows and, for the main
// one, both themes.
func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	none, quiet, b := setup(t), setup(t, "payments"), setup(t, "payments", "search")
	b.seed()
	both, small := webtest.Sizes, []webtest.Size{webtest.Phone}
	for _, page := range []struct {
		name, path string
		sizes      []webtest.Size
		dark       bool
		b          *bench
	}{
		{"health", "", both, true, b}, {"month", "?team=payments&period=2026-10", both[:1], false, b}, {"part", "?team=payments&period=26w", small, false, b},
		{"unknown", "?team=payments&period=2026-07", both, false, b}, {"fault", "?team=payments&period=lately", both[:1], false, b},
		{"quiet", "?team=payments", both, false, quiet}, {"no-team", "", small, false, none},
		{"pages", "/pages?team=payments&only=own+sleep", both, false, b}, {"pages-none", "/pages?team=search", small, false, b},
		{"incidents", "/incidents?team=payments&person=jonas", both, false, b}, {"report", "/report?team=payments&period=2026-10", both, false, b},
	} {
		for _, size := range page.sizes {
			t.Run(page.name+" "+size.Name, func(t *testing.T) {
				webtest.Look(t, browser, page.b.url+"/oncall/health"+page.path, page.name, size, blur)
			})
		}
		if page.dark {
			t.Run(page.name+" dark", func(t *testing.T) {
				page.b.theme = web.Dark
				defer func() { page.b.theme = web.Light }()
				webtest.Look(t, browser, page.b.url+"/oncall/health"+page.path, page.name+"-dark", webtest.Desktop, blur)
				webtest.Look(t, browser, page.b.url+"/oncall/health"+page.path, page.name+"-dark", webtest.Phone, blur)
			})
		}
	}
}

var blur = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := chromedp.Evaluate[any]("document.activeElement.blur()")(ctx, t)
	return err
})

// TestWhatThePageSays: figures, their links, and what is unknown.
func TestWhatThePageSays(t *testing.T) {
	b := setup(t, "payments")
	b.seed()
	get := func(path string) (int, string) {
		res, err := http.Get(b.url + "/oncall/health" + path)
		b.must(err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		b.must(err)
		return res.StatusCode, string(body)
	}
	status, body := get("?team=payments")
	for _, want := range []string{"/oncall/health/pages?team=payments&amp;period=13w&amp;only=own&#43;sleep", "Delete it: nobody acted upon it", "Group it:", "unknown", "person=mara", "https://sre.google/sre-book/being-on-call/", "Only part of this time is known"} {
		if !strings.Contains(body, want) {
			t.Errorf("%d: the page lacks %q", status, want)
		}
	}
	if strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
		t.Error("inline style or script")
	}
	for path, want := range map[string]int{"?team=nobody": 404, "?team=payments&period=x": 422, "/pages?team=payments&person=nobody": 422, "/incidents?team=payments&cursor=x": 422, "/report?team=payments&period=2027-01": 422} {
		if got, _ := get(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
