// Package connect is what all receivers of alerts share: who is sending, how
// much may be sent, how text from outside is made safe, and what is answered.
//
// A receiver is one package per outside system. It has a pure Parse from a
// body to []alert.Event, which is fuzzed, and handlers that stand on a Door.
// The sender decides the rules here, not we: an alert that a real sender
// believes delivered must never be lost because of a detail of its form.
//
// Invariants:
//
//   - Success is answered only after the events are on disk. Everything else
//     is an error that the sender either retries or shows to a person.
//   - Over-long, odd or ill-typed values are shortened, replaced or dropped
//     with a note in the alert (annotation evenkeel_note), because senders
//     such as Alertmanager never resend what was refused with a 4xx. Refused
//     are only bodies that are not JSON, too large, or hold no alert at all.
//   - What reaches a practice is valid UTF-8 without NUL (PostgreSQL cannot
//     store U+0000 in text), within the limits below, with plausible times.
//   - Identity is the sender's fingerprint or key, or a hash of all labels;
//     never the summary and never a shortened value.
//   - Memory is bounded: bodies have a limit each and all bodies in flight
//     have one together; the reader refuses too many alerts before it builds
//     them.
//
// How a request runs: the token (path, header, or PagerDuty's body) names an
// integration; the body is read under a deadline; Parse makes events; they go
// to the alert practice in chunks of at most chunk events, in order. A body of
// at most chunk events is applied as a whole or not at all. A larger one may
// stop in between when the database does: the sender gets a 503 that says how
// many were applied, sends the body again, and the repeats are harmless.
package connect

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits that hold for all receivers.
const (
	MaxAlerts = 10_000 // alerts in one body
	chunk     = 1_000  // events in one transaction
)

// Alerts is what receivers need of the alert practice.
type Alerts interface {
	// Authenticate returns the integration of a token for a kind of sender.
	Authenticate(ctx context.Context, kind alert.Kind, token string) (alert.Integration, error)
	// Ingest makes events durable; it returns after they are on disk.
	Ingest(ctx context.Context, in alert.Integration, events []alert.Event) (alert.Receipt, error)
}

// Door is the common entrance of all receivers. Make one with New and share
// it, since it bounds the memory of all bodies together.
type Door struct {
	Alerts Alerts
	Log    *slog.Logger
	Now    func() time.Time

	// Patience is how long a body may take to arrive, to which a second is
	// added for each MiB of its limit.
	Patience time.Duration

	inFlight atomic.Int64 // bytes of bodies now in memory
	notes    struct {     // how much of this second's log is used up
		sync.Mutex
		second          int64
		written, unsaid int
	}
}

// New returns a door to the alert practice that logs to log.
func New(a Alerts, log *slog.Logger) *Door {
	return &Door{Alerts: a, Log: log, Now: time.Now, Patience: 10 * time.Second}
}

// Enter finds the integration of a token and returns a context that acts as it.
// Errors: Unauthenticated with a hint where tokens are found.
func (d *Door) Enter(r *http.Request, kind alert.Kind, token string) (context.Context, alert.Integration, error) {
	if token == "" {
		return nil, alert.Integration{}, errs.E(errs.Unauthenticated,
			"no token was sent; put the integration's token into the address or the Authorization header, as the integration's page shows")
	}
	in, err := d.Alerts.Authenticate(r.Context(), kind, token)
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.NotFound) {
		return nil, in, errs.E(errs.Unauthenticated,
			"no enabled %s integration has this token; copy it again from the integration's page, or make a new one there", kind).Because(err)
	}
	if err != nil {
		return nil, in, errs.Wrap("connect.authenticate", err)
	}
	return d.Admit(r, in), in, nil
}

// Admit returns a context that acts as an integration, whose sender has shown
// who it is.
func (d *Door) Admit(r *http.Request, in alert.Integration) context.Context {
	from := r.RemoteAddr
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	return actor.With(r.Context(), in.Actor(from))
}

// Ingest hands events over in chunks and returns the joined receipt. When a
// later chunk fails, the error says how many events stand.
func (d *Door) Ingest(ctx context.Context, in alert.Integration, events []alert.Event) (alert.Receipt, error) {
	if len(events) <= chunk {
		return d.Alerts.Ingest(ctx, in, events)
	}
	var all alert.Receipt
	done := 0
	for part := range slices.Chunk(events, chunk) {
		rc, err := d.Alerts.Ingest(ctx, in, part)
		if err != nil {
			var e *errs.Error
			if done > 0 && errors.As(err, &e) {
				c := *e
				c.Text += "; the first " + count(done, "alert") + " of this body stand, send all again: repeats are harmless"
				return all, &c
			}
			return all, err
		}
		done += len(part)
		all.Applied += rc.Applied
		all.Repeats += rc.Repeats
		all.Ignored += rc.Ignored
		all.Alerts = append(all.Alerts, rc.Alerts...)
	}
	return all, nil
}
