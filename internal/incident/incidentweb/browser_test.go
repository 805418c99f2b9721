package incidentweb_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

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
	for _, page := range []struct {
		name, path string
		dark       bool
		b          *bench
	}{
		{"now", "/", true, b}, {"now-quiet", "/", false, quiet}, {"incident", "/incidents/INC-1", true, b}, {"incident-p2", "/incidents/INC-2", false, b}, {"incident-waits", "/incidents/INC-4", false, b},
		{"list", "/incidents", true, b}, {"list-empty", "/incidents?view=mine", false, quiet}, {"list-fault", "/incidents?q=colour:red", false, b}, {"declare", "/incidents/new", true, b},
		{"mitigate", "/incidents/INC-1/mitigate", false, b}, {"update", "/incidents/INC-1/update", false, b}, {"assign", "/incidents/INC-1/assign", false, b}, {"edit", "/incidents/INC-1/edit", false, b},
		{"restrict", "/incidents/INC-1/restrict", false, b}, {"merge", "/incidents/INC-1/merge", false, b}, {"wait", "/incidents/INC-1/wait", false, b}, {"missing", "/incidents/INC-99", false, b},
	} {
		for _, size := range webtest.Sizes {
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
