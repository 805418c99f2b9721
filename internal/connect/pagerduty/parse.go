package pagerduty

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Message is what one event says.
type Message struct {
	RoutingKey string
	DedupKey   string // as sent; empty on a trigger means that the receiver makes one
	Event      alert.Event
}

// wire is the body as it is sent.
type wire struct {
	routingKey, action, dedup, client, clientURL           string
	summary, source, severity, timestamp, component, group string
	class                                                  string
	details                                                json.RawMessage
	links, images                                          []alert.Link
	payload                                                bool
}

// Parse reads one event. now decides what a plausible time is. Errors are
// Invalid, with a field for each fault, worded as PagerDuty words them.
func Parse(body []byte, now time.Time) (Message, error) {
	r := connect.NewReader(body)
	var m wire
	ok, err := r.Object(func(name []byte) error { return m.field(r, string(name)) })
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return Message{}, err
	}
	if !ok {
		return Message{}, errs.E(errs.Invalid, "the body is JSON but no object; send one event")
	}
	action, err := m.check()
	if err != nil {
		return Message{RoutingKey: m.routingKey}, err
	}
	return Message{RoutingKey: m.routingKey, DedupKey: m.dedup, Event: m.event(action, now)}, nil
}

func (m *wire) field(r *connect.Reader, name string) (err error) {
	switch name {
	case "routing_key":
		m.routingKey, err = r.Text()
	case "event_action":
		m.action, err = r.Text()
	case "dedup_key":
		m.dedup, err = r.Text()
	case "client":
		m.client, err = r.Text()
	case "client_url":
		m.clientURL, err = r.Text()
	case "links":
		m.links, err = r.Links("href", "text")
	case "images": // kept as links, since pages load nothing from other hosts
		m.images, err = r.Links("src", "alt")
	case "payload":
		m.payload, err = r.Object(func(name []byte) error { return m.payloadField(r, string(name)) })
	default:
		err = r.Skip()
	}
	return err
}

func (m *wire) payloadField(r *connect.Reader, name string) (err error) {
	switch name {
	case "summary":
		m.summary, err = r.Text()
	case "source":
		m.source, err = r.Text()
	case "severity":
		m.severity, err = r.Text()
	case "timestamp":
		m.timestamp, err = r.Text()
	case "component":
		m.component, err = r.Text()
	case "group":
		m.group, err = r.Text()
	case "class":
		m.class, err = r.Text()
	case "custom_details":
		m.details, err = r.Raw()
	default:
		err = r.Skip()
	}
	return err
}

// check refuses what PagerDuty refuses and no sender means. It is laxer with
// severity, source and lengths: Alertmanager sends an empty severity when a
// group has no common one, and would not send a refused event again.
func (m *wire) check() (alert.Action, error) {
	var f errs.Fields
	action := alert.Action(strings.ToLower(strings.TrimSpace(m.action)))
	switch action {
	case alert.Trigger:
		if strings.TrimSpace(m.summary) == "" {
			f.Add("payload.summary", "", "'payload.summary' is missing or blank")
		}
	case alert.Acknowledge, alert.Resolve:
		if m.dedup == "" {
			f.Add("dedup_key", "", fmt.Sprintf("'dedup_key' is missing or blank; %s needs the key of the trigger", action))
		}
	case "":
		f.Add("event_action", "", "'event_action' is missing or blank")
	default:
		f.Add("event_action", m.action, fmt.Sprintf("'event_action' is invalid: %q (must be one of the following: 'trigger', 'acknowledge' or 'resolve')", errs.Short(m.action)))
	}
	if n := utf8.RuneCountInString(m.dedup); n > 255 {
		f.Add("dedup_key", m.dedup, fmt.Sprintf("'dedup_key' is too long: %d characters (maximum is 255 characters)", n))
	}
	return action, f.Err()
}

func (m *wire) event(action alert.Action, now time.Time) alert.Event {
	var notes connect.Notes
	severity, ok := connect.Severity(m.severity)
	if !ok {
		notes.Add("severity %q is not known, taken as warning", errs.Short(m.severity))
	}
	e := alert.Event{
		Action:   action,
		Severity: severity,
		Summary:  connect.Line("summary", m.summary, connect.MaxSummary, &notes),
		Source:   connect.Line("source", m.source, connect.MaxSource, &notes),
		StartsAt: connect.Start("timestamp", m.timestamp, now, &notes),
		Details:  connect.Details(m.details, &notes),
		Service:  connect.Line("service", connect.Member(m.details, "service"), connect.MaxKey, &notes),
	}
	if m.dedup != "" {
		e.Dedup = connect.Dedup(m.dedup)
	}
	pairs := []connect.Pair{{Name: "source", Value: m.source}, {Name: "severity", Value: m.severity}, {Name: "component", Value: m.component},
		{Name: "group", Value: m.group}, {Name: "class", Value: m.class}, {Name: "client", Value: m.client}}
	e.Labels = connect.Map("label", pairs, len(pairs), &notes)
	for _, l := range append(m.links, m.images...) {
		connect.AddLink(&e, l.Href, l.Text)
	}
	connect.AddLink(&e, m.clientURL, m.client)
	notes.Put(&e)
	return e
}
