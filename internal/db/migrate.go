package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/evenkeel/evenkeel/internal/errs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. On PostgreSQL an advisory lock lets
// one replica migrate while the others wait.
//
// Rolling upgrades: a release only adds (expand); what it no longer uses is
// removed one release later (contract), and that migration sets the setting
// oldest_schema to the version older programs must know. A program therefore
// runs on a newer schema as long as oldest_schema is not above its own.
func (d *DB) migrate(ctx context.Context) error {
	on := d.write
	if !d.dialect.SQLite() {
		on = pool(d.server, -1) // building an index, or waiting for the replica that does, takes as long as it takes
		defer on.Close()
	}
	p, err := d.provider(on)
	if err != nil {
		return errs.Wrap("db.migrate", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return errs.Wrap("db.migrate", translate(err))
	}
	if have > want {
		var oldest int64
		err := d.read.QueryRowContext(ctx, "SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'oldest_schema'").Scan(&oldest)
		if err == nil && oldest > want || err != nil && err != ErrNoRows {
			return errs.E(errs.Unavailable, "the database has schema %d, this program knows up to %d; start a newer Evenkeel", have, want)
		}
		d.log.Warn("the database schema is newer than this program; running beside a newer release", "schema", have, "known", want)
		return nil
	}
	results, err := p.Up(ctx)
	if err != nil {
		return errs.Wrap("db.migrate", translate(err))
	}
	for _, r := range results {
		d.log.Info("schema migrated", "file", r.Source.Path, "ms", r.Duration.Milliseconds())
	}
	return nil
}

func (d *DB) provider(on *sql.DB) (*goose.Provider, error) {
	files, err := only(migrations, d.dialect.name)
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if !d.dialect.SQLite() {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, on, files, opts...)
}

// SchemaVersion is the version this program brings a database to.
func SchemaVersion() int64 {
	names, _ := fs.Glob(migrations, "migrations/*.sql")
	var last int64
	for _, n := range names {
		var v int64
		fmt.Sscanf(n, "migrations/%d_", &v)
		last = max(last, v)
	}
	return last
}

// only drops the statements marked "-- only: x" for another engine. A mark
// stands on a line of its own and holds for the statement after it, up to the
// semicolon that ends a line.
func only(src fs.FS, dialect string) (fs.FS, error) {
	out := fstest.MapFS{}
	names, err := fs.Glob(src, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(src, name)
		if err != nil {
			return nil, err
		}
		var keep []string
		skip := false
		for line := range strings.Lines(string(text)) {
			if mark, ok := strings.CutPrefix(strings.TrimSpace(line), "-- only:"); ok {
				skip = strings.TrimSpace(mark) != dialect
				continue
			}
			if !skip {
				keep = append(keep, line)
			}
			if strings.HasSuffix(strings.TrimSpace(line), ";") {
				skip = false
			}
		}
		out[strings.TrimPrefix(name, "migrations/")] = &fstest.MapFile{Data: []byte(strings.Join(keep, ""))}
	}
	return out, nil
}
