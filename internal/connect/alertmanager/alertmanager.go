// Package alertmanager receives the webhooks of Prometheus Alertmanager
// (version 4) and of Grafana, whose webhook contact point has the same shape.
//
//	POST /integrations/alertmanager/{token}
//	POST /integrations/alertmanager          with Authorization: Bearer
//
// Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
// and https://github.com/prometheus/alertmanager/blob/main/notify/webhook/webhook.go.
// A request carries a whole group, most of it often known already. What counts
// is each alert's own status and fingerprint: a group with one firing and nine
// resolved alerts says "firing" at the top. The group's key, labels and reason
// (groupKey, commonLabels, routeLabels, notification_reason) are read over,
// since grouping is decided by our own rules.
//
// Alertmanager resends only after 5xx answers and network errors
// (Retrier.Check in notify/util.go); a 4xx drops the whole group for this
// round. So text that is too long is shortened, unknown severities are
// warnings, impossible times are "unknown", each with a note in the alert, and
// overload answers 503. "truncatedAlerts" above 0 means the sender left alerts
// out (its max_alerts); it is logged and returned, since nobody else would see
// it.
package alertmanager

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest body in bytes: 10,000 alerts of 1.6 KB.
const MaxBody = 16 << 20

// Message is what one webhook says.
type Message struct {
	Events    []alert.Event
	Ignored   int   // entries without labels, annotations and fingerprint
	Truncated int64 // alerts that the sender says it left out
}

// Parse reads one webhook. now decides what a plausible time is. Errors are
// Invalid: no JSON, no list of alerts, more than connect.MaxAlerts, or no
// alert among the entries.
func Parse(body []byte, now time.Time) (Message, error) {
	r := connect.NewReader(body)
	var m Message
	var external string
	listed := false
	ok, err := r.Object(func(name []byte) (err error) {
		switch string(name) {
		case "alerts":
			listed, err = m.alerts(r, now)
		case "externalURL":
			external, err = r.Text()
		case "truncatedAlerts":
			var n string
			n, err = r.Text()
			m.Truncated, _ = strconv.ParseInt(n, 10, 64) // informative only: what is no number is none
		default:
			err = r.Skip()
		}
		return err
	})
	if err == nil {
		err = r.End()
	}
	switch {
	case err != nil:
		return Message{}, err
	case !ok || !listed:
		return Message{}, errs.BadField("alerts", "", "send an Alertmanager webhook, version 4: an object with a list \"alerts\"")
	case len(m.Events) == 0 && m.Ignored > 0:
		return Message{}, errs.BadField("alerts", "", "give each alert labels; none of the "+strconv.Itoa(m.Ignored)+" entries has any")
	}
	for i := range m.Events { // it comes after the alerts
		connect.AddLink(&m.Events[i], external, "Alertmanager")
	}
	return m, nil
}

func (m *Message) alerts(r *connect.Reader, now time.Time) (bool, error) {
	var a connect.Prom // its slices are reused from alert to alert
	return r.Array(func() error {
		ok, err := connect.ReadProm(r, &a)
		if err != nil {
			return err
		}
		if !ok {
			m.Ignored++
			return nil
		}
		m.Events = append(m.Events, event(&a, now))
		return nil
	})
}

// event decides by the alert's own status; an unknown one falls back to endsAt.
func event(a *connect.Prom, now time.Time) alert.Event {
	var notes connect.Notes
	e := a.Event(now, &notes)
	e.EndsAt = connect.End("endsAt", a.EndsAt, now, &notes)
	over := !e.EndsAt.IsZero() && !e.EndsAt.After(now)
	switch status := strings.ToLower(strings.TrimSpace(a.Status)); {
	case status == "resolved", status != "firing" && over:
		e.Action = alert.Resolve
		if !over {
			e.EndsAt = time.Time{} // the sender's clock is ahead, or it did not say: now
		}
	default:
		e.Action = alert.Trigger
		if over {
			e.EndsAt = time.Time{} // still firing when it was sent: status wins
		}
	}
	if s := strings.ToLower(strings.TrimSpace(a.Status)); s != "firing" && s != "resolved" {
		short, _ := connect.Cut(connect.Clean(a.Status), 60)
		notes.Add("status %q is not known, taken as %s", short, e.Action)
	}
	notes.Put(&e)
	return e
}

// Receiver serves the webhook.
type Receiver struct{ door *connect.Door }

// New returns the receiver behind a door.
func New(d *connect.Door) *Receiver { return &Receiver{d} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.Handle("POST /integrations/alertmanager/{token}", rc)
	mux.Handle("POST /integrations/alertmanager", rc)
}

// ServeHTTP takes one webhook: 200 when all alerts are on disk.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, in, err := rc.door.Enter(r, alert.Alertmanager, connect.Token(r))
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	m, err := Parse(body.Bytes, rc.door.Now())
	body.Close()
	if err == nil && len(m.Events) > 0 {
		_, err = rc.door.Ingest(ctx, in, m.Events)
	}
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	if m.Truncated > 0 || m.Ignored > 0 {
		rc.door.Log.Warn("alertmanager webhook was not complete; raise or remove its max_alerts",
			"integration", in.Name, "truncated", m.Truncated, "without_labels", m.Ignored)
	}
	connect.JSON(w, "application/json", http.StatusOK, connect.Accepted{
		Status: "ok", Alerts: len(m.Events), Ignored: m.Ignored, Truncated: m.Truncated,
	})
}
