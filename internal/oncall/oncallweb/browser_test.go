package oncallweb_test

import (
	"context"
	"strconv"
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

// TestPreviewInBrowser looks at what stands behind a button: the preview of an
// edit and of a file, and the link of a feed.
func TestPreviewInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	b := setup(t)
	b.seed()
	const pay = "/oncall/schedules/payments-primary"
	set := func(id, value string) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := chromedp.Evaluate[any]("document.getElementById("+strconv.Quote(id)+").value = "+strconv.Quote(value))(ctx, t)
			return err
		})
	}
	press := func(button, then string) []chromedp.Action[chromedp.Void] {
		return []chromedp.Action[chromedp.Void]{chromedp.Click(chromedp.CSS(button)), chromedp.WaitVisible(chromedp.CSS(then)), blur}
	}
	file := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Tom Olsen, nights\nDTSTART;TZID=Europe/Berlin:20261123T200000\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=6\nEND:VEVENT\n" +
		"BEGIN:VEVENT\nUID:2\nSUMMARY:Cleaning\nDTSTART;VALUE=DATE:20261125\nEND:VEVENT\nBEGIN:VEVENT\nUID:3\nSUMMARY:Odd\nDTSTART:20261125T100000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY\nEND:VEVENT\nEND:VCALENDAR"
	for _, size := range webtest.Sizes {
		t.Run("edit "+size.Name, func(t *testing.T) {
			steps := append([]chromedp.Action[chromedp.Void]{set("f-layer-0-shifts", "jonas\nmara\nomar"), set("f-layer-0-only", "mon-sat 00:00-24:00")}, press(".ek-acts .btn-primary", ".ek-oc-save")...)
			webtest.Look(t, browser, b.url+pay+"/edit", "preview", size, steps...)
		})
		t.Run("import "+size.Name, func(t *testing.T) {
			webtest.Look(t, browser, b.url+pay+"/import", "import-preview", size, append([]chromedp.Action[chromedp.Void]{set("f-text", file)}, press(".ek-form .btn-primary", ".ek-oc-imp")...)...)
		})
		t.Run("feed "+size.Name, func(t *testing.T) {
			webtest.Look(t, browser, b.url+"/oncall/mine", "feed", size, press("#feeds .btn", "#feed-link")...)
		})
		t.Run("faults "+size.Name, func(t *testing.T) {
			webtest.Look(t, browser, b.url+pay+"/edit", "faults", size, append([]chromedp.Action[chromedp.Void]{set("f-layer-1-shifts", "nobody")}, press(".ek-acts .btn-primary", ".ek-fault")...)...)
		})
	}
}

// TestDrag: a drag over the calendar opens the form with the hours it covered,
// a click on a shift with the shift's.
func TestDrag(t *testing.T) {
	b := setup(t)
	b.seed()
	tab := webtest.Open(t, webtest.Browser(t))
	tab.Window(t, webtest.Desktop)
	at := func(x float64) string {
		return `(()=>{var r=document.querySelector("svg[data-ek-cover]").getBoundingClientRect();return [r.left+r.width*` + strconv.FormatFloat(x, 'f', 4, 64) + `,r.top+60]})()`
	}
	mouse := func(kind string, x float64) {
		webtest.Ask[any](t, tab, `(()=>{var p=`+at(x)+`;(document.elementFromPoint(p[0],p[1])||document).dispatchEvent(new PointerEvent("`+kind+`",{bubbles:true,clientX:p[0],clientY:p[1],pointerType:"mouse"}))})()`)
	}
	const pay = "/oncall/schedules/payments-primary"
	for _, x := range []struct {
		a, b     float64
		from, to string
	}{
		{5.25 / 7, 5.75 / 7, "2026-11-21T06:00", "2026-11-21T18:00"}, // Saturday
		{5.75 / 7, 5.25 / 7, "2026-11-21T06:00", "2026-11-21T18:00"}, // backwards
		{0.5 / 7, 0.5 / 7, "2026-11-16T09:00", "2026-11-16T20:00"},   // a click on Jonas on Monday
	} {
		tab.Go(t, b.url+pay)
		mouse("pointerdown", x.a)
		if x.a != x.b {
			mouse("pointermove", (x.a+x.b)/2)
			mouse("pointermove", x.b)
		}
		mouse("pointerup", x.b)
		tab.Do(t, chromedp.WaitVisible(chromedp.CSS("#f-from")))
		if got := webtest.Ask[string](t, tab, `document.getElementById("f-from").value + " " + document.getElementById("f-to").value`); got != x.from+" "+x.to {
			t.Errorf("from %.2f to %.2f: %s", x.a*7, x.b*7, got)
		}
	}
	// Escape takes a drag back.
	tab.Go(t, b.url+pay)
	mouse("pointerdown", 0.5)
	mouse("pointermove", 0.6)
	webtest.Ask[any](t, tab, `document.dispatchEvent(new KeyboardEvent("keydown",{key:"Escape"}))`)
	mouse("pointerup", 0.6)
	if got := webtest.Ask[string](t, tab, `location.pathname + document.querySelectorAll(".ek-ln-sel").length`); got != pay+"0" {
		t.Error(got)
	}
}
