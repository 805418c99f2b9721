package fault

import (
	"context"
	"net/url"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// impatient shortens how long PostgreSQL waits for a client that holds a
// transaction open and says nothing, from half a minute, so that the test need
// not pause a replica that long.
func impatient(t *testing.T) string { return hasty(t, dbtest.PostgresURL(t)) }

func hasty(t *testing.T, database string) string {
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("idle_in_transaction_session_timeout", "700")
	q.Set("lock_timeout", "5000")
	u.RawQuery = q.Encode()
	return u.String()
}

// TestReplicas runs two replicas on one PostgreSQL under load. In turn one of
// them is killed, or stopped in the middle of whatever it does while the other
// goes on, or loses all its connections to the database.
func TestReplicas(t *testing.T) {
	t.Parallel()
	const killed, paused, cut = 8, 6, 3
	dice := dice(t)
	s := found(t, impatient(t))
	senders := newSenders(s, 3, dice)
	people := []*person{newPerson(s, "a", dice)}
	two := [2]*program{s.serve(), s.serve()}
	urls := [2]string{two[0].address(), two[1].address()}
	begun := time.Now()
	for round := range killed + paused + cut {
		i := round % 2
		ctx, cancel := context.WithCancel(context.Background())
		var all sync.WaitGroup
		for n, x := range senders {
			all.Go(func() {
				for ctx.Err() == nil {
					x.run(ctx, 1000, urls[n%2], urls[1-n%2])
				}
			})
		}
		for _, x := range people {
			all.Go(func() { x.run(100, urls[1-i]) })
		}
		pause := func(least int) { <-time.After(time.Duration(least+dice.IntN(200)) * time.Millisecond) }
		pause(100)
		switch {
		case round < killed:
			two[i].kill()
			pause(50)
			two[i] = s.serve()
			urls[i] = two[i].address()
		case round < killed+paused:
			two[i].signal(syscall.SIGSTOP)
			pause(1000)
			two[i].signal(syscall.SIGCONT)
			pause(100)
		default:
			d := s.look()
			if _, err := d.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
				t.Error(err)
			}
			d.Close()
			pause(100)
		}
		cancel()
		all.Wait()
		if t.Failed() {
			return
		}
	}
	for _, x := range senders {
		x.finish(t, urls[0], urls[1])
	}
	for _, x := range people {
		x.finish(t, urls[0])
	}
	eventually(t, 30*time.Second, "all evidence has its place", func() error {
		tx, end := s.snapshot()
		defer end()
		if n := number(t, tx, "SELECT COUNT(*) FROM evidence WHERE idx IS NULL"); n > 0 {
			return missing("%d entries wait", n)
		}
		return nil
	})
	tx, end := s.snapshot()
	compare(t, tx, senders, true)
	for _, x := range people {
		x.compare(tx)
	}
	whole(t, tx)
	end()
	s.verify(urls[0])
	s.verify(urls[1])
	for _, p := range two {
		p.stop()
	}
	s.deliverAll(killed + paused)
	s.whole()
	posts, acked, alerts := 0, 0, 0
	for _, x := range senders {
		posts, acked, alerts = posts+x.posts, acked+x.acked, alerts+len(x.claims)
	}
	t.Logf("%d kills, %d pauses, %d cuts; %d posts sent, %d acknowledged, %d alerts, %d messages, %v", killed, paused, cut, posts, acked, alerts, len(s.mail.times()), time.Since(begun).Round(time.Second))
}
