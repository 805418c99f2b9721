package db

import (
	"context"
	"sync"
	"time"
)

// clock follows the database server's clock on PostgreSQL. Every write reads
// it anyway; in between, and for reads, it goes on by the process's monotonic
// clock. So asking for the time takes no connection: a reader that asked for a
// second one while it held its first would wait for ever once all readers do.
type clock struct {
	mu     sync.Mutex
	server time.Time // what the server said
	asked  time.Time // when it was asked; zero: never. Taking this end of the round trip never puts a reader behind a write of its own process
	took   time.Duration
}

// clockAge is how old what the server said may be.
const clockAge = 10 * time.Second

// saw notes an answer of the server's clock to a question asked at a time. A
// slow answer says less than a quick one that is still fresh.
func (c *clock) saw(server, asked time.Time) {
	took := time.Since(asked)
	c.mu.Lock()
	defer c.mu.Unlock()
	if took <= c.took+time.Millisecond || time.Since(c.asked) > clockAge/2 {
		c.server, c.asked, c.took = server, asked, took
	}
}

// now is the server's time if it was asked lately.
func (c *clock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := time.Since(c.asked)
	return c.server.Add(age), age < clockAge
}

// Now is the time of the database: the server's clock on PostgreSQL, the
// process clock on SQLite.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	if d.cfg.Now != nil {
		return stamped(d.cfg.Now()), nil
	}
	if d.dialect.SQLite() {
		return stamped(time.Now()), nil
	}
	if t, ok := d.clock.now(); ok {
		return stamped(t), nil
	}
	asked := time.Now()
	var us int64
	if err := d.side.QueryRowContext(ctx, postgresClock).Scan(&us); err != nil {
		return time.Time{}, translate(err)
	}
	d.clock.saw(Time(us), asked)
	return Time(us), nil
}

// stamped is a time as records hold it: UTC, whole microseconds.
func stamped(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
