package connect

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Status is the HTTP status of an error for a sender. It differs from the
// API's: malformed input is 400, as senders expect; a limit answers 503, since
// Alertmanager resends webhooks only after 5xx
// (https://github.com/prometheus/alertmanager/blob/main/notify/webhook/webhook.go).
func Status(err error) int {
	if errors.Is(err, errTooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	switch k := errs.KindOf(err); k {
	case errs.Invalid:
		return http.StatusBadRequest
	case errs.Limited, errs.Unavailable, errs.Conflict:
		return http.StatusServiceUnavailable
	default:
		return errs.Table[k].HTTP
	}
}

// Fail answers an error as a problem document, with Retry-After when trying
// again can help, and logs what the sender cannot see.
func (d *Door) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status, e := Status(err), errs.As(err)
	d.Note(r, status, err)
	h := w.Header()
	switch {
	case status == http.StatusServiceUnavailable:
		RetryAfter(h, e.Retry)
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="Evenkeel integration"`)
		h.Set("Connection", "close") // a stranger's body is not read
	}
	p := api.NewProblem(err)
	p.Status = status
	JSON(w, "application/problem+json", status, p)
}

// notesPerSecond bounds the log: a sender with a wrong token or an overload
// can refuse thousands of requests a second.
const notesPerSecond = 20

// Note logs a refused request: our own faults as errors, the sender's as
// warnings, so that a person finds why an alert did not arrive. Beyond
// notesPerSecond they are only counted, and the next line says how many.
func (d *Door) Note(r *http.Request, status int, err error) {
	d.notes.Lock()
	now := d.Now().Unix()
	if now != d.notes.second {
		d.notes.second, d.notes.written = now, 0
	}
	if d.notes.written == notesPerSecond {
		d.notes.unsaid++
		d.notes.Unlock()
		return
	}
	unsaid := d.notes.unsaid
	d.notes.written, d.notes.unsaid = d.notes.written+1, 0
	d.notes.Unlock()
	level := slog.LevelWarn
	if status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	d.Log.Log(r.Context(), level, "alert request refused", "route", r.Pattern, "status", status, "from", r.RemoteAddr, "err", err, "unsaid_before", unsaid)
}

// RetryAfter sets the header in whole seconds, at least one; zero means five.
func RetryAfter(h http.Header, wait time.Duration) {
	if wait <= 0 {
		wait = 5 * time.Second
	}
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// JSON answers v with a status.
func JSON(w http.ResponseWriter, contentType string, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	b, err := json.Marshal(v)
	if err != nil { // our own structs of strings and numbers: cannot happen
		b, status = []byte(`{"title":"Internal Server Error"}`), http.StatusInternalServerError
	}
	h.Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a sender that went away needs no answer
}

// Accepted is the answer to a body of alerts.
type Accepted struct {
	Status    string `json:"status"`              // "ok"
	Alerts    int    `json:"alerts"`              // taken, now on disk
	Ignored   int    `json:"ignored,omitempty"`   // entries that held no alert at all
	Truncated int64  `json:"truncated,omitempty"` // alerts that the sender says it left out
}

// AlertKey is the key of the only alert of a receipt, "ALR-17"; empty when the
// event was about nothing known.
func AlertKey(rc alert.Receipt) string {
	if len(rc.Alerts) != 1 || rc.Alerts[0] == 0 {
		return ""
	}
	return ref.N(ref.Alert, rc.Alerts[0]).String()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
