package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

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
