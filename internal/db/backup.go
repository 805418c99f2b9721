package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// A backup is one SQLite file, whatever engine it was taken from, so that it
// can be restored to either; it is also the way from SQLite to PostgreSQL and
// back. It is a consistent snapshot, taken while the server runs, with the
// head of the evidence log inside and, if the log's key is at hand, a
// checkpoint signed for exactly that head. It holds personal data and sealed
// secrets, but never the log's or the secrets' key.

// BackupInfo is what a backup says about itself.
type BackupInfo struct {
	File       string        `json:"file"`
	Bytes      int64         `json:"bytes"`
	At         time.Time     `json:"at"`
	Schema     int64         `json:"schema"`
	From       string        `json:"from"`                 // engine it was taken from
	Size       int64         `json:"size"`                 // evidence entries, sequenced
	Pending    int64         `json:"pending"`              // entries that had no place in the sequence yet
	Root       string        `json:"root"`                 // tree hash over size, base64
	Checkpoint string        `json:"checkpoint,omitempty"` // signed note over it
	Tables     int           `json:"tables"`
	Rows       int64         `json:"rows"`
	Took       time.Duration `json:"took"`
}

// BackupOptions are what a backup may use from outside the database.
type BackupOptions struct {
	// Seal signs the head of the log inside the backup; nil leaves it unsigned.
	Seal func(epoch, size int64, root tlog.Hash) (note string, err error)
}

// Backup writes a backup to a file that does not exist yet and reads it back:
// the file's structure, the number of rows, and every evidence entry against
// the tree. The file appears under its name only when all of that is right.
func (d *DB) Backup(ctx context.Context, file string, opt BackupOptions) (BackupInfo, error) {
	start := time.Now()
	if _, err := os.Lstat(file); err == nil {
		return BackupInfo{}, errs.E(errs.Conflict, "the file %s exists; name another one", file)
	}
	part := file + ".part"
	if f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return BackupInfo{}, errs.E(errs.Unavailable, "cannot write %s; check the folder, its permissions, and that no other backup to it is running (else remove %s)", file, part).Because(err)
	} else {
		f.Close()
	}
	defer removeSQLite(part) // after the rename only what lies beside it
	var want map[string]int64
	var err error
	if d.dialect.SQLite() {
		err = d.vacuumInto(ctx, part)
	} else {
		want, err = d.dump(ctx, part)
	}
	if err != nil {
		return BackupInfo{}, backupErr(err)
	}
	if err := d.label(ctx, part, opt); err != nil {
		return BackupInfo{}, backupErr(err)
	}
	if err := oneFile(ctx, part); err != nil {
		return BackupInfo{}, backupErr(err)
	}
	info, err := CheckBackup(ctx, part)
	if err != nil {
		return BackupInfo{}, backupErr(err)
	}
	if err := sameCounts(ctx, part, want); err != nil {
		return BackupInfo{}, backupErr(err)
	}
	if err := settleFile(part, file); err != nil {
		return BackupInfo{}, backupErr(err)
	}
	info.File, info.Took = file, time.Since(start)
	return info, nil
}

// BackupOf is Backup for a program that is not the server: it opens a database
// beside the server, which goes on meanwhile, and changes nothing in it.
func BackupOf(ctx context.Context, url, file string, opt BackupOptions) (BackupInfo, error) {
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		d, err := Open(ctx, Config{URL: url, NoMigrate: true, NoFeed: true, Patience: -1, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			return BackupInfo{}, err
		}
		defer d.Close()
		return d.Backup(ctx, file, opt)
	}
	path := strings.TrimPrefix(url, "file:")
	if _, err := os.Stat(path); err != nil {
		return BackupInfo{}, errs.E(errs.NotFound, "there is no database %s; name it with --db", path).Because(err)
	}
	lite, err := openFile(path, false) // not read-only: SQLite may have to make its shared memory beside it
	if err != nil {
		return BackupInfo{}, backupErr(err)
	}
	d := &DB{dialect: sqliteDialect, read: lite, write: lite}
	defer d.closeAll()
	return d.Backup(ctx, file, opt)
}

func backupErr(err error) error { return errs.Wrap("db.backup", translate(err)) }

// vacuumInto copies a running SQLite database in one read snapshot; writers
// go on meanwhile. The file must exist and be empty, which keeps its mode.
func (d *DB) vacuumInto(ctx context.Context, part string) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// query_only forbids writing anything, also another file.
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?1", part)
	if _, err2 := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = 1"); err2 != nil {
		conn.Raw(func(any) error { return sql.ErrConnDone }) // never back into the pool like this
	}
	return err
}

// dump copies a PostgreSQL database in one snapshot into a fresh SQLite file,
// and returns how many rows each table has.
func (d *DB) dump(ctx context.Context, part string) (map[string]int64, error) {
	have, err := d.schemaVersion(ctx)
	if err != nil {
		return nil, err
	}
	if have != SchemaVersion() {
		return nil, errs.E(errs.Unavailable, "the database has schema %d, this program knows %d; use the program that the server runs", have, SchemaVersion())
	}
	fresh, err := Open(ctx, Config{URL: part, NoFeed: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return nil, err
	}
	if err := fresh.Close(); err != nil {
		return nil, err
	}
	tx, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0"); err != nil {
		return nil, err // writing the file may take longer than the guard allows
	}
	return dumpTables(ctx, tx, part)
}

// schemaVersion is the last migration that was applied.
func (d *DB) schemaVersion(ctx context.Context) (v int64, err error) {
	err = d.read.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = TRUE").Scan(&v)
	return v, err
}

// label writes into the backup what it is, and the signed head of its log.
func (d *DB) label(ctx context.Context, part string, opt BackupOptions) error {
	lite, err := openFile(part, false)
	if err != nil {
		return err
	}
	defer lite.Close()
	log, err := NewEvidenceLog(fileSnapshot(ctx, lite))
	if err != nil {
		return err
	}
	root, err := evidence.NewReader(log).Root(log.Size())
	if err != nil {
		return err
	}
	values := map[string]string{
		"backup_at": strconv.FormatInt(Micros(start(ctx, d)), 10), "backup_from": d.dialect.name,
		"backup_size": strconv.FormatInt(log.Size(), 10), "backup_root": root.String(),
	}
	var epoch int64
	if err := lite.QueryRowContext(ctx, "SELECT COALESCE(MAX(epoch), 0) FROM evidence_epoch").Scan(&epoch); err != nil {
		return err
	}
	if opt.Seal != nil && log.Size() > 0 && epoch > 0 {
		if values["backup_checkpoint"], err = opt.Seal(epoch, log.Size(), root); err != nil {
			return err
		}
	}
	for name, value := range values {
		if _, err := lite.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value); err != nil {
			return err
		}
	}
	return lite.Close()
}

func start(ctx context.Context, d *DB) time.Time {
	now, err := d.Now(ctx)
	if err != nil {
		return time.Now()
	}
	return now
}

// openFile opens a SQLite file that no server uses.
func openFile(path string, readOnly bool) (*sql.DB, error) {
	mode := "rw"
	if readOnly {
		mode = "ro"
	}
	lite, err := sql.Open("sqlite", "file:"+escapePath(path)+"?mode="+mode+"&_pragma=busy_timeout(5000)&_pragma=foreign_keys(0)&_pragma=synchronous(OFF)&_pragma=temp_store(2)&_pragma=cache_size(-65536)")
	if err == nil {
		lite.SetMaxOpenConns(1)
	}
	return lite, err
}

// fileSnapshot makes a Querier of such a file.
func fileSnapshot(ctx context.Context, lite *sql.DB) *Snapshot {
	return &Snapshot{ctx: ctx, d: &DB{dialect: sqliteDialect}, r: lite}
}

// settleFile flushes a finished file and gives it its name.
func settleFile(part, file string) error {
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close(), os.Rename(part, file))
	if err != nil {
		return fmt.Errorf("settling %s: %w", file, err)
	}
	if dir, err := os.Open(filepath.Dir(file)); err == nil {
		dir.Sync() // best effort: not every file system can
		dir.Close()
	}
	return nil
}

// removeSQLite removes a file and what SQLite or we put beside it.
func removeSQLite(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
		os.Remove(path + suffix)
	}
}
