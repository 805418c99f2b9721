package dora

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// now is when most tests happen: a Friday.
var now = at("2026-11-20 14:00")

// each runs a test on both engines, with a clock that stands still.
func each(t *testing.T, f func(t *testing.T, s *Service)) {
	t.Helper()
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) { f(t, New(d)) })
}

func as(role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, Role: role, Person: 1, Name: "mara"})
}

// write runs one transaction as the product.
func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	err := d.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Unrecorded("a test's rows")
		return fn(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// texts and numbers are the columns of a change that measures do not read, but
// that have no default.
const (
	texts   = "title, summary, type, model, repository, commit_sha, branch, pull_request, link, author, source, rollback_plan, rollback_ref, outcome, risk_level, outcome_reason, review, trail"
	numbers = "version, author_person, rollback_of, taken_back_by, decision, waited, created_at, assessed_at, approved_at, planned_from, planned_to, verify_until, outcome_person, review_due, reviewed_at, review_by, expires_at, recheck_at, next_at, told, entries"
	read    = "id, state, kind, purpose, team, environment, artefact, previous, outcome_by, services, service, returns, rework, bypass, caused, risk, committed_at, started_at, deployed_at, ended_at, recovered_at, requested_at, is_open, salt"
)

// put writes changes as package change does, as far as measures read them.
func put(tx *db.Tx, list ...row) error {
	head := "INSERT INTO change (" + texts + ", " + numbers + ", " + read + ") VALUES "
	var rows, steps [][]any
	for _, r := range list {
		var v []any
		for range strings.Split(texts, ",") {
			v = append(v, "")
		}
		for range strings.Split(numbers, ",") {
			v = append(v, 0)
		}
		services, _ := json.Marshal(r.Services)
		main, asked := "", int64(0)
		if len(r.Services) > 0 {
			main = r.Services[0]
		}
		for _, a := range r.Approvals {
			asked = a.Asked
			steps = append(steps, []any{100*r.ID + int64(len(steps)%100), r.ID, 0, a.Rule, a.Who, a.State, a.Asked, a.Decided, 0, 7, 0, "", "page", "", "", []byte{}})
		}
		caused := 0
		if r.Caused {
			caused = 1
		}
		rows = append(rows, append(v, r.ID, r.State, r.Kind, r.Purpose, r.Team, r.Environment, r.Artefact, r.Previous, r.OutcomeBy, string(services), main,
			r.Returns, r.Rework, r.Bypass, caused, r.Risk, r.Committed, r.Started, r.Deployed, r.Ended, r.Recovered, asked, r.State == "verifying", []byte{}))
	}
	if err := tx.InsertMany(head, "", len(rows[0]), rows); err != nil {
		return err
	}
	return tx.InsertMany("INSERT INTO change_approval (id, change_id, decision_id, rule, who, state, asked_at, decided_at, expires_at, person, on_behalf, outside, via, commit_sha, reason, salt) VALUES ", "", 16, steps)
}

// sealAll does all the due work there is.
func sealAll(t testing.TB, s *Service) {
	t.Helper()
	for range 10_000 {
		n, err := s.Sealing().Run(context.Background(), s.db)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("sealing does not end")
}

func report(t testing.TB, s *Service, ask Query) Report {
	t.Helper()
	r, err := s.Report(as(actor.Auditor), ask)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
