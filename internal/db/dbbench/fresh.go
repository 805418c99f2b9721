package dbbench

import (
	"context"
	"database/sql"
	"net/url"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
)

// Fresh makes an empty database beside the one of a postgres:// address and
// returns its address; drop removes it.
func Fresh(ctx context.Context, address, name string) (fresh string, drop func(), err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, err
	}
	pool, err := sql.Open("pgx", address)
	if err != nil {
		return "", nil, err
	}
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := pool.ExecContext(ctx, q); err != nil {
			pool.Close()
			return "", nil, err
		}
	}
	u.Path = "/" + name
	return u.String(), func() {
		pool.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		pool.Close()
	}, nil
}
