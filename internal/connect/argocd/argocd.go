// Package argocd receives what Argo CD's notifications tell of applications.
//
//	POST /integrations/argocd          with Authorization: Bearer
//	POST /integrations/argocd/{token}  where no header can be set
//
// Argo CD lets one write the body; ours is the application itself, so that there
// is nothing to keep in step (docs/integrate/argocd.md has the whole set-up):
//
//	template.evenkeel: |
//	  webhook:
//	    evenkeel:
//	      method: POST
//	      body: '{{toJson .app}}'
//
// Formats: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/
// and the Application of argoproj.io/v1alpha1,
// https://github.com/argoproj/argo-cd/blob/master/pkg/apis/application/v1alpha1/types.go .
//
// One operation (a sync) is one deployment, known by its application and the
// time at which it started. Argo CD says a sync succeeded when the manifests
// are applied; users have the new version when the application is healthy
// again, so that is when it is complete here. An application that is degraded
// soon after (degradedWithin) failed; later, that is for alerts.
//
// Services and environment are the annotations evenkeel.dev/service (names,
// separated by commas) and evenkeel.dev/environment of the Application; without
// the first its name is looked up, without the second it is production.
package argocd

import (
	"net/http"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
)

// MaxBody is the largest body in bytes: an Application lists all its resources.
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
	take := rc.door.Pipeline(alert.ArgoCD, MaxBody, rc.to, func(_ http.Header, body []byte) (connect.Told, error) {
		signals, note, err := Parse(body)
		t := connect.Told{Signals: signals}
		if note != "" {
			t.Notes = []string{note}
		}
		return t, err
	})
	mux.Handle("POST /integrations/argocd", take)
	mux.Handle("POST /integrations/argocd/{token}", take)
}
