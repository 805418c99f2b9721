package db

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib" // PostgreSQL
)

// A server that stops answering without hanging up (the network swallows
// packets, the machine is gone, the process hangs) would be waited for until
// the kernel gives the connection up: a quarter of an hour with Linux's
// defaults. Three bounds end that earlier, each for what the others cannot see:
//
//   - statement_timeout, patience less 5 s: the server itself ends a statement;
//   - TCP keep-alive and TCP_USER_TIMEOUT (dial_linux.go): the kernel finds out
//     that nobody acknowledges packets any more, within 25 s, also for idle
//     connections and for work without the third bound;
//   - patience: an answer of which nothing arrives for this long is given up.
//
// Whoever waits is told Unavailable. The first two hold for everything; the
// third not for migrations and LISTEN, which may rightly wait for long.
const (
	defaultPatience = 30 * time.Second
	patienceMargin  = 5 * time.Second // between the server's bound and ours
	pingPatience    = 2 * time.Second // for a connection that rested, before it is used
	unheard         = 25 * time.Second
)

// patienceFor completes the parameters of a connection: statement_timeout
// unless the operator gave one, and how long an answer is waited for (0 = for
// ever). An operator's statement_timeout is kept to; 0, which is for ever, as
// well. patience is Config.Patience.
func patienceFor(c *pgx.ConnConfig, patience time.Duration) time.Duration {
	if given, ok := c.RuntimeParams["statement_timeout"]; ok && patience >= 0 {
		ms, err := strconv.Atoi(given)
		if err != nil || ms == 0 { // with a unit, like 1min, only the server reads it
			return 0
		}
		return time.Duration(ms)*time.Millisecond + patienceMargin
	}
	switch {
	case patience < 0:
		c.RuntimeParams["statement_timeout"] = "0"
		return 0
	case patience == 0:
		patience = defaultPatience
	}
	c.RuntimeParams["statement_timeout"] = strconv.FormatInt(max(patience-patienceMargin, patience/2).Milliseconds(), 10)
	return patience
}

// dialWith makes connections that give up. patience 0 = only the kernel does.
func dialWith(patience time.Duration) func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}, Control: userTimeout}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, addr)
		if err != nil || patience == 0 {
			return c, err
		}
		return &patient{Conn: c, patience: patience}, nil
	}
}

// patient is a connection on which an answer must begin, or go on, within a
// time. The driver reads only while it waits for an answer, so an idle
// connection does not run out of it.
type patient struct {
	net.Conn
	patience time.Duration

	mu    sync.Mutex
	given time.Time // the driver's own deadline, zero when it has none: a context that ended
}

// bound is the earlier of the driver's deadline and ours; p.mu is held.
func (p *patient) bound() time.Time {
	own := time.Now().Add(p.patience)
	if !p.given.IsZero() && p.given.Before(own) {
		return p.given
	}
	return own
}

// SetDeadline is how the driver makes an ended context felt.
func (p *patient) SetDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.given = t
	return p.Conn.SetDeadline(t)
}

func (p *patient) Read(b []byte) (int, error) {
	p.mu.Lock()
	err := p.Conn.SetReadDeadline(p.bound())
	p.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

// Write also puts a read under way off: COPY reads for errors while it writes.
func (p *patient) Write(b []byte) (int, error) {
	p.mu.Lock()
	err := p.Conn.SetDeadline(p.bound())
	p.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// rested asks a connection that was not used for a while whether it still
// works, and does not wait long for the answer: there are others, and a new
// one says more. A connection that fails is closed, which the pool sees.
func rested(ctx context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration > time.Second {
		ctx, cancel := context.WithTimeout(ctx, pingPatience)
		defer cancel()
		return p.Conn.Ping(ctx) != nil // then the pool asks too, hears of it, and takes another
	}
	return false
}

// pool opens a pool of connections like c that wait this long for an answer.
func pool(c *pgx.ConnConfig, patience time.Duration) *sql.DB {
	c = c.Copy()
	c.DialFunc = dialWith(patienceFor(c, patience))
	return stdlib.OpenDB(*c, stdlib.OptionShouldPing(rested))
}
