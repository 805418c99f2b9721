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
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest body in bytes: 10,000 alerts of 1.6 KB.
const MaxBody = 16 << 20

// Parse reads one webhook. now decides what a plausible time is. Errors are
// Invalid: no JSON, no list of alerts, more than connect.MaxAlerts, or no
// alert among the entries.
func Parse(body []byte, now time.Time) (connect.Webhook, error) {
	r := connect.NewReader(body)
	var m connect.Webhook
	var external string
	listed := false
	ok, err := r.Object(func(name []byte) (err error) {
		switch string(name) {
		case "alerts":
			listed, err = m.Alerts(r, func(a *connect.Prom) alert.Event { return event(a, now) })
		case "externalURL":
			external, err = r.Text()
		case "truncatedAlerts":
			err = m.LeftOut(r)
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
		return connect.Webhook{}, err
	case !ok || !listed:
		return connect.Webhook{}, errs.BadField("alerts", "", "send an Alertmanager webhook, version 4: an object with a list \"alerts\"")
	}
	if err := m.Check(); err != nil {
		return connect.Webhook{}, err
	}
	for i := range m.Events { // it comes after the alerts
		connect.AddLink(&m.Events[i], external, "Alertmanager")
	}
	return m, nil
}

func event(a *connect.Prom, now time.Time) alert.Event {
	var notes connect.Notes
	e := a.Event(now, &notes)
	if !a.Decide(&e, now, &notes) {
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
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	rc.door.Finish(w, r, ctx, in, m, "alertmanager webhook was not complete; raise or remove its max_alerts")
}
