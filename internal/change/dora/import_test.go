package dora

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// recorder writes changes as far as measures read them.
type recorder struct {
	s    *Service
	last int64
	fail int64 // at this change; 0: never
}

func (r *recorder) Services(_ db.Querier, names []string) (map[string]string, error) {
	out := map[string]string{}
	for _, n := range names {
		if n != "nobody" {
			out[n] = strings.TrimPrefix(n, "old-")
		}
	}
	return out, nil
}

func (r *recorder) RecordPast(tx *db.Tx, p Past) (int64, error) {
	if r.last++; r.last == r.fail {
		return 0, errs.E(errs.Internal, "interrupted")
	}
	x := planned{History: p.History, Previous: p.Previous, Returns: p.Returns, State: p.State, OutcomeBy: p.OutcomeBy}.row()
	x.ID, x.Rework = r.last, p.Rework
	if err := put(tx, x); err != nil {
		return 0, err
	}
	tx.Record(evidence.Entry{Action: "change.import", Record: ref.N(ref.Change, x.ID)})
	return x.ID, r.s.OnChange(tx, x.ID)
}

func (r *recorder) TakenBack(tx *db.Tx, id, by int64, at time.Time) error {
	_, err := tx.Exec("UPDATE change SET state = 'rolled back', outcome_by = 'rollback', recovered_at = $2 WHERE id = $1 AND outcome_by = 'assumed'", id, db.Micros(at))
	if err != nil {
		return err
	}
	return r.s.OnChange(tx, id)
}

// GOV.UK's deployments give the same figures by way of the database, loose and
// sealed, and taken in twice.
func TestGovUKImported(t *testing.T) {
	rows := govuk(t)
	each(t, func(t *testing.T, s *Service) {
		whole := s.db.Dialect().SQLite() // the other one with one year, in a third of the time
		production := slices.DeleteFunc(slices.Clone(rows), func(h History) bool {
			return !whole && (h.Environment == "staging" || h.Environment == "production" && h.DeployedAt.Year() != 2025)
		})
		rec := &recorder{s: s, fail: 777}
		s.Record = rec
		how := Reading{CommittedFrom: "integration"}
		first, err := s.Import(as(actor.Admin), production, how, false)
		if errs.KindOf(err) != errs.Internal || first.Added != 600 {
			t.Fatal(first, err)
		}
		rec.fail, rec.last = 0, 10_000 // the interrupted transaction took numbers with it
		second, err := s.Import(as(actor.Admin), production, how, false)
		if err != nil || second.Known != 600 || second.Added != second.Changes {
			t.Fatal(second, err)
		}
		again, err := s.Import(as(actor.Admin), production, how, false)
		if err != nil || again.Added != 0 || again.Known != first.Changes {
			t.Fatal(again, err)
		}
		check := func(when string) {
			f := report(t, s, Query{Period: "2025"}).Figures
			if got := fmt.Sprintf("%d %.2f %d", f.Deployments, f.PerDay, f.Busiest); got != "9443 25.87 108" {
				t.Errorf("%s: %s", when, got)
			}
			f = report(t, s, Query{From: at("2022-01-01 00:00"), To: now}).Figures
			got := fmt.Sprintf("%d deployments, failed %d, lead %d %.4f %.4f %.4f", f.Deployments, f.Failed.N, f.Lead.N, f.Lead.Median.Hours(), f.Lead.P90.Hours(), f.Lead.Mean.Hours())
			if want := "32107 deployments, failed 349, lead 31553 0.1469 0.2361 1.2732"; whole && got != want || f.Deployments != first.Changes || f.Failed.N != first.Returns || f.Rework.N != first.Returns || f.Recovery.N != first.Returns {
				t.Errorf("%s: %s; imported %+v", when, got, first)
			}
		}
		check("loose")
		sealAll(t, s)
		check("sealed")
	})
}

func TestUnderstand(t *testing.T) {
	day := func(n int) time.Time { return at("2026-01-01 10:00").AddDate(0, 0, n) }
	list, u, err := understand([]History{
		{Service: "checkout", Environment: "staging", Artefact: "v1", DeployedAt: day(0)},
		{Service: "checkout", Environment: "production", Artefact: "v2", DeployedAt: day(3)},
		{Service: "checkout", Environment: "production", Artefact: "v1", DeployedAt: day(1)}, // out of order
		{Service: "checkout", Environment: "production", Artefact: "v1", DeployedAt: day(4)}, // back
		{Service: "checkout", Environment: "production", Artefact: "v3", DeployedAt: day(5), Outcome: "failed"},
		{Service: "checkout", Environment: "production", Artefact: "v1", DeployedAt: day(6)},                      // back again
		{Service: "checkout", Environment: "production", Artefact: "v1", DeployedAt: day(7)},                      // the same
		{Service: "checkout", Environment: "production", Artefact: "v3", DeployedAt: day(8), CommittedAt: day(9)}, // it never ran well: no return
		{Service: "checkout", Environment: "production", Artefact: "v0", DeployedAt: day(9), CommittedAt: day(8)}, // ran before this history
		{Service: "cart", Environment: "production", Commit: "abc", DeployedAt: day(9)},
	}, Reading{CommittedFrom: "staging", Ran: func(service, _ string, _ time.Time) (Ran, error) {
		if service == "cart" {
			return Ran{}, nil
		}
		return Ran{Artefacts: map[string]bool{"v0": true}, Last: "v0", Change: 70}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		f, _ := factOf(p.row())
		got = append(got, fmt.Sprintf("%s after %q: %s by %s, returns %t, took %d/%d, lead %d, recovery %d", p.Artefact, p.Previous, p.State, p.OutcomeBy, p.Returns, p.Took, p.TookID, inHours(f.Lead), inHours(f.Recovery)))
	}
	want := []string{
		`v1 after "v0": succeeded by assumed, returns false, took -1/0, lead 24, recovery -1`,
		`v2 after "v1": rolled back by rollback, returns false, took -1/0, lead -1, recovery 24`,
		`v1 after "v2": succeeded by assumed, returns true, took 1/0, lead -1, recovery -1`,
		`v3 after "v1": failed by import, returns false, took -1/0, lead -1, recovery 24`,
		`v1 after "v3": succeeded by assumed, returns true, took 3/0, lead -1, recovery -1`,
		`v1 after "v1": succeeded by assumed, returns false, took -1/0, lead -1, recovery -1`,
		`v3 after "v1": rolled back by rollback, returns false, took -1/0, lead -1, recovery 24`,
		`v0 after "v3": succeeded by assumed, returns true, took 6/0, lead -1, recovery -1`,
		`abc after "": succeeded by assumed, returns false, took -1/0, lead -1, recovery -1`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if w := (Understood{Rows: 10, Changes: 9, Elsewhere: 1, Returns: 3, Repeats: 1, Assumed: 6, Negative: 1, NoCommit: 3, OutOfOrder: 1}); u != w {
		t.Errorf("%+v, want %+v", u, w)
	}
	// Taken back by a later import: the one that ran before is named.
	list, _, _ = understand([]History{{Service: "s", Environment: "production", Artefact: "v1", DeployedAt: day(4)}}, Reading{
		Ran: func(string, string, time.Time) (Ran, error) {
			return Ran{Artefacts: map[string]bool{"v1": true, "v2": true}, Last: "v2", Change: 70}, nil
		}})
	if !list[0].Returns || list[0].TookID != 70 || list[0].Took != -1 {
		t.Errorf("%+v", list[0])
	}
}

func inHours(us int64) int64 {
	if us < 0 {
		return -1
	}
	return us / hour
}

func TestParseCSV(t *testing.T) {
	got, err := ParseCSV(strings.NewReader("\ufeffSHA,committed_at,app,env,version,deployed,status,colour\n" +
		"ABC,2026-01-01T10:00:00Z,checkout,production,v1,2026-01-01T12:00:00+01:00,success,red\n,,cart,,v2,2026-01-02 10:00:00Z,rolled-back,\n"))
	want := []History{
		{Line: 2, Service: "checkout", Environment: "production", Artefact: "v1", Commit: "abc", CommittedAt: at("2026-01-01 10:00"), DeployedAt: at("2026-01-01 11:00"), Outcome: "succeeded"},
		{Line: 3, Service: "cart", Environment: "production", Artefact: "v2", DeployedAt: at("2026-01-02 10:00"), Outcome: "rolled back"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for text, field := range map[string]string{
		"":                            "file",
		"service,when\na,b\n":         "line 1",
		"service,deployed_at,app\n":   "line 1",
		"service,deployed_at\na\n":    "line 2",
		"service,deployed_at\n\"a,b":  "line 2",
		"service,deployed_at\na,noon": "line 2: deployed_at",
		"service,deployed_at,rework\na,2026-01-01T10:00:00Z,perhaps": "line 2: rework",
	} {
		_, err := ParseCSV(strings.NewReader(text))
		if list := fieldsOf(err); len(list) == 0 || list[0].Name != field {
			t.Errorf("%q: %v %v", text, err, list)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		s.Record = &recorder{s: s}
		good := History{Line: 2, Service: "checkout", Environment: "production", Artefact: "v1", DeployedAt: at("2026-01-01 10:00")}
		for field, edit := range map[string]func(h *History){
			"line 2: service":      func(h *History) { h.Service = " " },
			"line 2: deployed_at":  func(h *History) { h.DeployedAt = now.Add(time.Hour) },
			"line 2: recovered_at": func(h *History) { h.RecoveredAt = h.DeployedAt.Add(-1) },
			"line 2: outcome":      func(h *History) { h.Outcome = "fine" },
			"line 2: kind":         func(h *History) { h.Kind = "magic" },
			"line 2: title":        func(h *History) { h.Title = "\xff" },
			"service":              func(h *History) { h.Service = "nobody" },
		} {
			bad := good
			edit(&bad)
			_, err := s.Import(as(actor.Admin), []History{good, bad}, Reading{}, false)
			if list := fieldsOf(err); len(list) != 1 || list[0].Name != field {
				t.Errorf("%s: %v %v", field, err, list)
			}
		}
		if u, err := s.Import(as(actor.Admin), []History{good}, Reading{}, true); err != nil || u.Changes != 1 || u.Added != 0 {
			t.Errorf("dry: %+v, %v", u, err)
		}
		alias := good
		alias.Service = "old-checkout"
		if u, err := s.Import(as(actor.Admin), []History{good, alias}, Reading{}, false); err != nil || u.Added != 1 || u.Known != 1 {
			t.Errorf("the same deployment twice in one file: %+v, %v", u, err)
		}
	})
}

func fieldsOf(err error) errs.Fields {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}
