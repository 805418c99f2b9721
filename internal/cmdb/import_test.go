package cmdb

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// from is a source that hands over records.
func from(records ...Record) func(Emit) ([]Remark, error) {
	return func(emit Emit) ([]Remark, error) {
		for _, r := range records {
			if err := emit(r); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

func mustImport(t testing.TB, s *Service, h RunHeader, records ...Record) (Run, Diff) {
	t.Helper()
	r, diff, err := s.Import(mara(), h, from(records...))
	if err != nil {
		t.Fatal(err)
	}
	return r, diff
}

// rack is n hosts on a cluster.
func rack(n int) (out []Record) {
	out = append(out, seen("cluster", KindCluster, "cluster", Identifier{"rack.cluster", "1"}))
	for i := range n {
		key := fmt.Sprintf("host-%04d", i)
		// The relation stands before its end, as files do it.
		out = append(out, related(ByKey(key), PartOf, ByKey("cluster")),
			Record{Item: &Seen{Key: key, Kind: KindHost, Name: key, Identifiers: []Identifier{{"rack.host", key}}, Attributes: attrs("cpus", fmt.Sprint(i%8))}})
	}
	return out
}

func count(t testing.TB, d *db.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := d.Read(mara(), func(q db.Querier) error { return q.QueryRow(query, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// due does what time brings until nothing is left.
func due(t testing.TB, s *Service) {
	t.Helper()
	for range 50 {
		n, err := s.Due().Run(mara(), s.db)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("due work does not end")
}

// The same file twice changes nothing and writes nothing but the run itself.
func TestImportTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		h := RunHeader{Source: "netbox", Scope: "rack-1", Complete: true}
		file := rack(1200)
		r, _ := mustImport(t, s, h, file...)
		if r.State != RunApplied || r.Counts.Items != 1201 || r.Counts.Relations != 1200 || r.Counts.Created != 1201 || r.Counts.RelationsAdded != 1200 || r.Counts.Dangling != 0 {
			t.Fatalf("%+v", r)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM ci_stage"); n != 0 {
			t.Errorf("%d chunks are left", n)
		}
		before := count(t, d, "SELECT COUNT(*) FROM evidence")
		sum := func() int {
			return count(t, d, "SELECT SUM(version) + MAX(updated_at) FROM ci") + count(t, d, "SELECT SUM(revision) FROM ci_relation") + count(t, d, "SELECT COUNT(*) FROM ci_delta") +
				count(t, d, "SELECT SUM(run) + MAX(last_seen) FROM ci_observation") + count(t, d, "SELECT SUM(run) + MAX(last_seen) FROM ci_sighting")
		}
		was := sum()
		r, diff := mustImport(t, s, h, file...)
		if r.State != RunApplied || r.Counts.Same != 2401 || r.Counts.Chunks != 0 || r.Counts.Created+r.Counts.Changed+r.Counts.RelationsAdded+r.Counts.RelationsChanged != 0 || len(diff.Changed) != 0 {
			t.Errorf("again: %+v", r)
		}
		if is := sum(); is != was {
			t.Errorf("rows were written: %d, was %d", is, was)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM evidence") - before; n != 2 {
			t.Errorf("%d evidence entries, want the run's begin and end", n)
		}
		if i := mustFind(t, s, "host-0007"); i.LastSeen.Before(r.Started) {
			t.Errorf("last seen %s, the run began %s", i.LastSeen, r.Started)
		}
	})
}

// What a partial run does not see stays; what a complete run does not see turns
// stale, later retired, and comes back when it is seen again.
func TestAbsence(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		c.t = newClock().t
		s := serviceOn(t, d)
		due(t, s)
		h := RunHeader{Source: "netbox", Scope: "rack-1", Complete: true, MaxShare: 0.5}
		mustImport(t, s, h, rack(10)...)
		c.add(time.Hour)
		r, _ := mustImport(t, s, RunHeader{Source: "netbox", Scope: "rack-1"}, rack(8)...)
		if r.Counts.Stale != 0 || mustFind(t, s, "host-0009").State != Present {
			t.Fatalf("a partial run: %+v", r)
		}
		mustImport(t, s, RunHeader{Source: "netbox", Scope: "rack-2", Complete: true}, seen("x", KindHost, "x"))
		c.add(time.Hour)
		r, diff := mustImport(t, s, h, rack(8)...)
		if r.Counts.Stale != 2 || r.Counts.RelationsStale != 2 || len(diff.Stale) != 2 || diff.Stale[0].Name != "host-0008" {
			t.Fatalf("a complete run: %+v", r)
		}
		i := mustFind(t, s, "host-0009")
		if i.State != Stale || i.Relations[0].State != Stale || !i.NextAt.Equal(r.Started.Add(30*Day)) {
			t.Fatalf("%+v", i)
		}
		c.add(31 * Day)
		due(t, s)
		if i = mustFind(t, s, "CI-"+fmt.Sprint(i.ID)); i.State != Retired || i.Relations[0].State != Retired || !i.NextAt.IsZero() {
			t.Fatalf("after the grace: %+v", i)
		}
		c.add(Day)
		r, _ = mustImport(t, s, h, rack(10)...)
		if r.Counts.Back != 2 || r.Counts.Created != 0 || r.Counts.RelationsAdded != 2 {
			t.Fatalf("seen again: %+v", r.Counts)
		}
		if again := mustFind(t, s, "host-0009"); again.ID != i.ID || again.State != Present || again.Relations[0].State != Present {
			t.Errorf("%+v", again)
		}
		forms, err := s.History(mara(), i.ID, 10)
		if err != nil || len(forms) != 4 || forms[1].State != Retired || forms[2].State != Stale || forms[3].State != Present {
			t.Errorf("%+v %v", forms, err)
		}
		then, err := s.AsOf(mara(), i.ID, newClock().t.Add(10*Day))
		if err != nil || then.State != Stale || len(then.Relations) != 1 {
			t.Errorf("as of: %+v %v", then, err)
		}
		if then, err = s.AsOf(mara(), i.ID, newClock().t.Add(31*Day+3*time.Hour)); err != nil || then.State != Retired || len(then.Relations) != 0 {
			t.Errorf("as of: %+v %v", then, err)
		}
		if _, err = s.AsOf(mara(), i.ID, newClock().t.Add(-time.Hour)); !errs.Is(err, errs.NotFound) {
			t.Errorf("before it was known: %v", err)
		}
	})
}

// A complete run that would turn too much stale asks; refused it changes
// nothing, confirmed it goes on.
func TestAsking(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		h := RunHeader{Source: "netbox", Scope: "rack-1", Complete: true}
		mustImport(t, s, h, rack(10)...)
		r, _ := mustImport(t, s, h, rack(5)...)
		if r.State != RunAsking || r.Counts.Stale != 5 || !strings.Contains(r.Why, "5 of 11 items") {
			t.Fatalf("%+v", r)
		}
		if _, _, err := s.Import(mara(), h, from(rack(10)...)); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), r.Ref().String()) {
			t.Fatalf("a second run meanwhile: %v", err)
		}
		if _, _, err := s.Import(mara(), RunHeader{Source: "netbox", Scope: "rack-1", DryRun: true}, from(rack(10)...)); err != nil {
			t.Fatalf("a dry run meanwhile: %v", err)
		}
		if r, err := s.Refuse(mara(), r.ID); err != nil || r.State != RunRefused {
			t.Fatalf("%+v %v", r, err)
		}
		if mustFind(t, s, "host-0009").State != Present || count(t, d, "SELECT COUNT(*) FROM ci_stage") != 0 {
			t.Error("a refused run changed something")
		}
		r, _ = mustImport(t, s, h, rack(5)...)
		if r, err := s.Confirm(mara(), r.ID); err != nil || r.State != RunApplied || r.Counts.Stale != 5 {
			t.Fatalf("%+v %v", r, err)
		}
		if mustFind(t, s, "host-0009").State != Stale {
			t.Error("a confirmed run changed nothing")
		}
		if _, err := s.Confirm(mara(), r.ID); !errs.Is(err, errs.Conflict) {
			t.Errorf("twice: %v", err)
		}
		got, err := s.Run(mara(), r.ID)
		if err != nil || got.State != RunApplied || len(got.Diff.Stale) != 5 {
			t.Errorf("%+v %v", got, err)
		}
		list, more, err := s.Runs(mara(), "netbox", 0, 2)
		if err != nil || len(list) != 2 || !more || list[0].ID != r.ID {
			t.Errorf("%v %v %v", list, more, err)
		}
	})
}

// A dry run says what would change, and changes nothing.
func TestDryRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		h := RunHeader{Source: "netbox", Scope: "rack-1", Complete: true}
		mustImport(t, s, h, rack(10)...)
		file := rack(9)
		file[2].Item.Attributes = attrs("cpus", "64", "rack", `"7"`)
		file[2].Item.Env = "production"
		file = append(file, seen("new", KindHost, "new"), related(ByKey("new"), PartOf, ByKey("cluster")), related(ByKey("new"), DependsOn, By(SchemeDNS, "nobody.example", "")))
		h.DryRun = true
		r, diff := mustImport(t, s, h, file...)
		if r.State != RunDry || r.Counts.Created != 1 || r.Counts.Changed != 1 || r.Counts.Stale != 1 || r.Counts.RelationsAdded != 2 || r.Counts.RelationsStale != 1 || r.Counts.Dangling != 1 {
			t.Fatalf("%+v", r)
		}
		if len(diff.Changed) != 1 || strings.Join(diff.Changed[0].Attributes, " ") != "env cpus rack" || diff.Changed[0].Item == 0 || diff.Dangling[0].To != "dns=nobody.example" {
			t.Errorf("%+v", diff)
		}
		if count(t, d, "SELECT COUNT(*) FROM ci") != 11 || count(t, d, "SELECT COUNT(*) FROM ci_stage") != 0 || string(mustFind(t, s, "host-0000").Attributes["cpus"]) != "0" {
			t.Error("a dry run changed something")
		}
	})
}

// Wrong input is refused with place and reason, wherever it stands, and changes
// nothing.
func TestImportRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		for _, c := range []struct {
			want string
			bad  Record
		}{
			{`records[41].item.kind "hots": there is no such kind`, seen("x", "hots", "x")},
			{`records[41].item.key: it is missing`, seen("", KindHost, "x")},
			{`records[41].item.name`, seen("x", KindHost, "a\xff")},
			{`records[41].item.attributes.a`, Record{Item: &Seen{Key: "x", Kind: KindHost, Name: "x", Attributes: attrs("a", "{")}}},
			{`use at most 65536 bytes`, Record{Item: &Seen{Key: "x", Kind: KindHost, Name: "x", Attributes: attrs("a", `"`+strings.Repeat("x", 70_000)+`"`)}}},
			{`records[41].item.identifiers[0].value`, seen("x", KindHost, "x", Identifier{SchemeDNS, ""})},
			{`key "host-0003": items 5 and 22 of the run both have it`, seen("host-0003", KindHost, "x")},
			{`relation "nobody": no item of the run has this key`, related(ByKey("nobody"), PartOf, ByKey("cluster"))},
			{`records[41].relation.kind "eats"`, related(ByKey("host-0001"), "eats", ByKey("cluster"))},
			{`records[41].relation.need "2": it counts members of a group`, Record{Relation: &SeenRelation{From: ByKey("cluster"), To: ByKey("host-0001"), Kind: DependsOn, Need: 2}}},
			{`records[41].relation.from`, Record{Relation: &SeenRelation{To: ByKey("host-0001"), Kind: DependsOn}}},
			{`records[41].item: give each record`, Record{}},
		} {
			r, _, err := s.Import(mara(), RunHeader{Source: "netbox", Scope: "rack-1"}, from(append(rack(20), c.bad)...))
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q: %v", c.want, err)
			}
			if r.State != RunRefused || r.Why == "" {
				t.Errorf("%q: %s %s", c.want, r.State, r.Why)
			}
		}
		r, _, err := s.Import(mara(), RunHeader{Source: "netbox", Scope: "rack-1"}, func(emit Emit) ([]Remark, error) { return nil, errors.New("the disk is gone") })
		if !errs.Is(err, errs.Internal) || r.State != RunFailed {
			t.Errorf("%+v %v", r, err)
		}
		if _, _, err := s.Import(mara(), RunHeader{Source: "Hand Made", MaxShare: 2}, from()); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
		if _, _, err := s.Import(t.Context(), RunHeader{Source: "netbox"}, from()); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%v", err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM ci") + count(t, d, "SELECT COUNT(*) FROM ci_stage"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// A run whose process ends between two chunks is applied to its end by the next
// process, each chunk once; one that was not read to its end is given up.
func TestResume(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		dead := serviceOn(t, d)
		who := actor.Job("test")
		h := RunHeader{Source: "netbox", Scope: "rack-1", Complete: true, Provenance: Declared}
		r, o, err := dead.open(mara(), who, h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dead.stage(mara(), who, &r, o, h, from(rack(2500)...)); err != nil {
			t.Fatal(err)
		}
		for chunk := range 2 {
			if err := dead.applyChunk(mara(), who, &r, dead.readChunk(mara(), r, chunk)); err != nil {
				t.Fatal(err)
			}
		}
		half := h
		half.Scope = "rack-2"
		lost, _, err := dead.open(mara(), who, half)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM ci"); n != 2*chunkFacts {
			t.Fatalf("%d items", n)
		}
		s := serviceOn(t, d)
		if !d.Dialect().SQLite() {
			due(t, s)
			if got, _ := s.Run(mara(), r.ID); got.State != RunApplying || got.Counts.Applied != 2 {
				t.Fatalf("taken over while its process may live: %+v", got)
			}
			c.add(2 * readLease)
		}
		due(t, s)
		got, err := s.Run(mara(), r.ID)
		if err != nil || got.State != RunApplied || got.Counts.Created != 2501 || got.Counts.RelationsAdded != 2500 || got.Counts.Applied != got.Counts.Chunks {
			t.Fatalf("%+v %v", got, err)
		}
		if got, _ = s.Run(mara(), lost.ID); got.State != RunFailed {
			t.Errorf("%+v", got)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM ci") + count(t, d, "SELECT COUNT(*) FROM ci_relation") + count(t, d, "SELECT COUNT(*) FROM ci_stage"); n != 5001 {
			t.Errorf("%d rows", n)
		}
		if err := dead.applyChunk(mara(), who, &r, ready{number: 1, batch: batch{facts: []fact{{key: "late", kind: KindHost, name: "late", attributes: "{}"}}}}); err != nil || count(t, d, "SELECT COUNT(*) FROM ci") != 2501 {
			t.Errorf("the dead process came back: %v", err)
		}
		mustImport(t, s, half, seen("a", KindHost, "a"))
	})
}

// Of two runs of one source and scope at once, one is refused.
func TestTwoRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		var all sync.WaitGroup
		results := make(chan error, 4)
		gate := make(chan struct{})
		for range 4 {
			all.Go(func() {
				_, _, err := s.Import(mara(), RunHeader{Source: "netbox", Scope: "rack-1"}, func(emit Emit) ([]Remark, error) {
					<-gate // until the others have been refused
					return nil, emit(seen("a", KindHost, "a"))
				})
				results <- err
			})
		}
		for range 3 {
			if err := <-results; !errs.Is(err, errs.Conflict) {
				t.Errorf("%v", err)
			}
		}
		close(gate)
		all.Wait()
		if err := <-results; err != nil {
			t.Error(err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM ci"); n != 1 {
			t.Errorf("%d items", n)
		}
	})
}
