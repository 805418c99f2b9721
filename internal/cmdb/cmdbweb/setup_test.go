package cmdbweb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/web"
)

// world is items and relations in a practice of their own, as sources tell it.
type world struct {
	testing.TB
	*cmdb.Service
	db        *db.DB
	ids       map[string]int64
	relations int
	sick      map[string]string
	alerting  []int64
	clock     time.Time
}

// past is when things begin, this is when the tests look.
var (
	past = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	now  = time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
)

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, ids: map[string]int64{}, sick: map[string]string{}, clock: past}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(t.TempDir(), "test.db"), Now: func() time.Time { return w.clock }, Volatile: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w.db, w.Service = d, cmdb.New(d, cmdb.Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		if err := errors.Join(w.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	})
	w.settle()
	return w
}

// settle waits until the graph knows what was written.
func (w *world) settle() *world {
	w.Helper()
	end := time.After(30 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); ; {
		if s := w.Graph().Stats(); w.Ready() && s.Items == len(w.ids) && s.Relations == w.relations {
			tick.Stop()
			return w
		}
		select {
		case <-end:
			w.Fatalf("the graph has %+v, and not %d items, %d relations", w.Graph().Stats(), len(w.ids), w.relations)
		case <-tick.C:
		}
	}
}

func (w *world) observe(records []cmdb.Record) {
	w.Helper()
	ctx := actor.With(context.Background(), actor.Job("test"))
	for chunk := range slices.Chunk(records, 500) {
		if err := w.db.Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
			_, err := w.Observe(tx, "catalog", "services", chunk)
			return err
		}); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) health(_ context.Context, items []cmdb.Item) (map[int64]string, error) {
	out, names := map[int64]string{}, map[int64]string{}
	for name, id := range w.ids {
		names[id] = name
	}
	for _, i := range items {
		i.Name = names[i.ID] // hidden ones come without
		if i.Kind == cmdb.KindService || w.sick[i.Name] != "" {
			out[i.ID] = "ok"
		}
		if s := w.sick[i.Name]; s != "" {
			out[i.ID] = s
		}
	}
	return out, nil
}

// item adds items of a kind. Their numbers follow their order.
func (w *world) item(kind, team string, names ...string) {
	w.Helper()
	var list []cmdb.Record
	for _, n := range names {
		w.ids[n] = int64(len(w.ids) + 1)
		x := &cmdb.Seen{Key: n, Kind: kind, Name: n, Team: team}
		if kind == cmdb.KindService {
			x.Attributes = map[string]json.RawMessage{"tier": json.RawMessage(fmt.Sprint(w.ids[n] % 4)), "promise": json.RawMessage(`"It works."`)}
			x.Identifiers = []cmdb.Identifier{{Scheme: cmdb.SchemeService, Value: n}}
		} else {
			x.Env = "production"
		}
		list = append(list, cmdb.Record{Item: x})
	}
	w.observe(list)
}

// rel adds relations from one item to others; group is "name/k".
func (w *world) rel(kind cmdb.RelationKind, strength cmdb.Strength, group string, from string, to ...string) {
	w.Helper()
	var list []cmdb.Record
	name, k, _ := strings.Cut(group, "/")
	for _, t := range to {
		r := &cmdb.SeenRelation{From: cmdb.ByKey(from), To: cmdb.ByKey(t), Kind: kind, Strength: strength, Group: name}
		if k != "" {
			r.Need = int(k[0] - '0')
		}
		list = append(list, cmdb.Record{Relation: r})
	}
	w.relations += len(list)
	w.observe(list)
}

// harbour is Harbour & Co's shop.
func harbour(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.item(cmdb.KindService, "web", "web shop", "mobile app", "storefront")
	w.item(cmdb.KindService, "checkout", "checkout", "orders")
	w.item(cmdb.KindService, "payments", "payments")
	w.item(cmdb.KindService, "catalogue", "catalog-api", "search")
	w.item(cmdb.KindService, "", "email", "warehouse-sync")
	w.item(cmdb.KindExternal, "", "card acquirer")
	w.item(cmdb.KindDatabase, "payments", "payments-db")
	w.item(cmdb.KindQueue, "checkout", "orders-queue")
	w.item(cmdb.KindCache, "checkout", "cache-a", "cache-b", "cache-c")
	w.item(cmdb.KindApplication, "checkout", "checkout-api", "checkout-worker", "checkout-web")
	w.item(cmdb.KindDeployment, "checkout", "checkout-api-blue", "checkout-api-green")
	w.item(cmdb.KindHost, "platform", "db-host-1")
	w.item(cmdb.KindApplication, "platform", "night-report")
	dep, run, part, calls := cmdb.DependsOn, cmdb.RunsOn, cmdb.PartOf, cmdb.Calls
	w.rel(calls, cmdb.Hard, "", "web shop", "storefront")
	w.rel(calls, cmdb.Hard, "", "mobile app", "storefront")
	w.rel(calls, cmdb.Hard, "", "storefront", "checkout", "catalog-api", "search")
	for _, a := range []string{"checkout-api", "checkout-worker", "checkout-web"} {
		w.rel(part, cmdb.Hard, "", a, "checkout")
	}
	w.rel(part, cmdb.Hard, "", "checkout-api-blue", "checkout-api")
	w.rel(part, cmdb.Hard, "", "checkout-api-green", "checkout-api")
	w.rel(calls, cmdb.Soft, "", "checkout-web", "checkout-api")
	w.rel(calls, cmdb.Hard, "", "checkout-api", "payments", "catalog-api")
	w.rel(dep, cmdb.Soft, "", "checkout-worker", "orders-queue")
	w.rel(dep, cmdb.Hard, "basket-cache/2", "checkout-api", "cache-a", "cache-b", "cache-c")
	w.rel(calls, cmdb.Hard, "", "payments", "card acquirer")
	w.rel(dep, cmdb.Hard, "", "payments", "payments-db")
	w.rel(dep, cmdb.Soft, "", "orders-queue", "email", "warehouse-sync")
	w.rel(dep, cmdb.Hard, "", "orders", "orders-queue")
	w.rel(run, cmdb.Hard, "", "payments-db", "db-host-1")
	w.clock = time.Date(2026, 11, 15, 9, 0, 0, 0, time.UTC)
	w.rel(dep, cmdb.Hard, "", "search", "catalog-api") // since this week
	w.clock = now
	w.sick["warehouse-sync"], w.sick["cache-c"], w.sick["cache-a"], w.sick["cache-b"] = "degraded", "down", "ok", "ok"
	return w.settle()
}

// large is a map of n services and up to so many relations.
func large(t testing.TB, n, edges int) *world {
	t.Helper()
	w := newWorld(t)
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("service-%04d", i)
	}
	w.item(cmdb.KindService, "web", names...)
	r := rand.New(rand.NewPCG(7, 7))
	layer := func(i int) int { return i * 12 / n }
	var list []cmdb.Record
	seen := map[[2]int]bool{}
	for range edges {
		a, b := r.IntN(n), r.IntN(n)
		if layer(a) > layer(b) {
			a, b = b, a
		}
		if layer(a) != layer(b) && !seen[[2]int{a, b}] {
			seen[[2]int{a, b}] = true
			list = append(list, cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(names[a]), To: cmdb.ByKey(names[b]), Kind: cmdb.Calls, Strength: []cmdb.Strength{cmdb.Hard, cmdb.Soft, cmdb.Soft}[r.IntN(3)]}})
		}
	}
	w.relations += len(list)
	w.observe(list)
	return w.settle()
}

// panelPage is a page with the panels, as a service's page has them.
type panelPage struct {
	web.Page
	Cards []web.Card
}

var panelsPage = web.Parse(fstest.MapFS{"p.html": {Data: []byte(`<div class="ek-cols"><div class="ek-stack">{{range .Cards}}{{template "card" .}}{{end}}</div><div></div></div>`)}}, "p.html", panelPage{})

// house serves the pages of a world.
type house struct {
	*testing.T
	url string

	mu    sync.Mutex
	theme web.Theme
}

func (h *house) Profile(context.Context) (web.Profile, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: h.theme, Zone: "Europe/Berlin"}, nil
}

func (h *house) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func (h *house) dark(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.theme = web.Light
	if on {
		h.theme = web.Dark
	}
}

func open(t *testing.T, w *world) (*house, *cmdbweb.Pages) {
	t.Helper()
	h := &house{T: t, theme: web.Light}
	mux := http.NewServeMux()
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(rw, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Manager, Name: "Mara Lindt"})))
	})))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	shell := &web.Shell{Org: "Harbour & Co", Now: func() time.Time { return now }, Profiles: h, Nav: []web.NavItem{{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true}, {ID: "services", Title: "Services", Path: "/services", Icon: "stack-2", Group: 2}, {ID: "map", Title: "Map", Path: "/map", Icon: "sitemap", Group: 2, Tab: true}}}
	mux.HandleFunc("GET /assets/", web.Assets)
	p := &cmdbweb.Pages{Shell: shell, CMDB: w.Service, Health: w.health, Telling: func(team string) string { return "/teams/" + team },
		Alerting: func(context.Context) ([]int64, error) { return w.alerting, nil }}
	shell.Nav = shell.Nav[:len(shell.Nav):len(shell.Nav)]
	mux.Handle("GET /panel/{service}", shell.Handle(func(rw http.ResponseWriter, r *http.Request) error {
		page := &panelPage{Page: shell.Page(r, r.PathValue("service"), "services")}
		for _, f := range []struct {
			title string
			of    func() (web.HTML, string, error)
		}{
			{"Dependencies", func() (web.HTML, string, error) { return p.Panel(r.Context(), page.V, r.PathValue("service")) }},
			{"What else breaks", func() (web.HTML, string, error) {
				return p.ImpactPanel(r.Context(), page.V, []string{r.PathValue("service")})
			}},
		} {
			body, count, err := f.of()
			if err != nil {
				return err
			}
			if body != "" {
				page.Cards = append(page.Cards, web.Card{Title: f.title, Count: count, Body: body})
			}
		}
		return shell.Render(rw, r, panelsPage, page)
	}))
	p.Routes(func(pattern string, fn web.HandlerFunc) { mux.Handle(pattern, shell.Handle(fn)) })
	return h, p
}

// get returns a page's status and body.
func (h *house) get(path string) (int, string) {
	h.Helper()
	res, err := http.Get(h.url + path)
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// see checks what a page says; what begins with ! it must not say.
func (h *house) see(path string, status int, says ...string) string {
	h.Helper()
	code, body := h.get(path)
	if code != status {
		h.Fatalf("GET %s: %d\n%.600s", path, code, body)
	}
	for _, s := range says {
		if want, not := strings.CutPrefix(s, "!"); strings.Contains(body, want) == not {
			h.Errorf("GET %s: %q", path, s)
		}
	}
	return body
}
