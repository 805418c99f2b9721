package browser

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The crawl is bounded: so many addresses of one shape, so many in all.
const (
	perShape = 5
	ofItems  = 14 // of the pages of items, which offer other things for each kind
	inAll    = 1800
)

// unreached are the pages that no link leads to, each with its reason.
var unreached = map[string]string{
	"GET /login":                        "for those who are not signed in",
	"GET /setup":                        "the link is printed by the server, for the first account",
	"GET /invite":                       "the link is given to the invited person",
	"GET /do/{token}":                   "the link is in a message",
	"GET /demo/enter":                   "the demo's door",
	"GET /_components":                  "for those who build pages",
	"GET /profile/notifications":        "an old address, for bookmarks",
	"GET /map/rules/{name}":             "entries of the evidence log lead there, and it leads to the rules",
	"GET /changes/policy/shadow":        "shown while a version of the policy is tried in the shadow",
	"GET /changes/policy/backtests/{n}": "the form that starts a backtest leads to it",
	"GET /alerts/link":                  "a button of the alert list, pressed with alerts selected",
}

var (
	links   = regexp.MustCompile(`<a\s[^>]*?href="([^"]*)"`)
	ids     = regexp.MustCompile(`\sid="([^"]+)"`)
	numbers = regexp.MustCompile(`/([A-Z]+-)?[0-9]+`)
)

// nonsense never stands on a page: what Go and JavaScript print by mistake.
var nonsense = []string{"%!", "&lt;nil&gt;", "<nil>", "0001-01-01", "1 Jan 0001", "[object Object]", "NaN", "undefined", "{{", "map[", "-1 min", "ZgotmplZ"}

// crawl follows every link from the front page and returns the addresses found
// of each route.
func (h *house) crawl(t *testing.T) map[string][]string {
	t.Helper()
	mux := h.routes()
	found, reached := map[string][]string{}, map[string]bool{}
	shapes, seen := map[string]int{}, map[string]bool{"/": true}
	queue := []link{{"/", "the front page"}}
	for len(queue) > 0 && len(seen) < inAll {
		at := queue[0]
		queue = queue[1:]
		status, kind, body := h.get(t, at.to)
		if status != http.StatusOK {
			t.Errorf("%s links to %s: %d", at.from, at.to, status)
			continue
		}
		req, err := http.NewRequest("GET", at.to, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, route := mux.Handler(req)
		reached[route] = true
		if !strings.HasPrefix(kind, "text/html") {
			continue
		}
		found[route] = append(found[route], at.to)
		h.read(t, at.to, body)
		for _, to := range h.linksOf(t, at.to, body) {
			shape, most := shapeOf(to), perShape
			if shape == "/map/items/#?" {
				most = ofItems
			}
			if !seen[to] && shapes[shape] < most {
				seen[to], shapes[shape] = true, shapes[shape]+1
				queue = append(queue, link{to, at.to})
			}
		}
	}
	t.Logf("%d addresses of %d pages", len(seen), len(found))
	for _, route := range h.Routes() {
		if method, _, _ := strings.Cut(route, " "); method == "GET" && !reached[route] && unreached[route] == "" {
			t.Errorf("no link leads to %s", route)
		}
	}
	return found
}

type link struct{ to, from string }

// routes answers which page an address is.
func (h *house) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range h.Routes() {
		if strings.HasPrefix(route, "GET ") {
			mux.Handle(route, http.NotFoundHandler())
		}
	}
	return mux
}

// linksOf resolves the links of a page that stay on this server, and fails for
// those within the page that lead nowhere.
func (h *house) linksOf(t *testing.T, page, body string) (out []string) {
	t.Helper()
	base, err := url.Parse(h.url + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range links.FindAllStringSubmatch(body, -1) {
		href := html.UnescapeString(m[1])
		to, err := base.Parse(href)
		if err != nil || href == "" {
			t.Errorf("%s: a link to %q", page, href)
			continue
		}
		if to.Host != base.Host {
			continue
		}
		if to.Fragment != "" && to.Path == base.Path && to.RawQuery == base.RawQuery {
			if !slices.ContainsFunc(ids.FindAllStringSubmatch(body, -1), func(id []string) bool { return html.UnescapeString(id[1]) == to.Fragment }) {
				t.Errorf("%s: the link to #%s leads nowhere", page, to.Fragment)
			}
			continue
		}
		to.Fragment = ""
		if p := to.RequestURI(); !strings.HasPrefix(p, "/assets/") {
			out = append(out, p)
		}
	}
	return out
}

// shapeOf is the address without what differs between records: names, numbers
// and values.
func shapeOf(address string) string {
	path, query, _ := strings.Cut(address, "?")
	path = numbers.ReplaceAllString(path, "/#")
	parts := strings.Split(path, "/")
	if len(parts) > 3 && parts[1] == "settings" {
		parts[3] = "*"
	}
	var keys []string
	for _, pair := range strings.Split(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key == "q" { // a filter's word, without its value
			key, _, _ = strings.Cut(value, "%3A")
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return strings.Join(parts, "/") + "?" + strings.Join(slices.Compact(keys), "&")
}

// read looks at what a page says without a browser.
func (h *house) read(t *testing.T, page, body string) {
	t.Helper()
	_, main, _ := strings.Cut(body, "<main")
	main = regexp.MustCompile(`(?s)<(pre|code|textarea)[ >].*?</(pre|code|textarea)>`).ReplaceAllString(main, "")
	for _, n := range nonsense {
		if i := strings.Index(main, n); i >= 0 {
			t.Errorf("%s says %q: …%s…", page, n, main[max(0, i-60):min(len(main), i+60)])
		}
	}
	if strings.Count(body, "<h1") != 1 {
		t.Errorf("%s has %d headings of the first level", page, strings.Count(body, "<h1"))
	}
	if !strings.Contains(body, `aria-current="page"`) && strings.Contains(body, `class="ek-side"`) && !strings.HasPrefix(page, "/profile") && !strings.HasPrefix(page, "/search") {
		t.Errorf("%s is nowhere in the navigation", page)
	}
}
