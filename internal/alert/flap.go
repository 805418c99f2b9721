package alert

import (
	"encoding/binary"
	"time"
)

// An alert is flapping when it changed between firing and resolved flapChanges
// times within flapWindow: the third firing within half an hour. Two firings
// are a failed repair; three are a threshold set too close or a part that
// comes and goes, which wants other work than each single firing does. Nagios
// (https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/flapping.html)
// weighs 21 checks in the same spirit, but we see changes only, no checks.
const (
	flapChanges = 5
	flapWindow  = 30 * time.Minute
)

// flip notes a change of state and updates flappingUntil.
func (st *state) flip(now int64) {
	st.flips = appendFlip(st.flips, now)
	if n := len(st.flips) / 4; n >= flapChanges {
		first := flipAt(st.flips, n-flapChanges)
		if now-first <= flapWindow.Microseconds() {
			st.flappingUntil = now + flapWindow.Microseconds()
		}
	}
}

// appendFlip keeps the last flapChanges times in seconds, 4 bytes each.
func appendFlip(flips []byte, now int64) []byte {
	if len(flips) >= flapChanges*4 {
		flips = flips[len(flips)-(flapChanges-1)*4:]
	}
	return binary.BigEndian.AppendUint32(flips[:len(flips):len(flips)], uint32(now/1e6))
}

func flipAt(flips []byte, i int) int64 {
	return int64(binary.BigEndian.Uint32(flips[i*4:])) * 1e6
}
