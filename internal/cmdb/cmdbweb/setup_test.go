package cmdbweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbweb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// world is items and relations in memory, as a source of maps.
type world struct {
	graph    *graph.Graph
	items    map[int64]cmdb.Item
	ids      map[string]int64
	edges    int64
	sick     map[string]string
	alerting []int64
}

func newWorld() *world {
	return &world{graph: graph.New(), items: map[int64]cmdb.Item{}, ids: map[string]int64{}, sick: map[string]string{}}
}

func (w *world) Graph() *graph.Graph { return w.graph }

func (w *world) Named(_ context.Context, ids []int64) (map[int64]cmdb.Item, error) {
	out := map[int64]cmdb.Item{}
	for _, id := range ids {
		if i, ok := w.items[id]; ok {
			out[id] = i
		}
	}
	return out, nil
}

func (w *world) Service(_ context.Context, name string) (cmdb.Item, error) {
	for _, i := range w.items {
		if i.Kind == cmdb.KindService && i.Name == name {
			return i, nil
		}
	}
	return cmdb.Item{}, errs.E(errs.NotFound, "no service is called %s", name)
}

func (w *world) Find(_ context.Context, text string) (cmdb.Item, error) {
	for id, i := range w.items {
		if fmt.Sprint("CI-", id) == text || i.Name == text {
			return i, nil
		}
	}
	return cmdb.Item{}, errs.E(errs.NotFound, "no item is called %s; search for it in the list", text)
}

func (w *world) health(_ context.Context, items []cmdb.Item) (map[int64]string, error) {
	out := map[int64]string{}
	for _, i := range items {
		if i.Kind == cmdb.KindService || w.sick[i.Name] != "" {
			out[i.ID] = "ok"
		}
		if s := w.sick[i.Name]; s != "" {
			out[i.ID] = s
		}
	}
	return out, nil
}

// item adds items of a kind.
func (w *world) item(kind, team string, names ...string) {
	var d graph.Delta
	for _, n := range names {
		id := int64(len(w.items) + 1)
		i := cmdb.Item{ID: id, Kind: kind, Name: n, Team: team, State: cmdb.Present}
		if kind == cmdb.KindService {
			i.Attributes = map[string]json.RawMessage{"tier": json.RawMessage(fmt.Sprint(id % 4))}
		} else {
			i.Env = "production"
		}
		w.items[id], w.ids[n] = i, id
		d.Nodes = append(d.Nodes, graph.NodeChange{ID: uint32(id), Kind: kind, Revision: 1})
	}
	if err := w.graph.Apply(d); err != nil {
		panic(err)
	}
}

// rel adds relations from one item to others; group "name/k".
func (w *world) rel(kind uint8, hard bool, group string, since int64, from string, to ...string) {
	var d graph.Delta
	name, k, _ := strings.Cut(group, "/")
	for _, t := range to {
		w.edges++
		e := graph.Edge{ID: w.edges, From: uint32(w.ids[from]), To: uint32(w.ids[t]), Kind: kind, Hard: hard, Provenance: 1, Since: since, Revision: 1, Group: d.Group(name)}
		if k != "" {
			e.Need = uint16(k[0] - '0')
		}
		d.Edges = append(d.Edges, e)
	}
	if err := w.graph.Apply(d); err != nil {
		panic(err)
	}
}

const past = 1_700_000_000

// harbour is Harbour & Co's shop.
func harbour() *world {
	w := newWorld()
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
	dep, run, part, calls := graph.DependsOn, graph.RunsOn, graph.PartOf, graph.Calls
	w.rel(calls, true, "", past, "web shop", "storefront")
	w.rel(calls, true, "", past, "mobile app", "storefront")
	w.rel(calls, true, "", past, "storefront", "checkout", "catalog-api", "search")
	for _, a := range []string{"checkout-api", "checkout-worker", "checkout-web"} {
		w.rel(part, true, "", past, a, "checkout")
	}
	w.rel(part, true, "", past, "checkout-api-blue", "checkout-api")
	w.rel(part, true, "", past, "checkout-api-green", "checkout-api")
	w.rel(calls, false, "", past, "checkout-web", "checkout-api")
	w.rel(calls, true, "", past, "checkout-api", "payments", "catalog-api")
	w.rel(dep, false, "", past, "checkout-worker", "orders-queue")
	w.rel(dep, true, "basket-cache/2", past, "checkout-api", "cache-a", "cache-b", "cache-c")
	w.rel(calls, true, "", past, "payments", "card acquirer")
	w.rel(dep, true, "", past, "payments", "payments-db")
	w.rel(dep, false, "", past, "orders-queue", "email", "warehouse-sync")
	w.rel(dep, true, "", past, "orders", "orders-queue")
	w.rel(run, true, "", past, "payments-db", "db-host-1")
	w.rel(dep, true, "", 1_763_200_000+31_000_000, "search", "catalog-api") // since this November
	w.sick["warehouse-sync"], w.sick["cache-c"], w.sick["cache-a"], w.sick["cache-b"] = "degraded", "down", "ok", "ok"
	return w
}

// large is a map of n services.
func large(n, edges int) *world {
	w := newWorld()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("service-%04d", i)
	}
	w.item(cmdb.KindService, "web", names...)
	seed := uint32(7)
	next := func(n int) int {
		seed = seed*1664525 + 1013904223
		return int(seed>>8) % n
	}
	layer := func(i int) int { return i * 12 / n }
	for range edges {
		a, b := next(n), next(n)
		if layer(a) > layer(b) {
			a, b = b, a
		}
		if layer(a) != layer(b) {
			w.rel(graph.Calls, next(3) == 0, "", past, names[a], names[b])
		}
	}
	return w
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

func now() time.Time { return time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC) }

func open(t *testing.T, w *world) (*house, *cmdbweb.Pages) {
	t.Helper()
	h := &house{T: t, theme: web.Light}
	mux := http.NewServeMux()
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(rw, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Manager, Name: "Mara Lindt"})))
	})))
	t.Cleanup(srv.Close)
	h.url = srv.URL
	shell := &web.Shell{Org: "Harbour & Co", Now: now, Profiles: h, Nav: []web.NavItem{{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true}, {ID: "services", Title: "Services", Path: "/services", Icon: "stack-2", Group: 2}, {ID: "map", Title: "Map", Path: "/map", Icon: "sitemap", Group: 2, Tab: true}}}
	mux.HandleFunc("GET /assets/", web.Assets)
	p := &cmdbweb.Pages{Shell: shell, Source: w, Health: w.health, Telling: func(team string) string { return "/teams/" + team },
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
