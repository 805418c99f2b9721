package notify_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
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

func TestLegsFollow(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.tell(toTom("k"))
		b.pump()
		b.want("at once", "push 1, text 0, call 0, mail 0")
		b.clock.pass(119 * time.Second)
		b.pump()
		b.want("before two minutes", "push 1, text 0, call 0, mail 0")
		b.clock.pass(2 * time.Second)
		b.pump()
		b.want("after two minutes", "push 1, text 1, call 0, mail 0")
		b.clock.pass(3 * time.Minute)
		b.pump()
		b.want("after five minutes", "push 1, text 1, call 1, mail 0")
		if w, err := b.s.Watch(b.admin); err != nil || !w.Fine() {
			b.Errorf("legs that follow are not overdue: %+v, %v", w, err)
		}
		if len(b.told) != 3 || b.told[0].Answer != "201 taken" || !b.told[0].Final || b.told[1].Kind != notify.SMS {
			b.Errorf("hooks heard %+v", b.told)
		}
	})
}

func TestCancelStopsWhatFollows(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.tell(toTom("k"))
		b.ack()
		b.pump()
		b.clock.pass(time.Hour)
		b.pump()
		b.want("acknowledged before the first leg was out", "push 1, text 0, call 0, mail 0")
		states := map[notify.State]int{}
		for _, d := range b.messages(notify.Filter{}) {
			states[d.State]++
		}
		if states[notify.Canceled] != 2 || states[notify.Sent] != 1 {
			b.Errorf("states %v", states)
		}
		if got := b.actions("message.canceled"); len(got) != 2 {
			b.Errorf("evidence %v", got)
		}
		b.tell(toTom("again"))
		b.clock.pass(3 * time.Minute)
		b.pump()
		b.want("a later page has legs of its own", "push 2, text 1, call 0, mail 0")
	})
}

// A leg that is being sent when somebody acknowledges is not tried again.
func TestCancelOfWhatFails(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.tell(toTom("k"))
		b.pump()
		b.clock.pass(2 * time.Minute)
		b.text.answer = func(notify.Target) error {
			b.ack()
			return &notify.Failure{Text: "503 later"}
		}
		b.pump()
		b.text.answer = nil
		b.clock.pass(time.Hour)
		b.pump()
		b.want("acknowledged while the text failed", "push 1, text 0, call 0, mail 0")
	})
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

func TestFailOver(t *testing.T) {
	refuse := func(notify.Target) error {
		return &notify.Failure{Text: "410 gone", Permanent: true, Recipient: true}
	}
	later := func(notify.Target) error { return &notify.Failure{Text: "503 later"} }
	withPocket(t, func(b *pocket) {
		b.push.answer = refuse
		b.tell(toTom("k"))
		b.pump()
		b.want("push refused", "push 0, text 1, call 0, mail 0")

		b.text.answer = refuse
		b.tell(toTom("k2"))
		b.pump()
		b.want("push and text refused", "push 0, text 1, call 1, mail 0")

		b.call.answer = refuse
		b.tell(toTom("k3"))
		b.pump()
		b.want("all refused: e-mail is the last resort", "push 0, text 1, call 1, mail 1")
		if m := b.post.letters()[0]; !strings.Contains(m.to, "tom@") || !strings.Contains(m.body, "/do/") {
			b.Errorf("the last resort has the same links: %s", m.body)
		}
	})
	withPocket(t, func(b *pocket) {
		b.push.answer = later
		b.tell(toTom("k"))
		b.pump()
		b.want("one failure is a hiccup", "push 0, text 0, call 0, mail 0")
		b.clock.pass(3 * time.Second)
		b.pump()
		b.want("two are not", "push 0, text 1, call 0, mail 0")
		b.push.answer = nil
		b.clock.pass(10 * time.Second)
		b.pump()
		b.want("and the first way is still tried", "push 1, text 1, call 0, mail 0")
	})
	withPocket(t, func(b *pocket) { // ways that are gone meanwhile
		b.book.reach = map[int64]notify.Reach{3: {Person: tom, Kind: notify.Voice, Lack: "it is not verified"}}
		b.tell(toTom("k"))
		b.pump()
		b.want("nothing is left but mail", "push 0, text 0, call 0, mail 1")
	})
}

// 240 alerts in a minute make a handful of messages, and every one of them is
// accounted for.
func TestStorm(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.book.ways[tom] = []notify.Way{{Method: 1, Kind: notify.WebPush}}
		for i := range 240 {
			n := toTom(fmt.Sprint("alert ", i))
			n.Record, n.Priority = ref.N(ref.Incident, int64(1+i%12)), fmt.Sprint("P", 2+i%3)
			if i >= 100 && i < 104 {
				n.Priority = "P1"
			}
			n.Facts = []notify.Fact{{Name: "Service", Value: []string{"checkout", "ledger", "search"}[i%3]}}
			b.tell(n)
			if i%4 == 3 {
				b.clock.pass(time.Second)
				b.pump()
			}
		}
		if got := len(b.push.all()); got > 6 {
			b.Errorf("%d messages within the minute", got)
		}
		b.clock.pass(time.Minute + time.Second)
		b.pump()
		got := b.push.all()
		if len(got) > 8 {
			b.Errorf("%d messages in all", len(got))
		}
		stands, p1 := 0, 0
		for _, m := range got {
			stands += max(1, m.Gathered)
			if m.Priority == "P1" && m.Gathered == 0 {
				p1++
			}
		}
		if stands != 240 || p1 != 1 {
			b.Errorf("the messages stand for %d alerts, want 240; %d P1 went at once, want 1", stands, p1)
		}
		big := got[len(got)-1]
		for _, m := range got {
			if m.Gathered > big.Gathered {
				big = m
			}
		}
		if want := fmt.Sprintf("%d alerts on 3 services", big.Gathered); big.Title != want || big.Priority != "P1" {
			b.Errorf("title %q (%s), want %q", big.Title, big.Priority, want)
		}
		all, before := 0, int64(0)
		for {
			list, err := b.s.Messages(b.admin, notify.Filter{}, before, 200)
			if err != nil {
				b.Fatal(err)
			}
			for _, d := range list {
				before = d.ID
				all++
				if d.State != notify.Sent || d.Attempts != 1 {
					b.Errorf("%s is %s after %d attempts", d.Ref(), d.State, d.Attempts)
				}
			}
			if len(list) == 0 {
				break
			}
		}
		if sent := len(b.actions("message.sent")); all != 240 || sent != 240 || len(b.told) != 240 {
			b.Errorf("%d messages, %d in evidence, %d told to hooks; want 240 of each", all, sent, len(b.told))
		}
		if w, err := b.s.Watch(b.admin); err != nil || !w.Fine() {
			b.Errorf("watchdog: %+v, %v", w, err)
		}
	})
}

// What gathered is tried again as the same group, also after its sender died.
func TestStormFails(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.book.ways[tom] = []notify.Way{{Method: 1, Kind: notify.WebPush}}
		for i := range 100 {
			b.tell(toTom(fmt.Sprint("alert ", i)))
		}
		b.pump()
		if got := len(b.push.all()); got != 3 {
			b.Fatalf("%d at once, want 3", got)
		}
		b.push.answer = func(notify.Target) error { return &notify.Failure{Text: "503 later"} }
		b.clock.pass(61 * time.Second)
		b.pump()
		for range 5 {
			b.tell(toTom(fmt.Sprint("late ", b.clock.Now().UnixNano())))
			b.clock.pass(time.Millisecond)
		}
		b.push.answer = nil
		if n, err := b.courier.SendAndDie(context.Background()); err != nil {
			b.Fatal(n, err)
		}
		b.clock.pass(3 * time.Second)
		if n, err := b.courier.SendAndDie(context.Background()); err != nil || n != 1 {
			b.Fatalf("%d groups claimed, want 1: %v", n, err)
		}
		b.clock.pass(2 * time.Minute)
		b.pump()
		var groups []notify.Message
		for _, m := range b.push.all() {
			if m.Gathered > 5 { // the late ones may gather, too
				groups = append(groups, m)
			}
		}
		if len(groups) != 2 || groups[0].Gathered != 97 || groups[1].Gathered != 97 || groups[0].ID != groups[1].ID || groups[0].Text != groups[1].Text {
			for _, g := range groups {
				b.Errorf("group %s of %d", g.ID, g.Gathered)
			}
		}
		for _, d := range b.messages(notify.Filter{}) {
			if d.State != notify.Sent {
				b.Errorf("%s is %s: %s", d.Ref(), d.State, d.Error)
			}
		}
	})
}
