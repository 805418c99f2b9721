package oncallweb_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page in both windows and, for the main
// ones, both themes.
func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	quiet, b := setup(t), setup(t)
	b.seed()
	both, small := webtest.Sizes, []webtest.Size{webtest.Phone}
	pay := "/oncall/schedules/payments-primary"
	for _, page := range []struct {
		name, path string
		sizes      []webtest.Size
		dark       bool
		b          *bench
	}{
		{"now", "/oncall", both, true, b}, {"now-empty", "/oncall", both, false, quiet},
		{"list", "/oncall/schedules", both, false, b}, {"list-empty", "/oncall/schedules", both, false, quiet},
		{"week", pay, both, true, b}, {"month", pay + "?view=month", both, true, b}, {"day", pay + "?view=day", both[:1], false, b},
		{"dst", pay + "?view=day&date=2026-10-25", both[:1], false, b}, {"dst-week", pay + "?date=2027-03-28", small, false, b}, {"gaps", "/oncall/schedules/search-hours", both, true, b}, {"two", "/oncall/schedules/shop-primary", both[:1], false, b},
		{"new", "/oncall/schedules/new", both, false, quiet}, {"edit", pay + "/edit", both, true, b},
		{"cover", pay + "/cover?from=2026-11-21T08:00:00Z&to=2026-11-22T08:00:00Z", both, false, b}, {"swap", "/oncall/schedules/second-line/swap", both, false, b},
		{"mine", "/oncall/mine", both, true, b}, {"mine-empty", "/oncall/mine", small, false, quiet}, {"fairness", pay + "/fairness?days=-90", both, true, b},
		{"import", pay + "/import", both[:1], false, b}, {"override", "/oncall/covers/COV-1", small, false, b}, {"offer", "/oncall/covers/COV-3", both[:1], false, b},
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
}

// blur takes the caret away, so that pictures do not blink.
var blur = chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
	_, err := chromedp.Evaluate[any]("document.activeElement.blur()")(ctx, t)
	return err
})
