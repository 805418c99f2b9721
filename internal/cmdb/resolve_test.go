package cmdb

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// A word that was not said for long counts only where nobody says anything
// fresher, and the change comes by itself.
func TestFreshness(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		c.t = newClock().t
		s := serviceOn(t, d)
		due(t, s)
		setRules(t, d, Rules{Sources: []string{"terraform", "aws"}, Attributes: []AttributeRule{{Name: "size", Freshness: Duration(2 * Day)}}})
		id := Identifier{"serial", "1"}
		say := func(source, size string) {
			observe(t, s, source, "", Record{Item: &Seen{Key: "1", Kind: KindHost, Name: "web", Identifiers: []Identifier{id}, Attributes: attrs("size", size, "os", `"`+source+`"`)}})
		}
		size := func() string {
			i := mustFind(t, s, id.String())
			return string(i.Attributes["size"]) + string(i.Attributes["os"])
		}
		say("terraform", "1")
		say("aws", "2")
		if got := size(); got != `1"terraform"` {
			t.Fatal(got)
		}
		c.add(Day)
		say("aws", "2")
		c.add(Day + time.Minute)
		due(t, s)
		if got := size(); got != `2"terraform"` {
			t.Errorf("the older word still counts: %s", got)
		}
		say("terraform", "1")
		if got := size(); got != `1"terraform"` {
			t.Errorf("said again, it does not count: %s", got)
		}
		if i := mustFind(t, s, id.String()); i.NextAt.IsZero() {
			t.Error("nothing is due although a word grows old")
		}
		c.add(10 * Day)
		due(t, s)
		if got := size(); got != `1"terraform"` && got != `2"terraform"` {
			t.Errorf("when all words are old, one counts: %s", got)
		}
	})
}

// setRules writes rules where the practice of decisions keeps them.
func setRules(t testing.TB, d *db.DB, r Rules) {
	t.Helper()
	err := d.Write(mara(), testActor(), "test", func(tx *db.Tx) error {
		tx.Unrecorded("test")
		old, ok, err := findRules(tx, "")
		if err != nil {
			return err
		}
		old.Rules = r
		if ok {
			return updateRules(tx, old)
		}
		return insertRules(tx, old)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An observed relation that nobody sees any more turns stale, then retires; a
// declared one stays. Seen again it is the same one.
func TestForget(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		c.t = newClock().t
		s := serviceOn(t, d)
		due(t, s)
		ends := []Record{seen("a", KindApplication, "a", Identifier{SchemeServiceName, "a"}), seen("b", KindApplication, "b", Identifier{SchemeServiceName, "b"})}
		call := related(ByKey("a"), Calls, ByKey("b"))
		call.Relation.Provenance, call.Relation.Flow = Observed, Flow{PerSecond: 3, At: c.t}
		see := func() Effect { return observe(t, s, "otlp", "", append(ends, call)...) }
		see()
		for range 5 {
			c.add(10 * Day)
			call.Relation.Flow.At = c.t
			see()
			due(t, s)
		}
		of := func() Related { return mustFind(t, s, "service.name=a").Relations[0] }
		r := of()
		if r.State != Present || r.Strength != Soft || r.Provenance != Observed || r.Flow.PerSecond != 3 || !r.LastSeen.Equal(c.t) {
			t.Fatalf("%+v", r)
		}
		c.add(15 * Day)
		due(t, s)
		if r = of(); r.State != Stale {
			t.Fatalf("%+v", r)
		}
		c.add(31 * Day)
		due(t, s)
		if r = of(); r.State != Retired {
			t.Fatalf("%+v", r)
		}
		if e := see(); e.RelationsAdded != 1 || of().ID != r.ID || of().State != Present {
			t.Errorf("%+v %+v", e, of())
		}
		c.add(time.Hour)
		declared := related(By(SchemeServiceName, "a", ""), Calls, By(SchemeServiceName, "b", ""))
		declared.Relation.Strength = Hard
		observe(t, s, "backstage", "", declared)
		if r = of(); r.Provenance != Declared|Observed || r.Strength != Hard {
			t.Errorf("%+v", r)
		}
		c.add(100 * Day)
		due(t, s)
		if r = of(); r.State != Present || r.Provenance != Declared {
			t.Errorf("declared and not seen any more: %+v", r)
		}
	})
}

// Changed rules replayed over what is known give what a fresh import under
// those rules gives, whatever came before, in circles too.
func TestReplay(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		for seed := range uint64(3) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			suffix := fmt.Sprintf("-%d", seed)
			var files [][]Record
			sources := []string{"terraform", "kubernetes", "netbox"}
			for _, source := range sources {
				var file []Record
				for i := range 15 {
					if rnd.IntN(3) == 0 {
						continue
					}
					id := Identifier{"serial", fmt.Sprintf("%c", 'a'+i)}
					r := Record{Item: &Seen{Key: id.Value, Kind: []string{KindHost, KindDevice}[rnd.IntN(2)], Name: fmt.Sprint(source, i), Identifiers: []Identifier{id}, Attributes: attrs("x", fmt.Sprint(rnd.IntN(3)), "y"+fmt.Sprint(rnd.IntN(3)), "1")}}
					if rnd.IntN(2) == 0 {
						r.Item.Env = []string{"production", "staging"}[rnd.IntN(2)]
					}
					file = append(file, r)
					to := fmt.Sprintf("%c", 'a'+rnd.IntN(15)) // circles are likely
					rel := related(ByKey(id.Value), DependsOn, By("serial", to, ""))
					rel.Relation.Strength = []Strength{"", Hard, Soft}[rnd.IntN(3)]
					file = append(file, rel)
				}
				files = append(files, file)
			}
			rules := []Rules{{Sources: []string{"netbox", "terraform"}}, {Sources: []string{"kubernetes"}, Attributes: []AttributeRule{{Name: "x", Sources: []string{"netbox"}}, {Kind: KindHost, Name: "name", Sources: []string{"terraform"}}}}}
			imported := func(scope string, r Rules) *Service {
				s := serviceOn(t, d)
				setRules(t, d, r)
				for i, source := range sources {
					h := RunHeader{Source: source, Scope: scope + suffix, Complete: true, MaxShare: 1}
					mustImport(t, s, h, scoped(scope+suffix, files[i])...)
				}
				return s
			}
			s := imported("before", rules[0])
			setRules(t, d, rules[1])
			err := d.Write(mara(), testActor(), "test", func(tx *db.Tx) error {
				tx.Unrecorded("test")
				ids, err := numbers(tx, "SELECT id FROM ci")
				if err != nil {
					return err
				}
				_, err = s.Resolve(tx, ids)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			imported("after", rules[1])
			if diff := cmp.Diff(shape(t, s, "after"+suffix), shape(t, s, "before"+suffix)); diff != "" {
				t.Errorf("seed %d: fresh (-) and replayed (+):\n%s", seed, diff)
			}
		}
	})
}

// scoped makes identifiers that only one import knows.
func scoped(scope string, file []Record) (out []Record) {
	for _, r := range file {
		if r.Item != nil {
			i := *r.Item
			i.Identifiers = []Identifier{{"serial", scope + i.Identifiers[0].Value}}
			r.Item = &i
		} else {
			x := *r.Relation
			x.To.Value = scope + x.To.Value
			r.Relation = &x
		}
		out = append(out, r)
	}
	return out
}

// shape is all that was worked out of a scope, without numbers and times.
func shape(t testing.TB, s *Service, scope string) (out []string) {
	t.Helper()
	list, _, err := s.List(mara(), Filter{}, "", MostListed)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, i := range list {
		if len(i.Identifiers) == 0 || !strings.HasPrefix(i.Identifiers[0].Value, scope) {
			continue
		}
		d, err := s.Get(mara(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(i.Identifiers[0].Value, scope)
		line := fmt.Sprint(name, " ", d.Kind, " ", d.Name, " ", d.Env, " ", d.Conflicts, " ", d.State)
		for _, a := range []string{"x", "y0", "y1", "y2"} {
			line += fmt.Sprint(" ", string(d.Attributes[a]), d.Origins[a].Source, d.Origins[a].Other)
		}
		lines[line] = true
		for _, r := range d.Relations {
			if r.Out && r.State != Retired {
				other, err := s.Get(mara(), r.Other.ID)
				if err != nil {
					t.Fatal(err)
				}
				lines[fmt.Sprint(name, " ", r.Kind, " ", strings.TrimPrefix(other.Identifiers[0].Value, scope), " ", r.Strength, r.Provenance)] = true
			}
		}
	}
	for l := range lines {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// Several sources that report the same new things at the same moment make one
// item of each.
func TestSourcesAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		var all sync.WaitGroup
		for _, source := range []string{"terraform", "aws", "netbox", "csv"} {
			all.Go(func() {
				if _, _, err := s.Import(mara(), RunHeader{Source: source, Complete: true}, from(rack(600)...)); err != nil {
					t.Errorf("%s: %v", source, err)
				}
			})
		}
		all.Wait()
		if items, relations := count(t, d, "SELECT COUNT(*) FROM ci"), count(t, d, "SELECT COUNT(*) FROM ci_relation"); items != 601 || relations != 600 {
			t.Errorf("%d items, %d relations", items, relations)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM ci_sighting WHERE relation > 0"); n != 2400 {
			t.Errorf("%d sightings are tied", n)
		}
	})
}
