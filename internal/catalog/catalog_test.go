package catalog_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type teams struct{}

func (teams) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamByName(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// bundle is a catalog with two teams.
type bundle struct {
	*testing.T
	*catalog.Catalog
	d    *db.DB
	auth *auth.Service
	ctx  context.Context
}

func each(t *testing.T, f func(b *bundle)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		people, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		people.Reactions.TeamRemoved = append(people.Reactions.TeamRemoved, catalog.TeamRemoved)
		b := &bundle{t, catalog.New(d, teams{}), d, people, as(actor.Manager)}
		for _, name := range []string{"payments", "storefront"} {
			if _, err := people.CreateTeam(b.ctx, name, auth.TeamEdit{}); err != nil {
				t.Fatal(err)
			}
		}
		f(b)
	})
}

func as(role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: role})
}

func (b *bundle) want(what string, err error, kind errs.Kind) {
	b.Helper()
	if !errs.Is(err, kind) {
		b.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func (b *bundle) add(name string, e catalog.Edit) catalog.Service {
	b.Helper()
	if e.Team == "" {
		e.Team = "payments"
	}
	s, err := b.Create(b.ctx, name, e)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func TestLife(t *testing.T) {
	each(t, func(b *bundle) {
		s := b.add("checkout", catalog.Edit{Tier: 0, Promise: "A filled basket can be paid.", Aliases: []string{"Shop/Checkout", " checkout-api ", "checkout", "CHECKOUT-API"},
			Links: []catalog.Link{{URL: "https://wiki.harbour.example/checkout"}}})
		if d := cmp.Diff([]string{"checkout-api", "shop/checkout"}, s.Aliases); d != "" || s.Title != "checkout" || s.Lifecycle != catalog.Live || s.Version != 1 || s.Links[0].Kind != catalog.Other {
			b.Errorf("%s%+v", d, s)
		}
		got, err := b.Get(b.ctx, "SHOP/checkout")
		if d := cmp.Diff(s, got); d != "" || err != nil {
			b.Errorf("read by alias: %s %v", d, err)
		}
		_, err = b.Create(b.ctx, "checkout", catalog.Edit{Team: "payments"})
		b.want("create again", err, errs.Conflict)
		_, err = b.Create(b.ctx, "checkout-api", catalog.Edit{Team: "payments"})
		b.want("a name that is an alias", err, errs.Invalid)
		_, err = b.Create(b.ctx, "search", catalog.Edit{Team: "payments", Aliases: []string{"Checkout"}})
		b.want("an alias that is a name", err, errs.Invalid)
		_, err = b.Create(as(actor.Responder), "search", catalog.Edit{Team: "payments"})
		b.want("a responder creates", err, errs.Forbidden)

		e := s.Edit()
		e.Aliases, e.Tier = nil, 1
		s2, err := b.Edit(b.ctx, "checkout", 1, e)
		if err != nil || s2.Version != 2 {
			b.Fatalf("%+v %v", s2, err)
		}
		b.add("search", catalog.Edit{Aliases: []string{"checkout-api"}}) // free again
		_, err = b.Edit(b.ctx, "checkout", 1, e)
		b.want("stale edit", err, errs.Conflict)
		if same, err := b.Edit(b.ctx, "checkout", 2, e); err != nil || same.Version != 2 {
			b.Errorf("an edit that changes nothing: %+v %v", same, err)
		}
		e.Lifecycle = catalog.Proposed
		_, err = b.Edit(b.ctx, "checkout", 2, e)
		b.want("from live back to proposed", err, errs.Invalid)
		for range 2 {
			if s, err = b.Retire(b.ctx, "checkout"); err != nil || s.Lifecycle != catalog.Retired || s.Version != 3 {
				b.Errorf("retire: %+v %v", s, err)
			}
		}
		_, err = b.Retire(b.ctx, "nothing")
		b.want("retire nothing", err, errs.NotFound)
		err = b.auth.DeleteTeam(b.ctx, "payments")
		b.want("delete the owner", err, errs.Conflict)
		if err := b.auth.DeleteTeam(b.ctx, "storefront"); err != nil {
			b.Errorf("delete another team: %v", err)
		}
		var digest string
		if err := b.d.Read(b.ctx, func(q db.Querier) (err error) { digest, err = catalog.DigestOf(q, s.Ref()); return err }); err != nil || digest == "" {
			b.Errorf("digest %q %v", digest, err)
		}
	})
}

func TestFaults(t *testing.T) {
	each(t, func(b *bundle) {
		_, err := b.Create(b.ctx, "x", catalog.Edit{Title: strings.Repeat("x", 101), Tier: 4, Lifecycle: "dead", Promise: "a\nb", Aliases: []string{strings.Repeat("x", 101)},
			Links: []catalog.Link{{Kind: "wiki", URL: "javascript:alert(1)"}, {URL: "https://user:pass@x.example"}, {URL: "//x"}}})
		var got []string
		for _, f := range errs.As(err).Fields {
			got = append(got, f.Name)
		}
		want := []string{"title", "promise", "team", "tier", "lifecycle", "links[0].kind", "links[0].url", "links[1].url", "links[2].url", "aliases[0]"}
		if d := cmp.Diff(want, got); d != "" {
			b.Error(d)
		}
		_, err = b.Create(b.ctx, "x", catalog.Edit{Team: "nobody"})
		b.want("no such team", err, errs.Invalid)
		for _, name := range []string{"", "X", "-x", "x-", "a b", strings.Repeat("x", 64), "é", "a/b"} {
			_, err = b.Create(b.ctx, name, catalog.Edit{Team: "payments"})
			b.want(fmt.Sprintf("the name %q", name), err, errs.Invalid)
		}
	})
}

func TestListAndPlans(t *testing.T) {
	each(t, func(b *bundle) {
		for i := range 5 {
			b.add(fmt.Sprintf("s%d", i), catalog.Edit{Tier: i % 4, Team: []string{"payments", "storefront"}[i%2]})
		}
		b.add("old", catalog.Edit{})
		if _, err := b.Retire(b.ctx, "old"); err != nil {
			b.Fatal(err)
		}
		one := 1
		for _, x := range []struct {
			f     catalog.Filter
			after string
			limit int
			want  string
			more  bool
		}{
			{catalog.Filter{}, "", 50, "s0 s1 s2 s3 s4", false},
			{catalog.Filter{}, "s1", 2, "s2 s3", true},
			{catalog.Filter{Retired: true}, "", 50, "old s0 s1 s2 s3 s4", false},
			{catalog.Filter{Lifecycle: catalog.Retired}, "", 50, "old", false},
			{catalog.Filter{Team: "storefront"}, "", 50, "s1 s3", false},
			{catalog.Filter{Tier: &one}, "", 50, "s1", false},
			{catalog.Filter{Prefix: "s3"}, "", 50, "s3", false},
			{catalog.Filter{Team: "payments", Tier: &one}, "", 50, "", false},
		} {
			list, more, err := b.List(b.ctx, x.f, x.after, x.limit)
			var names []string
			for _, s := range list {
				names = append(names, s.Name)
			}
			if got := strings.Join(names, " "); err != nil || got != x.want || more != x.more {
				b.Errorf("%+v: %s %v %v, want %s %v", x.f, got, more, err, x.want, x.more)
			}
			query, args := catalog.ListSQL(x.f, x.after, 50)
			dbtest.UsesIndex(b.T, b.d, query, args...)
		}
		dbtest.UsesIndex(b.T, b.d, catalog.SearchSQL, "a", "b", 10)
		if names, err := b.Search(b.ctx, "S", 3); err != nil || strings.Join(names, " ") != "s0 s1 s2" {
			b.Errorf("search: %v %v", names, err)
		}
	})
}

func TestLookup(t *testing.T) {
	each(t, func(b *bundle) {
		b.add("checkout", catalog.Edit{Tier: 1, Aliases: []string{"job/checkout"}})
		look := func(word string) string {
			var k catalog.Known
			err := b.d.Read(b.ctx, func(q db.Querier) (err error) { k, _, err = b.Lookup(q, word); return err })
			if err != nil {
				b.Fatal(err)
			}
			return fmt.Sprint(k.Name, k.Tier)
		}
		for range 2 { // from the database, then from memory
			if look("Job/Checkout") != "checkout1" || look("nothing") != "0" || look("") != "0" {
				b.Errorf("%s %s", look("Job/Checkout"), look("nothing"))
			}
		}
		b.add("nothing", catalog.Edit{Tier: 2}) // what meant nothing means something now
		s, _ := b.Get(b.ctx, "checkout")
		e := s.Edit()
		e.Tier = 0
		if _, err := b.Edit(b.ctx, "checkout", 1, e); err != nil {
			b.Fatal(err)
		}
		if look("job/checkout") != "checkout0" || look("nothing") != "nothing2" {
			b.Errorf("after edits: %s %s", look("job/checkout"), look("nothing"))
		}
		// What a transaction saw that did not commit is not remembered.
		err := b.d.Write(b.ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
			if err := b.Apply(tx, "ghost", catalog.Spec{Team: "payments"}, ""); err != nil {
				return err
			}
			if _, ok, err := b.Lookup(tx, "ghost"); !ok || err != nil {
				b.Errorf("not seen inside: %v", err)
			}
			return errs.E(errs.Conflict, "rolled back")
		})
		b.want("rolled back", err, errs.Conflict)
		if look("ghost") != "0" {
			b.Error("a ghost is remembered")
		}
	})
}

// Many claim one word at once; one gets it, the others are told.
func TestRaceForAWord(t *testing.T) {
	each(t, func(b *bundle) {
		var wg sync.WaitGroup
		won := make(chan string, 8)
		for i := range 8 {
			wg.Go(func() {
				name := fmt.Sprintf("s%d", i)
				if _, err := b.Create(b.ctx, name, catalog.Edit{Team: "payments", Aliases: []string{"the-word"}}); err == nil {
					won <- name
				} else if !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
					b.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			b.Errorf("%d got the word", len(won))
		}
	})
}

// The drawing in docs/practice/services.md shows exactly these moves.
func TestDrawing(t *testing.T) {
	page, err := os.ReadFile("../../docs/practice/services.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn, moves []string
	for line := range strings.Lines(string(page)) {
		if from, to, ok := strings.Cut(strings.TrimSpace(line), " --> "); ok && from != "[*]" {
			drawn = append(drawn, from+" "+to)
		}
	}
	for from, list := range catalog.Moves {
		for _, to := range list {
			moves = append(moves, string(from)+" "+string(to))
		}
	}
	slices.Sort(drawn)
	slices.Sort(moves)
	if d := cmp.Diff(moves, drawn); d != "" {
		t.Error(d)
	}
}
