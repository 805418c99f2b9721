package db

import "strings"

// updateChunk is how many rows one set-based UPDATE handles on SQLite.
const updateChunk = 128

// Update is a set-based UPDATE: many rows of (key, columns…) in one statement.
// Make it once, at program start.
type Update struct {
	table        string
	names, types []string
	lite         map[int]string // by number of rows
	postgres     string
}

// NewUpdate takes the table and its columns as "name TYPE"; the first one is
// the key by which rows are found.
func NewUpdate(table string, columns ...string) *Update {
	u := &Update{table: table, lite: map[int]string{}}
	params := make([]string, len(columns))
	for i, c := range columns {
		name, kind, _ := strings.Cut(c, " ")
		u.names, u.types = append(u.names, name), append(u.types, strings.ToLower(kind))
		params[i] = In(i+1, 1)[1:]
		params[i] = params[i][:len(params[i])-1] + "::" + u.types[i] + "[]"
	}
	for n := 1; n <= updateChunk; n *= 2 {
		u.lite[n] = "WITH v (" + strings.Join(u.names, ", ") + ") AS (VALUES " + Values(n, len(columns)) + ") UPDATE " + table + u.set() + " FROM v" + u.where()
	}
	u.postgres = "UPDATE " + table + u.set() + " FROM unnest(" + strings.Join(params, ", ") + ") AS v (" + strings.Join(u.names, ", ") + ")" + u.where()
	return u
}

func (u *Update) set() string {
	sets := make([]string, 0, len(u.names))
	for _, n := range u.names[1:] {
		sets = append(sets, n+" = v."+n)
	}
	return " SET " + strings.Join(sets, ", ")
}

func (u *Update) where() string {
	return " WHERE " + u.table + "." + u.names[0] + " = v." + u.names[0]
}

// Run writes the rows, each with as many values as the update has columns, and
// returns how many it changed.
func (u *Update) Run(tx *Tx, rows [][]any) (changed int64, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	if !tx.d.dialect.SQLite() {
		args := make([]any, len(u.names))
		for c := range u.names {
			array, _, err := column(rows, c)
			if err != nil {
				return 0, err
			}
			if array == nil {
				array = make([]*string, len(rows)) // nothing but NULL
			}
			args[c] = array
		}
		return tx.Exec(u.postgres, args...)
	}
	limit := updateChunk
	for limit*len(u.names) > liteVars {
		limit /= 2
	}
	args := make([]any, 0, min(limit, len(rows))*len(u.names))
	for len(rows) > 0 {
		n := limit
		for n > len(rows) {
			n /= 2
		}
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		some, err := tx.Exec(u.lite[n], args...)
		if err != nil {
			return changed, err
		}
		changed, rows = changed+some, rows[n:]
	}
	return changed, nil
}
