package fault

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// wire is the network between one replica and the database; it can be cut.
type wire struct {
	l      net.Listener
	target string

	mu   sync.Mutex
	dead bool
	open map[net.Conn]bool
}

// newWire leads to the database at an address, and returns the address that
// leads through it.
func newWire(t testing.TB, database string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{l: l, target: u.Host, open: map[net.Conn]bool{}}
	go w.accept()
	t.Cleanup(func() { l.Close(); w.cut() })
	u.Host = l.Addr().String()
	return w, u.String()
}

func (w *wire) accept() {
	for {
		c, err := w.l.Accept()
		if err != nil {
			return // closed
		}
		if !w.note(c) {
			c.Close()
			continue
		}
		go w.carry(c)
	}
}

// carry joins one connection with the database until either side, or the wire,
// ends it.
func (w *wire) carry(c net.Conn) {
	defer w.forget(c)
	d, err := net.Dial("tcp", w.target)
	if err != nil || !w.note(d) {
		return
	}
	defer w.forget(d)
	done := make(chan struct{}, 2)
	join := func(to, from net.Conn) { io.Copy(to, from); done <- struct{}{} }
	go join(d, c)
	go join(c, d)
	<-done
}

func (w *wire) note(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dead {
		w.open[c] = true
	}
	return !w.dead
}

func (w *wire) forget(c net.Conn) {
	c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

// cut ends every connection in the midst of what it carries, and lets no new
// one through until mend.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
	for c := range w.open {
		c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = false
}
