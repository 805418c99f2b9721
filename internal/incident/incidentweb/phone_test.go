package incidentweb_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// vapid is a public key of the right form.
const vapid = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"

// phoneSetup is the Friday evening on a phone, with an incident that nobody
// has, and with on-call and push wired.
func phoneSetup(t *testing.T) *bench {
	b := setup(t)
	b.pages.Push = &incidentweb.Push{Key: vapid, To: "/profile/contact/webpush", Path: "/profile/contact"}
	b.pages.Escalate = func(_ context.Context, id int64) error {
		if id == 1 {
			return errors.New("there is nobody left")
		}
		_, err := b.AddNote(by(mara), id, incident.Note{Text: "escalated from the phone page"})
		return err
	}
	b.pages.OnDuty = func(context.Context) ([]incidentweb.OnDuty, error) {
		return []incidentweb.OnDuty{
			{Schedule: "payments-primary", Path: "/oncall/schedules/payments-primary", People: []web.Person{{Handle: "mara", Name: "Mara Lindqvist", You: true}, {Handle: "tom", Name: "Tom"}}, Until: b.clock.Now().Add(14 * time.Hour)},
			{Schedule: "platform-night", Path: "/oncall/schedules/platform-night"},
		}, nil
	}
	b.friday()
	return b
}

func TestPhoneInBrowser(t *testing.T) {
	chrome := webtest.Browser(t)
	quiet := setup(t)
	b := phoneSetup(t)
	open := chromedp.Evaluate[any](`document.querySelector("#m details summary").click()`)
	for _, theme := range []web.Theme{web.Light, web.Dark} {
		b.theme, quiet.theme = theme, theme
		webtest.Look(t, chrome, b.url+"/m", "m-"+string(theme), webtest.Phone)
		webtest.Look(t, chrome, b.url+"/m", "m-ask-"+string(theme), webtest.Phone, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { _, err := open(ctx, t); return err }))
		webtest.Look(t, chrome, quiet.url+"/m", "m-quiet-"+string(theme), webtest.Phone)
	}
	webtest.Look(t, chrome, b.url+"/m", "m-desktop", webtest.Desktop)
	webtest.Look(t, chrome, b.url+"/offline", "offline", webtest.Phone)
}

// TestThumb: what one thumb does, without script.
func TestThumb(t *testing.T) {
	b := phoneSetup(t)
	if code, body := b.get("/m"); code != 200 || !strings.Contains(body, "Label printer retries") || !strings.Contains(body, `action="/m/INC-6/acknowledge"`) {
		t.Errorf("%d: %s", code, body)
	}
	for _, s := range []struct {
		verb string
		want incident.State
	}{{"acknowledge", incident.Acknowledged}, {"acknowledge", incident.Acknowledged}, {"escalate", incident.Acknowledged}, {"mitigate", incident.Mitigated}} {
		if code, to := b.post("/m/INC-6/"+s.verb, url.Values{}); code != http.StatusSeeOther || to != "/m" {
			t.Errorf("%s: %d %s", s.verb, code, to)
		}
		if i, err := b.Get(by(mara), 6); err != nil || i.State != s.want {
			t.Errorf("%s: %s %v", s.verb, i.State, err)
		}
	}
	for path, want := range map[string]int{"/m/INC-6/close": 404, "/m/INC-99/acknowledge": 404, "/m/nonsense/acknowledge": 404, "/m/INC-1/escalate": 500} {
		if code, _ := b.post(path, url.Values{}); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	b.pages.Escalate = nil
	if code, body := b.get("/m"); code != 200 || strings.Contains(body, "/escalate") {
		t.Error("escalate is offered without a policy")
	}
	if code, _ := b.post("/m/INC-2/escalate", url.Values{}); code != http.StatusUnprocessableEntity && code != http.StatusBadRequest {
		t.Errorf("escalating without a policy: %d", code)
	}
	b.me = as(mara, actor.Requester)
	if code, body := b.get("/m"); code != 200 || strings.Contains(body, `action="/m/`) {
		t.Error("a viewer is offered verbs")
	}
	if code, _ := b.post("/m/INC-2/mitigate", url.Values{}); code != http.StatusForbidden {
		t.Errorf("a viewer's thumb: %d", code)
	}
}

// TestPushReachesThePhone: the phone page starts the service worker and hands
// its subscription over; a push shows a notification; its button acts.
func TestPushReachesThePhone(t *testing.T) {
	b := phoneSetup(t)
	posted := make(chan url.Values, 1)
	acted := make(chan string, 1)
	b.also("POST /profile/contact/webpush", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		posted <- r.PostForm
		io.WriteString(w, `{"path":"/profile/contact/MET-1","verified":false}`)
	})
	b.also("POST /do/{token}", func(w http.ResponseWriter, r *http.Request) {
		acted <- r.PathValue("token")
		io.WriteString(w, "Done")
	})
	tab := webtest.Open(t, webtest.Browser(t))
	registered := make(chan serviceworker.RegistrationID, 16)
	if err := chromedp.Listen(tab, func(ev any) {
		if e, ok := ev.(*serviceworker.EventWorkerRegistrationUpdated); ok {
			for _, r := range e.Registrations {
				select {
				case registered <- r.RegistrationID:
				default:
				}
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	call := func(f func(ctx context.Context, t *chromedp.Target) error) { t.Helper(); tab.Do(t, chromedp.Func(f)) }
	call(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, serviceworker.Enable, cdp.Empty{})
		return err
	})
	call(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, browser.SetPermission, browser.SetPermissionParams{Origin: b.url, Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted})
		return err
	})
	tab.Window(t, webtest.Phone)
	tab.Go(t, b.url+"/m")
	if got := webtest.Ask[string](t, tab, `navigator.serviceWorker.ready.then(r => r.active.scriptURL + " " + r.scope)`); got != b.url+"/sw.js "+b.url+"/" {
		t.Fatalf("service worker %q", got)
	}
	// The push service of a browser's maker is not here, so what it would answer is put in.
	webtest.Ask[any](t, tab, `PushManager.prototype.getSubscription = () => Promise.resolve(null);
		PushManager.prototype.subscribe = o => Promise.resolve({options: o, toJSON: () => ({endpoint: "https://push.example.org/abc", keys: {p256dh: "`+vapid+`", auth: "tBHItJI5svbpez7KI4CCXg"}, only: o.userVisibleOnly, bytes: o.applicationServerKey.length})}); 0`)
	tab.Do(t, chromedp.WaitVisible(chromedp.CSS("[data-ek-push-on]")), chromedp.Click(chromedp.CSS("[data-ek-push-on]")), chromedp.WaitVisible(chromedp.CSS("[data-ek-push-off]")))
	form := <-posted
	var sub map[string]any
	if err := json.Unmarshal([]byte(form.Get("subscription")), &sub); err != nil || sub["endpoint"] != "https://push.example.org/abc" || sub["only"] != true || sub["bytes"] != 65.0 || form.Get("label") == "" {
		t.Errorf("posted %v: %v", form, err)
	}
	if says := webtest.Ask[string](t, tab, `document.querySelector("[data-ek-push-says]").textContent`); !strings.HasPrefix(says, "Almost") {
		t.Errorf("the page says %q", says)
	}
	push := func(data string) {
		t.Helper()
		call(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: b.url, RegistrationID: <-registered, Data: data})
			return err
		})
	}
	webtest.Ask[any](t, tab, `navigator.serviceWorker.addEventListener("message", e => { window.ekHeard = (window.ekHeard || 0) + (e.data.ek === "pushed" ? 1 : 0) }); 0`)
	push(`{"id":"MSG-17","record":"INC-6","title":"P4 Label printer","text":"dock 4","url":"https://elsewhere.example/incidents/INC-6","urgent":true,"at":1764000000000,"do":[{"verb":"acknowledge","label":"Acknowledge","url":"https://elsewhere.example/do/TOKEN"}]}`)
	shown := func() string {
		return webtest.Ask[string](t, tab, `new Promise(done => { const n = window.ekSeen = (window.ekSeen || 0) + 1; (function wait() { if ((window.ekHeard || 0) < n) return setTimeout(wait, 20);
			navigator.serviceWorker.ready.then(r => r.getNotifications()).then(l => done(l.map(n => [n.title, n.body, n.tag, n.actions.map(a => a.action), n.requireInteraction].join("|")).join("\n"))) })() })`)
	}
	if got := shown(); got != "P4 Label printer|dock 4|INC-6|acknowledge|true" {
		t.Errorf("shown: %q", got)
	}
	push("not JSON")
	if got := shown(); !strings.Contains(got, "Evenkeel has news") {
		t.Errorf("a push that cannot be read shows %q", got)
	}
	// A press on the notification's button, as the browser tells the worker of it.
	worker := webtest.Attach(t, tab, b.url+"/sw.js")
	webtest.Ask[any](t, worker, `self.registration.getNotifications({tag: "INC-6"}).then(l => { self.dispatchEvent(new NotificationEvent("notificationclick", {notification: l[0], action: "acknowledge"})) })`)
	if got := <-acted; got != "TOKEN" {
		t.Errorf("the button redeemed %q", got)
	}
}

// TestManifest: what browsers read before they offer to install.
func TestManifest(t *testing.T) {
	b := phoneSetup(t)
	tab := webtest.Open(t, webtest.Browser(t))
	tab.Go(t, b.url+"/m")
	var res page.GetAppManifestResult
	tab.Do(t, chromedp.Func(func(ctx context.Context, t *chromedp.Target) (err error) {
		res, err = cdp.Call(ctx, t, page.GetAppManifest, page.GetAppManifestParams{})
		return err
	}))
	for _, e := range res.Errors {
		t.Errorf("Chromium about the manifest: %s", e.Message)
	}
	var m struct {
		ID, Scope, Display string
		StartURL           string `json:"start_url"`
		Icons              []struct{ Src, Sizes, Purpose string }
	}
	if err := json.Unmarshal([]byte(res.Data), &m); err != nil || m.ID != "/m" || m.StartURL != "/m" || m.Scope != "/" || m.Display != "standalone" || len(m.Icons) != 3 {
		t.Fatalf("%v: %s", err, res.Data)
	}
	for _, i := range m.Icons {
		got := webtest.Ask[string](t, tab, `new Promise((ok, no) => { const i = new Image(); i.onload = () => ok(i.naturalWidth + "x" + i.naturalHeight); i.onerror = () => ok("missing"); i.src = "`+i.Src+`" })`)
		if got != i.Sizes {
			t.Errorf("%s is %s, said to be %s", i.Src, got, i.Sizes)
		}
	}
}
