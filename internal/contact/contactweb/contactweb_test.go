package contactweb_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/contact/contactweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// line keeps what it was given, and can refuse.
type line struct {
	mu   sync.Mutex
	got  []notify.Message
	fail error
}

func (l *line) Send(ctx context.Context, _ notify.Target, m notify.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	notify.Answer(ctx, "HTTP 201.")
	l.got = append(l.got, m)
	return nil
}

func (l *line) code() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return regexp.MustCompile(`\d{6}`).FindString(l.got[len(l.got)-1].Title)
}

func (l *line) refuse(err error) { l.mu.Lock(); l.fail = err; l.mu.Unlock() }

type directory struct{}

func (directory) Members(db.Querier, string) ([]notify.Member, error) { return nil, nil }
func (directory) People(db.Querier, []int64) ([]notify.Member, error) { return nil, nil }

// site is a server with the pages, seen by Mara.
type site struct {
	*testing.T
	url  string
	http *http.Client
	sms  *line
	page string
	mara context.Context
	s    *contact.Service
}

func open(t *testing.T, d *db.DB) *site {
	t.Helper()
	people, _, err := auth.New(d, auth.Config{PublicURL: "https://ek.harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := people.CreatePerson(actor.With(context.Background(), actor.Job("test")), auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Mara Lindt"}})
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	b := &site{T: t, sms: &line{}, s: contact.New(d, box)}
	n, err := notify.New(d, notify.Options{BaseURL: "https://ek.harbour.example", Box: box, Directory: directory{}, Book: b.s,
		Transports: map[notify.ChannelKind]notify.Transport{notify.SMS: b.sms, notify.Email: b.sms, notify.WebPush: b.sms, notify.Ntfy: b.sms}})
	if err != nil {
		t.Fatal(err)
	}
	b.s.Notify = n
	shell := &web.Shell{Org: "Harbour & Co", Login: "/login", Nav: []web.NavItem{{ID: "settings", Title: "Settings", Path: "/settings", Icon: "settings"}}}
	mux := http.NewServeMux()
	(&contactweb.Pages{Shell: shell, Contacts: b.s, Notify: n, Phone: "/m"}).Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	mux.HandleFunc("GET /assets/", web.Assets)
	who := actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: actor.Responder, Name: "Mara Lindt"}
	b.mara = actor.With(context.Background(), who)
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	jar, _ := cookiejar.New(nil) // never fails without options
	b.http = &http.Client{Jar: jar}
	return b
}

func (b *site) read(res *http.Response, err error, status int, words ...string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	b.page = string(body)
	if res.StatusCode != status {
		b.Errorf("%s %s: %d, want %d", res.Request.Method, res.Request.URL, res.StatusCode, status)
	}
	for _, w := range words {
		if !strings.Contains(b.page, w) {
			b.Errorf("%s lacks %q", res.Request.URL, w)
		}
	}
}

func (b *site) get(path string, status int, words ...string) {
	b.Helper()
	res, err := b.http.Get(b.url + path)
	b.read(res, err, status, words...)
}

func (b *site) post(path string, status int, form url.Values, words ...string) {
	b.Helper()
	res, err := b.http.PostForm(b.url+path, form)
	b.read(res, err, status, words...)
}

// A person adds a number, proves it, chooses rules, tests and removes it.
func TestPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := open(t, d)
		b.get("/profile/notifications", 200, "How you are told", "Only e-mail reaches you")
		b.get("/profile/contact/new?kind=webpush", 200, "Open the phone page")
		b.get("/profile/contact/new?kind=voice", 200, "not set up to send by it")
		b.post("/profile/contact/new", 422, url.Values{"kind": {"sms"}, "address": {"12"}}, "with its country code")
		b.post("/profile/contact/new", 200, url.Values{"kind": {"sms"}, "label": {"Work phone"}, "address": {"+49 40 1234567"}}, "A code is on its way", "Is it yours?", "49 ••• 67", "Not verified")
		if strings.Contains(b.page, "1234567") {
			t.Error("the number stands on the page")
		}
		b.post("/profile/contact/MET-1/code", 422, nil, "a moment ago")
		b.get("/profile/contact/MET-1?code="+b.sms.code(), 200, b.sms.code())
		b.post("/profile/contact/MET-1/verify", 422, url.Values{"code": {"1"}}, "4 tries are left")
		b.post("/profile/contact/MET-1/test", 422, nil, "verify it first")
		b.post("/profile/contact/MET-1/verify", 200, url.Values{"code": {b.sms.code()}}, "Work phone is verified")
		b.post("/profile/contact/MET-1/test", 200, nil, "The test message was taken", "HTTP 201", "Works")
		b.sms.refuse(&notify.Failure{Text: "21610: the number opted out", Permanent: true})
		b.post("/profile/contact/MET-1/test", 200, nil, "did not go out", "opted out", "Failing, 1")
		b.get("/profile/contact/MET-9", 404)
		b.get("/profile/contact/x", 404)

		b.get("/profile/contact/rules", 200, "As P1", "Quiet hours", "Phone call (none yet)", "More steps")
		rules := url.Values{"version": {"0"}, "p1[0].by": {"sms"}, "p1[1].by": {"email"}, "p1[1].after": {"120"}, "p2[0].by": {"="}, "p3[0].by": {"="}, "p4[0].by": {""}, "other[0].by": {"email"},
			"quiet.from": {"22:00"}, "quiet.to": {"07:00"}, "zone": {"Europe/Berlin"}, "self_test": {"08:00"}}
		b.post("/profile/contact/rules", 200, rules, "Saved", "SMS, then e-mail after 2 m", "22:00 to 07:00", "Daily at 08:00", "Nothing")
		rules.Set("p1[0].by", "")
		rules.Set("p1[1].by", "")
		b.post("/profile/contact/rules", 422, rules, "changed meanwhile")
		rules.Set("version", "1")
		b.post("/profile/contact/rules", 422, rules, "nobody can wake you")
		rules.Set("p1[0].by", "channel:gone")
		b.post("/profile/contact/rules", 422, rules, "no channel of this name")
		r, err := b.s.Rules(b.mara)
		if err != nil || r.Version != 1 || r.P2 != nil || r.P4 == nil || len(r.P4) != 0 {
			t.Errorf("%+v, %v", r, err)
		}
		b.get("/profile/contact/MET-1?delete=1", 200, "Remove Work phone?")
		b.post("/profile/contact/MET-1/remove", 200, nil, "The contact method is removed", "Not there yet: SMS")
	})
}

// What people see in a real browser, on a desk and a phone.
func TestPagesInBrowser(t *testing.T) {
	b := open(t, dbtest.SQLite(t))
	browser := webtest.Browser(t)
	look := func(name, path string) {
		for _, size := range webtest.Sizes {
			webtest.Look(t, browser, b.url+path, "contact-"+name, size)
		}
	}
	look("empty", "/profile/contact")
	b.post("/profile/contact/new", 200, url.Values{"kind": {"sms"}, "label": {"Work phone"}, "address": {"+49 40 1234567"}})
	look("verify", "/profile/contact/MET-1")
	b.post("/profile/contact/MET-1/verify", 200, url.Values{"code": {b.sms.code()}})
	b.post("/profile/contact/MET-1/test", 200, nil)
	b.post("/profile/contact/new", 200, url.Values{"kind": {"ntfy"}, "label": {"Tablet"}, "address": {"https://ntfy.harbour.example/mara-x7"}})
	b.post("/profile/contact/rules", 200, url.Values{"version": {"0"}, "p1[0].by": {"webpush"}, "p1[1].by": {"sms"}, "p1[1].after": {"120"}, "p1[2].by": {"voice"}, "p1[2].after": {"300"}, "p2[0].by": {"="}, "p3[0].by": {"email"},
		"p4[0].by": {"="}, "other[0].by": {"email"}, "quiet.from": {"22:00"}, "quiet.to": {"07:00"}, "zone": {"Europe/Berlin"}, "self_test": {"08:00"}})
	look("home", "/profile/contact")
	look("method", "/profile/contact/MET-1")
	look("rules", "/profile/contact/rules")
	look("new", "/profile/contact/new?kind=ntfy")
}
