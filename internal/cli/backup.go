package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// BackupCmd makes a backup. It works on the database itself, beside a running
// server, so it needs no token but access to the database.
type BackupCmd struct {
	File   string `arg:"" help:"File to write; it must not exist yet."`
	DB     string `name:"db" help:"Database: a file for SQLite, or postgres://…" default:"evenkeel.db" env:"EVENKEEL_DB" placeholder:"FILE|URL"`
	LogKey string `name:"log-key" help:"File with the key that signs the evidence log, to sign the log's head in the backup. Default: beside the SQLite file; EVENKEEL_LOG_KEY holds the key itself." env:"EVENKEEL_LOG_KEY_FILE" placeholder:"FILE"`
}

// Run writes the backup and says what is in it.
func (c BackupCmd) Run(ctx context.Context, g *Globals) error {
	var opt db.BackupOptions
	key, err := c.key()
	if err != nil {
		return err
	}
	if !key.IsZero() {
		opt.Seal = func(epoch, size int64, root tlog.Hash) (string, error) {
			cp, err := key.Sign(epoch, size, root)
			return cp.Note, err
		}
	}
	info, err := db.BackupOf(ctx, c.DB, c.File, opt)
	if err != nil {
		return err
	}
	return g.PrintOne(info, func() [][2]string {
		return append(backupLines(info), [2]string{"TOOK", info.Took.Round(time.Millisecond).String()})
	})
}

// key is the log's key, if it is at hand.
func (c BackupCmd) key() (evidence.Key, error) {
	text := os.Getenv("EVENKEEL_LOG_KEY")
	if text == "" {
		file := c.LogKey
		if file == "" {
			file = filepath.Join(filepath.Dir(strings.TrimPrefix(c.DB, "file:")), "evenkeel-log.key")
			if strings.HasPrefix(c.DB, "postgres") {
				file = "evenkeel-log.key"
			}
		}
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) && c.LogKey == "" {
			return evidence.Key{}, nil
		}
		if err != nil {
			return evidence.Key{}, errs.E(errs.Unavailable, "the evidence log's key in %s cannot be read", file).Because(err)
		}
		text = string(data)
	}
	key, err := evidence.ParseKey(text)
	if err != nil {
		return key, errs.E(errs.Invalid, "the evidence log's key is not readable; it is one line that begins with PRIVATE+KEY+").Because(err)
	}
	return key, nil
}

func backupLines(info db.BackupInfo) [][2]string {
	signed := "yes"
	if info.Checkpoint == "" {
		signed = "no; the log's key was not at hand"
	}
	return [][2]string{
		{"FILE", info.File}, {"BYTES", strconv.FormatInt(info.Bytes, 10)}, {"TAKEN", when(info.At) + " from " + info.From}, {"SCHEMA", strconv.FormatInt(info.Schema, 10)},
		{"ROWS", strconv.FormatInt(info.Rows, 10) + " in " + strconv.Itoa(info.Tables) + " tables"},
		{"EVIDENCE", strconv.FormatInt(info.Size, 10) + " entries, verified; root " + info.Root}, {"HEAD SIGNED", signed},
	}
}

// RestoreCmd restores a backup into an empty database.
type RestoreCmd struct {
	File  string `arg:"" help:"Backup to restore."`
	DB    string `name:"db" help:"Empty database to restore into: a file that does not exist yet, or postgres://…" default:"evenkeel.db" env:"EVENKEEL_DB" placeholder:"FILE|URL"`
	Check bool   `help:"Only check the backup; restore nothing."`
}

// Run restores and says what to do next.
func (c RestoreCmd) Run(ctx context.Context, g *Globals) error {
	if c.Check {
		info, err := db.CheckBackup(ctx, c.File)
		if err != nil {
			return err
		}
		return g.PrintOne(info, func() [][2]string { return append([][2]string{{"VERDICT", "good"}}, backupLines(info)...) })
	}
	r, err := db.Restore(ctx, c.File, c.DB)
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		return append(backupLines(r.Backup),
			[2]string{"EPOCH", strconv.FormatInt(r.Epoch, 10) + " of the evidence log begins with this restore, at " + strconv.FormatInt(r.Size, 10) + " entries"},
			[2]string{"NEXT", "start the server with this database, and with the same log key and secrets key as before"})
	})
}
