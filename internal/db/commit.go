package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxBatch is how many closures share one flush.
const maxBatch = 256

// committer is SQLite's one writer: a goroutine that owns the writing
// connection. Callers hand in work; it takes all that waits, commits once and
// answers all.
type committer struct {
	d    *DB
	work chan *job
	conn *conn
	quit chan struct{} // closed when the goroutine has ended
}

type job struct {
	tx   *Tx
	fn   func(tx *Tx) error
	err  error
	done chan struct{}
}

func newCommitter(ctx context.Context, d *DB) (*committer, error) {
	c, err := d.write.Conn(ctx)
	if err != nil {
		return nil, translate(err)
	}
	m := &committer{d: d, work: make(chan *job, maxBatch), conn: &conn{Conn: c, stmts: map[string]*sql.Stmt{}}, quit: make(chan struct{})}
	d.done.Add(1)
	go m.loop(ctx)
	return m, nil
}

// do hands a closure to the committer and waits for its answer.
func (m *committer) do(ctx context.Context, tx *Tx, fn func(tx *Tx) error) error {
	j := &job{tx: tx, fn: fn, done: make(chan struct{})}
	select {
	case m.work <- j:
	case <-m.quit:
		return errs.E(errs.Unavailable, "the server is stopping")
	case <-ctx.Done():
		return errs.E(errs.Unavailable, "the database is busy; try again").Because(ctx.Err()).After(time.Second)
	}
	select {
	case <-j.done:
		return j.err
	case <-m.quit:
		// The loop may have answered just before it ended.
		select {
		case <-j.done:
			return j.err
		default:
			return errs.E(errs.Unavailable, "the server is stopping")
		}
	}
}

func (m *committer) loop(ctx context.Context) {
	defer m.d.done.Done()
	defer m.conn.close()
	defer close(m.quit)
	batch := make([]*job, 0, maxBatch)
	for {
		select {
		case <-ctx.Done():
			for { // answer what was handed in before the stop
				select {
				case j := <-m.work:
					m.commit([]*job{j})
				default:
					return
				}
			}
		case j := <-m.work:
			batch = append(batch[:0], j)
		}
		for len(batch) < maxBatch {
			select {
			case j := <-m.work:
				batch = append(batch, j)
				continue
			default:
			}
			break
		}
		m.commit(batch)
	}
}

// commit runs a batch in one transaction and answers everybody.
func (m *committer) commit(batch []*job) {
	now, _ := m.d.Now(context.Background())
	err := m.conn.exec("BEGIN IMMEDIATE")
	if err == nil {
		err = m.runAll(batch, now)
	}
	if err != nil {
		// The whole batch failed (disk full, commit refused): nobody's
		// change is in, everybody hears why.
		m.conn.exec("ROLLBACK")
		m.d.seq.rollback()
	} else {
		m.d.seq.committed()
	}
	for _, j := range batch {
		if err != nil && j.err == nil {
			j.err = translate(err)
		}
		if j.err == nil { // before the answer, so that whoever is answered finds no cache that lags behind
			for _, f := range j.tx.after {
				f()
			}
		}
	}
	for _, j := range batch {
		close(j.done)
	}
	if err == nil {
		m.d.feed.kick()
	}
}

// runAll runs the closures, each in a savepoint when there are several, adds
// their evidence to the sequence and commits. It returns an error only when
// the whole batch must be rolled back.
func (m *committer) runAll(batch []*job, now time.Time) error {
	alone := len(batch) == 1
	good := batch[:0:0]
	for _, j := range batch {
		if !alone {
			if err := m.conn.exec("SAVEPOINT item"); err != nil {
				return err
			}
		}
		j.tx.reset(m.conn)
		j.tx.Now = now
		if j.err = j.tx.run(j.fn); j.err != nil {
			j.err = translate(j.err)
			if alone {
				return j.err
			}
			if err := m.conn.exec("ROLLBACK TO item"); err != nil {
				if errs.Is(j.err, errs.Unavailable) {
					return j.err // on a full disk SQLite itself rolled everything back: https://www.sqlite.org/lang_transaction.html
				}
				return err
			}
		} else {
			good = append(good, j)
		}
		if !alone {
			if err := m.conn.exec("RELEASE item"); err != nil {
				return err
			}
		}
	}
	if err := m.d.seq.appendSQLite(m.conn, good); err != nil {
		return err
	}
	if err := m.d.ids.save(m.conn); err != nil {
		return err
	}
	return m.conn.exec("COMMIT")
}

// conn is the writing connection with its prepared statements.
type conn struct {
	*sql.Conn
	stmts map[string]*sql.Stmt
}

// maxStmts bounds the cache; texts are few, so it is never reached unless a
// query is built from input, which would be a fault.
const maxStmts = 1000

// close finishes the statements first: with one of them open SQLite keeps the
// connection, and with it the write-ahead log beside the file.
func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	return c.Conn.Close()
}

func (c *conn) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.Conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, query)
	}
	if len(c.stmts) >= maxStmts {
		for _, old := range c.stmts {
			old.Close()
		}
		clear(c.stmts)
	}
	c.stmts[query] = s
	return s, nil
}

func (c *conn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	for _, a := range args {
		if text, ok := a.(string); ok && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
			return nil, unstorable()
		}
	}
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (c *conn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (c *conn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return c.Conn.QueryRowContext(ctx, query, args...) // carries the same error
	}
	return s.QueryRowContext(ctx, args...)
}

func (c *conn) exec(query string) error {
	_, err := c.ExecContext(context.Background(), query)
	return err
}
