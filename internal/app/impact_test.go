package app

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/incident"
)

func TestCounts(t *testing.T) {
	hit := func(name string, tier int, l graph.Level) cmdb.ServiceHit {
		return cmdb.ServiceHit{Service: name, Tier: tier, Level: l}
	}
	for _, x := range []struct {
		name string
		hit  []cmdb.ServiceHit
		want int
		why  string
	}{
		{name: "nothing"},
		{name: "one vital service", hit: []cmdb.ServiceHit{hit("checkout", 0, graph.Down)}, want: 1, why: "takes checkout down"},
		{name: "a vital service only works worse", hit: []cmdb.ServiceHit{hit("checkout", 0, graph.Degraded)}},
		{name: "two of tier 1", hit: []cmdb.ServiceHit{hit("a", 1, graph.Down), hit("b", 1, graph.Down)}},
		{name: "three of tier 1, and one of tier 3", hit: []cmdb.ServiceHit{hit("a", 1, graph.Down), hit("b", 1, graph.Down), hit("c", 1, graph.Down), hit("d", 3, graph.Down)}, want: 1, why: "takes a and 3 more services down"},
		{name: "a vital one and another", hit: []cmdb.ServiceHit{hit("a", 0, graph.Down), hit("b", 3, graph.Down)}, want: 1, why: "takes a and one more service down"},
		{name: "many of no tier", hit: []cmdb.ServiceHit{hit("a", -1, graph.Down), hit("b", -1, graph.Down), hit("c", -1, graph.Down)}},
	} {
		if n, why := counts(x.hit); n != x.want || why != x.why {
			t.Errorf("%s: %d %q", x.name, n, why)
		}
	}
}

// shopMap is a map on which checkout (tier 0) needs payments (tier 1), whose
// software alone stores in the database ledger, and both run on one host.
func shopMap(t *testing.T, d *db.DB) *App {
	t.Helper()
	m := cmdb.New(d, cmdb.Options{})
	t.Cleanup(func() { m.Close() })
	item := func(kind, name, tier string, ids ...cmdb.Identifier) cmdb.Record {
		s := &cmdb.Seen{Key: name, Kind: kind, Name: name, Identifiers: ids}
		if tier != "" {
			s.Attributes = map[string]json.RawMessage{"tier": json.RawMessage(tier)}
		}
		return cmdb.Record{Item: s}
	}
	related := func(from string, kind cmdb.RelationKind, to string) cmdb.Record {
		return cmdb.Record{Relation: &cmdb.SeenRelation{From: cmdb.ByKey(from), Kind: kind, To: cmdb.ByKey(to)}}
	}
	records := []cmdb.Record{
		item(cmdb.KindService, "checkout", "0", cmdb.Identifier{Scheme: cmdb.SchemeService, Value: "checkout"}),
		item(cmdb.KindService, "payments", "1", cmdb.Identifier{Scheme: cmdb.SchemeService, Value: "payments"}),
		item(cmdb.KindApplication, "gateway", "", cmdb.Identifier{Scheme: cmdb.SchemeServiceName, Value: "gateway"}),
		item(cmdb.KindDeployment, "gateway-eu", "", cmdb.Identifier{Scheme: cmdb.SchemeK8s, Value: "north/shop/Deployment/gateway-eu"}),
		item(cmdb.KindDeployment, "till", "", cmdb.Identifier{Scheme: cmdb.SchemeK8s, Value: "north/shop/StatefulSet/till"}),
		item(cmdb.KindDatabase, "ledger", "", cmdb.Identifier{Scheme: cmdb.SchemeDatabase, Value: "postgresql/db-1:5432/ledger"}),
		item(cmdb.KindHost, "node-1", "", cmdb.Identifier{Scheme: cmdb.SchemeDNS, Value: "node-1.harbour.example"}),
		related("checkout", cmdb.DependsOn, "payments"),
		related("gateway", cmdb.PartOf, "payments"), related("gateway-eu", cmdb.PartOf, "gateway"), related("till", cmdb.PartOf, "checkout"),
		related("gateway", cmdb.StoresIn, "ledger"), related("gateway-eu", cmdb.RunsOn, "node-1"), related("till", cmdb.RunsOn, "node-1"),
	}
	err := d.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		_, err := m.Observe(tx, "test", "", records)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for m.Graph().View().Stats().Relations < 7 {
		if time.Sleep(time.Millisecond); time.Now().After(deadline) {
			t.Fatalf("the graph has %+v", m.Graph().View().Stats())
		}
	}
	return &App{db: d, CMDB: m}
}

func TestMapOnAlerts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := shopMap(t, d)
		m := &mapOf{a: a}
		for _, x := range []struct {
			name   string
			source string
			labels map[string]string
			want   string
		}{
			{name: "a deployment", labels: map[string]string{"cluster": "north", "namespace": "shop", "deployment": "gateway-eu", "instance": "10.0.0.1:8080", "job": "kube-state-metrics"}, want: "payments"},
			{name: "a pod of it", labels: map[string]string{"cluster": "north", "namespace": "shop", "pod": "gateway-eu-7f9c4d6b8-x2k4z"}, want: "payments"},
			{name: "a pod of a set", labels: map[string]string{"cluster": "north", "namespace": "shop", "pod": "till-0"}, want: "checkout"},
			{name: "in a cluster that nobody names", labels: map[string]string{"namespace": "shop", "deployment": "till"}, want: "checkout"},
			{name: "a database by its exporter", labels: map[string]string{"datname": "ledger", "instance": "db-1:5432", "job": "postgres"}, want: "payments"},
			{name: "a database by name", labels: map[string]string{"database": "Ledger"}, want: "payments"},
			{name: "software", labels: map[string]string{"job": "shop/gateway"}, want: "payments"},
			{name: "on purpose", labels: map[string]string{"ci": "database:ledger", "job": "till"}, want: "payments"},
			{name: "by identifier", labels: map[string]string{"ci_id": "service.name=gateway"}, want: "payments"},
			{name: "a host of two services", labels: map[string]string{"instance": "node-1.harbour.example:9100"}},
			{name: "the affected system", source: "gateway", want: "payments"},
			{name: "nothing that anybody knows", labels: map[string]string{"job": "nobody-knows", "instance": "10.0.0.1:80"}, source: "x y"},
			{name: "no label"},
		} {
			var got []incident.Belonging
			if err := d.Read(context.Background(), func(q db.Querier) (err error) {
				got, err = m.Belong(q, []alert.Firing{{Labels: x.labels, Source: x.source}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if got[0].Service != x.want || (x.want != "") != (got[0].Why != "") {
				t.Errorf("%s: %+v, want %q", x.name, got[0], x.want)
			}
		}
		if err := d.Read(context.Background(), func(q db.Querier) error {
			for range 2 { // asked, and remembered
				if n, why, err := m.Raise(q, "payments"); n != 1 || why != "takes checkout down" || err != nil {
					t.Errorf("payments: %d %q %v", n, why, err)
				}
			}
			for _, name := range []string{"checkout", "nobody-knows"} {
				if n, why, err := m.Raise(q, name); n != 0 || why != "" || err != nil {
					t.Errorf("%s: %d %q %v", name, n, why, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// Items are as the alerts say that name them; of whom none ever spoke, nobody
// knows.
func TestHealthOfItems(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := shopMap(t, d)
		dbtest.UsesIndex(t, d, toldSQL, 100)
		a.Alerts = alert.New(d)
		ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		in, _, err := a.Alerts.CreateIntegration(ctx, alert.Integration{Name: "prometheus", Kind: alert.Prometheus})
		if err != nil {
			t.Fatal(err)
		}
		tell := func(dedup string, do alert.Action, s alert.Severity, labels map[string]string) {
			t.Helper()
			if _, err := a.Alerts.Ingest(actor.With(ctx, in.Actor("")), in, []alert.Event{{Action: do, Dedup: dedup, Severity: s, Summary: dedup, Labels: labels}}); err != nil {
				t.Fatal(err)
			}
		}
		tell("a", alert.Trigger, alert.Warning, map[string]string{"database": "ledger"})
		tell("b", alert.Trigger, alert.Critical, map[string]string{"database": "ledger", "x": "y"})
		tell("c", alert.Trigger, alert.Error, map[string]string{"namespace": "shop", "deployment": "till"})
		tell("d", alert.Trigger, alert.Error, map[string]string{"app": "gateway"})
		tell("d", alert.Resolve, "", map[string]string{"app": "gateway"})
		var items []cmdb.Item
		for _, name := range []string{"database:ledger", "deployment:till", "application:gateway", "host:node-1"} {
			i, err := a.CMDB.Find(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, i)
		}
		got, err := a.healthOfItems(ctx, items)
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []string{"down", "degraded", "ok", ""} {
			if s := got[items[n].ID]; s != want {
				t.Errorf("%s is %q, want %q", items[n].Name, s, want)
			}
		}
		if sick, err := a.unwellItems(ctx); len(sick) != 2 || err != nil {
			t.Errorf("unwell: %v %v", sick, err)
		}
	})
}

// Drift raises one alert for a baseline, which ends when nothing is left.
func TestDriftAlerts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := &App{db: d, Alerts: alert.New(d)}
		a.cfg.PublicURL = "https://ek.harbour.example"
		ctx := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		b := cmdb.Baseline{Name: "peak-season", Spec: cmdb.BaselineSpec{Title: "Frozen for the peak season", Alert: true}}
		for _, x := range []struct {
			drift int64
			want  string
		}{{0, ""}, {3, "The map has drifted from the baseline Frozen for the peak season: 3 differences"}, {4, "The map has drifted from the baseline Frozen for the peak season: 4 differences"}, {0, ""}} {
			err := d.Write(ctx, actor.Job("baselines"), "test", func(tx *db.Tx) error {
				tx.Unrecorded("nothing was ever raised")
				return a.drifted(tx, b, x.drift)
			})
			if err != nil {
				t.Fatal(err)
			}
			found, err := a.Alerts.List(ctx, alert.Filter{Status: alert.StatusFiring}, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			if x.want == "" && len(found.Alerts) > 0 || x.want != "" && (len(found.Alerts) != 1 || found.Alerts[0].Summary != x.want || found.Alerts[0].Labels["baseline"] != b.Name) {
				t.Errorf("%d differences: %+v", x.drift, found.Alerts)
			}
		}
	})
}
