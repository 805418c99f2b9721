package authweb_test

import (
	"context"
	"html"
	"html/template"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/auth/authweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/web"
)

const password = "three boats at anchor"

// browser is a visitor of a fresh server, with cookies.
type browser struct {
	*testing.T
	http *http.Client
	url  string
	door *auth.Door
	page string // the last page's text
}

func visit(t *testing.T, f func(b *browser)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, door, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		shell := &web.Shell{Org: "Harbour & Co", Login: "/login", Logout: "/logout", Profiles: authweb.Profiles{Auth: s}}
		mux := http.NewServeMux()
		pages := &authweb.Pages{Shell: shell, Auth: s, Door: door, Told: "/profile/notifications",
			TeamPanels: []func(context.Context, *web.View, string) (template.HTML, error){func(_ context.Context, _ *web.View, team string) (template.HTML, error) {
				return template.HTML("<section class=card>services of " + template.HTMLEscapeString(team) + "</section>"), nil
			}}}
		pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
		mux.Handle("GET /{$}", shell.Handle(func(w http.ResponseWriter, _ *http.Request) error {
			_, err := io.WriteString(w, "home")
			return err
		}))
		mux.HandleFunc("GET /assets/", web.Assets)
		srv := httptest.NewServer(web.Secure(false, door.Middleware(mux)))
		t.Cleanup(srv.Close)
		f(&browser{T: t, http: newClient(), url: srv.URL, door: door})
	})
}

func newClient() *http.Client {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &http.Client{Jar: jar}
}

// another is a second visitor of the same server.
func (b *browser) another() *browser {
	c := *b
	c.http = newClient()
	return &c
}

func (b *browser) read(res *http.Response, err error, status int, words ...string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	b.page = string(body)
	if res.StatusCode != status {
		b.Errorf("%s %s: %d, want %d\n%s", res.Request.Method, res.Request.URL.Path, res.StatusCode, status, strip(b.page))
	}
	for _, w := range words {
		if !strings.Contains(b.page, w) {
			b.Errorf("%s %s does not say %q:\n%s", res.Request.Method, res.Request.URL.Path, w, strip(b.page))
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>|\s{2,}`)

func strip(s string) string { return tags.ReplaceAllString(s, " ") }

func (b *browser) get(path string, status int, words ...string) {
	b.Helper()
	res, err := b.http.Get(b.url + path)
	b.read(res, err, status, words...)
}

// post sends a form as a browser does and follows the redirect.
func (b *browser) post(path string, status int, form string, words ...string) {
	b.Helper()
	r, _ := http.NewRequest("POST", b.url+path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.http.Do(r)
	b.read(res, err, status, words...)
}

// field is the value of a hidden field of the last page.
func (b *browser) field(name string) string {
	b.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(b.page)
	if m == nil {
		b.Fatalf("the page has no field %s", name)
	}
	return m[1]
}

// once is the link or secret that the last page shows this once.
func (b *browser) once() string {
	b.Helper()
	m := regexp.MustCompile(`id="once" value="([^"]*)"`).FindStringSubmatch(b.page)
	if m == nil {
		b.Fatalf("the page shows no secret:\n%s", strip(b.page))
	}
	return html.UnescapeString(m[1])
}

func (b *browser) setUp() {
	b.Helper()
	l, ok, err := b.door.SetupLink(context.Background())
	if err != nil || !ok {
		b.Fatal(ok, err)
	}
	b.get(l.URL, 200, "Set up Evenkeel")
	b.post("/setup", 422, "token="+l.Secret+"&display=Mara+Lindt&handle=Mara!&password=short&zone=Europe/Berlin&vocabulary=itil", "1 to 40 of a-z", "se at least 12 characters", `value="Mara Lindt"`)
	b.post("/setup", 422, "token="+l.Secret+"&display=Mara+Lindt&handle=mara&password=short&zone=Europe/Berlin&vocabulary=itil", "se at least 12 characters", `value="Mara Lindt"`)
	if strings.Contains(b.page, `value="short"`) {
		b.Error("the page repeats the password")
	}
	b.post("/setup", 200, "token="+l.Secret+"&display=Mara+Lindt&handle=mara&password="+url.QueryEscape(password)+"&zone=Europe/Berlin&vocabulary=itil&email=Mara@Harbour.example", "home")
	b.another().get(l.URL, 404, "restart the server")
}

func TestWayIn(t *testing.T) {
	visit(t, func(b *browser) {
		b.get("/profile", 200, "Sign in", "set-up link")
		b.setUp()
		b.get("/profile", 200, "Mara Lindt", "Where you are signed in", "This one")
		other := b.another()
		other.get("/people", 200, "Sign in", `value="/people"`)
		other.post("/login", 401, "login=mara&password=nope&next=/people", "The name or the password is wrong", `value="mara"`, `value="/people"`)
		other.post("/login", 200, "login=mara&next=https://evil.example/&password="+url.QueryEscape(password), "home")
		other.get("/login?next=/people", 200, "Mara Lindt")
		b.get("/profile", 200, "sessions/")
		id := regexp.MustCompile(`/profile/sessions/([a-z0-9]+)/end`).FindStringSubmatch(b.page)[1]
		b.post("/profile/sessions/"+id+"/end", 200, "", "The session is ended")
		other.get("/profile", 200, "Sign in")
		b.post("/logout", 200, "", "You are signed out")
		b.get("/people", 200, "Sign in")
		for range 6 {
			b.post("/login", 401, "login=mara&password=nope")
		}
		b.post("/login", 429, "login=mara&password="+url.QueryEscape(password), "Too many failed sign-ins")
	})
}

func TestPeoplePages(t *testing.T) {
	visit(t, func(b *browser) {
		b.setUp()
		b.get("/people/new", 200, "Add a person")
		b.post("/people/new", 422, "handle=&display=&role=boss&zone=Mars", "a name of 1 to 100", "IANA")
		b.post("/people/new", 200, "handle=jonas&display=Jonas+Vik&role=responder&zone=Europe/Oslo&vocabulary=itil&theme=auto", "A link for Jonas Vik")
		link := b.once()
		jonas := b.another()
		jonas.get(link, 200, "Welcome, Jonas Vik")
		jonas.post("/invite", 422, "token="+jonas.field("token")+"&password=jonas", "se at least 12 characters")
		jonas.post("/invite", 200, "token="+jonas.field("token")+"&password="+url.QueryEscape(password), "home")
		jonas.get(link, 404, "ask an admin")
		jonas.get("/people/USR-1", 200, "Mara Lindt")
		if strings.Contains(jonas.page, "<form class=\"ek-form") {
			b.Error("a responder is offered the edit form")
		}
		jonas.get("/people/new", 403)
		jonas.post("/people/USR-1", 403, "handle=x&display=x&role=requester&version=1")
		jonas.post("/people/USR-1/disable", 403, "")

		b.get("/people?prefix=jo", 200, "Jonas Vik", "Active")
		b.get("/people/jonas", 200, "Europe/Oslo", "New password link")
		version := b.field("version")
		b.post("/people/USR-2", 422, "handle=jonas&display=&role=manager&zone=UTC&version="+version, "a name of 1 to 100")
		b.post("/people/USR-2", 200, "handle=jonas&display=Jonas+V.&role=manager&zone=UTC&vocabulary=itil&theme=auto&version="+version, "Saved", "Jonas V.")
		b.post("/people/USR-2", 422, "handle=jonas&display=Late&role=manager&zone=UTC&version="+version, "changed it meanwhile")
		b.post("/people/USR-2/invite", 200, "", "A link for Jonas V.")
		b.post("/people/USR-2/disable", 200, "", "may no longer sign in", "Disabled")
		jonas.get("/people", 200, "Sign in")
		b.post("/people/USR-2/enable", 200, "", "may sign in again")
		b.get("/people/USR-2?erase=1", 200, "cannot be undone")
		b.post("/people/USR-2/erase", 200, "", "is erased", "erased-2")
		b.post("/people/USR-2/fly", 404, "")
		b.get("/people/nobody", 404)
		b.get("/people?all=1", 200, "Erased")
		b.post("/people/USR-1/disable", 409, "", "last admin")
	})
}

func TestProfilePages(t *testing.T) {
	visit(t, func(b *browser) {
		b.setUp()
		b.get("/profile", 200, "/profile/notifications", "/settings/tokens", "mara@harbour.example", `href="/people/mara"`)
		b.post("/profile", 422, "display=&zone=UTC&version="+b.field("version"), "a name of 1 to 100")
		b.get("/profile", 200)
		seen := b.field("version")
		b.post("/profile", 200, "display=Mara+L.&zone=UTC&vocabulary=engineering&theme=dark&version="+seen, "Your profile is saved", `data-bs-theme="dark"`)
		b.post("/profile", 422, "display=Mara&zone=Asia/Tokyo&vocabulary=engineering&theme=dark&version="+seen, "changed it meanwhile", `value="Mara"`, "Now it is: Mara L.", `value="Asia/Tokyo"`, "Now it is: UTC")
		b.post("/profile", 200, "display=Mara+L.&zone=Asia/Tokyo&vocabulary=engineering&theme=dark&version="+b.field("version"), "Your profile is saved", "Asia/Tokyo")
		b.post("/profile/password", 422, "current=nope&password=seven+grey+gulls+fly", "not your present password")
		if strings.Contains(b.page, "seven") {
			b.Error("the page repeats the password")
		}
		b.post("/profile/password", 200, "current="+url.QueryEscape(password)+"&password=seven+grey+gulls+fly", "Your password is changed")
		b.post("/profile/sessions/end-others", 200, "", "All other sessions are ended")
		b.post("/profile/sessions/x/end", 404, "")

		b.get("/settings/tokens", 200, "No tokens")
		b.post("/settings/tokens", 422, "name=&days=90", "what the token is for")
		b.post("/settings/tokens", 200, "name=laptop&days=30&scope=read&scope=self", "shown this once", "read, self")
		token := b.once()
		r, _ := http.NewRequest("GET", b.url+"/people", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		b.read(res, err, 200, "Mara L.")
		b.get("/settings/tokens/TOK-1", 200, "laptop")
		if strings.Contains(b.page, token) {
			b.Error("the secret is shown twice")
		}
		b.post("/settings/tokens", 422, "name=ci&days=7&machine=on", "one of admin")
		b.post("/settings/tokens", 200, "name=ci&days=7&machine=on&role=integration", "shown this once")
		b.get("/settings/tokens?all=1", 200, "machine")
		b.post("/settings/tokens/TOK-1/revoke", 200, "", "TOK-1 is revoked", "Revoked")
		b.get("/settings/tokens/x", 404)
	})
}

func TestTeamPages(t *testing.T) {
	visit(t, func(b *browser) {
		b.setUp()
		b.get("/teams", 200, "No teams yet")
		b.get("/teams/new", 200, "Members")
		b.post("/teams/new", 200, "name=payments&person=mara&role=lead&more=1", `value="mara"`, `id="person-4"`)
		b.post("/teams/new", 422, "name=Pay&person=&role=member&person=nobody&role=member", "1 to 63 of a-z")
		b.post("/teams/new", 422, "name=payments&person=&role=member&person=nobody&role=member", "there is no such person", `value="payments"`)
		b.post("/teams/new", 200, "name=payments&title=Payments&person=mara&role=lead", "The team is added", "Lead", "services of payments")
		b.get("/teams/payments/edit", 200, `value="mara"`)
		version := b.field("version")
		b.post("/teams/payments/edit", 200, "title=Paying&person=mara&role=executive&version="+version, "Saved", "Executive")
		b.post("/teams/payments/edit", 422, "title=Late&version="+version, "changed it meanwhile")
		b.get("/teams", 200, "Paying")
		b.get("/teams/payments?delete=1", 200, "Delete the team Paying?")
		b.post("/teams/payments/delete", 200, "", "is deleted")
		b.get("/teams/payments", 404)

		b.post("/people/new", 200, "handle=tom&display=Tom&role=responder&zone=UTC", "A link for Tom")
		tom := b.another()
		tom.get(b.once(), 200)
		tom.post("/invite", 200, "token="+tom.field("token")+"&password="+url.QueryEscape(password))
		tom.get("/teams/new", 403)
		tom.post("/teams/new", 403, "name=x")
	})
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		job := actor.With(context.Background(), actor.Job("test"))
		p, _, err := s.CreatePerson(job, auth.PersonEdit{Handle: "mara", Role: actor.Admin, Profile: auth.Profile{Display: "Mara"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := actor.With(job, actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: p.Role})
		profiles := authweb.Profiles{Auth: s}
		if err := profiles.SavePreferences(ctx, "Asia/Tokyo", "", web.Engineering); err != nil {
			t.Error(err)
		}
		got, err := profiles.Profile(ctx)
		if want := (web.Profile{Name: "Mara", Handle: "mara", Zone: "Asia/Tokyo", Theme: web.Auto, Vocabulary: web.Engineering}); got != want || err != nil {
			t.Errorf("%+v %v", got, err)
		}
		if err := profiles.SavePreferences(ctx, "Mars", "", ""); err == nil {
			t.Error("Mars is accepted")
		}
		if got, err := profiles.Profile(job); got.Name != "Evenkeel" || err != nil {
			t.Errorf("the program itself: %+v %v", got, err)
		}
	})
}
