package cmdb

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// fill writes n items and five relations of each straight into the tables.
func fill(tb testing.TB, d *db.DB, n int) {
	tb.Helper()
	numbers := "WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < $1) "
	if !d.Dialect().SQLite() {
		numbers = "WITH k (i) AS (SELECT generate_series(1, $1::bigint)) "
	}
	err := d.Write(mara(), testActor(), "test", func(tx *db.Tx) error {
		tx.Unrecorded("a benchmark's rows")
		if _, err := tx.Exec(`INSERT INTO ci (id, kind, name, word, env, team, state, attributes, identifiers, origins, conflicts, merged_into, first_seen, last_seen, next_at, version, created_at, updated_at) `+
			numbers+`SELECT i, CASE WHEN i % 3 = 0 THEN 'host' WHEN i % 3 = 1 THEN 'application' ELSE 'database' END, 'item-' || CAST(i AS TEXT), 'item-' || CAST(i AS TEXT), 'production', '', 'present',
			'{"type":"m5.large","zone":"eu-west-1a","launched":"2026-09-01T08:00:00Z","owner":"payments"}', '["arn=arn:aws:ec2:eu-west-1:123456789012:instance/i-"]', '{"":[1,0]}', 0, 0, 1, 1, 0, 1, 1, 1 FROM k`, n); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO ci_relation (id, from_item, to_item, kind, hard, grp, need, provenance, flow, state, since, last_seen, next_at, revision, updated_at) `+
			numbers+`SELECT i, 1 + i / 5, 1 + (i * 7919) % (1 + $1 / 5), i % 5, TRUE, '', 0, 1, '', 'present', 1788000000000000 + i, 1788000000000000, 0, 1, 1788000000000000 FROM k WHERE TRUE ON CONFLICT DO NOTHING`, 5*n)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func benchLoad(b *testing.B, d *db.DB) {
	const n = 100_000
	fill(b, d, n)
	s := New(d, Options{Log: quiet(), NoGraph: true})
	for b.Loop() {
		at := time.Now()
		g, err := s.loadGraph(mara())
		if err != nil {
			b.Fatal(err)
		}
		if st := g.Stats(); st.Items != n {
			b.Fatal(st)
		}
		b.ReportMetric(time.Since(at).Seconds()*1e6/n, "s/million-items")
	}
}

func BenchmarkLoadSQLite(b *testing.B)   { benchLoad(b, dbtest.SQLite(b)) }
func BenchmarkLoadPostgres(b *testing.B) { benchLoad(b, dbtest.Postgres(b)) }
