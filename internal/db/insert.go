package db

import (
	"database/sql/driver"
	"fmt"
	"strings"
)

// liteVars is how many parameters one statement takes on SQLite. It allows
// 32,766 (https://www.sqlite.org/limits.html), but runs in this process, so
// that small statements, which stay in its cache, are as good.
const liteVars = 1024

// few is up to how many rows go in one statement whatever their number: most
// lists are that short, and one more statement costs more than its rows.
const few = 8

// InsertMany inserts rows of cols values each in few statements. head ends
// with "VALUES "; tail is "" or an ON CONFLICT clause. A column holds values of
// one Go type, or nil. Errors of the rows may arise later; see Later.
func (tx *Tx) InsertMany(head, tail string, cols int, rows [][]any) error {
	for _, row := range rows {
		if len(row) != cols {
			return fmt.Errorf("db: InsertMany %q: row of %d values, want %d", head, len(row), cols)
		}
	}
	switch {
	case len(rows) == 0:
		return nil
	case len(rows) == 1:
		return tx.Later(head+Values(1, cols)+tail, rows[0]...)
	case tx.d.dialect.SQLite():
		return tx.insertValues(head, tail, cols, rows)
	default:
		return tx.insertArrays(head, tail, cols, rows)
	}
}

// insertValues is for SQLite: VALUES lists, cut to powers of two so that the
// set of prepared statements stays small.
func (tx *Tx) insertValues(head, tail string, cols int, rows [][]any) error {
	limit := 1
	for limit*2*cols <= liteVars {
		limit *= 2
	}
	args := make([]any, 0, min(limit, len(rows))*cols)
	for len(rows) > 0 {
		n := limit
		for n > len(rows) {
			n /= 2
		}
		if len(rows) <= few && len(rows)*cols <= liteVars {
			n = len(rows)
		}
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		if _, err := tx.Exec(head+Values(n, cols)+tail, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// insertArrays is for PostgreSQL: one statement for any number of rows, an
// array for each column. A VALUES list of the same rows has thousands of
// parameters, and the server parses and plans each one of them anew.
func (tx *Tx) insertArrays(head, tail string, cols int, rows [][]any) error {
	into, ok := strings.CutSuffix(strings.TrimRight(head, " "), "VALUES")
	if !ok {
		return fmt.Errorf("db: InsertMany %q does not end with VALUES", head)
	}
	var list, from strings.Builder
	var args []any
	for c := range cols {
		if c > 0 {
			list.WriteString(", ")
		}
		array, kind, err := column(rows, c)
		if err != nil {
			return fmt.Errorf("db: InsertMany %q: %w", head, err)
		}
		if array == nil {
			list.WriteString("NULL") // takes the type of its column
			continue
		}
		if len(args) > 0 {
			from.WriteString(", ")
		}
		args = append(args, array)
		fmt.Fprintf(&from, "$%d::%s[]", len(args), kind)
		fmt.Fprintf(&list, "v.c%d", len(args))
	}
	names := make([]string, len(args))
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	return tx.Later(into+"SELECT "+list.String()+" FROM unnest("+from.String()+") AS v ("+strings.Join(names, ",")+")"+tail, args...)
}

// column turns one column of the rows into an array that pgx can send, and
// names the type of its elements. A column of nothing but NULL gives nil.
func column(rows [][]any, c int) (array any, kind string, err error) {
	values := make([]driver.Value, len(rows))
	var first driver.Value
	nulls := false
	for i, row := range rows {
		if values[i], err = driver.DefaultParameterConverter.ConvertValue(row[c]); err != nil {
			return nil, "", fmt.Errorf("column %d: %w", c+1, err)
		}
		if values[i] == nil {
			nulls = true
		} else if first == nil {
			first = values[i]
		}
	}
	switch first.(type) {
	case nil:
		return nil, "", nil
	case int64:
		array, err = typed[int64](values, nulls, c)
		kind = "bigint"
	case float64:
		array, err = typed[float64](values, nulls, c)
		kind = "double precision"
	case bool:
		array, err = typed[bool](values, nulls, c)
		kind = "boolean"
	case string:
		array, err = typed[string](values, nulls, c)
		kind = "text"
	case []byte:
		array, err = typed[[]byte](values, nulls, c)
		kind = "bytea"
	default:
		err = fmt.Errorf("column %d holds a %T", c+1, first)
	}
	return array, kind, err
}

// typed is the column as []T, or as []*T when some of it is NULL.
func typed[T any](values []driver.Value, nulls bool, c int) (any, error) {
	plain := make([]T, len(values))
	pointers := make([]*T, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		t, ok := v.(T)
		if !ok {
			return nil, fmt.Errorf("column %d mixes %T and %T", c+1, plain[i], v)
		}
		plain[i], pointers[i] = t, &plain[i]
	}
	if nulls {
		return pointers, nil
	}
	return plain, nil
}
