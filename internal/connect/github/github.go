// Package github receives GitHub's webhooks and answers GitHub.
//
//	POST /integrations/github/{name}   signed with the integration's token
//
// Signature: X-Hub-Signature-256, HMAC-SHA256 of the body as it came
// (https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries).
// The older SHA-1 header is not looked at. X-GitHub-Delivery numbers a delivery
// and stays the same when it is sent again; it is not signed, so that a recorded
// body can come under another number: its signals are the same then, and change
// nothing.
//
// Events (https://docs.github.com/en/webhooks/webhook-events-and-payloads):
//
//	push                         commits on a branch
//	pull_request                 a pull request as it stands
//	pull_request_review          a review, and the pull request it is of
//	check_run, workflow_run      builds of a commit
//	deployment                   somebody wants a deployment
//	deployment_status            how it goes
//	deployment_protection_rule   a job waits for our answer (call.go)
//	release                      which tag a commit has
//
// All others, and what is not about changes (a deleted branch, a status
// "inactive"), are answered with 200 and a note: GitHub shows a refused
// delivery as a fault. What an event of a known kind must have and has not is
// refused with 400, which an owner of the webhook sees under Recent Deliveries.
//
// parse.go is pure and fuzzed. call.go speaks to GitHub: the answer of a
// protection rule and the start of a workflow, as a GitHub App or with a token.
package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest body in bytes: GitHub sends at most 25 MB.
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
	mux.HandleFunc("POST /integrations/github/{name}", rc.webhook)
}

func (rc *Receiver) webhook(w http.ResponseWriter, r *http.Request) {
	in, keys, err := rc.keys.SigningKeys(r.Context(), alert.GitHub, r.PathValue("name"))
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	defer body.Close()
	if err := check(r.Header.Get("X-Hub-Signature-256"), body.Bytes, keys); err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	payload, err := payloadOf(r.Header.Get("Content-Type"), body.Bytes)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	signals, note, err := Parse(r.Header.Get("X-GitHub-Event"), payload)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	var notes []string
	if note != "" {
		notes = append(notes, note)
	}
	rc.door.Deliver(w, r, rc.door.Admit(r, in), in, rc.to, connect.DeliveryID(r.Header.Get("X-GitHub-Delivery"), body.Bytes), signals, notes...)
}

// check verifies the signature of a body by one of the keys.
func check(header string, body []byte, keys []string) error {
	if header == "" {
		return errs.E(errs.Unauthenticated, "the header X-Hub-Signature-256 is missing; set the secret of the webhook to the integration's token")
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(header), "sha256=")
	got, err := hex.DecodeString(text)
	if !ok || err != nil || len(got) != sha256.Size {
		return errs.E(errs.Unauthenticated, `the header X-Hub-Signature-256 is not "sha256=" and 64 hex digits`)
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), got) { // constant time
			return nil
		}
	}
	return errs.E(errs.Unauthenticated, "the signature does not fit; the secret of the webhook must be the integration's token")
}

// payloadOf is the JSON of a body: the body itself, or the field payload of a
// form, which is how GitHub sends when nobody chose application/json.
func payloadOf(contentType string, body []byte) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(contentType); err != nil || kind != "application/x-www-form-urlencoded" {
		return body, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("payload") == "" {
		return nil, errs.BadField("payload", "", "send the JSON in the form's field payload, or set the webhook's content type to application/json")
	}
	return []byte(form.Get("payload")), nil
}
