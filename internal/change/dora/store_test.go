package dora

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// random is a change of the last 100 days.
func random(r *rand.Rand, id int64) row {
	end := now.Add(-time.Duration(r.Int64N(int64(100 * 24 * time.Hour)))).UnixMicro()
	x := row{ID: id, State: "succeeded", Kind: "deploy", Purpose: "feature", Team: []string{"payments", "search", ""}[r.IntN(3)], Environment: "production", Artefact: fmt.Sprint("v", id),
		OutcomeBy: "verification", Services: []string{fmt.Sprint("s", r.IntN(5))}, Risk: r.IntN(102) - 1, Committed: end - r.Int64N(40*hour), Started: end - 1, Deployed: end, Ended: end}
	switch r.IntN(10) {
	case 0:
		x.State, x.OutcomeBy, x.Recovered = "rolled back", "rollback", end+r.Int64N(9*hour)
	case 1:
		x.State, x.OutcomeBy = "failed", "person"
	case 2:
		x.Services, x.OutcomeBy = append(x.Services, "s9"), Assumed
	case 3:
		x.Environment = "staging"
	case 4:
		x.Caused, x.Bypass = true, true
	case 5:
		x.State, x.Approvals = "rejected", []approval{{"board", "board", "rejected", end - 5*hour, end}}
	case 6:
		x.Rework, x.Purpose = true, "fix"
	}
	if r.IntN(4) == 0 && x.State != "rejected" {
		x.Approvals = []approval{{"peer-review", "peer", "approved", end - 3*hour, end - 2*hour}, {"board", "board", "approved", end - 30*hour, end - hour}}
	}
	return x
}

// The figures are the same from facts that are loose, sealed, and rebuilt, and
// a late correction is seen at once.
func TestSealing(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		r := rand.New(rand.NewPCG(3, 9))
		var last row
		for from := int64(1); from < 600; from += 100 {
			write(t, s.db, func(tx *db.Tx) error {
				for id := from; id < from+100; id++ {
					x := random(r, id)
					if x.State == "succeeded" && x.Environment == production && !x.Caused && x.Deployed < now.AddDate(0, 0, -10).UnixMicro() && x.Deployed > now.AddDate(0, 0, -25).UnixMicro() {
						last = x
					}
					if err := put(tx, x); err != nil {
						return err
					}
					if err := s.OnChange(tx, id); err != nil {
						return err
					}
				}
				return nil
			})
		}
		asks := []Query{{}, {Period: "12w"}, {Period: "12m"}, {Filter: Filter{Team: "payments"}, Period: "12w"}, {Filter: Filter{Service: "s9"}, Period: "12w"},
			{Filter: Filter{Environment: AnyEnvironment}, Period: "2026-Q3"}, {Filter: Filter{Environment: "staging", Kind: "deploy"}, Period: "12w", By: Month}, {Filter: Filter{Team: "nobody"}}}
		all := func() (out []Report) {
			for _, ask := range asks {
				out = append(out, report(t, s, ask))
			}
			return out
		}
		loose := all()
		if f := loose[1].Figures; f.Deployments == 0 || f.Lead.N == 0 || f.Recovery.N == 0 || f.Failed.N == 0 || f.Rework.N == 0 || f.Bypassed == 0 || f.Waited == 0 || loose[4].Figures.Deployments == 0 ||
			loose[7].Figures.Deployments != 0 || len(loose[1].Ledger) != 2 || loose[1].Trend[3].Figures.Deployments == 0 || loose[1].Maturity.Level == "" {
			t.Fatalf("%+v", loose[1])
		}
		sealAll(t, s)
		write(t, s.db, func(tx *db.Tx) error {
			days, err := sealed(tx, 0, 1<<40)
			if today := dayOf(now.UnixMicro()); len(days) < 90 || days[len(days)-1] != today-1 {
				t.Errorf("%d days are sealed, the last is %d, today %d", len(days), days[len(days)-1], today)
			}
			return err
		})
		if d := cmp.Diff(loose, all()); d != "" {
			t.Fatal("sealed:", d)
		}
		// A person corrects an outcome of a day that is sealed.
		before := report(t, s, Query{}).Figures.Failed.N
		write(t, s.db, func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE change SET state = 'failed', outcome_by = 'person' WHERE id = $1", last.ID); err != nil {
				return err
			}
			return s.OnChange(tx, last.ID)
		})
		corrected := all()
		if n := corrected[0].Figures.Failed.N; n != before+1 {
			t.Errorf("%d failed, %d before the correction", n, before)
		}
		if next, err := nextOf(t, s); err != nil || !next.Equal(now.Add(sealAfter)) {
			t.Errorf("seals again at %s, %v", next, err)
		}
		sealAll(t, s) // not due yet
		facts, err := s.Rebuild(as(actor.Admin))
		if err != nil || facts == 0 {
			t.Fatal(facts, err)
		}
		if d := cmp.Diff(corrected, all()); d != "" {
			t.Fatal("rebuilt:", d)
		}
		sealAll(t, s)
		if d := cmp.Diff(corrected, all()); d != "" {
			t.Fatal("sealed again:", d)
		}
		// What an earlier or later release packed is read from the facts.
		write(t, s.db, func(tx *db.Tx) error {
			n, err := tx.Exec("UPDATE dora_day SET data = $1 WHERE day < $2", []byte{layout + 1}, dayOf(now.UnixMicro())-20)
			if n == 0 {
				t.Error("no day was spoilt")
			}
			return err
		})
		if d := cmp.Diff(corrected, all()); d != "" {
			t.Fatal("of another layout:", d)
		}
		// Corrected to rejected (it never ran): the fact goes.
		write(t, s.db, func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE change SET state = 'canceled' WHERE id = $1", last.ID); err != nil {
				return err
			}
			_, err := tx.Exec("UPDATE change SET requested_at = 0 WHERE id = $1", last.ID)
			if err == nil {
				err = s.OnChange(tx, last.ID)
			}
			return err
		})
		if n := report(t, s, Query{}).Figures.Deployments; n != corrected[0].Figures.Deployments-1 {
			t.Errorf("%d deployments", n)
		}
	})
}

func nextOf(t *testing.T, s *Service) (next time.Time, err error) {
	t.Helper()
	write(t, s.db, func(tx *db.Tx) error { next, err = s.Sealing().Next(tx); return nil })
	return next, err
}

// Each figure lists as many records as it counts, on pages that fit together.
func TestRecords(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		r := rand.New(rand.NewPCG(8, 9))
		write(t, s.db, func(tx *db.Tx) error {
			for id := int64(1); id <= 400; id++ {
				if err := put(tx, random(r, id)); err != nil {
					return err
				}
				if err := s.OnChange(tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		for _, f := range []Filter{{}, {Team: "payments"}, {Service: "s3"}, {Service: "s9", Environment: AnyEnvironment}, {Environment: "staging", Kind: "deploy"}} {
			ask := Query{Filter: f, Period: "10w"}
			got := report(t, s, ask).Figures
			for figure, want := range map[string]int{Deployments: got.Deployments, LeadTime: got.Lead.N, NoLeadTime: got.New - got.Lead.N, Completed: got.Completed, Failures: got.Failed.N,
				Recovered: got.Recovery.N, Unrecovered: got.Unrecovered, Rework: got.Rework.N, NoOutcome: got.Deployments - got.OutcomeKnown.N, Bypassed: got.Bypassed} {
				n, cursor, seen := 0, "", map[int64]bool{}
				for {
					list, next, err := s.Records(as(actor.Auditor), ask, figure, cursor, 7)
					if err != nil {
						t.Fatal(err)
					}
					for _, x := range list {
						if n++; seen[x.ID] {
							t.Fatalf("%s twice", x.Ref())
						}
						seen[x.ID] = true
					}
					if cursor = next; next == "" {
						break
					}
				}
				if n != want {
					t.Errorf("%+v: %d records behind %s, which says %d", f, n, figure, want)
				}
			}
		}
		ledger := report(t, s, Query{Filter: Filter{Environment: AnyEnvironment}, Period: "12m"}).Ledger
		for _, step := range ledger {
			list, next, err := s.Approvals(as(actor.Auditor), Query{Period: "12m"}, step.Rule, step.Who, "", 200)
			var sum time.Duration
			for _, a := range list {
				sum += a.Waited
			}
			if err != nil || next != "" || len(list) != step.Changes || sum != step.Waited {
				t.Errorf("%s: %d approvals of %s, want %d of %s, %v", step.Rule, len(list), sum, step.Changes, step.Waited, err)
			}
		}
		teams, all, err := s.Parts(as(actor.Auditor), Query{Period: "10w"}, "team", 2)
		if err != nil || all != 3 || len(teams) != 2 || teams[0].Figures.Deployments < teams[1].Figures.Deployments {
			t.Errorf("%d teams, %+v, %v", all, teams, err)
		}
		services, _, err := s.Parts(as(actor.Auditor), Query{Period: "10w"}, "service", 0)
		for _, p := range services {
			if got := report(t, s, Query{Filter: Filter{Service: p.Name}, Period: "10w"}).Figures; got.Deployments != p.Figures.Deployments || got.Lead != p.Figures.Lead || got.Failed != p.Figures.Failed {
				t.Errorf("%s: %+v, want %+v", p.Name, p.Figures, got)
			}
		}
		if err != nil || len(services) != 6 {
			t.Errorf("%d services, %v", len(services), err)
		}
	})
}

func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		ctx := as(actor.Auditor)
		for name, f := range map[string]func() error{
			"period":  func() error { _, err := s.Report(ctx, Query{Period: "soon"}); return err },
			"trend":   func() error { _, err := s.Report(ctx, Query{Trend: "5y"}); return err },
			"by":      func() error { _, err := s.Report(ctx, Query{By: "hour"}); return err },
			"to":      func() error { _, err := s.Report(ctx, Query{From: now}); return err },
			"team":    func() error { _, err := s.Report(ctx, Query{Filter: Filter{Team: "a\x00"}}); return err },
			"figure":  func() error { _, _, err := s.Records(ctx, Query{}, "mood", "", 1); return err },
			"cursor":  func() error { _, _, err := s.Records(ctx, Query{}, Failures, "x", 1); return err },
			"cursor2": func() error { _, _, err := s.Records(ctx, Query{}, Failures, "1-x", 1); return err },
			"parts":   func() error { _, _, err := s.Parts(ctx, Query{}, "person", 1); return err },
			"rule":    func() error { _, _, err := s.Approvals(ctx, Query{}, "", "", "", 1); return err },
		} {
			if err := f(); errs.KindOf(err) != errs.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Rebuild(ctx); errs.KindOf(err) != errs.Forbidden {
			t.Errorf("an auditor rebuilds: %v", err)
		}
		if _, err := s.Import(as(actor.Admin), nil, Reading{}, true); errs.KindOf(err) != errs.Unavailable {
			t.Errorf("imported without a recorder: %v", err)
		}
	})
}

func TestPlans(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		for _, f := range []Filter{{}, {Team: "payments"}, {Service: "s3"}} {
			for _, figure := range []string{Deployments, Failures, Rework} {
				for _, after := range []place{{}, {5, 5}} {
					text, args := recordsSQL(f, figure, 1, 10, after, 50)
					dbtest.UsesIndex(t, s.db, text, args...)
				}
			}
		}
		dbtest.UsesIndex(t, s.db, stepsSQL, "board", "board", 1, 10, 5, 5, 50)
		dbtest.UsesIndex(t, s.db, factsSQL, 1, 10)
		dbtest.UsesIndex(t, s.db, firstFactSQL, 1)
		dbtest.UsesIndex(t, s.db, sealedSQL, 1, 10)
		dbtest.UsesIndex(t, s.db, sealedDaysSQL, 1, 10)
		dbtest.UsesIndex(t, s.db, dueSQL, 1, 10)
		dbtest.UsesIndex(t, s.db, firstDueSQL)
		dbtest.UsesIndex(t, s.db, rowsSQL, 1, 10)
		dbtest.UsesIndex(t, s.db, ranSQL, "s1", "production", 1)
	})
}
