package browser

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/demo"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// house is Harbour & Co, open for visitors, and a browser.
type house struct {
	*app.App
	url     string
	browser context.Context // nobody is signed in
	client  *http.Client    // signed in as Mara

	mu      sync.Mutex
	mail    []string
	arrived chan struct{} // there is more mail
}

// TestBrowser uses one house for all parts, in this order: what the stories
// change is not what the others look at.
func TestBrowser(t *testing.T) {
	h := open(t)
	t.Run("crawl and look", func(t *testing.T) { h.crawlAndLook(t) })
	t.Run("empty", func(t *testing.T) { h.empty(t) })
	t.Run("stories", func(t *testing.T) { h.stories(t) })
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{arrived: make(chan struct{}, 1)}
	listen := freePort(t)
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, demo.Options{Listen: listen, History: 14, Calm: true, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
			Opened: func(a *app.App) { h.App = a }, Ready: func(net.Addr) { close(ready) }, Mail: h.got})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(listen, ":")
	h.url = "http://localhost:" + port
	h.browser = webtest.Browser(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.client = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	if status, _, _ := h.get(t, "/demo/enter"); status != http.StatusOK {
		t.Fatalf("the demo does not let Mara in: %d", status)
	}
	return h
}

// freePort finds one; between here and its use somebody may take it, and the
// test then says so.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// got keeps what the product sends by mail.
func (h *house) got(message []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mail = append(h.mail, string(message))
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}

// get fetches a page as Mara, following redirects.
func (h *house) get(t *testing.T, path string) (status int, kind, body string) {
	t.Helper()
	return read(t, func() (*http.Response, error) { return h.client.Get(h.url + path) })
}

// post sends a form as Mara and fails the test if it is refused.
func (h *house) post(t *testing.T, path string, form url.Values) {
	t.Helper()
	if status, _, body := read(t, func() (*http.Response, error) { return h.client.PostForm(h.url+path, form) }); status != http.StatusOK {
		t.Fatalf("POST %s: %d %s", path, status, faults(body))
	}
}

func read(t *testing.T, do func() (*http.Response, error)) (int, string, string) {
	t.Helper()
	res, err := do()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), string(body)
}

// faults cuts what a refused form says out of its page.
func faults(body string) string {
	_, rest, ok := strings.Cut(body, `role="alert">`)
	if !ok {
		return body[:min(len(body), 400)]
	}
	return rest[:min(len(rest), 400)]
}

// visitor opens a tab of a visitor of their own, with their own cookies.
func (h *house) visitor(t *testing.T) *webtest.Tab {
	t.Helper()
	return webtest.Open(t, h.browser, chromedp.WithNewBrowserContext())
}

// mara opens a tab in which Mara is signed in, on the desktop.
func (h *house) mara(t *testing.T) *webtest.Tab {
	t.Helper()
	tab := h.visitor(t)
	tab.Window(t, webtest.Desktop)
	tab.Go(t, h.url+"/demo/enter")
	return tab
}
