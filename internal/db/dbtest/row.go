package dbtest

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Row inserts a row of a table with the given values, and the zero of every
// other column: for tests of a package that reads what another one writes, and
// may not import it.
func Row(tx *db.Tx, table string, given map[string]any) error {
	query := "SELECT name, type FROM pragma_table_info('" + table + "')"
	if !tx.Dialect().SQLite() {
		query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '" + table + "'"
	}
	type column struct{ name, kind string }
	type key string
	list, err := db.Remember(tx, key(table), func() ([]column, error) {
		return db.Collect(tx, func(r *db.Rows) (c column, err error) { return c, r.Scan(&c.name, &c.kind) }, query)
	})
	if err != nil {
		return err
	}
	var names []string
	var values []any
	for _, c := range list {
		v, ok := given[c.name]
		switch kind := strings.ToLower(c.kind); {
		case ok:
		case kind == "text":
			v = ""
		case kind == "boolean":
			v = false
		case kind == "bytea":
			v = []byte{}
		default:
			v = int64(0)
		}
		names, values = append(names, c.name), append(values, v)
	}
	return tx.InsertMany("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ", "", len(names), [][]any{values})
}
