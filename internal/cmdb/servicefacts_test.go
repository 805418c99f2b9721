package cmdb

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// What scorecards ask of the map is counted per service in a few look-ups.
func TestFactsOfServices(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		facts := func(names ...string) (out map[string]ServiceFacts, inUse bool) {
			t.Helper()
			ok(t, d.Read(mara(), func(q db.Querier) (err error) { out, inUse, err = FactsOf(q, names, c.t); return err }))
			return out, inUse
		}
		observe(t, s, SourceCatalog, "services", seen("shop", KindService, "Shop", Identifier{SchemeService, "shop"}), seen("till", KindService, "Till", Identifier{SchemeService, "till"}),
			seen("docs", KindService, "Docs", Identifier{SchemeService, "docs"}))
		if f, inUse := facts("shop", "nothing"); inUse || len(f) != 1 || f["shop"] != (ServiceFacts{}) {
			t.Errorf("of a map that nobody fills: %+v %v", f, inUse)
		}
		app := func(key, name string) Record {
			return seen(key, KindApplication, name, Identifier{SchemeServiceName, name})
		}
		link := func(from string, kind RelationKind, to string, p Provenance) Record {
			return Record{Relation: &SeenRelation{From: ByKey(from), Kind: kind, To: ByKey(to), Provenance: p}}
		}
		cert := func(key, until string) Record {
			return Record{Item: &Seen{Key: key, Kind: KindCertificate, Name: key, Attributes: attrs("not_after", until)}}
		}
		observe(t, s, "kubernetes", "prod", app("shop", "shop"), app("till", "till"), app("docs", "docs"), seen("d1", KindDeployment, "shop-1"), seen("d2", KindDeployment, "shop-2"), seen("in", KindBalancer, "shop.example"),
			cert("c1", `"2026-10-01T08:00:00Z"`), cert("c2", `"2026-09-11"`), seen("c3", KindCertificate, "c3"),
			link("d1", PartOf, "shop", Declared), link("d2", PartOf, "shop", Declared), link("shop", Calls, "till", Declared), link("shop", Calls, "docs", Declared), link("docs", Calls, "till", Declared),
			link("in", DependsOn, "shop", Declared), link("in", DependsOn, "c1", Declared), link("d1", DependsOn, "c2", Declared), link("docs", DependsOn, "c3", Declared))
		f, inUse := facts("shop", "till", "docs")
		if !inUse || f["shop"].Items != 3 || f["shop"].Seen || !f["shop"].Blind || f["shop"].Differences != 0 {
			t.Errorf("nothing is seen yet: %+v %v", f, inUse)
		}
		if f["shop"].Certificates != 2 || !f["shop"].Expires.Equal(time.Date(2026, 9, 11, 0, 0, 0, 0, time.UTC)) || f["docs"].Certificates != 1 || !f["docs"].Expires.IsZero() || f["till"].Certificates != 0 {
			t.Errorf("certificates: %+v", f)
		}
		observe(t, s, "otlp", "prod", app("a", "shop"), app("b", "till"), seen("db", KindDatabase, "orders", Identifier{SchemeDatabase, "orders"}),
			link("a", Calls, "b", Observed), link("a", StoresIn, "db", Observed))
		f, _ = facts("shop", "till", "docs")
		if f["shop"].Differences != 2 || !f["shop"].Seen || f["shop"].Blind { // docs never seen, orders never declared
			t.Errorf("what differs: %+v", f["shop"])
		}
		if !f["till"].Seen || f["till"].Blind || f["till"].Differences != 0 || f["docs"].Seen || !f["docs"].Blind {
			t.Errorf("those who are called, and those whom nobody watches: %+v", f)
		}
		for _, query := range []string{partsSQL, doorsSQL, neededCertificatesSQL, ownCertificatesSQL, edgesFromSQL, observedAtSQL} {
			dbtest.UsesIndex(t, d, query+"IN ($1, $2)", 1, 2)
		}
		dbtest.UsesIndex(t, d, anySourceSQL, "a", "b", "c")
	})
}

func TestWhenCertificatesEnd(t *testing.T) {
	want := time.Date(2027, 3, 4, 0, 0, 0, 0, time.UTC)
	for _, s := range []string{`{"not_after":"2027-03-04T00:00:00Z"}`, `{"expires":"2027-03-04"}`, `{"notAfter":1804118400}`, `{"expires_at":"1804118400000"}`, `{"not_after":null,"valid_until":"Mar  4 00:00:00 2027 GMT"}`} {
		if got := untilOf(s); !got.Equal(want) {
			t.Errorf("%s: %v", s, got)
		}
	}
	for _, s := range []string{`{}`, `{"not_after":"soon"}`, `{"not_after":7}`, `not json`, `{"not_after":["2027-03-04"]}`} {
		if got := untilOf(s); !got.IsZero() {
			t.Errorf("%s: %v", s, got)
		}
	}
}
