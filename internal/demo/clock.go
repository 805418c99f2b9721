package demo

import (
	"sync/atomic"
	"time"
)

// clock is the demo's time: history is lived through with a clock that is
// moved, by the same verbs and rules that work in the present; then the clock
// is let go and follows the real one.
type clock struct{ set atomic.Int64 } // nanoseconds since 1970; 0 = real time

func (c *clock) now() time.Time {
	if ns := c.set.Load(); ns != 0 {
		return time.Unix(0, ns).UTC()
	}
	return time.Now().UTC()
}

func (c *clock) move(t time.Time) { c.set.Store(t.UnixNano()) }
func (c *clock) release()         { c.set.Store(0) }
