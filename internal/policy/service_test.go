package policy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func as(r actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 7, Person: 7, Role: r})
}

func active(t *testing.T, d *db.DB, s *policy.Service) (c *policy.Compiled, id int64) {
	t.Helper()
	if err := d.Read(context.Background(), func(q db.Querier) (err error) { c, id, err = s.Active(q); return err }); err != nil {
		t.Fatal(err)
	}
	return c, id
}

func always(outcome string) map[string]string {
	return map[string]string{"mine.rego": fmt.Sprintf(`package evenkeel.change

# Mine.
decision := {"outcome": %q}

test_it if decision.outcome == %q
`, outcome, outcome)}
}

// What was active stays when a new policy does not compile, or its tests fail.
func TestVersions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx, bumped := policy.New(d), as(actor.Admin), 0
		s.Bump = func(*db.Tx) error { bumped++; return nil }
		if c, id := active(t, d, s); id != 0 || c != policy.Shipped() {
			t.Fatalf("at first the one that comes with the program decides, not %d", id)
		}
		v, err := s.Put(ctx, always("deny"), "say no")
		if err != nil || v.ID != 1 || v.State != policy.Draft || v.Tests != 1 {
			t.Fatalf("%+v, %v", v, err)
		}
		if again, err := s.Put(ctx, always("deny"), "say no"); err != nil || again.ID != 1 {
			t.Fatalf("the same again: %+v, %v", again, err)
		}
		if _, id := active(t, d, s); id != 0 || bumped != 0 {
			t.Fatal("a draft decides")
		}
		if v, err = s.Activate(ctx, 1, "to see"); err != nil || v.State != policy.Active || v.Activated.IsZero() {
			t.Fatalf("%+v, %v", v, err)
		}
		c, id := active(t, d, s)
		if id != 1 || bumped != 1 || short(c.Decide(ctx, quiet())) != "deny policy" {
			t.Fatalf("POLICY-%d: %s", id, short(c.Decide(ctx, quiet())))
		}
		for name, bad := range map[string]map[string]string{
			"does not compile": {"mine.rego": "package evenkeel.change\n\ndecision := http.send({})\n"},
			"its test fails":   {"mine.rego": "package evenkeel.change\n\ndecision := {\"outcome\": \"deny\"}\n\ntest_it if {\n\tdecision.outcome == \"allow\"\n}\n"},
		} {
			_, err := s.Put(ctx, bad, "")
			if e := errs.As(err); e.Kind != errs.Invalid || len(e.Fields) != 1 || !strings.HasPrefix(e.Fields[0].Where, "mine.rego:") {
				t.Fatalf("%s: %v", name, err)
			}
			if other, id := active(t, d, s); id != 1 || other != c {
				t.Fatalf("%s: POLICY-%d decides", name, id)
			}
		}

		// Another one takes its place; the first can come back; the shadow is one.
		v2, err := s.Put(ctx, always("allow"), "say yes")
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Try(ctx, v2.ID, "what would it say"); err != nil || v.State != policy.Shadow {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := s.Try(ctx, 1, "x"); !errs.Is(err, errs.Conflict) {
			t.Fatalf("the active one as a shadow: %v", err)
		}
		err = d.Read(ctx, func(q db.Querier) error {
			c, id, err := s.Shadow(q)
			if err == nil && (id != v2.ID || c.Decide(ctx, quiet()).Outcome != policy.Allow) {
				t.Errorf("the shadow is POLICY-%d", id)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Activate(ctx, v2.ID, "it says what it should"); err != nil {
			t.Fatal(err)
		}
		if _, id := active(t, d, s); id != v2.ID {
			t.Fatalf("POLICY-%d decides", id)
		}
		if _, err := s.Retire(ctx, v2.ID, "x"); !errs.Is(err, errs.Conflict) {
			t.Fatalf("the active one retired: %v", err)
		}
		if v, err := s.Activate(ctx, 0, "back to what came with it"); err != nil || v.ID != 0 || v.State != policy.Active {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, id := active(t, d, s); id != 0 {
			t.Fatalf("POLICY-%d decides", id)
		}
		if v, err := s.Activate(ctx, 1, "again"); err != nil || v.State != policy.Active {
			t.Fatalf("%+v, %v", v, err)
		}
		list, more, err := s.Versions(ctx, 0, 10)
		if err != nil || more || len(list) != 3 {
			t.Fatalf("%v, %v, %v", list, more, err)
		}
		if got := []policy.State{list[0].State, list[1].State, list[2].State}; !slices.Equal(got, []policy.State{policy.Retired, policy.Active, policy.Retired}) {
			t.Errorf("states %v", got)
		}
		if _, more, err := s.Versions(ctx, 0, 1); err != nil || !more {
			t.Errorf("a page: %v, %v", more, err)
		}
		diff, err := s.Diff(ctx, 1, v2.ID)
		if err != nil || len(diff) != 1 || diff[0].Kind != "changed" {
			t.Fatalf("%+v, %v", diff, err)
		}
		checkDigests(t, d)

		for name, err := range map[string]error{
			"viewer puts":    second(s.Put(as(actor.Responder), always("deny"), "")),
			"viewer sets":    second(s.Activate(as(actor.Responder), 1, "x")),
			"viewer tries":   second(s.Try(as(actor.Responder), 1, "x")),
			"viewer retires": second(s.Retire(as(actor.Responder), 1, "x")),
		} {
			if !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Activate(ctx, 1, " "); !errs.Is(err, errs.Invalid) {
			t.Errorf("no reason: %v", err)
		}
		if _, err := s.Get(ctx, 99); !errs.Is(err, errs.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func second(_ policy.Version, err error) error { return err }

// The digest of each version is the one of its last entry in the log.
func checkDigests(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Read(context.Background(), func(q db.Querier) error {
		for _, id := range []int64{1, 2} {
			digest, err := policy.DigestOf(q, ref.N(ref.Policy, id))
			if err != nil || digest == "" {
				t.Errorf("POLICY-%d has no digest: %v", id, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A version that was kept and compiles no more fails, which is a review; it
// does not stop the gate, and cannot be activated again.
func TestKeptAndCompilesNoMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := policy.New(d), as(actor.Admin)
		if _, err := s.Put(ctx, always("allow"), ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Activate(ctx, 1, "x"); err != nil {
			t.Fatal(err)
		}
		err := d.Write(ctx, actor.Job("test"), "an older program", func(tx *db.Tx) error {
			tx.Unrecorded("a test")
			_, err := tx.Exec(`UPDATE policy_version SET modules = '{"mine.rego":"package evenkeel.change\ndecision := gone()"}' WHERE id = 1`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s = policy.New(d) // after a restart
		c, id := active(t, d, s)
		if got := c.Decide(ctx, quiet()); id != 1 || got.Outcome != policy.NeedsReview || !strings.Contains(got.Failed, "POLICY-1 does not compile") {
			t.Errorf("%d: %s", id, short(got))
		}
		if _, err := s.Activate(ctx, 0, "back"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Activate(ctx, 1, "again"); !errs.Is(err, errs.Conflict) {
			t.Errorf("%v", err)
		}
	})
}

// Settings reach the policy that decides.
func TestServiceSettings(t *testing.T) {
	d := dbtest.SQLite(t)
	s := policy.New(d)
	set := policy.Defaults()
	s.Settings = func(db.Querier) (policy.Settings, error) { return set, nil }
	set.Medium, set.Peers = 10, 2
	if c, _ := active(t, d, s); short(c.Decide(context.Background(), quiet())) != "needs_review peer:2" {
		t.Error(short(c.Decide(context.Background(), quiet())))
	}
}

func TestAsCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := policy.New(d), as(actor.Admin)
		code := ascode.New(d, policy.AsCode(s))
		text := func(rego string) []ascode.File {
			return []ascode.File{{Path: "policy.yaml", Content: "apiVersion: evenkeel/v1\nkind: ChangePolicy\nmetadata: {name: default}\nspec:\n  note: ours\n  modules:\n    mine.rego: |\n" + indent(rego)}}
		}
		apply := func(files []ascode.File) error {
			_, err := code.Apply(ctx, ascode.Input{Source: "main", Commit: "1a2b3c4d5e6f", Files: files})
			return err
		}
		if err := apply(text(always("deny")["mine.rego"])); err != nil {
			t.Fatal(err)
		}
		if c, id := active(t, d, s); id == 0 || c.Decide(ctx, quiet()).Outcome != policy.Deny {
			t.Fatalf("POLICY-%d decides", id)
		}
		if err := apply(text(always("deny")["mine.rego"])); err != nil {
			t.Fatal(err)
		}
		err := apply(text("package evenkeel.change\n\ndecision := http.send({})\n"))
		if e := errs.As(err); e.Kind != errs.Invalid || len(e.Fields) != 1 || !strings.Contains(e.Fields[0].Remedy, "mine.rego:3:13") || !strings.HasPrefix(e.Fields[0].Where, "policy.yaml:") {
			t.Fatalf("%v", err)
		}
		if _, err := s.Activate(ctx, 0, "by hand"); !errs.Is(err, errs.Conflict) {
			t.Fatalf("managed in git, and: %v", err)
		}
		files, err := code.Export(ctx)
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		if err := apply(nil); err != nil {
			t.Fatal(err)
		}
		if _, id := active(t, d, s); id != 0 {
			t.Fatalf("POLICY-%d decides without the document", id)
		}
	})
}

func indent(text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		b.WriteString("      " + l)
	}
	return b.String()
}

// Lists and the question which one decides are served by indexes.
func TestQueryPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, policy.OlderSQL, 10, 10)
	})
}
