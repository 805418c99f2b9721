package windowweb_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page in both windows, and at the calendar
// in both themes.
func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	none, b := setup(t), setup(t)
	b.seed()
	for _, page := range []struct {
		name, path string
		sizes      []webtest.Size
		dark       bool
		b          *bench
	}{
		{"calendar", "/changes/calendar", webtest.Sizes, true, b},
		{"calendar-4w", "/changes/calendar?days=28&all=1", webtest.Sizes[:1], false, b},
		{"calendar-team", "/changes/calendar?team=payments", webtest.Sizes[1:], false, b},
		{"calendar-empty", "/changes/calendar", webtest.Sizes, false, none},
		{"calendar-fault", "/changes/calendar?from=soon", webtest.Sizes[:1], false, b},
		{"windows", "/changes/windows", webtest.Sizes, true, b},
		{"windows-empty", "/changes/windows", webtest.Sizes[1:], false, none},
		{"window", "/changes/windows/payday-weekend?delete=1", webtest.Sizes, false, b},
		{"window-new", "/changes/windows/new", webtest.Sizes, true, b},
		{"window-edit", "/changes/windows/warehouse-night/edit", webtest.Sizes[:1], false, b},
		{"links", "/changes/calendar/links", webtest.Sizes, false, b},
	} {
		for _, size := range page.sizes {
			webtest.Look(t, browser, page.b.url+page.path, page.name, size)
			if page.dark {
				page.b.theme = web.Dark
				webtest.Look(t, browser, page.b.url+page.path, page.name+"-dark", size)
				page.b.theme = web.Light
			}
		}
	}
}
