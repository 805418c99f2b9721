package cmdb

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// What is exported and applied again changes nothing; removing goes back to
// where it was before.
func TestAsCode(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		s.Readers = map[string]ScheduledSource{"netbox": {Config: []string{"url"}}}
		if kinds := AsCode(s); len(kinds) != 4 {
			t.Fatal(kinds)
		}
		rules := DefaultRules()
		rules.Freshness, rules.Grace = Duration(36*time.Hour), Duration(90*Day)
		apply := func(commit string) {
			t.Helper()
			ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
				tx.Unrecorded("nothing changed")
				ok(t, s.ApplyKind(tx, "ship", KindSpec{Title: "Ship", Strict: true, Schema: map[string]any{"type": "object"}, Identify: []string{"imo"}}, commit))
				ok(t, s.ApplyRules(tx, RulesName, rules, commit))
				ok(t, s.ApplyDiscovery(tx, "dc1", DiscoverySpec{Source: "netbox", Every: Duration(30 * time.Minute), Config: map[string]string{"url": "x"}, MaxSharePercent: 5}, commit))
				return s.ApplyBaseline(tx, "first", BaselineSpec{Title: "First", Every: Duration(Day), Alert: true}, commit)
			}))
		}
		apply("abc")
		again(t, d, ListKindSpecs, s.ApplyKind)
		again(t, d, ListRuleSpecs, s.ApplyRules)
		again(t, d, ListDiscoverySpecs, s.ApplyDiscovery)
		again(t, d, ListBaselineSpecs, s.ApplyBaseline)
		apply("def")
		r, err := s.Rules(mara())
		if err != nil || r.Version != 1 || r.Rules.Grace != Duration(90*Day) {
			t.Errorf("%+v %v", r, err)
		}
		// A baseline that was applied as code is taken a moment later.
		b, err := s.Baseline(mara(), "first")
		if err != nil || b.Base != "" {
			t.Errorf("%+v %v", b, err)
		}
		_, err = s.Verify(mara(), "first")
		refused(t, "before it is taken", err, errs.Unavailable, "")
		if n, err := s.BaselineSource().Run(mara(), d); n != 1 || err != nil {
			t.Error(n, err)
		}
		if b, err = s.Baseline(mara(), "first"); err != nil || b.Digest == "" || !b.Next.Equal(c.now().Add(Day)) {
			t.Errorf("%+v %v", b, err)
		}
		ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
			for _, err := range []error{s.RemoveKind(tx, "ship"), s.RemoveRules(tx, RulesName), s.RemoveDiscovery(tx, "dc1"), s.RemoveBaseline(tx, "first")} {
				ok(t, err)
			}
			refused(t, "gone", s.RemoveKind(tx, "ship"), errs.NotFound, "")
			return nil
		}))
		if r, err = s.Rules(mara()); err != nil || r.Rules.Grace != Duration(30*Day) {
			t.Errorf("%+v %v", r, err)
		}
		audited(t, s)
	})
}

// again applies an export of itself in a transaction that may record nothing.
func again[S any](t *testing.T, d *db.DB, list func(db.Querier) ([]ascode.Object[S], error), apply func(*db.Tx, string, S, string) error) {
	t.Helper()
	ok(t, d.Write(mara(), jobActor, "test", func(tx *db.Tx) error {
		objects, err := list(tx)
		if err != nil || len(objects) != 1 {
			t.Fatal(objects, err)
		}
		text, err := json.Marshal(objects[0].Spec)
		if err != nil {
			return err
		}
		var spec S
		if err := json.Unmarshal(text, &spec); err != nil {
			return err
		}
		return apply(tx, objects[0].Name, spec, "x") // writes without evidence are refused
	}))
}
