package db

import (
	"strings"
	"sync"
)

// Dialect is all that differs between the two engines.
type Dialect struct {
	name string
}

var (
	sqliteDialect = &Dialect{name: "sqlite"}
	postgres      = &Dialect{name: "postgres"}
)

// postgresClock is the server's clock in microseconds since 1970.
const postgresClock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

// Name is "sqlite" or "postgres".
func (d *Dialect) Name() string { return d.name }

// SQLite reports whether this is SQLite.
func (d *Dialect) SQLite() bool { return d == sqliteDialect }

// ForUpdate locks the selected rows until the transaction ends. SQLite has one
// writer, so it needs no clause.
func (d *Dialect) ForUpdate() string {
	if d.SQLite() {
		return ""
	}
	return " FOR UPDATE"
}

// SkipLocked claims rows that no other replica is working on.
func (d *Dialect) SkipLocked() string {
	if d.SQLite() {
		return ""
	}
	return " FOR UPDATE SKIP LOCKED"
}

var rewritten sync.Map // portable SQL -> SQLite SQL

// text turns the portable SQL into the engine's: SQLite wants ?1 for $1,
// because it takes $1 for a parameter's name.
func (d *Dialect) text(query string) string {
	if !d.SQLite() || !strings.Contains(query, "$") {
		return query
	}
	if s, ok := rewritten.Load(query); ok {
		return s.(string)
	}
	s := rewrite(query)
	rewritten.Store(strings.Clone(query), s)
	return s
}

// rewrite replaces $n by ?n outside quoted text. Where the parameters stand in
// order, as in every INSERT of many rows, it writes a plain ?: SQLite keeps a
// numbered parameter as a name, and the driver looks each name up in a list, so
// that binding 1,000 of them costs 1,000² steps (measured: half the time of a
// batch insert).
func rewrite(query string) string {
	numbered := make([]byte, 0, len(query))
	plain := make([]byte, 0, len(query))
	quoted, last := false, 0
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '$' || quoted || i+1 == len(query) || query[i+1] < '1' || query[i+1] > '9' {
			numbered, plain = append(numbered, c), append(plain, c)
			continue
		}
		n, end := 0, i+1
		for end < len(query) && query[end] >= '0' && query[end] <= '9' {
			n = n*10 + int(query[end]-'0')
			end++
		}
		numbered, plain = append(append(numbered, '?'), query[i+1:end]...), append(plain, '?')
		if n == last+1 && last >= 0 {
			last = n
		} else {
			last = -1 // out of order, or one twice
		}
		i = end - 1
	}
	if last >= 0 {
		return string(plain)
	}
	return string(numbered)
}
