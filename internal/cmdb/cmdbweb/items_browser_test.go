package cmdbweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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

func (v *viewer) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error {
	return nil
}

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
	look := func(name, path string, size webtest.Size) {
		t.Helper()
		tab.Window(t, size)
		tab.Go(t, srv.URL+path)
		tab.Check(t, name, size)
	}
	at := k.furnish()
	// The whole product's crawl looks at all of them again, in both windows.
	phone := []string{"items", "item", "item-split", "import", "run-asks", "edges", "conflicts", "proposal", "baseline", "changes", "rules-edit", "source-new"}
	dark := []string{"item", "edges", "baseline"}
	for _, x := range []struct{ name, path string }{
		{"items", "/map/items"}, {"item", at}, {"item-new", "/map/items/new"}, {"item-edit", at + "/edit"}, {"item-relate", at + "/relate"}, {"item-merge", at + "/merge"}, {"item-split", at + "/split"},
		{"item-retire", at + "?ask=retire"}, {"import", "/map/import"}, {"runs", "/map/runs"}, {"run", "/map/runs/RUN-2"}, {"run-asks", "/map/runs/RUN-3"},
		{"reports", "/map/reports"}, {"edges", "/map/reports/edges"}, {"conflicts", "/map/reports/conflicts"}, {"duplicates", "/map/reports/duplicates"}, {"ownerless", "/map/reports/ownerless"}, {"report-fault", "/map/reports/edges?q=service:nobody"},
		{"proposals", "/map/proposals"}, {"proposal", "/map/proposals/PAIR-1"}, {"baselines", "/map/baselines"}, {"baseline", "/map/baselines/friday?verify=1"}, {"baseline-new", "/map/baselines/new"},
		{"changes", "/map/changes"}, {"sources", "/map/sources"}, {"source", "/map/sources/dc"}, {"source-choose", "/map/sources/new"}, {"source-new", "/map/sources/new?source=lines"},
		{"kinds", "/map/kinds"}, {"kind", "/map/kinds/flag"}, {"kind-edit", "/map/kinds/flag/edit"}, {"rules", "/map/rules"}, {"rules-edit", "/map/rules/edit"},
	} {
		look(x.name, x.path, webtest.Desktop)
		if slices.Contains(phone, x.name) {
			look(x.name, x.path, webtest.Phone)
		}
		if slices.Contains(dark, x.name) {
			v.dark.Store(true)
			look(x.name+"-dark", x.path, webtest.Desktop)
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
