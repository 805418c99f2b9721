package audit

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// bench is a log with a small practice that writes to it: notes, each with a
// text by a person that can be erased.
type bench struct {
	t   *testing.T
	d   *db.DB
	s   *Service
	ctx context.Context // an auditor
	key evidence.Key

	changed chan struct{}
}

var mara = actor.Actor{Kind: actor.User, ID: 17, Person: 17, Role: actor.Auditor, Name: "mara"}

func setup(t *testing.T, d *db.DB, opt Options) *bench {
	t.Helper()
	opt.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	b := &bench{t: t, d: d, ctx: actor.With(context.Background(), mara), changed: make(chan struct{}, 1)}
	d.OnChange(func([]db.Change) {
		select {
		case b.changed <- struct{}{}:
		default:
		}
	})
	var created bool
	var err error
	b.key, created, err = LoadKey(b.ctx, d, KeySource{File: filepath.Join(t.TempDir(), "log.key"), Name: "harbour.example"})
	if err != nil || !created {
		t.Fatalf("key: created %v, %v", created, err)
	}
	if b.s, err = New(b.ctx, d, b.key, opt); err != nil {
		t.Fatal(err)
	}
	b.s.Content(ref.Incident, b.content)
	b.exec("CREATE TABLE note (id BIGINT PRIMARY KEY, text TEXT NOT NULL, salt BYTEA)")
	return b
}

func (b *bench) content(q db.Querier, key string) (string, error) {
	var text string
	var salt []byte
	if err := q.QueryRow("SELECT text, salt FROM note WHERE id = $1", key2id(key)).Scan(&text, &salt); err != nil {
		return "", err
	}
	if len(salt) == 0 {
		return "", nil
	}
	return evidence.Digest(salt, text), nil
}

func key2id(key string) (id int64) {
	fmt.Sscan(key, &id)
	return id
}

// exec runs SQL as somebody would who has the database in hand.
func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	err := b.d.Write(context.Background(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Unrecorded("behind the product's back")
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// write makes n notes, each an entry.
func (b *bench) write(n int) {
	b.t.Helper()
	err := b.d.Write(b.ctx, mara, "a note was written", func(tx *db.Tx) error {
		ids, err := tx.NextIDs(ref.Incident, n)
		if err != nil {
			return err
		}
		for _, id := range ids {
			salt := evidence.NewSalt()
			text := fmt.Sprintf("note %d", id)
			if _, err := tx.Exec("INSERT INTO note (id, text, salt) VALUES ($1, $2, $3)", id, text, salt); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "note.write", Record: ref.N(ref.Incident, id), Version: 1, After: evidence.Digest(salt, text)})
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.settle()
}

// settle waits until every entry has its place.
func (b *bench) settle() {
	b.t.Helper()
	for {
		var n, size int64
		err := b.d.Read(b.ctx, func(q db.Querier) error {
			if err := q.QueryRow("SELECT COUNT(*) FROM evidence WHERE idx IS NULL").Scan(&n); err != nil {
				return err
			}
			return q.QueryRow("SELECT size FROM evidence_head").Scan(&size)
		})
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		select {
		case <-b.changed:
		case <-time.After(20 * time.Second):
			b.t.Fatal("entries are not sequenced")
		}
	}
}

func (b *bench) sign() Checkpoint {
	b.t.Helper()
	c, err := b.s.Sign(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) check() Result {
	b.t.Helper()
	r, err := b.s.Check(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.OK { // a log that was tampered with may never be sequenced again
		b.settle()
	}
	return r
}

func TestKeyIsGuarded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := setup(t, d, Options{})
		other, _ := evidence.NewKey("harbour.example")
		if _, err := New(b.ctx, d, other, Options{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("another key opens the log: %v", err)
		}
		if _, _, err := LoadKey(b.ctx, d, KeySource{Value: other.Secret()}); !errs.Is(err, errs.Conflict) {
			t.Errorf("another key is loaded: %v", err)
		}
		if _, _, err := LoadKey(b.ctx, d, KeySource{File: filepath.Join(t.TempDir(), "gone.key"), Name: "x"}); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a log without its key: %v", err)
		}
		if _, _, err := LoadKey(b.ctx, d, KeySource{Value: "nonsense"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("nonsense as key: %v", err)
		}
		if k, created, err := LoadKey(b.ctx, d, KeySource{Value: b.key.Secret()}); err != nil || created || !k.Public().Equal(b.key.Public()) {
			t.Errorf("the right key from the environment: %v", err)
		}
		if _, err := New(b.ctx, d, b.key, Options{}); err != nil {
			t.Errorf("a second replica with the same key: %v", err)
		}
		b.exec("INSERT INTO setting (name, value) VALUES ('backup_from', 'sqlite')")
		if _, err := New(b.ctx, d, b.key, Options{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("a backup file is opened: %v", err)
		}
	})
}
