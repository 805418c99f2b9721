package notifyweb_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/notify/notifyweb"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

type house struct{}

func (house) Members(_ db.Querier, team string) ([]notify.Member, error) {
	if team != "payments" {
		return nil, nil
	}
	return []notify.Member{{Person: 1, Name: "Mara Lindt", Email: "mara@harbour.example", TeamRole: "member", Role: actor.Responder}}, nil
}

func (h house) People(q db.Querier, _ []int64) ([]notify.Member, error) {
	return h.Members(q, "payments")
}

var inc = ref.N(ref.Incident, 1042)

// site is a server with the pages, seen by an admin, and by nobody at /do/.
type site struct {
	*testing.T
	db    *db.DB
	s     *notify.Service
	url   string
	sink  string
	http  *http.Client
	mu    sync.Mutex
	state string
	page  string // the last page
	head  http.Header
}

func open(t *testing.T, d *db.DB) *site {
	box, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	b := &site{T: t, db: d, state: "triggered"}
	b.s, err = notify.New(d, notify.Options{BaseURL: "https://ek.harbour.example", Box: box, Directory: house{},
		Transports: map[notify.ChannelKind]notify.Transport{notify.Webhook: webhook.New(egress.Guard{Loopback: true})}})
	if err != nil {
		t.Fatal(err)
	}
	shell := &web.Shell{Org: "Harbour & Co", Login: "/login", Nav: []web.NavItem{{ID: "settings", Title: "Settings", Path: "/settings", Icon: "settings"}}}
	links := notify.NewLinks(b.s, func(context.Context, ref.Ref) (notify.Subject, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		s := notify.Subject{Title: "Checkout is down", State: b.state}
		if b.state == "triggered" {
			s.Verbs = []string{"acknowledge"}
		}
		return s, nil
	}, map[string]func(context.Context, ref.Ref) error{"acknowledge": func(ctx context.Context, _ ref.Ref) error {
		_, err := actor.Require(ctx, actor.Respond)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.state == "stuck" {
			return errs.E(errs.Unavailable, "the database is busy")
		}
		b.state = "acknowledged"
		return err
	}})
	mux := http.NewServeMux()
	(&notifyweb.Pages{Shell: shell, Notify: b.s, Links: links}).Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	mux.HandleFunc("GET /assets/", web.Assets)
	mara := actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin, Name: "Mara Lindt"}
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/do/") {
			r = r.WithContext(actor.With(r.Context(), mara))
		}
		mux.ServeHTTP(w, r)
	})))
	t.Cleanup(srv.Close)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/bad") {
			http.Error(w, "no such hook", http.StatusNotFound)
		}
	}))
	t.Cleanup(sink.Close)
	b.url, b.sink = srv.URL, sink.URL
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
	b.page, b.head = string(body), res.Header
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

// tell pages the team and returns a link's path.
func (b *site) tell(key string) (link string) {
	b.Helper()
	err := b.db.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) (err error) {
		tx.Record(evidence.Entry{Action: "incident.opened", Record: inc})
		if err := b.s.Notify(tx, notify.Notice{Key: key, Record: inc, Reason: "paged", Urgent: true, Title: "P1 Checkout is down", Text: "Every payment fails.",
			Facts: []notify.Fact{{Name: "Service", Value: "checkout"}}, Team: "payments", Channels: true}); err != nil {
			return err
		}
		link, err = b.s.Link(tx, 1, inc, notify.Action{Verb: "acknowledge", Label: "Acknowledge"})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimPrefix(link, "https://ek.harbour.example")
}

func TestChannelPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := open(t, d)
		b.get("/settings/channels", 200, "No channels yet", "/settings/channels/new")
		b.get("/settings/channels/new?kind=slack", 200, "incoming webhooks")
		b.post("/settings/channels/new", 422, url.Values{"kind": {"slack"}, "name": {"Bad Name"}, "team": {""}, "url": {"nonsense-SECRETPART"}}, "small letters", "Name the team")
		if strings.Contains(b.page, "SECRETPART") {
			t.Error("the address came back in the form")
		}
		b.post("/settings/channels/new", 422, url.Values{"kind": {"email"}, "name": {"list"}, "team": {"payments"}, "addresses": {"a@harbour.example\nnonsense"}}, "nonsense", "e-mail address")
		b.post("/settings/channels/new", 200, url.Values{"kind": {"webhook"}, "name": {"pager"}, "team": {"payments"}, "urgency": {"urgent"}, "url": {b.sink + "/SECRETPATH"}}, "shown this once", "whsec_")
		b.get("/settings/channels/pager", 200, "Only what is urgent", "Not used yet", "Send a test message")
		for _, leak := range []string{"SECRETPATH", "whsec_"} {
			if strings.Contains(b.page, leak) {
				t.Errorf("the page shows %s", leak)
			}
		}
		b.post("/settings/channels/pager/test", 200, nil, "was taken", "Works")
		b.get("/settings/channels/pager/edit", 200, "leave this empty to keep it")
		b.post("/settings/channels/pager/edit", 422, url.Values{"kind": {"webhook"}, "team": {"payments"}, "version": {"7"}}, "changed meanwhile")
		b.post("/settings/channels/pager/edit", 422, url.Values{"kind": {"webhook"}, "team": {"payments"}, "version": {"1"}, "per_minute": {"many"}}, "whole number")
		b.post("/settings/channels/pager/edit", 200, url.Values{"kind": {"webhook"}, "team": {"payments"}, "version": {"1"}, "url": {b.sink + "/bad"}}, "The channel is saved", "Everything")
		stale := url.Values{"kind": {"webhook"}, "team": {"search"}, "disabled": {"on"}, "per_minute": {"7"}, "version": {"1"}, "url": {b.sink + "/SECRETPATH"}}
		b.post("/settings/channels/pager/edit", 422, stale, "changed meanwhile", `value="search"`, "Now it is: payments", "Now it is on", "Now it is empty", "Type it again", `name="version" value="2"`)
		if strings.Contains(b.page, "SECRETPATH") {
			t.Error("the address came back in the form")
		}
		b.post("/settings/channels/pager/edit", 200, url.Values{"kind": {"webhook"}, "team": {"payments"}, "version": {"2"}, "per_minute": {"7"}}, "The channel is saved", "7 messages a minute")
		b.post("/settings/channels/pager/test", 200, nil, "did not go out", "404", "Failing")
		b.get("/settings/channels", 200, "pager", "Failing, 1×")
		b.get("/settings/channels/pager?delete=1", 200, "become dead letters")
		b.post("/settings/channels/pager/delete", 200, nil, "The channel pager is deleted", "No channels yet")
		b.get("/settings/channels/pager", 404)
	})
}

func TestDeliveryPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := open(t, d)
		b.get("/settings/deliveries", 200, "No messages yet")
		b.get("/settings/deliveries?state=dead", 200, "No dead letters")
		b.post("/settings/channels/new", 200, url.Values{"kind": {"webhook"}, "name": {"pager"}, "team": {"payments"}, "url": {b.sink + "/bad"}})
		b.tell("k")
		b.get("/settings/deliveries", 200, "MSG-1", "MSG-2", "Mara Lindt", "Waiting")
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- notify.NewCourier(b.s).Run(ctx) }()
		for deadline := 0; deadline < 2000; deadline++ { // until the refusal is recorded; each look is a request
			b.get("/settings/deliveries?state=dead", 200)
			if strings.Contains(b.page, "1 message is given up") {
				break
			}
		}
		stop()
		<-ended
		b.get("/settings/deliveries?state=dead", 200, "MSG-2", "Dead letter", "1 message is given up")
		b.get("/settings/deliveries/MSG-2", 200, "no such hook", "Refused", "Send it again", "Every payment fails.", "checkout", "pager")
		b.get("/settings/deliveries?q=INC-1042", 200, "MSG-1", "record:")
		b.get("/settings/deliveries?q=INC-7", 200, "No such messages about INC-7")
		b.get("/settings/deliveries?q=nonsense", 200, "no record key")
		b.post("/settings/deliveries/MSG-2/retry", 200, nil, "It is being sent")
		b.get("/settings/deliveries/MSG-9", 404)
		b.get("/settings/deliveries/x", 404)
	})
}

func TestLinkPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := open(t, d)
		link := b.tell("k")
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			req, _ := http.NewRequest(method, b.url+link, nil)
			res, err := b.http.Do(req)
			b.read(res, err, 200)
			if b.head.Get("Referrer-Policy") != "no-referrer" || b.head.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", method, b.head)
			}
		}
		b.get(link, 200, "Acknowledge INC-1042?", "Nothing has happened yet", "Checkout is down", `method="post"`)
		if b.state != "triggered" {
			t.Fatal("looking acted")
		}
		b.post(link, 200, nil, "Done", "INC-1042 is now acknowledged")
		b.post(link, 200, nil, "You have used this link")
		b.get(link, 200, "You have used this link")
		b.get("/do/AAAA", 404, "not known here")
		second := b.tell("k2")
		b.get(second, 200, "Nothing to do", "acknowledged already")
	})
}

// What people see in a real browser, on a desk and a phone.
func TestPagesInBrowser(t *testing.T) {
	b := open(t, dbtest.SQLite(t))
	browser := webtest.Browser(t)
	b.post("/settings/channels/new", 200, url.Values{"kind": {"webhook"}, "name": {"payments-pager"}, "team": {"payments"}, "urgency": {"urgent"}, "url": {b.sink + "/bad"}})
	b.post("/settings/channels/payments-pager/test", 200, nil)
	link := b.tell("k")
	for name, path := range map[string]string{"channels": "/settings/channels", "channel": "/settings/channels/payments-pager", "channel-new": "/settings/channels/new?kind=webhook",
		"deliveries": "/settings/deliveries", "delivery": "/settings/deliveries/MSG-1", "dead": "/settings/deliveries?state=dead", "link": link} {
		for _, size := range webtest.Sizes {
			webtest.Look(t, browser, b.url+path, "notify-"+name, size)
		}
	}
}
