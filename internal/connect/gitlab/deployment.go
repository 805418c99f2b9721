package gitlab

import (
	"fmt"
	"path"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// phases are the states of deployments
// (https://docs.gitlab.com/api/deployments/). A blocked one waits for approvals.
var phases = map[string]change.Phase{
	"created": change.PhaseCreated, "blocked": change.PhaseWaiting, "running": change.PhaseStarted,
	"success": change.PhaseSucceeded, "failed": change.PhaseFailed, "canceled": change.PhaseCanceled,
}

// approval is which deployment waits. Deployment 0 means: the blocked one of
// this environment and commit, which call.go looks up, since a job's body does
// not name it.
type approval struct {
	Project     int64  `json:"project"`
	Deployment  int64  `json:"deployment,omitempty"`
	Environment string `json:"environment,omitempty"`
	Commit      string `json:"commit,omitempty"`
}

func deployed(p *payload) ([]change.Signal, string, error) {
	phase, ok := phases[p.Status]
	if !ok {
		return nil, "a deployment that is " + errs.Short(p.Status) + " tells nothing new", nil
	}
	sha := path.Base(p.CommitURL) // the body has only the short hash in a field of its own
	if p.DeploymentID == 0 || !change.IsCommit(sha) {
		return nil, "", connect.NoObject("commit_url", "deployment")
	}
	d := change.Deployment{Key: p.key(p.DeployableID), Phase: phase, Environment: p.Environment.Name, Production: p.EnvironmentTier == "production", Preview: p.EnvironmentTier == "development",
		Branch: p.Ref, Author: p.User.Username, Title: connect.FirstLine(p.CommitTitle), Link: p.DeployableURL}
	if p.DeployableID == 0 { // made by the API, without a job
		d.Key = fmt.Sprintf("deployment:%s:%d", strings.ToLower(p.path()), p.DeploymentID)
	}
	if phase == change.PhaseWaiting {
		target, err := json.Marshal(approval{Project: p.Project.ID, Deployment: p.DeploymentID})
		if err != nil {
			return nil, "", err
		}
		d.Gate = &change.Gate{Call: change.CallGitLabApproval, Target: target}
	}
	return []change.Signal{{Kind: change.SignalDeployment, At: moment(p.StatusChangedAt), Commit: sha, Deployment: &d}}, "", nil
}

// key names a deployment by its job: jobs and deployments tell of the same one.
func (p *payload) key(job int64) string {
	return fmt.Sprintf("job:%s:%d", strings.ToLower(p.path()), job)
}

// job is a build of its commit. One with an environment that is manual may be
// a blocked deployment, of which GitLab sends no event of its own.
func job(p *payload) ([]change.Signal, string, error) {
	if p.SHA == "" || p.BuildID == 0 {
		return nil, "", connect.NoObject("sha", "build")
	}
	b := change.Build{Name: "job " + p.BuildName, Result: result(p.BuildStatus), Started: moment(p.BuildStartedAt), Finished: moment(p.BuildFinishedAt)}
	at := moment(p.BuildCreatedAt)
	for _, t := range []string{p.BuildStartedAt, p.BuildFinishedAt} {
		if later := moment(t); later.After(at) {
			at = later
		}
	}
	list := []change.Signal{{Kind: change.SignalBuild, At: at, Commit: p.SHA, Build: &b}}
	if e := p.Environment; p.BuildStatus == "manual" && e.Name != "" && (e.Action == "" || e.Action == "start") {
		target, err := json.Marshal(approval{Project: p.ProjectID, Environment: e.Name, Commit: p.SHA})
		if err != nil {
			return nil, "", err
		}
		list = append(list, change.Signal{Kind: change.SignalDeployment, At: at, Commit: p.SHA, Deployment: &change.Deployment{
			Key: p.key(p.BuildID), Phase: change.PhaseWaiting, Environment: e.Name, Production: e.Tier == "production", Preview: e.Tier == "development",
			Branch: p.Ref, Author: p.User.Username, Link: fmt.Sprintf("%s/-/jobs/%d", p.home(), p.BuildID),
			Gate: &change.Gate{Call: change.CallGitLabApproval, Target: target, Maybe: true}}})
	}
	return list, "", nil
}

func (p *payload) home() string {
	if p.Project.WebURL != "" {
		return p.Project.WebURL
	}
	return p.Repository.Homepage
}

// statusCheck is which check of which merge request waits.
type statusCheck struct {
	Project int64  `json:"project"`
	Merge   int64  `json:"merge"` // its number within the project
	Commit  string `json:"commit"`
	Check   int64  `json:"check"`
}

// asks is an external status check that waits: would this commit be allowed to
// go to production? Its key is the merge request's head, so that each head is
// asked about once.
func asks(p *payload) (change.Signal, error) {
	m := p.Attributes
	project := m.TargetID
	if project == 0 {
		project = p.Project.ID
	}
	target, err := json.Marshal(statusCheck{Project: project, Merge: m.IID, Commit: m.LastCommit.ID, Check: p.Rule.ID})
	return change.Signal{Kind: change.SignalDeployment, At: moment(m.UpdatedAt), Commit: m.LastCommit.ID, Deployment: &change.Deployment{
		Key: fmt.Sprintf("check:%s!%d:%s", strings.ToLower(p.path()), m.IID, m.LastCommit.ID), Phase: change.PhaseWaiting, Branch: m.SourceBranch, Title: connect.FirstLine(m.Title),
		Author: p.author(), Link: m.URL, Gate: &change.Gate{Call: change.CallGitLabCheck, Target: target, Asks: true}}}, err
}

func (p *payload) author() string {
	if p.User.ID == p.Attributes.AuthorID {
		return p.User.Username
	}
	return ""
}
