package oncallweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/connect/ical"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/oncall/oncallweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// bench is Harbour & Co's on-call pages on a server, as one person sees them.
type bench struct {
	*testing.T
	*oncall.Service
	code  *ascode.Service
	url   string
	ids   map[string]int64
	names map[string]string

	mu     sync.Mutex
	now    time.Time
	viewer string
	role   actor.Role
	theme  web.Theme
	zone   string
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func (b *bench) clock() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }
func (b *bench) set(s string)     { b.mu.Lock(); defer b.mu.Unlock(); b.now = at(s) }

// look makes somebody else look.
func (b *bench) look(name string, role actor.Role) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.viewer, b.role = name, role
}

func (b *bench) as(name string, role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: b.ids[name], Person: b.ids[name], Role: role, Name: b.names[name]})
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// Profile and SavePreferences make the bench a web.Profiles.
func (b *bench) Profile(context.Context) (web.Profile, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return web.Profile{Name: b.names[b.viewer], Handle: b.viewer, Theme: b.theme, Zone: b.zone}, nil
}

func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, ids: map[string]int64{}, now: at("2026-11-18 12:58"), viewer: "mara", role: actor.Manager, theme: web.Light, zone: "Europe/Berlin",
		names: map[string]string{"mara": "Mara Lindt", "jonas": "Jonas Weber", "priya": "Priya Nair", "tom": "Tom Olsen", "lena": "Lena Vogt", "omar": "Omar Haddad"}}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: b.clock, Volatile: true, Log: slog.New(slog.DiscardHandler)})
	b.must(err)
	t.Cleanup(func() { d.Close() })
	people, _, err := auth.New(d, auth.Config{})
	b.must(err)
	ctx := actor.With(context.Background(), actor.Job("test"))
	for _, name := range []string{"mara", "jonas", "priya", "tom", "lena", "omar"} {
		p, _, err := people.CreatePerson(ctx, auth.PersonEdit{Handle: name, Role: actor.Responder, Profile: auth.Profile{Display: b.names[name]}})
		b.must(err)
		b.ids[name] = p.ID
	}
	b.Service = oncall.New(d)
	b.code = ascode.New(d, oncall.AsCode(b.Service))
	mux := http.NewServeMux()
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		who := actor.Actor{Kind: actor.User, ID: b.ids[b.viewer], Person: b.ids[b.viewer], Role: b.role, Name: b.names[b.viewer]}
		b.mu.Unlock()
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	shell := &web.Shell{Org: "Harbour & Co", Now: b.clock, Profiles: b, Nav: []web.NavItem{{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true}, {ID: "oncall", Title: "On call", Path: "/oncall", Icon: "phone-call", Group: 1, Tab: true}}}
	mux.HandleFunc("GET /assets/", web.Assets)
	(&ical.Door{Feeds: b.Feeds(), Base: b.url, Now: b.clock}).Routes(mux)
	pages := &oncallweb.Pages{Shell: shell, Oncall: b.Service, URL: b.url,
		People: func(context.Context) (out []oncall.Who, err error) {
			for name, id := range b.ids {
				out = append(out, oncall.Who{ID: id, Handle: name, Display: b.names[name]})
			}
			return out, nil
		},
		Teams: func(context.Context) ([]web.Option, error) {
			return []web.Option{{Value: "payments", Title: "Payments"}, {Value: "shop", Title: "Shop"}}, nil
		},
		Read: func(file []byte, zone *time.Location, from, to time.Time) (out []oncallweb.Event, left []string, err error) {
			events, notes, err := ical.Read(file, zone, from, to)
			for _, e := range events {
				out = append(out, oncallweb.Event{From: e.From, To: e.To, Summary: e.Summary, People: e.People})
			}
			for _, n := range notes {
				left = append(left, n.Text)
			}
			return out, left, err
		}}
	pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

// seed fills in what Harbour & Co has.
func (b *bench) seed() {
	b.Helper()
	ctx := b.as("mara", actor.Manager)
	make := func(name string, spec oncall.Spec) {
		b.Helper()
		spec.Zone = "Europe/Berlin"
		_, err := b.Create(ctx, name, spec)
		b.must(err)
	}
	make("payments-primary", oncall.Spec{Title: "Payments, primary", Description: "Cards, refunds and the ledger, at any hour", Team: "payments", Layers: []oncall.LayerSpec{
		{Name: "weeks", Start: "2026-01-05T09:00", Every: "P1W", Shifts: [][]string{{"jonas"}, {"mara"}, {"priya"}}},
		{Name: "nights", Start: "2026-01-05T20:00", Every: "P1D", Shifts: [][]string{{"tom"}, {"lena"}}, Only: []oncall.WindowSpec{{Days: []string{"mon", "tue", "wed", "thu"}, From: "20:00", To: "08:00"}}},
	}})
	make("shop-primary", oncall.Spec{Title: "Shop, primary", Team: "shop", Layers: []oncall.LayerSpec{{Name: "weeks", Start: "2026-01-05T09:00", Every: "P1W", Shifts: [][]string{{"priya", "tom"}, {"lena", "omar"}}}}})
	make("second-line", oncall.Spec{Title: "Second line", Layers: []oncall.LayerSpec{{Name: "half days", Start: "2026-01-05T08:00", Every: "PT12H", Shifts: [][]string{{"tom"}, {"lena"}, {"mara"}, {"omar"}, {"jonas"}}}}})
	make("search-hours", oncall.Spec{Title: "Search, office hours", Team: "discovery", Layers: []oncall.LayerSpec{{Start: "2026-01-05T09:00", Every: "P1W", Shifts: [][]string{{"lena"}}, Only: []oncall.WindowSpec{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}}}}})
	_, err := b.Cover(ctx, "payments-primary", oncall.NewCover{Person: "omar", Instead: "jonas", From: at("2026-11-19 12:00"), To: at("2026-11-20 09:00"), Reason: "dentist"})
	b.must(err)
	_, err = b.Absence(b.as("lena", actor.Responder), oncall.NewAbsence{From: at("2026-11-20 07:00"), To: at("2026-11-29 07:00"), Reason: "holiday"})
	b.must(err)
	_, err = b.OfferSwap(b.as("jonas", actor.Responder), "payments-primary", oncall.NewOffer{To: "mara", From: at("2026-12-07 08:00"), Until: at("2026-12-09 08:00"), ReturnFrom: at("2026-12-14 08:00"), ReturnTo: at("2026-12-16 08:00"), Note: "wedding"})
	b.must(err)
	_, err = b.OfferSwap(ctx, "second-line", oncall.NewOffer{From: at("2026-11-21 07:00"), Until: at("2026-11-23 19:00")})
	b.must(err)
}

// send returns the status, and where it leads or the page.
func (b *bench) send(method, path string, form url.Values) (int, string) {
	b.Helper()
	req, err := http.NewRequest(method, b.url+path, strings.NewReader(form.Encode()))
	b.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	if res.StatusCode == http.StatusSeeOther {
		return res.StatusCode, res.Header.Get("Location")
	}
	return res.StatusCode, string(body)
}

// step sends and checks what comes back; "!" before words: they are not there.
func (b *bench) step(method, path string, form url.Values, status int, says ...string) string {
	b.Helper()
	code, text := b.send(method, path, form)
	if code != status {
		_, text, _ = strings.Cut(text, "<main")
		b.Fatalf("%s %s: %d, want %d\n%.3000s", method, path, code, status, text)
	}
	for _, s := range says {
		if not := strings.HasPrefix(s, "!"); strings.Contains(text, strings.TrimPrefix(s, "!")) == not {
			b.Errorf("%s %s: want %q", method, path, s)
		}
	}
	return text
}
