package ical

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/recur"
)

// Read returns the events of a file that touch [from, to), by their beginning,
// and what was left out. zone is where times without a zone are meant. Errors
// are Invalid: too large, no calendar, or more than MaxEvents events.
func Read(file []byte, zone *time.Location, from, to time.Time) ([]Event, []Note, error) {
	if len(file) > MaxFile {
		return nil, nil, errs.BadField("file", "", "use a file of at most 2 MiB; export a shorter time")
	}
	r := &reader{local: zone, from: from, to: to, zones: map[string]*time.Location{}, located: map[string]string{}, moved: map[string]map[int64]bool{}}
	props := properties(file, r.note)
	begins := slices.ContainsFunc(props, func(p property) bool { return p.name == "BEGIN" && strings.EqualFold(p.value, "VCALENDAR") })
	if !begins {
		return nil, nil, errs.BadField("file", "", "this is no iCalendar file: it has no line BEGIN:VCALENDAR")
	}
	drafts := r.drafts(props)
	for _, d := range drafts {
		if d.instead != nil {
			if r.moved[d.uid] == nil {
				r.moved[d.uid] = map[int64]bool{}
			}
			r.moved[d.uid][d.instead.at().Unix()] = true
		}
	}
	for _, d := range drafts {
		if r.expand(d); len(r.out) > MaxEvents {
			return nil, nil, errs.BadField("file", "", "it has more than "+strconv.Itoa(MaxEvents)+" events in this time; choose a shorter one")
		}
	}
	slices.SortStableFunc(r.out, func(a, b Event) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Line, b.Line)) })
	return r.out, r.notes, nil
}

type reader struct {
	local    *time.Location
	from, to time.Time
	zones    map[string]*time.Location // by TZID; nil: not known
	located  map[string]string         // TZID → X-LIC-LOCATION
	moved    map[string]map[int64]bool // UID → repetitions that have an event of their own
	steps    int
	out      []Event
	notes    []Note
}

func (r *reader) note(line int, text string) {
	if len(r.notes) < maxNotes {
		r.notes = append(r.notes, Note{line, text})
	}
}

// draft is a VEVENT before it is repeated.
type draft struct {
	Event
	uid           string
	start, end    *moment
	length        time.Duration // from DURATION; 0: none
	days          int           // whole days of DURATION, which follow the wall
	rules         []string
	also, without []moment
	instead       *moment // RECURRENCE-ID
	gone          bool    // canceled
	fault         string
}

// drafts reads the events and the names of zones.
func (r *reader) drafts(props []property) (out []*draft) {
	var open []string
	var d *draft
	tzid := ""
	for _, p := range props {
		switch p.name {
		case "BEGIN":
			if open = append(open, strings.ToUpper(p.value)); len(open) > 50 {
				open = open[:50] // deeper than anything there is
			}
			if open[len(open)-1] == "VEVENT" && d == nil {
				d = &draft{Event: Event{Line: p.line}}
			}
			continue
		case "END":
			if n := len(open); n > 0 {
				if open = open[:n-1]; strings.EqualFold(p.value, "VEVENT") && d != nil {
					out, d = append(out, d), nil
				}
			}
			continue
		}
		switch in := last(open); {
		case in == "VTIMEZONE" && p.name == "TZID":
			tzid = p.value
		case in == "VTIMEZONE" && p.name == "X-LIC-LOCATION":
			r.located[tzid] = p.value
		case in == "VEVENT" && d != nil:
			r.into(d, p)
		}
	}
	if d != nil {
		r.note(d.Line, "this event has no end (END:VEVENT) and was left out")
	}
	return out
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// into takes over one property of an event.
func (r *reader) into(d *draft, p property) {
	one := func() *moment {
		m, fault := r.moment(p.value, p.params)
		if fault != "" {
			d.fault = cmp.Or(d.fault, fault)
			return nil
		}
		return &m
	}
	list := func() (out []moment) {
		for v := range strings.SplitSeq(p.value, ",") {
			m, fault := r.moment(v, p.params)
			if fault != "" {
				d.fault = cmp.Or(d.fault, fault)
				continue
			}
			out = append(out, m)
		}
		return out
	}
	switch p.name {
	case "UID":
		d.UID, d.uid = text(p.value), p.value
	case "SUMMARY":
		d.Summary = text(p.value)
	case "DESCRIPTION":
		d.Description = text(p.value)
	case "URL":
		d.URL = p.value
	case "ATTENDEE", "ORGANIZER":
		if name := cmp.Or(p.params["CN"], p.value); len(d.People) < 50 {
			d.People = append(d.People, name)
		}
	case "DTSTART":
		d.start = one()
	case "DTEND":
		d.end = one()
	case "DURATION":
		var ok bool
		if d.days, d.length, ok = recur.Duration(p.value); !ok {
			d.fault = cmp.Or(d.fault, "“"+short(p.value)+"” is no duration like PT12H or P7D")
		}
	case "RRULE":
		d.rules = append(d.rules, p.value)
	case "EXRULE":
		d.fault = cmp.Or(d.fault, "it has an EXRULE, which RFC 5545 no longer knows; write the times out")
	case "RDATE":
		if p.params["VALUE"] == "PERIOD" {
			d.fault = cmp.Or(d.fault, "it repeats at periods of their own length; write the times out")
			return
		}
		d.also = append(d.also, list()...)
	case "EXDATE":
		d.without = append(d.without, list()...)
	case "RECURRENCE-ID":
		d.instead = one()
	case "STATUS":
		d.gone = strings.EqualFold(p.value, "CANCELLED")
	}
}
