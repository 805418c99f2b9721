package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// EvidenceReplaceKeyCmd replaces the key that signs the log. It works on the
// database itself, because a server does not start without its key.
type EvidenceReplaceKeyCmd struct {
	DB      string `name:"db" help:"Database: a file for SQLite, or postgres://…" default:"evenkeel.db" env:"EVENKEEL_DB" placeholder:"FILE|URL"`
	LogKey  string `name:"log-key" help:"File for the new key, which is made. Default: beside the SQLite file. EVENKEEL_LOG_KEY holds a new key itself." env:"EVENKEEL_LOG_KEY_FILE" placeholder:"FILE"`
	Because string `help:"lost: nobody has the key any more; exposed: others may have it. It is recorded." enum:"lost,exposed" default:"lost"`
	Confirm string `help:"The log's name, to confirm that its key is replaced for good." placeholder:"NAME"`
}

// Run replaces the key and says what to do next.
func (c EvidenceReplaceKeyCmd) Run(ctx context.Context, g *Globals) error {
	file := c.LogKey
	if !strings.HasPrefix(c.DB, "postgres") {
		path := strings.TrimPrefix(c.DB, "file:")
		if _, err := os.Stat(path); err != nil {
			return errs.E(errs.NotFound, "there is no database %s; name it with --db", path).Because(err)
		}
		if file == "" {
			file = filepath.Join(filepath.Dir(path), "evenkeel-log.key")
		}
	} else if file == "" {
		file = "evenkeel-log.key"
	}
	d, err := db.Open(ctx, db.Config{URL: c.DB, NoFeed: true, Patience: -1})
	if err != nil {
		return err
	}
	defer d.Close()
	r, err := audit.ReplaceKey(ctx, d, audit.KeySource{Value: os.Getenv("EVENKEEL_LOG_KEY"), File: file}, c.Confirm, c.Because)
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		where := r.Where
		if r.Created {
			where += " (made now; keep a copy apart from the database)"
		}
		return [][2]string{
			{"EPOCH", strconv.FormatInt(r.Epoch, 10) + " of the evidence log begins, at " + strconv.FormatInt(r.Size, 10) + " entries"},
			{"FORMER KEY", r.Former}, {"NEW KEY", r.Key}, {"WHERE", where},
			{"NEXT", "give auditors the new verifier key on another way than the log, start every server with it, and keep the former verifier key: what it signed still needs it"},
		}
	})
}

// replaced is what a verdict says about keys that were replaced; it is never
// left out.
func replaced(list []evidence.Replacement) (out [][2]string) {
	for _, r := range list {
		text := fmt.Sprintf("%s, in epoch %d", when(r.At), r.Epoch)
		if r.Index >= 0 {
			text += fmt.Sprintf(", by entry #%d", r.Index)
		}
		if r.Because != "" {
			text += ": " + r.Because
		}
		text += "\n\tfrom " + r.Former + "\n\tto   " + r.Key
		if !r.Pinned {
			text += "\n\tAsk those who run the log, on another way, whether this was they."
		}
		out = append(out, [2]string{"KEY REPLACED", text})
	}
	return out
}

// replacements are those of the live log, as its server tells.
func replacements(ctx context.Context, g *Globals) (out []evidence.Replacement, err error) {
	s, err := g.Client().EvidenceStatus(ctx)
	if err != nil {
		return nil, err
	}
	for i := len(s.Epochs) - 2; i >= 0; i-- { // newest first
		e, before := s.Epochs[i], s.Epochs[i+1]
		if e.Key != before.Key {
			out = append(out, evidence.Replacement{Epoch: e.Epoch, Index: -1, At: e.StartedAt, Former: before.Key, Key: e.Key, Because: e.Reason})
		}
	}
	return out, nil
}
