package db_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// A fault of the database is Unavailable for whoever asked, so that a sender
// repeats, also when a practice has wrapped its operation around it.
func TestFaultsAreUnavailable(t *testing.T) {
	paused := &pgconn.PgError{Code: "25P03", Message: "terminating connection due to idle-in-transaction timeout"}
	for _, err := range []error{
		paused, &pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "53100"}, &pgconn.PgError{Code: "40001"}, &pgconn.PgError{Code: "08006"},
		io.ErrUnexpectedEOF, driver.ErrBadConn,
	} {
		wrapped := errs.Wrap("alert.ingest", errs.Wrap("incident.alerts", fmt.Errorf("scan: %w", err)))
		for _, e := range []error{err, wrapped} {
			got := db.Mendable(e)
			if !errs.Is(got, errs.Unavailable) || errs.As(got).Retry == 0 || !errors.Is(got, err) {
				t.Errorf("%v is told as %v", e, got)
			}
		}
	}
	if got := errs.As(db.Mendable(errs.Wrap("alert.ingest", paused))).Op; got != "alert.ingest" {
		t.Errorf("the operation is %q", got)
	}
	for _, err := range []error{errs.Wrap("x", errors.New("a bug")), errs.E(errs.Invalid, "no").Because(paused), &pgconn.PgError{Code: "42P01"}} {
		if got := db.Mendable(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

// A sequencer that cannot read the tree keeps the one it has and tries again.
func TestSequencerSurvivesUnreadableTree(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: dbtest.PostgresURL(t), NoFeed: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	head := func(size int) {
		err := d.Write(ctx, who, "test", func(tx *db.Tx) error {
			tx.Unrecorded("test")
			_, err := tx.Exec("UPDATE evidence_head SET size = $1 WHERE id = 1", size)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	head(3) // as if another replica had gone ahead, with rows that cannot be read
	for range 2 {
		if _, err := d.SequenceOnce(ctx); err == nil {
			t.Fatal("the tree was read")
		}
	}
	head(0)
	if err := d.Write(ctx, who, "test", func(tx *db.Tx) error { return put(tx, "a", "1") }); err != nil {
		t.Fatal(err)
	}
	if n, err := d.SequenceOnce(ctx); n != 1 || err != nil {
		t.Fatal(n, err)
	}
}

// A batch that loses to others at one key after the other gets through; one
// that is at fault itself is told after a few runs.
func TestTakenKeysAreRaces(t *testing.T) {
	ctx := context.Background()
	d := dbtest.Postgres(t)
	const others = 12
	for n := range others {
		if err := d.Write(ctx, who, "test", func(tx *db.Tx) error { return put(tx, fmt.Sprint("k", n), "theirs") }); err != nil {
			t.Fatal(err)
		}
	}
	runs := 0
	if err := d.Write(ctx, who, "test", func(tx *db.Tx) error { runs++; return put(tx, fmt.Sprint("k", runs-1), "ours") }); err != nil {
		t.Errorf("lost %d races: %v", runs, err)
	}
	if runs != others+1 {
		t.Errorf("%d runs", runs)
	}
	runs = 0
	err := d.Write(ctx, who, "test", func(tx *db.Tx) error { runs++; return put(tx, "k0", "ours") })
	if !db.IsUnique(err) || runs != 3 {
		t.Errorf("%d runs: %v", runs, err)
	}
}

// Both engines refuse the same texts, alone: others of the batch are written.
func TestUnstorableTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		for _, text := range []string{"a\x00b", "\xff", "\xed\xa0\x80"} {
			err := d.Write(ctx, who, "test", func(tx *db.Tx) error { return put(tx, "bad", text) })
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("writing %q: %v", text, err)
			}
			err = d.Read(ctx, func(q db.Querier) error {
				var v string
				return q.QueryRow("SELECT value FROM setting WHERE name = $1", text).Scan(&v)
			})
			if !errs.Is(err, errs.Invalid) && !errors.Is(err, db.ErrNoRows) {
				t.Errorf("looking for %q: %v", text, err)
			}
		}
		if err := d.Write(ctx, who, "test", func(tx *db.Tx) error { return put(tx, "good", "é💥") }); err != nil || get(t, d, "good") != "é💥" {
			t.Error(err)
		}
	})
}

// Whoever is answered finds the caches dropped: a token that was revoked does
// not work a moment longer.
func TestAfterComesBeforeTheAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for n := range 20 {
			dropped := false // no lock: the race detector would tell
			err := d.Write(context.Background(), who, "test", func(tx *db.Tx) error {
				tx.After(func() { runtime.Gosched(); dropped = true })
				return put(tx, fmt.Sprint("after", n), "1")
			})
			if err != nil || !dropped {
				t.Fatalf("answered before, at %d: %v", n, err)
			}
		}
	})
}
