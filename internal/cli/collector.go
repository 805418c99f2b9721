package cli

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// With a small live heap Go's default would collect many times a second under
// load, so the heap may grow by headroom beyond what lives, in place of the
// default's factor of two. With a large map in memory that factor is the
// smaller part of it again.
const headroom = 160 << 20 // bytes

// paceCollector sets the collector's pace by what lives on the heap until ctx
// ends, unless GOGC is set by the operator.
func paceCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(pace(0))
	go func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for now := pace(0); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(live)
			if next := pace(live[0].Value.Uint64()); next != now {
				now = next
				debug.SetGCPercent(now)
			}
		}
	}()
}

// pace is GOGC for a live heap of so many bytes: 800 for a small one, never
// less than half of the default.
func pace(live uint64) int {
	return int(min(max(headroom*100/max(live, 1), 50), 800))
}
