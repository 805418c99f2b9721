package db_test

import (
	"context"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// The same query within its own rows, and again after an error, is answered.
func TestKeptStatements(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if !d.Dialect().SQLite() {
			return // there each connection keeps them itself, and rows are read one query after the other
		}
		const query = "SELECT column1 FROM (VALUES (1), (2), (3)) WHERE column1 >= $1 ORDER BY column1"
		err := d.Read(context.Background(), func(q db.Querier) error {
			for range 3 {
				rows, err := q.Query(query, 1)
				if err != nil {
					return err
				}
				for rows.Next() {
					var n, least int
					if err := rows.Scan(&n); err != nil {
						return err
					}
					if err := q.QueryRow(query, n).Scan(&least); err != nil || least != n {
						t.Errorf("within: %d for %d: %v", least, n, err)
					}
				}
				rows.Close()
				rows, err = q.Query("SELECT nothing FROM nowhere")
				if err == nil {
					rows.Close()
					t.Error("a table that is not there was read")
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
