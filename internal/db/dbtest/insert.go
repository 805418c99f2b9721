package dbtest

import (
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Insert writes a row of which only some columns matter to a test; the others
// are empty: "", 0, false, one byte. Columns that there are not are an error.
func Insert(tx *db.Tx, table string, known map[string]any) error {
	query := "SELECT name, type FROM pragma_table_info('" + table + "')"
	if !tx.Dialect().SQLite() {
		query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '" + table + "' AND table_schema = 'public'"
	}
	var names []string
	var values []any
	met := 0
	_, err := db.Collect(tx, func(r *db.Rows) (x struct{}, err error) {
		var name, kind string
		err = r.Scan(&name, &kind)
		v, ok := known[name]
		switch kind = strings.ToUpper(kind); {
		case ok:
			met++
		case kind == "TEXT":
			v = ""
		case kind == "BOOLEAN":
			v = false
		case kind == "BYTEA":
			v = []byte{1}
		default:
			v = 0
		}
		names, values = append(names, name), append(values, v)
		return x, err
	}, query)
	if err == nil && met < len(known) {
		err = fmt.Errorf("the table %s lacks some of the columns of %v", table, known)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES "+db.Values(1, len(names)), values...)
	return err
}
