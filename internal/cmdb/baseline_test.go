package cmdb

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// drifted collects what a baseline's drift is in short words.
func drifted(t testing.TB, s *Service, name string, limit int) string {
	t.Helper()
	var out []string
	for cursor := ""; ; {
		page, next, err := s.Drift(mara(), name, cursor, limit)
		ok(t, err)
		for _, d := range page {
			out = append(out, told(d))
		}
		if cursor = next; next == "" {
			slices.Sort(out)
			return strings.Join(out, "; ")
		}
	}
}

func told(d Difference) string {
	text := d.Verb + " " + d.Name
	if d.Link != "" {
		text += " " + string(d.Link) + " " + d.OtherN
	}
	for _, c := range d.Changes {
		text += " " + c.Field + "=" + c.Old + ">" + c.New
	}
	if d.Left {
		text += " (left)"
	}
	if d.Note != "" {
		text += " [" + d.Note + "]"
	}
	return text
}

func TestBaseline(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		var alerts []int64
		s.Drifted = func(_ *db.Tx, b Baseline, n int64) error { alerts = append(alerts, n); return nil }
		source := s.BaselineSource()
		web := func(size string) Record {
			return Record{Item: &Seen{Key: "web", Kind: KindApplication, Name: "web", Identifiers: []Identifier{{SchemeServiceName, "shop"}}, Attributes: attrs("size", size, "tags", `{"b":1,"a":2}`)}}
		}
		observe(t, s, SourceCatalog, "services", seen("shop", KindService, "Shop", Identifier{SchemeService, "shop"}))
		observe(t, s, "terraform", "", web("1"), seen("db", KindDatabase, "db"), seen("mail", KindQueue, "mail"), seen("far", KindHost, "far"),
			related(ByKey("web"), StoresIn, ByKey("db")), related(ByKey("web"), Calls, ByKey("mail")))
		c.add(time.Minute)
		_, err := s.PutBaseline(mara(), "x", 0, BaselineSpec{Service: "nobodys"})
		refused(t, "service", err, errs.Invalid, "service")
		_, err = s.PutBaseline(mara(), "x", 0, BaselineSpec{Every: Duration(time.Second)})
		refused(t, "every", err, errs.Invalid, "every")
		all, err := s.PutBaseline(mara(), "release-1", 0, BaselineSpec{Title: "Release 1", Alert: true})
		ok(t, err)
		if all.Items != 5 || all.Relations != 3 || len(all.Digest) != 64 || all.Drift != 0 {
			t.Fatalf("%+v", all)
		}
		part, err := s.PutBaseline(mara(), "shop-1", 0, BaselineSpec{Service: "shop"})
		ok(t, err)
		if part.Items != 4 || part.Relations != 3 || part.Digest == all.Digest {
			t.Fatalf("%+v", part)
		}
		_, err = s.PutBaseline(mara(), "shop-1", 0, BaselineSpec{})
		refused(t, "taken twice", err, errs.Conflict, "")

		// Seen again in another order, with the keys of an object in another
		// order: no drift.
		c.add(2 * time.Hour)
		again := web("1")
		again.Item.Attributes["tags"] = []byte(`{"a":2,"b":1}`)
		observe(t, s, "terraform", "", related(ByKey("web"), Calls, ByKey("mail")), seen("far", KindHost, "far"), seen("mail", KindQueue, "mail"), again)
		if got := drifted(t, s, "release-1", 10) + drifted(t, s, "shop-1", 10); got != "" {
			t.Errorf("false drift: %s", got)
		}
		if n, err := source.Run(mara(), d); err != nil || n != 1 {
			t.Fatal(n, err)
		}

		// Real changes.
		c.add(2 * time.Hour)
		observe(t, s, "terraform", "", web("2"), seen("cache", KindCache, "cache"), related(ByKey("web"), DependsOn, ByKey("cache")),
			Record{Relation: &SeenRelation{From: ByKey("web"), To: ByKey("mail"), Kind: Calls, Strength: Hard}}, seen("far2", KindHost, "far2"))
		ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error { return s.Withdraw(tx, "terraform", "", []string{"db"}) }))
		changed := `added cache; added web depends_on cache; changed web attributes.size=1>2; changed web calls mail strength=soft>hard; removed db; removed web stores_in db`
		for _, limit := range []int{1, 2, 100} {
			if got := drifted(t, s, "shop-1", limit); got != changed {
				t.Errorf("limit %d: %s", limit, got)
			}
			if got := drifted(t, s, "release-1", limit); got != strings.Replace(changed, "added cache;", "added cache; added far2;", 1) {
				t.Errorf("limit %d: %s", limit, got)
			}
		}
		for range 2 {
			if _, err := source.Run(mara(), d); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(alerts, []int64{7}) {
			t.Errorf("alerts %v", alerts)
		}
		for _, name := range []string{"release-1", "shop-1"} {
			if v, err := s.Verify(mara(), name); err != nil || !v.OK || v.Found != v.Signed {
				t.Errorf("%s: %+v %v", name, v, err)
			}
		}

		// A work list: accept some, explain others.
		page, _, err := s.Drift(mara(), "release-1", "", 100)
		ok(t, err)
		var list []DriftDecision
		for _, x := range page {
			list = append(list, DriftDecision{What: x.What, Form: x.Form, Accept: x.Name != "far2", Note: "as planned"})
		}
		stale := list[0]
		stale.Form = "other"
		_, err = s.DecideDrift(mara(), "release-1", []DriftDecision{stale})
		refused(t, "something else was seen", err, errs.Conflict, "")
		_, err = s.DecideDrift(mara(), "release-1", []DriftDecision{{What: list[0].What, Form: list[0].Form}})
		refused(t, "explained without a word", err, errs.Invalid, "note")
		b, err := s.DecideDrift(mara(), "release-1", list)
		ok(t, err)
		if b.Digest == all.Digest || b.Version != all.Version+1 {
			t.Errorf("the digest stayed: %+v", b)
		}
		if got := drifted(t, s, "release-1", 1); got != "added far2 [as planned]" {
			t.Errorf("after decisions: %s", got)
		}
		if v, err := s.Verify(mara(), "release-1"); err != nil || !v.OK || v.Signed == all.Digest {
			t.Errorf("%+v %v", v, err)
		}
		if _, err := source.Run(mara(), d); err != nil || !slices.Equal(alerts, []int64{7, 0}) {
			t.Errorf("alerts %v %v", alerts, err)
		}
		// What was accepted and changes again, or goes back, is drift anew.
		c.add(time.Minute)
		observe(t, s, "terraform", "", web("1"), seen("db", KindDatabase, "db"))
		if got := drifted(t, s, "release-1", 10); got != "added db; added far2 [as planned]; changed web attributes.size=2>1" {
			t.Errorf("back: %s", got)
		}
		// Whoever does not want the alert any more ends it; who wants it again has it.
		c.add(2 * time.Hour)
		for range 2 {
			_, err = source.Run(mara(), d)
			ok(t, err)
		}
		if alerts[len(alerts)-1] != 2 {
			t.Errorf("alerts %v", alerts)
		}
		for _, alert := range []bool{false, true} {
			b, err = s.Baseline(mara(), "release-1")
			ok(t, err)
			_, err = s.PutBaseline(mara(), "release-1", b.Version, BaselineSpec{Title: "Release 1", Alert: alert})
			ok(t, err)
		}
		// Taken anew: nothing differs, and the alert ends.
		c.add(time.Minute)
		_, err = s.MoveBaseline(mara(), "release-1", 1)
		refused(t, "an old version", err, errs.Conflict, "")
		b, err = s.Baseline(mara(), "release-1")
		ok(t, err)
		b, err = s.MoveBaseline(mara(), "release-1", b.Version)
		ok(t, err)
		if got := drifted(t, s, "release-1", 10); got != "" || b.Items != 7 {
			t.Errorf("moved: %s %+v", got, b)
		}
		if !slices.Equal(alerts, []int64{7, 0, 2, 0, 2, 0}) {
			t.Errorf("alerts %v", alerts)
		}

		audited(t, s, ref.Baseline)
		// Whoever alters history is found out.
		c.add(time.Minute)
		ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error { tx.Unrecorded("test"); return rewriteHistory(tx) }))
		if v, err := s.Verify(mara(), "shop-1"); err != nil || v.OK || len(v.Wrong) == 0 {
			t.Errorf("altered: %+v %v", v, err)
		}
		ok(t, s.DeleteBaseline(mara(), "shop-1"))
		audited(t, s)
		_, _, err = s.Drift(mara(), "shop-1", "", 1)
		refused(t, "gone", err, errs.NotFound, "")
	})
}

// A part that needs something less has lost it, though it is still there.
func TestPartLeft(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, SourceCatalog, "services", seen("shop", KindService, "Shop", Identifier{SchemeService, "shop"}), seen("till", KindService, "Till", Identifier{SchemeService, "till"}),
			related(ByKey("shop"), DependsOn, ByKey("till")))
		c.add(time.Minute)
		_, err := s.PutBaseline(mara(), "shop", 0, BaselineSpec{Service: "shop"})
		ok(t, err)
		from := c.now()
		c.add(time.Minute)
		ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
			return s.WithdrawRelations(tx, SourceCatalog, "services", []SeenRelation{{From: ByKey("shop"), To: ByKey("till"), Kind: DependsOn}})
		}))
		if got := drifted(t, s, "shop", 10); got != "removed Shop depends_on Till; removed Till (left)" {
			t.Errorf("%s", got)
		}
		page, _, err := s.Drift(mara(), "shop", "", 10)
		ok(t, err)
		var list []DriftDecision
		for _, x := range page {
			list = append(list, DriftDecision{What: x.What, Form: x.Form, Accept: true})
		}
		_, err = s.DecideDrift(mara(), "shop", list)
		ok(t, err)
		if got := drifted(t, s, "shop", 10); got != "" {
			t.Errorf("accepted: %s", got)
		}
		if v, err := s.Verify(mara(), "shop"); err != nil || !v.OK {
			t.Errorf("%+v %v", v, err)
		}
		// The same in the history of the service and of one item.
		for _, span := range []Span{{Service: "shop"}, {Item: mustFind(t, s, "service=shop").ID}} {
			span.From = from
			list, _, err := s.Differences(mara(), span)
			if err != nil || len(list) == 0 || told(list[0])[:7] != "removed" {
				t.Errorf("%+v %v", list, err)
			}
		}
		_, _, err = s.Differences(mara(), Span{From: c.now().Add(time.Hour)})
		refused(t, "a time to come", err, errs.Invalid, "from")
		_, _, err = s.Differences(mara(), Span{From: from, Cursor: "9.1.1"})
		refused(t, "a cursor", err, errs.Invalid, "cursor")
	})
}

// The differences between two times are those between two pictures, whatever
// happened in between, for every page size.
func TestDifferencesProperty(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		r := rand.New(rand.NewPCG(3, 1))
		whole := func(at time.Time) (p picture) {
			p = picture{map[int64]itemForm{}, map[int64]relationForm{}}
			ok(t, d.Read(mara(), func(q db.Querier) error {
				p.items, p.relations = map[int64]itemForm{}, map[int64]relationForm{}
				if err := eachForm(q, at, func(f itemForm) error { p.items[f.Item] = f; return nil }); err != nil {
					return err
				}
				return eachRelationForm(q, at, func(f relationForm) error { p.relations[f.ID] = f; return nil })
			}))
			return p
		}
		var times []time.Time
		var pictures []picture
		for step := range 8 {
			c.add(time.Minute)
			world(t, s, r, "w")
			if step%3 == 1 {
				ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error { return s.Withdraw(tx, "aws", "w", []string{"w-1", "w-2"}) }))
			}
			times, pictures = append(times, c.now()), append(pictures, whole(c.now()))
		}
		c.add(time.Minute)
		for i := range times {
			now := whole(times[i])
			if len(comparePictures(pictures[i], now)) != 0 {
				t.Errorf("the picture of step %d is not what it was", i)
			}
			for j := i + 1; j < len(times); j++ {
				want := map[string]string{}
				for _, d := range comparePictures(pictures[i], pictures[j]) {
					want[d.What] = d.Verb
				}
				for _, limit := range []int{3, 1000} {
					got := map[string]string{}
					for cursor := ""; ; {
						page, next, err := s.Differences(mara(), Span{From: times[i], To: times[j], Cursor: cursor, Limit: limit})
						ok(t, err)
						for _, d := range page {
							if got[d.What] != "" {
								t.Errorf("%s comes twice", d.What)
							}
							got[d.What] = d.Verb
						}
						if cursor = next; next == "" {
							break
						}
					}
					same(t, "differences", want, got)
				}
			}
		}
	})
}
