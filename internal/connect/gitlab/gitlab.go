// Package gitlab receives GitLab's webhooks and external status checks, and
// answers GitLab.
//
//	POST /integrations/gitlab                 token in X-Gitlab-Token, the webhook's secret token
//	POST /integrations/gitlab/{token}         where no header can be set
//	POST /integrations/gitlab/signed/{name}   external status checks, signed with the token
//
// GitLab sends a webhook's secret as it is
// (https://docs.gitlab.com/user/project/integrations/webhooks/); the request of
// an external status check is signed: X-Gitlab-Signature, HMAC-SHA256 of the
// body in hex by the check's shared secret
// (https://docs.gitlab.com/user/project/merge_requests/status_checks/).
//
// A delivery is numbered by Idempotency-Key, which GitLab 17.4 and later keep
// over retries. Before that it is X-Gitlab-Event-UUID with a digest of the body:
// the number alone is shared by all webhooks that one event sets off.
//
// Kinds (https://docs.gitlab.com/user/project/integrations/webhook_events/):
//
//	push            commits on a branch
//	merge_request   a merge request as it stands; approvals of it; a status check that waits
//	pipeline, build builds of a commit; a blocked deployment job that may wait for us
//	deployment      how a deployment goes
//	release         which tag a commit has
//
// Others are answered with 200 and a note, because GitLab switches a webhook off
// that fails again and again. parse.go is pure and fuzzed; call.go speaks to
// GitLab.
package gitlab

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest body in bytes: GitLab sends at most 25 MB.
const MaxBody = 25 << 20

// Receiver serves the webhook.
type Receiver struct {
	door *connect.Door
	keys connect.Keys
	to   connect.Pipelines
}

// New returns the receiver behind a door.
func New(d *connect.Door, keys connect.Keys, to connect.Pipelines) *Receiver {
	return &Receiver{d, keys, to}
}

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /integrations/gitlab", rc.byToken)
	mux.HandleFunc("POST /integrations/gitlab/{token}", rc.byToken)
	mux.HandleFunc("POST /integrations/gitlab/signed/{name}", rc.bySignature)
}

func (rc *Receiver) byToken(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get("X-Gitlab-Token")
	if token == "" {
		token = connect.Token(r)
	}
	ctx, in, err := rc.door.Enter(r, alert.GitLab, token)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	rc.take(w, r, ctx, in, nil)
}

func (rc *Receiver) bySignature(w http.ResponseWriter, r *http.Request) {
	in, keys, err := rc.keys.SigningKeys(r.Context(), alert.GitLab, r.PathValue("name"))
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	rc.take(w, r, rc.door.Admit(r, in), in, keys)
}

// take reads and hands over one delivery; keys are those of a signature that
// is needed.
func (rc *Receiver) take(w http.ResponseWriter, r *http.Request, ctx context.Context, in alert.Integration, keys []string) {
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	defer body.Close()
	if keys != nil {
		if err := check(r.Header.Get("X-Gitlab-Signature"), body.Bytes, keys); err != nil {
			rc.door.Fail(w, r, err)
			return
		}
	}
	signals, note, err := Parse(body.Bytes)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	var notes []string
	if note != "" {
		notes = append(notes, note)
	}
	rc.door.Deliver(w, r, ctx, in, rc.to, delivery(r.Header, body.Bytes), signals, notes...)
}

func delivery(h http.Header, body []byte) string {
	if key := h.Get("Idempotency-Key"); key != "" {
		return connect.DeliveryID(key, body)
	}
	digest := connect.DeliveryID("", body)
	if event := h.Get("X-Gitlab-Event-UUID"); event != "" {
		return connect.DeliveryID(event+" "+strings.TrimPrefix(digest, "sha256:"), body)
	}
	return digest
}

// check verifies the signature of a status check's request by one of the keys.
func check(header string, body []byte, keys []string) error {
	if header == "" {
		return errs.E(errs.Unauthenticated, "the header X-Gitlab-Signature is missing; give the status check a shared secret, the integration's token")
	}
	got, err := hex.DecodeString(strings.TrimSpace(header))
	if err != nil || len(got) != sha256.Size {
		return errs.E(errs.Unauthenticated, "the header X-Gitlab-Signature is no SHA-256 in hex")
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), got) { // constant time
			return nil
		}
	}
	return errs.E(errs.Unauthenticated, "the signature does not fit; the shared secret of the status check must be the integration's token")
}
