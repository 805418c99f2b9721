package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// ShadowsDone returns when the shadow policy was asked about all decisions.
func (s *Service) ShadowsDone() { s.shadows.wait() }

// Query is one for the test of plans.
type Query struct {
	SQL  string
	Args []any
}

// GateQueries are the queries of a gate.
func GateQueries(d *db.DB) (out []Query) {
	d.Read(context.Background(), func(q db.Querier) error {
		open, args := openAroundSQL(q, []string{"checkout", "search", "email"})
		past, names := pastsSQL(q, []string{"checkout", "search"})
		stamp, stamped := stampsSQL(q, []string{"checkout", "search"})
		out = []Query{{open, args}, {past, names}, {stamp, stamped},
			{commitSaidSQL + "500", []any{"c"}}, {everToldSQL, []any{"r", "tests"}}, {staleReviewsSQL, []any{"r", "7/", "70"}},
			{ranWellSQL, []any{"s", "e", "a", int64(1)}}, {findAskedSQL, []any{"c", "s", "e", "k"}},
			{decisionsOfSQL, []any{int64(1), int64(9), 10}}, {replaysSQL, []any{int64(9), 10}}, {answersSQL, []any{int64(9), 10}}, {approvalsOfSQL, []any{int64(1)}},
			{waitingSQL, []any{"peer", int64(0), 10}}, {delegatedSQL, []any{int64(1), int64(1)}}, {delegationsSQL, []any{int64(1), 10}}}
		return nil
	})
	return out
}

// Tell keeps one thing that a pipeline told about a commit.
func Tell(tx *db.Tx, repository, commit, kind, key, data string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO change_commit (repository, commit_sha, kind, key, at, data) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (commit_sha, kind, key, repository) DO UPDATE SET data = excluded.data, at = excluded.at`, repository, commit, kind, key, db.Micros(at), data)
	return err
}

// ForgetTold forgets which repositories tell what.
func ForgetTold(s *Service) { s.told.kept = nil }
