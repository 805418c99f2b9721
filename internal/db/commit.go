package db

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
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
	m := &committer{d: d, work: make(chan *job, maxBatch), conn: &conn{Conn: c, stmts: map[string]*sql.Stmt{}, execs: map[string]driver.Stmt{}}, quit: make(chan struct{})}
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
	stmts map[string]*sql.Stmt   // of queries
	execs map[string]driver.Stmt // of all else
	args  []driver.NamedValue    // used again and again
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
	c.Conn.Raw(func(any) error { c.finish(); return nil })
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

// ExecContext goes to the driver itself: database/sql takes locks, copies and
// converts for each of the thousand parameters of a batch.
func (c *conn) ExecContext(ctx context.Context, query string, args ...any) (result sql.Result, err error) {
	c.args = c.args[:0]
	for i, a := range args {
		switch v := a.(type) {
		case int64, bool, []byte, float64, nil:
		case string:
			if strings.IndexByte(v, 0) >= 0 || !utf8.ValidString(v) {
				return nil, unstorable()
			}
		default:
			if a, err = driver.DefaultParameterConverter.ConvertValue(a); err != nil {
				return nil, fmt.Errorf("parameter %d: %w", i+1, err)
			}
			if text, ok := a.(string); ok && (strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text)) {
				return nil, unstorable()
			}
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	gone := c.Conn.Raw(func(raw any) error {
		s, ok := c.execs[query]
		if !ok {
			if s, err = raw.(driver.ConnPrepareContext).PrepareContext(ctx, query); err != nil {
				err = fmt.Errorf("%w\n%s", err, query)
				return nil
			}
			if len(c.execs) >= maxStmts {
				c.finish()
			}
			c.execs[query] = s
		}
		if n := s.NumInput(); n >= 0 && n != len(c.args) {
			err = fmt.Errorf("expected %d parameters, got %d\n%s", n, len(c.args), query)
			return nil
		}
		result, err = s.(driver.StmtExecContext).ExecContext(ctx, c.args)
		return nil // what a statement says must not close the connection
	})
	clear(c.args)
	return result, cmp.Or(err, gone)
}

// finish closes the statements of ExecContext.
func (c *conn) finish() {
	for _, s := range c.execs {
		s.Close()
	}
	clear(c.execs)
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
