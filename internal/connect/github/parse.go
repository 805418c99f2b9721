package github

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Parse makes signals of one event's JSON. note says why there are none, or
// fewer. Errors: Invalid with the field.
func Parse(event string, body []byte) (signals []change.Signal, note string, err error) {
	parse, ok := map[string]func(*payload) ([]change.Signal, string, error){
		"push": push, "pull_request": pull, "pull_request_review": reviewed, "check_run": check1, "workflow_run": ran,
		"deployment": deployed, "deployment_status": went, "deployment_protection_rule": protected, "release": released,
	}[event]
	if !ok {
		if event == "" {
			return nil, "", errs.BadField("X-GitHub-Event", "", "GitHub names the event in this header; send it too")
		}
		return nil, "events of kind " + errs.Short(event) + " tell nothing of changes", nil
	}
	var p payload
	if err := json.Unmarshal(body, &p, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.WithUnmarshalers(json.UnmarshalFromFunc(lenient))); err != nil {
		return nil, "", connect.NotJSON(err)
	}
	if p.Repository.FullName == "" {
		return nil, "", connect.NoObject("repository.full_name", event)
	}
	signals, note, err = parse(&p)
	for i := range signals {
		signals[i].Repository = p.Repository.FullName
	}
	return signals, note, err
}

// lenient takes null, and what is no text, for an absent text: one odd field
// must not lose a deployment.
func lenient(d *jsontext.Decoder, s *string) error {
	if d.PeekKind() == '"' {
		return json.SkipFunc
	}
	*s = ""
	return d.SkipValue()
}

func push(p *payload) ([]change.Signal, string, error) {
	name, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	if !ok || p.Deleted || p.HeadCommit == nil {
		return nil, "a push of a tag, or one that deletes a branch, brings no commits", nil
	}
	h := p.HeadCommit
	out := change.Pushed{Branch: name, Title: connect.FirstLine(h.Message), Author: cmp.Or(h.Author.Username, h.Author.Email), Link: p.Compare,
		Committed: connect.Moment(h.Timestamp), Commits: len(p.Commits), Default: name == p.Repository.DefaultBranch}
	if strings.Trim(p.Before, "0") != "" {
		out.Before = p.Before
	}
	out.Oldest = out.Committed
	for _, c := range p.Commits {
		if at := connect.Moment(c.Timestamp); !at.IsZero() && (out.Oldest.IsZero() || at.Before(out.Oldest)) {
			out.Oldest = at
		}
		out.Reverts = change.Reverted(out.Reverts, c.Message)
		for _, list := range [][]string{c.Added, c.Modified, c.Removed} {
			out.Touch(list)
		}
	}
	at := out.Committed
	if s, err := strconv.ParseInt(string(p.Repository.PushedAt), 10, 64); err == nil {
		at = time.Unix(s, 0).UTC()
	}
	return []change.Signal{{Kind: change.SignalPush, At: at, Commit: p.After, Push: &out}}, "", nil
}

func pull(p *payload) ([]change.Signal, string, error) {
	pr := p.PullRequest
	if pr == nil || pr.Number == 0 {
		return nil, "", connect.NoObject("pull_request.number", "pull_request")
	}
	return []change.Signal{pr.signal()}, "", nil
}

func (pr *pullRequest) signal() change.Signal {
	out := change.Pull{Number: pr.Number, Link: pr.HTMLURL, Title: connect.FirstLine(pr.Title), Author: pr.User.Login, Branch: pr.Head.Ref, Base: pr.Base.Ref, Head: pr.Head.SHA,
		Created: connect.Moment(pr.CreatedAt), Closed: pr.State == "closed", Reverts: change.Reverted(nil, pr.Body), RevertsPR: change.RevertedPull(pr.Body)}
	at := connect.Moment(pr.UpdatedAt)
	if pr.Merged != nil {
		out.Sized, out.Added, out.Removed, out.Files, out.Commits = true, pr.Additions, pr.Deletions, pr.ChangedFiles, pr.Commits
		if *pr.Merged { // before, merge_commit_sha is a trial merge that nobody deploys
			out.Merged, out.MergedAt = pr.MergeCommitSHA, connect.Moment(pr.MergedAt)
			if pr.MergedBy != nil {
				out.MergedBy = pr.MergedBy.Login
			}
		}
	} else {
		at = out.Created.Add(-time.Microsecond) // the short form: any full one is newer
	}
	for _, l := range pr.Labels {
		out.Labels = append(out.Labels, l.Name)
	}
	return change.Signal{Kind: change.SignalPull, At: at, Commit: pr.Head.SHA, Pull: &out}
}

func reviewed(p *payload) ([]change.Signal, string, error) {
	if p.Review == nil || p.PullRequest == nil || p.PullRequest.Number == 0 {
		return nil, "", connect.NoObject("review", "pull_request_review")
	}
	v, ok := map[string]change.Verdict{"approved": change.ReviewApproved, "changes_requested": change.ReviewChanges, "commented": change.ReviewCommented, "dismissed": change.ReviewDismissed}[strings.ToLower(p.Review.State)]
	if !ok || p.Review.User == nil {
		return nil, "a review that is " + errs.Short(p.Review.State) + " is no verdict", nil
	}
	at := connect.Moment(p.Review.SubmittedAt)
	if later := connect.Moment(p.Review.UpdatedAt); later.After(at) {
		at = later
	}
	if v == change.ReviewDismissed { // its submitted_at is that of the verdict that it takes back
		at = at.Add(time.Microsecond)
	}
	return []change.Signal{p.PullRequest.signal(), {Kind: change.SignalReview, At: at, Commit: p.Review.CommitID, Review: &change.Review{
		Number: p.PullRequest.Number, Reviewer: p.Review.User.Login, Author: p.PullRequest.User.Login, Verdict: v, At: at, Link: p.Review.HTMLURL}}}, "", nil
}

func check1(p *payload) ([]change.Signal, string, error) {
	c := p.CheckRun
	if c == nil || c.HeadSHA == "" {
		return nil, "", connect.NoObject("check_run.head_sha", "check_run")
	}
	b := change.Build{Name: "check " + c.Name, Result: result(c.Status, c.Conclusion), Started: connect.Moment(c.StartedAt), Finished: connect.Moment(c.CompletedAt), Link: c.HTMLURL}
	at := b.Finished
	if at.IsZero() {
		at = b.Started
	}
	return []change.Signal{{Kind: change.SignalBuild, At: at, Commit: c.HeadSHA, Build: &b}}, "", nil
}

func ran(p *payload) ([]change.Signal, string, error) {
	run := p.WorkflowRun
	if run == nil || run.HeadSHA == "" {
		return nil, "", connect.NoObject("workflow_run.head_sha", "workflow_run")
	}
	name := run.Name
	if p.Workflow != nil {
		name = cmp.Or(p.Workflow.Name, name)
	}
	b := change.Build{Name: "workflow " + cmp.Or(name, run.Path), Result: result(run.Status, run.Conclusion), Started: connect.Moment(run.RunStartedAt), Link: run.HTMLURL}
	at := connect.Moment(run.UpdatedAt)
	if b.Result != change.ResultRunning {
		b.Finished = at
	}
	return []change.Signal{{Kind: change.SignalBuild, At: at, Commit: run.HeadSHA, Build: &b}}, "", nil
}

// result is how a check or workflow went.
func result(status, conclusion string) change.Result {
	if status != "completed" {
		return change.ResultRunning
	}
	switch conclusion {
	case "success", "neutral":
		return change.ResultPassed
	case "skipped":
		return change.ResultSkipped
	case "cancelled", "stale":
		return change.ResultCanceled
	}
	return change.ResultFailed // failure, timed_out, action_required, startup_failure
}

func released(p *payload) ([]change.Signal, string, error) {
	if p.Release == nil {
		return nil, "", connect.NoObject("release", "release")
	}
	if !change.IsCommit(p.Release.TargetCommitish) || p.Action == "deleted" {
		return nil, "the release names a branch, not a commit", nil
	}
	at := connect.Moment(p.Release.PublishedAt)
	return []change.Signal{{Kind: change.SignalBuild, At: at, Commit: p.Release.TargetCommitish,
		Build: &change.Build{Name: "release", Result: change.ResultPassed, Finished: at, Artefact: p.Release.TagName, Link: p.Release.HTMLURL}}}, "", nil
}
