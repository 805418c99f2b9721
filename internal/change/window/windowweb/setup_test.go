package windowweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/change/window/windowweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// bench is Harbour & Co's change calendar on a server, on a Wednesday.
type bench struct {
	*testing.T
	*window.Service
	db    *db.DB
	url   string
	theme web.Theme
	role  actor.Role
	now   time.Time
	last  int64
	moved string // what was asked to move
	marks []window.Mark
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: b.theme, Zone: "Europe/Berlin"}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

// TeamExists is of the teams' practice.
func (b *bench) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%v %+v", err, errs.As(err).Fields)
	}
}

func at(s string) time.Time {
	zone, _ := time.LoadLocation("Europe/Berlin")
	t, err := time.ParseInLocation("2006-01-02T15:04", "2026-10-"+s, zone)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

var services = map[string]catalog.Edit{"storefront": {Team: "shop", Tier: 1}, "checkout": {Team: "shop", Tier: 0}, "payments": {Team: "payments", Tier: 0}, "orders-queue": {Team: "shop", Tier: 1},
	"search": {Team: "shop", Tier: 1}, "catalog-api": {Team: "shop", Tier: 1}, "email": {Team: "shop", Tier: 2}, "warehouse-sync": {Team: "shop", Tier: 2}}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, now: at("14T13:58"), theme: web.Light, role: actor.Admin}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: func() time.Time { return b.now }, Volatile: true, Log: slog.New(slog.DiscardHandler)})
	b.must(err)
	t.Cleanup(func() { d.Close() })
	b.db = d
	people, _, err := auth.New(d, auth.Config{})
	b.must(err)
	ctx := b.ctx()
	for _, team := range []string{"payments", "shop"} {
		_, err := people.CreateTeam(ctx, team, auth.TeamEdit{})
		b.must(err)
	}
	c := catalog.New(d, b)
	for name, e := range services {
		_, err := c.Create(ctx, name, e)
		b.must(err)
	}
	b.Service = window.New(d, c, b, calendar.New(d))
	b.Around = func(_ db.Querier, list []string) (needs, hit []string, err error) {
		if len(list) == 1 && list[0] == "checkout" {
			return []string{"payments"}, nil, nil
		}
		return nil, nil, nil
	}
	b.Incidents = func(context.Context, time.Time, time.Time, int) ([]window.Mark, bool, error) {
		return b.marks, false, nil
	}
	mux := http.NewServeMux()
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), b.who())))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	shell := &web.Shell{Org: "Harbour & Co", Now: func() time.Time { return b.now }, Profiles: b, Nav: []web.NavItem{{ID: "changes", Title: "Changes", Path: "/changes", Icon: "git-pull-request", Group: 1, Tab: true}}}
	mux.HandleFunc("GET /assets/", web.Assets)
	pages := &windowweb.Pages{Shell: shell, Windows: b.Service, URL: "https://keel.example.com",
		Tabs: []web.Tab{{Title: "List", Path: "/changes"}, {Title: "Calendar", Path: "/changes/calendar"}, {Title: "Measures", Path: "/changes/measures"}, {Title: "Approval ledger", Path: "/changes/ledger"}},
		Teams: func(context.Context) ([]web.Option, error) {
			return []web.Option{{Value: "payments", Title: "Payments"}, {Value: "shop", Title: "Shop"}}, nil
		},
		Move: func(_ context.Context, id int64, from, to time.Time) error {
			b.moved = fmt.Sprint(id, " ", from.Format(time.RFC3339), " ", to.Format(time.RFC3339))
			return nil
		}}
	pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

func (b *bench) who() actor.Actor {
	return actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: b.role, Name: "Mara Lindt"}
}
func (b *bench) ctx() context.Context { return actor.With(context.Background(), b.who()) }

func (b *bench) window(name string, s window.Spec) {
	b.Helper()
	_, err := b.Create(b.ctx(), name, s)
	b.must(err)
}

// seed is the week of the mock-up: a collision today, a freeze at its end, a
// failed change with the incident that it caused.
func (b *bench) seed() {
	b.Helper()
	for _, c := range []struct{ service, title, typ, state, from, to string }{
		{"storefront", "banner", "standard", "succeeded", "12T10:00", "12T10:20"}, {"storefront", "cart 25 %", "normal", "succeeded", "13T09:00", "13T13:00"}, {"storefront", "fonts", "standard", "succeeded", "13T15:00", "13T15:10"},
		{"storefront", "cart 100 %", "normal", "scheduled", "15T10:00", "15T14:00"}, {"storefront", "copy", "standard", "scheduled", "16T09:30", "16T10:00"},
		{"checkout", "copy", "standard", "succeeded", "12T15:00", "12T15:10"}, {"checkout", "tax rules for gift cards that were bought abroad", "normal", "in progress", "14T13:30", "14T14:30"}, {"checkout", "gift cards", "normal", "scheduled", "15T08:00", "15T10:00"}, {"checkout", "log level", "standard", "scheduled", "15T15:00", "15T15:10"},
		{"payments", "3-DS retry", "normal", "failed", "13T10:00", "13T10:40"}, {"payments", "revert 313", "emergency", "succeeded", "13T13:00", "13T13:10"}, {"payments", "cert renewal", "standard", "scheduled", "14T14:00", "14T14:30"},
		{"orders-queue", "queue limit", "emergency", "succeeded", "12T12:10", "12T12:30"}, {"orders-queue", "broker 4.1", "normal", "scheduled", "15T08:00", "15T11:00"},
		{"search", "synonyms", "standard", "succeeded", "13T11:00", "13T11:10"}, {"search", "reindex", "normal", "scheduled", "15T13:00", "15T18:00"},
		{"catalog-api", "flags", "standard", "succeeded", "14T10:00", "14T10:10"}, {"catalog-api", "price cache", "normal", "scheduled", "16T10:00", "16T13:00"},
		{"email", "templates", "standard", "succeeded", "13T15:00", "13T15:05"}, {"email", "DKIM key", "standard", "scheduled", "15T11:00", "15T11:10"},
		{"warehouse-sync", "index", "normal", "succeeded", "14T00:30", "14T03:00"}, {"warehouse-sync", "schema", "normal", "scheduled", "17T22:00", "18T01:30"},
		{"payments", "new ledger export", "normal", "scheduled", "17T11:00", "17T12:00"},
	} {
		b.put(c.service, c.title, c.typ, c.state, at(c.from), at(c.to))
	}
	b.window("payday-weekend", window.Spec{Title: "Payday weekend", Reason: "Most orders of the month are paid now.", Kind: window.Freeze, Scope: window.Scope{Services: []string{"checkout", "payments"}}, Allows: []string{"emergency"}, Zone: "Europe/Berlin", Start: "2026-10-16T18:00", End: "2026-10-19T06:00"})
	b.window("warehouse-night", window.Spec{Title: "Maintenance", Kind: window.Maintenance, Scope: window.Scope{Services: []string{"warehouse-sync"}}, Zone: "Europe/Berlin", Start: "2026-10-13T22:00", Duration: "PT6H", Repeat: "FREQ=WEEKLY;BYDAY=TU,SA"})
	b.window("app-train", window.Spec{Title: "App release", Kind: window.Train, Scope: window.Scope{Services: []string{"storefront"}}, Zone: "Europe/Berlin", Start: "2026-10-01T10:00", Duration: "PT1H", Repeat: "FREQ=WEEKLY;BYDAY=TH"})
	b.marks = []window.Mark{{Key: "INC-143", Path: "/incidents/INC-143", Title: "Card payments fail", Priority: 2, Services: []string{"payments"}, Span: window.Span{From: at("13T11:00"), To: at("13T13:20")}},
		{Key: "INC-142", Path: "/incidents/INC-142", Title: "Orders wait", Services: []string{"orders-queue"}, Span: window.Span{From: at("12T11:20"), To: at("12T12:20")}},
		{Key: "INC-145", Path: "/incidents/INC-145", Title: "Stock is late", Priority: 3, Services: []string{"warehouse-sync"}, Span: window.Span{From: at("14T12:50")}}}
}

// put stores a change as its practice would have.
func (b *bench) put(service, title, typ, state string, from, to time.Time) {
	b.Helper()
	if b.last == 0 {
		b.last = 308
	}
	b.last++
	list, _ := json.Marshal([]string{service})
	known := map[string]any{"id": b.last, "title": title, "state": state, "is_open": state == "scheduled" || state == "in progress", "service": service, "services": string(list), "team": services[service].Team, "environment": "production",
		"outcome": "needs_review", "risk_level": "medium", "type": typ, "kind": "deploy", "planned_from": db.Micros(from), "planned_to": db.Micros(to)}
	if state != "scheduled" {
		known["started_at"] = db.Micros(from)
		if state != "in progress" {
			known["ended_at"] = db.Micros(to)
		}
	}
	var cols []string
	var args []any
	for name, empty := range columns(b.T) {
		v, ok := known[name]
		if !ok {
			v = empty
		}
		cols, args = append(cols, name), append(args, v)
	}
	b.must(b.db.Write(b.ctx(), actor.Job("test"), "a change", func(tx *db.Tx) error {
		tx.Unrecorded("stored by the test")
		if _, err := tx.Exec("INSERT INTO change ("+strings.Join(cols, ", ")+") VALUES "+db.Values(1, len(cols)), args...); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO change_service (service, change_id, is_open, from_at) VALUES ($1, $2, $3, $4)", service, b.last, known["is_open"], db.Micros(from))
		return err
	}))
}

var column = regexp.MustCompile(`(?m)^\s+(\w+)\s+(BIGINT|SMALLINT|INTEGER|TEXT|BOOLEAN|BYTEA)\b`)

// columns are those of table change, each with a value that says nothing.
func columns(t *testing.T) map[string]any {
	t.Helper()
	file, err := os.ReadFile("../../../db/migrations/0018_change.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(file), "CREATE TABLE change (")
	table, _, _ = strings.Cut(table, ");")
	out := map[string]any{}
	for _, m := range column.FindAllStringSubmatch(table, -1) {
		out[m[1]] = map[string]any{"TEXT": "", "BOOLEAN": false, "BYTEA": []byte{1}, "BIGINT": int64(0), "SMALLINT": int64(0), "INTEGER": int64(0)}[m[2]]
	}
	return out
}

func (b *bench) answer(res *http.Response, err error) (int, string) {
	b.Helper()
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, string(body)
}

func (b *bench) get(path string) (int, string) {
	b.Helper()
	return b.answer(http.Get(b.url + path))
}

var still = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *bench) post(path string, pairs ...string) (int, string) {
	b.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return b.answer(still.PostForm(b.url+path, v))
}
