package auth

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// limit says how fast guesses may be made at one account or from one address:
// some freely, then each at double the distance of the one before.
type limit struct {
	free   int           // guesses without delay
	first  time.Duration // delay after the first guess beyond them
	most   time.Duration // longest delay
	forget time.Duration // quiet time after which counting starts anew
}

// An account allows about 100 guesses a day, the bound of NIST SP 800-63B
// section 3.2.2. An address allows more, because an office shares one; it is
// there to slow somebody who tries one password on many accounts. Sessions
// that exist already go on working while an account is locked.
var (
	accountLimit = limit{free: 5, first: time.Second, most: 15 * time.Minute, forget: 24 * time.Hour}
	addressLimit = limit{free: 50, first: time.Second, most: 15 * time.Minute, forget: time.Hour}
)

// guesses is the count of one account or address.
type guesses struct {
	failed int
	last   time.Time // the latest guess
	until  time.Time // none is taken before this
}

// wait is how long until the next guess is taken; 0 or less: now.
func (g guesses) wait(now time.Time) time.Duration { return g.until.Sub(now) }

// failedAt returns the count after one more failure. Every guess is counted as a
// failure before the password is looked at, and taken back if it was right, so
// that a thousand guesses at once do not slip past the count together.
func (l limit) failedAt(g guesses, now time.Time) guesses {
	if now.Sub(g.last) > l.forget {
		g = guesses{}
	}
	g.failed++
	g.last = now
	g.until = now.Add(l.delay(g.failed))
	return g
}

// delay is how long after failure number n the next guess is taken.
func (l limit) delay(n int) time.Duration {
	over := n - l.free
	if over <= 0 {
		return 0
	}
	if over > 30 {
		return l.most
	}
	return min(l.first<<(over-1), l.most)
}

// Keys of the counting table. Known accounts are counted one by one. What an
// attacker can invent without end, unknown accounts and addresses, falls into
// 65,536 buckets each, so the table is bounded; sharing a bucket with an
// attacker costs an honest caller a delay, never access.

func accountKey(person int64) string { return "person:" + strconv.FormatInt(person, 10) }

func unknownKey(login string) string { return "unknown:" + bucket(login) }

// addressKey counts an IPv6 network of 64 bits as one address, because one
// customer has all of it.
func addressKey(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil {
		ip = ip.Unmap().WithZone("")
		if ip.Is6() {
			if p, err := ip.Prefix(64); err == nil {
				return "address:" + bucket(p.String())
			}
		}
		address = ip.String()
	}
	return "address:" + bucket(address)
}

func bucket(s string) string {
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("%02x%02x", sum[0], sum[1])
}
