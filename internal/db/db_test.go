package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

var who = actor.Job("test")

func put(tx *db.Tx, name, value string) error {
	_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ($1, $2)", name, value)
	tx.Record(evidence.Entry{Action: "setting.put", Record: ref.S(ref.System, name), After: evidence.Digest(nil, value)})
	return err
}

func get(t *testing.T, d *db.DB, name string) string {
	t.Helper()
	var v string
	err := d.Read(context.Background(), func(q db.Querier) error {
		return q.QueryRow("SELECT value FROM setting WHERE name = $1", name).Scan(&v)
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		t.Fatal(err)
	}
	return v
}

func TestWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := d.Write(ctx, who, "test", func(tx *db.Tx) error { return put(tx, "a", "1") }); err != nil {
			t.Fatal(err)
		}
		if got := get(t, d, "a"); got != "1" {
			t.Errorf("a = %q", got)
		}
		err := d.Write(ctx, who, "test", func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ('b', '1')")
			return err
		})
		if err == nil || get(t, d, "b") != "" {
			t.Errorf("a write without evidence went through: %v", err)
		}
		err = d.Write(ctx, who, "test", func(tx *db.Tx) error {
			if err := put(tx, "c", "1"); err != nil {
				return err
			}
			panic("oh")
		})
		if !errs.Is(err, errs.Internal) || get(t, d, "c") != "" {
			t.Errorf("a panic did not roll back: %v", err)
		}
		err = d.Write(ctx, who, "test", func(tx *db.Tx) error {
			return d.Write(tx.Context(), who, "inner", func(*db.Tx) error { return nil })
		})
		if err == nil {
			t.Error("Write inside Write is accepted")
		}
		// A verb that finds its work done, asked for with an Idempotency-Key:
		// the guard's note alone needs no evidence, what comes after it does.
		noted := func(key string) context.Context {
			return db.WithGuard(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ($1, '1')", key)
				return err
			})
		}
		if err := d.Write(noted("k1"), who, "test", func(*db.Tx) error { return nil }); err != nil || get(t, d, "k1") != "1" {
			t.Errorf("a guarded write that changes nothing: %v", err)
		}
		err = d.Write(noted("k2"), who, "test", func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO setting (name, value) VALUES ('d', '1')")
			return err
		})
		if err == nil || get(t, d, "k2")+get(t, d, "d") != "" {
			t.Errorf("a guarded write without evidence went through: %v", err)
		}
	})
}

// Many writers at once: bad ones fail alone, good ones are in, numbers are
// unique, and every good one has exactly one evidence entry.
func TestConcurrentWrites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		const n = 400
		seen := make(chan []db.Change, 1000)
		d.OnChange(func(c []db.Change) { seen <- c })
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids := map[int64]bool{}
		for i := range n {
			wg.Go(func() {
				var id int64
				err := d.Write(ctx, who, "test", func(tx *db.Tx) (err error) {
					if id, err = tx.NextID(ref.Incident); err != nil {
						return err
					}
					if err := put(tx, fmt.Sprint("k", i), "v"); err != nil {
						return err
					}
					if i%10 == 3 {
						return errs.BadField("i", fmt.Sprint(i), "not three")
					}
					return nil
				})
				if bad := i%10 == 3; bad != errs.Is(err, errs.Invalid) || !bad && err != nil {
					t.Errorf("write %d: %v", i, err)
				}
				mu.Lock()
				defer mu.Unlock()
				if ids[id] {
					t.Errorf("number %d given twice", id)
				}
				ids[id] = true
			})
		}
		wg.Wait()
		got := map[string]bool{}
		for len(got) < n*9/10 {
			for _, c := range <-seen {
				if got[c.Record] {
					t.Errorf("%s told twice", c.Record)
				}
				got[c.Record] = true
				if int(c.Index) != len(got)-1 {
					t.Errorf("index %d is change number %d", c.Index, len(got)-1)
				}
			}
		}
		for i := range n {
			if want, have := i%10 != 3, get(t, d, fmt.Sprint("k", i)) == "v"; want != have {
				t.Errorf("k%d is there: %v, want %v", i, have, want)
			}
		}
		err := d.Read(ctx, func(q db.Querier) error {
			tree, err := db.LoadTree(q)
			if err != nil {
				return err
			}
			if tree.Size() != d.Sequenced() || tree.Size() != n*9/10 {
				t.Errorf("tree has %d leaves, memory %d, want %d", tree.Size(), d.Sequenced(), n*9/10)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestInsertMany(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var rows [][]any
		for i := range 3001 {
			rows = append(rows, []any{fmt.Sprintf("n%04d", i), "v"})
		}
		err := d.Write(context.Background(), who, "test", func(tx *db.Tx) error {
			tx.Unrecorded("test rows")
			return tx.InsertMany("INSERT INTO setting (name, value) VALUES ", " ON CONFLICT DO NOTHING", 2, append(rows, rows[0]))
		})
		if err != nil {
			t.Fatal(err)
		}
		var count int
		d.Read(context.Background(), func(q db.Querier) error {
			return q.QueryRow("SELECT count(*) FROM setting WHERE value = 'v'").Scan(&count)
		})
		if count != 3001 {
			t.Errorf("%d rows", count)
		}
		dbtest.UsesIndex(t, d, "SELECT name FROM setting WHERE name > $1 ORDER BY name LIMIT 10", "n1")
	})
}

// A new file is its owner's alone, and another product's address is no file.
func TestSQLiteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ek.db")
	d, err := db.Open(context.Background(), db.Config{URL: path})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range []string{path, path + "-wal"} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, st.Mode(), err)
		}
	}
	if _, err := db.Open(context.Background(), db.Config{URL: "mysql://user:hush@host/ek"}); !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "hush") {
		t.Errorf("another product's address: %v", err)
	}
}
