package cmdb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Lists go on where the page before ended, for every filter.
func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		var file []Record
		for i := range 25 {
			r := seen(fmt.Sprint(i), []string{KindHost, KindDatabase}[i%2], fmt.Sprintf("%s-%02d", []string{"web", "DB"}[i%2], i), Identifier{"serial", fmt.Sprint(i)})
			r.Item.Env, r.Item.Team = []string{"production", "staging", ""}[i%3], []string{"payments", ""}[i%2]
			r.Item.Attributes = attrs("size", "1")
			file = append(file, r)
		}
		mustImport(t, s, RunHeader{Source: "netbox", Scope: "a", Complete: true}, file...)
		for i := range 25 {
			file[i].Item.Attributes = attrs("size", fmt.Sprint(1+i%5))
		}
		mustImport(t, s, RunHeader{Source: "csv"}, file[:10]...)
		mustImport(t, s, RunHeader{Source: "netbox", Scope: "a", Complete: true, MaxShare: 1}, file[:20]...)
		for _, c := range []struct {
			f    Filter
			want int
		}{
			{Filter{}, 25},
			{Filter{State: Present}, 20},
			{Filter{State: Stale}, 5},
			{Filter{State: Stale, Kind: KindHost}, 3},
			{Filter{State: Retired}, 0},
			{Filter{All: true}, 25},
			{Filter{Kind: KindHost}, 13},
			{Filter{Kind: KindDatabase, Text: "db-1"}, 5},
			{Filter{Text: "WEB-0"}, 5},
			{Filter{Env: "production"}, 9},
			{Filter{Team: "payments"}, 13},
			{Filter{Team: "payments", Env: "staging", Kind: KindHost}, 4},
			{Filter{Source: "csv"}, 10},
			{Filter{Source: "netbox"}, 20},
			{Filter{Source: "netbox", Kind: KindDatabase, Text: "db"}, 10},
			{Filter{Source: "nobody"}, 0},
			{Filter{Conflicts: true}, 0}, // both sources say the same again
		} {
			var names []string
			cursor := ""
			for {
				page, next, err := s.List(mara(), c.f, cursor, 4)
				if err != nil {
					t.Fatalf("%+v: %v", c.f, err)
				}
				for _, i := range page {
					names = append(names, i.Name)
				}
				if cursor = next; next == "" {
					break
				}
			}
			slices.Sort(names)
			if len(names) != c.want || len(slices.Compact(names)) != c.want {
				t.Errorf("%+v: %d, want %d: %v", c.f, len(names), c.want, names)
			}
		}
		if _, _, err := s.List(mara(), Filter{}, "nonsense", 5); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
		if _, _, err := s.List(mara(), Filter{State: "gone"}, "", 5); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
	})
}

// Every list and look-up is served by an index.
func TestPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, f := range []Filter{{}, {State: Present}, {State: Stale}, {State: Retired, Kind: KindHost}, {Kind: KindHost}, {Kind: KindHost, Text: "a"}, {Text: "a"}, {Team: "a"}, {Env: "a"},
			{Source: "a"}, {Source: "a", Kind: KindHost}, {Conflicts: true}, {Conflicts: true, Kind: KindHost}} {
			query, args := listQuery(f, place{word: "m", id: 3, origin: 1}, []int64{1}, 10)
			dbtest.UsesIndex(t, d, query, args...)
		}
		dbtest.UsesIndex(t, d, namedSQL, "a", 5)
		dbtest.UsesIndex(t, d, bondsAtSQL("from_item", true), 1, 5)
		dbtest.UsesIndex(t, d, bondsAtSQL("to_item", false), 1, 5)
		dbtest.UsesIndex(t, d, runsSQL, 5, 5)
		dbtest.UsesIndex(t, d, runsOfSourceSQL, "a", 5, 5)
		dbtest.UsesIndex(t, d, dueRunsSQL, 5, 5)
		dbtest.UsesIndex(t, d, dueItemsSQL, 5, 5)
		dbtest.UsesIndex(t, d, dueBondsSQL, 5, 5)
		dbtest.UsesIndex(t, d, liveObsSQL, 1, "a", 5)
		dbtest.UsesIndex(t, d, liveSightingsSQL, 1, "a", "b", 1, 5)
	})
}

// What a text means: a number, an identifier, a kind and a name, a name; or an
// error that says between what to choose.
func TestFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, SourceCatalog, "", seen("orders", KindService, "orders", Identifier{SchemeService, "orders"}))
		observe(t, s, "otlp", "", seen("orders", KindApplication, "orders", Identifier{SchemeServiceName, "orders"}))
		observe(t, s, "terraform", "", seen("1", KindDatabase, "Orders", Identifier{SchemeARN, "arn:aws:rds:1"}), seen("2", KindQueue, "jobs", Identifier{SchemeQueue, "kafka/jobs"}), seen("3", KindCache, "jobs"))
		for text, want := range map[string]string{
			"CI-1": KindService, " ci-3 ": KindDatabase, "orders": KindService, "database:orders": KindDatabase, "application:ORDERS": KindApplication, "SVC orders": KindService,
			"arn=arn:aws:rds:1": KindDatabase, "arn:aws:rds:1": KindDatabase, "kafka/jobs": KindQueue, "queue=kafka/jobs": KindQueue,
		} {
			if i, err := s.Find(mara(), text); err != nil || i.Kind != want {
				t.Errorf("%q: %s %v", text, i.Kind, err)
			}
		}
		for _, text := range []string{"CI-99", "nobody", "database:nobody", "arn=x", ""} {
			if _, err := s.Find(mara(), text); !errs.Is(err, errs.NotFound) {
				t.Errorf("%q: %v", text, err)
			}
		}
		_, err := s.Find(mara(), "jobs")
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "CI-4 (queue jobs), CI-5 (cache jobs)") {
			t.Errorf("%v", err)
		}
		if list, err := s.ByIdentifier(mara(), SchemeQueue, "kafka/jobs"); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
	})
}
