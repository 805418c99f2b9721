package cmdb

import (
	"fmt"
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/internal/db"
)

// insertVars is how many parameters one statement takes; see db.InsertMany.
const insertVars = 1024

// insertMany is tx.InsertMany for rows of which many columns are the same: on
// SQLite such a column is one parameter of the statement instead of one of each
// row. Binding parameters was measured as a fifth of an import.
func insertMany(tx *db.Tx, head, tail string, cols int, rows [][]any) error {
	if !tx.Dialect().SQLite() || len(rows) < 16 {
		return tx.InsertMany(head, tail, cols, rows)
	}
	into, ok := strings.CutSuffix(head, "VALUES ")
	var vary []int
	var same []any
	list := make([]string, cols)
	for c := range cols {
		v, constant := rows[0][c], true
		for _, row := range rows[1:] {
			if row[c] != v { // numbers, texts and truths: all can be compared
				constant = false
				break
			}
		}
		if constant {
			same = append(same, v)
			list[c] = fmt.Sprintf("$%d", len(same))
		} else {
			vary = append(vary, c)
			list[c] = fmt.Sprintf("column%d", len(vary))
		}
	}
	if !ok || len(vary) == 0 || len(same) == 0 {
		return tx.InsertMany(head, tail, cols, rows)
	}
	// OR FAIL: rows of a statement that fails stay until the transaction is
	// rolled back, which it is; SQLite need not keep pages to undo one statement.
	into = strings.Replace(into, "INSERT INTO", "INSERT OR FAIL INTO", 1)
	limit := 1
	for limit*2*len(vary) <= insertVars {
		limit *= 2
	}
	args := make([]any, 0, len(same)+limit*len(vary))
	for len(rows) > 0 {
		n := limit
		for n > len(rows) {
			n /= 2
		}
		args = append(args[:0], same...)
		for _, row := range rows[:n] {
			for _, c := range vary {
				args = append(args, row[c])
			}
		}
		if _, err := tx.Exec(into+"SELECT "+strings.Join(list, ", ")+" FROM (VALUES "+valuesFrom(len(same), n, len(vary))+") WHERE TRUE"+tail, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// shapes are the few lists of parameters that are used again and again.
var shapes sync.Map // [3]int → string

// valuesFrom is db.Values that begins after a number of parameters.
func valuesFrom(after, rows, cols int) string {
	shape := [3]int{after, rows, cols}
	if text, ok := shapes.Load(shape); ok {
		return text.(string)
	}
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(db.In(after+i*cols+1, cols))
	}
	shapes.Store(shape, b.String())
	return b.String()
}
