package alert

import (
	"encoding/binary"
	"time"
)

// recentMinutes is the width of the sparkline on an alert row.
const recentMinutes = 60

// bump adds n events at now (microseconds) to a histogram: four bytes with the
// minute of the newest bucket (minutes since 1970), then one byte for each
// minute, newest first, up to recentMinutes; counts stop at 255. Old buckets
// fall off, trailing zeros are not kept, so that a new alert costs five bytes.
func bump(recent []byte, now int64, n int) []byte {
	minute := uint32(now / 60e6)
	out := make([]byte, 5, 4+recentMinutes)
	binary.BigEndian.PutUint32(out, minute)
	if len(recent) > 4 {
		if last := binary.BigEndian.Uint32(recent); last >= minute {
			out = append(out[:4], recent[4:]...) // a clock that ran back counts in the newest bucket
			binary.BigEndian.PutUint32(out, last)
		} else if gap := minute - last; gap < recentMinutes {
			for range gap - 1 {
				out = append(out, 0)
			}
			out = append(out, recent[4:min(len(recent), 4+recentMinutes-int(gap))]...)
		}
	}
	out[4] = byte(min(int(out[4])+n, 255))
	end := len(out)
	for end > 5 && out[end-1] == 0 {
		end--
	}
	return out[:end]
}

// Sparkline is the number of events in each of the 60 minutes before now,
// oldest first; counts stop at 255.
func Sparkline(recent []byte, now time.Time) [recentMinutes]int {
	var out [recentMinutes]int
	if len(recent) <= 4 {
		return out
	}
	shift := int(now.Unix()/60) - int(binary.BigEndian.Uint32(recent))
	for i, n := range recent[4:] {
		if at := recentMinutes - 1 - i - shift; at >= 0 && at < recentMinutes {
			out[at] = int(n)
		}
	}
	return out
}
