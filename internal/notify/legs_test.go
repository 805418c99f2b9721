package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
)

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
