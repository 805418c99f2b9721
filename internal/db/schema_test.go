package db_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The committed dumps show every schema change in review, on both engines.
func TestSchemaDump(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		query := "SELECT sql || ';' FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' ORDER BY tbl_name, type DESC, name"
		if !d.Dialect().SQLite() {
			query = `SELECT line FROM (
				SELECT table_name AS t, 0 AS k, ordinal_position AS o, table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END || COALESCE(' DEFAULT ' || column_default, '') AS line
				FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose_%'
				UNION ALL
				SELECT tablename, 1, row_number() OVER (ORDER BY indexname), indexdef || ';' FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'goose_%'
			) AS s ORDER BY t COLLATE "C", k, o`
		}
		var lines []string
		err := d.Read(context.Background(), func(q db.Querier) (err error) {
			lines, err = db.Collect(q, func(r *db.Rows) (line string, err error) { return line, r.Scan(&line) }, query)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(lines, "\n") + "\n"
		file := "schema/" + d.Dialect().Name() + ".sql"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := os.ReadFile(file)
		if string(want) != got {
			t.Errorf("%s differs from the migrated schema; look at the change and run: go test ./internal/db -run SchemaDump -update", file)
		}
	})
}
