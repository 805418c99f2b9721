package incidentweb_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page of the practice in both windows and,
// for the main ones, both themes.
func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	quiet := setup(t)
	b := setup(t)
	b.friday()
	both, small := webtest.Sizes, []webtest.Size{webtest.Phone}
	for _, page := range []struct {
		name, path string
		sizes      []webtest.Size
		dark       bool
		b          *bench
	}{
		{"now", "/", both, true, b}, {"now-quiet", "/", both, false, quiet},
		{"incident", "/incidents/INC-2", both, true, b}, {"incident-p2", "/incidents/INC-3", both, false, b}, {"incident-waits", "/incidents/INC-5", small, false, b}, {"incident-over", "/incidents/INC-1", both[:1], false, b},
		{"list", "/incidents", both, true, b}, {"list-empty", "/incidents?view=mine", small, false, quiet}, {"list-fault", "/incidents?q=colour:red", both[:1], false, b},
		{"declare", "/incidents/new", both, true, b}, {"mitigate", "/incidents/INC-2/mitigate", both, false, b}, {"update", "/incidents/INC-2/update", small, false, b},
		{"assign", "/incidents/INC-2/assign", both, false, b}, {"edit", "/incidents/INC-2/edit", both[:1], false, b}, {"restrict", "/incidents/INC-2/restrict", small, false, b},
		{"merge", "/incidents/INC-2/merge", small, false, b}, {"wait", "/incidents/INC-2/wait", small, false, b}, {"missing", "/incidents/INC-99", both, false, b},
	} {
		for _, size := range page.sizes {
			t.Run(page.name+" "+size.Name, func(t *testing.T) { webtest.Look(t, browser, page.b.url+page.path, page.name, size, blur) })
		}
		if page.dark {
			t.Run(page.name+" dark", func(t *testing.T) {
				page.b.theme = web.Dark
				defer func() { page.b.theme = web.Light }()
				webtest.Look(t, browser, page.b.url+page.path, page.name+"-dark", webtest.Desktop, blur)
			})
		}
	}
	b.words = web.Engineering
	t.Run("menu", func(t *testing.T) {
		webtest.Look(t, browser, b.url+"/", "menu", webtest.Desktop, chromedp.Click(chromedp.CSS(".ek-um > summary")))
	})
}

// blur takes the caret away, so that pictures do not blink.
var blur = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := chromedp.Evaluate[any]("document.activeElement.blur()")(ctx, t)
	return err
})

// TestPageFollows: an open page shows what others do, without reloading, and
// leaves alone what its reader is typing.
func TestPageFollows(t *testing.T) {
	b := setup(t)
	b.must(b.Declare(by(jonas), incident.Declaration{Title: "Checkout is down", Service: "checkout", Impact: incident.High, Urgency: incident.High}))
	tab, cancel := chromedp.NewContext(webtest.Browser(t))
	defer cancel()
	b.must(nil, chromedp.Do(tab))
	tab, stop := context.WithTimeout(tab, time.Minute)
	defer stop()
	b.must(nil, chromedp.Do(tab, chromedp.Navigate(b.url+"/incidents/INC-1"), chromedp.WaitVisible(chromedp.CSS(".ek-is-live .ek-live")),
		chromedp.SendKeys(chromedp.CSS("#note"), "half a sentence")))
	b.must(b.Acknowledge(by(jonas), 1))
	b.must(nil, chromedp.Do(tab, chromedp.WaitVisible(chromedp.CSS(".ek-stp .ek-cur .ek-c-acknowledged"))))
	b.must(b.AddNote(by(priya), 1, incident.Note{Text: "Support sees it, too"}))
	b.must(nil, chromedp.Do(tab, chromedp.WaitVisible(chromedp.CSS("#e3"))))
	typed, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.querySelector("#note").value + "|" + document.activeElement.id`))
	b.must(nil, err)
	if typed != "half a sentence|note" {
		t.Errorf("the reader's words are now %q", typed)
	}
}

// TestListWithoutReload: views and filters swap the list in place, the address
// follows, and a wrong filter shows its fault.
func TestListWithoutReload(t *testing.T) {
	b := setup(t)
	b.friday()
	tab, cancel := chromedp.NewContext(webtest.Browser(t))
	defer cancel()
	b.must(nil, chromedp.Do(tab))
	tab, stop := context.WithTimeout(tab, time.Minute)
	defer stop()
	b.must(nil, chromedp.Do(tab, chromedp.Navigate(b.url+"/incidents")))
	b.must(chromedp.Run(tab, chromedp.Evaluate[any]("window.ekSame = true")))
	b.must(nil, chromedp.Do(tab, chromedp.Click(chromedp.CSS(`.ek-views a[href$="view=resolved"]`)), chromedp.WaitVisible(chromedp.CSS(`.ek-views a[href$="view=resolved"][aria-current]`)),
		chromedp.SendKeys(chromedp.CSS("#ek-filter"), "colour:red\r"), chromedp.WaitVisible(chromedp.CSS("#ek-filter-fault"))))
	at, err := chromedp.Run(tab, chromedp.Evaluate[string](`location.pathname + location.search + " " + window.ekSame`))
	b.must(nil, err)
	if at != "/incidents?q=state%3Aresolved&q=colour%3Ared true" {
		t.Errorf("the browser is at %s", at)
	}
}
