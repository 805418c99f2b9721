package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

type inWrite struct{}

// Write runs fn in a transaction as who, for a reason in the program's fixed
// words (never personal data). It returns nil only when all is on disk.
//
// fn may run more than once and must have no effect outside tx. A closure that
// changed rows and recorded no evidence is refused, unless it said why with
// Unrecorded. Calling Write inside fn is an error: it would wait for itself.
func (d *DB) Write(ctx context.Context, who actor.Actor, reason string, fn func(tx *Tx) error) error {
	if ctx.Value(inWrite{}) != nil {
		return errs.Wrap("db.write", errors.New("Write inside Write: use the transaction at hand"))
	}
	if err := ctx.Err(); err != nil {
		return errs.E(errs.Unavailable, "the request was given up before it began").Because(err)
	}
	// Once begun, a write is carried through: an impatient caller must not
	// leave others of the same batch behind.
	inner := context.WithValue(context.WithoutCancel(ctx), inWrite{}, true)
	tx := &Tx{Snapshot: Snapshot{ctx: inner, d: d}, Actor: who, Reason: reason}
	if d.dialect.SQLite() {
		return d.comm.do(ctx, tx, fn)
	}
	select {
	case d.writers <- struct{}{}:
		defer func() { <-d.writers }()
	case <-ctx.Done():
		return errs.E(errs.Unavailable, "the database is busy; try again").Because(ctx.Err()).After(time.Second)
	}
	return d.writePostgres(inner, tx, fn)
}

// attempts bounds how often a conflicting transaction is repeated.
const attempts = 8

// races bounds how often a transaction is repeated because others inserted the
// same keys first. A batch of many keys can lose to another process at one key
// after the other, and gets nearer to its end each time.
const races = 64

func (d *DB) writePostgres(ctx context.Context, tx *Tx, fn func(tx *Tx) error) error {
	taken := map[string]int{} // keys that others had, by how often
	for attempt := 1; ; attempt++ {
		err := d.tryPostgres(ctx, tx, fn)
		if err == nil {
			for _, f := range tx.after {
				f()
			}
			d.feed.kick()
			return nil
		}
		more := retryable(err) && attempt < attempts
		if key, ok := takenKey(err); ok {
			// The other one has committed: the next run sees its row. A key
			// that is taken again is no race but a fault of the closure.
			taken[key]++
			more = taken[key] < 3 && attempt < races
		}
		if !more {
			return translate(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(min(attempt, attempts)) * int64(4*time.Millisecond))))
	}
}

// retryable: serialisation failure and deadlock.
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// takenKey is the key that a unique violation is about, with its constraint.
func takenKey(err error) (key string, ok bool) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "23505" {
		return "", false
	}
	return pg.ConstraintName + " " + pg.Detail, true
}

func (d *DB) tryPostgres(ctx context.Context, tx *Tx, fn func(tx *Tx) error) error {
	c, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	line := &pipeline{Conn: c}
	defer line.rollback(ctx) // after the commit it does nothing
	asked := time.Now()
	us, err := line.begin(ctx)
	if err != nil {
		return err
	}
	d.clock.saw(Time(us), asked)
	tx.reset(c)
	tx.line, tx.Now = line, Time(us)
	if d.cfg.Now != nil {
		tx.Now = stamped(d.cfg.Now())
	}
	if err := tx.run(fn); err != nil {
		return err
	}
	if len(tx.entries) > 0 {
		if err := d.seq.insertPostgres(tx); err != nil {
			return err
		}
	}
	return line.commit(ctx)
}

// reset prepares the transaction for a (repeated) run.
func (tx *Tx) reset(r runner) {
	tx.r = r
	tx.entries, tx.after = tx.entries[:0], tx.after[:0]
	tx.wrote, tx.unrecorded = false, ""
	tx.line, tx.failed = nil, nil
	tx.memory.forget()
}

// run calls fn, turns a panic into an error (the batch's other members must
// not suffer), and refuses changes without evidence.
func (tx *Tx) run(fn func(tx *Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			tx.d.log.Error("panic in a transaction", "reason", tx.Reason, "panic", p, "stack", string(debug.Stack()))
			err = errs.Wrap("db.write", fmt.Errorf("panic: %v", p))
		}
	}()
	if err := tx.guarded(); err != nil {
		return err
	}
	tx.wrote = false // the guard's note is no change: a verb that finds its work done records nothing
	if err := fn(tx); tx.failed != nil || err != nil {
		return cmp.Or(tx.failed, err)
	}
	if len(tx.entries) == 0 && tx.unrecorded == "" { // it may all be waiting
		if err := tx.Flush(); err != nil {
			return err
		}
	}
	if tx.wrote && len(tx.entries) == 0 && tx.unrecorded == "" {
		return errs.Wrap("db.write", fmt.Errorf("%q changed rows and recorded no evidence", tx.Reason))
	}
	return nil
}

// stamp is what evidence says about this transaction.
func (tx *Tx) stamp(leaf int64) evidence.Stamp {
	return evidence.Stamp{Leaf: leaf, At: tx.Now, Actor: tx.Actor.String(), Via: via(tx.Actor), Reason: tx.Reason}
}

// via names the door without the address: an address is personal data.
func via(a actor.Actor) string {
	switch a.Kind {
	case actor.User:
		return "page"
	case actor.Token:
		return "api"
	case actor.System:
		return "job " + a.From
	default:
		return string(a.Kind)
	}
}

var _ runner = (*sql.Conn)(nil)
