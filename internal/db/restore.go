package db

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Restored says what a restore did.
type Restored struct {
	Backup BackupInfo `json:"backup"`
	Epoch  int64      `json:"epoch"` // epoch of the log that begins with it
	Size   int64      `json:"size"`  // evidence entries after it
}

// Restore brings a backup into an empty database: a SQLite file that does not
// exist, or a PostgreSQL database without records. An older schema is brought
// up to date.
//
// What was logged after the backup is lost, so the log must not go on under
// its old name: the restore starts a new epoch, whose first entry states size
// and root of the log in the backup. Checkpoints of the new epoch carry its
// number in their origin, and can never contradict those published before.
func Restore(ctx context.Context, file, target string) (Restored, error) {
	info, err := CheckBackup(ctx, file)
	if err != nil {
		return Restored{}, errs.Wrap("db.restore", err)
	}
	r := Restored{Backup: info}
	pg := strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
	work := strings.TrimPrefix(target, "file:") + ".part"
	if err := notAnAddress(target); err != nil && !pg {
		return r, err
	}
	if pg {
		dir, err := os.MkdirTemp("", "evenkeel-restore-")
		if err != nil {
			return r, errs.E(errs.Unavailable, "no room for a copy of the backup in the temporary folder; set TMPDIR to another one").Because(err)
		}
		defer os.RemoveAll(dir)
		work = filepath.Join(dir, "backup.db")
	} else if st, err := os.Stat(strings.TrimPrefix(target, "file:")); err == nil && st.Size() > 0 {
		return r, errs.E(errs.Conflict, "%s exists; a backup is restored only into an empty database, so name another file or move this one away", target)
	}
	defer removeSQLite(work)
	if err := r.prepare(ctx, file, work); err != nil {
		return r, errs.Wrap("db.restore", translate(err))
	}
	if pg {
		err = loadPostgres(ctx, work, target)
	} else {
		err = settleFile(work, strings.TrimPrefix(target, "file:"))
	}
	return r, errs.Wrap("db.restore", translate(err))
}

// prepare makes a copy of the backup that can go on as a log: everything has
// its place in the sequence, the schema is this program's, the epoch is begun.
func (r *Restored) prepare(ctx context.Context, file, work string) error {
	if err := copyFile(file, work); err != nil {
		return errs.E(errs.Unavailable, "cannot copy the backup to %s; check space and permissions", work).Because(err)
	}
	if err := sequencePending(ctx, work); err != nil {
		return err
	}
	d, err := Open(ctx, Config{URL: work, NoFeed: true, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	err = d.Write(ctx, actor.Job("restore"), "a backup was restored", func(tx *Tx) error { return r.begin(tx) })
	r.Size = d.Sequenced()
	if err2 := d.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return oneFile(ctx, work)
}

// oneFile brings what lies in the write-ahead log beside a database into it.
func oneFile(ctx context.Context, work string) error {
	lite, err := openFile(work, false)
	if err != nil {
		return err
	}
	defer lite.Close()
	var mode string
	if err := lite.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode); err != nil {
		return err
	}
	if mode != "delete" {
		return fmt.Errorf("%s is still in use: journal mode %s", work, mode)
	}
	return nil
}

// begin writes the new epoch.
func (r *Restored) begin(tx *Tx) error {
	var last int64
	var key string
	err := tx.QueryRow("SELECT epoch, key FROM evidence_epoch ORDER BY epoch DESC LIMIT 1").Scan(&last, &key)
	if err == ErrNoRows {
		last, err = 0, nil // a log that was never opened for signing
	}
	if err != nil {
		return err
	}
	r.Epoch = last + 1
	if key != "" {
		if _, err := tx.Exec("INSERT INTO evidence_epoch (epoch, started_at, size, root, key, reason) VALUES ($1, $2, $3, $4, $5, $6)",
			r.Epoch, Micros(tx.Now), r.Backup.Size, r.Backup.Root, key, "restored from a backup"); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("DELETE FROM setting WHERE name IN ('backup_at', 'backup_from', 'backup_size', 'backup_root', 'backup_checkpoint')"); err != nil {
		return err
	}
	// Targets of publication start anew: what they hold is another epoch's.
	if _, err := tx.Exec("DELETE FROM evidence_publish"); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "evidence.epoch", Record: ref.S(ref.System, "evidence"), Version: r.Epoch, Data: map[string]any{
		"epoch": r.Epoch, "size": r.Backup.Size, "root": r.Backup.Root, "pending": r.Backup.Pending,
		"backup_at": r.Backup.At.Format("2006-01-02T15:04:05.000000Z"), "backup_from": r.Backup.From,
	}})
	return nil
}

// sequencePending gives a place to entries that had none when a PostgreSQL
// database was backed up. They were committed; only the sequencer had not
// come to them.
func sequencePending(ctx context.Context, work string) error {
	lite, err := openFile(work, false)
	if err != nil {
		return err
	}
	defer lite.Close()
	stx, err := lite.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer stx.Rollback()
	tx := &Tx{Snapshot: Snapshot{ctx: ctx, d: &DB{dialect: sqliteDialect}, r: stx}}
	tree, err := LoadTree(tx)
	if err != nil {
		return err
	}
	pending, err := Collect(tx, func(r *Rows) (e evidence.Stored, err error) { return e, r.Scan(&e.Index, &e.Canonical) },
		"SELECT leaf_id, entry FROM evidence WHERE idx IS NULL ORDER BY leaf_id")
	if err != nil || len(pending) == 0 {
		return err
	}
	for _, e := range pending {
		if _, err := tx.Exec("UPDATE evidence SET idx = $1 WHERE leaf_id = $2", tree.Append(evidence.LeafHash(e.Canonical)), e.Index); err != nil {
			return err
		}
	}
	if err := saveTree(tx, tree); err != nil {
		return err
	}
	return stx.Commit()
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// emptyOnly refuses a database that holds records.
func emptyOnly(ctx context.Context, r runner, tables []table, target string) error {
	for _, name := range []string{"evidence", "people", "incident"} {
		for _, t := range tables {
			if t.name != name {
				continue
			}
			var one int
			err := r.QueryRowContext(ctx, "SELECT 1 FROM "+quote(name)+" LIMIT 1").Scan(&one)
			if err == nil {
				return errs.E(errs.Conflict, "the database %s holds records; a backup is restored only into an empty one", redact(target))
			}
			if err != sql.ErrNoRows {
				return fmt.Errorf("looking into %s: %w", name, err)
			}
		}
	}
	return nil
}
