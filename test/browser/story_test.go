package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// stories are a responder's day. Each one ends where the next begins.
func (h *house) stories(t *testing.T) {
	tab := h.mara(t)
	var key string
	t.Run("declare with the keyboard", func(t *testing.T) { key = h.declare(t, tab) })
	if key == "" {
		t.Fatal("nothing was declared")
	}
	t.Run("acknowledge from a mail", func(t *testing.T) { h.acknowledge(t, key) })
	t.Run("mitigate and resolve", func(t *testing.T) { h.restore(t, tab, key) })
	t.Run("jump to a key", func(t *testing.T) { h.jump(t, tab, key) })
	t.Run("words, theme and zone", func(t *testing.T) { h.switches(t, tab) })
	t.Run("sign out and in", func(t *testing.T) { h.signOut(t, tab) })
}

// css is shorter than chromedp.CSS.
func css(s string) chromedp.CSS { return chromedp.CSS(s) }

func click(s string) chromedp.Action[chromedp.Void] { return chromedp.Click(css(s)) }
func see(s string) chromedp.Action[chromedp.Void]   { return chromedp.WaitVisible(css(s)) }

// keys presses keys wherever the focus is.
func keys(s string, with ...chromedp.KeyOption) chromedp.Action[chromedp.Void] {
	return chromedp.KeyEvent(s, with...)
}

// declare reports a complete outage without touching the mouse, in less than
// twenty seconds from the front page to the incident's.
func (h *house) declare(t *testing.T, tab *webtest.Tab) (key string) {
	tab.Go(t, h.url+"/")
	began := time.Now()
	tab.Do(t, keys("gd"), see("#f-title"), keys("Checkout fails after paying\t"), keys("checkout\t"), keys(kb.ArrowUp), keys("\t"), keys(kb.ArrowUp), keys("\r"), see(".ek-ih"))
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("declaring took %v", took)
	}
	i := h.incident(t, webtest.Ask[string](t, tab, `location.pathname.split("/").pop()`))
	if i.Priority != "P1" || i.Title != "Checkout fails after paying" || i.Service != "checkout" || i.State != "triggered" {
		t.Errorf("declared is %+v", i)
	}
	return i.Key
}

// record is what the stories ask the API of an incident.
type record struct {
	Key, Title, Service, Priority, State, How string
}

// incident reads an incident over the API.
func (h *house) incident(t *testing.T, key string) (r record) {
	t.Helper()
	status, _, body := h.get(t, "/api/v1/incidents/"+key)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", key, status, body)
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// acknowledge presses the link of the mail on a phone that is not signed in:
// it asks first, acts once, and says so when it is used again.
func (h *house) acknowledge(t *testing.T, key string) {
	link := h.linkIn(t, key)
	phone := h.visitor(t)
	phone.Window(t, webtest.Phone)
	phone.Go(t, link, see("form .btn-primary"))
	phone.Check(t, "mail-link", webtest.Phone)
	if i := h.incident(t, key); i.State != "triggered" {
		t.Fatalf("opening the link made it %s", i.State)
	}
	phone.Do(t, click("form .btn-primary"), chromedp.WaitNotPresent(css("form .btn-primary")), chromedp.WaitReady(css("main")))
	phone.Check(t, "mail-link-done", webtest.Phone)
	if i := h.incident(t, key); i.State != "acknowledged" {
		t.Errorf("after the button it is %s", i.State)
	}
	phone.Go(t, link, chromedp.WaitNotPresent(css("form .btn-primary")))
	if says := webtest.Ask[string](t, phone, `document.querySelector("main").innerText`); !strings.Contains(says, key+" is") {
		t.Errorf("the used link says %q", says)
	}
}

var doLink = regexp.MustCompile(`http://localhost:[0-9]+/do/[A-Za-z0-9_-]+`)

// linkIn waits for the first mail about the incident, to whoever is on call, and
// returns its first link that acts.
func (h *house) linkIn(t *testing.T, key string) string {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		h.mu.Lock()
		mail := slices.Clone(h.mail)
		h.mu.Unlock()
		for _, m := range mail {
			text := strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(m)
			if at := doLink.FindString(text); at != "" && strings.Contains(text, key) {
				return at
			}
		}
		select {
		case <-h.arrived:
		case <-late:
			t.Fatalf("no mail about %s came", key)
		}
	}
}

// restore mitigates and resolves on the incident's page while a second tab
// looks on: it follows without being loaded again.
func (h *house) restore(t *testing.T, tab *webtest.Tab, key string) {
	other := webtest.Open(t, tab)
	other.Window(t, webtest.Desktop)
	other.Go(t, h.url+"/incidents/"+key, see(".ek-is-live .ek-live"))
	webtest.Ask[any](t, other, `window.ekSame = true`)
	tab.Go(t, h.url+"/incidents/"+key, chromedp.SendKeys(css("#note"), "Rolling orders-queue back"), click(`input[value="decision"] + span`), click(".ek-comp .btn-primary"), see(".ek-tl .ek-tg"))
	tab.Do(t, click(".ek-btns .btn-primary"), see("form .ek-opts"), click(`input[value="rollback"] + span`), chromedp.SendKeys(css("textarea"), "Back to 2.7.4"), click("form .btn-primary"), see(".ek-cur .ek-c-mitigated"))
	other.Do(t, see(".ek-cur .ek-c-mitigated"))
	tab.Do(t, click(".ek-btns .btn-primary"), see("form.ek-form"), click("form.ek-form .btn-primary"), see(".ek-cur .ek-c-resolved"))
	other.Do(t, see(".ek-cur .ek-c-resolved"))
	if !webtest.Ask[bool](t, other, `window.ekSame === true`) {
		t.Error("the second tab was loaded again")
	}
	if i := h.incident(t, key); i.State != "resolved" || i.How != "rollback" {
		t.Errorf("it is %+v", i)
	}
	if says := webtest.Ask[string](t, other, `document.querySelector("#timeline").innerText`); !strings.Contains(says, "Decision") || !strings.Contains(says, "Back to 2.7.4") {
		t.Errorf("the second tab's timeline says %q", says)
	}
}

// jump goes to a record and to a page by Ctrl-K.
func (h *house) jump(t *testing.T, tab *webtest.Tab, key string) {
	for _, x := range []struct{ typed, path string }{{strings.ToLower(key), "/incidents/" + key}, {"priori", "/settings/priorities"}, {"declare", "/incidents/new"}} {
		tab.Go(t, h.url+"/services", keys("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)), see("#ek-palette input"), keys(x.typed))
		tab.Do(t, until(`[...document.querySelectorAll("#ek-hits [aria-selected=true]")].some(e => e.textContent.toLowerCase().includes("`+x.typed+`"))`))
		tab.Do(t, keys("\r"), until(`location.pathname === "`+x.path+`"`))
	}
}

// until waits for a JavaScript condition, across page loads.
func until(condition string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			ok, err := chromedp.Evaluate[bool](condition)(ctx, t)
			if ok {
				return nil
			}
			if ctx.Err() != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// switches changes what the viewer's menu offers; each holds on the next page.
func (h *house) switches(t *testing.T, tab *webtest.Tab) {
	copenhagen := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Copenhagen"})
		return err
	})
	tab.Do(t, copenhagen)
	press := func(button, then string) {
		t.Helper()
		tab.Go(t, h.url+"/incidents", click(".ek-um > summary"), click(`.ek-um button[`+button+`]`), until(then))
		tab.Go(t, h.url+"/services", until(then))
	}
	nav := `document.querySelector('.ek-side a[href="/incidents"]').textContent.trim()`
	press(`value="engineering"`, nav+`.startsWith("Outages")`)
	press(`value="itil"`, nav+`.startsWith("Incidents")`)
	press(`value="dark"`, `getComputedStyle(document.body).backgroundColor === "rgb(15, 20, 26)"`)
	press(`value="light"`, `getComputedStyle(document.body).backgroundColor === "rgb(246, 247, 249)"`)
	press(`value="Europe/Copenhagen"`, `/CES?T/.test(document.querySelector(".ek-zone").textContent)`)
	press(`value="UTC"`, `document.querySelector(".ek-zone").textContent === "UTC"`)
}

// signOut ends the session, comes back with a password, and is sent to where
// she wanted to go.
func (h *house) signOut(t *testing.T, tab *webtest.Tab) {
	tab.Go(t, h.url+"/", click(".ek-um > summary"), click(`form[action="/logout"] button`), until(`location.pathname === "/login"`))
	tab.Check(t, "signed-out", webtest.Desktop)
	if cookies := webtest.Ask[string](t, tab, `document.cookie`); cookies != "" {
		t.Errorf("scripts see cookies: %s", cookies)
	}
	tab.Do(t, chromedp.SendKeys(css("#f-login"), "mara"), chromedp.SendKeys(css("#f-password"), "wrong, wrong, wrong\r"), see("[role=alert]"),
		chromedp.SendKeys(css("#f-password"), "friday-evening-harbour\r"), see(".ek-strip"))
}
