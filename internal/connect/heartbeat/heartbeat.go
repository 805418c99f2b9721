// Package heartbeat receives signs of life from jobs and monitors: silence
// beyond the integration's interval and grace is the alert, so that a job that
// never ran, a dead Prometheus or a broken mail path is noticed.
//
//	GET, HEAD or POST /heartbeat/{token}
//	GET, HEAD or POST /heartbeat            with Authorization: Bearer
//
// Any method and any body will do, since the sender is a line in a crontab, an
// Alertmanager webhook of an always-firing rule, or a monitor that can only
// fetch an address. The body is not read. The answer is on disk before it is
// given. A link scanner that fetches the address counts as a beat: do not put
// it where such a thing reads it.
package heartbeat

import (
	"context"
	"io"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// Beats is what the receiver needs of the alert practice.
type Beats interface {
	// Beat records a sign of life of an integration, durably.
	Beat(ctx context.Context, in alert.Integration) error
}

// Receiver serves the address.
type Receiver struct {
	door  *connect.Door
	beats Beats
}

// New returns the receiver behind a door.
func New(d *connect.Door, b Beats) *Receiver { return &Receiver{d, b} }

// Routes lists the receiver's addresses; GET stands for HEAD too.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	for _, method := range []string{"GET", "POST"} {
		mux.Handle(method+" /heartbeat/{token}", rc)
		mux.Handle(method+" /heartbeat", rc)
	}
}

// ServeHTTP takes one beat: 200 when it is on disk.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, in, err := rc.door.Enter(r, alert.Heartbeat, connect.Token(r))
	if err == nil {
		err = rc.beats.Beat(ctx, in)
	}
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // a proxy that answers from its cache would hide silence
	_, _ = io.WriteString(w, "ok\n")
}
