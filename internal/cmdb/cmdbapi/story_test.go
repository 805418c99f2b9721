package cmdbapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// What people do to the map, through the public client, on both databases.
func TestStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		door := open(t, d)
		mara, tom, ctx := door.as(actor.Manager), door.as(actor.Responder), t.Context()
		item := func(kind, name string) client.ItemDetail {
			t.Helper()
			i, err := mara.CreateItem(ctx, client.NewItem{Kind: kind, Name: name, Team: "payments"})
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		orders, shop := item("database", "orders"), item("application", "shop")
		if _, err := tom.CreateItem(ctx, client.NewItem{Kind: "host", Name: "x"}); status(err) != 403 {
			t.Errorf("a responder: %v", err)
		}
		if _, err := mara.CreateItem(ctx, client.NewItem{Kind: "starship", Name: "x"}); status(err) != 422 {
			t.Errorf("an unknown kind: %v", err)
		}
		if i, err := tom.FindItem(ctx, "database:orders"); err != nil || i.Key != orders.Key {
			t.Errorf("%+v %v", i, err)
		}
		if _, err := tom.FindItem(ctx, "nothing of the kind"); status(err) != 404 {
			t.Errorf("%v", err)
		}

		// Editing needs the version that was read.
		set := client.ItemEdit{Set: map[string]json.RawMessage{"size": json.RawMessage(`"large"`)}}
		edited, err := mara.UpdateItem(ctx, orders.Key, orders.Version, set)
		if err != nil || string(edited.Attributes["size"]) != `"large"` || edited.Origins["size"].Source != "hand" {
			t.Fatalf("%+v %v", edited, err)
		}
		if _, err := mara.UpdateItem(ctx, orders.Key, orders.Version, set); status(err) != 409 {
			t.Errorf("a stale edit: %v", err)
		}
		if h, err := tom.ItemHistory(ctx, "orders", 10); err != nil || len(h.Items) != 2 || h.Items[1].Attributes["size"] != nil {
			t.Errorf("%+v %v", h, err)
		}

		// A relation, and what it means.
		if _, err := mara.PutRelation(ctx, client.HandRelation{From: "shop", Kind: "stores_in", To: "nowhere"}); func() string { _, f := problem(err); return f }() != "to" {
			t.Errorf("an unknown end: %v", err)
		}
		rel, err := mara.PutRelation(ctx, client.HandRelation{From: "shop", Kind: "stores_in", To: "orders"})
		if err != nil || rel.From != shop.Key || rel.To != orders.Key || rel.Strength != "hard" {
			t.Fatalf("%+v %v", rel, err)
		}
		hit, err := tom.ImpactOf(ctx, "orders")
		if err != nil || hit.Down != 2 || len(hit.Hits) != 2 || hit.Hits[1].Item.Name != "shop" || hit.Hits[1].Why[0].On.Name != "orders" || strings.Join(hit.Teams, " ") != "payments" {
			t.Errorf("%+v %v", hit, err)
		}
		if _, err := tom.Impact(ctx, []client.Cause{{Item: "orders"}, {Item: "nowhere"}}, client.ImpactAsk{}); func() string { _, f := problem(err); return f }() != "causes[1]" {
			t.Errorf("an unknown cause: %v", err)
		}
		if r, err := tom.Roots(ctx, []string{"shop"}, []string{"orders"}, time.Time{}); err != nil || len(r.Items) == 0 || r.Items[0].Item.Name != "orders" {
			t.Errorf("%+v %v", r, err)
		}
		if n, err := tom.ItemReach(ctx, "orders", false, time.Time{}); err != nil || n != 1 {
			t.Errorf("%d %v", n, err)
		}
		if s, err := tom.ItemNeighbours(ctx, "shop", client.ItemAsk{}); err != nil || len(s.Items) != 2 || len(s.Relations) != 1 {
			t.Errorf("%+v %v", s, err)
		}
		before := rel.Since.Add(-time.Millisecond)
		if then, err := tom.Item(ctx, "shop", before); err != nil || len(then.Relations) != 0 {
			t.Errorf("before the relation: %+v %v", then, err)
		}
		if diff, err := tom.MapDifferences(ctx, client.MapSpan{From: before}, "", 10); err != nil || len(diff.Items) != 1 || diff.Items[0].Relation != "stores_in" || diff.Items[0].Verb != "added" {
			t.Errorf("%+v %v", diff, err)
		}

		// A baseline, and the drift from it.
		if _, err := mara.CreateBaseline(ctx, "audit", client.BaselineSpec{Title: "Audit"}); err != nil {
			t.Fatal(err)
		}
		if err := mara.DeleteRelation(ctx, "shop", "stores_in", "orders"); err != nil {
			t.Fatal(err)
		}
		drift, err := tom.Drift(ctx, "audit", "", 10)
		if err != nil || len(drift.Items) != 1 || drift.Items[0].Verb != "removed" {
			t.Fatalf("%+v %v", drift, err)
		}
		decided := []client.DriftDecision{{What: drift.Items[0].What, Form: drift.Items[0].Form, Accept: true}}
		if _, err := tom.DecideDrift(ctx, "audit", decided); status(err) != 403 {
			t.Errorf("a responder: %v", err)
		}
		b, err := mara.DecideDrift(ctx, "audit", decided)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := tom.VerifyBaseline(ctx, "audit"); err != nil || !v.OK {
			t.Errorf("%+v %v", v, err)
		}
		if _, err := mara.MoveBaseline(ctx, "audit", b.Version-1); status(err) != 409 {
			t.Errorf("moving a stale one: %v", err)
		}

		// Two that are one.
		other := item("database", "orders-old")
		g, err := mara.MergeItems(ctx, orders.Key, other.Key, "renamed in May")
		if err != nil || g.Verb != "merge" {
			t.Fatalf("%+v %v", g, err)
		}
		if i, err := tom.FindItem(ctx, other.Key); err != nil || i.Key != orders.Key {
			t.Errorf("%+v %v", i, err)
		}
		if g, err = mara.UndoRegroup(ctx, g.ID); err != nil || g.Undone == nil {
			t.Errorf("%+v %v", g, err)
		}
		if _, err := mara.UndoRegroup(ctx, 99); status(err) != 404 {
			t.Errorf("undoing nothing: %v", err)
		}
		now, err := tom.Item(ctx, other.Key, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		gone, err := mara.RetireItem(ctx, other.Key, now.Version, "scrapped")
		if err != nil || gone.State != "retired" {
			t.Fatalf("%+v %v", gone, err)
		}
		if back, err := mara.RestoreItem(ctx, other.Key, gone.Version); err != nil || back.State != "present" {
			t.Errorf("%+v %v", back, err)
		}

		// Kinds and rules.
		k, err := mara.CreateItemKind(ctx, "mainframe", client.ItemKindSpec{Strict: true, Schema: map[string]any{"type": "object", "required": []string{"mips"}}})
		if err != nil || k.Version != 1 {
			t.Fatalf("%+v %v", k, err)
		}
		if _, err := mara.CreateItem(ctx, client.NewItem{Kind: "mainframe", Name: "z"}); func() string { _, f := problem(err); return f }() != "attributes.mips" {
			t.Errorf("against its schema: %v", err)
		}
		r, err := tom.Reconciliation(ctx)
		if err != nil || r.Version != 0 || r.Grace != "P30D" {
			t.Fatalf("%+v %v", r, err)
		}
		spec := r.ReconciliationSpec
		spec.Grace = "P7D"
		if p, err := tom.PreviewReconciliation(ctx, spec); err != nil || !p.All || p.Items != 0 {
			t.Errorf("%+v %v", p, err)
		}
		if r, err = mara.PutReconciliation(ctx, 0, spec); err != nil || r.Version != 1 || r.Grace != "P7D" {
			t.Errorf("%+v %v", r, err)
		}
		if _, err = mara.PutReconciliation(ctx, 0, spec); status(err) != 409 {
			t.Errorf("stale rules: %v", err)
		}
		if l, err := tom.ReportItems(ctx, "orphans", client.ReportFilter{}, "", 10); err != nil || len(l.Items) != 3 {
			t.Errorf("%+v %v", l, err)
		}
	})
}

// A complete run that would turn much stale asks; the rest of the map is as it
// was until somebody confirms.
func TestRunThatAsks(t *testing.T) {
	door := open(t, dbtest.SQLite(t))
	mara, machine, ctx := door.as(actor.Manager), door.as(actor.Machine), t.Context()
	table := "kind,name\nhost,a\nhost,b\nhost,c\n"
	up := client.MapUpload{Source: "csv", Scope: "rack", Complete: true}
	if r, err := machine.ImportFile(ctx, up, strings.NewReader(table)); err != nil || r.Counts.Created != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	r, err := machine.ImportFile(ctx, up, strings.NewReader("kind,name\nhost,a\n"))
	if err != nil || r.State != "asking" || r.Why == "" || len(r.Diff.Stale) != 2 || r.Diff.Stale[0].Item == "" {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := machine.ConfirmRun(ctx, r.Key); status(err) != 403 {
		t.Errorf("a machine confirms: %v", err)
	}
	if l, err := mara.Items(ctx, client.ItemFilter{State: "stale"}, "", 10); err != nil || len(l.Items) != 0 {
		t.Errorf("%+v %v", l, err)
	}
	if r, err = mara.ConfirmRun(ctx, r.Key); err != nil || r.State != "applied" {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := mara.RefuseRun(ctx, r.Key); status(err) != 409 {
		t.Errorf("refused after all: %v", err)
	}
	if l, err := mara.Items(ctx, client.ItemFilter{State: "stale"}, "", 10); err != nil || len(l.Items) != 2 {
		t.Errorf("%+v %v", l, err)
	}
	if l, err := mara.ReportItems(ctx, "stale", client.ReportFilter{Source: "csv"}, "", 1); err != nil || len(l.Items) != 1 || l.Next == "" {
		t.Errorf("%+v %v", l, err)
	}
}
