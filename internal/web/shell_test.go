package web_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ask sends one request through a shell's handler as the role ("" = nobody).
func ask(s *web.Shell, role actor.Role, h web.HandlerFunc, req *http.Request) *httptest.ResponseRecorder {
	if s.Log == nil {
		s.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if role != "" {
		req = req.WithContext(actor.With(req.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: role, Name: "Mara"}))
	}
	w := httptest.NewRecorder()
	web.Secure(true, s.Handle(h)).ServeHTTP(w, req)
	return w
}

// TestErrorsBecomePages: each kind has its status, a way out, and no inside.
func TestErrorsBecomePages(t *testing.T) {
	secret := errors.New("pq: password of the database")
	for kind, row := range errs.Table {
		w := ask(&web.Shell{Org: "Harbour & Co"}, actor.Responder, func(http.ResponseWriter, *http.Request) error {
			return errs.E(kind, "the disk is full").Because(secret).After(90 * time.Second).On("INC-7")
		}, httptest.NewRequest("GET", "/x", nil))
		body := w.Body.String()
		if w.Code != row.HTTP || !strings.Contains(body, "The disk is full") || strings.Contains(body, "password of") || w.Header().Get("Retry-After") != "90" {
			t.Errorf("%v: status %d, Retry-After %q", kind, w.Code, w.Header().Get("Retry-After"))
		}
		if id := w.Header().Get("X-Request-Id"); id == "" || !strings.Contains(body, id) {
			t.Errorf("%v: the page does not show its request id %q", kind, id)
		}
	}
	w := ask(&web.Shell{}, "", func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF }, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "EOF") {
		t.Errorf("foreign error: %d", w.Code)
	}
}

func TestUnknownVisitorSignsInAndComesBack(t *testing.T) {
	h := func(_ http.ResponseWriter, r *http.Request) error {
		_, err := actor.Require(r.Context(), actor.Read)
		return err
	}
	w := ask(&web.Shell{Login: "/login"}, "", h, httptest.NewRequest("GET", "/incidents?q=is:open", nil))
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/login?next=%2Fincidents%3Fq%3Dis%3Aopen" {
		t.Errorf("GET: %d to %q", w.Code, got)
	}
	if w := ask(&web.Shell{Login: "/login"}, "", h, httptest.NewRequest("POST", "/incidents", nil)); w.Code != 401 {
		t.Errorf("POST: %d", w.Code)
	}
	for next, want := range map[string]string{"/a?b": "/a?b", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/", "": "/", "/a\r\nb": "/"} {
		if got := web.LocalPath(next, "/"); got != want {
			t.Errorf("next %q leads to %q", next, got)
		}
	}
}

func TestFlashIsShownOnce(t *testing.T) {
	s := &web.Shell{Org: "Harbour & Co"}
	w := ask(s, actor.Responder, func(w http.ResponseWriter, r *http.Request) error {
		return web.Redirect(w, r, "/x", `Assigned to <b>Mara</b> & saved`)
	}, httptest.NewRequest("POST", "/x", nil))
	req := httptest.NewRequest("GET", "/_components", nil)
	for _, c := range w.Result().Cookies() {
		req.AddCookie(c)
	}
	w = ask(s, actor.Responder, s.Components, req)
	if !strings.Contains(w.Body.String(), "Assigned to &lt;b&gt;Mara&lt;/b&gt; &amp; saved") {
		t.Error("the message is not on the next page, escaped")
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge != -1 {
		t.Errorf("the message is not taken back: %v", c)
	}
	req = httptest.NewRequest("GET", "/_components", nil)
	req.AddCookie(&http.Cookie{Name: "ek_flash", Value: "%%%"})
	if w := ask(s, actor.Responder, s.Components, req); w.Code != 200 {
		t.Errorf("a broken cookie breaks the page: %d", w.Code)
	}
}

func TestSecureHeaders(t *testing.T) {
	w := ask(&web.Shell{}, actor.Admin, (&web.Shell{}).Components, httptest.NewRequest("GET", "/", nil))
	for h, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=63072000; includeSubDomains", "Cross-Origin-Opener-Policy": "same-origin"} {
		if got := w.Header().Get(h); got != want {
			t.Errorf("%s: %q", h, got)
		}
	}
	if body := w.Body.String(); strings.Contains(body, "style=") || strings.Contains(body, "<script>") || strings.Contains(body, "onclick") {
		t.Error("the page has inline style or script")
	}
}

func TestAssets(t *testing.T) {
	for _, name := range []string{"app.css", "app.js", "tabler.css", "htmx.js", "icons.svg", "inter.woff2", "favicon.svg"} {
		req := httptest.NewRequest("GET", web.AssetPath(name), nil)
		req.Header.Set("Accept-Encoding", "br, gzip")
		w := httptest.NewRecorder()
		web.Assets(w, req)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", name, w.Code, w.Header().Get("Cache-Control"))
		}
		if packed := w.Header().Get("Content-Encoding") == "gzip"; packed == strings.HasSuffix(name, ".woff2") {
			t.Errorf("%s: compressed %v", name, packed)
		}
		req.Header.Set("If-None-Match", w.Header().Get("Etag"))
		w = httptest.NewRecorder()
		if web.Assets(w, req); w.Code != 304 {
			t.Errorf("%s again: %d", name, w.Code)
		}
	}
	for _, path := range []string{"/assets/app.css", "/assets/../web.go", "/assets/"} {
		w := httptest.NewRecorder()
		if web.Assets(w, &http.Request{Method: "GET", URL: &url.URL{Path: path}}); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestPreferences(t *testing.T) {
	for form, want := range map[string]int{"zone=Europe/Stockholm": 303, "theme=dark&vocabulary=engineering": 303, "zone=Mars/Olympus": 422, "zone=Local": 422, "theme=pink": 422, "vocabulary=latin": 422} {
		s := &web.Shell{Profiles: profiles{}}
		req := httptest.NewRequest("POST", "/preferences", strings.NewReader(form+"&back=//evil.example"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := ask(s, actor.Requester, s.Preferences, req)
		if w.Code != want || want == 303 && w.Header().Get("Location") != "/" {
			t.Errorf("%s: %d to %q", form, w.Code, w.Header().Get("Location"))
		}
	}
}

// TestTemplatesAreChecked: what does not fit the struct does not start.
func TestTemplatesAreChecked(t *testing.T) {
	type row struct{ Name string }
	type good struct {
		web.Page
		Rows []row
		Tag  web.Tag
		N    int
	}
	type shadow struct {
		web.Page
		Title web.Field
	}
	for text, fault := range map[string]string{
		`{{range .Rows}}{{.Name}}{{end}}{{template "tag" .Tag}}{{plural .N "a" "b"}}{{.V.Time .V.Now}}`: "",
		`{{range .Rows}}{{.Nmae}}{{end}}`:                 "no exported field or method Nmae",
		`{{.V.Tmie .V.Now}}`:                              "no exported field or method Tmie",
		`{{.V.Time .N}}`:                                  "argument 1 of Time is int",
		`{{.V.Time}}`:                                     "wants 1 arguments and gets 0",
		`{{template "tga" .Tag}}`:                         `there is no template "tga"`,
		`{{template "tag" .N}}`:                           "no field or method Tone",
		`{{icon "no-such-icon"}}`:                         "there is no icon",
		`{{range .N}}{{end}}{{range .Tag}}{{end}}`:        "cannot range over web.Tag",
		`{{with $x := .Rows}}{{(index $x 0).Nme}}{{end}}`: "no exported field or method Nme",
		`{{plural "x" "a" "b"}}`:                          "argument 1 of plural is string",
	} {
		if got := parse(text, good{}); (got == "") != (fault == "") || !strings.Contains(got, fault) {
			t.Errorf("%s\n got %q\nwant %q", text, got, fault)
		}
	}
	if got := parse("x", shadow{}); !strings.Contains(got, "hides Page.Title") {
		t.Errorf("shadowing: %q", got)
	}
}

func parse(text string, page any) (fault string) {
	defer func() {
		if r := recover(); r != nil {
			fault = r.(string)
		}
	}()
	web.Parse(fstest.MapFS{"t.html": {Data: []byte(text)}}, "t.html", page)
	return ""
}

func TestViewerWords(t *testing.T) {
	now := time.Date(2026, 11, 20, 18, 46, 0, 0, time.UTC)
	v := web.NewView(web.Profile{Zone: "Europe/Stockholm", Vocabulary: web.Engineering}, actor.Actor{}, now)
	for got, want := range map[string]string{
		v.Local(now.Add(-time.Hour)):                                              "18:46",
		v.Local(now.Add(-3 * 24 * time.Hour)):                                     "Tue 19:46",
		v.Local(now.Add(-40 * 24 * time.Hour)):                                    "11 Oct 20:46",
		v.Local(now.Add(-400 * 24 * time.Hour)):                                   "16 Oct 2025",
		string(v.Ago(now.Add(-42 * time.Minute))):                                 `<time datetime="2026-11-20T18:04:00Z" title="Fri 20 Nov 2026 18:04:00 UTC" data-ek-tick="ago">42 min ago</time>`,
		v.Term("Incidents") + v.Term("incident"):                                  "Outagesoutage",
		v.Term("Known error") + v.Term("Alerts"):                                  "Documented bugAlerts",
		web.Dur(40*time.Second) + web.Dur(4*time.Hour):                            "40 s4 h",
		web.Dur(3*time.Hour + 22*time.Minute + 59*time.Second):                    "3 h 22 m",
		web.Dur(52*time.Hour) + web.Dur(-1):                                       "2 d 4 h0 s",
		web.Left(10*time.Minute + time.Second):                                    "11 min",
		web.Plural(1, "alert", "alerts") + web.Plural(48210, "alert", "alerts"):   "1 alert48\u202f210 alerts",
		web.Initials("Mara Lindqvist") + web.Initials("jonas") + web.Initials(""): "MLJO–",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestClockBar(t *testing.T) {
	start := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	m := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	c := web.Running("Resolution", 100*time.Minute, 90*time.Minute, m(110), []web.Stretch{{From: m(0), To: m(50)}, {From: m(50), To: m(60), Paused: true}, {From: m(60), To: m(100)}})
	if c.Tone != "amber" || c.Figure != "10 min" || c.Paused != "10 min" || len(c.Parts) != 3 || c.Parts[1] != (web.Part{From: 50, Width: 10, Hatched: true}) {
		t.Errorf("%+v", c)
	}
	var end float64
	for _, p := range web.Bar(10*time.Minute, []web.Stretch{{From: m(0), To: m(60)}, {From: m(60), To: m(61), Paused: true}, {From: m(61), To: m(99)}}) {
		end = p.From + p.Width
	}
	if end > 100.01 {
		t.Errorf("an overdue bar ends at %f %%", end)
	}
	if c := web.Running("Resolution", time.Hour, 2*time.Hour, m(60), nil); c.Tone != "red" || c.Figure != "1 h" {
		t.Errorf("overdue: %+v", c)
	}
}

func TestForm(t *testing.T) {
	f := &web.Form{Values: url.Values{"title": {" x "}, "impact": {"high"}}}
	if f.Refused(errs.E(errs.Forbidden, "no")) || f.Refused(nil) {
		t.Error("only what the person can correct brings the form back")
	}
	var bad errs.Fields
	bad.Add("spec.title", "x", "say more")
	bad.Add("other", "", "is missing")
	if !f.Refused(errs.Wrap("op", bad.Err())) || f.Input("title", "Title").Fault != "Say more" || f.Input("title", "").Value != " x " || len(f.Other("title")) != 1 {
		t.Errorf("%+v", f)
	}
	r := f.Radio("impact", "Impact", web.Option{Value: "low", Chosen: true}, web.Option{Value: "high"})
	if r.Options[0].Chosen || !r.Options[1].Chosen {
		t.Errorf("options: %+v", r.Options)
	}
}

// After a conflict both versions are in sight, and saving again is possible.
func TestFormConflict(t *testing.T) {
	form := func() *web.Form {
		return &web.Form{Values: url.Values{"title": {"mine"}, "room": {"same"}, "version": {"1"}}}
	}
	now := (&web.Form{}).Default("title", "theirs").Default("room", "same").Default("version", "2")
	f := form()
	if !f.Refused(errs.E(errs.Conflict, "it changed")) {
		t.Fatal("a conflict does not bring the form back")
	}
	f.Stored(now)
	title, room := f.Input("title", ""), f.Input("room", "")
	if title.Value != "mine" || title.Fault != "Now it is: theirs" || room.Fault != "" || f.Hidden("version").Value != "2" {
		t.Errorf("%+v %+v %s", title, room, f.Get("version"))
	}
	f = form()
	f.Refused(errs.BadField("title", "mine", "say more"))
	if f.Stored(now); f.Get("version") != "1" || f.Input("title", "").Fault != "Say more" {
		t.Error("a form with a wrong value lost what it was made from")
	}
}
