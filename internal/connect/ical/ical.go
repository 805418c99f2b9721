// Package ical speaks iCalendar (RFC 5545): it serves who is on call, and the
// change calendar, as feeds that calendar programs subscribe to, and reads files
// of theirs, so that shifts planned elsewhere can come in as overrides.
//
//	GET /oncall/feeds/{secret}.ics
//	GET /changes/feeds/{secret}.ics
//
// Writing: times are in UTC, since every zone's clock changes are decided
// already and no program need know our zones; lines end in CRLF and are folded
// at 75 octets, never inside a character; a shift keeps its UID as long as it
// begins at the same time, so that programs move it instead of doubling it.
// The same shifts give the same bytes, hence the same ETag.
//
// Reading: events of a file within a time, repeated as RRULE, RDATE, EXDATE
// and RECURRENCE-ID say. What is not understood is left out and named with its
// line, never guessed: half a rota that looks whole is worse than none. A local
// time that the clock skips counts with the offset before the change, one that
// it shows twice is the first (RFC 5545, 3.3.5). TZID is taken for the IANA
// zone it names, directly, behind a prefix, by X-LIC-LOCATION, or as the name
// Windows has for it; VTIMEZONE's own rules are not read.
//
// Invariants: a file has at most MaxFile bytes and gives at most MaxEvents
// events; reading never panics, and what Write wrote reads back the same
// (testdata, and the fuzz tests).
package ical

import (
	"time"
)

// Limits of reading.
const (
	MaxFile   = 2 << 20 // bytes
	MaxEvents = 2000    // occurrences that are returned
	maxNotes  = 50
	maxSteps  = 200_000 // of all repetitions together
)

// Event is one stretch of time in a calendar.
type Event struct {
	UID         string
	From, To    time.Time // UTC, whole seconds
	Summary     string
	Description string
	URL         string
	People      []string // names of attendees and organizer, when reading
	Line        int      // where it begins in the file, when reading
}

// Calendar is what Write writes.
type Calendar struct {
	Product string // of ours that it comes from; empty: On call
	Name    string
	Events  []Event
	Stamp   time.Time     // no event is said to have been made later
	Refresh time.Duration // how often programs should ask again; 0: not said
}

// Note is something in a file that was left out, and why.
type Note struct {
	Line int
	Text string
}
