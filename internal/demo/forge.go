package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// forge is Harbour & Co's git server and its pipeline of checkout: it asks the
// gate, deploys, and tells of it by webhooks that are signed as GitHub signs
// them.
type forge struct {
	stage  *stage
	server string // Evenkeel's address
}

const repository = "shop/checkout"

// post sends one webhook.
func (f *forge) post(ctx context.Context, event string, payload map[string]any) error {
	payload["repository"] = map[string]any{"full_name": repository, "html_url": "https://git.harbour.example/" + repository, "default_branch": "main"}
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.server+"/integrations/github/github", bytes.NewReader(body))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(f.stage.org.github))
	mac.Write(body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-GitHub-Event", event)
	req.Header.Set("X-GitHub-Delivery", rand.Text())
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := probes.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("the webhook was answered with %s", res.Status)
	}
	return nil
}

// deploy brings a version to users, and tells each step of it.
func (f *forge) deploy(ctx context.Context, who, title, commit string, own map[string]string) error {
	d := map[string]any{
		"id": time.Now().UnixMicro(), "sha": commit, "ref": "main", "task": "deploy", "environment": "production", "production_environment": true,
		"description": title, "creator": map[string]string{"login": who}, "created_at": time.Now().UTC().Format(time.RFC3339), "payload": own,
	}
	if err := f.post(ctx, "deployment", map[string]any{"action": "created", "deployment": d}); err != nil {
		return err
	}
	for _, state := range []string{"in_progress", "success"} {
		if !sleep(ctx, 1500*time.Millisecond) {
			return ctx.Err()
		}
		err := f.post(ctx, "deployment_status", map[string]any{"action": "created", "deployment": d,
			"deployment_status": map[string]any{"state": state, "environment": "production", "created_at": time.Now().UTC().Format(time.RFC3339)}})
		if err != nil {
			return err
		}
	}
	return nil
}

// present is the release of checkout that users have and that is watched; false
// when what they have is proven.
func (f *forge) present(ctx context.Context) (c change.Change, ok bool) {
	list, _, err := f.stage.app.Changes.List(system(ctx), change.Filter{Service: "checkout", States: []change.State{change.Verifying, change.InProgress}, Environment: change.Production}, "", 5)
	if err != nil || len(list) == 0 {
		return c, false
	}
	return list[0], list[0].Purpose != change.Rollback
}

// good is the release that ran well before.
func (f *forge) good(ctx context.Context) (change.Change, error) {
	list, _, err := f.stage.app.Changes.List(system(ctx), change.Filter{Service: "checkout", States: []change.State{change.Succeeded}, Kinds: []change.Kind{change.Deploy}}, "", 50)
	for _, c := range list {
		if c.Main() == "checkout" && !c.Bad() && c.Purpose != change.Rollback && c.Type != change.Standard && c.Artefact != "" {
			return c, err
		}
	}
	if err == nil {
		err = errs.E(errs.NotFound, "checkout was never deployed")
	}
	return change.Change{}, err
}

// release ships the next attempt at the tax rules, the whole way: the gate is
// asked, the board says yes, the pipeline deploys.
func (f *forge) release(ctx context.Context, round int) error {
	good, err := f.good(ctx)
	if err != nil {
		return err
	}
	var commit [20]byte
	rand.Read(commit[:])
	sha, version := hex.EncodeToString(commit[:]), fmt.Sprintf("5.%d.%d", 30+round, round)
	s := f.stage
	gh, err := s.app.Alerts.ByName(system(ctx), "github")
	if err != nil {
		return err
	}
	answer, err := s.app.Changes.Ask(actor.With(ctx, gh.Actor("demo")), change.Ask{Services: []string{"checkout"}, Title: taxRules, Repository: repository, Commit: sha, Artefact: version,
		Previous: good.Artefact, Author: "priya", RollbackPlan: "Deploy the version before", RollbackRef: s.rollback, Source: gh.Name})
	if err != nil {
		return err
	}
	for _, who := range []string{"omar", "jonas", "mara", "tom"} {
		if answer.State != change.Awaiting {
			break
		}
		c, err := s.app.Changes.Approve(s.as(ctx, who), answer.Change.ID, sha, "")
		if err == nil {
			answer.State = c.State
		} else if !errs.Is(err, errs.Forbidden) {
			break // it is shown as begun without being allowed, which then it is
		}
	}
	return f.deploy(ctx, "priya", taxRules, sha, map[string]string{"service": "checkout", "version": version})
}

// rollBack deploys what ran before.
func (f *forge) rollBack(ctx context.Context, who string, bad change.Change) error {
	good, err := f.good(ctx)
	if err != nil {
		return err
	}
	s := f.stage
	gh, err := s.app.Alerts.ByName(system(ctx), "github")
	if err != nil {
		return err
	}
	_, err = s.app.Changes.Ask(actor.With(ctx, gh.Actor("demo")), change.Ask{Services: []string{"checkout"}, Purpose: change.Rollback, Title: "Back to " + good.Artefact, Repository: repository,
		Commit: good.Commit, Artefact: good.Artefact, Previous: bad.Artefact, Author: who, RollbackOf: bad.Key(), Source: gh.Name})
	if err != nil {
		return err
	}
	return f.deploy(ctx, who, "Back to "+good.Artefact, good.Commit, map[string]string{"service": "checkout", "version": good.Artefact, "rollback_of": bad.Key()})
}
