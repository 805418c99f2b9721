package browser

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// furnish adds by their forms what the demo manages in git or has none of, so
// that every page has something to show.
func (h *house) furnish(t *testing.T) {
	t.Helper()
	h.post(t, "/settings/calendars/new", url.Values{"name": {"docks"}, "title": {"Docks"}, "zone": {"Europe/Copenhagen"}, "monday": {"06:00-14:00"}, "holidays": {"2030-12-25 Christmas Day"}})
	h.post(t, "/teams/new", url.Values{"name": {"docks"}, "title": {"Docks"}, "person": {"tom"}, "role": {"lead"}})
	h.post(t, "/services/new", url.Values{"name": {"label-printer"}, "title": {"Label printer"}, "team": {"docks"}, "lifecycle": {"live"}, "tier": {"3"}})
	h.post(t, "/silences/new", url.Values{"matchers": {`service="label-printer"`}, "kind": {"silence"}, "for": {"1h"}, "comment": {"New rolls come at noon"}})
	h.post(t, "/rules/new", url.Values{"name": {"docks"}, "matchers": {`service="label-printer"`}, "window": {"PT2H"}, "reopen": {"PT30M"}})
	h.post(t, "/settings/integrations/new", url.Values{"name": {"docks"}, "kind": {"generic"}, "title": {"Docks"}})
	h.post(t, "/settings/channels/new", url.Values{"name": {"docks-list"}, "kind": {"email"}, "team": {"docks"}, "addresses": {"docks@harbour.example"}, "urgency": {"all"}})
	h.post(t, "/oncall/schedules/new", url.Values{"do": {"save"}, "name": {"docks"}, "title": {"Docks"}, "zone": {"Europe/Copenhagen"}, "team": {"docks"}, "layers": {"1"},
		"layer.0.name": {"weeks"}, "layer.0.start": {"2026-01-05T09:00"}, "layer.0.n": {"1"}, "layer.0.unit": {"w"}, "layer.0.shifts": {"tom\r\nmara"}})
	h.post(t, "/oncall/schedules/docks/cover", url.Values{"person": {"lena"}, "from": {"2030-01-07T09:00"}, "to": {"2030-01-08T09:00"}, "reason": {"Dentist"}})
	h.post(t, "/oncall/policies/new", url.Values{"name": {"docks"}, "title": {"Docks"}, "n": {"1"}, "teams": {"docks"}, "s0_tell": {"schedule docks"}})
	h.post(t, "/profile/contact/new", url.Values{"kind": {"email"}, "label": {"At home"}, "address": {"mara.at.home@harbour.example"}})
	h.post(t, "/incidents", url.Values{"title": {"Every dock stands still"}, "service": {"label-printer"}, "impact": {"high"}, "urgency": {"high"}})
	h.post(t, "/incidents", url.Values{"title": {"Labels come out blank"}, "service": {"label-printer"}, "impact": {"low"}, "urgency": {"medium"}})
	h.post(t, h.newest(t)+"/note", url.Values{"text": {"Since the new rolls"}})
	h.post(t, "/map/items/new", url.Values{"kind": {"device"}, "name": {"label-printer-1"}, "env": {"production"}, "team": {"docks"}, "attributes": {"rolls = 2"}})
	h.post(t, "/map/baselines/new", url.Values{"name": {"docks"}, "title": {"Docks"}})
	h.post(t, "/map/sources/new", url.Values{"name": {"docks"}, "source": {"csv"}, "scope": {"docks"}, "config.url": {"https://docks.harbour.example/devices.csv"}, "secrets.token": {"not-a-token"}, "disabled": {"on"}})
	h.post(t, "/map/kinds/new", url.Values{"name": {"crane"}, "title": {"Crane"}, "schema": {"type: object\nproperties: {reach: {type: number}}"}})
	h.post(t, "/changes/models/new", url.Values{"name": {"new-rolls"}, "title": {"New rolls for the label printer"}, "kinds": {"config"}, "maxFailureRate": {"10"}, "minUses": {"10"}})
	h.post(t, "/changes/windows/new", url.Values{"name": {"aisles-closed"}, "kind": {"freeze"}, "title": {"Aisles are closed"}, "zone": {"Europe/Copenhagen"}, "start": {"2030-01-07T09:00"}, "duration": {"PT4H"}})
	h.post(t, "/settings/tokens", url.Values{"name": {"deploy pipeline"}, "days": {"90"}, "role": {"own"}})
}

// newest is the path of the newest incident.
func (h *house) newest(t *testing.T) string {
	t.Helper()
	_, _, body := h.get(t, "/incidents?q=is%3Aopen&sort=newest")
	at := regexp.MustCompile(`/incidents/INC-[0-9]+`).FindString(body)
	if at == "" {
		t.Fatal("no incident is listed")
	}
	return at
}

// dark are the pages that are looked at in the dark, too: between them they
// show every component.
var dark = []string{"GET /{$}", "GET /incidents", "GET /incidents/{key}", "GET /incidents/new", "GET /alerts", "GET /alerts/{key}", "GET /services/{name}",
	"GET /map/items/{key}", "GET /map/reports/{name}", "GET /settings/priorities", "GET /settings/deliveries/{key}", "GET /evidence", "GET /evidence/entries/{index}", "GET /rules/try", "GET /api/docs", "GET /settings", "GET /profile"}

// crawlAndLook crawls and then looks at one address of each route, and of the
// records with many faces at two.
func (h *house) crawlAndLook(t *testing.T) {
	h.furnish(t)
	found := h.crawl(t)
	tab := h.mara(t)
	for _, route := range h.Routes() {
		pages := found[route]
		if len(pages) == 0 {
			continue
		}
		samples := []string{pages[0]}
		if last := pages[len(pages)-1]; last != pages[0] && (route == "GET /incidents/{key}" || route == "GET /alerts" || route == "GET /settings/integrations/{name}") {
			samples = append(samples, last)
		}
		for n, page := range samples {
			name := nameOf(route)
			if n > 0 {
				name += "-2"
			}
			h.look(t, tab, page, name, slices.Contains(dark, route))
		}
	}
}

func nameOf(route string) string {
	return strings.Trim(strings.NewReplacer("GET /", "", "{$}", "now", "/", "-", "{", "", "}", "").Replace(route), "-")
}

// look opens a page once and checks it in both windows and, if asked, in the
// dark.
func (h *house) look(t *testing.T, tab *webtest.Tab, page, name string, alsoDark bool) {
	t.Helper()
	tab.Window(t, webtest.Desktop)
	tab.Go(t, h.url+page)
	tab.Check(t, name, webtest.Desktop)
	if alsoDark {
		webtest.Ask[any](t, tab, `document.documentElement.dataset.bsTheme = "dark"`)
		tab.Check(t, name+"-dark", webtest.Desktop)
		webtest.Ask[any](t, tab, `document.documentElement.dataset.bsTheme = "light"`)
	}
	for _, size := range between {
		tab.Window(t, size)
		for _, b := range webtest.Ask[[]string](t, tab, sticksOut) {
			t.Errorf("%s on a %s: %s", page, size.Name, b)
		}
	}
	tab.Window(t, webtest.Phone)
	tab.Check(t, name, webtest.Phone)
	for _, b := range append(webtest.Ask[[]string](t, tab, smallButtons), webtest.Ask[[]string](t, tab, sticksOut)...) {
		t.Errorf("%s on a phone: %s", page, b)
	}
}

// between are windows in which things may not fall apart.
var between = []webtest.Size{{Name: "laptop", Width: 1280, Height: 800}, {Name: "tablet", Width: 820, Height: 1180}}

// sticksOut lists controls whose text does not fit into them, and pages that
// scroll sideways.
const sticksOut = `[...(document.documentElement.scrollWidth > innerWidth ? ["it scrolls sideways, as far as " + [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.tagName + "." + e.className).slice(-1)] : []), ...[...document.querySelectorAll(".btn, .ek-tg, .ek-views a, .ek-top .ek-zone, .ek-ch h2, .ek-side nav a, .ek-tabbar > a")].filter(b => b.offsetParent && b.scrollWidth > b.clientWidth + 1 && b.clientWidth > 0 && getComputedStyle(b).textOverflow !== "ellipsis").map(b => "“" + b.textContent.trim() + "” needs " + b.scrollWidth + " px and has " + b.clientWidth)]`

// smallButtons lists buttons that a thumb misses. Small ones may look smaller
// when the area around them is theirs.
const smallButtons = `[...document.querySelectorAll("main .btn, .ek-pbar .btn, .ek-tabbar > a, .ek-tabbar summary, .ek-top .btn, .ek-um > summary")].filter(b => b.offsetParent || getComputedStyle(b).position === "fixed").map(b => {
	const r = b.getBoundingClientRect(), more = getComputedStyle(b, "::after"), y = more.content !== "none" && more.position === "absolute" ? -2 * parseFloat(more.top) : 0;
	return r.width && r.height && (r.height + y < 44 || r.width < 36) ? (b.textContent.trim() || b.getAttribute("aria-label")) + " is " + Math.round(r.width) + "×" + Math.round(r.height) : "";
}).filter(Boolean)`
