package change_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// TestListsAreWhatTheySay compares filters and pages with the same done by
// hand over all changes.
func TestListsAreWhatTheySay(t *testing.T) {
	yards(t, func(y *yard) {
		r := rand.New(rand.NewPCG(1, 2))
		services := [][]string{{"checkout"}, {"search"}, {"search", "email"}, {"email", "checkout"}}
		for n := range 50 {
			c := y.make(change.Change{Title: fmt.Sprintf("%s the retry limit %d", []string{"Raise", "Lower"}[r.IntN(2)], n), Services: services[r.IntN(4)], Type: []change.Type{change.Normal, change.Emergency}[r.IntN(2)],
				Kind: change.Kinds[r.IntN(5)], Commit: fmt.Sprintf("%08x%032d", r.Uint32(), n), AuthorPerson: 1 + r.Int64N(3)})
			_, err := y.Do(pipeline(), c.ID, func(s *change.Step) error {
				switch r.IntN(6) {
				case 0:
					return s.Decide("deny", 75)
				case 1:
					return s.Start(s.Now())
				case 2:
					y.must(s.Deployed(s.Now()))
					return s.Finish(change.Failed, change.ByPipeline, s.Now(), "")
				case 3, 4:
					y.must(s.Decide("allow", 10))
					y.must(s.Approve("", time.Time{}))
					y.must(s.Deployed(s.Now()))
					return s.Finish(change.Succeeded, change.ByPipeline, s.Now(), "")
				}
				return nil
			})
			y.must(err)
			if r.IntN(3) > 0 {
				y.clock.pass(time.Minute)
			}
		}
		all, _, err := y.List(person(mara), change.Filter{}, "", 200)
		y.must(err)
		if len(all) != 50 || !slices.IsSortedFunc(all, func(a, b change.Change) int { return int(b.ID - a.ID) }) {
			y.Fatalf("%d changes", len(all))
		}
		yes, no := true, false
		has := func(c change.Change, s string) bool { return slices.Contains(c.Services, s) }
		mid := all[25].CreatedAt
		for name, x := range map[string]struct {
			f    change.Filter
			keep func(c change.Change) bool
		}{
			"open":            {change.Filter{Open: &yes}, func(c change.Change) bool { return c.State.Open() }},
			"over":            {change.Filter{Open: &no}, func(c change.Change) bool { return !c.State.Open() }},
			"states":          {change.Filter{States: []change.State{change.Failed, change.Assessed}}, func(c change.Change) bool { return c.State == change.Failed || c.State == change.Assessed }},
			"succeeded":       {change.Filter{States: []change.State{change.Succeeded}, Types: []change.Type{change.Normal}}, func(c change.Change) bool { return c.State == change.Succeeded && c.Type == change.Normal }},
			"service":         {change.Filter{Service: "search-app"}, func(c change.Change) bool { return has(c, "search") }},
			"open of service": {change.Filter{Service: "email", Open: &yes}, func(c change.Change) bool { return has(c, "email") && c.State.Open() }},
			"team and kind": {change.Filter{Team: "discovery", Kinds: []change.Kind{change.Config, change.Flag}}, func(c change.Change) bool {
				return c.Team == "discovery" && (c.Kind == change.Config || c.Kind == change.Flag)
			}},
			"author":         {change.Filter{Author: priya}, func(c change.Change) bool { return c.AuthorPerson == priya }},
			"bad":            {change.Filter{Bad: true}, func(c change.Change) bool { return c.Bad() }},
			"bypass":         {change.Filter{Bypass: true, Service: "checkout"}, func(c change.Change) bool { return c.Bypass && has(c, "checkout") }},
			"review":         {change.Filter{Review: true}, func(c change.Change) bool { return !c.ReviewDue.IsZero() }},
			"environment":    {change.Filter{Environment: "staging"}, func(change.Change) bool { return false }},
			"text":           {change.Filter{Text: "retry rais"}, func(c change.Change) bool { return strings.HasPrefix(c.Title, "Raise") }},
			"text and state": {change.Filter{Text: "raise", Open: &yes}, func(c change.Change) bool { return strings.HasPrefix(c.Title, "Raise") && c.State.Open() }},
			"no text":        {change.Filter{Text: "breakdown"}, func(change.Change) bool { return false }},
			"key":            {change.Filter{Text: "chg-7"}, func(c change.Change) bool { return c.ID == 7 }},
			"commit":         {change.Filter{Text: all[3].Commit[:9]}, func(c change.Change) bool { return c.ID == all[3].ID }},
			"whole commit":   {change.Filter{Commit: all[5].Commit}, func(c change.Change) bool { return c.ID == all[5].ID }},
			"since":          {change.Filter{From: mid, Service: "search"}, func(c change.Change) bool { return has(c, "search") && !when(c).Before(mid) }},
			"before":         {change.Filter{Before: mid}, func(c change.Change) bool { return when(c).Before(mid) }},
		} {
			var want, got []int64
			for _, c := range all {
				if x.keep(c) {
					want = append(want, c.ID)
				}
			}
			for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
				var page []change.Change
				page, cursor, err = y.List(person(mara), x.f, cursor, 7)
				y.must(err)
				for _, c := range page {
					got = append(got, c.ID)
				}
			}
			if !slices.Equal(want, got) {
				y.Errorf("%s: got %v, want %v", name, got, want)
			}
		}
		for _, f := range []change.Filter{{States: []change.State{"lost"}}, {Types: []change.Type{"big"}}, {Level: "huge"}, {From: mid, Before: mid.Add(-time.Hour)}} {
			if _, _, err := y.List(person(mara), f, "", 0); !errs.Is(err, errs.Invalid) {
				y.Errorf("%+v: %v", f, err)
			}
		}
		if _, _, err := y.List(person(mara), change.Filter{}, "nowhere!", 0); !errs.Is(err, errs.Invalid) {
			y.Error(err)
		}
		near, err := between(y, "search", mid, y.clock.Now())
		y.must(err)
		if len(near) == 0 || !slices.IsSortedFunc(near, func(a, b change.Change) int { return when(b).Compare(when(a)) }) {
			y.Errorf("%d changes near", len(near))
		}
	})
}

func when(c change.Change) time.Time {
	if !c.StartedAt.IsZero() {
		return c.StartedAt
	}
	return c.CreatedAt
}

func between(y *yard, service string, from, to time.Time) (out []change.Change, err error) {
	err = y.DB.Read(person(mara), func(q db.Querier) error {
		out, err = change.Between(q, service, from, to, 20)
		return err
	})
	return out, err
}

// Every list is read from an index, from its place on, without sorting.
func TestListsUseIndexes(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, f := range []change.Filter{
			{}, {Open: &yes}, {Open: &no}, {States: []change.State{change.Failed}}, {States: []change.State{change.Succeeded}}, {Service: "checkout"}, {Service: "checkout", Open: &yes, Bad: true},
			{Team: "payments"}, {Team: "payments", Open: &yes}, {Model: "certificate"}, {Bad: true}, {Bypass: true}, {Review: true}, {Commit: "abc"},
			{Types: change.Types[:1], Kinds: change.Kinds[:2], Author: 7, Level: "high", Environment: "production", From: time.Unix(1, 0), Before: time.Unix(2, 0)},
		} {
			var sql string
			var args []any
			if err := d.Read(t.Context(), func(q db.Querier) error { sql, args = change.ListSQL(q, f, 4711, 51); return nil }); err != nil {
				t.Fatal(err)
			}
			dbtest.UsesIndex(t, d, sql, args...)
		}
		for _, sql := range change.Queries {
			dbtest.UsesIndex(t, d, sql)
		}
	})
}
