package risk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

var now = time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)

func as(r actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 7, Person: 7, Role: r})
}

// furnish writes changes that fail when they are large.
func furnish(t *testing.T, d *db.DB, from, n int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(4, uint64(from)))
	err := d.Write(as(actor.Admin), actor.Job("test"), "history", func(tx *db.Tx) error {
		tx.Unrecorded("a test's history")
		for i := from; i < from+n; i++ {
			in := fact.Input{Now: now.Add(time.Duration(i) * time.Minute), Size: fact.Known(fact.Size{Lines: int(rnd.ExpFloat64() * 400), Files: 1 + rnd.IntN(30)})}
			for _, p := range []*fact.State{&in.Services.State, &in.Blast.State, &in.Tests.State, &in.Collisions.State, &in.Incidents.State, &in.Budget.State, &in.Schema.State} {
				*p = fact.NotAdopted
			}
			state, caused := "succeeded", 0
			if float64(in.Size.Value.Lines) > 500+300*rnd.NormFloat64() {
				state = []string{"failed", "rolled back", "succeeded"}[i%3]
				if state == "succeeded" {
					caused = 1
				}
			}
			data, err := json.Marshal(in)
			if err != nil {
				return err
			}
			if err := dbtest.Row(tx, "change", map[string]any{"id": i, "state": state, "decision": i, "service": "checkout", "caused": caused}); err != nil {
				return err
			}
			if err := dbtest.Row(tx, "change_decision", map[string]any{"id": i, "change_id": i, "mode": "gate", "at": db.Micros(in.Now), "input": string(data), "outcome": "allow", "result": "{}"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func current(t *testing.T, d *db.DB, s *risk.Service) (w risk.Weights, id int64) {
	t.Helper()
	if err := d.Read(context.Background(), func(q db.Querier) (err error) { w, id, err = s.Current(q); return err }); err != nil {
		t.Fatal(err)
	}
	return w, id
}

func TestLifeOfWeights(t *testing.T) {
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		s, bumped, ctx := risk.New(d), 0, as(actor.Manager)
		s.Bump = func(*db.Tx) error { bumped++; return nil }
		if w, id := current(t, d, s); id != 0 || w != risk.Default() {
			t.Errorf("at the beginning: %d", id)
		}
		furnish(t, d, 1, 150)
		if _, err := s.Propose(ctx); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "50 more changes") {
			t.Fatalf("150 changes are enough: %v", err)
		}
		if l, err := s.Learning(as(actor.Requester)); err != nil || l.Changes != 150 || l.Failed < 20 || !strings.Contains(l.Missing, "50 more") {
			t.Errorf("%+v, %v", l, err)
		}
		q, err := s.Quality(as(actor.Requester))
		if err != nil || q.N != 150 || q.Measure.AUC < 0.7 || len(q.Measure.Bins) == 0 || q.Levels[0].N != 150 || q.Levels[0].Failed != q.Failed || !q.At.Equal(now) {
			t.Errorf("%+v, %v", q, err)
		}
		furnish(t, d, 151, 450)
		if again, err := s.Quality(ctx); err != nil || again.N != 150 {
			t.Errorf("measured anew at once: %d, %v", again.N, err)
		}
		if _, err := s.Propose(as(actor.Responder)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a responder fits weights: %v", err)
		}
		v, err := s.Propose(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if v.State != risk.Proposed || v.InUse || v.Report.N != 600 || v.Report.Failed < 80 || v.Of[risk.Size] <= 1.2 || v.MadeBy != 7 {
			t.Errorf("%+v", v)
		}
		if _, id := current(t, d, s); id != 0 || bumped != 0 {
			t.Errorf("weights were adopted silently: %d", id)
		}
		got, err := s.Get(ctx, v.ID)
		if diff := cmp.Diff(v, got, cmpopts.IgnoreUnexported(risk.Version{}), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("stored otherwise (%v): %s", err, diff)
		}
		if _, err := s.Accept(ctx, v.ID, "  "); !errs.Is(err, errs.Invalid) {
			t.Errorf("accepted without a reason: %v", err)
		}
		if _, err := s.Use(ctx, v.ID, "because"); !errs.Is(err, errs.Conflict) {
			t.Errorf("a proposal is used without being accepted: %v", err)
		}
		rival, err := s.Propose(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = s.Accept(ctx, v.ID, "size tells failures from successes here"); err != nil || !v.InUse || v.DecidedBy != 7 {
			t.Fatalf("%+v, %v", v, err)
		}
		if q, err := s.Quality(ctx); err != nil || q.Weights != v.ID || q.N != 600 {
			t.Errorf("%d changes by RISK-%d, %v", q.N, q.Weights, err)
		}
		if w, id := current(t, d, s); id != v.ID || w.Of != v.Of || bumped != 1 {
			t.Errorf("in force: %d, bumped %d times", id, bumped)
		}
		if _, err := s.Accept(ctx, v.ID, "again"); err != nil || bumped != 1 {
			t.Errorf("accepting twice: %v", err)
		}
		if _, err := s.Accept(ctx, rival.ID, "this one too"); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "fit again") {
			t.Errorf("a proposal that was compared with other weights: %v", err)
		}
		if rival, err = s.Decline(ctx, rival.ID, "no better"); err != nil || rival.State != risk.Declined {
			t.Errorf("%+v, %v", rival, err)
		}
		if _, err := s.Use(ctx, 0, "back to what we know"); err != nil || bumped != 2 {
			t.Fatal(err)
		}
		if q, err := s.Quality(ctx); err != nil || q.Weights != 0 || q.N != 600 {
			t.Errorf("of %d by RISK-%d, %v", q.N, q.Weights, err)
		}
		if _, id := current(t, d, s); id != 0 {
			t.Errorf("after going back: %d", id)
		}
		if _, err := s.Use(ctx, v.ID, "forward again"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(ctx, 99); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		list, more, err := s.Versions(ctx, 0, 10)
		var shown []string
		for _, v := range list {
			shown = append(shown, fmt.Sprint(v.Ref(), v.State, v.InUse))
		}
		want := []string{fmt.Sprint(rival.Ref(), "declined", false), fmt.Sprint(v.Ref(), "used", true), fmt.Sprint("RISK-0", "used", false)}
		if diff := cmp.Diff(want, shown); err != nil || more || diff != "" {
			t.Errorf("%v %v: %s", err, more, diff)
		}
		if list, more, err := s.Versions(ctx, 0, 1); err != nil || !more || len(list) != 1 {
			t.Errorf("one version at a time: %d, %v, %v", len(list), more, err)
		}
		err = d.Read(ctx, func(q db.Querier) error {
			for _, v := range list[:2] {
				content, err := risk.DigestOf(q, v.Ref())
				if err != nil {
					return err
				}
				var last string
				entries, err := db.Collect(q, func(r *db.Rows) (e []byte, err error) { return e, r.Scan(&e) }, "SELECT entry FROM evidence WHERE record = $1 ORDER BY leaf_id", v.Ref().String())
				if err != nil {
					return err
				}
				for _, e := range entries {
					var x struct{ After string }
					if err := json.Unmarshal(e, &x); err != nil {
						return err
					}
					last = x.After
				}
				if last == "" || last != content {
					t.Errorf("%s: content %s, evidence %s", v.Ref(), content, last)
				}
			}
			content, err := risk.DigestOf(q, ref.N(ref.RiskModel, 99))
			if content != "" {
				t.Errorf("no such version: %q", content)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, q := range risk.Queries {
			dbtest.UsesIndex(t, d, q.SQL, q.Args...)
		}
	})
}
