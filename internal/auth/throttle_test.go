package auth

import (
	"testing"
	"time"
)

func TestDelays(t *testing.T) {
	for _, c := range []struct {
		n    int
		want time.Duration
	}{{1, 0}, {5, 0}, {6, time.Second}, {7, 2 * time.Second}, {10, 16 * time.Second}, {16, 15 * time.Minute}, {10_000, 15 * time.Minute}} {
		if got := accountLimit.delay(c.n); got != c.want {
			t.Errorf("after failure %d: %v, want %v", c.n, got, c.want)
		}
	}
}

// Somebody who guesses as fast as they are let makes about a hundred guesses a
// day at one account, the bound of NIST SP 800-63B, section 3.2.2.
func TestGuessesInADay(t *testing.T) {
	start := time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)
	now, n := start, 0
	for g := (guesses{}); now.Sub(start) < 24*time.Hour; n++ {
		g = accountLimit.failedAt(g, now)
		if w := g.wait(now); w > 0 {
			now = now.Add(w)
		}
	}
	if n < 90 || n > 115 {
		t.Errorf("%d guesses in a day, want about 100", n)
	}
}

func TestQuietForgets(t *testing.T) {
	now := time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC)
	g := guesses{failed: 40, last: now.Add(-25 * time.Hour)}
	if g = accountLimit.failedAt(g, now); g.failed != 1 || g.wait(now) != 0 {
		t.Errorf("after a quiet day: %+v", g)
	}
}

func TestAddressKeys(t *testing.T) {
	same := func(a, b string, want bool) {
		t.Helper()
		if got := addressKey(a) == addressKey(b); got != want {
			t.Errorf("%s and %s are counted together: %v, want %v", a, b, got, want)
		}
	}
	same("192.0.2.1", "192.0.2.2", false)
	same("192.0.2.1", "::ffff:192.0.2.1", true)
	same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)
	same("2001:db8:1:2::1", "2001:db8:1:3::1", false)
	same("fe80::1%eth0", "fe80::1%eth1", true)
	if unknownKey("mara") == unknownKey("jonas") || unknownKey("mara") == addressKey("mara") {
		t.Error("keys collide")
	}
}
