package cmdbapi_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// A plan is looked up on the map that its state made: the database that it
// replaces takes down what stores in it.
func TestPlan(t *testing.T) {
	door := open(t, dbtest.SQLite(t))
	mara, tom, ctx := door.as(actor.Manager), door.as(actor.Responder), t.Context()
	send := func(name string) *os.File {
		t.Helper()
		f, err := os.Open("../../connect/terraform/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	p, err := tom.PlanImpact(ctx, "terraform", "prod/shop", false, send("plan.json"))
	if err != nil || p.Impact != nil || len(p.Causes) != 0 || p.Unchanged != 1 {
		t.Fatalf("on an empty map: %+v %v", p, err)
	}
	if r, err := mara.ImportFile(ctx, client.MapUpload{Source: "terraform", Scope: "prod/shop", Complete: true}, send("state.json")); err != nil || r.State != "applied" {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := mara.CreateItem(ctx, client.NewItem{Kind: "application", Name: "checkout", Team: "payments"}); err != nil {
		t.Fatal(err)
	}
	database := "arn=arn:aws:rds:eu-central-1:111122223333:db:checkout-db"
	if _, err := mara.PutRelation(ctx, client.HandRelation{From: "application:checkout", Kind: "stores_in", To: database}); err != nil {
		t.Fatal(err)
	}
	if p, err = tom.PlanImpact(ctx, "terraform", "prod/shop", false, send("plan.json")); err != nil || p.Impact == nil {
		t.Fatalf("%+v %v", p, err)
	}
	i := slices.IndexFunc(p.Changes, func(c client.MapPlanChange) bool { return c.Address == "module.db.aws_db_instance.this" })
	if i < 0 || p.Changes[i].Action != "replace" || p.Changes[i].Level != "down" || len(p.Changes[i].Items) != 1 || p.Changes[i].Unknown {
		t.Fatalf("%+v", p.Changes)
	}
	if c := p.Changes[slices.IndexFunc(p.Changes, func(c client.MapPlanChange) bool { return c.Action == "create" })]; c.Level != "" || len(c.Items) != 0 {
		t.Errorf("what comes to be: %+v", c)
	}
	if !slices.Contains(p.Impact.Teams, "payments") || !slices.ContainsFunc(p.Impact.Hits, func(h client.Hit) bool { return h.Item.Name == "checkout" && h.Level == "down" }) {
		t.Errorf("%+v", p.Impact)
	}
	if _, err := tom.PlanImpact(ctx, "terraform", "", false, strings.NewReader(`{"format_version":"2.0"}`)); status(err) != 422 {
		t.Errorf("an unknown major: %v", err)
	}
	if _, err := tom.PlanImpact(ctx, "pulumi", "", false, strings.NewReader("{}")); status(err) != 422 {
		t.Errorf("an unknown system: %v", err)
	}
}
