package opsgenie

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// verb is what can be asked about an alert.
type verb struct {
	action byte
	check  func(b *body) error                                                // nil: an empty body will do
	amend  func(b *body, now time.Time, e *alert.Event, notes *connect.Notes) // nil: only a note, if there is one
	then   alert.Action                                                       // what follows; "" for nothing
}

// verbs by method and last word of the path.
var verbs = map[string]verb{
	"POST close":         {action: actClose, then: alert.Resolve},
	"DELETE ":            {action: actClose, then: alert.Resolve},
	"POST acknowledge":   {action: actAcknowledge, then: alert.Acknowledge},
	"POST unacknowledge": {action: actUnacknowledge, amend: unacknowledge},
	"POST snooze":        {action: actSnooze, check: hasEnd, amend: snooze},
	"POST notes":         {action: actNote, check: hasNote},
	"POST tags":          {action: actTags, check: hasTags, amend: addTags},
	"POST details":       {action: actDetails, check: hasDetails, amend: addDetails},
	"PUT message":        {action: actMessage, check: hasMessage, amend: func(b *body, _ time.Time, e *alert.Event, n *connect.Notes) { b.setMessage(e, n) }},
	"PUT description":    {action: actDescription, check: hasDescription, amend: func(b *body, _ time.Time, e *alert.Event, n *connect.Notes) { b.setDescription(e, n) }},
	"PUT priority":       {action: actPriority, check: hasPriority, amend: setPriority},
}

// change is a parsed request and when it came.
type change struct {
	body
	now time.Time
}

// parse reads the body of the verb. Errors: Invalid; with fields for 422.
func (v verb) parse(raw []byte, now time.Time) (change, error) {
	b, err := parse(raw, v.check == nil)
	if err == nil && v.check != nil {
		err = v.check(&b)
	}
	return change{b, now}, err
}

// ParseVerb reads the body of a request about one alert and returns what it
// does to the alert as it is known. method is POST, PUT or DELETE, word the
// path's last word, "" for DELETE.
func ParseVerb(method, word string, raw []byte, known alert.Alert, now time.Time) ([]alert.Event, error) {
	v, ok := verbs[method+" "+word]
	if !ok {
		return nil, errUnsupported
	}
	c, err := v.parse(raw, now)
	if err != nil {
		return nil, err
	}
	return v.events(known, c), nil
}

// events are what the request says, over what is known. A change of a text
// repeats everything else, since an event tells all of an alert.
func (v verb) events(known alert.Alert, c change) (out []alert.Event) {
	if v.amend != nil || c.note != "" {
		e := alert.Event{Action: alert.Amend, Dedup: known.Dedup, Summary: known.Summary, Source: known.Source,
			Labels: maps.Clone(known.Labels), Annotations: maps.Clone(known.Annotations), Links: known.Links, Details: known.Details}
		if e.Annotations == nil {
			e.Annotations = map[string]string{}
		}
		if e.Labels == nil {
			e.Labels = map[string]string{}
		}
		var notes connect.Notes
		if v.amend != nil {
			v.amend(&c.body, c.now, &e, &notes)
		}
		if c.note != "" {
			c.addNote(&e, &notes)
		}
		notes.Put(&e)
		out = append(out, e)
	}
	if v.then != "" {
		out = append(out, alert.Event{Action: v.then, Dedup: known.Dedup})
	}
	return out
}

func need(ok bool, field, remedy string) error {
	if ok {
		return nil
	}
	return errs.BadField(field, "", remedy)
}

func hasMessage(b *body) error {
	return need(strings.TrimSpace(b.message) != "", "message", "Message can not be empty.")
}
func hasDescription(b *body) error {
	return need(b.hasDescription, "description", "Description can not be empty.")
}
func hasNote(b *body) error {
	return need(strings.TrimSpace(b.note) != "", "note", "Note can not be empty.")
}
func hasTags(b *body) error { return need(len(b.tags) > 0, "tags", "Tags can not be empty.") }
func hasDetails(b *body) error {
	return need(len(b.details) > 0, "details", "Details can not be empty.")
}
func hasEnd(b *body) error {
	return need(b.endTime != "", "endTime", "End time can not be empty. It should be an ISO 8601 date.")
}
func hasPriority(b *body) error {
	_, ok := priority(b.priority)
	return need(ok, "priority", "Priority should be one of [ P1, P2, P3, P4, P5 ]")
}

func setPriority(b *body, _ time.Time, e *alert.Event, _ *connect.Notes) {
	e.Severity, _ = priority(b.priority)
	e.Labels["priority"] = strings.ToUpper(strings.TrimSpace(b.priority))
}

func addTags(b *body, _ time.Time, e *alert.Event, notes *connect.Notes) {
	tags := strings.FieldsFunc(e.Labels["tags"], func(r rune) bool { return r == ',' })
	for _, t := range b.tags {
		if t = connect.Clean(t); !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	e.Labels["tags"] = connect.Text("label tags", strings.Join(tags, ","), connect.MaxValue, notes)
}

func addDetails(b *body, _ time.Time, e *alert.Event, notes *connect.Notes) {
	for name, value := range connect.Map("label", b.details, b.total, notes) {
		if _, known := e.Labels[name]; !known && len(e.Labels) >= connect.MaxPairs {
			notes.Add("more than %d labels; some were left out", connect.MaxPairs)
			continue
		}
		e.Labels[name] = value
	}
}

// unacknowledge and snooze are a person's to do on the incident; that the
// sender asked for it stands on the alert.
func unacknowledge(b *body, now time.Time, e *alert.Event, notes *connect.Notes) {
	b.remark(e, notes, "the sender took its acknowledgement back at "+now.UTC().Format(time.RFC3339)+"; take it up on the incident")
}

func snooze(b *body, now time.Time, e *alert.Event, notes *connect.Notes) {
	end := connect.End("endTime", b.endTime, now, notes)
	if end.IsZero() {
		return
	}
	b.remark(e, notes, "the sender asked to snooze it until "+end.Format(time.RFC3339)+"; snooze the incident to do so")
}

// remark adds a note of ours beside the sender's.
func (b *body) remark(e *alert.Event, notes *connect.Notes, text string) {
	n := body{user: b.user, source: b.source, note: text}
	n.addNote(e, notes)
}
