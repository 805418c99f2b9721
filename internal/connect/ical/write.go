package ical

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const utcForm = "20060102T150405Z"

// Write returns the calendar as RFC 5545 text.
func Write(c Calendar) []byte {
	w := &writer{}
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//Evenkeel//"+cmp.Or(c.Product, "On call")+"//EN")
	w.line("CALSCALE", "GREGORIAN")
	w.line("METHOD", "PUBLISH")
	if c.Name != "" {
		w.line("NAME", escape(c.Name)) // RFC 7986, 5.1
		w.line("X-WR-CALNAME", escape(c.Name))
	}
	if c.Refresh > 0 {
		w.line("REFRESH-INTERVAL;VALUE=DURATION", duration(c.Refresh)) // RFC 7986, 5.7
		w.line("X-PUBLISHED-TTL", duration(c.Refresh))
	}
	for _, e := range c.Events {
		stamp := e.From
		if stamp.After(c.Stamp) {
			stamp = c.Stamp
		}
		w.line("BEGIN", "VEVENT")
		w.line("UID", escape(e.UID))
		w.line("DTSTAMP", stamp.UTC().Format(utcForm))
		w.line("DTSTART", e.From.UTC().Format(utcForm))
		w.line("DTEND", e.To.UTC().Format(utcForm))
		w.line("SUMMARY", escape(e.Summary))
		if d := escape(e.Description); d != "" {
			w.line("DESCRIPTION", d)
		}
		if e.URL != "" {
			w.line("URL;VALUE=URI", clean(e.URL, false))
		}
		w.line("TRANSP", "TRANSPARENT") // neither being on call nor a change makes one busy
		w.line("END", "VEVENT")
	}
	w.line("END", "VCALENDAR")
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

// line writes a content line, folded at 75 octets (RFC 5545, 3.1).
func (w *writer) line(name, value string) {
	s := name + ":" + value
	for room := 75; len(s) > room; room = 74 {
		cut := room
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		w.WriteString(s[:cut])
		w.WriteString("\r\n ")
		s = s[cut:]
	}
	w.WriteString(s)
	w.WriteString("\r\n")
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// escape writes a TEXT value (RFC 5545, 3.3.11).
func escape(s string) string { return escapes.Replace(clean(s, true)) }

// clean leaves out what a content line cannot hold.
func clean(s string, breaks bool) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && (r != '\n' || !breaks) {
			return -1
		}
		return r
	}, s)
}

// duration writes a DURATION of whole minutes (RFC 5545, 3.3.6).
func duration(d time.Duration) string {
	if m := int64(d / time.Minute); m%60 != 0 {
		return fmt.Sprintf("PT%dM", m)
	}
	return fmt.Sprintf("PT%dH", int64(d/time.Hour))
}
