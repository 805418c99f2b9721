package packet

import (
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// insertRow writes a row; columns that are not named are empty.
func insertRow(tx *db.Tx, table string, known map[string]any) error {
	query := "SELECT name, type FROM pragma_table_info('" + table + "')"
	if !tx.Dialect().SQLite() {
		query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '" + table + "' AND table_schema = 'public'"
	}
	var names []string
	var values []any
	_, err := db.Collect(tx, func(r *db.Rows) (x struct{}, err error) {
		var name, kind string
		err = r.Scan(&name, &kind)
		v, ok := known[name]
		switch kind = strings.ToUpper(kind); {
		case ok:
		case kind == "TEXT":
			v = ""
		case kind == "BOOLEAN":
			v = false
		case kind == "BYTEA":
			v = []byte{1}
		default:
			v = 0
		}
		if f, ok := v.(float64); ok {
			v = int64(f)
		}
		names, values = append(names, name), append(values, v)
		return x, err
	}, query)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES "+db.Values(1, len(names)), values...)
	return err
}

func TestQueriesUseIndexes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dbtest.UsesIndex(t, d, changeSQL, 1)
		for _, query := range []string{decisionsSQL, approvalsSQL, reportsSQL, entriesSQL, causesSQL} {
			dbtest.UsesIndex(t, d, query, 1, 10)
		}
		dbtest.UsesIndex(t, d, factsSQL, "a", "b", 10)
	})
}
