package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// CheckBackup reads a backup from end to end: the file's structure, what it
// says about itself, every evidence entry against the tree, and the tree
// against its head and every checkpoint. The error says what is wrong.
func CheckBackup(ctx context.Context, file string) (BackupInfo, error) {
	info := BackupInfo{File: file}
	stat, err := os.Stat(file)
	if err != nil {
		return info, errs.E(errs.NotFound, "there is no backup file %s", file).Because(err)
	}
	info.Bytes = stat.Size()
	lite, err := openFile(file, true)
	if err != nil {
		return info, err
	}
	defer lite.Close()
	var verdict string
	if err := lite.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return info, errs.E(errs.Invalid, "%s is no backup: it is not a readable SQLite file", file).Because(err)
	}
	if verdict != "ok" {
		return info, errs.E(errs.Invalid, "the backup %s is damaged: %s", file, errs.Short(verdict))
	}
	if err := readLabel(ctx, lite, &info); err != nil {
		return info, errs.E(errs.Invalid, "%s is no backup made by evenkeel: it lacks the description that a backup carries", file).Because(err)
	}
	if info.Schema > SchemaVersion() {
		return info, errs.E(errs.Unavailable, "the backup %s was made by a newer Evenkeel (schema %d, this program knows up to %d); use that one, or a later one", file, info.Schema, SchemaVersion())
	}
	if err := countAll(ctx, lite, &info); err != nil {
		return info, err
	}
	return info, checkEvidence(fileSnapshot(ctx, lite), &info)
}

func readLabel(ctx context.Context, lite *sql.DB, info *BackupInfo) error {
	values := map[string]string{}
	rows, err := lite.QueryContext(ctx, "SELECT name, value FROM setting WHERE name LIKE 'backup\\_%' ESCAPE '\\'")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		values[name] = value
	}
	at, err1 := strconv.ParseInt(values["backup_at"], 10, 64)
	size, err2 := strconv.ParseInt(values["backup_size"], 10, 64)
	if err := errors.Join(rows.Err(), err1, err2); err != nil {
		return err
	}
	info.At, info.Size, info.From = Time(at), size, values["backup_from"]
	info.Root, info.Checkpoint = values["backup_root"], values["backup_checkpoint"]
	return lite.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1").Scan(&info.Schema)
}

func countAll(ctx context.Context, lite *sql.DB, info *BackupInfo) error {
	tables, err := liteTables(ctx, lite)
	if err != nil {
		return err
	}
	for name := range tables {
		var n int64
		if err := lite.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(name)).Scan(&n); err != nil {
			return err
		}
		info.Tables++
		info.Rows += n
	}
	return lite.QueryRowContext(ctx, "SELECT count(*) FROM evidence WHERE idx IS NULL").Scan(&info.Pending)
}

// sameCounts compares the rows of a written backup with those that were read.
func sameCounts(ctx context.Context, file string, want map[string]int64) error {
	lite, err := openFile(file, true)
	if err != nil {
		return err
	}
	defer lite.Close()
	for name, n := range want {
		if name == "setting" {
			continue // the backup's own description is there too
		}
		var have int64
		if err := lite.QueryRowContext(ctx, "SELECT count(*) FROM "+quote(name)).Scan(&have); err != nil {
			return err
		}
		if have != n {
			return fmt.Errorf("table %s has %d rows in the backup, %d were read", name, have, n)
		}
	}
	return nil
}

// checkEvidence checks the whole log behind q against the head in info.
func checkEvidence(q Querier, info *BackupInfo) error {
	log, err := NewEvidenceLog(q)
	if err != nil {
		return err
	}
	key, err := epochKey(q)
	if err != nil {
		return err
	}
	rep, err := evidence.Check(log, 0, evidence.Options{Key: key})
	if err != nil {
		return err
	}
	if !rep.OK {
		return errs.E(errs.Conflict, "the evidence log does not verify: %s", rep.Bad.Words).Because(rep.Bad)
	}
	if rep.Size != info.Size || rep.Root != info.Root {
		return errs.E(errs.Conflict, "the evidence log has %d entries with root %s, but its head says %d with root %s", rep.Size, rep.Root, info.Size, info.Root)
	}
	if info.Checkpoint != "" {
		c, err := key.Open(info.Checkpoint)
		if err != nil || c.Size != info.Size || c.Root.String() != info.Root {
			return errs.E(errs.Conflict, "the checkpoint in the backup is not the log's").Because(err)
		}
	}
	return nil
}

// epochKey is the verifier key of the newest epoch; zero before there is one.
func epochKey(q Querier) (evidence.Public, error) {
	var text string
	err := q.QueryRow("SELECT key FROM evidence_epoch ORDER BY epoch DESC LIMIT 1").Scan(&text)
	if err == ErrNoRows {
		return evidence.Public{}, nil
	}
	if err != nil {
		return evidence.Public{}, err
	}
	return evidence.ParsePublic(text)
}
