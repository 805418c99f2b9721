package cmdbweb_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

var drawn = chromedp.WaitReady(chromedp.CSS("#ek-map[data-ek-drawn]"))

// press sends a key to the map.
func press(t *testing.T, tab *webtest.Tab, keys ...string) {
	t.Helper()
	for _, k := range keys {
		webtest.Ask[any](t, tab, `document.getElementById("ek-map").dispatchEvent(new KeyboardEvent("keydown",{key:"`+k+`",bubbles:true}))`)
	}
}

// TestUse moves about with keys, opens a box, goes back, jumps by name and
// makes a picture.
func TestUse(t *testing.T) {
	h, _ := open(t, harbour(t))
	tab := webtest.Open(t, webtest.Browser(t))
	tab.Window(t, webtest.Desktop)
	tab.Go(t, h.url+"/map", drawn)
	said := func() string {
		return webtest.Ask[string](t, tab, `document.getElementById("ek-map-live").textContent`)
	}
	jump := func(name string) {
		webtest.Ask[any](t, tab, `(()=>{var q=document.getElementById("ek-filter");q.focus();q.value="`+name+`";q.dispatchEvent(new KeyboardEvent("keydown",{key:"Enter",bubbles:true,cancelable:true}))})()`)
	}
	jump("storefront")
	if s := said(); !strings.HasPrefix(s, "storefront, service, healthy, of web") {
		t.Errorf("a jump says %q", s)
	}
	press(t, tab, "ArrowRight")
	if s := said(); !strings.HasPrefix(s, "checkout") && !strings.HasPrefix(s, "search") && !strings.HasPrefix(s, "catalog-api") {
		t.Errorf("right of storefront stands %q", s)
	}
	press(t, tab, "ArrowLeft")
	if s := said(); !strings.HasPrefix(s, "storefront") {
		t.Errorf("back left stands %q", s)
	}
	jump("checkout")
	before := webtest.Ask[float64](t, tab, `ekMap.getElementById("CI-4").renderedBoundingBox().x1`)
	press(t, tab, "Enter")
	tab.Do(t, chromedp.Poll[chromedp.Void](`location.search === "?open=4" && ekMap.getElementById("CI-4").isParent()`))
	if after := webtest.Ask[float64](t, tab, `ekMap.getElementById("CI-4").renderedBoundingBox().x1`); after-before > 12 || before-after > 12 {
		t.Errorf("the opened box moves from %v to %v", before, after)
	}
	if s := webtest.Ask[string](t, tab, `document.getElementById("ek-map-says").textContent + document.querySelectorAll(".ek-map-t tbody tr").length`); !strings.Contains(s, "2 items hidden in 1 box") || !strings.HasSuffix(s, "21") {
		t.Errorf("with the box open: %s", s)
	}
	tab.Check(t, "use-open", webtest.Desktop)
	webtest.Ask[any](t, tab, `history.back()`)
	tab.Do(t, chromedp.Poll[chromedp.Void](`location.search === "" && !ekMap.getElementById("CI-4").isParent()`))
	webtest.Ask[any](t, tab, `document.querySelector("[data-ek-map-png]").click()`)
	if n := webtest.Ask[int64](t, tab, `+document.getElementById("ek-map").dataset.ekPng`); n < 5000 {
		t.Errorf("the PNG has %d bytes", n)
	}
	z := webtest.Ask[float64](t, tab, `ekMap.zoom()`)
	press(t, tab, "+")
	if webtest.Ask[float64](t, tab, `ekMap.zoom()`) <= z {
		t.Error("+ does not enlarge")
	}
	tab.Check(t, "use-back", webtest.Desktop)
}

// TestSamePlaces: the browser shows boxes where the server has put them,
// frames too.
func TestSamePlaces(t *testing.T) {
	h, _ := open(t, harbour(t))
	tab := webtest.Open(t, webtest.Browser(t))
	tab.Window(t, webtest.Desktop)
	tab.Go(t, h.url+"/map?open=4.17", drawn)
	off := webtest.Ask[[]string](t, tab, `JSON.parse(document.getElementById("ek-map-data").textContent).boxes.map(b=>{var r=ekMap.getElementById(b.id).boundingBox({includeLabels:false,includeOverlays:false,includeOutlines:false});
		var d=Math.max(Math.abs(r.x1-b.x),Math.abs(r.y1-b.y),Math.abs(r.w-b.w),Math.abs(r.h-b.h));return d>9?b.name+" is off by "+d.toFixed(1):""}).filter(s=>s)`)
	if len(off) > 0 {
		t.Error(off)
	}
}

// TestLarge: 2,000 boxes and 6,000 lines can be used.
func TestLarge(t *testing.T) {
	h, _ := open(t, large(t, 2000, 7000))
	begin := time.Now()
	body := h.see("/map", 200, "2000 boxes", "nothing hidden")
	server := time.Since(begin)
	tab := webtest.Open(t, webtest.Browser(t))
	tab.Window(t, webtest.Desktop)
	begin = time.Now()
	tab.Go(t, h.url+"/map", drawn)
	shown := time.Since(begin)
	drew := webtest.Ask[int64](t, tab, `+document.getElementById("ek-map").dataset.ekDrawn`)
	pan := webtest.Ask[float64](t, tab, `new Promise(done=>{var n=0,b=performance.now();(function f(){ekMap.panBy({x:5,y:3});if(++n<20)requestAnimationFrame(f);else done((performance.now()-b)/20)})()})`)
	if n := webtest.Ask[int64](t, tab, `(()=>{var c=document.querySelector(".ek-map-ground"),d=c.getContext("2d").getImageData(0,0,c.width,c.height).data,n=0;for(var i=3;i<d.length;i+=4)n+=d[i]>0;return n})()`); n < 10_000 {
		t.Errorf("the lines of a large map cover %d points", n)
	}
	t.Logf("server %v, page %d KB, shown after %v, drawn in %d ms, %.0f ms a frame while moving", server, len(body)/1024, shown, drew, pan)
	if n := webtest.Ask[int64](t, tab, `(()=>{var b=ekMap.nodes()[700];b.emit("tap");return ekMap.edges().length*1000+ekMap.edges(".ek-near").length})()`); n < 1001 || n%1001 != 0 {
		t.Errorf("lines of the chosen box, drawn and marked: %d", n)
	}
	webtest.Ask[any](t, tab, `document.querySelector("[data-ek-map-png]").click()`)
	if n := webtest.Ask[int64](t, tab, `+document.getElementById("ek-map").dataset.ekPng`); n < 100_000 {
		t.Errorf("the PNG has %d bytes", n)
	}
	tab.Check(t, "large", webtest.Desktop)
	if n := webtest.Ask[int64](t, tab, `ekMap.nodes().length`); n != 2000 { // how long it takes is said above: it depends on the machine
		t.Errorf("%d boxes are drawn", n)
	}
}

// TestPictureFile: the SVG is well formed, names no style, and stands alone.
func TestPictureFile(t *testing.T) {
	h, _ := open(t, harbour(t))
	for _, path := range []string{"/map.svg?open=4", "/map.svg?down=payments-db&theme=dark", "/map.svg?colour=owner", "/map.svg?colour=tier"} {
		body := h.see(path, 200, "<svg", "boxes", "!class=", "!style", "!%!", "!NaN", "!<a ")
		d := xml.NewDecoder(strings.NewReader(body))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
		if i := strings.Index(body, "<rect  "); i >= 0 {
			t.Errorf("%s: a role without paint", path)
		}
	}
}
