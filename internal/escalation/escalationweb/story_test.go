package escalationweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/escalation/escalationweb"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// world is the product with the pages of this package, as one person sees them.
type world struct {
	*app.App
	t   *testing.T
	mux *http.ServeMux
	who actor.Actor
}

func start(t *testing.T) *world {
	dir := t.TempDir()
	cfg := config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(dir, "ek.db"), PublicURL: "http://localhost:8080", KeepDays: 30, Checkpoints: 1e9, SMTPTLS: "none",
		LogKey: filepath.Join(dir, "log.key"), SecretsKey: filepath.Join(dir, "secrets.key")}
	a, err := app.New(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	w := &world{App: a, t: t, mux: http.NewServeMux()}
	ctx := actor.With(context.Background(), actor.Job("test"))
	var members []auth.MemberEdit
	for _, h := range []string{"mara", "jonas", "tom"} {
		p, _, err := a.People.CreatePerson(ctx, auth.PersonEdit{Handle: h, Email: h + "@harbour.example", Role: actor.Manager, Profile: auth.Profile{Display: strings.ToUpper(h[:1]) + h[1:]}})
		if err != nil {
			t.Fatal(err)
		}
		if h == "mara" {
			w.who = actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: actor.Manager, Name: "Mara"}
		}
		members = append(members, auth.MemberEdit{Person: h})
	}
	if _, err := a.People.CreateTeam(ctx, "payments", auth.TeamEdit{Members: members}); err != nil {
		t.Fatal(err)
	}
	shell := &web.Shell{Org: "Harbour & Co"}
	add := func(pattern string, h web.HandlerFunc) { w.mux.Handle(pattern, shell.Handle(h)) }
	pages := &escalationweb.Pages{Shell: shell, Policies: a.Escalation}
	pages.Routes(add)
	incidents := &incidentweb.Pages{Shell: shell, Incidents: a.Incidents}
	incidents.AddPanel(incidentweb.Panel{ID: "ladder", Title: "Who is told", Order: 10, Render: pages.Panel})
	incidents.Routes(add)
	w.mux.HandleFunc("GET /assets/", web.Assets)
	return w
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	web.Secure(false, w.mux).ServeHTTP(rw, r.WithContext(actor.With(r.Context(), w.who)))
}

// step does one request and checks its status and what it says; "!x" must not
// be said.
func (w *world) step(method, path string, form url.Values, status int, says ...string) {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	text := rec.Header().Get("Location") + rec.Body.String()
	if rec.Code != status {
		w.t.Fatalf("%s %s: %d, want %d\n%s", method, path, rec.Code, status, text)
	}
	for _, s := range says {
		if not := strings.HasPrefix(s, "!"); strings.Contains(text, strings.TrimPrefix(s, "!")) == not {
			w.t.Errorf("%s %s: want %q", method, path, s)
		}
	}
}

// TestStory makes a policy by the form, looks at it, and lives an incident.
func TestStory(t *testing.T) {
	w := start(t)
	w.step("GET", "/oncall/policies", nil, 200, "No escalation policies yet", "Add a policy…")
	w.step("GET", "/oncall/policies/new", nil, 200, "Step 3", "!Step 4")
	form := url.Values{"name": {"payments"}, "n": {"3"}, "teams": {"payment"}, "s0_tell": {"@mara"}, "s1_after": {"5 minutes"}, "s1_tell": {"the manager"}}
	w.step("POST", "/oncall/policies/new", form, 422, "“the manager”: write like schedule payments-primary", `value="5 minutes"`)
	form.Set("s1_tell", "@jonas\n#ops")
	w.step("POST", "/oncall/policies/new", form, 422, "write a time like 5m")
	form.Set("s1_after", "5m")
	w.step("POST", "/oncall/policies/new", form, 422, "there is no such team", "there is no such channel")
	form.Set("teams", "payments")
	form.Set("s1_tell", "@jonas")
	form.Set("s2_tell", "team payments")
	form.Set("s2_after", "1h30m")
	form.Set("s2_hours", "other")
	form.Set("do", "more")
	w.step("POST", "/oncall/policies/new", form, 200, "Step 4", "!Step 5")
	form.Set("do", "preview")
	w.step("POST", "/oncall/policies/new", form, 200, "Preview, not saved", "Mara", "Jonas")
	w.step("GET", "/oncall/policies/payments", nil, 404)
	form.Del("do")
	w.step("POST", "/oncall/policies/new", form, 303, "/oncall/policies/payments")
	w.step("GET", "/oncall/policies", nil, 200, "mara → 5 min → jonas → 1 h 30 min → payments", "team payments")
	w.step("GET", "/oncall/policies/payments", nil, 200, "5 min</span>", "1 h 35 min", "outside business hours", "Who would be told when", "Edit…", "Leads and manager, again and again")
	w.step("GET", "/oncall/policies/payments?at=2026-03-29T02:10&priority=P4", nil, 200, "A P4 pages nobody")
	w.step("GET", "/oncall/policies/payments?at=yesterday", nil, 200, "write the time like")
	w.step("GET", "/oncall/policies/payments/edit", nil, 200, "@jonas", `value="1h30m"`, `name="version" value="1"`)
	form.Set("version", "1")
	form.Set("repeat", "1")
	w.step("POST", "/oncall/policies/payments/edit", form, 303)
	form.Set("repeat", "2")
	w.step("POST", "/oncall/policies/payments/edit", form, 422, "version 2", `name="version" value="2"`)

	i, err := w.Incidents.Declare(actor.With(context.Background(), w.who), incident.Declaration{Title: "Checkout is down", Team: "payments", Impact: incident.High, Urgency: incident.High})
	if err != nil {
		t.Fatal(err)
	}
	page, ladder := i.Ref().Path(), i.Ref().Path()+"/ladder/"
	w.step("GET", page, nil, 200, "Who is told", "The next step follows in", "Escalate now", "Snooze…")
	w.step("POST", ladder+"escalate", nil, 303, page)
	w.step("GET", ladder+"snooze", nil, 200, "goes on by itself")
	w.step("POST", ladder+"snooze", url.Values{"for": {"9000"}}, 422, "choose how long")
	w.step("POST", ladder+"snooze", url.Values{"for": {"30"}}, 303)
	w.step("GET", page, nil, 200, "Mara snoozed it", "Go on now")
	w.step("POST", ladder+"unsnooze", nil, 303)
	w.step("POST", ladder+"ask", url.Values{"person": {"nobody"}}, 422, "nobody who may sign in has this handle")
	w.step("POST", ladder+"ask", url.Values{"person": {"@tom"}, "note": {"the database"}}, 303)
	w.step("POST", ladder+"handover", url.Values{"to": {"jonas"}}, 303)
	w.step("GET", page, nil, 200, "asked to help", "asked to take over")
	mara := w.who
	p, err := w.People.Person(actor.With(context.Background(), mara), "tom")
	if err != nil {
		t.Fatal(err)
	}
	w.who = actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: actor.Responder, Name: "Tom"}
	w.step("GET", page, nil, 200, "You are asked to help.")
	w.step("POST", ladder+"answer", url.Values{"answer": {"accept"}}, 303)
	w.step("GET", page, nil, 200, "accepted", "!You are asked to help.")
	w.step("GET", "/oncall/policies/new", nil, 403)
	w.who = mara
	w.step("GET", "/oncall/policies/payments?delete=1", nil, 200, "Delete the policy payments?")
	w.step("POST", "/oncall/policies/payments/delete", nil, 303)
	w.step("GET", page, nil, 200, "Who is told") // it goes on to its end
}

// TestLook opens the pages in a browser: no axe finding, no refusal by the
// content policy, no sideways scrolling, on desktop and phone.
func TestLook(t *testing.T) {
	w := start(t)
	srv := httptest.NewServer(w)
	defer srv.Close()
	form := url.Values{"name": {"payments"}, "n": {"3"}, "teams": {"payments"}, "repeat": {"1"}, "s0_tell": {"@mara"}, "s1_after": {"5m"}, "s1_tell": {"@jonas\nmanager"}, "s2_tell": {"team payments"}, "s2_after": {"10m"}, "s2_hours": {"other"}}
	w.step("POST", "/oncall/policies/new", form, 303)
	i, err := w.Incidents.Declare(actor.With(context.Background(), w.who), incident.Declaration{Title: "Checkout is down", Team: "payments", Impact: incident.High, Urgency: incident.High})
	if err != nil {
		t.Fatal(err)
	}
	b := webtest.Browser(t)
	for name, path := range map[string]string{"policies": "/oncall/policies", "policy": "/oncall/policies/payments", "policy-edit": "/oncall/policies/payments/edit", "ladder": i.Ref().Path(), "ladder-ask": i.Ref().Path() + "/ladder/ask"} {
		for _, size := range webtest.Sizes {
			webtest.Look(t, b, srv.URL+path, name, size)
		}
	}
}
