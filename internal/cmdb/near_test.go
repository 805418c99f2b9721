package cmdb

import (
	"fmt"
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

func TestServicesNear(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		service := func(name string) Record {
			return seen(name, KindService, name, Identifier{SchemeService, name})
		}
		link := func(from, to string, kind RelationKind, strength Strength) Record {
			return Record{Relation: &SeenRelation{From: ByKey(from), To: ByKey(to), Kind: kind, Strength: strength}}
		}
		observe(t, s, SourceCatalog, "services", service("shop"), service("cart"), service("till"), service("bank"), service("far"), service("web"), service("docs"), service("alone"),
			seen("orders", KindDatabase, "orders"),
			link("web", "shop", DependsOn, Hard), link("shop", "cart", DependsOn, Hard), link("shop", "till", DependsOn, Soft), link("cart", "bank", DependsOn, Hard),
			link("bank", "far", DependsOn, Hard), link("shop", "orders", StoresIn, Hard), link("docs", "orders", StoresIn, Hard))
		caught(t, s)
		near := func(steps int, of ...string) (out []string) {
			t.Helper()
			ok(t, d.Read(t.Context(), func(q db.Querier) error {
				list, err := s.ServicesNear(q, of, steps)
				for _, n := range list {
					out = append(out, fmt.Sprintf("%s: %s %d %v %s", n.Service, n.Side, n.Steps, n.Hard, n.Over))
				}
				return err
			}))
			return out
		}
		want := []string{"shop: same 0 true ", "cart: needs 1 true ", "till: needs 1 false ", "bank: needs 2 true ", "web: needed by 1 true ", "docs: shares 1 false orders"}
		if got := near(2, "shop"); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if got := near(3, "shop"); !slices.Contains(got, "far: needs 3 true ") {
			t.Errorf("%q", got)
		}
		if got := near(3, "nobody knows it"); len(got) != 1 {
			t.Errorf("%q", got)
		}
		if got := near(3); len(got) != 0 {
			t.Errorf("%q", got)
		}
		if got := near(1, "cart", "shop"); len(got) != 6 || got[0] != "cart: same 0 true " || got[1] != "shop: same 0 true " {
			t.Errorf("%q", got)
		}
	})
}
