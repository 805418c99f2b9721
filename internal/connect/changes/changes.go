// Package changes receives what pipelines do in our own small JSON, for scripts
// and tools that speak no known format.
//
//	POST /integrations/changes          with Authorization: Bearer
//	POST /integrations/changes/{token}  where no header can be set
//
// The body is one object, or an array of them; each is one event:
//
//	{
//	  "event":       "deployment",         deployment (default), build, tests, scan
//	  "id":          "run-4711",           the sender's name for the deployment; the same id is the same deployment
//	  "phase":       "started",            created, waiting, started, succeeded (default), failed, canceled, rolled back
//	  "service":     "checkout",           name or alias in the service catalog; or "services": [ … ]
//	  "environment": "production",         default
//	  "repository":  "harbour/checkout",
//	  "commit":      "4f1c…",              the full hash
//	  "artefact":    "5.14.0",             version, tag or digest that is deployed
//	  "kind":        "deploy",             deploy (default), config, infrastructure, schema, flag
//	  "type":        "normal",             normal (default), standard, emergency
//	  "purpose":     "fix",                feature (default), fix, security, reliability, rollback
//	  "model":       "flag-flip",          of a standard change
//	  "title", "summary", "author", "link", "reason": text
//	  "rollback_plan", "rollback_ref", "rollback_of": how, by what, of which change
//	  "planned_from", "planned_to", "at":  RFC 3339
//	  "name", "result", "total", "passed", "failed", "skipped", "errors", "warnings", "notes": of builds, tests and scans
//	}
//
// Here a person reads the answer: what cannot be right is refused with the field
// and what would be right, and nothing of the body is taken then. A deployment
// without "id" is known by service, environment and artefact or commit.
package changes

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// MaxBody is the largest body in bytes.
const MaxBody = 1 << 20

// MaxEvents bounds the events of one body.
const MaxEvents = 1000

// Receiver serves the address.
type Receiver struct {
	door *connect.Door
	to   connect.Pipelines
}

// New returns the receiver behind a door.
func New(d *connect.Door, to connect.Pipelines) *Receiver { return &Receiver{d, to} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	take := rc.door.Pipeline(alert.ChangeAPI, MaxBody, rc.to, func(h http.Header, body []byte) (connect.Told, error) {
		signals, err := Parse(body)
		return connect.Told{ID: h.Get("Idempotency-Key"), Signals: signals}, err
	})
	mux.Handle("POST /integrations/changes", take)
	mux.Handle("POST /integrations/changes/{token}", take)
}
