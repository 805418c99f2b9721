// Package opsgenie receives what is sent to Opsgenie's Alert API v2, whose
// servers are switched off in April 2027: only the address changes.
//
//	POST   /v2/alerts                              create
//	POST   /v2/alerts/{id}/close                   and acknowledge, unacknowledge, snooze, notes, tags, details
//	PUT    /v2/alerts/{id}/message                 and description, priority
//	DELETE /v2/alerts/{id}                         counts as close: alerts are never deleted here
//	GET    /v2/alerts/{id}                         what is known of it
//	GET    /v2/alerts/requests/{requestId}         what became of a request
//
// Format: https://docs.opsgenie.com/docs/alert-api ; answers:
// https://docs.opsgenie.com/docs/response . The first sender in mind is
// Alertmanager's notifier (opsgenie_configs with api_url), which creates,
// changes message and description, and closes, by alias; it sends again after
// 429 and 5xx only.
//
// The key is "Authorization: GenieKey KEY", the integration's token. An alert
// is named by alias (identifierType=alias), by our number "ALR-17" (id, the
// default) or by that number alone (tiny). Identity is the alias; an alert
// without one gets a random key for its alias.
//
// As at Opsgenie, what changes an alert is answered with 202 and a request
// id, also when there is no such alert: what became of it is asked with the
// request id, which carries the answer in itself and so needs no store and is
// the same on every replica. Unlike Opsgenie, 202 is said after the alert is
// on disk. Errors have Opsgenie's shape:
//
//	422 {"message":"Request body is not processable. Please check the errors.","errors":{"message":"…"},"took":0.001,"requestId":"…"}
//
// Responders, visibility and actions do not decide here, since our own rules
// and policies say who is told; they are kept in the alert's details, and the
// responders' names are a label, so that rules can match them. What we do not
// do (assign, escalate, add a team, custom actions, attachments) is refused
// with 403, Opsgenie's code 40302: "authorized, but we do not support it".
package opsgenie

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest request in bytes: Opsgenie's longest description,
// note and details fit several times.
const MaxBody = 512_000

// Told is what the receiver asks the alert practice: a sender's own alert, by
// number, or by dedup when the number is 0. Errors: NotFound.
type Told interface {
	Told(ctx context.Context, in alert.Integration, id int64, dedup string) (alert.Alert, error)
}

// Receiver serves the Alert API.
type Receiver struct {
	door   *connect.Door
	alerts Told
}

// New returns the receiver behind a door.
func New(d *connect.Door, alerts Told) *Receiver { return &Receiver{d, alerts} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.Handle("POST /v2/alerts", rc.handle(rc.create))
	mux.Handle("POST /v2/alerts/{id}/{verb}", rc.handle(rc.change))
	mux.Handle("PUT /v2/alerts/{id}/{verb}", rc.handle(rc.change))
	mux.Handle("DELETE /v2/alerts/{id}", rc.handle(rc.change))
	mux.Handle("GET /v2/alerts/{id}", rc.handle(rc.get))
	mux.Handle("GET /v2/alerts/requests/{request}", rc.handle(rc.request))
	none := rc.handle(func(*call) (answer, error) { return answer{}, errNoPath })
	mux.Handle("/v2/alerts", none)
	mux.Handle("/v2/alerts/", none)
}

// call is one request that has shown its key.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	ctx  context.Context
	in   alert.Integration
	from time.Time
}

// handle checks the key, runs f, and answers in Opsgenie's shape.
func (rc *Receiver) handle(f func(c *call) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r, from: time.Now()}
		var err error
		if c.ctx, c.in, err = rc.door.Enter(r, alert.Opsgenie, key(r)); err != nil {
			rc.fail(c, err)
			return
		}
		a, err := f(c)
		if err != nil {
			rc.fail(c, err)
			return
		}
		rc.answer(c, a)
	})
}

// key is the API key of a request: after GenieKey, as Opsgenie documents it,
// or after Bearer or as the password for senders that can only do that.
func key(r *http.Request) string {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if ok && strings.EqualFold(scheme, "GenieKey") {
		return strings.TrimSpace(rest)
	}
	return connect.Token(r)
}

// read returns the parsed body.
func read[T any](rc *Receiver, c *call, parse func(body []byte, now time.Time) (T, error)) (v T, err error) {
	body, err := rc.door.Read(c.w, c.r, MaxBody)
	if err != nil {
		return v, err
	}
	defer body.Close()
	return parse(body.Bytes, rc.door.Now())
}

// create takes a new alert, or one more event of a known one.
func (rc *Receiver) create(c *call) (answer, error) {
	e, err := read(rc, c, ParseCreate)
	if err != nil {
		return answer{}, err
	}
	if e.Dedup == "" {
		e.Dedup = connect.NewKey()
	}
	rcpt, err := rc.door.Ingest(c.ctx, c.in, []alert.Event{e})
	if err != nil {
		return answer{}, err
	}
	return rc.accepted(outcome{action: actCreate, alert: only(rcpt), success: true}), nil
}

// change does what is asked about one alert.
func (rc *Receiver) change(c *call) (answer, error) {
	verb, ok := verbs[c.r.Method+" "+c.r.PathValue("verb")]
	if !ok {
		if c.r.Method == http.MethodPost {
			return answer{}, errUnsupported
		}
		return answer{}, errNoPath
	}
	id, dedup, err := name(c.r)
	if err != nil {
		return answer{}, err
	}
	more, err := read(rc, c, verb.parse)
	if err != nil {
		return answer{}, err
	}
	known, err := rc.alerts.Told(c.ctx, c.in, id, dedup)
	if errs.Is(err, errs.NotFound) {
		return rc.accepted(outcome{action: verb.action}), nil
	}
	if err != nil {
		return answer{}, err
	}
	rcpt, err := rc.door.Ingest(c.ctx, c.in, verb.events(known, more))
	if err != nil {
		return answer{}, err
	}
	return rc.accepted(outcome{action: verb.action, alert: known.ID, success: rcpt.Ignored == 0}), nil
}

// name reads which alert a request is about: its number, or its alias as our
// identity.
func name(r *http.Request) (id int64, dedup string, err error) {
	text := r.PathValue("id")
	switch kind := strings.ToLower(r.URL.Query().Get("identifierType")); kind {
	case "alias":
		return 0, connect.Dedup(text), nil
	case "", "id":
		if id, ok := number(text); ok {
			return id, "", nil
		}
		return 0, connect.Dedup(text), nil // the alias of an alert that was sent without one is its id at Opsgenie
	case "tiny":
		if id, ok := number("ALR-" + text); ok {
			return id, "", nil
		}
		return 0, "", errs.BadField("identifier", text, "Tiny id should be a number.")
	default:
		return 0, "", errs.BadField("identifierType", kind, "Identifier type should be one of [ id, alias, tiny ].")
	}
}

func only(rc alert.Receipt) int64 {
	if len(rc.Alerts) != 1 {
		return 0
	}
	return rc.Alerts[0]
}
