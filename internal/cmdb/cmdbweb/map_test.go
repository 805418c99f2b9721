package cmdbweb_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

func TestMapInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	w := harbour(t)
	w.alerting = []int64{w.ids["checkout"], w.ids["payments"]}
	h, _ := open(t, w)
	drawn := chromedp.WaitReady(chromedp.CSS("#ek-map[data-ek-drawn]"))
	for _, x := range []struct{ name, path string }{
		{"map", "/map"}, {"map-open", "/map?open=4.17&colour=owner"}, {"map-focus", "/map?focus=payments-db&depth=3&direction=needed"}, {"map-down", "/map?down=payments-db"}, {"map-tier", "/map?colour=tier"},
	} {
		for _, size := range webtest.Sizes {
			t.Run(x.name+" "+size.Name, func(t *testing.T) { webtest.Look(t, browser, h.url+x.path, x.name, size, drawn) })
		}
	}
	t.Run("dark", func(t *testing.T) {
		h.dark(true)
		defer h.dark(false)
		webtest.Look(t, browser, h.url+"/map?down=cache-a&open=4", "map-dark", webtest.Desktop, drawn)
	})
	for _, x := range []struct{ name, path string }{{"panel", "/panel/checkout"}, {"impact", "/map/impact?down=payments-db&degraded=cache-a&why=storefront"}, {"needs", "/map/impact?ask=needs&item=checkout"}, {"path", "/map/impact?ask=path&from=web+shop&to=db-host-1"}, {"roots", "/map/impact?ask=roots"}, {"ask", "/map/impact"}} {
		for _, size := range webtest.Sizes {
			t.Run(x.name+" "+size.Name, func(t *testing.T) { webtest.Look(t, browser, h.url+x.path, x.name, size) })
		}
	}
	empty, _ := open(t, newWorld(t))
	for _, size := range webtest.Sizes {
		webtest.Look(t, browser, empty.url+"/map", "map-empty", size)
	}
	_ = web.Dark
}
