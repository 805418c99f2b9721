package fault

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// line is the network between the program and PostgreSQL.
type line struct {
	t        testing.TB
	to, addr string
	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
}

func newLine(t testing.TB, to string) *line {
	l := &line{t: t, to: to, addr: "127.0.0.1:0"}
	l.mend()
	t.Cleanup(l.cut)
	return l
}

// mend lets connections through, at the same address as before.
func (l *line) mend() {
	l.t.Helper()
	listener, err := net.Listen("tcp", l.addr)
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	l.listener, l.addr = listener, listener.Addr().String()
	l.mu.Unlock()
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return // cut
			}
			out, err := net.Dial("tcp", l.to)
			if err != nil {
				in.Close()
				continue
			}
			l.mu.Lock()
			l.conns = append(l.conns, in, out)
			l.mu.Unlock()
			pass := func(to, from net.Conn) { io.Copy(to, from); to.Close(); from.Close() }
			go pass(in, out)
			go pass(out, in)
		}
	}()
}

// cut ends all connections, in the middle of whatever they carry, and lets no
// new one through.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listener.Close()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// TestDatabaseGone takes PostgreSQL away in the middle of the load and brings
// it back, several times. Everybody is told, and it goes on by itself.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	dice := dice(t)
	u, err := url.Parse(dbtest.PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	l := newLine(t, u.Host)
	u.Host = l.addr
	s := found(t, u.String())
	senders := newSenders(s, 2, dice)
	p := s.serve()
	address := p.address()
	const times = 5
	for range times {
		ctx, cancel := context.WithCancel(context.Background())
		var all sync.WaitGroup
		for _, x := range senders {
			all.Go(func() { x.run(ctx, 1000, address) })
		}
		<-time.After(time.Duration(50+dice.IntN(200)) * time.Millisecond)
		l.cut()
		all.Wait() // each is refused
		cancel()
		for _, x := range senders {
			x.run(context.Background(), 1, address)
			if !strings.Contains(x.refusal, "the database does not answer") && !strings.Contains(x.refusal, "the database cannot take this now") {
				t.Errorf("%s is told %q", x.name, x.refusal)
			}
		}
		for _, path := range []string{"/api/v1/incidents", "/api/v1/now"} {
			if status, answer := s.ask(address, "GET", path, ""); status != http.StatusServiceUnavailable || !strings.Contains(answer, "try again") {
				t.Errorf("%s answers %d %s", path, status, answer)
			}
		}
		if status, answer := s.ask(address, "GET", "/readyz", ""); status != http.StatusServiceUnavailable || !strings.Contains(answer, "the database does not answer") {
			t.Errorf("/readyz answers %d %s", status, answer)
		}
		if status, _ := s.ask(address, "GET", "/livez", ""); status != http.StatusOK {
			t.Errorf("/livez answers %d: it would be restarted for nothing", status)
		}
		l.mend()
		for _, x := range senders {
			x.finish(t, address)
		}
		tx, end := s.snapshot()
		compare(t, tx, senders, true)
		whole(t, tx)
		end()
	}
	l.cut()
	refuses(t, nil, s.args(), 8, "does not answer", "check")
	l.mend()
	eventually(t, 30*time.Second, "all evidence has its place", s.sequenced)
	eventually(t, 30*time.Second, "it is ready again", func() error {
		if status, answer := s.ask(address, "GET", "/readyz", ""); status != http.StatusOK {
			return missing("%s", answer)
		}
		return nil
	})
	s.verify(address)
	p.stop()
	acked := 0
	for _, x := range senders {
		acked += x.acked
	}
	t.Logf("the database was gone %d times; %d posts acknowledged", times, acked)
}
