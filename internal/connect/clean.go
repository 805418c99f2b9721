package connect

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// Limits of one alert. Longer values are shortened, further ones dropped, each
// with a note, because the sender would not send a refused alert again.
const (
	MaxSummary  = 1024     // bytes; PagerDuty's limit for payload.summary
	MaxKey      = 128      // bytes of a label's or annotation's name
	MaxSource   = 1 << 10  // bytes of what is affected; an alert takes no more
	MaxValue    = 4 << 10  // bytes of a label's or annotation's value
	MaxPairs    = 64       // labels, and annotations, of one alert
	MaxLinks    = 20       // links of one alert
	MaxHref     = 2 << 10  // bytes of a link's address
	MaxDetails  = 64 << 10 // bytes of the sender's own structure
	maxDedup    = 255      // bytes of an identity
	maxIdentity = 1024     // labels that go into a computed identity
)

// NoteKey is the annotation that says what was changed on arrival.
const NoteKey = "evenkeel_note"

// Notes collects what was changed in one alert on arrival.
type Notes []string

// Add notes one change; after eight the rest is not told.
func (n *Notes) Add(format string, args ...any) {
	if len(*n) < 8 {
		*n = append(*n, fmt.Sprintf(format, args...))
	}
}

// Put writes the notes into the event's annotations.
func (n Notes) Put(e *alert.Event) {
	if len(n) == 0 {
		return
	}
	if e.Annotations == nil {
		e.Annotations = make(map[string]string, 1)
	}
	e.Annotations[NoteKey] = strings.Join(n, "; ")
}

// Clean makes text storable: valid UTF-8, no NUL.
func Clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Cut returns s in at most limit bytes, ending on a rune border with a mark
// that says how long it was; cut tells whether it was longer.
func Cut(s string, limit int) (short string, cut bool) {
	if len(s) <= limit {
		return s, false
	}
	mark := fmt.Sprintf("… [shortened from %d bytes]", len(s))
	n := max(limit-len(mark), 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + mark, true
}

// Text cleans and shortens a value, noting the latter under its name.
func Text(name, s string, limit int, notes *Notes) string {
	c := Clean(s)
	if c, cut := Cut(c, limit); cut {
		notes.Add("%s was shortened from %d to %d bytes", name, len(s), limit)
		return c
	}
	return c
}

// Line is Text in one line: runs of white space become one space.
func Line(name, s string, limit int, notes *Notes) string {
	s = Clean(s)
	if strings.ContainsAny(s, "\n\r\t") || strings.Contains(s, "  ") || strings.TrimSpace(s) != s {
		s = strings.Join(strings.Fields(s), " ")
	}
	return Text(name, s, limit, notes)
}

// Dedup makes a sender's key an identity of 1 to 255 bytes: as it is when it
// fits and is clean, else its SHA-256, which is as unique.
func Dedup(key string) string {
	if len(key) <= maxDedup && Clean(key) == key {
		return key
	}
	h := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(h[:])
}

// NewKey is a random identity of 32 hex digits for an alert whose sender gave
// none; it is returned to the sender, who needs it to resolve the alert.
func NewKey() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}

// Plausible times. Outside of them a time is a sender's way to say nothing
// (Go's year 1, Unix 0, year 9999) or a broken clock.
var (
	earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	ahead    = 24 * time.Hour            // how far a sender's clock may be ahead
	longest  = 10 * 365 * 24 * time.Hour // how far off an announced end may be
)

// timeLayouts are tried in order: RFC 3339, then ISO 8601 as PagerDuty's own
// examples write it ("2015-07-17T08:42:58.315+0000"), and without a zone: UTC.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"}

// Start reads when an alert began; zero for unknown. More than a day in the
// future is unknown too, with a note.
func Start(name, s string, now time.Time, notes *Notes) time.Time {
	return when(name, s, now.Add(ahead), notes)
}

// End reads when an alert ended or will end; zero for unknown.
func End(name, s string, now time.Time, notes *Notes) time.Time {
	return when(name, s, now.Add(longest), notes)
}

func when(name, s string, latest time.Time, notes *Notes) time.Time {
	if s == "" || strings.HasPrefix(s, "0001-01-01T00:00:00") { // Go's zero time: not set
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t.Before(earliest) || t.After(latest) {
			notes.Add("%s %q cannot be right, taken as unknown", name, Clean(s))
			return time.Time{}
		}
		return t.UTC().Truncate(time.Microsecond)
	}
	short, _ := Cut(Clean(s), 60)
	notes.Add("%s %q is no time (write RFC 3339), taken as unknown", name, short)
	return time.Time{}
}
