package cmdb

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func TestProposals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, "csv", "", seen("1", KindHost, "web-1", Identifier{"serial", "A1"}), seen("2", KindHost, "web-2"))
		e := observe(t, s, "netbox", "", Record{Item: &Seen{Key: "9", Kind: KindHost, Name: "WEB-1", Attributes: attrs("rack", `"r1"`)}}, seen("10", KindHost, "WEB-2"),
			related(ByKey("9"), ConnectsTo, ByKey("10")))
		if len(e.Proposed) != 2 {
			t.Fatalf("%+v", e)
		}
		list, more, err := s.Proposals(mara(), false, 0, 1)
		if err != nil || len(list) != 1 || !more || list[0].State != ProposalOpen {
			t.Fatalf("%+v %v %v", list, more, err)
		}
		p, err := s.Proposal(mara(), list[0].ID)
		ok(t, err)
		if p.Compare[0].Same || p.Compare[0].Field != "name" || p.First.Name != "web-1" || p.Second.Name != "WEB-1" || !strings.Contains(p.Why, "name") {
			t.Errorf("%+v", p.Compare)
		}
		second := p.ID + 1
		_, err = s.RefuseProposal(mara(), second)
		ok(t, err)
		_, err = s.RefuseProposal(mara(), second)
		refused(t, "again", err, errs.Conflict, "")
		_, err = s.AcceptProposal(mara(), second, 0, "")
		refused(t, "a refused one", err, errs.Conflict, "")
		_, err = s.AcceptProposal(mara(), p.ID, 4711, "")
		refused(t, "a third item", err, errs.Invalid, "keep")
		// Said anew, also differently: the refused pair stays refused.
		observe(t, s, "netbox", "", Record{Item: &Seen{Key: "10", Kind: KindHost, Name: "WEB-2", Attributes: attrs("rack", `"r2"`)}})
		if list, _, _ = s.Proposals(mara(), false, 0, 10); len(list) != 1 {
			t.Errorf("open: %+v", list)
		}
		was := snapshotOf(t, s)
		g, err := s.AcceptProposal(mara(), p.ID, p.B, "the same box")
		ok(t, err)
		if g.Item != p.B || g.Other != p.A {
			t.Errorf("kept %d", g.Item)
		}
		kept, err := s.Get(mara(), p.B)
		ok(t, err)
		if len(kept.Observations) != 2 || len(kept.Relations) != 1 || !kept.Observations[0].Pinned {
			t.Errorf("%+v", kept)
		}
		gone, err := s.Get(mara(), p.A)
		if err != nil || gone.MergedInto != p.B || gone.State != Retired {
			t.Errorf("a link to the old one: %+v %v", gone.Item, err)
		}
		if i, err := s.Find(mara(), "serial=A1"); err != nil || i.ID != p.B {
			t.Errorf("by the old one's identifier: %+v %v", i, err)
		}
		_, err = s.EditItem(mara(), p.A, gone.Version, ItemEdit{})
		refused(t, "the old one edited", err, errs.Conflict, "")
		_, err = s.Merge(mara(), p.A, p.B, "x")
		refused(t, "merged again", err, errs.Invalid, "keep")
		if l, _, _ := s.Regroups(mara(), p.B, 0, 5); len(l) != 1 || l[0].Note != "the same box" {
			t.Errorf("%+v", l)
		}
		u, err := s.Undo(mara(), g.ID)
		if err != nil || u.Undone.IsZero() {
			t.Fatal(u, err)
		}
		same(t, "merged and undone", was, snapshotOf(t, s))
		audited(t, s, ref.Proposal)
		if p, _ := s.Proposal(mara(), p.ID); p.State != ProposalOpen {
			t.Errorf("the proposal is %s", p.State)
		}
		_, err = s.Undo(mara(), g.ID)
		refused(t, "undone again", err, errs.Conflict, "")
	})
}

func TestSplit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		dns := Identifier{SchemeDNS, "app.harbour.example"}
		observe(t, s, "aws", "", seen("lb", KindBalancer, "lb", dns))
		observe(t, s, "netbox", "", Record{Item: &Seen{Key: "vip", Kind: KindBalancer, Name: "vip", Identifiers: []Identifier{dns, {"netbox.vip", "3"}}, Attributes: attrs("rack", `"r"`)}},
			seen("net", KindNetwork, "dmz"), related(ByKey("vip"), ConnectsTo, ByKey("net")))
		one := mustFind(t, s, dns.String())
		if len(one.Observations) != 2 {
			t.Fatalf("%+v", one)
		}
		_, err := s.Split(mara(), one.ID, nil, "two")
		refused(t, "nothing", err, errs.Invalid, "observations")
		_, err = s.Split(mara(), one.ID, []int64{one.Observations[0].ID, one.Observations[1].ID}, "two")
		refused(t, "everything", err, errs.Invalid, "observations")
		_, err = s.Split(mara(), one.ID, []int64{one.Observations[1].ID}, "")
		refused(t, "without a word", err, errs.Invalid, "note")
		was := snapshotOf(t, s)
		g, err := s.Split(mara(), one.ID, []int64{one.Observations[1].ID}, "two boxes behind one name")
		ok(t, err)
		fresh, err := s.Get(mara(), g.Other)
		ok(t, err)
		if fresh.State != Present || fresh.Name != "vip" || len(fresh.Relations) != 1 || fresh.Relations[0].State != Present || string(fresh.Attributes["rack"]) != `"r"` {
			t.Errorf("%+v", fresh)
		}
		if one = mustFind(t, s, one.Ref().String()); len(one.Observations) != 1 || one.Attributes["rack"] != nil {
			t.Errorf("%+v", one.Item)
		}
		// Both go on, and are not proposed as one.
		observe(t, s, "netbox", "", seen("vip", KindBalancer, "vip", dns, Identifier{"netbox.vip", "3"}, Identifier{"netbox.vip", "4"}))
		observe(t, s, "aws", "", seen("lb", KindBalancer, "lb", dns, Identifier{SchemeARN, "arn:lb"}))
		if list, _, _ := s.Proposals(mara(), false, 0, 10); len(list) != 0 {
			t.Errorf("proposed: %+v", list)
		}
		observe(t, s, "netbox", "", Record{Item: &Seen{Key: "vip", Kind: KindBalancer, Name: "vip", Identifiers: []Identifier{dns, {"netbox.vip", "3"}}, Attributes: attrs("rack", `"r"`)}})
		observe(t, s, "aws", "", seen("lb", KindBalancer, "lb", dns))
		_, err = s.Undo(mara(), g.ID)
		ok(t, err)
		is := snapshotOf(t, s)
		delete(is, "item "+itemKey(g.Other)) // its number leads back and is never given again
		same(t, "split and undone", was, is)
		if i, _ := s.Get(mara(), g.Other); i.MergedInto != one.ID {
			t.Errorf("the split-off number: %+v", i.Item)
		}
	})
}

// Undoing is refused with the reason when later changes stand in the way.
func TestUndoRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, "csv", "", seen("a", KindHost, "a"), seen("b", KindHost, "b"), seen("c", KindHost, "c"), seen("x", KindDatabase, "x"))
		id := func(name string) int64 { return mustFind(t, s, "host:"+name).ID }
		a, b, c := id("a"), id("b"), id("c")
		_, err := s.Merge(mara(), a, mustFind(t, s, "database:x").ID, "no")
		refused(t, "a host and a database", err, errs.Invalid, "other")
		first, err := s.Merge(mara(), b, a, "one")
		ok(t, err)
		second, err := s.Merge(mara(), c, b, "one")
		ok(t, err)
		if i, _ := s.Find(mara(), "CI-"+fmt.Sprint(a)); i.ID != a && i.ID != c {
			t.Errorf("a link to the first leads to %d", i.ID)
		}
		_, err = s.Undo(mara(), first.ID)
		refused(t, "the inner one first", err, errs.Conflict, "")
		if !strings.Contains(err.Error(), "undo that first") {
			t.Errorf("the reason: %v", err)
		}
		_, err = s.Undo(mara(), second.ID)
		ok(t, err)
		_, err = s.Undo(mara(), first.ID)
		ok(t, err)
		third, err := s.Merge(mara(), a, b, "one")
		ok(t, err)
		err = d.Write(mara(), actor.Job("test"), "test", func(tx *db.Tx) error { return s.Withdraw(tx, "csv", "", []string{"b"}) })
		ok(t, err)
		_, err = s.Undo(mara(), third.ID)
		refused(t, "its observation was taken back", err, errs.Conflict, "")
	})
}

// Any merges and splits, undone in reverse, leave exactly what was before.
func TestRegroupProperty(t *testing.T) {
	seeds := 6
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		for seed := range seeds {
			r := rand.New(rand.NewPCG(7, uint64(seed)))
			scope := fmt.Sprintf("s%d", seed)
			world(t, s, r, scope)
			was := snapshotOf(t, s)
			var done []int64
			made := map[string]bool{}
			for range 8 {
				if g, err := anyRegroup(s, r, scope); err == nil {
					done = append(done, g.ID)
					if g.Verb == RegroupSplit {
						made["item "+itemKey(g.Other)] = true
					}
				} else if k := errs.KindOf(err); k != errs.Invalid && k != errs.Conflict {
					t.Fatal(err)
				}
			}
			for i := len(done) - 1; i >= 0; i-- {
				if _, err := s.Undo(mara(), done[i]); err != nil {
					t.Fatal(err)
				}
			}
			is := snapshotOf(t, s)
			for k := range made {
				delete(is, k)
			}
			same(t, fmt.Sprintf("seed %d: %d regroupings undone", seed, len(done)), was, is)
			if len(done) < 3 {
				t.Errorf("seed %d: only %d regroupings", seed, len(done))
			}
		}
	})
}

// world makes items that several sources tell of, with relations.
func world(t *testing.T, s *Service, r *rand.Rand, scope string) {
	kinds := []string{KindHost, KindDatabase}
	for _, source := range []string{"aws", "netbox", "terraform"} {
		var records []Record
		n := 6
		for i := range n {
			kind := kinds[i%2]
			x := &Seen{Key: fmt.Sprintf("%s-%d", scope, i), Kind: kind, Name: fmt.Sprintf("%s-%s-%d", scope, source, i), Attributes: attrs("a", fmt.Sprint(r.IntN(3)), source, "true")}
			if r.IntN(3) > 0 {
				x.Identifiers = append(x.Identifiers, Identifier{SchemeDNS, fmt.Sprintf("%s-%d.%s.example", kind, r.IntN(4), scope)})
			}
			x.Identifiers = append(x.Identifiers, Identifier{source + ".id", fmt.Sprintf("%s-%d", scope, i)})
			records = append(records, Record{Item: x})
		}
		for range 6 {
			from, to := ByKey(fmt.Sprintf("%s-%d", scope, r.IntN(n))), ByKey(fmt.Sprintf("%s-%d", scope, r.IntN(n)))
			if r.IntN(3) == 0 {
				to = By(SchemeDNS, fmt.Sprintf("host-%d.%s.example", r.IntN(4), scope), "")
			}
			records = append(records, Record{Relation: &SeenRelation{From: from, To: to, Kind: RelationKinds[r.IntN(3)], Strength: []Strength{"", Hard, Soft}[r.IntN(3)]}})
		}
		observe(t, s, source, scope, records...)
	}
}

func anyRegroup(s *Service, r *rand.Rand, scope string) (Regroup, error) {
	list, _, err := s.List(mara(), Filter{Text: scope + "-", All: true}, "", 200)
	if err != nil {
		return Regroup{}, err
	}
	pick := func() Item { return list[r.IntN(len(list))] }
	if r.IntN(2) == 0 {
		return s.Merge(mara(), pick().ID, pick().ID, "property")
	}
	for range 20 {
		i, err := s.Get(mara(), pick().ID)
		if err != nil {
			return Regroup{}, err
		}
		if len(i.Observations) > 1 {
			return s.Split(mara(), i.ID, []int64{i.Observations[r.IntN(len(i.Observations))].ID}, "property")
		}
	}
	return Regroup{}, errs.E(errs.Invalid, "nothing to split")
}
