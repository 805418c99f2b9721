package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline is a PostgreSQL transaction on one connection. Statements whose
// answer nobody needs at once wait in it and travel together, with the next
// query or with the commit: on one machine a round trip costs about as much as
// the statement itself, over a network many times that.
type pipeline struct {
	*sql.Conn
	waiting []statement
}

type statement struct {
	query string
	args  []any
}

// begin starts the transaction and returns the server's clock, in one round
// trip.
func (p *pipeline) begin(ctx context.Context) (micros int64, err error) {
	err = p.send(ctx, func(b *pgx.Batch) {
		b.Queue("begin")
		b.Queue(postgresClock).QueryRow(func(r pgx.Row) error { return r.Scan(&micros) })
	})
	return micros, err
}

// flush sends what waits and returns how many rows it changed.
func (p *pipeline) flush(ctx context.Context) (changed int64, err error) {
	if len(p.waiting) == 0 {
		return 0, nil
	}
	err = p.send(ctx, p.queue(&changed))
	return changed, err
}

// commit sends what waits and ends the transaction.
func (p *pipeline) commit(ctx context.Context) error {
	var changed int64
	var tag string
	err := p.send(ctx, func(b *pgx.Batch) {
		p.queue(&changed)(b)
		b.Queue("commit").Exec(func(t pgconn.CommandTag) error { tag = t.String(); return nil })
	})
	if err == nil && tag != "COMMIT" { // the server answers ROLLBACK without an error when an earlier statement failed
		err = fmt.Errorf("db: the commit ended in %s", tag)
	}
	return err
}

// rollback leaves the connection fit for others. When even that fails, the
// pool finds the connection closed and drops it.
func (p *pipeline) rollback(ctx context.Context) {
	p.waiting = nil
	p.Raw(func(raw any) error {
		c := raw.(*stdlib.Conn).Conn()
		if c.PgConn().TxStatus() == 'I' || c.IsClosed() {
			return nil
		}
		if _, err := c.Exec(ctx, "rollback"); err != nil {
			c.Close(ctx)
		}
		return nil
	})
}

func (p *pipeline) queue(changed *int64) func(b *pgx.Batch) {
	list := p.waiting
	p.waiting = nil
	return func(b *pgx.Batch) {
		for _, s := range list {
			b.Queue(s.query, s.args...).Exec(func(t pgconn.CommandTag) error { *changed += t.RowsAffected(); return nil })
		}
	}
}

func (p *pipeline) send(ctx context.Context, fill func(b *pgx.Batch)) error {
	var failed error
	err := p.Raw(func(raw any) error {
		var b pgx.Batch
		fill(&b)
		failed = raw.(*stdlib.Conn).Conn().SendBatch(ctx, &b).Close()
		return nil
	})
	return errors.Join(failed, err)
}
