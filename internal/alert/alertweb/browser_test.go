package alertweb_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page of the practice in both windows and,
// for the list, both themes.
func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	quiet, b := setup(t), setup(t)
	b.friday()
	both, wide := webtest.Sizes, webtest.Sizes[:1]
	for _, page := range []struct {
		name, path string
		sizes      []webtest.Size
		dark       bool
		b          *bench
	}{
		{"alerts", "/alerts", both, true, b}, {"alerts-empty", "/alerts", both, false, quiet}, {"alerts-service", "/alerts?q=is%3Afiring&q=env%3Dprod&group=service", wide, false, b},
		{"alerts-fault", "/alerts?q=colour:red", wide, false, b}, {"alerts-unrouted", "/alerts?view=unrouted", wide, false, quiet}, {"alert", "/alerts/ALR-6", both, true, b},
		{"alert-unrouted", "/alerts/ALR-1", wide, false, b}, {"alert-silenced", "/alerts/ALR-5", wide, false, b}, {"link", "/alerts/link?alert=ALR-1,ALR-2", both, false, b},
		{"silences", "/silences", both, false, b}, {"silences-empty", "/silences", wide, false, quiet}, {"silence", "/silences/SIL-1", both, false, b},
		{"silence-new", "/silences/new?matchers=service%3D%22checkout%22", both, false, b}, {"rules", "/rules", both, false, b}, {"rules-empty", "/rules", wide, false, quiet},
		{"rule-new", "/rules/new", both, false, b}, {"rule", "/rules/orders", wide, false, b}, {"try", "/rules/try?integration=prometheus&severity=critical&service=checkout", both, false, b},
		{"integrations", "/integrations", both, false, b}, {"integrations-empty", "/integrations", wide, false, quiet}, {"integration-new", "/integrations/new", both, false, b},
		{"integration", "/integrations/prometheus", both, true, b}, {"integration-heartbeat", "/integrations/heartbeat", wide, false, b},
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
	t.Run("bulk bar", func(t *testing.T) {
		webtest.Look(t, browser, b.url+"/alerts", "alerts-bulk", webtest.Desktop, chromedp.Click(chromedp.CSS(`input[value="ALR-1"]`)), chromedp.Click(chromedp.CSS(`input[value="ALR-3"]`)))
	})
}
