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
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

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
	Readers   int              // most connections of the pool; 0 = 6 (SQLite), 24 (PostgreSQL, writers included). Tests use 1, so that a reader which needs a second one to go on is seen
	Patience  time.Duration    // PostgreSQL: how long an answer is waited for, see silence.go; 0 = 30 s, less than 0 = for ever (tools that copy everything)
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect *Dialect
	cfg     Config
	url     string
	read    *sql.DB         // SQLite: read-only pool; PostgreSQL: the pool
	write   *sql.DB         // SQLite: the one writing connection; PostgreSQL: same as read
	side    *sql.DB         // PostgreSQL: few connections for sequencing and sequences, which must not wait for writers that wait for them
	writers chan struct{}   // PostgreSQL: bounds the writing transactions
	server  *pgx.ConnConfig // PostgreSQL: how to connect
	lock    *os.File
	log     *slog.Logger

	ids   ids
	seq   sequencer
	feed  feed
	clock clock
	comm  *committer // SQLite only

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
