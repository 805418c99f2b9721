package credentialweb_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/credentialweb"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

type bench struct {
	*testing.T
	url   string
	role  actor.Role
	theme web.Theme
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: b.theme}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, role: actor.Admin, theme: web.Light}
	box, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	keep := &change.Service{DB: dbtest.SQLite(t)}
	keep.Box = box
	shell := &web.Shell{Org: "Harbour & Co", Profiles: b}
	p := &credentialweb.Pages{Shell: shell, Keep: keep, Kind: func(_ context.Context, name string) (string, error) {
		kind, ok := map[string]string{"harbour-github": "github", "harbour-gitlab": "gitlab", "argo": "argocd", "jenkins": "changes", "prom": "prometheus"}[name]
		if !ok {
			return "", errs.E(errs.NotFound, "there is no such integration")
		}
		return kind, nil
	}}
	mux := http.NewServeMux()
	p.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	mux.Handle("GET /integrations/{name}", shell.Handle(func(w http.ResponseWriter, r *http.Request) error {
		page := shell.Page(r, "", "")
		kind, err := p.Kind(r.Context(), r.PathValue("name"))
		if err != nil {
			return err
		}
		body, err := p.Panel(r.Context(), page.V, r.PathValue("name"), kind)
		_, _ = io.WriteString(w, string(body))
		return err
	}))
	mux.HandleFunc("GET /assets/", web.Assets)
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: b.role, Name: "Mara Lindt"})))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	return b
}

var still = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *bench) ask(path string, form url.Values) (int, string) {
	b.Helper()
	res, err := still.Get(b.url + path)
	if form != nil {
		res, err = still.PostForm(b.url+path, form)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// What is given is said to be there, and never shown, also not when the form is
// refused.
func TestCredentials(t *testing.T) {
	b := setup(t)
	const form = "/settings/integrations/harbour-github/credentials"
	if code, text := b.ask("/integrations/harbour-github", nil); code != 200 || !strings.Contains(text, "It has none") || !strings.Contains(text, form) {
		t.Errorf("%d %s", code, text)
	}
	if code, text := b.ask("/integrations/prom", nil); code != 200 || text != "" {
		t.Errorf("one that only listens: %d %s", code, text)
	}
	for name, want := range map[string]int{"harbour-github": 200, "harbour-gitlab": 200, "argo": 200, "jenkins": 200, "prom": 404, "none": 404} {
		if code, _ := b.ask("/settings/integrations/"+name+"/credentials", nil); code != want {
			t.Errorf("%s: %d", name, code)
		}
	}
	code, text := b.ask(form, url.Values{"app_id": {"12"}, "token": {"ghp_very-secret"}, "url": {"ftp://x"}})
	if code != 422 || strings.Contains(text, "very-secret") || !strings.Contains(text, "needs both") {
		t.Errorf("refused: %d", code)
	}
	if code, _ = b.ask(form, url.Values{"token": {"ghp_very-secret"}, "trigger": {"of no use here"}}); code != 303 {
		t.Fatalf("%d", code)
	}
	for _, path := range []string{"/integrations/harbour-github", form} {
		if code, text := b.ask(path, nil); code != 200 || !strings.Contains(text, "t has a token") || strings.Contains(text, "trigger token,") || strings.Contains(text, "very-secret") {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	b.role = actor.Responder
	if code, _ = b.ask(form, nil); code != 403 {
		t.Errorf("%d", code)
	}
	if code, _ = b.ask(form+"/drop", url.Values{}); code != 403 {
		t.Errorf("%d", code)
	}
	if _, text = b.ask("/integrations/harbour-github", nil); strings.Contains(text, form) {
		t.Error("a way to the form for whom may not")
	}
	b.role = actor.Admin
	if code, _ = b.ask(form+"/drop", url.Values{}); code != 303 {
		t.Errorf("%d", code)
	}
	if _, text = b.ask("/integrations/harbour-github", nil); !strings.Contains(text, "It has none") {
		t.Error("it is still there")
	}
}

func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	b := setup(t)
	b.ask("/settings/integrations/harbour-github/credentials", url.Values{"token": {"x"}})
	for _, size := range webtest.Sizes {
		webtest.Look(t, browser, b.url+"/settings/integrations/harbour-github/credentials", "credentials", size)
		webtest.Look(t, browser, b.url+"/settings/integrations/argo/credentials", "credentials-argo", size)
	}
}
