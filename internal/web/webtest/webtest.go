// Package webtest looks at pages with a real browser, for tests.
//
// Look opens a page in Chromium at one window size and holds it to what every
// page must be: axe finds no violation of WCAG 2.2 AA, the browser's console
// stays empty (the strict CSP refuses nothing, no script fails), and nothing
// sticks out sideways. With EVENKEEL_SHOTS=dir it also writes a picture, so
// that people can look too.
//
// Only tests import this package, so Chromium's driver and axe-core are not
// part of the product. Chromium is found on the PATH; a machine without it
// fails the test, because a page nobody looked at is not done.
package webtest

import (
	"context"
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed axe/axe.min.js
var axe string

const runAxe = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r =>
	r.violations.map(v => v.id + ": " + v.help + " (" + v.nodes.slice(0, 4).map(n => n.target.join(" ") + " | " + (n.any[0] ? n.any[0].message : "")).join("; ") + ")"))`

// Size is a window.
type Size struct {
	Name          string
	Width, Height int64
}

// The two windows pages are made for.
var (
	Desktop = Size{"desktop", 1440, 1000}
	Phone   = Size{"phone", 390, 844}
	Sizes   = []Size{Desktop, Phone}
)

// Browser starts Chromium for the test; each Look uses a tab of its own.
func Browser(t testing.TB) context.Context {
	t.Helper()
	alloc, stop := chromedp.NewExecAllocator(context.Background(), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Headless,
		chromedp.Flag("disable-quic", true), chromedp.Flag("hide-scrollbars", true))
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium is needed for this test: %v", err)
	}
	return ctx
}

// Look opens the page in the window and checks it; name is the picture's.
// Steps run after the page has loaded and before it is checked, to open a menu
// or fill in a form.
func Look(t testing.TB, browser context.Context, url, name string, size Size, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	tab, stop := context.WithTimeout(tab, time.Minute)
	defer stop()
	said := notes{page: url}
	if err := chromedp.Listen(tab, said.hear); err != nil {
		t.Fatal(err)
	}
	view := []chromedp.EmulateViewportOption{}
	if size.Width < 500 {
		view = append(view, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	steps = append([]chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(size.Width, size.Height, view...), chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS("main"))}, steps...)
	if err := chromedp.Do(tab, steps...); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	wide := must(chromedp.Run(tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)))(t)
	if wide > size.Width {
		t.Errorf("%s is %d px wide in a window of %d px", url, wide, size.Width)
	}
	if dir := os.Getenv("EVENKEEL_SHOTS"); dir != "" {
		must(chromedp.Run(tab, chromedp.Evaluate[any]("scrollTo(0,0)")))(t)
		top := must(chromedp.Run(tab, chromedp.CaptureScreenshot()))(t)
		save(t, filepath.Join(dir, name+"-"+size.Name+".png"), top)
		full := must(chromedp.Run(tab, chromedp.FullScreenshot(100)))(t)
		save(t, filepath.Join(dir, name+"-"+size.Name+"-full.png"), full)
	}
	must(chromedp.Run(tab, chromedp.Evaluate[any](axe+";0")))(t)
	for _, v := range must(chromedp.Run(tab, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise)))(t) {
		t.Errorf("%s: axe: %s", url, v)
	}
	if s := said.all(); s != "" {
		t.Errorf("%s: the browser complains: %s", url, s)
	}
}

// notes collects what the browser says in its console.
type notes struct {
	page string // its own status is no complaint: error pages are looked at, too
	mu   sync.Mutex
	text []string
}

func (n *notes) hear(ev any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e := ev.(type) {
	case *log.EventEntryAdded:
		if e.Entry.URL == n.page {
			return
		}
		n.text = append(n.text, string(e.Entry.Level)+" "+e.Entry.Text)
	case *runtime.EventExceptionThrown:
		n.text = append(n.text, e.ExceptionDetails.Text)
	}
}

func (n *notes) all() string { n.mu.Lock(); defer n.mu.Unlock(); return strings.Join(n.text, "\n") }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func save(t testing.TB, path string, png []byte) {
	t.Helper()
	if err := os.WriteFile(path, png, 0o644); err != nil {
		t.Fatal(err)
	}
}
