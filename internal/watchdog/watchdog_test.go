package watchdog_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/watchdog"
)

// book is the incidents as the watchdog sees them.
type book struct {
	opened, noted, ended []int64
	over                 bool // somebody ended the open one by hand
}

func (b *book) OpenOwn(tx *db.Tx, title, text string) (int64, error) {
	id := int64(len(b.opened) + 1)
	tx.After(func() { b.opened = append(b.opened, id); b.over = false })
	return id, nil
}

func (b *book) OpenStill(db.Querier, int64) (bool, error) { return !b.over, nil }

func (b *book) NoteOwn(tx *db.Tx, id int64, text string) error {
	tx.After(func() { b.noted = append(b.noted, id) })
	return nil
}

func (b *book) EndOwn(tx *db.Tx, id int64, text string) error {
	tx.After(func() { b.ended = append(b.ended, id) })
	return nil
}

// dog is a watchdog with one check whose answer the test sets.
type dog struct {
	*testing.T
	*watchdog.Service
	d     *db.DB
	book  *book
	now   time.Time
	clock *atomic.Pointer[time.Time]
	found []watchdog.Finding
	fault error
}

func each(t *testing.T, f func(g *dog)) {
	clock := &atomic.Pointer[time.Time]{}
	clock.Store(new(time.Time))
	dbtest.EachWith(t, func() time.Time { return *clock.Load() }, func(t *testing.T, d *db.DB) {
		g := &dog{T: t, d: d, book: &book{}, now: time.Date(2026, 3, 6, 18, 0, 0, 0, time.UTC)}
		g.Service = watchdog.New(d, g.book, watchdog.Check{Name: "messages", Look: func(db.Querier, time.Time) ([]watchdog.Finding, error) { return g.found, g.fault }})
		g.clock = clock
		f(g)
	})
}

// look passes half a minute and looks.
func (g *dog) look() watchdog.State {
	g.Helper()
	g.now = g.now.Add(watchdog.Every)
	now := g.now
	g.clock.Store(&now)
	if _, err := g.Source().Run(context.Background(), g.d); err != nil {
		g.Fatal(err)
	}
	var st watchdog.State
	if err := g.d.Read(context.Background(), func(q db.Querier) (err error) { st, err = g.Last(q); return err }); err != nil {
		g.Fatal(err)
	}
	return st
}

func TestOneIncidentForAsLongAsItLasts(t *testing.T) {
	each(t, func(g *dog) {
		if st := g.look(); !st.Fine(g.now) || st.Incident != 0 {
			g.Fatalf("nothing is wrong: %+v", st)
		}
		late := watchdog.Finding{Record: ref.N(ref.Incident, 7), Since: g.now, Text: "message MSG-3 is not out"}
		g.found = []watchdog.Finding{late}
		for range 3 {
			g.look()
		}
		if len(g.book.opened) != 1 || len(g.book.noted) != 0 {
			g.Errorf("three looks at one finding opened %v and noted %v", g.book.opened, g.book.noted)
		}
		g.found = append(g.found, watchdog.Finding{Record: ref.N(ref.Incident, 8), Since: g.now, Text: "nobody was told"})
		if st := g.look(); len(g.book.noted) != 1 || st.Fine(g.now) {
			g.Errorf("another finding is news: %v %+v", g.book.noted, st)
		}
		g.found = nil
		g.look()
		if len(g.book.ended) != 0 {
			g.Error("one clean look is not yet the end")
		}
		if st := g.look(); len(g.book.ended) != 1 || st.Incident != 0 {
			g.Errorf("two are: %v %+v", g.book.ended, st)
		}
	})
}

func TestEndedByHandWhileItLasts(t *testing.T) {
	each(t, func(g *dog) {
		g.found = []watchdog.Finding{{Text: "a"}}
		g.look()
		g.book.over = true
		g.look() // the same finding, word for word
		g.look()
		if len(g.book.opened) != 2 || len(g.book.noted) != 0 {
			g.Errorf("the fault goes on, so a new incident is opened: %v, noted %v", g.book.opened, g.book.noted)
		}
		g.book.over, g.found = true, []watchdog.Finding{{Text: "b"}}
		g.look()
		g.look()
		if len(g.book.opened) != 3 {
			g.Errorf("another fault, another incident: %v", g.book.opened)
		}
	})
}

func TestABlindCheckIsAFinding(t *testing.T) {
	each(t, func(g *dog) {
		g.fault = errors.New("no such table")
		if st := g.look(); len(st.Findings) != 1 || len(g.book.opened) != 1 {
			g.Errorf("%+v", st)
		}
	})
}

func TestOldLooksAreNotFine(t *testing.T) {
	each(t, func(g *dog) {
		if st := g.look(); st.Fine(g.now.Add(5 * watchdog.Every)) {
			g.Error("nobody looked for minutes")
		}
	})
}

// TestHeartbeat counts the calls an outside dead man's switch gets: none while
// something is wrong, or nobody looks.
func TestHeartbeat(t *testing.T) {
	var calls atomic.Int64
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.WriteHeader(status)
	}))
	defer srv.Close()
	each(t, func(g *dog) {
		calls.Store(0)
		status = http.StatusOK
		beat := &watchdog.Beat{URL: srv.URL, Every: time.Hour, Client: srv.Client(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		once := func() watchdog.BeatState {
			beat.Once(g.Context(), g.d, g.Service)
			return beat.State()
		}
		if st := once(); calls.Load() != 0 || st.Error == "" {
			g.Errorf("nobody has looked yet: %d calls, %+v", calls.Load(), st)
		}
		g.look()
		if st := once(); calls.Load() != 1 || st.Error != "" || st.Good.IsZero() {
			g.Errorf("all is well: %d calls, %+v", calls.Load(), st)
		}
		g.found = []watchdog.Finding{{Text: "late"}}
		g.look()
		if st := once(); calls.Load() != 1 || st.Error == "" {
			g.Errorf("a finding is told by silence: %d calls, %+v", calls.Load(), st)
		}
		g.found = nil
		g.look()
		status = http.StatusNotFound
		if st := once(); calls.Load() != 2 || st.Error != "the heartbeat's address answered 404 Not Found" {
			g.Errorf("%d calls, %+v", calls.Load(), st)
		}
	})
}
