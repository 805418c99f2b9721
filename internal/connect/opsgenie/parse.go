package opsgenie

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxMessage is how many characters of a message Opsgenie keeps.
// https://docs.opsgenie.com/docs/alert-api#create-alert
const maxMessage = 130

// body holds the members that any request may have.
type body struct {
	message, alias, description, entity, source, priority, user, note string
	endTime                                                           string
	tags, responders                                                  []string
	details                                                           []connect.Pair
	total                                                             int // details that were sent
	kept                                                              map[string]json.RawMessage

	hasDescription bool
}

// parse reads an object; an empty body is an empty object, since Opsgenie asks
// for none to close and acknowledge.
func parse(raw []byte, empty bool) (b body, err error) {
	if empty && len(strings.TrimSpace(string(raw))) == 0 {
		return b, nil
	}
	r := connect.NewReader(raw)
	ok, err := r.Object(func(name []byte) error { return b.field(r, string(name)) })
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return b, err
	}
	if !ok {
		return b, errs.E(errs.Invalid, "Could not parse request body as JSON object")
	}
	return b, nil
}

func (b *body) field(r *connect.Reader, name string) (err error) {
	switch name {
	case "message":
		b.message, err = r.Text()
	case "alias":
		b.alias, err = r.Text()
	case "description":
		b.hasDescription = true
		b.description, err = r.Text()
	case "entity":
		b.entity, err = r.Text()
	case "source":
		b.source, err = r.Text()
	case "priority":
		b.priority, err = r.Text()
	case "user":
		b.user, err = r.Text()
	case "note":
		b.note, err = r.Text()
	case "endTime":
		b.endTime, err = r.Text()
	case "details":
		b.details, b.total, err = r.Pairs(nil)
	case "tags":
		b.tags, err = names(r)
	case "responders", "teams", "recipients", "visibleTo", "actions":
		var raw json.RawMessage
		if raw, err = r.Raw(); err == nil && raw != nil {
			b.keep(name, raw)
			if name != "visibleTo" && name != "actions" {
				b.responders = append(b.responders, responders(raw)...)
			}
		}
	default:
		err = r.Skip()
	}
	return err
}

func (b *body) keep(name string, raw json.RawMessage) {
	if b.kept == nil {
		b.kept = map[string]json.RawMessage{}
	}
	b.kept[name] = raw
}

// names reads a list of texts; one text stands for a list split at commas, as
// Opsgenie takes it.
func names(r *connect.Reader) (out []string, err error) {
	if r.Kind() == '"' {
		text, err := r.Text()
		for s := range strings.SplitSeq(text, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
		return out, err
	}
	_, err = r.Array(func() error {
		s, err := r.Text()
		if s = strings.TrimSpace(s); s != "" && len(out) < maxTags {
			out = append(out, s)
		}
		return err
	})
	return out, err
}

// maxTags is far more than Opsgenie takes, which are 20.
const maxTags = 100

// responders are the names in a list of {"type","name","username","id"}.
func responders(raw json.RawMessage) (out []string) {
	r := connect.NewReader(raw)
	r.Array(func() error {
		var f [3]string
		_, err := r.Object(func(name []byte) (err error) {
			switch string(name) {
			case "name":
				f[0], err = r.Text()
			case "username":
				f[1], err = r.Text()
			case "id":
				f[2], err = r.Text()
			default:
				err = r.Skip()
			}
			return err
		})
		for _, s := range f {
			if s != "" && len(out) < maxTags {
				out = append(out, s)
				break
			}
		}
		return err
	})
	return out
}

// ParseCreate reads the body of a new alert. now is taken for the time of all
// events, so it does not matter here. Dedup is empty when no alias was sent.
// Errors: Invalid; with fields where Opsgenie answers 422.
func ParseCreate(raw []byte, _ time.Time) (alert.Event, error) {
	b, err := parse(raw, false)
	if err != nil {
		return alert.Event{}, err
	}
	if strings.TrimSpace(b.message) == "" {
		return alert.Event{}, errs.BadField("message", "", "Message can not be empty.")
	}
	var notes connect.Notes
	e := alert.Event{Action: alert.Trigger, Annotations: map[string]string{}}
	if b.alias != "" {
		e.Dedup = connect.Dedup(b.alias)
	}
	b.setSeverity(&e, &notes)
	b.setMessage(&e, &notes)
	b.setDescription(&e, &notes)
	e.Source = connect.Line("source", first(b.entity, connect.Value(b.details, "instance", "host", "hostname", "node", "pod", "job"), b.source), connect.MaxSource, &notes)
	e.Service = connect.Line("service", connect.Value(b.details, "service", "service_name", "app"), connect.MaxKey, &notes)
	pairs := append(b.details[:len(b.details):len(b.details)], connect.Pair{Name: "priority", Value: b.priority}, connect.Pair{Name: "entity", Value: b.entity},
		connect.Pair{Name: "source", Value: b.source}, connect.Pair{Name: "tags", Value: strings.Join(b.tags, ",")},
		connect.Pair{Name: "responders", Value: strings.Join(b.responders, ",")})
	e.Labels = connect.Map("label", pairs, b.total+5, &notes)
	for _, name := range []string{"runbook_url", "runbook"} {
		connect.AddLink(&e, connect.Value(b.details, name), "Runbook")
	}
	connect.AddLink(&e, connect.Value(b.details, "dashboard_url", "dashboard"), "Dashboard")
	connect.AddLink(&e, b.source, "Source") // Alertmanager's is its own address
	if b.note != "" {
		b.addNote(&e, &notes)
	}
	if len(b.kept) > 0 {
		kept, _ := json.Marshal(b.kept) // raw values that were read as JSON
		e.Details = connect.Details(kept, &notes)
	}
	notes.Put(&e)
	return e, nil
}

func first(list ...string) string {
	for _, s := range list {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// priority maps Opsgenie's words, https://docs.opsgenie.com/docs/alert-priority :
// P1 critical, P2 high, P3 moderate, P4 low, P5 informational.
func priority(p string) (alert.Severity, bool) {
	switch strings.ToUpper(strings.TrimSpace(p)) {
	case "P1":
		return alert.Critical, true
	case "P2":
		return alert.Error, true
	case "P3":
		return alert.Warning, true
	case "P4", "P5":
		return alert.Info, true
	}
	return "", false
}

// setSeverity takes the priority, else a severity in the details, where
// Alertmanager puts the label.
func (b *body) setSeverity(e *alert.Event, notes *connect.Notes) {
	var ok bool
	if e.Severity, ok = priority(b.priority); ok {
		return
	}
	if b.priority != "" {
		short, _ := connect.Cut(connect.Clean(b.priority), 60)
		notes.Add("priority %q is not one of P1 to P5", short)
	}
	word := connect.Value(b.details, "severity", "level")
	if e.Severity, ok = connect.Severity(word); !ok {
		short, _ := connect.Cut(connect.Clean(word), 60)
		notes.Add("severity %q is not known, taken as warning", short)
	}
}

// setMessage shortens as Opsgenie does; the whole stands in the annotation.
func (b *body) setMessage(e *alert.Event, notes *connect.Notes) {
	delete(e.Annotations, "message")
	text := connect.Line("message", b.message, connect.MaxValue, notes)
	if n := utf8.RuneCountInString(text); n > maxMessage {
		e.Annotations["message"] = text
		notes.Add("message was shortened from %d to %d characters, as at Opsgenie", n, maxMessage)
		text = string([]rune(text)[:maxMessage])
	}
	e.Summary = text
}

// setDescription keeps what does not fit into an annotation in the details.
func (b *body) setDescription(e *alert.Event, notes *connect.Notes) {
	delete(e.Annotations, "description")
	if b.description == "" {
		return
	}
	e.Annotations["description"] = connect.Text("description", b.description, connect.MaxValue, notes)
	if len(b.description) > connect.MaxValue {
		raw, _ := json.Marshal(connect.Clean(b.description))
		b.keep("description", raw)
	}
}

// addNote adds a note below those there are; the oldest go when there is no
// more room.
func (b *body) addNote(e *alert.Event, notes *connect.Notes) {
	text := connect.Clean(b.note)
	if who := first(b.user, b.source); who != "" {
		text = connect.Clean(who) + ": " + text
	}
	if old := e.Annotations["note"]; old != "" {
		text = old + "\n" + text
	}
	for len(text) > connect.MaxValue {
		_, rest, ok := strings.Cut(text, "\n")
		if !ok {
			text = connect.Text("note", text, connect.MaxValue, notes)
			break
		}
		text = rest
	}
	e.Annotations["note"] = text
}
