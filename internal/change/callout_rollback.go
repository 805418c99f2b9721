package change

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// RollbackTarget is an automated rollback, as Change.RollbackRef names it:
//
//	github:harbour/checkout/rollback.yml@main    run a workflow
//	gitlab:harbour/checkout@main                 trigger a pipeline
//	argo-rollouts:shop/checkout                  abort a rollout, by namespace and name
//	webhook:https://deploy.example.org/rollback  post what is to be taken back
//
// "#name" behind it names the integration whose credentials are used; without
// it that is the change's own, or the only one that has the right ones.
type RollbackTarget struct {
	Kind        CallKind `json:"-"`
	Integration string   `json:"-"`
	Repository  string   `json:"repository,omitempty"`
	Workflow    string   `json:"workflow,omitempty"`
	Ref         string   `json:"ref,omitempty"`
	Namespace   string   `json:"namespace,omitempty"`
	Name        string   `json:"name,omitempty"`
	URL         string   `json:"url,omitempty"`
}

// ParseRollback reads a reference. Errors: Invalid.
func ParseRollback(reference string) (t RollbackTarget, err error) {
	bad := errs.BadField("rollback_ref", reference, "write github:owner/repository/workflow.yml@branch, gitlab:group/project@branch, argo-rollouts:namespace/name or webhook:https://…")
	system, rest, ok := strings.Cut(strings.TrimSpace(reference), ":")
	if !ok || rest == "" {
		return t, bad
	}
	if rest, t.Integration, ok = strings.Cut(rest, "#"); ok && t.Integration == "" {
		return t, bad
	}
	parts := strings.Split(rest, "/")
	switch system {
	case "github":
		rest, t.Ref, _ = strings.Cut(rest, "@")
		if parts = strings.Split(rest, "/"); len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[len(parts)-1] == "" {
			return t, bad
		}
		t.Kind, t.Repository, t.Workflow = CallGitHubDispatch, parts[0]+"/"+parts[1], parts[len(parts)-1]
	case "gitlab":
		t.Kind = CallGitLabPipeline
		if t.Repository, t.Ref, _ = strings.Cut(rest, "@"); !strings.Contains(strings.Trim(t.Repository, "/"), "/") {
			return t, bad
		}
	case "argo-rollouts":
		if len(parts) != 2 || parts[0] == "" || parts[1] == "" {
			return t, bad
		}
		t.Kind, t.Namespace, t.Name = CallArgoAbort, parts[0], parts[1]
	case "webhook":
		if !strings.HasPrefix(rest, "https://") && !strings.HasPrefix(rest, "http://") {
			return t, bad
		}
		t.Kind, t.URL = CallWebhook, rest
	default:
		return t, bad
	}
	return t, nil
}

// CallRollback starts the automated rollback of a change inside the transaction
// that asks for it: it is what Service.TakeBack does unless app says otherwise.
// What cannot be started is seen on the change as a call that failed.
func (s *Service) CallRollback(tx *db.Tx, c Change) error {
	t, err := ParseRollback(c.RollbackRef)
	if err != nil {
		return err
	}
	target, err := json.Marshal(t)
	if err != nil {
		return err
	}
	source := t.Integration
	if source == "" {
		if source, err = pickCredential(tx, c.Source, needs[t.Kind]); err != nil {
			return err
		}
	}
	return s.call(tx, Call{Change: c.ID, Kind: t.Kind, Source: source, Target: target, Why: WhyRollback})
}

// needs names what calls of a kind need of credentials.
var needs = map[CallKind]string{CallGitHubDispatch: "github", CallGitLabPipeline: "gitlab", CallArgoAbort: "kubernetes", CallWebhook: "webhook"}

// rollbackReply says what is to be taken back, unless that happened already.
func (s *Service) rollbackReply(ctx context.Context, c Call) (r Reply, again time.Time, err error) {
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if r.Change, err = get(q, c.Change, ""); err != nil {
			return err
		}
		r.Return = r.Change.Previous
		if r.Return == "" {
			r.Return, err = ranEarlier(q, r.Change)
		}
		return err
	})
	r.Word, r.Text, r.Link = SayRollBack, "roll back "+r.Change.Key(), s.linkTo(r.Change)
	return r, again, err
}
