package github

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// API is where github.com's is; GitHub Enterprise Server has
// https://HOST/api/v3.
const API = "https://api.github.com"

const (
	apiVersion = "2022-11-28"
	maxAnswer  = 256 << 10 // bytes of an answer that are read
	maxComment = 1000      // bytes of a comment
)

// Caller speaks to GitHub: it answers deployment protection rules
// (https://docs.github.com/en/rest/actions/workflow-runs#review-custom-deployment-protection-rules-for-a-workflow-run)
// and runs workflows (https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event).
type Caller struct {
	client *http.Client
	apps   apps
}

// NewCaller returns a caller that sends through a client, which should stand
// behind the guard of outgoing requests.
func NewCaller(c *http.Client) *Caller { return &Caller{client: c} }

// Call says one thing; see change.Caller.
func (g *Caller) Call(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	switch c.Kind {
	case change.CallGitHubProtection:
		return g.protect(ctx, c, r, cred)
	case change.CallGitHubDispatch:
		return g.dispatch(ctx, c, r, cred)
	}
	return bad("calls of kind %s are not for GitHub", c.Kind)
}

// protect answers a protection rule. A word without state is shown beside the
// waiting job; GitHub takes at most ten of them.
func (g *Caller) protect(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	var t protection
	if err := json.Unmarshal(c.Target, &t); err != nil {
		return bad("the callback of the protection rule cannot be read")
	}
	base := api(cred)
	// The address came in with a webhook: the token goes to the API only.
	if !strings.HasPrefix(t.Callback, base+"/repos/") {
		return bad("the callback leads elsewhere than to %s, so nothing is sent there; set the address of the API in the integration's credentials", base)
	}
	token, err := g.token(ctx, cred, t.Installation, "")
	if err != nil {
		return err
	}
	body := map[string]string{"environment_name": t.Environment, "comment": comment(r)}
	switch r.Word {
	case change.SayApproved:
		body["state"] = "approved"
	case change.SayRejected:
		body["state"] = "rejected"
	}
	_, err = g.send(ctx, http.MethodPost, t.Callback, token, body)
	return err
}

// comment is what is shown beside the job.
func comment(r change.Reply) string {
	text := r.Text
	if len(text) > maxComment {
		text = strings.ToValidUTF8(text[:maxComment], "") + "…"
	}
	if r.Change.ID == 0 {
		return text
	}
	if r.Link == "" {
		return r.Change.Key() + ": " + text
	}
	return fmt.Sprintf("[%s](%s): %s", r.Change.Key(), r.Link, text)
}

// dispatch runs a workflow. Its inputs are those that the workflow declares in
// docs/integrate; GitHub refuses others.
func (g *Caller) dispatch(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	var t change.RollbackTarget
	if err := json.Unmarshal(c.Target, &t); err != nil || t.Repository == "" || t.Workflow == "" {
		return bad("the rollback names no repository and workflow; write github:owner/repository/workflow.yml@branch")
	}
	owner, name, _ := strings.Cut(t.Repository, "/")
	token, err := g.token(ctx, cred, 0, t.Repository)
	if err != nil {
		return err
	}
	inputs := map[string]string{"change": r.Change.Key(), "service": r.Change.Main(), "environment": r.Change.Environment, "artefact": r.Return}
	address := api(cred) + "/repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + "/actions/workflows/" + url.PathEscape(t.Workflow) + "/dispatches"
	_, err = g.send(ctx, http.MethodPost, address, token, map[string]any{"ref": cmp.Or(t.Ref, "main"), "inputs": inputs})
	return err
}

// send is one request to the API.
func (g *Caller) send(ctx context.Context, method, address, token string, body any) ([]byte, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body, json.Deterministic(true)); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(data))
	if err != nil {
		return nil, bad("the address of the API is no URL")
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", apiVersion)
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return egress.Fetch(g.client, req, maxAnswer, token)
}

func api(cred change.Credentials) string {
	return strings.TrimRight(cmp.Or(cred.URL, API), "/")
}

// bad is a failure that trying again does not mend.
func bad(format string, args ...any) error {
	return &notify.Failure{Text: fmt.Sprintf(format, args...), Permanent: true}
}
