package cmdb

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// mara may do everything.
func mara() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func serviceOn(t testing.TB, d *db.DB) *Service {
	t.Helper()
	s := New(d, Options{Log: quiet()})
	t.Cleanup(func() { s.Close() })
	return s
}

// clock is a database's clock that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time      { return c.t }
func (c *clock) add(d time.Duration) { c.t = c.t.Add(d) }
func newClock() *clock               { return &clock{time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)} }
func attrs(kv ...string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for i := 0; i < len(kv); i += 2 {
		out[kv[i]] = json.RawMessage(kv[i+1])
	}
	return out
}

func seen(key, kind, name string, ids ...Identifier) Record {
	return Record{Item: &Seen{Key: key, Kind: kind, Name: name, Identifiers: ids}}
}

func related(from End, kind RelationKind, to End) Record {
	return Record{Relation: &SeenRelation{From: from, Kind: kind, To: to}}
}

func observe(t testing.TB, s *Service, source, scope string, records ...Record) Effect {
	t.Helper()
	var e Effect
	err := s.db.Write(mara(), actor.Job("test"), "test", func(tx *db.Tx) (err error) {
		e, err = s.Observe(tx, source, scope, records)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustFind(t testing.TB, s *Service, text string) Detail {
	t.Helper()
	i, err := s.Find(mara(), text)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Get(mara(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Two sources tell of one thing by one identifier: one item, whose attributes
// come from whom the rules trust more, in whatever order they speak.
func TestTwoSourcesOneItem(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		arn := Identifier{SchemeARN, "arn:aws:rds:eu-west-1:123:db:orders"}
		tf := Record{Item: &Seen{Key: "aws_db_instance.orders", Kind: KindDatabase, Name: "orders", Env: "production", Identifiers: []Identifier{arn}, Attributes: attrs("size", `"db.m5"`, "engine", `"postgres"`)}}
		aws := Record{Item: &Seen{Key: arn.Value, Kind: KindCloud, Name: "orders-db", Identifiers: []Identifier{arn, {SchemeDNS, "orders.example.net"}}, Attributes: attrs("size", `"db.m6"`, "az", `"a"`)}}
		if e := observe(t, s, "aws", "123", aws); e.Created != 1 {
			t.Fatalf("%+v", e)
		}
		if e := observe(t, s, "terraform", "prod", tf); e.Created != 0 || e.Changed != 1 {
			t.Fatalf("%+v", e)
		}
		for range 3 {
			if e := observe(t, s, "aws", "123", aws); e.Same != 1 || len(e.Items) != 0 {
				t.Fatalf("said again: %+v", e)
			}
			if e := observe(t, s, "terraform", "prod", tf); e.Same != 1 || len(e.Items) != 0 {
				t.Fatalf("said again: %+v", e)
			}
		}
		i := mustFind(t, s, arn.String())
		if i.Kind != KindDatabase || i.Name != "orders" || string(i.Attributes["size"]) != `"db.m5"` || string(i.Attributes["az"]) != `"a"` || i.Conflicts != 1 {
			t.Errorf("item %+v", i.Item)
		}
		if o := i.Origins["size"]; o.Source != "terraform" || o.Other != 1 {
			t.Errorf("origin of size: %+v", o)
		}
		if o := i.Origins["az"]; o.Source != "aws" || o.Scope != "123" {
			t.Errorf("origin of az: %+v", o)
		}
		if len(i.Identifiers) != 2 || len(i.Observations) != 2 {
			t.Errorf("identifiers %v observations %v", i.Identifiers, i.Observations)
		}
		if same := mustFind(t, s, "dns=orders.example.net"); same.ID != i.ID {
			t.Errorf("by the other source's identifier: %s", same.Ref())
		}
	})
}

// Several items bear one certain identifier, or a certain one contradicts: a
// proposal, never a silent merge.
func TestDoubts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		dns := Identifier{SchemeDNS, "db.harbour.example"}
		observe(t, s, "aws", "1", seen("a", KindDatabase, "one", Identifier{SchemeARN, "arn:one"}))
		observe(t, s, "aws", "1", seen("b", KindDatabase, "two", Identifier{SchemeARN, "arn:two"}, dns))
		e := observe(t, s, "terraform", "x", seen("k", KindDatabase, "three", Identifier{SchemeARN, "arn:three"}, dns))
		if e.Created != 1 || e.Counts.Proposals != 1 {
			t.Fatalf("a contradicted match: %+v", e)
		}
		e = observe(t, s, "netbox", "x", seen("k", KindDatabase, "four", dns))
		if e.Created != 0 || e.Counts.Proposals != 0 { // the pair is proposed already
			t.Fatalf("an ambiguous match goes to the oldest: %+v", e)
		}
		if two := mustFind(t, s, "arn=arn:two"); len(two.Observations) != 2 {
			t.Errorf("%+v", two.Observations)
		}
		// A plain name only proposes, and only from another origin.
		e = observe(t, s, "csv", "", seen("1", KindHost, "web-1"), seen("2", KindHost, "web-1"))
		if e.Created != 2 || e.Counts.Proposals != 0 {
			t.Errorf("two keys of one source: %+v", e)
		}
		if e = observe(t, s, "netbox", "", seen("9", KindHost, "WEB-1")); e.Created != 1 || e.Counts.Proposals != 2 {
			t.Errorf("a name: %+v", e)
		}
	})
}

// A relation whose end nobody knows waits, and is tied when the end appears.
func TestDangling(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		e := observe(t, s, "backstage", "", seen("cart", KindApplication, "cart", Identifier{SchemeServiceName, "cart"}),
			related(ByKey("cart"), DependsOn, By(SchemeDatabase, "postgresql/db-1/cart", KindDatabase)))
		if e.Dangling != 1 || e.RelationsAdded != 0 {
			t.Fatalf("%+v", e)
		}
		e = observe(t, s, "otlp", "", seen("db", KindDatabase, "cart", Identifier{SchemeDatabase, "postgresql/db-1/cart"}))
		if e.RelationsAdded != 1 {
			t.Fatalf("joined: %+v", e)
		}
		i := mustFind(t, s, "application:cart")
		if len(i.Relations) != 1 || !i.Relations[0].Out || i.Relations[0].Other.Kind != KindDatabase || i.Relations[0].Strength != Hard {
			t.Errorf("%+v", i.Relations)
		}
		err := d.Write(mara(), actor.Job("test"), "test", func(tx *db.Tx) error {
			_, err := s.Observe(tx, "backstage", "", []Record{related(ByKey("nobody"), DependsOn, ByKey("cart"))})
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("a key that the source never sent: %v", err)
		}
	})
}

// An application is part of the service whose word its service.name is, in
// whichever order they come, and no more when the word goes.
func TestNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, "otlp", "", seen("checkout", KindApplication, "checkout", Identifier{SchemeServiceName, "checkout"}))
		e := observe(t, s, SourceCatalog, "services", seen("checkout", KindService, "Checkout", Identifier{SchemeService, "checkout"}, Identifier{SchemeService, "till"}))
		if e.RelationsAdded != 1 {
			t.Fatalf("the service after its application: %+v", e)
		}
		e = observe(t, s, "kubernetes", "c1", seen("d/till", KindApplication, "till", Identifier{SchemeServiceName, "till"}))
		if e.RelationsAdded != 1 {
			t.Fatalf("an application by an alias, after the service: %+v", e)
		}
		i := mustFind(t, s, "service=checkout")
		if len(i.Relations) != 2 || i.Relations[0].Provenance != Inferred || i.Relations[0].Kind != PartOf || i.Relations[0].Strength != Hard {
			t.Fatalf("%+v", i.Relations)
		}
		observe(t, s, SourceCatalog, "services", seen("checkout", KindService, "Checkout", Identifier{SchemeService, "checkout"}))
		i = mustFind(t, s, "service=checkout")
		live := 0
		for _, r := range i.Relations {
			if r.State != Retired {
				live++
			}
		}
		if live != 1 {
			t.Errorf("the alias went: %+v", i.Relations)
		}
	})
}

// What was taken back by who said it is over at once, and comes back as the
// same item.
func TestWithdraw(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		team := Identifier{SchemeTeam, "payments"}
		observe(t, s, SourceHand, "", seen("a", KindTeam, "payments", team), seen("b", KindSupplier, "bank"), related(ByKey("b"), Provides, ByKey("a")))
		was := mustFind(t, s, "team=payments")
		if len(was.Relations) != 1 {
			t.Fatalf("%+v", was.Relations)
		}
		err := d.Write(mara(), actor.Job("test"), "test", func(tx *db.Tx) error { return s.Withdraw(tx, SourceHand, "", []string{"a", "never"}) })
		if err != nil {
			t.Fatal(err)
		}
		is, err := s.Get(mara(), was.ID)
		if err != nil || is.State != Retired || is.Relations[0].State != Retired {
			t.Fatalf("%+v %v", is, err)
		}
		observe(t, s, SourceHand, "", seen("a2", KindTeam, "payments", team))
		if again := mustFind(t, s, "team=payments"); again.ID != was.ID || again.State != Present {
			t.Errorf("back as %s, %s", again.Ref(), again.State)
		}
	})
}

func testActor() actor.Actor { return actor.Job("test") }
