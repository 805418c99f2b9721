package cmdbweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// viewer is Mara's way of looking, for pages in a browser.
type viewer struct{ dark atomic.Bool }

func (v *viewer) Profile(context.Context) (web.Profile, error) {
	theme := web.Light
	if v.dark.Load() {
		theme = web.Dark
	}
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: theme}, nil
}

func (v *viewer) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

// TestItemPagesInBrowser looks at every page of what stands on the map.
func TestItemPagesInBrowser(t *testing.T) {
	k := sit(t, dbtest.SQLite(t))
	v := &viewer{}
	k.shell.Profiles = v
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), k.who)))
	})))
	t.Cleanup(srv.Close)
	browser := webtest.Browser(t)
	tab := webtest.Open(t, browser)
	look := func(name, path string, sizes ...webtest.Size) {
		t.Helper()
		for _, size := range sizes {
			tab.Window(t, size)
			tab.Go(t, srv.URL+path)
			tab.Check(t, name, size)
		}
	}
	both, wide := webtest.Sizes, webtest.Desktop
	for name, path := range map[string]string{"items": "/map/items", "runs": "/map/runs", "reports": "/map/reports", "edges": "/map/reports/edges", "proposals": "/map/proposals", "baselines": "/map/baselines", "changes": "/map/changes", "sources": "/map/sources"} {
		look(name+"-empty", path, wide)
	}
	at := k.furnish()
	for _, x := range []struct {
		name, path string
		dark       bool
	}{
		{"items", "/map/items", true}, {"item", at, true}, {"item-new", "/map/items/new", false}, {"item-edit", at + "/edit", false}, {"item-relate", at + "/relate", false}, {"item-merge", at + "/merge", false}, {"item-split", at + "/split", false},
		{"item-retire", at + "?ask=retire", false}, {"import", "/map/import", false}, {"runs", "/map/runs", false}, {"run", "/map/runs/RUN-2", true}, {"run-asks", "/map/runs/RUN-3", true},
		{"reports", "/map/reports", true}, {"edges", "/map/reports/edges", true}, {"conflicts", "/map/reports/conflicts", true}, {"duplicates", "/map/reports/duplicates", false}, {"ownerless", "/map/reports/ownerless", false}, {"report-fault", "/map/reports/edges?q=service:nobody", false},
		{"proposals", "/map/proposals", false}, {"proposal", "/map/proposals/PAIR-1", true}, {"baselines", "/map/baselines", false}, {"baseline", "/map/baselines/friday?verify=1", true}, {"baseline-new", "/map/baselines/new", false},
		{"changes", "/map/changes", true}, {"sources", "/map/sources", false}, {"source", "/map/sources/dc", false}, {"source-choose", "/map/sources/new", false}, {"source-new", "/map/sources/new?source=lines", false},
		{"kinds", "/map/kinds", false}, {"kind", "/map/kinds/flag", false}, {"kind-edit", "/map/kinds/flag/edit", false}, {"rules", "/map/rules", true}, {"rules-edit", "/map/rules/edit", false},
	} {
		look(x.name, x.path, both...)
		if x.dark {
			v.dark.Store(true)
			look(x.name+"-dark", x.path, wide)
			v.dark.Store(false)
		}
	}
}

// furnish gives every page something to show, and returns an item with much
// said of it.
func (k *desk) furnish() string {
	at := k.post("/map/items/new", url.Values{"kind": {"application"}, "name": {"web"}, "env": {"production"}, "team": {"shop"}, "attributes": {"language = go"}, "identifiers": {"service.name=web"}}, 303)
	for _, name := range []string{"cache-a", "cache-b", "cache-c"} {
		other := k.post("/map/items/new", url.Values{"kind": {"cache"}, "name": {name}, "env": {"production"}}, 303)
		k.post(at+"/relate", url.Values{"relation": {"depends_on"}, "other": {other[len("/map/items/"):]}, "strength": {"hard"}, "group": {"basket"}, "need": {"2"}}, 303)
	}
	k.observe("backstage", 1, "web", "api")
	k.observe("otlp", 2, "web", "search")
	dc := url.Values{"source": {"lines"}, "scope": {"dc"}, "complete": {"yes"}, "apply": {"dry"}, "env": {"production"}}
	k.send(dc, "host db-1\nhost db-2\nhost db-3\n! it has no name", 200)
	dc.Set("apply", "now")
	k.send(dc, "host db-1\nhost db-2\nhost db-3\n! it has no name", 303)
	k.send(dc, "host db-1", 303)
	k.post("/map/items/new", url.Values{"kind": {"host"}, "name": {"db-1"}, "env": {"production"}}, 303)
	k.conflict()
	k.post("/map/baselines/new", url.Values{"name": {"friday"}, "title": {"Friday"}}, 303)
	k.settleBaseline()
	page := k.see(at+"/edit", 200)
	k.post(at+"/edit", url.Values{"version": {between(page, `name="version" value="`)}, "env": {"production"}, "team": {"shop"}, "attributes": {"language = rust"}, "identifiers": {"service.name=web"}}, 303)
	k.post("/map/sources/new", url.Values{"source": {"lines"}, "name": {"dc"}, "config.url": {"up"}}, 303)
	k.post("/map/kinds/new", url.Values{"name": {"flag"}, "title": {"Feature flag"}, "schema": {"type: object\nproperties: {owner: {type: string, description: Who asked for it}}\nrequired: [owner]"}}, 303)
	return at
}
