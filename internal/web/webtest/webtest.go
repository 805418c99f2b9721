// Package webtest looks at pages with a real browser, for tests.
//
// Look opens a page in Chromium at one window size, and Tab.Check looks at the
// one that is open; both hold it to what every page must be: axe finds no
// violation of WCAG 2.2 AA, the browser's console stays empty (the strict CSP
// refuses nothing, no script fails), and nothing sticks out sideways. With
// EVENKEEL_SHOTS=dir they also write a picture, so that people can look too.
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

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
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
	tab := Open(t, browser)
	defer tab.Close()
	tab.Window(t, size)
	tab.Go(t, url, steps...)
	tab.Check(t, name, size)
}

// still asks pages not to move, so that nothing is measured halfway.
var still = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	return err
})

// Tab is one tab of the browser, for tests that look at many pages or use one
// as a person would.
type Tab struct {
	context.Context // of chromedp's actions
	Close           func()
	said            *notes
}

// Open opens a tab; it is closed with the test, if not before.
func Open(t testing.TB, browser context.Context, opts ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, opts...)
	tab := &Tab{Context: ctx, Close: sync.OnceFunc(cancel), said: &notes{}}
	t.Cleanup(tab.Close)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, tab.said.hear); err != nil {
		t.Fatal(err)
	}
	tab.Do(t, still)
	return tab
}

// Attach returns the worker that runs the script at the address, so that it can
// be asked, too.
func Attach(t testing.TB, tab *Tab, script string) *Tab {
	t.Helper()
	all, err := chromedp.Targets(tab)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.URL == script {
			ctx, cancel := chromedp.NewContext(tab, chromedp.WithTargetID(x.TargetID))
			t.Cleanup(cancel)
			return &Tab{Context: ctx, Close: cancel, said: &notes{}}
		}
	}
	t.Fatalf("no worker runs %s", script)
	return nil
}

// Do runs the steps, each within a minute, and ends the test if one fails.
func (tab *Tab) Do(t testing.TB, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, stop := context.WithTimeout(tab, time.Minute)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s: %v", tab.said.page, err)
	}
}

// Window sets the size of the tab.
func (tab *Tab) Window(t testing.TB, size Size) {
	t.Helper()
	view := []chromedp.EmulateViewportOption{}
	if size.Width < 500 {
		view = append(view, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	tab.Do(t, chromedp.EmulateViewport(size.Width, size.Height, view...))
}

// Go opens an address, and then does what the steps say.
func (tab *Tab) Go(t testing.TB, url string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	tab.said.turn(url)
	tab.Do(t, append([]chromedp.Action[chromedp.Void]{chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS("main"))}, steps...)...)
}

// Ask evaluates a JavaScript expression in the page.
func Ask[T any](t testing.TB, tab *Tab, expression string) T {
	t.Helper()
	ctx, stop := context.WithTimeout(tab, time.Minute)
	defer stop()
	return must(chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise)))(t)
}

// Check holds the page that is open to what every page must be. The window
// has the size already.
func (tab *Tab) Check(t testing.TB, name string, size Size) {
	t.Helper()
	url := tab.said.page
	if wide := Ask[int64](t, tab, `document.documentElement.scrollWidth`); wide > size.Width {
		t.Errorf("%s is %d px wide in a window of %d px", url, wide, size.Width)
	}
	if dir := os.Getenv("EVENKEEL_SHOTS"); dir != "" {
		Ask[any](t, tab, "scrollTo(0,0)")
		save(t, filepath.Join(dir, name+"-"+size.Name+".png"), must(chromedp.Run(tab, chromedp.CaptureScreenshot()))(t))
		save(t, filepath.Join(dir, name+"-"+size.Name+"-full.png"), must(chromedp.Run(tab, chromedp.FullScreenshot(100)))(t))
	}
	if !Ask[bool](t, tab, "typeof axe === 'object'") {
		Ask[any](t, tab, axe+";0")
	}
	for _, v := range Ask[[]string](t, tab, runAxe) {
		t.Errorf("%s (%s): axe: %s", url, size.Name, v)
	}
	if s := tab.said.all(); s != "" {
		t.Errorf("%s: the browser complains: %s", url, s)
		tab.said.turn(url)
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

// turn begins another page.
func (n *notes) turn(page string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.page, n.text = page, nil
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
