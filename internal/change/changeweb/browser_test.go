package changeweb_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page in both windows and, for the main
// ones, in both themes.
func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	none, b := setup(t), setup(t)
	b.story()
	for _, page := range []struct {
		name, path string
		sizes      []webtest.Size
		dark       bool
		b          *bench
	}{
		{"change", "/changes/CHG-1", webtest.Sizes, true, b}, {"waits", "/changes/CHG-2", webtest.Sizes, false, b}, {"emergency", "/changes/CHG-3", webtest.Sizes[:1], false, b},
		{"failed", "/changes/CHG-4?activity=all", webtest.Sizes[1:], false, b},
		{"list", "/changes", webtest.Sizes, true, b}, {"list-none", "/changes", webtest.Sizes, false, none}, {"list-fault", "/changes?q=colour:red", webtest.Sizes[:1], false, b},
		{"waiting", "/changes/waiting", webtest.Sizes, true, b}, {"board-none", "/changes/board", webtest.Sizes[1:], false, none}, {"away", "/changes/delegations", webtest.Sizes, false, b},
		{"decision", "/changes/decisions/DEC-1", webtest.Sizes, true, b}, {"new", "/changes/new", webtest.Sizes, false, b},
		{"models", "/changes/models", webtest.Sizes, false, b}, {"models-none", "/changes/models", webtest.Sizes[1:], false, none}, {"model", "/changes/models/certificate-renewal", webtest.Sizes, false, b},
		{"model-new", "/changes/models/new", webtest.Sizes[:1], false, b}, {"settings", "/changes/settings", webtest.Sizes, false, b}, {"close", "/changes/CHG-1/close", webtest.Sizes, false, b},
		{"plan", "/changes/CHG-2/plan", webtest.Sizes[1:], false, b}, {"missing", "/changes/CHG-99", webtest.Sizes[:1], false, b},
	} {
		for _, size := range page.sizes {
			t.Run(page.name+" "+size.Name, func(t *testing.T) { webtest.Look(t, browser, page.b.url+page.path, page.name, size) })
		}
		if page.dark {
			t.Run(page.name+" dark", func(t *testing.T) {
				page.b.theme = web.Dark
				defer func() { page.b.theme = web.Light }()
				webtest.Look(t, browser, page.b.url+page.path, page.name+"-dark", webtest.Desktop)
			})
		}
	}
}
