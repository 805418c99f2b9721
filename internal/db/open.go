package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func (d *DB) openPostgres(ctx context.Context) error {
	d.dialect = postgres
	u, err := url.Parse(d.url)
	if err != nil {
		return errs.BadField("db", redact(d.url), "write it like postgres://user:password@host:5432/evenkeel")
	}
	q := u.Query()
	// A paused process must not hold locks (see ARCHITECTURE, "Time and due work").
	setDefault(q, "idle_in_transaction_session_timeout", "30000")
	setDefault(q, "lock_timeout", "10000")
	// A plan made while a table was young would be kept for prepared statements
	// and read all of it when it has grown: measured as 20 ms instead of 0.4 ms
	// for the identities of a batch of new alerts. Planning anew costs less.
	setDefault(q, "plan_cache_mode", "force_custom_plan")
	setDefault(q, "random_page_cost", "1.1")
	setDefault(q, "jit", "off") // compiling a query of milliseconds takes longer than running it
	setDefault(q, "application_name", "evenkeel")
	setDefault(q, "connect_timeout", "5")
	u.RawQuery = q.Encode()
	if d.server, err = pgx.ParseConfig(u.String()); err != nil {
		return errs.BadField("db", redact(d.url), "write it like postgres://user:password@host:5432/evenkeel")
	}
	all := pool(d.server, d.cfg.Patience)
	conns := cmp.Or(d.cfg.Readers, 24)
	all.SetMaxOpenConns(conns)
	all.SetMaxIdleConns(conns)
	all.SetConnMaxIdleTime(5 * time.Minute)
	d.read, d.write = all, all
	d.side = pool(d.server, d.cfg.Patience)
	d.side.SetMaxOpenConns(2)
	d.writers = make(chan struct{}, 16) // readers always find a connection
	var version int
	if err := all.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return errs.E(errs.Unavailable, "the database %s does not answer; check that it runs and the address, user and password are right", redact(d.url)).Because(err)
	}
	if version < 150000 {
		return errs.BadField("db", fmt.Sprintf("PostgreSQL %d", version/10000), "use PostgreSQL 15 or newer")
	}
	return nil
}

// notAnAddress refuses another product's address, which would become a file.
func notAnAddress(url string) error {
	if strings.Contains(url, "://") {
		return errs.BadField("db", redact(url), "name a file, like evenkeel.db, or an address that begins with postgres://")
	}
	return nil
}

func (d *DB) openSQLite(ctx context.Context) error {
	d.dialect = sqliteDialect
	path := strings.TrimPrefix(d.url, "file:")
	if path == "" {
		return errs.BadField("db", "", "name a file, like evenkeel.db, or a postgres:// address")
	}
	if err := notAnAddress(d.url); err != nil {
		return err
	}
	if dir := filepath.Dir(path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return errs.E(errs.Unavailable, "cannot make the folder %s for the database; check its permissions", dir).Because(err)
		}
	}
	lock, err := lockFile(path + ".lock")
	var cannot *fs.PathError
	if errors.As(err, &cannot) {
		return errs.E(errs.Unavailable, "cannot make the file %s beside the database; check that the folder exists and that it and its disk are not read-only or full", cannot.Path).Because(err)
	}
	if err != nil {
		return errs.E(errs.Unavailable, "the database file %s is in use by another Evenkeel; stop it, or name another file", path).Because(err)
	}
	d.lock = lock
	// A new database is its owner's alone, as keys and backups are: it holds
	// personal data. Its -wal and -shm files get the same permissions.
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
		f.Close()
	}
	// The lock file keeps other Evenkeels away; whatever else locks the file (a
	// person with a shell) is waited for only so long that senders, whose posts
	// queue behind one or two such waits, hear of it before they give up.
	const common = "?_pragma=busy_timeout(2000)&_pragma=foreign_keys(1)&_pragma=temp_store(2)&_pragma=journal_mode(WAL)"
	flush := "FULL"
	if d.cfg.Volatile {
		flush = "OFF"
	}
	d.write, err = sql.Open("sqlite", "file:"+escapePath(path)+common+"&_pragma=synchronous("+flush+")&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(4000)&_txlock=immediate")
	if err != nil {
		return err
	}
	d.write.SetMaxOpenConns(1)
	if err := d.write.PingContext(ctx); err != nil {
		return translate(fmt.Errorf("open %s: %w", path, err))
	}
	d.read, err = remembering("file:" + escapePath(path) + common + "&_pragma=query_only(1)&_pragma=cache_size(-4096)")
	if err != nil {
		return err
	}
	conns := cmp.Or(d.cfg.Readers, 6)
	d.read.SetMaxOpenConns(conns)
	d.read.SetMaxIdleConns(conns)
	d.read.SetConnMaxIdleTime(time.Minute) // each holds a page cache
	return nil
}

func setDefault(q url.Values, key, value string) {
	if !q.Has(key) {
		q.Set(key, value)
	}
}

func redact(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Redacted()
	}
	return "postgres://…"
}

func escapePath(p string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(p)
}
