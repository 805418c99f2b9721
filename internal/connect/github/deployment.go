package github

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// phases are the states of deployment statuses
// (https://docs.github.com/en/rest/deployments/statuses). "inactive" is said of
// a deployment once a newer one took its place, and tells nothing of its own.
var phases = map[string]change.Phase{
	"queued": change.PhaseCreated, "pending": change.PhaseCreated, "waiting": change.PhaseWaiting, "in_progress": change.PhaseStarted,
	"success": change.PhaseSucceeded, "failure": change.PhaseFailed, "error": change.PhaseFailed,
}

// signal is a deployment in a phase.
func (d *deployment) signal(p *payload, phase change.Phase, at time.Time) change.Signal {
	out := change.Deployment{
		Key: fmt.Sprintf("deployment:%s:%d", strings.ToLower(p.Repository.FullName), d.ID), Phase: phase, Environment: d.Environment, Production: d.Production, Preview: d.Transient,
		Branch: strings.TrimPrefix(strings.TrimPrefix(d.Ref, "refs/heads/"), "refs/tags/"), Author: d.Creator.Login, Title: connect.FirstLine(d.Description), Link: p.Repository.HTMLURL,
	}
	if strings.Contains(d.Task, "migrat") { // "deploy:migrations", GitHub's own example
		out.Change = change.Schema
	}
	if o, ok := d.own(); ok {
		out.Services, out.Application = o.Services, o.Service
		out.Artefact = cmp.Or(o.Artefact, o.Artifact, o.Image, o.Version)
		out.RollbackOf, out.RollbackRef, out.RollbackPlan, out.Model = o.RollbackOf, o.RollbackBy, o.Plan, o.Model
		if o.Type == string(change.Emergency) || o.Type == string(change.Standard) {
			out.Type = change.Type(o.Type)
		}
	}
	return change.Signal{Kind: change.SignalDeployment, At: at, Commit: d.SHA, Deployment: &out}
}

// own reads the payload of a deployment. It is the caller's: what is no such
// object says nothing to us.
func (d *deployment) own() (o own, ok bool) {
	raw := []byte(d.Payload)
	var text string
	if d.Payload.Kind() == '"' && json.Unmarshal(raw, &text) == nil {
		raw = []byte(text)
	}
	return o, json.Unmarshal(raw, &o) == nil
}

func deployed(p *payload) ([]change.Signal, string, error) {
	d := p.Deployment
	if d == nil || d.ID == 0 {
		return nil, "", connect.NoObject("deployment.id", "deployment")
	}
	s := d.signal(p, change.PhaseCreated, connect.Moment(d.CreatedAt))
	if p.WorkflowRun != nil {
		s.Deployment.Link = cmp.Or(p.WorkflowRun.HTMLURL, s.Deployment.Link)
	}
	return []change.Signal{s}, "", nil
}

func went(p *payload) ([]change.Signal, string, error) {
	if p.Deployment == nil || p.Deployment.ID == 0 || p.Status == nil {
		return nil, "", connect.NoObject("deployment_status", "deployment_status")
	}
	phase, ok := phases[p.Status.State]
	if !ok {
		return nil, "a deployment that is " + errs.Short(p.Status.State) + " tells nothing new", nil
	}
	s := p.Deployment.signal(p, phase, connect.Moment(p.Status.CreatedAt))
	s.Deployment.Environment = cmp.Or(p.Status.Environment, p.Deployment.Environment)
	s.Deployment.Link = cmp.Or(p.Status.LogURL, p.Status.TargetURL, s.Deployment.Link)
	if phase == change.PhaseFailed {
		s.Deployment.Reason = connect.FirstLine(p.Status.Description)
	}
	return []change.Signal{s}, "", nil
}

// protected is a job that waits for our answer at its environment's door.
func protected(p *payload) ([]change.Signal, string, error) {
	d := p.Deployment
	if d == nil || d.ID == 0 {
		return nil, "", connect.NoObject("deployment.id", "deployment_protection_rule")
	}
	if p.CallbackURL == "" {
		return nil, "", connect.NoObject("deployment_callback_url", "deployment_protection_rule")
	}
	s := d.signal(p, change.PhaseWaiting, connect.Moment(d.CreatedAt))
	name, _ := p.Environment.(string)
	s.Deployment.Environment = cmp.Or(name, d.Environment)
	t := protection{Callback: p.CallbackURL, Environment: s.Deployment.Environment}
	if p.Installation != nil {
		t.Installation = p.Installation.ID
	}
	target, err := json.Marshal(t)
	s.Deployment.Gate = &change.Gate{Call: change.CallGitHubProtection, Target: target}
	return []change.Signal{s}, "", err
}

// protection is where the answer of a protection rule goes.
type protection struct {
	Callback     string `json:"callback"`
	Environment  string `json:"environment"`
	Installation int64  `json:"installation,omitempty"` // of the App
}
