// Package generic receives alerts in our own small JSON, for scripts and tools
// that speak no known format.
//
//	POST /integrations/generic/{token}
//	POST /integrations/generic            with Authorization: Bearer
//
//	{
//	  "summary":  "Nightly backup of orders failed",   required, except to acknowledge or resolve
//	  "dedup":    "backup/orders",      identity: the same key is the same alert
//	  "action":   "trigger",            trigger (default), acknowledge, resolve, or a monitor's word for it
//	  "severity": "error",              critical, error, warning, info
//	  "service":  "orders",             name in the service catalog
//	  "source":   "db-2",               host or system that is affected
//	  "details":  "exit status 23",     text, or any JSON
//	  "labels":   {"team": "storefront"},
//	  "links":    [{"href": "https://…", "text": "Log"}],
//	  "starts_at": "2026-03-01T02:00:00Z",
//	  "ends_at":   "2026-03-01T03:00:00Z"   in the future: it ends by itself then
//	}
//
// A trigger without "dedup" is always a new alert; the answer returns the key
// that was made for it. Only a missing summary, a missing key to resolve or
// acknowledge, and an unknown action are refused, since here a person reads
// the answer; everything else is mended with a note in the alert.
package generic

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest body in bytes.
const MaxBody = 512 << 10

// wire is the body as it is sent.
type wire struct {
	summary, dedup, action, severity, service, source, startsAt, endsAt string
	details                                                             json.RawMessage
	text                                                                string // details, when they are text
	labels                                                              []connect.Pair
	total                                                               int
	links                                                               []alert.Link
}

// Parse reads one alert. now decides what a plausible time is. The event's
// Dedup is empty when the sender gave none. Errors are Invalid.
func Parse(body []byte, now time.Time) (alert.Event, error) {
	r := connect.NewReader(body)
	var m wire
	ok, err := r.Object(func(name []byte) error { return m.field(r, string(name)) })
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return alert.Event{}, err
	}
	if !ok {
		return alert.Event{}, errs.E(errs.Invalid, `the body is JSON but no object; send one alert: {"summary": "…", "dedup": "…"}`)
	}
	return m.event(now)
}

func (m *wire) field(r *connect.Reader, name string) (err error) {
	switch name {
	case "summary":
		m.summary, err = r.Text()
	case "dedup", "dedup_key":
		m.dedup, err = r.Text()
	case "action", "event_action":
		m.action, err = r.Text()
	case "severity":
		m.severity, err = r.Text()
	case "service":
		m.service, err = r.Text()
	case "source":
		m.source, err = r.Text()
	case "starts_at":
		m.startsAt, err = r.Text()
	case "ends_at":
		m.endsAt, err = r.Text()
	case "labels":
		m.labels, m.total, err = r.Pairs(m.labels)
	case "links":
		m.links, err = r.Links("href", "text")
	case "details":
		if r.Kind() == '"' {
			m.text, err = r.Text()
		} else {
			m.details, err = r.Raw()
		}
	default:
		err = r.Skip()
	}
	return err
}

func (m *wire) event(now time.Time) (alert.Event, error) {
	var f errs.Fields
	var notes connect.Notes
	var e alert.Event
	var ok bool
	if e.Action, ok = action(m.action); !ok {
		notes.Add("action %q is not known, taken as trigger", errs.Short(m.action))
	}
	if e.Action == alert.Trigger && strings.TrimSpace(m.summary) == "" {
		f.Add("summary", "", "say in one line what is wrong")
	}
	if e.Action != alert.Trigger && m.dedup == "" {
		f.Add("dedup", "", "give the key of the alert to "+string(e.Action))
	}
	if err := f.Err(); err != nil {
		return alert.Event{}, err
	}
	if e.Severity, ok = connect.Severity(m.severity); !ok {
		notes.Add("severity %q is not known, taken as warning", errs.Short(m.severity))
		m.labels, m.total = append(m.labels, connect.Pair{Name: "severity", Value: m.severity}), m.total+1
	}
	if m.dedup != "" {
		e.Dedup = connect.Dedup(m.dedup)
	}
	e.Summary = connect.Line("summary", m.summary, connect.MaxSummary, &notes)
	e.Service = connect.Line("service", m.service, connect.MaxKey, &notes)
	e.Source = connect.Line("source", m.source, connect.MaxSource, &notes)
	e.Labels = connect.Map("label", m.labels, m.total, &notes)
	e.Details = connect.Details(m.details, &notes)
	e.StartsAt = connect.Start("starts_at", m.startsAt, now, &notes)
	e.EndsAt = connect.End("ends_at", m.endsAt, now, &notes)
	if e.Action == alert.Trigger && !e.EndsAt.IsZero() && !e.EndsAt.After(now) {
		e.Action = alert.Resolve // it tells of something that is over
		if m.dedup == "" {
			return alert.Event{}, errs.BadField("ends_at", m.endsAt, "leave it out, or give a time in the future: an alert that is over needs the dedup key it began with")
		}
	}
	if m.text != "" {
		e.Annotations = map[string]string{"description": connect.Text("details", m.text, connect.MaxValue, &notes)}
	}
	for _, l := range m.links {
		connect.AddLink(&e, l.Href, l.Text)
	}
	notes.Put(&e)
	return e, nil
}

// action maps the words of common monitors (Datadog's $ALERT_TRANSITION, Nagios
// and Icinga states, Uptime Kuma) to ours. An unknown word is a trigger: a false
// alarm is seen, a lost alert is not.
func action(word string) (a alert.Action, ok bool) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "", "trigger", "triggered", "re-triggered", "fire", "firing", "alert", "alerting", "problem", "open", "down", "warn", "no data", "renotify":
		return alert.Trigger, true
	case "acknowledge", "acknowledged", "ack", "acknowledgement":
		return alert.Acknowledge, true
	case "resolve", "resolved", "recover", "recovered", "recovery", "warn recovered", "no data recovered", "ok", "up", "close", "closed", "clear", "cleared":
		return alert.Resolve, true
	}
	return alert.Trigger, false
}

// Receiver serves the address.
type Receiver struct{ door *connect.Door }

// New returns the receiver behind a door.
func New(d *connect.Door) *Receiver { return &Receiver{d} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.Handle("POST /integrations/generic/{token}", rc)
	mux.Handle("POST /integrations/generic", rc)
}

// answer tells the sender the alert's key and number.
type answer struct {
	Status string `json:"status"`          // "ok"
	Dedup  string `json:"dedup"`           // send it again to repeat, acknowledge or resolve
	Alert  string `json:"alert,omitempty"` // "ALR-17"; absent when there was nothing to resolve
}

// ServeHTTP takes one alert: 200 when it is on disk.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := rc.take(w, r)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	connect.JSON(w, "application/json", http.StatusOK, a)
}

func (rc *Receiver) take(w http.ResponseWriter, r *http.Request) (answer, error) {
	ctx, in, err := rc.door.Enter(r, alert.Generic, connect.Token(r))
	if err != nil {
		return answer{}, err
	}
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		return answer{}, err
	}
	e, err := Parse(body.Bytes, rc.door.Now())
	body.Close()
	if err != nil {
		return answer{}, err
	}
	if e.Dedup == "" {
		e.Dedup = connect.NewKey()
	}
	receipt, err := rc.door.Ingest(ctx, in, []alert.Event{e})
	if err != nil {
		return answer{}, err
	}
	return answer{Status: "ok", Dedup: e.Dedup, Alert: connect.AlertKey(receipt)}, nil
}
