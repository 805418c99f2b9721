package cli

import "testing"

func TestPace(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 800}, {10 << 20, 800}, {40 << 20, 400}, {160 << 20, 100}, {400 << 20, 50}, {4 << 30, 50}} {
		if got := pace(c.live); got != c.want {
			t.Errorf("with %d bytes alive: %d, want %d", c.live, got, c.want)
		}
	}
}
