package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// A packet is told from an export by itself, and verified without the server.
func TestVerifyPacket(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	d := dbtest.SQLite(t)
	key, _, err := audit.LoadKey(ctx, d, audit.KeySource{File: filepath.Join(dir, "evenkeel-log.key"), Name: "harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.New(ctx, d, key, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "change.create", Record: ref.N(ref.Change, 7), Version: 1})
		return dbtest.Insert(tx, "change", map[string]any{"id": 7, "version": 1, "title": "Retry once", "state": "succeeded", "services": `["checkout"]`, "commit_sha": strings.Repeat("1a", 20), "repository": "harbour/checkout"})
	})
	if err != nil {
		t.Fatal(err)
	}
	env, err := packet.New(d, log).Issue(actor.With(ctx, actor.Actor{Kind: actor.Token, ID: 4, Role: actor.Auditor}), 7)
	if err != nil {
		t.Fatal(err)
	}
	file, err := env.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	name, published := filepath.Join(dir, "CHG-7.packet.json"), filepath.Join(dir, "published.txt")
	out := &bytes.Buffer{}
	g := &Globals{Output: "table", Out: out, Err: &bytes.Buffer{}}
	os.WriteFile(name, file, 0o600)
	os.WriteFile(published, []byte(env.Log.Checkpoint), 0o600)
	if err := (EvidenceVerifyCmd{File: name, Key: []string{key.Public().String()}, Checkpoints: []string{published}}).Run(ctx, g); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, word := range []string{"good", "CHG-7", "harbour/checkout gitCommit:1a1a", "https://evenkeel.dev/change/v1", "entry #2", "1 published checkpoints agree"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("verify does not say %q:\n%s", word, out)
		}
	}
	if strings.Contains(out.String(), "came with the file") {
		t.Errorf("the key was given:\n%s", out)
	}
	other, _ := evidence.NewKey("harbour.example")
	if err := (EvidenceVerifyCmd{File: name, Key: []string{other.Public().String()}}).Run(ctx, g); !errs.Is(err, errs.Conflict) {
		t.Errorf("under another key: %v", err)
	}
	os.WriteFile(name, bytes.Replace(file, []byte("change.create"), []byte("change.delete"), 1), 0o600)
	out.Reset()
	if err := (EvidenceVerifyCmd{File: name}).Run(ctx, g); !errs.Is(err, errs.Conflict) || !strings.Contains(out.String(), "BAD (edited)") || !strings.Contains(out.String(), "#1") {
		t.Errorf("an edited packet: %v\n%s", err, out)
	}
}
