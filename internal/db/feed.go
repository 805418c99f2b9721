package db

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Change says that a record has a new version. It carries no content: whoever
// is interested reads the record, with the reader's own rights.
type Change struct {
	Index   int64  // of the evidence entry
	Record  string // "INC-1042"
	Version int64
	Action  string
}

// feed follows the evidence sequence and tells listeners in this process what
// changed, in order and without gaps. Commits in this process wake it at once;
// on PostgreSQL a NOTIFY after sequencing wakes the other replicas, and a slow
// poll makes up for a lost one.
type feed struct {
	mu        sync.Mutex
	listeners []func([]Change)
	wake      chan struct{}
}

// OnChange registers a listener; it is called from one goroutine with at most
// 1,000 changes at a time and must not block for long.
func (d *DB) OnChange(f func([]Change)) {
	d.feed.mu.Lock()
	defer d.feed.mu.Unlock()
	d.feed.listeners = append(d.feed.listeners, f)
}

// kick wakes the feed; kicks while it works are one kick.
func (f *feed) kick() {
	if f.wake == nil {
		return
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

const (
	feedPoll   = time.Second           // the slow poll on PostgreSQL
	feedRest   = 50 * time.Millisecond // between passes, so that many commits share one
	feedAtOnce = 1000
)

func (d *DB) startFeed(ctx context.Context) {
	d.feed.wake = make(chan struct{}, 1)
	at := d.Sequenced()
	d.done.Add(1)
	go func() {
		defer d.done.Done()
		poll := time.NewTicker(feedPoll)
		defer poll.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.feed.wake:
			case <-poll.C:
				if d.dialect.SQLite() {
					continue // one process: every change kicks
				}
			}
			var err error
			if at, err = d.follow(ctx, at); err != nil && ctx.Err() == nil {
				d.log.Warn("following the evidence sequence", "error", err)
			}
			rest := time.NewTimer(feedRest)
			select {
			case <-rest.C:
			case <-ctx.Done():
			}
		}
	}()
	if !d.dialect.SQLite() {
		d.done.Add(1)
		go func() {
			defer d.done.Done()
			d.listen(ctx)
		}()
	}
}

// follow sequences what waits (PostgreSQL), then hands everything from index
// at on to the listeners and returns the new position.
func (d *DB) follow(ctx context.Context, at int64) (int64, error) {
	if !d.dialect.SQLite() {
		for {
			n, err := d.sequence(ctx)
			if err != nil {
				return at, err
			}
			if n > 0 {
				if _, err := d.side.ExecContext(ctx, "SELECT pg_notify('evenkeel', '')"); err != nil {
					return at, translate(err)
				}
			}
			if n < sequencePass {
				break
			}
		}
	}
	d.feed.mu.Lock()
	listeners := d.feed.listeners
	d.feed.mu.Unlock()
	for {
		var changes []Change
		err := d.Read(ctx, func(q Querier) (err error) {
			changes, err = Collect(q, func(r *Rows) (c Change, err error) {
				return c, r.Scan(&c.Index, &c.Record, &c.Version, &c.Action)
			}, "SELECT idx, record, version, action FROM evidence WHERE idx >= $1 ORDER BY idx LIMIT $2", at, feedAtOnce)
			return err
		})
		if err != nil || len(changes) == 0 {
			return at, err
		}
		for _, f := range listeners {
			f(changes)
		}
		at = changes[len(changes)-1].Index + 1
	}
}

// listen waits for NOTIFY on a connection of its own and reconnects when it
// is lost; meanwhile the poll does the work.
func (d *DB) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := func() error {
			to := d.server.Copy()
			to.DialFunc = dialWith(0) // it rightly hears nothing for hours; the kernel sees whether the server is there
			c, err := pgx.ConnectConfig(ctx, to)
			if err != nil {
				return err
			}
			defer c.Close(context.WithoutCancel(ctx))
			if _, err := c.Exec(ctx, "LISTEN evenkeel"); err != nil {
				return err
			}
			for {
				if _, err := c.WaitForNotification(ctx); err != nil {
					return err
				}
				d.feed.kick()
			}
		}()
		if ctx.Err() != nil {
			return
		}
		d.log.Warn("listening for changes of other replicas; polling meanwhile", "error", err)
		select {
		case <-time.After(5 * time.Second):
		case <-ctx.Done():
		}
	}
}
