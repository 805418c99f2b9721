// Package notifyapi is the HTTP API of channels and messages.
//
// It turns requests into calls of notify.Service and records into JSON, and
// decides nothing. A channel's URL and signing secret are write-only: answers
// say whether they are set and which host they lead to. A secret that the
// server made is answered once, with Cache-Control: no-store, which also keeps
// it out of the answers that are kept for repeated requests.
package notifyapi

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// Register adds the operations to the API.
func Register(a huma.API, s *notify.Service) {
	h := &handlers{s}
	h.channels(a)
	h.messages(a)
}

type handlers struct{ s *notify.Service }

// Health is what delivery last saw of a channel.
type Health struct {
	State    string     `json:"state" enum:"new,good,failing"`
	Good     *time.Time `json:"good,omitempty" doc:"Last success"`
	Bad      *time.Time `json:"bad,omitempty" doc:"Last failure"`
	Error    string     `json:"error,omitempty" doc:"What the last failure was"`
	Failures int        `json:"failures" doc:"Failures in a row"`
}

func healthOut(h notify.Health) Health {
	return Health{State: h.State(), Good: api.When(h.Good), Bad: api.When(h.Bad), Error: h.Error, Failures: h.Failures}
}
