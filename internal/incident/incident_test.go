package incident_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// The people of the demo organisation.
const (
	mara int64 = iota + 1
	jonas
	priya
	tom
	lena
)

// world is what the practice asks of others, as plain data.
type world struct{}

func (world) ServiceOf(_ db.Querier, name string) (string, int, bool, error) {
	s, ok := map[string]struct {
		team string
		tier int
	}{"checkout": {"payments", 0}, "search": {"discovery", 1}, "email": {"discovery", 3}}[name]
	return s.team, s.tier, ok, nil
}

func (world) Names(_ db.Querier, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for _, id := range ids {
		if id <= lena {
			out[id] = [...]string{"", "Mara", "Jonas", "Priya", "Tom", "Lena"}[id]
		}
	}
	return out, nil
}
func (world) TeamOf(_ db.Querier, name string) (string, bool, error) {
	return map[string]string{"payments": "https://meet.example.org/{key}"}[name], name == "payments" || name == "discovery", nil
}
func (world) PersonOf(_ db.Querier, handle string) (int64, bool, error) {
	return jonas, handle == "jonas", nil
}
func (world) PersonExists(_ db.Querier, id int64) (bool, error) { return id >= mara && id <= lena, nil }

// clock is a hand-moved clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 20, 18, 4, 0, 0, time.UTC)} }
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is one practice on one database.
type bench struct {
	*testing.T
	*incident.Service
	clock  *clock
	events []incident.Event
}

func as(person int64, role actor.Role) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: person, Person: person, Role: role})
}

func responder(person int64) context.Context { return as(person, actor.Responder) }

// each runs a test on both engines with a clock that stands until moved.
func each(t *testing.T, f func(b *bench)) {
	t.Helper()
	c := newClock()
	dbtest.EachWith(t, c.Now, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, clock: c, Service: incident.New(d, world{}, world{}, nil, nil)}
		var mu sync.Mutex
		b.On(func(tx *db.Tx, e incident.Event) error {
			mu.Lock()
			defer mu.Unlock()
			b.events = append(b.events, e)
			return nil
		})
		f(b)
	})
}

func (b *bench) declare(d incident.Declaration) incident.Incident {
	b.Helper()
	i, err := b.Declare(responder(mara), d)
	b.must(err)
	return i
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) refused(k errs.Kind, err error) {
	b.Helper()
	if !errs.Is(err, k) {
		b.Fatalf("got %v, want an error of kind %s", err, k)
	}
}

// kinds are the events since the last call.
func (b *bench) kinds() (out []incident.EventKind) {
	for _, e := range b.events {
		out = append(out, e.Kind)
	}
	b.events = nil
	return out
}

// due runs the due work until nothing is due.
func (b *bench) due() {
	b.Helper()
	for range 100 {
		n, err := b.Due().Run(context.Background(), b.DB)
		b.must(err)
		if n == 0 {
			return
		}
	}
	b.Fatal("due work does not end")
}

// sound checks that the present content is what the last evidence entry says.
func (b *bench) sound(id int64) {
	b.Helper()
	b.must(b.DB.Read(context.Background(), func(q db.Querier) error {
		sum, version, err := b.Content(q, id)
		if err != nil {
			return err
		}
		var entry []byte
		err = q.QueryRow("SELECT entry FROM evidence WHERE record = $1 ORDER BY leaf_id DESC LIMIT 1", incident.Incident{ID: id}.Key()).Scan(&entry)
		if err != nil {
			return err
		}
		var e struct {
			Version int64
			After   string
		}
		b.must(json.Unmarshal(entry, &e))
		if e.After != sum || e.Version != version {
			b.Errorf("the last evidence entry is about version %d, digest %.8s; the record is at version %d, digest %.8s", e.Version, e.After, version, sum)
		}
		return nil
	}))
}
