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

// rewrite replaces $n by ?n outside quoted text.
func rewrite(query string) string {
	out := []byte(query)
	quoted := false
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '$' && !quoted && i+1 < len(out) && out[i+1] >= '1' && out[i+1] <= '9':
			out[i] = '?'
		}
	}
	return string(out)
}
