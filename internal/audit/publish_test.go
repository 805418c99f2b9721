package audit

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

func TestPublish(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		plain := filepath.Join(dir, "out", "checkpoints.txt")
		repo := filepath.Join(dir, "repo")
		if out, err := exec.Command("git", "init", "-q", repo).CombinedOutput(); err != nil {
			t.Fatalf("git init: %v %s", err, out)
		}
		var posted atomic.Int64
		var down atomic.Bool
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if down.Load() {
				http.Error(w, "not now", http.StatusServiceUnavailable)
				return
			}
			body, _ := io.ReadAll(r.Body)
			if _, err := evidence.ParseCheckpoint(string(body)); err == nil && r.URL.Query().Get("secret") == "s3cret" {
				posted.Add(1)
			}
		}))
		defer hook.Close()
		b := setup(t, d, Options{Targets: []Target{File(plain), Git(repo), Webhook(hook.URL + "/?secret=s3cret")}})
		publish := func() {
			t.Helper()
			if _, err := b.s.publish(context.Background(), d); err != nil {
				t.Fatal(err)
			}
		}
		publish() // nothing signed yet: nothing happens
		for range 3 {
			b.write(5)
			b.sign()
			publish()
			publish() // again changes nothing
		}
		text, err := os.ReadFile(plain)
		if err != nil {
			t.Fatal(err)
		}
		notes := evidence.SplitCheckpoints(string(text))
		if len(notes) != 3 {
			t.Fatalf("%d checkpoints in the file", len(notes))
		}
		for i, n := range notes {
			if c, err := b.key.Public().Open(n); err != nil || c.Size != int64(6+5*i) {
				t.Errorf("checkpoint %d: %v %v", i, c.Size, err)
			}
		}
		if latest, _ := os.ReadFile(plain + ".latest"); string(latest) != notes[2] {
			t.Errorf("latest: %q", latest)
		}
		log, err := exec.Command("git", "-C", repo, "log", "--format=%s").Output()
		if err != nil || strings.Count(string(log), "\n") != 3 || !strings.HasPrefix(string(log), "Evidence checkpoint of 16 entries") {
			t.Errorf("git log: %s %v", log, err)
		}
		if posted.Load() != 3 {
			t.Errorf("%d posted", posted.Load())
		}

		// A target that fails is tried again later, its state is shown, the
		// others go on.
		down.Store(true)
		b.write(1)
		b.sign()
		publish()
		st, err := b.s.Status(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		h := st.Published[2]
		if h.Size != 16 || h.Failures != 1 || !strings.Contains(h.Error, "503") || strings.Contains(h.Target+h.Error, "s3cret") || h.NextAt.IsZero() {
			t.Errorf("%+v", h)
		}
		if st.Published[0].Size != 17 || st.Published[1].Size != 17 {
			t.Errorf("%+v", st.Published)
		}
		down.Store(false)
		publish()
		if posted.Load() != 3 {
			t.Error("tried again at once")
		}
		b.exec("UPDATE evidence_publish SET next_at = 1")
		publish()
		if st, _ = b.s.Status(b.ctx); posted.Load() != 4 || st.Published[2].Size != 17 || st.Published[2].Error != "" {
			t.Errorf("%d posted, %+v", posted.Load(), st.Published[2])
		}
	})
}

// The published file ends with something else: somebody changed it.
func TestPublishToDamagedFile(t *testing.T) {
	b := setup(t, dbtest.SQLite(t), Options{})
	b.write(1)
	c := b.sign()
	path := filepath.Join(t.TempDir(), "c.txt")
	os.WriteFile(path, []byte("something else\n"), 0o600)
	if err := File(path).Publish(context.Background(), []Checkpoint{c}); err == nil {
		t.Error("appended to it")
	}
	if err := Git(t.TempDir()).Publish(context.Background(), []Checkpoint{c}); err == nil || !strings.Contains(err.Error(), "git init") {
		t.Errorf("no repository: %v", err)
	}
}

// The jobs do what is due and then say when the next thing is.
func TestJobs(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		now = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
		b := setup(t, d, Options{})
		ctx := context.Background()
		b.settle()
		if n, err := b.s.Signer().Run(ctx, d); n != 1 || err != nil {
			t.Fatalf("first: %d %v", n, err)
		}
		next := func(f func(db.Querier) (time.Time, error)) (at time.Time) {
			t.Helper()
			if err := d.Read(ctx, func(q db.Querier) (err error) { at, err = f(q); return err }); err != nil {
				t.Fatal(err)
			}
			return at
		}
		if at := next(b.s.Signer().Next); !at.IsZero() {
			t.Errorf("nothing new, but due at %v", at)
		}
		b.write(3)
		if at := next(b.s.Signer().Next); !at.Equal(now.Add(time.Minute)) {
			t.Errorf("due at %v", at)
		}
		if n, err := b.s.Signer().Run(ctx, d); n != 0 || err != nil {
			t.Errorf("too early: %d %v", n, err)
		}
		now = now.Add(time.Minute)
		if n, err := b.s.Signer().Run(ctx, d); n != 1 || err != nil {
			t.Errorf("in time: %d %v", n, err)
		}
		c := b.s.Checker()
		if n, err := c.Run(ctx, d); n != 1 || err != nil {
			t.Fatalf("first check: %d %v", n, err)
		}
		if at := next(c.Next); !at.Equal(now.Add(24 * time.Hour)) {
			t.Errorf("next check at %v", at)
		}
		b.write(1)
		if at := next(c.Next); !at.Equal(now.Add(5 * time.Minute)) {
			t.Errorf("next check at %v", at)
		}
		now = now.Add(5 * time.Minute)
		if n, err := c.Run(ctx, d); n != 1 || err != nil {
			t.Errorf("second check: %d %v", n, err)
		}
		if st, _ := b.s.Status(b.ctx); st.Check.Whole || !st.Check.OK || !st.Whole.OK {
			t.Errorf("%+v", st)
		}
	})
}

func TestRetention(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		if err := b.s.Retain(Policy{Name: "x", Keep: time.Minute}); err == nil {
			t.Error("a policy without sense is accepted")
		}
		if err := b.s.Retain(Idempotency(0)); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		err := d.Write(b.ctx, mara, "test", func(tx *db.Tx) error {
			tx.Unrecorded("test rows")
			var rows [][]any
			for i := range 2500 {
				at := now.Add(-48 * time.Hour)
				if i >= 2100 {
					at = now
				}
				rows = append(rows, []any{"user:17", time.Duration(i).String(), []byte{}, 200, "", []byte{}, db.Micros(at)})
			}
			return tx.InsertMany("INSERT INTO idempotency (actor, key, request, status, header, body, at) VALUES ", "", 7, rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		var total int
		for {
			n, err := b.s.Sweeper().Run(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			total += n
		}
		b.settle()
		if total != 2100 {
			t.Errorf("%d rows were dropped", total)
		}
		if got, _ := b.list(Filter{Action: "retention.sweep"}, 50); len(got) != 2 {
			t.Errorf("%d entries for two batches", len(got))
		}
		sw, err := b.s.Sweeps(b.ctx)
		if err != nil || len(sw) != 1 || sw[0].Dropped != 2100 || sw[0].NextAt.Before(now) {
			t.Errorf("%+v %v", sw, err)
		}
	})
}
