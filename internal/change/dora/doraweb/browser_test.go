package doraweb_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page in both windows, and at the measures
// and the ledger in both themes.
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
		{"measures", "/changes/measures", webtest.Sizes, true, b},
		{"measures-quarter", "/changes/measures?period=90d&by=team", webtest.Sizes[:1], false, b},
		{"measures-none", "/changes/measures", webtest.Sizes, false, none},
		{"measures-fault", "/changes/measures?period=soon", webtest.Sizes[:1], false, b},
		{"ledger", "/changes/ledger", webtest.Sizes, true, b},
		{"ledger-none", "/changes/ledger", webtest.Sizes[1:], false, none},
		{"records", "/changes/measures/records?figure=failures", webtest.Sizes, false, b},
		{"approvals", "/changes/ledger/approvals?rule=board-review&who=board", webtest.Sizes, false, b},
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
