package notify

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// When the clock is put back, times that were computed before lie ahead for as
// long as it went back: the place in a via's pace, the wait after a failure, a
// lease. Left alone, messages would wait for the clock to be there again, new
// ones too, because they queue behind the places that were given away.
//
// The courier therefore remembers the latest time it has seen. When the
// present is before it, whatever waits for a moment reckoned from the past is
// put right in one transaction:
//
//   - messages are due now that wait for their place, after a failure, or
//     since they were queued;
//   - vias may be used now;
//   - leases end after a lease from now, so that a sender which is at work is
//     not overtaken.
//
// What waits for an hour of the day (a quiet notice for the start of business)
// keeps it. To do this twice does no harm, so every replica may. At worst a
// message is tried once too early, and a pace is exceeded by one burst.
//
// A process that begins takes the latest time from what is stored, so a clock
// that was put back while nothing ran is noticed as well.

// jumpNoticed is how far back the clock must be to be called so: replicas on
// PostgreSQL may see transactions in another order than their times.
const jumpNoticed = time.Second

// follow notes the present time. It puts the outbox right when it lies behind
// one that was seen before.
func (c *Courier) follow(ctx context.Context, now time.Time) error {
	if c.seen.IsZero() {
		err := c.s.db.Read(ctx, func(q db.Querier) (err error) { c.seen, err = latestStamp(q); return err })
		if err != nil {
			c.seen = time.Time{}
			return err
		}
	}
	if !now.Before(c.seen.Add(-jumpNoticed)) {
		if now.After(c.seen) {
			c.seen = now
		}
		return nil
	}
	err := c.s.db.Write(ctx, courier, "the clock was put back", func(tx *db.Tx) error {
		tx.Unrecorded("when a message is tried again is no state of its own")
		return rewindOutbox(tx, c.lease)
	})
	if err != nil {
		return err
	}
	c.s.o.Log.WarnContext(ctx, "the clock was put back; messages that waited for it are due now", "by", c.seen.Sub(now).String())
	c.seen = now
	return nil
}
