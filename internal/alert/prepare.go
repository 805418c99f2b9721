package alert

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Bounds of one event. Receivers shorten what their protocol allows to be
// longer; what still exceeds these is refused as a whole.
const (
	maxDedup   = 255       // PagerDuty's bound
	maxSummary = 1024      // PagerDuty's bound
	maxPairs   = 128       // labels, annotations
	maxName    = 255       // of a label
	maxText    = 16 << 10  // of a label or annotation value
	maxContent = 512 << 10 // of all content together, PagerDuty's bound for a body
	maxLinks   = 32
)

// prepared is an event with everything that can be computed before the
// transaction: checks, stored texts, hash.
type prepared struct {
	*Event
	rank        int8
	labels      string
	annotations string
	links       string
	content     int64 // hash of what was told
}

func (p *prepared) size() int {
	return len(p.Dedup) + len(p.Summary) + len(p.Source) + len(p.Service) + 3*(len(p.labels)+len(p.annotations)+len(p.links)) + len(p.Details) + 512
}

// prepare checks events and fills out, which has the same length. The error
// lists every fault, as events[i].field.
func prepare(events []Event, out []prepared) error {
	var f errs.Fields
	if len(events) > MaxEvents {
		f.Add("events", strconv.Itoa(len(events)), fmt.Sprintf("send at most %d events at once", MaxEvents))
		return f.Err()
	}
	for i := range events {
		before := len(f)
		e := &events[i]
		check(e, i, &f)
		if len(f) > 100 {
			break // enough to see what is wrong
		}
		if len(f) > before {
			continue
		}
		p := &out[i]
		p.Event, p.rank = e, int8(e.Severity.Rank())
		p.labels, p.annotations = object(e.Labels), object(e.Annotations)
		if len(e.Links) > 0 {
			b, _ := json.Marshal(e.Links) // texts always encode
			p.links = string(b)
		} else {
			p.links = "[]"
		}
		if n := p.size(); n > maxContent*4 {
			f.Add(fmt.Sprintf("events[%d]", i), strconv.Itoa(n)+" bytes", "send less text with one alert")
			continue
		}
		p.content = p.hash()
	}
	return f.Err()
}

func check(e *Event, i int, f *errs.Fields) {
	add := func(name, value, remedy string) { f.Add(fmt.Sprintf("events[%d].%s", i, name), value, remedy) }
	if e.Action != Trigger && e.Action != Acknowledge && e.Action != Resolve && e.Action != Amend {
		add("action", string(e.Action), "use trigger, acknowledge or resolve")
	}
	if e.Dedup == "" || len(e.Dedup) > maxDedup || !clean(e.Dedup) {
		add("dedup", e.Dedup, "send 1 to 255 bytes of valid UTF-8")
	}
	if e.Severity != "" && !e.Severity.Valid() {
		add("severity", string(e.Severity), "use critical, error, warning or info")
	}
	if len(e.Summary) > maxSummary || !clean(e.Summary) {
		add("summary", e.Summary, "send at most 1,024 bytes of valid UTF-8")
	}
	if len(e.Source) > maxSummary || !clean(e.Source) {
		add("source", e.Source, "send at most 1,024 bytes of valid UTF-8")
	}
	if len(e.Service) > maxDedup || !clean(e.Service) {
		add("service", e.Service, "send at most 255 bytes of valid UTF-8")
	}
	for name, m := range map[string]map[string]string{"labels": e.Labels, "annotations": e.Annotations} {
		if len(m) > maxPairs {
			add(name, strconv.Itoa(len(m)), fmt.Sprintf("send at most %d", maxPairs))
		}
		for k, v := range m {
			if k == "" || len(k) > maxName || !clean(k) || len(v) > maxText || !clean(v) {
				add(name+"."+k, v, "names of 1 to 255 bytes, values of at most 16 KiB, both valid UTF-8")
			}
		}
	}
	if len(e.Links) > maxLinks {
		add("links", strconv.Itoa(len(e.Links)), fmt.Sprintf("send at most %d", maxLinks))
	}
	for j, l := range e.Links {
		if len(l.Href) > maxText || len(l.Text) > maxSummary || !clean(l.Href) || !clean(l.Text) {
			add(fmt.Sprintf("links[%d]", j), l.Href, "send an address of at most 16 KiB and a text of at most 1,024 bytes")
		}
	}
	if len(e.Details) > maxContent || !clean(string(e.Details)) {
		add("details", fmt.Sprint(len(e.Details), " bytes"), "send at most 512 KiB of JSON")
	}
}

// clean reports whether a text can be stored: valid UTF-8 and without the zero
// byte, which PostgreSQL's TEXT cannot hold.
func clean(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return false
		}
		if s[i] >= utf8.RuneSelf {
			return utf8.ValidString(s[i:]) && !hasZero(s[i:])
		}
	}
	return true
}

func hasZero(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return true
		}
	}
	return false
}

// object is the stored JSON of labels or annotations, keys sorted.
func object(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	b, _ := json.Marshal(m) // texts always encode
	return string(b)
}

// hash is 64 bits of SHA-256 over all that was told, to see whether a repeat
// brings news. It guards nothing: a collision would keep an older text.
func (p *prepared) hash() int64 {
	h := sha256.New()
	for _, s := range [...]string{p.Summary, p.Source, p.labels, p.annotations, p.links} {
		part(h, s)
	}
	h.Write(p.Details)
	var sum [sha256.Size]byte
	return int64(binary.BigEndian.Uint64(h.Sum(sum[:0])))
}

func part(h hash.Hash, s string) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}
