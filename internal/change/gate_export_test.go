package change

import (
	"context"

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
		out = []Query{{open, args}, {past, names},
			{commitSaidSQL + "500", []any{"c"}}, {everToldSQL, []any{"r", "tests"}}, {staleReviewsSQL, []any{"r", "7/", "70"}},
			{ranWellSQL, []any{"s", "e", "a", int64(1)}}, {findAskedSQL, []any{"c", "s", "e", "k"}},
			{decisionsOfSQL, []any{int64(1), int64(9), 10}}, {replaysSQL, []any{int64(9), 10}}, {approvalsOfSQL, []any{int64(1)}},
			{waitingSQL, []any{"peer", int64(0), 10}}, {delegatedSQL, []any{int64(1), int64(1)}}, {delegationsSQL, []any{int64(1), 10}}}
		return nil
	})
	return out
}
