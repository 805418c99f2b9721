package notify_test

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Who answered is not told by their other ways; an answer of somebody else
// changes nothing for them.
func TestAnsweringStopsOnesOwnLegs(t *testing.T) {
	withPocket(t, func(b *pocket) {
		answered := func(person int64) {
			err := b.db.Write(context.Background(), actor.Job("test"), "answer", func(tx *db.Tx) error {
				tx.Record(evidence.Entry{Action: "incident.answer", Record: inc})
				return b.s.CancelFor(tx, inc, person, "answered")
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.tell(toTom("k"))
		b.pump()
		answered(tom + 1)
		b.clock.pass(2 * time.Minute)
		b.pump()
		b.want("somebody else answered", "push 1, text 1, call 0, mail 0")
		answered(tom)
		b.clock.pass(time.Hour)
		b.pump()
		b.want("Tom answered", "push 1, text 1, call 0, mail 0")
	})
}
