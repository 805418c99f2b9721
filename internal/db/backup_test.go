package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// fill writes n settings, a message with its attempts, and the log's epoch.
func fill(t *testing.T, d *db.DB, key evidence.Key, n int) {
	t.Helper()
	ctx := context.Background()
	for i := range n {
		if err := d.Write(ctx, who, "test", func(tx *db.Tx) error {
			if _, err := tx.NextID(ref.Incident); err != nil {
				return err
			}
			return put(tx, fmt.Sprintf("k%04d", i), "v'\"\x01é")
		}); err != nil {
			t.Fatal(err)
		}
	}
	err := d.Write(ctx, who, "test", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "evidence.epoch", Record: ref.S(ref.System, "evidence")})
		if _, err := tx.Exec("INSERT INTO idempotency (actor, key, request, status, header, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			"user:17", "a", []byte{0, 1, 255}, 200, "", []byte{}, 5); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO evidence_check (id, at, took_us, whole, ok, size, root, report) VALUES (1, 2, 3, $1, $2, 0, '', '{}')", true, false); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO evidence_epoch (epoch, started_at, size, root, key, reason) VALUES (1, 1, 0, '', $1, 'first start')", key.Public().String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBackupRestore(t *testing.T) {
	key, err := evidence.NewKey("harbour.example/evenkeel")
	if err != nil {
		t.Fatal(err)
	}
	seal := func(epoch, size int64, root tlog.Hash) (string, error) {
		c, err := key.Sign(epoch, size, root)
		return c.Note, err
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		sequenced := make(chan struct{})
		d.OnChange(func(list []db.Change) {
			if list[len(list)-1].Index == 300 {
				close(sequenced)
			}
		})
		fill(t, d, key, 300)
		<-sequenced // beside the server nobody sequences, so that nothing would be signed yet
		file := filepath.Join(t.TempDir(), "backup.db")
		info, err := d.Backup(ctx, file, db.BackupOptions{Seal: seal})
		if err != nil {
			t.Fatal(err)
		}
		if info.Size+info.Pending != 301 || info.Checkpoint == "" || info.From != d.Dialect().Name() {
			t.Errorf("%+v", info)
		}
		if st, _ := os.Stat(file); st.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", st.Mode())
		}
		if rest, _ := filepath.Glob(file + ".*"); len(rest) != 0 {
			t.Errorf("left behind: %v", rest)
		}
		if _, err := d.Backup(ctx, file, db.BackupOptions{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("an existing file is overwritten: %v", err)
		}
		beside := filepath.Join(t.TempDir(), "beside.db")
		if info, err := db.BackupOf(ctx, d.URL(), beside, db.BackupOptions{Seal: seal}); err != nil || info.Size < 300 {
			t.Errorf("beside the server: %+v %v", info, err)
		}
		for name, target := range map[string]string{"to sqlite": filepath.Join(t.TempDir(), "new", "restored.db"), "to postgres": dbtest.PostgresURL(t)} {
			t.Run(name, func(t *testing.T) { restored(t, key, file, target) })
		}
	})
}

func restored(t *testing.T, key evidence.Key, file, target string) {
	ctx := context.Background()
	if !strings.HasPrefix(target, "postgres") {
		os.MkdirAll(filepath.Dir(target), 0o700)
	}
	r, err := db.Restore(ctx, file, target)
	if err != nil {
		t.Fatal(err)
	}
	if r.Epoch != 2 || r.Size != 302 {
		t.Errorf("%+v", r)
	}
	if _, err := db.Restore(ctx, file, target); !errs.Is(err, errs.Conflict) {
		t.Errorf("restored over records: %v", err)
	}
	d, err := db.Open(ctx, db.Config{URL: target})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if got := get(t, d, "k0299"); got != "v'\"\x01é" {
		t.Errorf("value %q", got)
	}
	if got := get(t, d, "backup_at"); got != "" {
		t.Error("the backup's label was restored")
	}
	var id int64
	err = d.Write(ctx, who, "test", func(tx *db.Tx) (err error) {
		var request []byte
		var whole, ok bool
		if err := tx.QueryRow("SELECT request FROM idempotency").Scan(&request); err != nil || string(request) != "\x00\x01\xff" {
			t.Errorf("bytes %v %v", request, err)
		}
		if err := tx.QueryRow("SELECT whole, ok FROM evidence_check").Scan(&whole, &ok); err != nil || !whole || ok {
			t.Errorf("booleans %v %v %v", whole, ok, err)
		}
		if id, err = tx.NextID(ref.Incident); err != nil {
			return err
		}
		return put(tx, "after", "1")
	})
	if err != nil || id != 301 {
		t.Fatalf("number %d after the restore: %v", id, err)
	}
	waitSequenced(t, d, 303)
	log, err := d.OpenEvidenceLog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := evidence.Check(log, 0, evidence.Options{Key: key.Public()})
	if err != nil || !rep.OK || rep.Size != 303 {
		t.Errorf("%+v %v %v", rep, rep.Bad, err)
	}
	e, err := log.Entries(301, 302)
	if err != nil || len(e) != 1 || !strings.Contains(string(e[0].Canonical), `"action":"evidence.epoch"`) || !strings.Contains(string(e[0].Canonical), `"backup_from"`) {
		t.Errorf("the new epoch's entry: %v %v", e, err)
	}
}

// waitSequenced makes the sequencer pass until the log has n entries.
func waitSequenced(t *testing.T, d *db.DB, n int64) {
	t.Helper()
	for d.Sequenced() < n {
		if err := d.Write(context.Background(), actor.Job("test"), "wake", func(tx *db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBackupRefused(t *testing.T) {
	ctx := context.Background()
	key, _ := evidence.NewKey("harbour.example/evenkeel")
	d := dbtest.SQLite(t)
	fill(t, d, key, 600)
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	if _, err := d.Backup(ctx, good, db.BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		do   string // SQL on the backup
		want string
	}{
		{"edited entry", "UPDATE evidence SET entry = replace(CAST(entry AS TEXT), 'test', 'tost') WHERE idx = 17", "#17"},
		{"deleted entry", "DELETE FROM evidence WHERE idx = 400", "#400"},
		{"truncated log", "DELETE FROM evidence WHERE idx > 590", "#591"},
		{"newer schema", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)", "newer Evenkeel (schema 9999"},
		{"no label", "DELETE FROM setting WHERE name LIKE 'backup%'", "no backup made by evenkeel"},
		{"other head", "UPDATE setting SET value = '5' WHERE name = 'backup_size'", "its head says 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.db")
			data, err := os.ReadFile(good)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(bad, data, 0o600)
			lite, err := sql.Open("sqlite", "file:"+bad)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lite.Exec(c.do); err != nil {
				t.Fatal(err)
			}
			lite.Close()
			target := filepath.Join(t.TempDir(), "x.db")
			if _, err = db.Restore(ctx, bad, target); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if _, err := os.Stat(target); err == nil {
				t.Error("the target was made")
			}
		})
	}
	data, _ := os.ReadFile(good)
	for name, content := range map[string][]byte{"cut": data[:len(data)/2], "text": []byte("hello"), "empty": nil} {
		bad := filepath.Join(dir, name)
		os.WriteFile(bad, content, 0o600)
		if _, err := db.CheckBackup(ctx, bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := db.CheckBackup(ctx, filepath.Join(dir, "none")); !errs.Is(err, errs.NotFound) {
		t.Errorf("missing file: %v", err)
	}
}
