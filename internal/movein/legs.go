package movein

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/contact"
)

// Leg is one step of somebody's rules at the source.
type Leg struct {
	By    string // email, sms, voice, webpush
	After time.Duration
}

// Rule gives a person contact rules: high for what wakes them, low for the
// rest. Rules that are the default here anyway are not written.
func (d *Draft) Rule(handle string, high, low []Leg) {
	record := "contact rules of " + handle
	p1, other := d.legs(record, high), d.legs(record, low)
	def := []contact.LegSpec{{By: "email"}}
	s := &contact.Spec{}
	if len(p1) > 0 && !slices.Equal(p1, def) {
		s.P1 = p1
	}
	if len(other) > 0 && !slices.Equal(other, def) {
		s.Other = &other
	}
	if s.P1 != nil || s.Other != nil {
		d.Contacts[handle] = s
	}
}

// legs orders by time and takes each means once: six at most, within an hour.
func (d *Draft) legs(record string, in []Leg) (out []contact.LegSpec) {
	slices.SortStableFunc(in, func(a, b Leg) int { return int(a.After - b.After) })
	seen := map[string]bool{}
	for _, l := range in {
		switch {
		case seen[l.By]: // a second call to the same phone is what an escalation policy does
			d.Note(record, "tells by "+l.By+" more than once", "nothing: the first time was taken; the policy's next steps and rounds tell again")
			continue
		case l.After > time.Hour:
			d.Note(record, "tells by "+l.By+" after more than an hour", "nothing: an hour was taken")
			l.After = time.Hour
		}
		seen[l.By] = true
		out = append(out, contact.LegSpec{By: l.By, After: contact.Span(l.After)})
	}
	return out
}
