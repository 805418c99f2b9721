package catalogweb_test

import (
	"context"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/catalogweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

type teams struct{}

func (teams) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// browser is somebody looking at the pages.
type browser struct {
	*testing.T
	mux  *http.ServeMux
	role actor.Role
	db   *db.DB
}

func (b *browser) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r = r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: b.role, Name: "Mara Lindt", Teams: []string{"payments"}}))
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	return w
}

// see gets a page and checks that it says these things.
func (b *browser) see(path string, says ...string) {
	b.Helper()
	w := b.do("GET", path, nil)
	if w.Code != 200 {
		b.Fatalf("GET %s: %d\n%s", path, w.Code, w.Body)
	}
	for _, s := range says {
		not := strings.HasPrefix(s, "!")
		if strings.Contains(w.Body.String(), strings.TrimPrefix(s, "!")) == not {
			b.Errorf("GET %s: want %q", path, s)
		}
	}
}

// post sends a form and checks status and where it leads or what it says.
func (b *browser) post(path string, status int, leads string, pairs ...string) {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	w := b.do("POST", path, form)
	if w.Code != status || !strings.Contains(w.Header().Get("Location")+w.Body.String(), leads) {
		b.Fatalf("POST %s: %d %s, want %d %s\n%s", path, w.Code, w.Header().Get("Location"), status, leads, w.Body)
	}
}

func setup(t *testing.T) (*browser, *catalog.Catalog, *ascode.Service) {
	d := dbtest.SQLite(t)
	people, _, err := auth.New(d, auth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	admin := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Role: actor.Admin})
	if _, err := people.CreateTeam(admin, "payments", auth.TeamEdit{Title: "Payments"}); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(d, teams{})
	shell := &web.Shell{Org: "Harbour & Co"}
	p := &catalogweb.Pages{Shell: shell, Catalog: c, Declare: "/incidents/new",
		Teams: func(context.Context) ([]catalogweb.Team, error) {
			return []catalogweb.Team{{Name: "payments", Title: "Payments"}}, nil
		},
		Health: func(_ context.Context, names []string) (map[string]catalogweb.Health, error) {
			return map[string]catalogweb.Health{"checkout": {Open: 2, Worst: "P1"}}, nil
		}}
	p.AddPanel(catalogweb.Panel{ID: "quiet", Title: "Quiet", Render: func(context.Context, *web.View, string) (template.HTML, string, error) { return "", "", nil }})
	p.AddPanel(catalogweb.Panel{ID: "open", Title: "Open incidents", Render: func(_ context.Context, _ *web.View, s string) (template.HTML, string, error) {
		return template.HTML("<p>panel of " + s + "</p>"), "2", nil
	}})
	mux := http.NewServeMux()
	p.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return &browser{t, mux, actor.Manager, d}, c, ascode.New(d, catalog.AsCode(c))
}

func TestStory(t *testing.T) {
	b, _, _ := setup(t)
	b.see("/services", "No services yet", "Add the first service…", "kind: Service")
	b.see("/services/new", "As monitors and addresses call it", `<option value="payments"`)
	b.post("/services/new", 422, "use 1 to 63 of a-z", "name", "Check Out", "team", "payments", "tier", "0")
	b.post("/services/new", 422, "web address", "name", "checkout", "team", "nobody", "tier", "0", "link_url", "", "link_url", "wiki", "promise", "kept <b>text</b>")
	b.post("/services/new", 303, "/services/checkout", "name", "checkout", "title", "Checkout", "team", "payments", "tier", "0", "promise", "A filled basket\r\ncan be paid.",
		"aliases", "Checkout-API\r\nshop/checkout", "link_url", "", "link_kind", "runbook", "link_title", "", "link_url", "https://wiki.harbour.example/checkout", "link_kind", "runbook", "link_title", "Restart it")
	b.see("/services", "Checkout", "A filled basket can be paid.", "2 open", "Tier 0", "Of payments", "!No services yet")
	b.see("/services?q=tier:1", "No service fits")
	b.see("/services?q=tier:9", "is not understood")
	b.see("/services?q=che", "Checkout")
	b.see("/services/checkout", "carries the business", "panel of checkout", "!Quiet", "Restart it", "shop/checkout", "/incidents/new?service=checkout", "2 open incidents, worst P1", "/services/checkout/edit")
	if w := b.do("GET", "/services/Checkout-API", nil); w.Code != http.StatusFound || w.Header().Get("Location") != "/services/checkout" {
		t.Errorf("an alias: %d %s", w.Code, w.Header().Get("Location"))
	}
	b.see("/services/checkout/edit", "Restart it", `value="1"`)
	b.post("/services/checkout/edit", 200, "link-url-4", "version", "1", "more", "1", "link_url", "https://a.example", "link_url", "https://b.example")
	b.post("/services/checkout/edit", 303, "/services/checkout", "version", "1", "title", "Checkout", "team", "payments", "tier", "1")
	b.post("/services/checkout/edit", 422, "version 2", "version", "1", "title", "Checkout", "team", "payments", "tier", "2")
	b.see("/services/checkout?retire=1", "Retire Checkout?")
	b.post("/services/checkout/retire", 303, "/services/checkout")
	b.see("/services/checkout", "retired", "!Retire…", "!/incidents/new?service")
	b.see("/services?q=state:retired", "Checkout")
}

func TestOthersSeeAndCannot(t *testing.T) {
	b, _, code := setup(t)
	admin := actor.With(context.Background(), actor.Actor{Kind: actor.Token, ID: 1, Role: actor.Admin})
	file := ascode.File{Path: "a.yaml", Content: "apiVersion: evenkeel/v1\nkind: Service\nmetadata: {name: search}\nspec: {team: payments}\n"}
	if _, err := code.Apply(admin, ascode.Input{Files: []ascode.File{file}, Commit: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	b.see("/services/search", "Managed in git, commit 0123456789ab", "!/services/search/edit", "!Retire…", "No links.", "It promises nothing yet")
	for _, path := range []string{"/services/search/edit"} {
		if w := b.do("GET", path, nil); w.Code != http.StatusConflict {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
	b.post("/services/search/retire", 409, "managed in git")
	b.role = actor.Requester
	b.see("/services", "search", "!Add a service…")
	b.see("/services/search", "!/edit")
	for _, path := range []string{"/services/new", "/services/search/edit"} {
		if w := b.do("GET", path, nil); w.Code != http.StatusForbidden {
			t.Errorf("GET %s as a requester: %d", path, w.Code)
		}
	}
	b.post("/services/new", 403, "")
	if w := b.do("GET", "/services/nothing", nil); w.Code != http.StatusNotFound {
		t.Errorf("an unknown service: %d", w.Code)
	}
}
