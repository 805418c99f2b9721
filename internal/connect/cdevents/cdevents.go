// Package cdevents receives CDEvents, the common words of delivery tools, alone
// or within CloudEvents.
//
//	POST /integrations/cdevents          with Authorization: Bearer
//	POST /integrations/cdevents/{token}  where no header can be set
//
// Formats: CDEvents 0.5 and the versions before (https://cdevents.dev/docs/),
// as a body of its own; in CloudEvents 1.0 over HTTP, binary (ce- headers, the
// body is the event), structured (application/cloudevents+json) and batched
// (application/cloudevents-batch+json):
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md .
//
// What is taken (signals.go):
//
//	service.deployed, upgraded, rolledback     an artefact runs in an environment
//	build.finished, pipelinerun.*, taskrun.*   a build of a commit
//	testsuiterun.finished                      tests of a commit
//
// All others are answered with 200 and a note of why they tell nothing about a
// change. CDEvents names no commit in most events; a sender says it in
// customData (commit, repository), else an event about a commit is of no use
// and the note says so.
//
// Identity is context.source and context.id, which the specification says are
// unique together; a repeated event changes nothing.
package cdevents

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// MaxBody is the largest body in bytes; a batch may hold many events.
const MaxBody = 4 << 20

// Receiver serves the address.
type Receiver struct {
	door *connect.Door
	to   connect.Pipelines
}

// New returns the receiver behind a door.
func New(d *connect.Door, to connect.Pipelines) *Receiver { return &Receiver{d, to} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	take := rc.door.Pipeline(alert.CDEvents, MaxBody, rc.to, func(h http.Header, body []byte) (connect.Told, error) {
		return Parse(h.Get("Content-Type"), body)
	})
	mux.Handle("POST /integrations/cdevents", take)
	mux.Handle("POST /integrations/cdevents/{token}", take)
}
