package cmdb

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// refused checks the kind of an error and, for wrong input, the first field.
func refused(t testing.TB, what string, err error, kind errs.Kind, field string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
		return
	}
	if field == "" {
		return
	}
	if f := errs.As(err).Fields; len(f) == 0 || f[0].Name != field || f[0].Remedy == "" {
		t.Errorf("%s: fields %v, want %s with a remedy", what, f, field)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHand(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		tom := actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: 5, Person: 5, Role: actor.Responder})
		_, err := s.CreateItem(tom, NewItem{Kind: KindDatabase, Name: "orders"})
		refused(t, "a responder", err, errs.Forbidden, "")
		_, err = s.CreateItem(mara(), NewItem{Kind: "toaster", Name: "x"})
		refused(t, "kind", err, errs.Invalid, "kind")
		_, err = s.CreateItem(mara(), NewItem{Kind: KindService, Name: "x"})
		refused(t, "a service", err, errs.Invalid, "kind")
		_, err = s.CreateItem(mara(), NewItem{Kind: KindDatabase})
		refused(t, "no name", err, errs.Invalid, "name")
		dns := Identifier{SchemeDNS, "orders.harbour.example"}
		i, err := s.CreateItem(mara(), NewItem{Kind: KindDatabase, Name: "Orders", Env: "production", Identifiers: []Identifier{dns}, Attributes: attrs("size", "3")})
		ok(t, err)
		if i.State != Present || i.Origins["size"].Source != SourceHand || i.Version != 1 {
			t.Errorf("made: %+v", i)
		}
		_, err = s.CreateItem(mara(), NewItem{Kind: KindDatabase, Name: "orders", Env: "production"})
		refused(t, "again", err, errs.Conflict, "")
		_, err = s.CreateItem(mara(), NewItem{Kind: KindDatabase, Name: "other", Identifiers: []Identifier{dns}})
		refused(t, "another's identifier", err, errs.Invalid, "identifiers")

		// A source tells of it too; a person's word goes first, and its absence
		// says nothing about the item.
		arn := Identifier{SchemeARN, "arn:web"}
		tf := Record{Item: &Seen{Key: "web", Kind: KindHost, Name: "web", Identifiers: []Identifier{arn}, Attributes: attrs("cpu", "2", "os", `"linux"`)}}
		observe(t, s, "terraform", "prod", tf)
		web := mustFind(t, s, arn.String())
		team := "payments"
		_, err = s.EditItem(mara(), web.ID, web.Version+7, ItemEdit{Team: &team})
		refused(t, "a version that is not", err, errs.Conflict, "")
		if !strings.Contains(err.Error(), "version 1 ") || !strings.Contains(err.Error(), "version 8") {
			t.Errorf("both versions are to be named: %v", err)
		}
		_, err = s.EditItem(mara(), 4711, 1, ItemEdit{})
		refused(t, "unknown", err, errs.NotFound, "")
		web, err = s.EditItem(mara(), web.ID, web.Version, ItemEdit{Team: &team, Set: attrs("cpu", "4")})
		ok(t, err)
		if string(web.Attributes["cpu"]) != "4" || web.Team != team || web.Origins["cpu"].Source != SourceHand || web.Origins["cpu"].Other != 1 || web.Origins["os"].Source != "terraform" || web.Kind != KindHost || web.Name != "web" {
			t.Errorf("edited: %+v", web.Item)
		}
		_, err = s.EditItem(mara(), web.ID, web.Version, ItemEdit{Set: attrs("cpu", "{")})
		refused(t, "no JSON", err, errs.Invalid, "attributes.cpu")
		none := ""
		web, err = s.EditItem(mara(), web.ID, web.Version, ItemEdit{Team: &none, Clear: []string{"cpu"}})
		ok(t, err)
		if string(web.Attributes["cpu"]) != "2" || web.Team != "" || web.Origins["cpu"].Source != "terraform" {
			t.Errorf("taken back: %+v", web.Item)
		}

		_, err = s.AddRelation(mara(), HandRelation{From: web.ID, To: 4711, Kind: DependsOn})
		refused(t, "to nobody", err, errs.Invalid, "to")
		_, err = s.AddRelation(mara(), HandRelation{From: web.ID, To: web.ID, Kind: DependsOn})
		refused(t, "to itself", err, errs.Invalid, "to")
		_, err = s.AddRelation(mara(), HandRelation{From: web.ID, To: i.ID, Kind: "eats"})
		refused(t, "kind", err, errs.Invalid, "kind")
		_, err = s.AddRelation(mara(), HandRelation{From: web.ID, To: i.ID, Kind: DependsOn, Need: 2})
		refused(t, "a need without a group", err, errs.Invalid, "need")
		r, err := s.AddRelation(mara(), HandRelation{From: web.ID, To: i.ID, Kind: DependsOn})
		ok(t, err)
		if r.Strength != Hard || r.Provenance != Declared || r.State != Present {
			t.Errorf("relation %+v", r)
		}
		if r, err = s.AddRelation(mara(), HandRelation{From: web.ID, To: i.ID, Kind: DependsOn, Strength: Soft}); err != nil || r.Strength != Soft {
			t.Errorf("said anew: %+v %v", r, err)
		}
		ok(t, s.RemoveRelation(mara(), web.ID, i.ID, DependsOn))
		if web = mustFind(t, s, arn.String()); len(web.Relations) != 1 || web.Relations[0].State != Retired {
			t.Errorf("removed: %+v", web.Relations)
		}
		observe(t, s, "terraform", "prod", related(ByKey("web"), RunsOn, By(dns.Scheme, dns.Value, "")))
		refused(t, "a source's relation", s.RemoveRelation(mara(), web.ID, i.ID, RunsOn), errs.Conflict, "")
		refused(t, "no relation", s.RemoveRelation(mara(), i.ID, web.ID, RunsOn), errs.NotFound, "")

		// Retired by hand with its relations, and restored.
		was := snapshotOf(t, s)
		web = mustFind(t, s, arn.String())
		web, err = s.RetireItem(mara(), web.ID, web.Version, "sold")
		ok(t, err)
		if web.State != Retired || web.Relations[0].State != Retired {
			t.Errorf("retired: %s %+v", web.State, web.Relations)
		}
		if web, err = s.RestoreItem(mara(), web.ID, web.Version); err != nil || web.State != Present {
			t.Fatalf("restored: %+v %v", web.State, err)
		}
		same(t, "retired and restored", was, snapshotOf(t, s))
		_, err = s.RestoreItem(mara(), web.ID, web.Version)
		refused(t, "restored again", err, errs.Conflict, "")
	})
}

// Own kinds and their schemas: refused with place and reason.
func TestOwnKinds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		schema := map[string]any{"type": "object", "required": []any{"berth"}, "properties": map[string]any{
			"berth": map[string]any{"type": "integer", "minimum": 1}, "flag": map[string]any{"enum": []any{"DE", "NL"}}}}
		_, err := s.PutKind(mara(), "Ship!", 0, KindSpec{})
		refused(t, "name", err, errs.Invalid, "name")
		_, err = s.PutKind(mara(), "ship", 0, KindSpec{Schema: map[string]any{"type": "strange"}})
		refused(t, "schema", err, errs.Invalid, "schema")
		_, err = s.PutKind(mara(), "ship", 0, KindSpec{Schema: map[string]any{"$ref": "https://harbour.example/schema.json"}})
		refused(t, "a schema elsewhere", err, errs.Invalid, "schema")
		_, err = s.PutKind(mara(), "ship", 0, KindSpec{Schema: map[string]any{"$ref": "file:///etc/passwd"}})
		refused(t, "a schema on disk", err, errs.Invalid, "schema")
		_, err = s.PutKind(mara(), "ship", 0, KindSpec{Identify: []string{"imo", "IMO"}})
		refused(t, "scheme", err, errs.Invalid, "identify[1]")
		k, err := s.PutKind(mara(), "ship", 0, KindSpec{Title: "Ship", Icon: "ship", Schema: schema, Identify: []string{"imo"}})
		ok(t, err)
		_, err = s.PutKind(mara(), "ship", 0, KindSpec{})
		refused(t, "made again", err, errs.Conflict, "")
		_, err = s.CreateItem(mara(), NewItem{Kind: "ship", Name: "Alma", Attributes: attrs("flag", `"DK"`)})
		refused(t, "attributes", err, errs.Invalid, "attributes.berth")
		if f := errs.As(err).Fields; len(f) != 2 || f[1].Name != "attributes.flag" || f[1].Value != `"DK"` || !strings.Contains(f[1].Remedy, "NL") {
			t.Errorf("%v", f)
		}
		i, err := s.CreateItem(mara(), NewItem{Kind: "ship", Name: "Alma", Attributes: attrs("berth", "4"), Identifiers: []Identifier{{"imo", "9074729"}}})
		ok(t, err)
		_, err = s.EditItem(mara(), i.ID, i.Version, ItemEdit{Set: attrs("berth", "0")})
		refused(t, "edited wrongly", err, errs.Invalid, "attributes.berth")
		// The kind's own scheme tells that a source's ship is the same.
		observe(t, s, "csv", "port", Record{Item: &Seen{Key: "7", Kind: "ship", Name: "MV Alma", Identifiers: []Identifier{{"imo", "9074729"}}, Attributes: attrs("berth", "4")}})
		if i = mustFind(t, s, "imo=9074729"); len(i.Observations) != 2 || i.Name != "Alma" {
			t.Errorf("%+v", i)
		}
		refused(t, "in use", s.DeleteKind(mara(), "ship"), errs.Conflict, "")
		list, _, err := s.ItemKinds(mara(), "repository", 3)
		ok(t, err)
		if len(list) != 3 || list[0].Name != "service" || list[1].Name != "ship" || list[2].Name != "storage" || list[1].Known {
			t.Errorf("%+v", list)
		}
		audited(t, s, ref.ItemKind)
		if k, err = s.PutKind(mara(), "database", 0, KindSpec{Title: "Data base"}); err != nil || !k.Known {
			t.Errorf("%+v %v", k, err)
		}
		ok(t, s.DeleteKind(mara(), "database"))
		if k, err = s.ItemKind(mara(), "database"); err != nil || k.Version != 0 {
			t.Errorf("%+v %v", k, err)
		}
	})
}

// snapshotOf is all that people and the graph see: items without versions and
// times, and live relations.
func snapshotOf(t testing.TB, s *Service) map[string]string {
	t.Helper()
	out := map[string]string{}
	ok(t, s.db.Read(mara(), func(q db.Querier) error {
		rows, err := db.Collect(q, func(r *db.Rows) (*row, error) { return scanRow(r) }, "SELECT "+itemColumns+" FROM ci ORDER BY id")
		if err != nil {
			return err
		}
		for _, i := range rows {
			out["item "+itemKey(i.id)] = evidence.Digest(nil, []any{i.kind, i.name, i.env, i.team, i.state, i.attributes, i.identifiers, i.origins, i.conflicts, i.merged})
		}
		bonds, err := db.Collect(q, func(r *db.Rows) (*bond, error) { return scanBond(r) }, "SELECT "+bondColumns+" FROM ci_relation WHERE state <> 'retired'")
		for _, b := range bonds {
			r := b.relation()
			out["relation "+itemKey(b.from)+" "+string(r.Kind)+" "+itemKey(b.to)] = evidence.Digest(nil, []any{b.hard, b.group, b.need, b.provenance, b.state})
		}
		return err
	}))
	return out
}

func same(t testing.TB, what string, a, b map[string]string) {
	t.Helper()
	for k, v := range a {
		if b[k] != v {
			t.Errorf("%s: %s is not as it was", what, k)
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			t.Errorf("%s: %s was not there", what, k)
		}
	}
}
