package cmdbweb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// TestMap reads the map's pages without a browser.
func TestMap(t *testing.T) {
	w := harbour(t)
	h, _ := open(t, w)
	h.see("/map", 200, "17 boxes · 15 lines · 5 items hidden in 1 box", "2 of 3 needed · 2 up, no spare", "night-report", "!db-host-1", "health not known", `"id":"CI-4"`)
	h.see("/map?open=4", 200, "2 items hidden in 1 box", "checkout-worker", "!checkout-api-blue")
	h.see("/map?open=4.17", 200, "nothing hidden", "checkout-api-blue")
	h.see("/map?focus=payments-db&direction=needs", 200, "db-host-1", "!storefront")
	h.see("/map?focus=payments-db&direction=needed&depth=1", 200, "payments", "!storefront", "!db-host-1")
	h.see("/map?focus=checkout-api-green", 200, "checkout-api-blue", "checkout-worker") // what is asked for is in sight
	h.see("/map?kind=host", 200, "db-host-1", "!storefront", "1 box")
	h.see("/map?team=payments", 200, "payments-db", "!storefront")
	h.see("/map?env=staging", 200, "storefront", "!payments-db")
	h.see("/map?colour=owner", 200, "ek-m-b-hue-", "no owner")
	h.see("/map?colour=tier", 200, "Tier 0 · service")
	h.see("/map?down=payments-db", 200, "7 DOWN, 1 DEGRADED", "DOWN · service", "!email")
	h.see("/map?down=cache-a", 200, "1 DOWN, 1 AT RISK", "2 of 3 needed · 2 up, no spare")
	h.see("/map?down=cache-a,cache-b", 200, "1 up, too few")
	h.see("/map?at=2026-11-13T18:00&focus=search&depth=1&direction=needs", 200, "As it was Fri 13 Nov 2026 18:00", "!catalog-api</a>")
	h.see("/map?at=2026-11-16T18:00&focus=search&depth=1&direction=needs", 200, "catalog-api</a>")
	h.see("/map?focus=nothing-like-it", 404, "nothing-like-it", `role="alert"`)
	for _, bad := range []string{"depth=99", "direction=up", "colour=red", "at=yesterday", "open=1.x", "open=" + strings.Repeat("1.", 300) + "2"} {
		if code, _ := h.get("/map?" + bad); code != 422 && !strings.HasPrefix(bad, "open=1.1") {
			t.Errorf("%s: %d", bad, code)
		}
	}
	// A box is as unwell as the worst thing in it, and says so.
	w.sick["checkout"], w.sick["checkout-worker"], w.sick["cache-b"] = "ok", "down", "degraded"
	h.see("/map", 200, "checkout, service, down, of checkout, 1 of 5 inside down", "2 of 3 needed")
	h.see("/map?open=4", 200, "checkout-worker, application, down", "checkout, service, healthy")
	empty, _ := open(t, newWorld(t))
	empty.see("/map", 200, "Three ways to fill it", "evenkeel cmdb import", "!ek-map-data")
	empty.see("/map?kind=host", 200, "Nothing is on this map")
}

// TestManyAlone: beside services, hundreds of things that nothing needs are
// counted and not drawn.
func TestManyAlone(t *testing.T) {
	w := newWorld(t)
	var names []string
	for i := range 600 {
		names = append(names, fmt.Sprint("table-", i))
	}
	w.item(cmdb.KindService, "shop", "checkout")
	w.item(cmdb.KindDatabase, "", names...)
	w.rel(cmdb.DependsOn, cmdb.Hard, "", "checkout", "table-7", "table-9")
	h, _ := open(t, w.settle())
	h.see("/map", 200, "3 boxes · 2 lines", "up to 598 more not shown", "table-7", "!table-8<")
	h.see("/map?kind=database", 200, "600 boxes", "the first 300 of 600 rows", "rows=all", "!ek-map-flat")
	h.see("/map?kind=database&rows=all", 200, "600 rows, the same")
}

// TestCircles: parts of each other, and needs in a circle, are drawn.
func TestCircles(t *testing.T) {
	w := newWorld(t)
	w.item(cmdb.KindService, "shop", "checkout", "basket")
	w.item(cmdb.KindApplication, "", "a", "b", "c")
	w.rel(cmdb.PartOf, cmdb.Hard, "", "a", "b")
	w.rel(cmdb.PartOf, cmdb.Hard, "", "b", "a")
	w.rel(cmdb.Calls, cmdb.Hard, "", "checkout", "basket")
	w.rel(cmdb.Calls, cmdb.Hard, "", "basket", "checkout", "c")
	w.rel(cmdb.Calls, cmdb.Hard, "", "c", "a")
	h, _ := open(t, w.settle())
	h.see("/map", 200, "4 boxes · 4 lines", "1 item hidden in 1 box")
	h.see("/map?open=3.4", 200, "5 boxes")
	h.see("/map?down=b", 200, "5 DOWN")
	h.see("/panel/checkout", 200, "basket")
}

// TestWholeGroups: a panel with little room shows a redundancy group whole.
func TestWholeGroups(t *testing.T) {
	w := newWorld(t)
	w.item(cmdb.KindService, "shop", "checkout", "a", "b", "c", "d", "e", "f")
	w.item(cmdb.KindCache, "", "cache-1", "cache-2", "cache-3", "other")
	w.rel(cmdb.DependsOn, cmdb.Hard, "", "checkout", "a", "b", "c", "d", "e", "f", "other")
	w.rel(cmdb.DependsOn, cmdb.Hard, "caches/2", "checkout", "cache-1", "cache-2", "cache-3")
	h, _ := open(t, w.settle())
	h.see("/panel/checkout", 200, "cache-1", "cache-2", "cache-3", "!>other<", "1 more not shown", "2 of 3 needed")
}

// TestImpact asks the four questions.
func TestImpact(t *testing.T) {
	w := harbour(t)
	w.alerting = []int64{w.ids["checkout"], w.ids["payments"]}
	h, _ := open(t, w)
	h.see("/map/impact", 200, "What breaks if it does?")
	h.see("/map/impact?down=payments-db", 200, "Tell", "/teams/web", "the cause", "(its part)", "It works.")
	h.see("/map/impact?item=payments-db", 200, "Tell")
	h.see("/map/impact?down=cache-a,cache-b", 200, "one of basket-cache: 1 of 3 up, 2 needed")
	h.see("/map/impact?down=payments-db&why=storefront", 200, "storefront is DOWN")
	h.see("/map/impact?down=payments-db&why=email", 200, "email is not hit.")
	h.see("/map/impact?ask=needs&item=checkout", 200, "payments-db", "does not work", "works, or has others")
	h.see("/map/impact?ask=path&from=checkout&to=db-host-1", 200, "checkout needs db-host-1, 4 steps away.", "it runs on")
	h.see("/map/impact?ask=path&from=db-host-1&to=checkout", 200, "It is the other way round")
	h.see("/map/impact?ask=roots", 200, "would explain 2 of 2", "payments")
	h.see("/map/impact?down=no-such-thing", 404, "no-such-thing")
}

// TestPanels shows a service's dependencies and an incident's blast radius.
func TestPanels(t *testing.T) {
	w := harbour(t)
	h, p := open(t, w)
	h.see("/panel/checkout", 200, "14 boxes", "This service", "They need", "2 of 3 needed · 2 up, no spare", "warehouse-sync", "Open map", "3 services", "/teams/web")
	h.see("/panel/email", 200, "Dependencies", "Customers")
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Manager})
	v := web.NewView(web.Profile{Name: "Mara Lindt"}, actor.Actor{}, now)
	for _, name := range []string{"nobody", "email"} {
		if body, count, err := p.ImpactPanel(ctx, v, []string{name}); err != nil || name == "nobody" && (body != "" || count != "") {
			t.Errorf("%s: %q %q %v", name, body, count, err)
		}
	}
	begin := time.Now()
	const n = 20
	for range n {
		if _, _, err := p.Panel(ctx, v, "checkout"); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(begin) / n; d > 50*time.Millisecond {
		t.Errorf("a panel takes %v", d)
	} else {
		t.Logf("a panel takes %v", d)
	}
}
