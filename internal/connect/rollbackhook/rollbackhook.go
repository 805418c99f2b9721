// Package rollbackhook tells any HTTP receiver that a change is to be rolled
// back, for deployment tools that none of the other packages speaks to.
//
// The request is a POST of JSON, signed as Standard Webhooks 1.0.0 says
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
// when the integration's credentials hold a secret "whsec_…". Its webhook-id is
// the same at each attempt, so that a receiver that did it already can drop it:
//
//	{"type": "change.rollback", "timestamp": "…", "data": {
//	  "change": "CHG-7", "service": "checkout", "services": ["checkout"], "environment": "production",
//	  "repository": "harbour/checkout", "commit": "…", "artefact": "5.14.0", "return_to": "5.13.2", "link": "https://…/changes/CHG-7"}}
//
// Any 2xx is "I do it"; what it did comes back as the reports of its deployment.
package rollbackhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// Caller posts.
type Caller struct {
	client *http.Client
	now    func() time.Time
}

// NewCaller returns a caller that sends through a client, which should stand
// behind the guard of outgoing requests.
func NewCaller(c *http.Client) *Caller { return &Caller{c, time.Now} }

type payload struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Change      string   `json:"change"`
	Service     string   `json:"service"`
	Services    []string `json:"services"`
	Environment string   `json:"environment"`
	Repository  string   `json:"repository,omitempty"`
	Commit      string   `json:"commit,omitempty"`
	Artefact    string   `json:"artefact,omitempty"`
	ReturnTo    string   `json:"return_to,omitempty"`
	Link        string   `json:"link,omitempty"`
}

// Call posts; see change.Caller.
func (h *Caller) Call(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	var t change.RollbackTarget
	if err := json.Unmarshal(c.Target, &t); err != nil || t.URL == "" {
		return &notify.Failure{Text: "the rollback names no address; write webhook:https://…", Permanent: true}
	}
	x := r.Change
	body, err := json.Marshal(payload{"change.rollback", c.Created, data{x.Key(), x.Main(), x.Services, x.Environment, x.Repository, x.Commit, x.Artefact, r.Return, r.Link}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return &notify.Failure{Text: "the rollback's address is no URL", Permanent: true}
	}
	id, at := "call_"+strconv.FormatInt(c.ID, 10), strconv.FormatInt(h.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	if cred.Secret != "" {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(cred.Secret, "whsec_"))
		if err != nil {
			return &notify.Failure{Text: `the secret of the webhook is not "whsec_" and base64`, Permanent: true}
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + at + "."))
		mac.Write(body)
		req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	_, err = egress.Do(h.client, req, cred.Secret)
	return err
}
