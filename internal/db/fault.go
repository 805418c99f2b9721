package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite "modernc.org/sqlite" // SQLite without cgo; its errors, and the driver itself

	"github.com/evenkeel/evenkeel/internal/errs"
)

// ErrNoRows is what Scan returns when a QueryRow found nothing.
var ErrNoRows = sql.ErrNoRows

// IsUnique reports whether err is a violated unique constraint.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == 2067 || lite.Code() == 1555 // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
	}
	return false
}

// translate gives database faults that an operator can mend a kind and a text,
// also below the operations that practices wrapped around them; everything
// else stays as it is.
func translate(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var own *errs.Error
	if !errors.As(err, &own) {
		if e := mendable(err); e != nil {
			return e.Because(err)
		}
		return err
	}
	if own.Kind == errs.Internal && own.Err != nil {
		if e := mendable(own.Err); e != nil {
			e.Op, e.Record = own.Op, own.Record
			return e.Because(own.Err)
		}
	}
	return err
}

// sqliteFaults are SQLite's primary result codes that an operator can mend
// (https://www.sqlite.org/rescode.html).
var sqliteFaults = map[int]string{
	13: "the disk is full; free some space, nothing acknowledged was lost", // SQLITE_FULL
	8:  "the database is read-only; check the file's and the disk's permissions",
	14: "the database file cannot be opened; check its path and permissions",
	5:  "the database is locked by another program; close it",
	6:  "the database is locked by another program; close it",
	10: "the disk does not answer properly; check it, nothing acknowledged was lost",
	11: "the database file is damaged; restore a backup",
	26: "the file is not a database; name another one",
}

// unstorable is PostgreSQL's limit on text, which the committer keeps to on
// SQLite as well, so that a database can move.
func unstorable() *errs.Error {
	return errs.E(errs.Invalid, "a text holds a character that cannot be stored: U+0000, or bytes that are no UTF-8; take it out")
}

// mendable is what a driver's error means to an operator, or to whoever sent
// the input; nil for others.
func mendable(err error) *errs.Error {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		if text := sqliteFaults[lite.Code()&0xff]; text != "" {
			return errs.E(errs.Unavailable, "%s", text).After(5 * time.Second)
		}
		return nil
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch {
		case pg.Code[:2] == "53": // insufficient resources: disk full, out of memory, too many connections
			return errs.E(errs.Unavailable, "the database is out of resources (%s)", pg.Message).After(5 * time.Second)
		case pg.Code[:2] == "57", pg.Code[:2] == "08", pg.Code == "25006", pg.Code == "25P03", pg.Code == "25P04", pg.Code == "55P03":
			// Shutting down, connection fault, read-only (a standby), a transaction held open or running too long (this process was
			// paused), lock timeout. https://www.postgresql.org/docs/current/errcodes-appendix.html
			return errs.E(errs.Unavailable, "the database cannot take this now; try again").After(2 * time.Second)
		case pg.Code == "22021", pg.Code == "22P05":
			return unstorable()
		case pg.Code == "40001", pg.Code == "40P01": // still, after all attempts
			return errs.E(errs.Unavailable, "too many changes to the same records at once; try again").After(time.Second)
		}
		return nil
	}
	var connect *pgconn.ConnectError // it carries the end of connect_timeout, which is not the caller's
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &connect) {
		return errs.E(errs.Unavailable, "the request was given up before it was done")
	}
	if lostConnection(err) {
		return errs.E(errs.Unavailable, "the database does not answer; try again").After(2 * time.Second)
	}
	return nil
}

// lostConnection reports whether the connection to the server could not be
// made or ended; whether a commit under way took effect is not known then.
func lostConnection(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
