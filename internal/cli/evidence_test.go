package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/audit/auditapi"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// logSite is a server of an evidence log of 300 entries in dir/evenkeel.db.
func logSite(t *testing.T, dir string) (g *Globals, out *bytes.Buffer, key evidence.Key) {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: filepath.Join(dir, "evenkeel.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	key, _, err = audit.LoadKey(ctx, d, audit.KeySource{File: filepath.Join(dir, "evenkeel-log.key"), Name: "harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	published := filepath.Join(dir, "published.txt")
	s, err := audit.New(ctx, d, key, audit.Options{Targets: []audit.Target{audit.File(published)}})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
		for i := range 299 {
			tx.Record(evidence.Entry{Action: "incident.note", Record: ref.N(ref.Incident, int64(i+1)), Version: 1})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Signer().Run(ctx, d); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publisher().Run(ctx, d); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	auditapi.Register(api.New(mux, "test", ""), s)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.Token, ID: 4, Role: actor.Auditor})))
	}))
	t.Cleanup(srv.Close)
	out = &bytes.Buffer{}
	return &Globals{Server: srv.URL, Output: "table", Out: out, Err: &bytes.Buffer{}}, out, key
}

func TestEvidenceCommands(t *testing.T) {
	dir := t.TempDir()
	g, out, key := logSite(t, dir)
	ctx := context.Background()
	keyFile := filepath.Join(dir, "auditor.vkey")
	os.WriteFile(keyFile, []byte(key.Public().String()+"\n"), 0o600)
	run := func(cmd interface {
		Run(context.Context, *Globals) error
	}, words ...string) {
		t.Helper()
		out.Reset()
		if err := cmd.Run(ctx, g); err != nil {
			t.Errorf("%T: %v", cmd, err)
		}
		for _, w := range words {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%T does not say %q:\n%s", cmd, w, out)
			}
		}
	}
	whole, some := filepath.Join(dir, "log.txt.gz"), filepath.Join(dir, "some.txt")
	run(EvidenceStatusCmd{}, "harbour.example/1", "300 entries", "published.txt", "none yet")
	run(EvidenceListCmd{EvidenceFilter: EvidenceFilter{Record: "INC-7"}, Limit: 10}, "incident.note", "INC-7")
	run(EvidenceCheckpointsCmd{Limit: 5}, "300", "harbour.example/1")
	run(EvidenceCheckpointsCmd{Limit: 5, Raw: true}, "— harbour.example/1")
	run(EvidenceProveCmd{Index: 7, Key: keyFile}, `"record":"INC-7"`, "proven: in the log of 300 entries")
	run(EvidenceExportCmd{File: whole}, "bytes")
	run(EvidenceExportCmd{File: some, EvidenceFilter: EvidenceFilter{Action: "incident.*"}}, "bytes")
	run(EvidenceVerifyCmd{}, "good", "RECORDS")
	run(EvidenceVerifyCmd{File: whole}, "good", "every entry is there", "came with the file")
	run(EvidenceVerifyCmd{File: whole, Key: []string{keyFile}, Checkpoints: []string{filepath.Join(dir, "published.txt")}}, "good", "1 published checkpoints agree")
	run(EvidenceVerifyCmd{File: some, Key: []string{key.Public().String()}}, "good", "a selection cannot prove")

	text, err := os.ReadFile(some)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(some, bytes.Replace(text, []byte(`"record":"INC-41"`), []byte(`"record":"INC-42"`), 1), 0o600)
	out.Reset()
	if err := (EvidenceVerifyCmd{File: some}).Run(ctx, g); !errs.Is(err, errs.Conflict) || !strings.Contains(out.String(), "BAD (edited)") || !strings.Contains(out.String(), "#41 INC-42") {
		t.Errorf("an edited file: %v\n%s", err, out)
	}
	other, _ := evidence.NewKey("harbour.example")
	for what, cmd := range map[string]EvidenceVerifyCmd{
		"another key":   {File: whole, Key: []string{other.Public().String()}},
		"no such file":  {File: filepath.Join(dir, "none")},
		"no key":        {File: whole, Key: []string{"a+b"}},
		"live with key": {Key: []string{keyFile}},
		"no checkpoint": {File: whole, Checkpoints: []string{keyFile}},
	} {
		if err := cmd.Run(ctx, g); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	if err := (EvidenceProveCmd{Index: 7, Key: other.Public().String()}).Run(ctx, g); !errs.Is(err, errs.Conflict) {
		t.Errorf("proof under another key: %v", err)
	}
	if err := (EvidenceExportCmd{File: whole}).Run(ctx, g); !errs.Is(err, errs.Conflict) {
		t.Errorf("an existing file: %v", err)
	}
}

func TestBackupCommands(t *testing.T) {
	dir := t.TempDir()
	g, out, key := logSite(t, dir) // the server runs on
	ctx := context.Background()
	file, fresh := filepath.Join(dir, "backup.db"), filepath.Join(dir, "fresh.db")
	if err := (BackupCmd{File: file, DB: filepath.Join(dir, "evenkeel.db")}).Run(ctx, g); err != nil || !strings.Contains(out.String(), "HEAD SIGNED  yes") {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := (RestoreCmd{File: file, DB: fresh, Check: true}).Run(ctx, g); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("--check restored something")
	}
	out.Reset()
	if err := (RestoreCmd{File: file, DB: fresh}).Run(ctx, g); err != nil || !strings.Contains(out.String(), "2 of the evidence log begins") {
		t.Fatalf("%v\n%s", err, out)
	}
	d, err := db.Open(ctx, db.Config{URL: fresh})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := audit.New(ctx, d, key, audit.Options{})
	if err != nil || s.Origin() != "harbour.example/2" {
		t.Fatalf("%v %v", s, err)
	}
	if r, err := s.Check(actor.With(ctx, actor.Actor{Role: actor.Auditor})); err != nil || !r.OK || r.Checkpoints != 1 {
		t.Errorf("%+v %v %v", r, r.Bad, err)
	}
	if err := (BackupCmd{File: filepath.Join(dir, "b2"), DB: filepath.Join(dir, "none.db")}).Run(ctx, g); !errs.Is(err, errs.NotFound) {
		t.Errorf("no database: %v", err)
	}
}
