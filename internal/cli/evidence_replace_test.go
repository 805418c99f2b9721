package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// The way out of a lost key: only on purpose, only while no server runs, and
// afterwards the log opens under the new key.
func TestReplaceKeyCommand(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	name, file := filepath.Join(dir, "evenkeel.db"), filepath.Join(dir, "evenkeel-log.key")
	d, err := db.Open(ctx, db.Config{URL: name})
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := audit.LoadKey(ctx, d, audit.KeySource{File: file, Name: "harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.New(ctx, d, key, audit.Options{}); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (code int, said string) {
		t.Helper()
		var out bytes.Buffer
		code = Run(ctx, append([]string{"evidence", "replace-key", "--db", name}, args...), strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	if code, said := run("--confirm", "harbour.example"); code != errs.Table[errs.Unavailable].Exit || !strings.Contains(said, "in use by another Evenkeel") {
		t.Errorf("beside a server: %d %s", code, said)
	}
	d.Close()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if code, said := run(); code != errs.Table[errs.Invalid].Exit || !strings.Contains(said, "harbour.example") {
		t.Errorf("without a confirmation: %d %s", code, said)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a key was made without a confirmation")
	}
	code, said := run("--confirm", "harbour.example")
	if code != 0 || !strings.Contains(said, "2 of the evidence log begins") || !strings.Contains(said, key.Public().String()) {
		t.Fatalf("%d %s", code, said)
	}
	if d, err = db.Open(ctx, db.Config{URL: name}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if key, _, err = audit.LoadKey(ctx, d, audit.KeySource{File: file}); err != nil || !strings.Contains(said, key.Public().String()) {
		t.Fatalf("the new key: %v\n%s", err, said)
	}
	if s, err := audit.New(ctx, d, key, audit.Options{}); err != nil || s.Origin() != "harbour.example/2" {
		t.Error(err)
	}
}
