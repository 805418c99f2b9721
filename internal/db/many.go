package db

import (
	"fmt"
	"slices"
)

// These ask for many keys at once, each engine in the way it is quick at.
// PostgreSQL gets one array, because it plans each of hundreds of parameters
// anew (measured: a third of an import). On SQLite a list is filled up to a
// power of two with its last value, so that few statements serve lists of every
// length.

// InSet is the comparison of a column with a list of parameters, from the first
// one on: what stands behind the column.
func InSet[T int64 | string](q Querier, first int, list []T) (string, []any) {
	if !q.Dialect().SQLite() {
		kind := "bigint"
		if _, ok := any(list).([]string); ok {
			kind = "text"
		}
		return fmt.Sprintf("= ANY($%d::%s[])", first, kind), []any{list}
	}
	list = filledUp(list)
	return "IN " + In(first, len(list)), Args(list)
}

// Keyed is a query for columns of a table by many values of one column, which
// is the last of an index whose other columns a condition compares: list is the
// parameter first. PostgreSQL gets a look-up for each value. Asked for a list, it
// reads all that the condition selects and filters it, as long as it takes a
// quickly growing table for a small one (measured: 11 to 40 ms instead of 1 ms
// for 512 of 40,000). A value that stands in the list twice may give its rows
// twice.
func Keyed(q Querier, columns, table, condition, column string, first int, list []string) (string, []any) {
	if q.Dialect().SQLite() {
		in, args := InSet(q, first, list)
		return "SELECT " + columns + " FROM " + table + " WHERE " + condition + " AND " + column + " " + in, args
	}
	return fmt.Sprintf("SELECT %[1]s FROM unnest($%[2]d::text[]) AS v (a) CROSS JOIN LATERAL (SELECT %[1]s FROM %[3]s WHERE %[4]s AND %[5]s = v.a OFFSET 0) AS found",
		columns, first, table, condition, column), []any{list}
}

// Pairs is a table v of two columns a and b, of an SQL type, for a FROM clause,
// from the first parameter on. A CROSS JOIN and a WHERE follow, which make
// SQLite take the list first: it would else read all that another condition
// selects and look through the list for each row.
func Pairs[T any](q Querier, kind string, a, b []T) (string, []any) {
	if !q.Dialect().SQLite() {
		return "unnest($1::" + kind + "[], $2::" + kind + "[]) AS v (a, b)", []any{a, b}
	}
	a, b = filledUp(a), filledUp(b)
	args := make([]any, 0, 2*len(a)+1)
	for i := range a {
		args = append(args, a[i], b[i])
	}
	return "(SELECT column1 AS a, column2 AS b FROM (VALUES " + Values(len(a), 2) + ")) AS v", args
}

func filledUp[T any](list []T) []T {
	n := 1
	for n < len(list) {
		n *= 2
	}
	out := slices.Grow(slices.Clip(list), n-len(list))
	for len(out) < n {
		out = append(out, list[len(list)-1])
	}
	return out
}
