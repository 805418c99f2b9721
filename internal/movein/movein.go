// Package movein turns what another on-call system holds into files that
// `evenkeel apply` takes, and says plainly what it could not turn.
//
// A move has three steps. Read fetches everything over the other system's REST
// API, or takes it from a file in the same shape (sub-packages, one for each
// system; fetch.go is the careful client they share). Map makes a Draft of it:
// teams, services, schedules, escalation policies and contact rules, in the
// spec types of the practices themselves. Write puts the Draft into a
// directory, one record a file, with REPORT.md for people, report.json for
// programs, and covers.json for overrides that are still to come.
//
// Invariants:
//
//   - Nothing is dropped silently. What has no counterpart, or one that
//     behaves otherwise, is a Note with the record, the reason and what to do.
//   - Nobody is taken out of a rotation because they have no account yet: that
//     would change everybody's turn. They stand with the handle they would
//     get, the report names them, and apply refuses until they are invited.
//   - The same input gives the same bytes, so a second run shows in git what
//     changed at the source, and applying twice changes nothing.
//   - The other system is only read. Requests have time and size limits, and
//     429 and 5xx are asked again after what Retry-After says.
//   - Where the source shows its computed shifts, they are compared with ours
//     for the weeks to come (check.go); a difference is a Note.
package movein

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/oncall"
)

// Note is one thing that could not be moved as it was.
type Note struct {
	Record string `json:"record"` // of the source, "schedule Payments Primary"
	Reason string `json:"reason"`
	Do     string `json:"do"`
}

// Person is somebody of the source.
type Person struct {
	ID     string `json:"id"` // at the source
	Name   string `json:"name"`
	Email  string `json:"email"`
	Zone   string `json:"zone,omitempty"`
	Handle string `json:"handle"` // here, or the one they would get
	Known  bool   `json:"known"`
}

// Cover is an override that is still to come.
type Cover struct {
	Schedule string    `json:"schedule"`
	Person   string    `json:"person"` // handle
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Reason   string    `json:"reason"`
}

// Draft is what will be written.
type Draft struct {
	From      string // "PagerDuty"
	Now       time.Time
	People    []*Person // by handle
	Teams     map[string]*auth.TeamSpec
	Services  map[string]*catalog.Spec
	Schedules map[string]*oncall.Spec
	Policies  map[string]*escalation.Spec
	Contacts  map[string]*contact.Spec // by handle
	Covers    []Cover
	Notes     []Note

	byID  map[string]*Person
	names map[string]string // kind + source id → name
	taken map[string]bool   // kind + name
}

// New returns an empty draft.
func New(from string, now time.Time) *Draft {
	return &Draft{From: from, Now: now, Teams: map[string]*auth.TeamSpec{}, Services: map[string]*catalog.Spec{}, Schedules: map[string]*oncall.Spec{},
		Policies: map[string]*escalation.Spec{}, Contacts: map[string]*contact.Spec{}, byID: map[string]*Person{}, names: map[string]string{}, taken: map[string]bool{}}
}

// Note notes what could not be moved; the same note once.
func (d *Draft) Note(record, reason, do string) {
	n := Note{line(record), line(reason), do}
	if !slices.Contains(d.Notes, n) {
		d.Notes = append(d.Notes, n)
	}
}

// line is text from outside in one line, without what Markdown or a terminal
// would take for more than text.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '`' || r == '|' || r == '<' || r == '>' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
	return cut(s, 300)
}

func cut(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// Title is a title from outside, cut to what records take here.
func Title(s string) string { return cut(line(s), 100) }

// Text is a description from outside.
func Text(s string) string {
	return cut(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' {
			return ' '
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"))), 1000)
}

// ServiceText notes a service's description, which has no place here.
func (d *Draft) ServiceText(record, text string) {
	if text = line(text); text != "" {
		d.Note(record, "its description was not taken over: "+cut(text, 120), "if it says what users may expect, make it the service's promise")
	}
}

// Name gives a record of the source a name here: its own in small letters, and
// a number where two would be the same. kind and id identify it for NameOf.
func (d *Draft) Name(kind, id, own string) string {
	if name, ok := d.names[kind+"/"+id]; ok {
		return name
	}
	base := slug(own, 60)
	if base == "" {
		base = slug(kind+"-"+id, 60)
	}
	name := base
	for n := 2; d.taken[kind+"/"+name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	d.names[kind+"/"+id], d.taken[kind+"/"+name] = name, true
	return name
}

// NameOf is the name that Name gave; empty for what was not moved.
func (d *Draft) NameOf(kind, id string) string { return d.names[kind+"/"+id] }

// Drop takes a name back: its record is not moved.
func (d *Draft) Drop(kind, id string) { delete(d.names, kind+"/"+id) }

// slug is s as a name: small letters, digits and dashes.
func slug(s string, limit int) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case plainLetters[r] != "":
			b.WriteString(plainLetters[r])
		default:
			if n := b.Len(); n > 0 && b.String()[n-1] != '-' {
				b.WriteByte('-')
			}
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), limit)], "-")
}

var plainLetters = map[rune]string{'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'å': "a", 'à': "a", 'á': "a", 'â': "a", 'ç': "c", 'é': "e", 'è': "e", 'ê': "e",
	'ë': "e", 'í': "i", 'ï': "i", 'î': "i", 'ñ': "n", 'ó': "o", 'ò': "o", 'ô': "o", 'õ': "o", 'ø': "oe", 'æ': "ae", 'ú': "u", 'ù': "u", 'û': "u", 'š': "s", 'ž': "z", 'č': "c", 'ł': "l"}
