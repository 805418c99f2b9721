package db_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// hole is a network between the program and the server that can fall silent:
// nothing is forwarded, nothing is closed, and new connections are taken by
// nobody who answers.
type hole struct {
	net.Listener
	to string

	mu     sync.Mutex
	silent chan struct{} // closed = forwarding stops
	conns  []net.Conn
}

func newHole(t *testing.T, to string) *hole {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hole{Listener: l, to: to, silent: make(chan struct{})}
	t.Cleanup(func() {
		l.Close()
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, c := range h.conns {
			c.Close()
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.take(c)
		}
	}()
	return h
}

func (h *hole) take(near net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	silent := h.silent
	h.conns = append(h.conns, near)
	select {
	case <-silent:
		return
	default:
	}
	far, err := net.Dial("tcp", h.to)
	if err != nil {
		near.Close()
		return
	}
	h.conns = append(h.conns, far)
	pass := func(from, to net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			select {
			case <-silent:
				return // both stay open
			default:
			}
			if err != nil {
				to.Close()
				return
			}
			to.Write(buf[:n])
		}
	}
	go pass(near, far)
	go pass(far, near)
}

// fall makes the network silent; mend lets new connections through.
func (h *hole) fall() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.silent)
}

func (h *hole) mend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silent = make(chan struct{})
}

// A network that falls silent, before a request or in its midst, is told in
// time as Unavailable; once it is mended everything goes on by itself.
func TestSilentNetwork(t *testing.T) {
	u, err := url.Parse(dbtest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	h := newHole(t, u.Host)
	u.Host = h.Addr().String()
	q := u.Query()
	q.Set("connect_timeout", "1")
	u.RawQuery = q.Encode()
	ctx := context.Background()
	const patience = 400 * time.Millisecond
	d, err := db.Open(ctx, db.Config{URL: u.String(), NoFeed: true, Patience: patience, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	one := func(q db.Querier) error {
		var n int
		return q.QueryRow("SELECT 1").Scan(&n)
	}
	write := func(key string) error {
		return d.Write(ctx, who, "test", func(tx *db.Tx) error { return put(tx, key, "1") })
	}
	must := func(when string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	refused := func(when string, f func() error) {
		t.Helper()
		start := time.Now()
		err := f()
		if took := time.Since(start); !errs.Is(err, errs.Unavailable) || took > 5*time.Second {
			t.Fatalf("%s: after %s %v", when, took, err)
		}
	}
	must("whole", write("before"))
	refused("in the midst of reading", func() error {
		return d.Read(ctx, func(q db.Querier) error {
			must("its first query", one(q))
			h.fall()
			return one(q)
		})
	})
	refused("reading", func() error { return d.Read(ctx, one) })
	refused("writing", func() error { return write("silent") })
	h.mend()
	must("mended", write("after"))
	must("mended", d.Read(ctx, one))
	refused("in the midst of writing", func() error {
		return d.Write(ctx, who, "test", func(tx *db.Tx) error {
			must("its first statement", put(tx, "lost", "1"))
			h.fall()
			return put(tx, "lost too", "1")
		})
	})
	h.mend()
	must("mended again", write("at last"))
	if got := get(t, d, "lost"); got != "" {
		t.Errorf("half of a transaction is there: %q", got)
	}
}

// A statement without end is ended by the server, and said to be no fault of
// the sender's.
func TestEndlessStatement(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: dbtest.PostgresURL(t), NoFeed: true, Patience: 600 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Read(ctx, func(q db.Querier) error {
		var n any
		return q.QueryRow("SELECT pg_sleep(60)").Scan(&n)
	})
	if !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}
