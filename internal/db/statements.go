package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// remembering opens a pool of SQLite connections that keep their prepared
// SELECTs. Parsing and planning a query costs as much as answering it (measured
// on a gate's ten small queries: half of 400 µs), and database/sql forgets a
// query that is not prepared by hand, on a connection that the caller must hold.
func remembering(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	defer plain.Close() // it has opened nothing yet; what counts is its driver
	return sql.OpenDB(connector{plain.Driver(), dsn}), nil
}

type connector struct {
	driver driver.Driver
	dsn    string
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	raw, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	lite, ok := raw.(liteConn)
	if !ok {
		raw.Close()
		return nil, errors.New("db: the SQLite driver lacks what is needed of it")
	}
	return &reader{liteConn: lite, kept: map[string]*prepared{}}, nil
}

// liteConn is what modernc's connections can do and database/sql uses.
type liteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// reader is a connection with its prepared queries. database/sql lets one
// goroutine at a time use it.
type reader struct {
	liteConn
	kept map[string]*prepared
}

type prepared struct {
	stmt driver.StmtQueryContext
	end  func() error
	busy bool // its rows are being read
}

// maxKept bounds the statements of one connection; texts are few.
const maxKept = 500

// QueryContext answers by the kept statement, or, while its rows are still
// being read, by a new one.
func (r *reader) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	p := r.kept[query]
	if p != nil && p.busy {
		return r.liteConn.QueryContext(ctx, query, args)
	}
	if p == nil {
		s, err := r.liteConn.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		q, ok := s.(driver.StmtQueryContext)
		if !ok {
			s.Close()
			return r.liteConn.QueryContext(ctx, query, args)
		}
		if len(r.kept) >= maxKept {
			r.forget()
		}
		p = &prepared{stmt: q, end: s.Close}
		r.kept[query] = p
	}
	rows, err := p.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	p.busy = true
	return &keptRows{rows, p}, nil
}

// forget ends the statements whose rows nobody reads.
func (r *reader) forget() {
	for query, p := range r.kept {
		if !p.busy {
			p.end()
			delete(r.kept, query)
		}
	}
}

// Close ends the statements first: with one of them open SQLite keeps the
// connection.
func (r *reader) Close() error {
	for _, p := range r.kept {
		p.end()
	}
	return r.liteConn.Close()
}

// keptRows give their statement back.
type keptRows struct {
	driver.Rows
	of *prepared
}

func (k *keptRows) Close() error {
	err := k.Rows.Close()
	k.of.busy = false
	return err
}
