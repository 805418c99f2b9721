package gitlab

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// API is where gitlab.com's is.
const API = "https://gitlab.com/api/v4"

const (
	maxAnswer  = 1 << 20 // bytes of an answer that are read
	maxComment = 1000    // bytes of a comment
)

// Caller speaks to GitLab: it approves or rejects blocked deployments
// (https://docs.gitlab.com/api/deployments/#approve-or-reject-a-blocked-deployment),
// answers external status checks
// (https://docs.gitlab.com/api/status_checks/#set-status-of-an-external-status-check)
// and triggers pipelines
// (https://docs.gitlab.com/ci/triggers/#use-curl).
type Caller struct{ client *http.Client }

// NewCaller returns a caller that sends through a client, which should stand
// behind the guard of outgoing requests.
func NewCaller(c *http.Client) *Caller { return &Caller{c} }

// Call says one thing; see change.Caller.
func (g *Caller) Call(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	switch c.Kind {
	case change.CallGitLabApproval:
		return g.approve(ctx, c, r, cred)
	case change.CallGitLabCheck:
		return g.answer(ctx, c, r, cred)
	case change.CallGitLabPipeline:
		return g.trigger(ctx, c, r, cred)
	}
	return bad("calls of kind %s are not for GitLab", c.Kind)
}

// approve answers a blocked deployment.
func (g *Caller) approve(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	word := map[change.Word]string{change.SayApproved: "approved", change.SayRejected: "rejected"}[r.Word]
	if word == "" {
		return nil // GitLab has no word for waiting; the deployment is blocked until we answer
	}
	var t approval
	if err := json.Unmarshal(c.Target, &t); err != nil || t.Project == 0 {
		return bad("the deployment that waits cannot be read")
	}
	if t.Deployment == 0 {
		var err error
		if t.Deployment, err = g.blocked(ctx, t, cred); err != nil || t.Deployment == 0 {
			return err
		}
	}
	text := r.Change.Key() + ": " + r.Text
	if r.Link != "" {
		text += " " + r.Link
	}
	if len(text) > maxComment {
		text = strings.ToValidUTF8(text[:maxComment], "") + "…"
	}
	_, err := g.send(ctx, http.MethodPost, fmt.Sprintf("%s/projects/%d/deployments/%d/approval", api(cred), t.Project, t.Deployment), cred.Token,
		url.Values{"status": {word}, "comment": {text}})
	return err
}

// blocked finds the deployment of an environment and commit that is blocked; 0
// when none is: the job waits for a person's click, not for us.
func (g *Caller) blocked(ctx context.Context, t approval, cred change.Credentials) (int64, error) {
	said, err := g.send(ctx, http.MethodGet, fmt.Sprintf("%s/projects/%d/deployments?%s", api(cred), t.Project,
		url.Values{"environment": {t.Environment}, "status": {"blocked"}, "order_by": {"id"}, "sort": {"desc"}, "per_page": {"50"}}.Encode()), cred.Token, nil)
	if err != nil {
		return 0, err
	}
	var list []struct {
		ID  int64  `json:"id"`
		SHA string `json:"sha"`
	}
	if err := json.Unmarshal(said, &list); err != nil {
		return 0, &notify.Failure{Text: "GitLab's list of deployments is not JSON", Err: err}
	}
	for _, d := range list {
		if strings.EqualFold(d.SHA, t.Commit) {
			return d.ID, nil
		}
	}
	return 0, nil
}

// answer sets the status of an external status check. It fails where policy
// would refuse the commit now; what only needs approvals passes, because they
// are asked for when it is deployed.
func (g *Caller) answer(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	word := map[change.Word]string{change.SayApproved: "passed", change.SayRejected: "failed", change.SayWaiting: "pending"}[r.Word]
	var t statusCheck
	if err := json.Unmarshal(c.Target, &t); err != nil || t.Project == 0 || word == "" {
		return bad("the status check that waits cannot be read")
	}
	_, err := g.send(ctx, http.MethodPost, fmt.Sprintf("%s/projects/%d/merge_requests/%d/status_check_responses", api(cred), t.Project, t.Merge), cred.Token,
		url.Values{"sha": {t.Commit}, "external_status_check_id": {strconv.FormatInt(t.Check, 10)}, "status": {word}})
	return err
}

// trigger runs a pipeline with the variables that docs/integrate names.
func (g *Caller) trigger(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	var t change.RollbackTarget
	if err := json.Unmarshal(c.Target, &t); err != nil || t.Repository == "" {
		return bad("the rollback names no project; write gitlab:group/project@branch")
	}
	if cred.Trigger == "" {
		return bad("the credentials hold no trigger token; make one under Settings, CI/CD, Pipeline trigger tokens")
	}
	form := url.Values{"token": {cred.Trigger}, "ref": {cmp.Or(t.Ref, "main")}}
	for name, value := range map[string]string{"CHANGE": r.Change.Key(), "SERVICE": r.Change.Main(), "ENVIRONMENT": r.Change.Environment, "ARTEFACT": r.Return} {
		form.Set("variables[EVENKEEL_"+name+"]", value)
	}
	_, err := g.send(ctx, http.MethodPost, api(cred)+"/projects/"+url.PathEscape(strings.Trim(t.Repository, "/"))+"/trigger/pipeline", "", form, cred.Trigger)
	return err
}

// send is one request to the API, with a form as its body.
func (g *Caller) send(ctx context.Context, method, address, token string, form url.Values, secrets ...string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, bad("the address of the API is no URL")
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("PRIVATE-TOKEN", token)
		secrets = append(secrets, token)
	}
	return egress.Fetch(g.client, req, maxAnswer, secrets...)
}

func api(cred change.Credentials) string { return strings.TrimRight(cmp.Or(cred.URL, API), "/") }

// bad is a failure that trying again does not mend.
func bad(format string, args ...any) error {
	return &notify.Failure{Text: fmt.Sprintf(format, args...), Permanent: true}
}
