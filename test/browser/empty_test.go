package browser

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// empty looks at a product on its first day: it is set up through the link
// that the server prints, and then every page that needs no record is opened
// with nothing in it.
func (h *house) empty(t *testing.T) {
	dir := t.TempDir()
	a, err := app.New(context.Background(), config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(dir, "ek.db"), PublicURL: "http://localhost:8080",
		LogKey: filepath.Join(dir, "log.key"), SecretsKey: filepath.Join(dir, "secrets.key"), KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	defer srv.Close() // waits for open pages' event streams, which end with the app
	defer a.Close()
	setup, _, err := a.Door.SetupLink(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	fresh := &house{App: a, url: srv.URL, browser: h.browser}
	tab := fresh.visitor(t)
	fresh.look(t, tab, "/login", "login", true)
	fresh.look(t, tab, "/setup?token="+url.QueryEscape(setup.Secret), "setup", false)
	tab.Window(t, webtest.Desktop)
	tab.Do(t, chromedp.SendKeys(chromedp.CSS("#f-display"), "Mara Lindqvist"), chromedp.SendKeys(chromedp.CSS("#f-handle"), "mara"),
		chromedp.SendKeys(chromedp.CSS("#f-email"), "mara@harbour.example"), chromedp.SendKeys(chromedp.CSS("#f-password"), "friday-evening-harbour"),
		chromedp.Click(chromedp.CSS("form .btn-primary")), chromedp.WaitVisible(chromedp.CSS(".ek-calm")))
	for _, route := range a.Routes() {
		page, ok := strings.CutPrefix(route, "GET ")
		if page == "/{$}" {
			page = "/"
		}
		if !ok || strings.Contains(page, "{") || unreached[route] != "" || page == "/evidence/export" || page == "/map.svg" {
			continue
		}
		fresh.look(t, tab, page, "empty-"+nameOf(route), false)
	}
}
