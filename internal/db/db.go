// Package db is the one door to the database.
//
// Reading goes through Read, a consistent snapshot; changing goes through
// Write, which gives a transaction with one time (Tx.Now), one actor and one
// reason, and which refuses to commit rows without an evidence entry. Rows,
// evidence and due work therefore commit together or not at all.
//
// Two engines, one SQL text. SQLite (a file, the default) and PostgreSQL 15
// or newer run the same statements with $1 placeholders; what differs is in
// dialect.go. No other package imports a driver.
//
// How writes are made durable:
//   - SQLite has one writer. All Write calls queue at the committer
//     (commit.go), which runs everything that waits, up to 256 closures, each
//     in a savepoint so that a bad one fails alone, and flushes once. The
//     flush is the window: nobody waits on a timer.
//   - PostgreSQL runs each Write in its own transaction and repeats it on
//     serialisation failures, deadlocks and unique violations that closed a
//     race. Closures must therefore be safe to run again.
//
// An answer without error means: on disk (SQLite synchronous=FULL).
//
// Evidence gets its place in the Merkle sequence (sequence.go) inside the
// commit on SQLite, and within a second by one of the replicas on PostgreSQL.
// The sequence is also the change feed (feed.go).
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	sqlite "modernc.org/sqlite"        // SQLite without cgo

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Config says which database to open.
type Config struct {
	URL       string           // a file path, or postgres://…
	Log       *slog.Logger     // nil: slog.Default()
	Now       func() time.Time // nil: the process clock (SQLite) or the server's clock (PostgreSQL); set by tests
	NoMigrate bool             // open without bringing the schema up to date
	Volatile  bool             // SQLite: no flush to disk, for a database that is thrown away
	NoFeed    bool             // do not run the sequencer and feed (tools that only read)
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect *Dialect
	cfg     Config
	url     string
	read    *sql.DB       // SQLite: read-only pool; PostgreSQL: the pool
	write   *sql.DB       // SQLite: the one writing connection; PostgreSQL: same as read
	side    *sql.DB       // PostgreSQL: few connections for sequencing and sequences, which must not wait for writers that wait for them
	writers chan struct{} // PostgreSQL: bounds the writing transactions
	lock    *os.File
	log     *slog.Logger

	ids  ids
	seq  sequencer
	feed feed
	comm *committer // SQLite only

	stop context.CancelFunc
	done sync.WaitGroup
}

// Open opens the database, brings its schema up to date under a lock, and
// starts the committer, sequencer and feed. Close stops them.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	d := &DB{cfg: cfg, url: cfg.URL, log: cfg.Log}
	var err error
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		err = d.openPostgres(ctx)
	} else {
		err = d.openSQLite(ctx)
	}
	if err != nil {
		d.closeAll()
		return nil, err
	}
	if !cfg.NoMigrate {
		if err := d.migrate(ctx); err != nil {
			d.closeAll()
			return nil, err
		}
		if err := d.ids.load(ctx, d); err != nil {
			d.closeAll()
			return nil, errs.Wrap("db.open", err)
		}
		if err := d.seq.load(ctx, d); err != nil {
			d.closeAll()
			return nil, errs.Wrap("db.open", err)
		}
	}
	run, stop := context.WithCancel(context.Background())
	d.stop = stop
	if d.dialect.SQLite() {
		if d.comm, err = newCommitter(run, d); err != nil {
			stop()
			d.closeAll()
			return nil, err
		}
	}
	if !cfg.NoFeed {
		d.startFeed(run)
	}
	return d, nil
}

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
	pool, err := sql.Open("pgx", u.String())
	if err != nil {
		return errs.BadField("db", redact(d.url), "write it like postgres://user:password@host:5432/evenkeel")
	}
	pool.SetMaxOpenConns(24)
	pool.SetMaxIdleConns(24)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	d.read, d.write = pool, pool
	if d.side, err = sql.Open("pgx", u.String()); err != nil {
		return err
	}
	d.side.SetMaxOpenConns(2)
	d.writers = make(chan struct{}, 16) // readers always find a connection
	var version int
	if err := pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
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
	d.read, err = sql.Open("sqlite", "file:"+escapePath(path)+common+"&_pragma=query_only(1)&_pragma=cache_size(-4096)")
	if err != nil {
		return err
	}
	d.read.SetMaxOpenConns(6)
	d.read.SetMaxIdleConns(6)
	d.read.SetConnMaxIdleTime(time.Minute) // each holds a page cache
	return nil
}

// Close stops the background work after the current batch and closes the
// database. Writes after Close answer Unavailable.
func (d *DB) Close() error {
	if d.stop != nil {
		d.stop()
	}
	d.done.Wait()
	return d.closeAll()
}

func (d *DB) closeAll() error {
	var err error
	if d.read != nil && d.read != d.write {
		err = errors.Join(err, d.read.Close())
	}
	if d.write != nil {
		err = errors.Join(err, d.write.Close())
	}
	if d.side != nil {
		err = errors.Join(err, d.side.Close())
	}
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// Dialect returns what differs between the engines.
func (d *DB) Dialect() *Dialect { return d.dialect }

// URL is the address the database was opened with; it may hold a password.
func (d *DB) URL() string { return d.url }

// Ping checks that the database answers.
func (d *DB) Ping(ctx context.Context) error { return translate(d.read.PingContext(ctx)) }

// Now is the time of the database: the server's clock on PostgreSQL, the
// process clock on SQLite.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	if d.cfg.Now != nil {
		return d.cfg.Now().UTC().Truncate(time.Microsecond), nil
	}
	if d.dialect.SQLite() {
		return time.Now().UTC().Truncate(time.Microsecond), nil
	}
	var us int64
	if err := d.read.QueryRowContext(ctx, postgresClock).Scan(&us); err != nil {
		return time.Time{}, translate(err)
	}
	return Time(us), nil
}

// Micros is a time as stored: microseconds since 1970 UTC, 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the reverse of Micros.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// ErrNoRows is what Scan returns when a QueryRow found nothing.
var ErrNoRows = sql.ErrNoRows

// IsUnique reports whether err is a violated unique constraint.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == 2067 || lite.Code() == 1555 // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
	}
	return false
}

// translate gives database faults that an operator can mend a kind and a text,
// also below the operations that practices wrapped around them; everything
// else stays as it is.
func translate(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var own *errs.Error
	if !errors.As(err, &own) {
		if e := mendable(err); e != nil {
			return e.Because(err)
		}
		return err
	}
	if own.Kind == errs.Internal && own.Err != nil {
		if e := mendable(own.Err); e != nil {
			e.Op, e.Record = own.Op, own.Record
			return e.Because(own.Err)
		}
	}
	return err
}

// sqliteFaults are SQLite's primary result codes that an operator can mend
// (https://www.sqlite.org/rescode.html).
var sqliteFaults = map[int]string{
	13: "the disk is full; free some space, nothing acknowledged was lost", // SQLITE_FULL
	8:  "the database is read-only; check the file's and the disk's permissions",
	14: "the database file cannot be opened; check its path and permissions",
	5:  "the database is locked by another program; close it",
	6:  "the database is locked by another program; close it",
	10: "the disk does not answer properly; check it, nothing acknowledged was lost",
	11: "the database file is damaged; restore a backup",
	26: "the file is not a database; name another one",
}

// unstorable is PostgreSQL's limit on text, which the committer keeps to on
// SQLite as well, so that a database can move.
func unstorable() *errs.Error {
	return errs.E(errs.Invalid, "a text holds a character that cannot be stored: U+0000, or bytes that are no UTF-8; take it out")
}

// mendable is what a driver's error means to an operator, or to whoever sent
// the input; nil for others.
func mendable(err error) *errs.Error {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		if text := sqliteFaults[lite.Code()&0xff]; text != "" {
			return errs.E(errs.Unavailable, "%s", text).After(5 * time.Second)
		}
		return nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case pg.Code[:2] == "53": // insufficient resources: disk full, out of memory, too many connections
			return errs.E(errs.Unavailable, "the database is out of resources (%s)", pg.Message).After(5 * time.Second)
		case pg.Code[:2] == "57", pg.Code[:2] == "08", pg.Code == "25006", pg.Code == "25P03", pg.Code == "25P04", pg.Code == "55P03":
			// Shutting down, connection fault, read-only (a standby), a transaction held open or running too long (this process was
			// paused), lock timeout. https://www.postgresql.org/docs/current/errcodes-appendix.html
			return errs.E(errs.Unavailable, "the database cannot take this now; try again").After(2 * time.Second)
		case pg.Code == "22021", pg.Code == "22P05":
			return unstorable()
		case pg.Code == "40001", pg.Code == "40P01": // still, after all attempts
			return errs.E(errs.Unavailable, "too many changes to the same records at once; try again").After(time.Second)
		}
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errs.E(errs.Unavailable, "the request was given up before it was done")
	}
	if lostConnection(err) {
		return errs.E(errs.Unavailable, "the database does not answer; try again").After(2 * time.Second)
	}
	return nil
}

// lostConnection reports whether the connection to the server could not be
// made or ended; whether a commit under way took effect is not known then.
func lostConnection(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
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
