// Package pagerduty receives events of the PagerDuty Events API v2, which
// nearly every monitoring tool can send: only the address changes.
//
//	POST /v2/enqueue          routing_key in the body (or header X-Routing-Key)
//	POST /v2/change/enqueue   change events (change.go)
//
// Format: https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ ;
// answers and limits: https://developer.pagerduty.com/docs/events-api-v2/overview/
// ("Response Codes & Retry Logic", 512 KB; Alertmanager's notifier cuts at 512,000
// bytes). X-Routing-Key is what PagerDuty's own Python client sent for years
// (https://github.com/PagerDuty/pdpyras/pull/54).
//
// Answers have PagerDuty's bodies, since senders parse and log them:
//
//	202 {"status":"success","message":"Event processed","dedup_key":"…"}
//	400 {"status":"invalid event","message":"Event object is invalid","errors":["…"]}
//	429 {"status":"throttle exceeded","message":"…","errors":["…"]}   with Retry-After
//
// A wrong routing key is a 400 that says so: PagerDuty documents no 401, and
// senders such as Alertmanager show the text of a 400 only. Overload is 429,
// which senders retry; our own faults are 500, which they retry as well.
//
// Identity is dedup_key. A trigger without one gets a random key, which the
// answer returns, and so always is a new alert, as at PagerDuty. Labels for
// rules are source, severity, component, group, class and client; the service
// is custom_details.service where a sender sets it. custom_details are kept as
// they are.
package pagerduty

import (
	"context"
	"errors"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest event in bytes.
const MaxBody = 512_000

// throttled is PagerDuty's own text of a 429, two spaces included; tested for in
// https://github.com/PagerDuty/go-pagerduty/blob/main/event_v2_test.go.
const throttled = "Requests for this service are arriving too quickly.  Please retry later."

// answer is the body of every answer.
type answer struct {
	Status  string   `json:"status"`
	Message string   `json:"message"`
	Dedup   string   `json:"dedup_key,omitempty"`
	Errors  []string `json:"errors,omitempty"`
}

// Receiver serves the Events API.
type Receiver struct {
	door *connect.Door
	to   connect.Pipelines
}

// New returns the receiver behind a door; change events go to the practice of
// changes.
func New(d *connect.Door, to connect.Pipelines) *Receiver { return &Receiver{d, to} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v2/enqueue", rc)
	mux.HandleFunc("POST /v2/change/enqueue", rc.change)
}

// ServeHTTP takes one event: 202 when it is on disk.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, err := rc.take(w, r)
	if err != nil {
		rc.fail(w, r, err)
		return
	}
	connect.JSON(w, "application/json", http.StatusAccepted, answer{Status: "success", Message: "Event processed", Dedup: key})
}

// take returns the event's dedup_key after it is on disk.
func (rc *Receiver) take(w http.ResponseWriter, r *http.Request) (string, error) {
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		return "", err
	}
	m, bad := Parse(body.Bytes, rc.door.Now())
	body.Close()
	ctx, in, err := rc.enter(r, m.RoutingKey, bad)
	if err != nil {
		return "", err
	}
	if m.DedupKey == "" {
		m.DedupKey = connect.NewKey()
		m.Event.Dedup = m.DedupKey
	}
	_, err = rc.door.Ingest(ctx, in, []alert.Event{m.Event})
	return m.DedupKey, err
}

// enter finds the integration of an event; bad is what else is wrong with it.
func (rc *Receiver) enter(r *http.Request, routing string, bad error) (context.Context, alert.Integration, error) {
	if routing == "" {
		routing = r.Header.Get("X-Routing-Key")
	}
	if bad != nil || routing == "" {
		return nil, alert.Integration{}, missingKey(bad, routing)
	}
	ctx, in, err := rc.door.Enter(r, alert.PagerDuty, routing)
	if errs.Is(err, errs.Unauthenticated) {
		err = errs.BadField("routing_key", "", wrongKey(routing)).Because(err)
	}
	return ctx, in, err
}

// missingKey adds the routing key's absence to the other faults of an event.
func missingKey(err error, routing string) error {
	var e *errs.Error
	if errors.As(err, &e) && len(e.Fields) == 0 || routing != "" {
		return err // no JSON at all, or the key is not the fault
	}
	var f errs.Fields
	if e != nil {
		f = append(f, e.Fields...)
	}
	f.Add("routing_key", "", "'routing_key' is missing or blank")
	return f.Err()
}

// wrongKey says what is wrong with an unknown key, without repeating it.
func wrongKey(key string) string {
	if len(key) != 32 {
		return "Length of 'routing_key' is incorrect (should be 32 characters)"
	}
	return "'routing_key' is not the key of an enabled PagerDuty integration here; copy it from the integration's page"
}

// fail answers an error in PagerDuty's form.
func (rc *Receiver) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.As(err)
	status := connect.Status(err)
	a := answer{Status: "invalid event", Message: "Event object is invalid"}
	switch status {
	case http.StatusServiceUnavailable:
		status = http.StatusTooManyRequests
		connect.RetryAfter(w.Header(), e.Retry)
		a = answer{Status: "throttle exceeded", Message: throttled, Errors: []string{e.Text}}
	case http.StatusInternalServerError:
		a = answer{Status: "error", Message: e.Text}
	case http.StatusRequestEntityTooLarge:
		a.Errors = []string{e.Text}
	default:
		status = http.StatusBadRequest
		if len(e.Fields) == 0 {
			a.Errors = []string{e.Text}
		}
		for _, f := range e.Fields {
			a.Errors = append(a.Errors, f.Remedy)
		}
	}
	rc.door.Note(r, status, err)
	connect.JSON(w, "application/json", status, a)
}
