package notify_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// book is how Harbour & Co's people are reached in these tests.
type book struct {
	mu    sync.Mutex
	ways  map[int64][]notify.Way
	reach map[int64]notify.Reach
}

func (k *book) Ways(_ db.Querier, people []int64, _ notify.Need, _ time.Time) (map[int64][]notify.Way, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[int64][]notify.Way{}
	for _, id := range people {
		if w, ok := k.ways[id]; ok {
			out[id] = w
		}
	}
	return out, nil
}

func (k *book) Reach(_ db.Querier, methods []int64) (map[int64]notify.Reach, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[int64]notify.Reach{}
	for _, id := range methods {
		if r, ok := k.reach[id]; ok {
			out[id] = r
		}
	}
	return out, nil
}

// phone is a transport that keeps what it was given; answer may refuse.
type phone struct {
	mu     sync.Mutex
	got    []notify.Message
	to     []notify.Target
	answer func(to notify.Target) error
	heard  func(m notify.Message) // called for what was taken; nil = nobody asks
}

func (p *phone) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answer != nil {
		if err := p.answer(to); err != nil {
			return err
		}
	}
	notify.Answer(ctx, "201 taken")
	p.got, p.to = append(p.got, m), append(p.to, to)
	if p.heard != nil {
		p.heard(m)
	}
	return nil
}

func (p *phone) all() []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]notify.Message(nil), p.got...)
}

// pocket is a bench in which Tom, alone in team search, is told by push, two
// minutes later by text, five minutes later by a call.
type pocket struct {
	*bench
	push, text, call *phone
	book             *book
	told             []notify.Attempted
}

func withPocket(t *testing.T, f func(b *pocket)) {
	setup(t, func(old *bench) {
		p := &pocket{push: &phone{}, text: &phone{}, call: &phone{}, book: &book{
			ways: map[int64][]notify.Way{tom: {{Method: 1, Kind: notify.WebPush}, {Method: 2, Kind: notify.SMS, After: 2 * time.Minute}, {Method: 3, Kind: notify.Voice, After: 5 * time.Minute}}},
			reach: map[int64]notify.Reach{
				1: {Person: tom, Kind: notify.WebPush, Target: notify.Target{Push: []byte(`{}`)}},
				2: {Person: tom, Kind: notify.SMS, Target: notify.Target{Phone: "+49301234567"}},
				3: {Person: tom, Kind: notify.Voice, Target: notify.Target{Phone: "+49301234567"}},
			}}}
		p.bench = newBench(t, old.db, old.clock, func(o *notify.Options) {
			o.Book = p.book
			o.Transports[notify.WebPush], o.Transports[notify.SMS], o.Transports[notify.Voice] = p.push, p.text, p.call
			o.PerMinute = map[notify.ChannelKind]int{notify.SMS: 6000, notify.Voice: 6000}
		})
		p.s.OnAttempt(func(_ *db.Tx, list []notify.Attempted) error { p.told = append(p.told, list...); return nil })
		f(p)
	})
}

func toTom(key string) notify.Notice {
	n := page(key)
	n.Team, n.Priority = "search", "P1"
	return n
}

func (p *pocket) sent() string {
	return fmt.Sprintf("push %d, text %d, call %d, mail %d", len(p.push.all()), len(p.text.all()), len(p.call.all()), len(p.post.letters()))
}

func (p *pocket) want(what, sent string) {
	p.Helper()
	if got := p.sent(); got != sent {
		p.Errorf("%s: %s; want %s", what, got, sent)
	}
}

func (p *pocket) ack() {
	err := p.db.Write(context.Background(), actor.Job("test"), "ack", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "incident.acknowledge", Record: inc})
		return p.s.Cancel(tx, inc, "Jonas acknowledged")
	})
	if err != nil {
		p.Error(err)
	}
}
