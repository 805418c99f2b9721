package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
)

var busy = &notify.Failure{Text: "the phone was busy", Permanent: true, Recipient: true}

// TestReturned: a call that the service took and that nobody answered is a
// failed attempt, and the next leg does not wait for its time.
func TestReturned(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.book.ways[tom] = []notify.Way{{Method: 3, Kind: notify.Voice}, {Method: 2, Kind: notify.SMS, After: 5 * time.Minute}}
		returns := notify.NewReturns(b.s)
		b.tell(toTom("k"))
		b.pump()
		b.want("at once", "push 0, text 0, call 1, mail 0")
		id := b.call.all()[0].ID
		report := func(f *notify.Failure) {
			b.Helper()
			if err := returns.Report(context.Background(), id, f); err != nil {
				b.Fatal(err)
			}
		}
		report(nil)
		b.pump()
		b.want("reached", "push 0, text 0, call 1, mail 0")
		report(busy)
		report(busy)
		b.pump()
		b.want("after the phone was busy", "push 0, text 1, call 1, mail 0")
		dead := b.messages(notify.Filter{State: notify.Dead})
		if len(dead) != 1 || dead[0].Ref().String() != id || dead[0].Error != busy.Text || dead[0].Attempts != 4 {
			b.Errorf("dead letters %+v", dead)
		}
		if got := b.actions("message.returned"); len(got) != 1 {
			b.Errorf("evidence %v", got)
		}
		if n := len(b.told); n != 5 || b.told[1].Outcome != notify.WasSent || !b.told[2].Final || b.told[2].Answer != busy.Text || b.told[3].Final {
			b.Errorf("hooks heard %d: %+v", n, b.told)
		}
		b.clock.pass(time.Hour)
		b.pump()
		b.want("an hour later", "push 0, text 1, call 1, mail 0")
		for _, unknown := range []string{"MSG-999", "INC-1", "", "MSG-x"} {
			if err := returns.Report(context.Background(), unknown, busy); !errs.Is(err, errs.NotFound) {
				b.Errorf("%q: %v", unknown, err)
			}
		}
	})
}

// Nobody is woken by a busy line once somebody has acknowledged.
func TestReturnedAfterAcknowledge(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.book.ways[tom] = []notify.Way{{Method: 3, Kind: notify.Voice}, {Method: 2, Kind: notify.SMS, After: 5 * time.Minute}}
		b.tell(toTom("k"))
		b.pump()
		b.ack()
		if err := notify.NewReturns(b.s).Report(context.Background(), b.call.all()[0].ID, busy); err != nil {
			b.Fatal(err)
		}
		b.pump()
		b.want("acknowledged by another", "push 0, text 0, call 1, mail 0")
	})
}

// What went as one comes back as one.
func TestReturnedStorm(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.book.ways[tom] = []notify.Way{{Method: 2, Kind: notify.SMS}}
		for i := range 50 {
			n := toTom(fmt.Sprint("alert ", i))
			n.Priority = "P2"
			b.tell(n)
		}
		b.pump()
		b.clock.pass(time.Minute + time.Second)
		b.pump()
		for _, m := range b.text.all() {
			if err := notify.NewReturns(b.s).Report(context.Background(), m.ID, busy); err != nil {
				b.Fatal(err)
			}
		}
		if got := len(b.actions("message.returned")); got != 50 {
			b.Errorf("%d of 50 messages came back", got)
		}
	})
}

// A service may report before the sending itself is recorded.
func TestReturnedBeforeItIsRecorded(t *testing.T) {
	withPocket(t, func(b *pocket) {
		b.book.ways[tom] = []notify.Way{{Method: 3, Kind: notify.Voice}, {Method: 2, Kind: notify.SMS, After: 5 * time.Minute}}
		reported := make(chan error, 1)
		b.call.heard = func(m notify.Message) {
			go func() { reported <- notify.NewReturns(b.s).Report(context.Background(), m.ID, busy) }()
		}
		b.tell(toTom("k"))
		b.pump()
		if err := <-reported; err != nil {
			b.Fatal(err)
		}
		b.pump()
		b.want("after the phone was busy", "push 0, text 1, call 1, mail 0")
	})
}
