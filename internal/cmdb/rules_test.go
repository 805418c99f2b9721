package cmdb

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestRulesRefused(t *testing.T) {
	d := dbtest.SQLite(t)
	s := serviceOn(t, d)
	for field, r := range map[string]Rules{
		"sources[1]":               {Sources: []string{"aws", "A W S"}},
		"sources[2]":               {Sources: []string{"aws", "gcp", "aws"}},
		"attributes[0].name":       {Attributes: []AttributeRule{{}}},
		"attributes[1].name":       {Attributes: []AttributeRule{{Name: "size"}, {Name: "size"}}},
		"attributes[0].kind":       {Attributes: []AttributeRule{{Name: "size", Kind: "databse"}}},
		"attributes[0].sources[0]": {Attributes: []AttributeRule{{Name: "size", Sources: []string{""}}}},
		"identify[0].by":           {Identify: []Identify{{Kind: KindHost}}},
		"identify[1].kind":         {Identify: []Identify{{Kind: KindHost, By: []IdentifyBy{{Scheme: "dns"}}}, {Kind: KindHost, By: []IdentifyBy{{Scheme: "dns"}}}}},
		"identify[0].by[0].scheme": {Identify: []Identify{{By: []IdentifyBy{{Scheme: "D N S"}}}}},
		"identify[0].by[0].weak":   {Identify: []Identify{{By: []IdentifyBy{{Scheme: SchemeName}}}}},
		"grace":                    {Grace: -1},
		"forget":                   {Forget: Duration(20 * 366 * Day)},
	} {
		_, err := s.PutRules(mara(), 0, r)
		refused(t, field, err, errs.Invalid, field)
	}
	ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
		tx.Unrecorded("test")
		refused(t, "another name", s.ApplyRules(tx, "other", Rules{}, ""), errs.Invalid, "name")
		return nil
	}))
}

// Changed rules are shown before they are saved, replayed in the background,
// also over a stop in the middle, and give what a fresh look would.
func TestRulesReplayed(t *testing.T) {
	defer func(n int) { replayBatch = n }(replayBatch)
	replayBatch = 7
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		r := rand.New(rand.NewPCG(5, 5))
		for _, scope := range []string{"a", "b", "c"} {
			world(t, s, r, scope)
			c.add(time.Hour)
		}
		rules := Rules{Sources: []string{"netbox", "aws", "terraform"}, Attributes: []AttributeRule{{Name: "a", Sources: []string{"terraform"}}, {Kind: KindHost, Name: "name", Sources: []string{"aws"}}}}
		p, err := s.PreviewRules(mara(), rules)
		ok(t, err)
		if !p.All || p.Looked == 0 || p.Items == 0 || p.Attributes < p.Items || len(p.Examples) == 0 || len(p.Examples[0].Changes) == 0 {
			t.Fatalf("%+v", p)
		}
		was := snapshotOf(t, s)
		_, err = s.PutRules(mara(), 3, rules)
		refused(t, "a version that is not", err, errs.Conflict, "")
		rec, err := s.PutRules(mara(), 0, rules)
		ok(t, err)
		if rec.Replay.Done() || rec.Replay.Percent() != 0 || rec.Version != 1 {
			t.Errorf("%+v", rec)
		}
		// The first step is done by one process, the rest by another.
		if n, err := s.ReplaySource().Run(mara(), d); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if rec, err = s.Rules(mara()); err != nil || rec.Replay.Done() || rec.Replay.Percent() == 0 || rec.Replay.Percent() == 100 {
			t.Errorf("after the first step: %+v %v", rec.Replay, err)
		}
		other := serviceOn(t, d)
		for range 20 {
			if n, err := other.ReplaySource().Run(mara(), d); err != nil {
				t.Fatal(err)
			} else if n == 0 {
				break
			}
		}
		rec, err = s.Rules(mara())
		ok(t, err)
		if !rec.Replay.Done() || rec.Replay.Percent() != 100 || rec.Replay.Changed != int64(p.Items) {
			t.Errorf("%+v, the preview said %d", rec.Replay, p.Items)
		}
		is := snapshotOf(t, s)
		if len(is) != len(was) {
			t.Errorf("%d records, were %d", len(is), len(was))
		}
		// Equal to a fresh working out of everything, and a second replay changes
		// nothing.
		if p, err = s.PreviewRules(mara(), rules); err != nil || p.Items != 0 {
			t.Errorf("after the replay the rules would still change %d: %+v %v", p.Items, p.Examples, err)
		}
		ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
			tx.Unrecorded("test")
			ids, err := itemsAfter(tx, 0, 1000)
			if err != nil {
				return err
			}
			_, err = s.Resolve(tx, ids)
			return err
		}))
		same(t, "a fresh working out", is, snapshotOf(t, s))
		audited(t, s, ref.Reconcile)
		// Back to the built-in rules: all is as it was.
		ok(t, s.ResetRules(mara()))
		for {
			n, err := s.ReplaySource().Run(mara(), d)
			ok(t, err)
			if n == 0 {
				break
			}
		}
		same(t, "rules reset", was, snapshotOf(t, s))
	})
}

// An old word loses to a fresh one of a source that is trusted less.
func TestRulesFreshness(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		_, err := s.PutRules(mara(), 0, Rules{Sources: []string{"netbox", "aws"}, Freshness: Duration(7 * Day)})
		ok(t, err)
		id := Identifier{"serial", "1"}
		one := func(v string) Record {
			return Record{Item: &Seen{Key: "1", Kind: KindHost, Name: "box", Identifiers: []Identifier{id}, Attributes: attrs("ram", v)}}
		}
		observe(t, s, "netbox", "", one("8"))
		observe(t, s, "aws", "", one("16"))
		if i := mustFind(t, s, id.String()); string(i.Attributes["ram"]) != "8" {
			t.Errorf("fresh: %s", i.Attributes["ram"])
		}
		c.add(8 * Day)
		observe(t, s, "aws", "", one("32"))
		if i := mustFind(t, s, id.String()); string(i.Attributes["ram"]) != "32" || i.Origins["ram"].Source != "aws" {
			t.Errorf("old: %s %+v", i.Attributes["ram"], i.Origins["ram"])
		}
		p, err := s.PreviewRules(mara(), Rules{Sources: []string{"netbox", "aws"}})
		ok(t, err)
		if p.Items != 1 || p.Examples[0].Changes[0] != (FieldChange{"attributes.ram", "32", "8"}) {
			t.Errorf("%+v", p)
		}
	})
}
