package cmdb

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// caught waits until the service's graph has all that is committed.
func caught(t testing.TB, s *Service) *graph.View {
	t.Helper()
	ctx, stop := context.WithTimeout(mara(), 20*time.Second)
	defer stop()
	if _, err := s.graphNow(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.caughtUp(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.mem.whole:
	case <-ctx.Done():
		t.Fatal("the history is not loaded")
	}
	return s.Graph().View()
}

// sameGraph compares what two graphs say now and said at times.
func sameGraph(t testing.TB, a, b *graph.View, times ...int64) {
	t.Helper()
	edges := func(v *graph.View) map[int64]graph.Edge {
		out := map[int64]graph.Edge{}
		for e := range v.Edges() {
			if e.Group != 0 {
				e.Group = uint32(len(v.Group(e.Group))) + 1000*uint32(v.Group(e.Group)[0])
			}
			e.Revision = 0 // of what was, it is not kept
			out[e.ID] = e
		}
		return out
	}
	nodes := func(v *graph.View) map[uint32]graph.Node { return maps.Collect(v.Nodes()) }
	if x, y := nodes(a), nodes(b); !maps.Equal(x, y) {
		t.Errorf("items differ: %d and %d\n%v\n%v", len(x), len(y), x, y)
	}
	for _, at := range append([]int64{0}, times...) {
		x, y := a, b
		if at > 0 {
			x, y = a.AsOf(at), b.AsOf(at)
		}
		if p, q := edges(x), edges(y); !maps.Equal(p, q) {
			t.Errorf("relations at %d differ: %d and %d\n%v\n%v", at, len(p), len(q), p, q)
		}
	}
}

// churn changes the map at random, in time.
func churn(t testing.TB, s *Service, c *clock, rounds int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sources := []string{"terraform", "kubernetes", "netbox"}
	for range rounds {
		c.add(time.Duration(1+rnd.IntN(3000)) * time.Minute)
		source := sources[rnd.IntN(len(sources))]
		var file []Record
		for i := range 12 {
			if rnd.IntN(3) > 0 {
				id := Identifier{"serial", string(rune('a' + i))}
				file = append(file, Record{Item: &Seen{Key: id.Value, Kind: KindHost, Name: source + id.Value, Identifiers: []Identifier{id}, Attributes: attrs("n", string(rune('0'+rnd.IntN(3))))}})
			}
		}
		for range 10 {
			from, to := string(rune('a'+rnd.IntN(12))), string(rune('a'+rnd.IntN(12)))
			r := related(By("serial", from, ""), RelationKinds[rnd.IntN(len(RelationKinds))], By("serial", to, ""))
			r.Relation.Strength = []Strength{"", Hard, Soft}[rnd.IntN(3)]
			if rnd.IntN(3) == 0 {
				r.Relation.Group, r.Relation.Need = []string{"g", "hh"}[rnd.IntN(2)], 1+rnd.IntN(2)
			}
			r.Relation.Provenance = []Provenance{0, Observed}[rnd.IntN(2)]
			file = append(file, r)
		}
		mustImport(t, s, RunHeader{Source: source, Scope: "x", Complete: rnd.IntN(4) > 0, MaxShare: 1}, file...)
		due(t, s)
	}
}

// The graph that followed every change, one loaded from the tables and one from
// the snapshot say the same of now and of then.
func TestGraphLoaded(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		c.t = newClock().t
		dir := t.TempDir()
		s := New(d, Options{Log: quiet(), SnapshotDir: dir})
		churn(t, s, c, 25)
		followed := caught(t, s)
		var times []int64
		for k := range 20 {
			times = append(times, newClock().t.Unix()+int64(k)*int64(c.t.Sub(newClock().t).Seconds())/20)
		}
		fromTables := serviceOn(t, d)
		sameGraph(t, followed, caught(t, fromTables), times...)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		observe(t, fromTables, "csv", "", seen("late", KindHost, "late"), seen("too", KindHost, "too"), related(ByKey("late"), DependsOn, ByKey("too"))) // goes on while the other one is down
		file := filepath.Join(dir, keepName)
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v %v", info, err)
		}
		fromFile := New(d, Options{Log: quiet(), SnapshotDir: dir})
		defer fromFile.Close()
		v := caught(t, fromFile)
		if g, err := fromFile.mem.fromSnapshot(mara()); err != nil || g.Stats().Items == 0 {
			t.Errorf("the snapshot is not used: %v", err)
		}
		sameGraph(t, caught(t, fromTables), v, times...)

		// A file of another database, or a damaged one, is not believed.
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := fromFile.mem.fromSnapshot(mara()); err == nil {
			t.Error("a damaged file was believed")
		}
		bad := New(d, Options{Log: quiet(), SnapshotDir: dir})
		sameGraph(t, caught(t, fromTables), caught(t, bad), times...)
		bad.Close()
	})
}

// A replica sees what another one changed within a second.
func TestReplicas(t *testing.T) {
	url := dbtest.PostgresURL(t)
	open := func() *Service {
		d, err := db.Open(mara(), db.Config{URL: url, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return serviceOn(t, d)
	}
	a, b := open(), open()
	caught(t, a)
	caught(t, b)
	for i := range 5 {
		name := string(rune('a' + i))
		observe(t, a, "netbox", "", seen(name, KindHost, name), seen("c"+name, KindCluster, "c"+name), related(ByKey(name), RunsOn, ByKey("c"+name)))
		at := time.Now()
		for b.Graph().Stats().Relations <= i {
			if time.Since(at) > 5*time.Second {
				t.Fatal("the change does not arrive")
			}
			time.Sleep(5 * time.Millisecond)
		}
		if took := time.Since(at); took > 2*time.Second { // a second, and what a busy machine adds
			t.Errorf("it took %s", took)
		}
	}
}

// A delta that is committed after ones with higher numbers is not missed.
func TestLateDelta(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, "netbox", "", seen("a", KindHost, "a"))
		caught(t, s)
		delta := graph.Delta{Nodes: []graph.NodeChange{{ID: 77, Kind: KindHost, Revision: 1}}}
		err := d.Write(mara(), testActor(), "test", func(tx *db.Tx) error {
			tx.Unrecorded("test")
			// A number below the one that the graph has already.
			return insertDelta(tx, -1, db.Micros(tx.Now), delta.Encode())
		})
		if err != nil {
			t.Fatal(err)
		}
		s.mem.close()
		if err := s.mem.follow(mara(), true); err != nil {
			t.Fatal(err)
		}
		if !s.Graph().View().Node(77).Known {
			t.Error("the late delta was missed")
		}
	})
}

// What the graph answers comes with names, rolled up to services.
func TestQuestions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		tier := func(n string) func(r Record) Record {
			return func(r Record) Record { r.Item.Attributes, r.Item.Team = attrs("tier", n), "team-"+n; return r }
		}
		observe(t, s, SourceCatalog, "services",
			tier("0")(seen("checkout", KindService, "checkout", Identifier{SchemeService, "checkout"}, Identifier{SchemeService, "till"})),
			tier("1")(seen("payments", KindService, "payments", Identifier{SchemeService, "payments"})),
			tier("2")(seen("search", KindService, "search", Identifier{SchemeService, "search"})),
			related(ByKey("checkout"), DependsOn, ByKey("payments")),
			Record{Relation: &SeenRelation{From: ByKey("checkout"), To: ByKey("search"), Kind: DependsOn, Strength: Soft}})
		observe(t, s, "terraform", "", seen("db", KindDatabase, "payments-db", Identifier{SchemeARN, "arn:db"}), seen("db2", KindDatabase, "payments-replica", Identifier{SchemeARN, "arn:db2"}),
			related(By(SchemeService, "payments", ""), StoresIn, ByKey("db")), related(By(SchemeName, "Search", KindService), StoresIn, ByKey("db2")))
		caught(t, s)
		id := func(text string) int64 { return mustFind(t, s, text).ID }
		hit, err := s.Impact(mara(), []Cause{{Item: id("payments-db")}}, Ask{})
		if err != nil || hit.Down != 3 || len(hit.Hits) != 3 || hit.Hits[0].Item.Name != "payments-db" {
			t.Fatalf("%+v %v", hit, err)
		}
		if len(hit.Services) != 2 || hit.Services[0].Service != "checkout" || hit.Services[0].Tier != 0 || !slices.Equal(hit.Teams, []string{"team-0", "team-1"}) {
			t.Errorf("%+v %v", hit.Services, hit.Teams)
		}
		last := hit.Hits[2]
		if last.Item.Name != "checkout" || len(last.Why) != 3 || last.Why[0].On.Name != "payments" || last.Why[1].On.Name != "payments-db" || last.Why[0].Relation.Kind != DependsOn {
			t.Errorf("%+v", last)
		}
		var blast Blast
		err = d.Read(mara(), func(q db.Querier) error {
			blast, err = s.ImpactOf(q, []string{"payments", "nobody", "Search"})
			return err
		})
		if err != nil || !blast.Known || len(blast.Services) != 1 || blast.Services[0].Service != "checkout" || blast.Services[0].Level != graph.Down {
			t.Errorf("%+v %v", blast, err)
		}
		needs, hidden, err := s.Needs(mara(), id("SVC till"), Ask{})
		if err != nil || hidden != 0 || len(needs) != 4 {
			t.Errorf("%+v %d %v", needs, hidden, err)
		}
		path, err := s.Path(mara(), id("checkout"), id("payments-db"), Ask{})
		if err != nil || len(path) != 2 || path[1].To.Name != "payments-db" {
			t.Errorf("%+v %v", path, err)
		}
		roots, _, err := s.Roots(mara(), []int64{id("checkout"), id("payments")}, []int64{id("payments-db")}, Ask{})
		if err != nil || len(roots) == 0 || roots[0].Item.Name != "payments-db" || roots[0].Covers != 2 {
			t.Errorf("%+v %v", roots, err)
		}
		why, err := s.Why(mara(), id("checkout"), []Cause{{Item: id("search")}}, Ask{})
		if err != nil || len(why) != 2 || why[0].Level != graph.Degraded {
			t.Errorf("%+v %v", why, err)
		}
		around, err := s.Neighbours(mara(), id("payments"), Ask{})
		if err != nil || len(around.Items) != 3 || len(around.Relations) != 2 {
			t.Errorf("%+v %v", around, err)
		}
		if n, err := s.Reach(mara(), id("payments-db"), Ask{}); err != nil || n != 2 {
			t.Errorf("%d %v", n, err)
		}
		if _, err := s.Impact(mara(), []Cause{{Item: -4}}, Ask{}); err == nil {
			t.Error("an item that cannot be")
		}
	})
}
