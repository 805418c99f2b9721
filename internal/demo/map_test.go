package demo

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// The demo's map says what breaks, counts a spare as one, had another past, and
// has something of each kind of trouble that maps have.
func TestMap(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	looked := false
	look := func(a *app.App) {
		looked = true
		as := system(ctx)
		find := func(text string) cmdb.Item {
			t.Helper()
			i, err := a.CMDB.Find(as, text)
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		levels := func(down ...string) map[string]graph.Level {
			t.Helper()
			var causes []cmdb.Cause
			for _, d := range down {
				causes = append(causes, cmdb.Cause{Item: find(d).ID})
			}
			r, err := a.CMDB.Impact(as, causes, cmdb.Ask{})
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]graph.Level{}
			for _, s := range r.Services {
				out[s.Service] = s.Level
			}
			return out
		}
		for _, x := range []struct {
			down                 []string
			checkout, storefront graph.Level
		}{
			{[]string{"cache:basket-a"}, graph.AtRisk, 0},
			{[]string{"cache:basket-a", "cache:basket-b"}, graph.Down, graph.Degraded},
			{[]string{"queue:orders"}, graph.Down, graph.Degraded},
			{[]string{"supplier:northgate-acquiring"}, graph.Down, graph.Degraded},
		} {
			if got := levels(x.down...); got["checkout"] != x.checkout || got["storefront"] != x.storefront {
				t.Errorf("%v: checkout %s, storefront %s", x.down, got["checkout"], got["storefront"])
			}
		}
		storefront := find("application:storefront")
		now, _, err := a.CMDB.Needs(as, storefront.ID, cmdb.Ask{})
		if err != nil {
			t.Fatal(err)
		}
		then, _, err := a.CMDB.Needs(as, storefront.ID, cmdb.Ask{At: time.Now().Add(-released - time.Hour)})
		if err != nil || len(then) == 0 || len(then) == len(now) {
			t.Errorf("it needs %d, and needed %d before this morning: %v", len(now), len(then), err)
		}
		conflicts, _, err := a.CMDB.List(as, cmdb.Filter{Conflicts: true}, "", 10)
		if err != nil || len(conflicts) != 1 || conflicts[0].Name != "orders" {
			t.Errorf("conflicts: %+v %v", conflicts, err)
		}
		stale, _, err := a.CMDB.List(as, cmdb.Filter{State: cmdb.Stale}, "", 10)
		if err != nil || len(stale) != 1 || stale[0].Name != "label-printer-3" {
			t.Errorf("stale: %+v %v", stale, err)
		}
		pairs, _, err := a.CMDB.Proposals(as, false, 0, 10)
		if err != nil || len(pairs) != 1 {
			t.Errorf("proposals: %+v %v", pairs, err)
		}
		b, err := a.CMDB.Baseline(as, "peak-season")
		if err != nil || b.Base == "" || b.Drift == 0 || b.Drift > 20 {
			t.Errorf("baseline: %+v %v", b, err)
		}
		runs, _, err := a.CMDB.Runs(as, "", 0, 100)
		for _, r := range runs {
			if r.State != cmdb.RunApplied {
				t.Errorf("%s of %s is %s: %s", r.Ref(), r.Source, r.State, r.Why)
			}
		}
		if err != nil || len(runs) < 8 {
			t.Errorf("%d runs: %v", len(runs), err)
		}
	}
	err := Run(ctx, Options{Listen: "127.0.0.1:0", History: 21, Calm: true, Out: io.Discard, Log: slog.New(slog.DiscardHandler), Opened: look, Ready: func(net.Addr) { stop() }})
	if err != nil || !looked {
		t.Errorf("looked %v: %v", looked, err)
	}
}
