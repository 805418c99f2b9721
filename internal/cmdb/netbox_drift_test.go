package cmdb_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/connect/netbox"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// Two dumps of one NetBox, of two versions of it and read in opposite orders:
// nothing has drifted from the baseline, and what changes after that is exactly
// what shows.
func TestNetBoxShowsNoFalseDrift(t *testing.T) {
	dumps := map[string][]byte{}
	for _, v := range []string{"3.5", "3.6"} {
		b, err := os.ReadFile("../../../shared/data/netbox/netbox-demo-v" + v + ".json.gz")
		if err != nil {
			t.Skip("../shared/data is not here")
		}
		dumps[v] = b
	}
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	dbtest.EachWith(t, func() time.Time { return at }, func(t *testing.T, d *db.DB) {
		ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		s := cmdb.New(d, cmdb.Options{NoGraph: true})
		defer s.Close()
		load := func(version string, change func([]cmdb.Record) []cmdb.Record) cmdb.Run {
			t.Helper()
			at = at.Add(time.Hour)
			run, _, err := s.Import(ctx, cmdb.RunHeader{Source: "netbox", Scope: "demo", Complete: true}, func(emit cmdb.Emit) ([]cmdb.Remark, error) {
				var items, relations []cmdb.Record
				_, err := netbox.Read(bytes.NewReader(dumps[version]), netbox.Options{}, func(r cmdb.Record) error {
					if r.Item != nil {
						items = append(items, r)
					} else {
						relations = append(relations, r)
					}
					return nil
				})
				if err != nil {
					return nil, err
				}
				for _, r := range slices.Concat(change(items), change(relations)) {
					if err := emit(r); err != nil {
						return nil, err
					}
				}
				return nil, nil
			})
			if err != nil || run.State != cmdb.RunApplied {
				t.Fatalf("%+v %v", run, err)
			}
			return run
		}
		asIs := func(list []cmdb.Record) []cmdb.Record { return list }
		load("3.5", asIs)
		at = at.Add(time.Hour)
		b, err := s.PutBaseline(ctx, "before", 0, cmdb.BaselineSpec{})
		if err != nil || b.Items != 680 || b.Relations < 1000 {
			t.Fatalf("%+v %v", b, err)
		}
		load("3.6", func(list []cmdb.Record) []cmdb.Record { slices.Reverse(list); return list })
		drift := func(ctx context.Context) []cmdb.Difference {
			t.Helper()
			list, next, err := s.Drift(ctx, "before", "", 1000)
			if err != nil || next != "" {
				t.Fatal(next, err)
			}
			return list
		}
		if list := drift(ctx); len(list) != 0 {
			t.Errorf("%d differences, the first is %+v", len(list), list[0])
		}
		// One device renamed.
		load("3.6", func(list []cmdb.Record) []cmdb.Record {
			for _, r := range list {
				if r.Item != nil && r.Item.Name == "dmi01-akron-rtr01" {
					r.Item.Name = "renamed"
				}
			}
			return list
		})
		if list := drift(ctx); len(list) != 1 || list[0].Verb != cmdb.Changed || list[0].Changes[0].Field != "name" {
			t.Errorf("%+v", list)
		}
		if v, err := s.Verify(ctx, "before"); err != nil || !v.OK || v.Items != b.Items {
			t.Errorf("%+v %v", v, err)
		}
	})
}
