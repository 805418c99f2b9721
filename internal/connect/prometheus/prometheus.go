// Package prometheus receives alerts from Prometheus itself, with no
// Alertmanager in between, by speaking the alert half of Alertmanager's API v2.
// Thanos Rule, Loki's and Mimir's rulers and vmalert send the same.
//
//	POST /integrations/prometheus/{token}/api/v2/alerts   path_prefix in alertmanager_config
//	POST /integrations/prometheus/api/v2/alerts           token as bearer or basic-auth password
//	POST /api/v2/alerts                                   likewise
//
// Format: a bare array of postableAlert, see
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml; semantics
// as in postAlertsHandler of api/v2/api.go there:
//
//   - An alert whose endsAt is past is resolved; one in the future fires until
//     then. Prometheus announces four times its resend delay or evaluation
//     interval, whichever is longer, and renews it (AlertingRule.sendAlerts in rules/alerting.go),
//     so that alerts end when Prometheus dies. Without endsAt an alert ends
//     resolveTimeout after it was last sent.
//   - There is no fingerprint on the wire: identity is Alertmanager's own hash
//     of all labels (connect.Fingerprint), so an alert keeps its identity when
//     Alertmanager is put in between, though not its integration.
//   - Empty labels do not count.
//
// Prometheus does not resend a refused batch, but sends every firing alert
// again after its resend delay (a minute by default), and resolved ones for 15
// minutes. The answer is empty, as Alertmanager's is.
package prometheus

import (
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest body in bytes. Prometheus sends at most 256 alerts at
// once; others may send more.
const MaxBody = 16 << 20

// resolveTimeout is Alertmanager's default resolve_timeout.
const resolveTimeout = 5 * time.Minute

// Parse reads one body. now decides what is over and what a plausible time is.
// ignored counts entries without labels and annotations. Errors are Invalid: no
// JSON, no array, more than connect.MaxAlerts, or no alert among the entries.
func Parse(body []byte, now time.Time) (events []alert.Event, ignored int, err error) {
	r := connect.NewReader(body)
	var a connect.Prom // its slices are reused from alert to alert
	ok, err := r.Array(func() error {
		ok, err := connect.ReadProm(r, &a)
		if err != nil {
			return err
		}
		if !ok {
			ignored++
			return nil
		}
		events = append(events, event(&a, now))
		return nil
	})
	if err == nil {
		err = r.End()
	}
	switch {
	case err != nil:
		return nil, 0, err
	case !ok:
		return nil, 0, errs.BadField("body", "", "send an array of alerts, as Prometheus posts to /api/v2/alerts; Alertmanager's webhooks go to /integrations/alertmanager/")
	case len(events) == 0 && ignored > 0:
		return nil, 0, errs.BadField("body", "", "give each alert labels; none of the "+strconv.Itoa(ignored)+" entries has any")
	}
	return events, ignored, nil
}

func event(a *connect.Prom, now time.Time) alert.Event {
	var notes connect.Notes
	a.Fingerprint = "" // not part of this format: never trust one
	e := a.Event(now, &notes)
	e.Action = alert.Trigger
	e.EndsAt = connect.End("endsAt", a.EndsAt, now, &notes)
	switch {
	case e.EndsAt.IsZero():
		e.EndsAt = now.Add(resolveTimeout).UTC().Truncate(time.Microsecond)
	case !e.EndsAt.After(now):
		e.Action = alert.Resolve
	}
	notes.Put(&e)
	return e
}

// Receiver serves the address.
type Receiver struct{ door *connect.Door }

// New returns the receiver behind a door.
func New(d *connect.Door) *Receiver { return &Receiver{d} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.Handle("POST /integrations/prometheus/{token}/api/v2/alerts", rc)
	mux.Handle("POST /integrations/prometheus/api/v2/alerts", rc)
	mux.Handle("POST /api/v2/alerts", rc)
}

// ServeHTTP takes one batch: 200 when all alerts are on disk.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, in, err := rc.door.Enter(r, alert.Prometheus, connect.Token(r))
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	events, ignored, err := Parse(body.Bytes, rc.door.Now())
	body.Close()
	if err == nil && len(events) > 0 {
		_, err = rc.door.Ingest(ctx, in, events)
	}
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	if ignored > 0 {
		rc.door.Log.Warn("alerts without labels and annotations were left out", "integration", in.Name, "count", ignored)
	}
	w.WriteHeader(http.StatusOK)
}
