package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// people answers the catalog from the real people.
type people struct{}

func (people) PersonOf(q db.Querier, handle string) (int64, bool, error) {
	p, err := auth.PersonByHandle(q, handle)
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return p.ID, err == nil, err
}

func (people) Handles(q db.Querier, ids []int64) (map[int64]string, error) {
	list, err := auth.People(q, ids)
	out := map[int64]string{}
	for id, p := range list {
		out[id] = p.Handle
	}
	return out, err
}

func (b *bundle) hire(handle string) auth.Person {
	b.Helper()
	p, _, err := b.auth.CreatePerson(as(actor.Admin), auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: handle}})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func full() catalog.Portfolio {
	return catalog.Portfolio{
		Description: "Takes a basket.\r\n\r\nGives an order.", Users: []string{" Shoppers ", "", "Shoppers", "The call centre"}, Value: "Revenue",
		Cost:         &catalog.Cost{Amount: "1200.50", Currency: "eur", AsOf: "2026-03-31", Note: "hosting"},
		Sourcing:     &catalog.Sourcing{Choice: "buy", Supplier: "Cardwright", Why: "cheaper", Decided: "2025-01-10", Ends: "2027-01-09"},
		Raci:         []catalog.Raci{{Activity: "Releases", Accountable: "@mara", Responsible: []string{"team:payments", "mara", "mara"}}},
		Repositories: []string{"git@Git.harbour.example:shop/checkout.git", "https://git.harbour.example/shop/checkout/", "git.harbour.example/shop/web"},
		DependsOn:    []catalog.Dependency{{On: "payments", Strength: "hard"}, {On: "database:orders", Strength: "soft", Group: "stores", Need: 1, Why: "orders"}, {On: "search"}},
	}
}

func TestPortfolio(t *testing.T) {
	each(t, func(b *bundle) {
		b.People = people{}
		b.hire("mara")
		s := b.add("checkout", catalog.Edit{Portfolio: full()})
		want := catalog.Portfolio{
			Description: "Takes a basket.\n\nGives an order.", Users: []string{"Shoppers", "The call centre"}, Value: "Revenue",
			Cost:         &catalog.Cost{Amount: "1200.50", Currency: "EUR", AsOf: "2026-03-31", Note: "hosting"},
			Sourcing:     full().Sourcing,
			Raci:         []catalog.Raci{{Activity: "Releases", Accountable: "mara", Responsible: []string{"team:payments", "mara"}}},
			Repositories: []string{"https://git.harbour.example/shop/checkout", "https://git.harbour.example/shop/web"},
			DependsOn:    []catalog.Dependency{{On: "payments"}, {On: "database:orders", Strength: "soft", Group: "stores", Need: 1, Why: "orders"}, {On: "search"}},
		}
		if d := cmp.Diff(want, s.Portfolio); d != "" {
			b.Error(d)
		}
		got, err := b.Get(b.ctx, "checkout")
		if d := cmp.Diff(s, got); d != "" || err != nil {
			b.Errorf("read again: %s %v", d, err)
		}
		if same, err := b.Edit(b.ctx, "checkout", 1, got.Edit()); err != nil || same.Version != 1 {
			b.Errorf("the edit that changes nothing: %+v %v", same, err)
		}
		// People are held by number: a new handle is the same person.
		if err := b.d.Read(b.ctx, func(q db.Querier) error {
			raw, err := catalog.ByName(q, "checkout")
			if err == nil && !strings.HasPrefix(raw.Raci[0].Accountable, "USR-") {
				b.Errorf("the database holds %q", raw.Raci[0].Accountable)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
		needs, err := b.Needs(b.ctx, got)
		if err != nil || !needs[0].Dangling || needs[1].Dangling {
			b.Errorf("%+v %v", needs, err)
		}
		b.add("payments", catalog.Edit{Tier: 1})
		if needs, err = b.Needs(b.ctx, got); err != nil || needs[0].Dangling || needs[0].Service.Team != "payments" {
			b.Errorf("%+v %v", needs, err)
		}
	})
}

func TestPortfolioFaults(t *testing.T) {
	each(t, func(b *bundle) {
		b.People = people{}
		_, err := b.Create(b.ctx, "x", catalog.Edit{Team: "payments", Links: []catalog.Link{{URL: "https://x.example", Checked: "yesterday"}}, Portfolio: catalog.Portfolio{
			Description: "\xff", Users: []string{"a\nb"}, ReplacedBy: "x", Until: "2026-02-30",
			Cost: &catalog.Cost{Amount: "-1", Currency: "Euro"}, Sourcing: &catalog.Sourcing{Choice: "buy", Decided: "2026-01-02", Ends: "2026-01-01"},
			Raci:         []catalog.Raci{{Activity: "a", Accountable: "b"}, {Activity: "A"}},
			Repositories: []string{"https://user:secret@git.example/x", "what"},
			DependsOn:    []catalog.Dependency{{On: "x"}, {On: "Not A Name"}, {On: "y", Strength: "weak", Need: 2}, {On: "y"}},
		}})
		var got []string
		for _, f := range errs.As(err).Fields {
			got = append(got, f.Name)
		}
		want := []string{"links[0].checked", "description", "users[0]", "until", "replaced_by", "cost.amount", "cost.currency", "sourcing.supplier", "sourcing.ends",
			"raci[1].activity", "raci[1].accountable", "repositories[0]", "repositories[1]", "depends_on[0].on", "depends_on[1].on", "depends_on[2].strength", "depends_on[2].need", "depends_on[3].on"}
		if d := cmp.Diff(want, got); d != "" {
			b.Error(d)
		}
		_, err = b.Create(b.ctx, "x", catalog.Edit{Team: "payments", Aliases: []string{"basket"}, Links: []catalog.Link{{URL: "https://x.example", Checked: "2999-01-01"}}, Portfolio: catalog.Portfolio{
			ReplacedBy: "y", Raci: []catalog.Raci{{Activity: "a", Accountable: "nobody", Informed: []string{"team:nothing"}}}, DependsOn: []catalog.Dependency{{On: "basket"}}}})
		got = nil
		for _, f := range errs.As(err).Fields {
			got = append(got, f.Name)
		}
		if d := cmp.Diff([]string{"raci[0].accountable", "raci[0].informed", "replaced_by", "links[0].checked", "depends_on[0].on"}, got); d != "" {
			b.Error(d)
		}
	})
}

// Who follows the catalog hears of each change once, in its transaction, and
// can refuse it; who begins later replays it.
func TestReactions(t *testing.T) {
	each(t, func(b *bundle) {
		var heard []string
		var refuse error
		b.Reactions.Changed = append(b.Reactions.Changed, func(_ *db.Tx, s catalog.Service, words []string) error {
			heard = append(heard, fmt.Sprintf("%s %s %v", s.Name, s.Lifecycle, words))
			return refuse
		})
		s := b.add("checkout", catalog.Edit{Aliases: []string{"basket"}})
		e := s.Edit()
		if _, err := b.Edit(b.ctx, "checkout", 1, e); err != nil { // changes nothing
			b.Fatal(err)
		}
		refuse = errs.E(errs.Conflict, "not now")
		e.Title = "Other"
		_, err := b.Edit(b.ctx, "checkout", 1, e)
		b.want("a refused reaction", err, errs.Conflict)
		refuse = nil
		if _, err := b.Retire(b.ctx, "checkout"); err != nil {
			b.Fatal(err)
		}
		want := []string{"checkout live [checkout basket]", "checkout live [checkout basket]", "checkout retired [checkout basket]"}
		if d := cmp.Diff(want, heard); d != "" {
			b.Error(d)
		}
		var all []string
		if err := b.d.Read(b.ctx, func(q db.Querier) error {
			return catalog.EachService(q, func(s catalog.Service) error { all = append(all, s.Name+fmt.Sprint(s.Aliases)); return nil })
		}); err != nil || fmt.Sprint(all) != "[checkout[basket]]" {
			b.Errorf("%v %v", all, err)
		}
	})
}

// A portfolio goes to code and back without a change, whatever the order.
func TestPortfolioAsCode(t *testing.T) {
	each(t, func(b *bundle) {
		b.People = people{}
		b.hire("mara")
		code := ascode.New(b.d, catalog.AsCode(b.Catalog))
		admin := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin})
		b.add("checkout", catalog.Edit{Portfolio: full()})
		files, err := code.Export(admin)
		if err != nil {
			b.Fatal(err)
		}
		in := ascode.Input{Source: "test", Commit: "5d41402abc4b2a76b9719d911017c592ae1f2b3c", Files: files}
		if _, err := code.Apply(admin, in); err != nil {
			b.Fatalf("%v\n%s", err, files[0].Content)
		}
		s, err := b.Get(b.ctx, "checkout")
		if err != nil || s.Version != 1 {
			b.Errorf("export and apply changed it: %+v %v", s, err)
		}
	})
}
