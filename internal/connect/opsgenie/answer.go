package opsgenie

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// answer is what a call is answered with.
type answer struct {
	status  int
	request string // its id; a random one when empty
	result  string
	data    any
}

// envelope is Opsgenie's shape of every answer.
type envelope struct {
	Result  string            `json:"result,omitempty"`
	Data    any               `json:"data,omitempty"`
	Message string            `json:"message,omitempty"`
	Errors  map[string]string `json:"errors,omitempty"`
	Took    float64           `json:"took"` // seconds
	Request string            `json:"requestId"`
}

var (
	errNoPath      = errs.E(errs.NotFound, "No such path here; the Alert API is taken, see docs/integrate/opsgenie.md")
	errUnsupported = errs.E(errs.Forbidden, "This operation is not supported here; who is told and how is up to the escalation policies")
)

// accepted answers with a request id that carries what became of the request.
func (rc *Receiver) accepted(o outcome) answer {
	return answer{status: http.StatusAccepted, request: o.request(rc.door.Now()), result: "Request will be processed"}
}

func (rc *Receiver) answer(c *call, a answer) {
	rc.write(c, a.status, envelope{Result: a.result, Data: a.data, Request: a.request})
}

func (rc *Receiver) write(c *call, status int, e envelope) {
	if e.Request == "" {
		e.Request = (outcome{}).request(rc.door.Now())
	}
	e.Took = float64(time.Since(c.from).Microseconds()) / 1e6
	c.w.Header().Set("X-Request-Id", e.Request)
	connect.JSON(c.w, "application/json", status, e)
}

// fail answers an error. Overload is 429, which every Opsgenie client sends
// again, also Alertmanager's.
func (rc *Receiver) fail(c *call, err error) {
	status, e := connect.Status(err), errs.As(err)
	out := envelope{Message: e.Text}
	switch status {
	case http.StatusUnauthorized:
		out.Message = "Could not authenticate: " + e.Text
		c.w.Header().Set("Connection", "close") // a stranger's body is not read
	case http.StatusServiceUnavailable:
		status = http.StatusTooManyRequests
		out.Message = "You are making too many requests! Please retry later: " + e.Text
		connect.RetryAfter(c.w.Header(), e.Retry)
	case http.StatusBadRequest:
		if len(e.Fields) > 0 {
			status = http.StatusUnprocessableEntity
			out.Message, out.Errors = "Request body is not processable. Please check the errors.", map[string]string{}
			for _, f := range e.Fields {
				out.Errors[f.Name] = f.Remedy
			}
		}
	}
	if !errors.Is(err, errNoPath) {
		rc.door.Note(c.r, status, err)
	}
	rc.write(c, status, out)
}

// What a request did, as its id says.
const (
	actCreate byte = iota + 1
	actClose
	actAcknowledge
	actUnacknowledge
	actSnooze
	actNote
	actTags
	actDetails
	actMessage
	actDescription
	actPriority
)

// said are Opsgenie's words for an action and for its success.
var said = map[byte][2]string{actCreate: {"Create", "Created alert"}, actClose: {"Close", "Closed alert"}, actAcknowledge: {"Acknowledge", "Acknowledged alert"},
	actUnacknowledge: {"UnAcknowledge", "Noted on the alert"}, actSnooze: {"Snooze", "Noted on the alert"}, actNote: {"AddNote", "Added note"},
	actTags: {"AddTags", "Added tags"}, actDetails: {"AddDetails", "Added details"}, actMessage: {"UpdateMessage", "Updated message"},
	actDescription: {"UpdateDescription", "Updated description"}, actPriority: {"UpdatePriority", "Updated priority"}}

// outcome is what became of a request. alert is 0 for one about nothing known.
type outcome struct {
	action  byte
	alert   int64
	success bool
}

// request writes the outcome as a version 8 UUID (RFC 9562): milliseconds,
// action, success, alert and a few random bits. It is no secret and grants
// nothing: the alert is looked up among those of the asking integration.
func (o outcome) request(now time.Time) string {
	var b [16]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = 0x80 | o.action
	b[7] &^= 0x80
	if o.success {
		b[7] |= 0x80
	}
	b[8] = 0x80 | b[8]&0x3f
	for i := range 7 {
		b[9+i] = byte(uint64(o.alert) >> (48 - 8*i))
	}
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// readRequest is the reverse; ok is false for what was never a request id here.
func readRequest(id string) (o outcome, at time.Time, ok bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != 16 || raw[6]>>4 != 8 || raw[8]>>6 != 2 {
		return o, at, false
	}
	var ms uint64
	for i := range 6 {
		ms = ms<<8 | uint64(raw[i])
	}
	o.action, o.success = raw[6]&0x0f, raw[7]&0x80 != 0
	for i := range 7 {
		o.alert = o.alert<<8 | int64(raw[9+i])
	}
	_, ok = said[o.action]
	return o, time.UnixMilli(int64(ms)).UTC(), ok
}

// number reads "ALR-17"; bare digits may be somebody's alias.
func number(text string) (int64, bool) {
	if !strings.HasPrefix(text, string(ref.Alert)+"-") {
		return 0, false
	}
	id, err := ref.ID(ref.Alert, text)
	return id, err == nil && id > 0
}
