package gitlab

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// moment reads GitLab's times, of which it has three forms.
func moment(s string) time.Time {
	return connect.Moment(s, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700")
}

// Parse makes signals of one body. note says why there are none, or fewer.
// Errors: Invalid with the field.
func Parse(body []byte) (signals []change.Signal, note string, err error) {
	var p payload
	if err := json.Unmarshal(body, &p, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.WithUnmarshalers(json.UnmarshalFromFunc(lenient))); err != nil {
		return nil, "", connect.NotJSON(err)
	}
	parse, ok := map[string]func(*payload) ([]change.Signal, string, error){
		"push": push, "merge_request": merge, "pipeline": pipeline, "build": job, "deployment": deployed, "release": released,
	}[p.ObjectKind]
	if !ok {
		if p.ObjectKind == "" {
			return nil, "", connect.NoObject("object_kind", "any")
		}
		return nil, "events of kind " + errs.Short(p.ObjectKind) + " tell nothing of changes", nil
	}
	if p.path() == "" {
		return nil, "", connect.NoObject("project.path_with_namespace", p.ObjectKind)
	}
	signals, note, err = parse(&p)
	for i := range signals {
		signals[i].Repository = p.path()
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

// path is the project's, "harbour/checkout". A job's body of older GitLabs has
// it only in the address of the repository.
func (p *payload) path() string {
	if p.Project.Path != "" || p.Repository.Homepage == "" {
		return p.Project.Path
	}
	u, err := url.Parse(p.Repository.Homepage)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}

func push(p *payload) ([]change.Signal, string, error) {
	name, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	if !ok || strings.Trim(p.After, "0") == "" || len(p.Commits) == 0 {
		return nil, "a push of a tag, or one that deletes a branch, brings no commits", nil
	}
	out := change.Pushed{Branch: name, Commits: max(p.TotalCommits, len(p.Commits)), Default: name == p.Project.DefaultBranch}
	if strings.Trim(p.Before, "0") != "" {
		out.Before = p.Before
		out.Link = p.Project.WebURL + "/-/compare/" + p.Before + "..." + p.After
	}
	for _, c := range p.Commits {
		at := moment(c.Timestamp)
		if c.ID == p.After {
			out.Title, out.Author, out.Committed = connect.FirstLine(c.Message), cmp.Or(c.Author.Email, p.UserUsername), at
		}
		if !at.IsZero() && (out.Oldest.IsZero() || at.Before(out.Oldest)) {
			out.Oldest = at
		}
		out.Reverts = change.Reverted(out.Reverts, c.Message)
		for _, list := range [][]string{c.Added, c.Modified, c.Removed} {
			out.Touch(list)
		}
	}
	return []change.Signal{{Kind: change.SignalPush, At: out.Committed, Commit: p.After, Push: &out}}, "", nil
}

// merge is a merge request as it stands, and what its action says: an approval,
// one taken back, or a status check that waits.
func merge(p *payload) ([]change.Signal, string, error) {
	m := p.Attributes
	if m.IID == 0 {
		return nil, "", connect.NoObject("object_attributes.iid", "merge_request")
	}
	out := change.Pull{Number: m.IID, Link: m.URL, Title: connect.FirstLine(m.Title), Branch: m.SourceBranch, Base: m.TargetBranch, Head: m.LastCommit.ID,
		Created: moment(m.CreatedAt), Closed: m.State == "closed" || m.State == "merged", Reverts: change.Reverted(nil, m.Description), RevertsPR: change.RevertedPull(m.Description)}
	if p.User.ID != 0 && p.User.ID == m.AuthorID { // the body names the author by number only
		out.Author = p.User.Username
	}
	at := moment(m.UpdatedAt)
	if m.State == "merged" {
		out.Merged, out.MergedAt = cmp.Or(m.MergeSHA, m.SquashSHA, m.LastCommit.ID), at // fast-forward: the head itself
		if m.Action == "merge" {
			out.MergedBy = p.User.Username
		}
	}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.Title)
	}
	list := []change.Signal{{Kind: change.SignalPull, At: at, Commit: m.LastCommit.ID, Pull: &out}}
	verdict, ok := map[string]change.Verdict{"approved": change.ReviewApproved, "approval": change.ReviewApproved, "unapproved": change.ReviewDismissed, "unapproval": change.ReviewDismissed}[m.Action]
	if ok && p.User.Username != "" {
		list = append(list, change.Signal{Kind: change.SignalReview, At: at, Commit: m.LastCommit.ID, Review: &change.Review{
			Number: m.IID, Reviewer: p.User.Username, Author: out.Author, Verdict: verdict, At: at, Link: m.URL}})
	}
	if p.Rule != nil && m.State == "opened" {
		s, err := asks(p)
		return append(list, s), "", err
	}
	return list, "", nil
}

func pipeline(p *payload) ([]change.Signal, string, error) {
	a := p.Attributes
	if a.SHA == "" {
		return nil, "", connect.NoObject("object_attributes.sha", "pipeline")
	}
	b := change.Build{Name: "pipeline", Result: result(a.Status), Started: moment(a.CreatedAt), Finished: moment(a.FinishedAt), Link: a.URL}
	at := b.Finished
	if at.IsZero() {
		at = b.Started
	}
	return []change.Signal{{Kind: change.SignalBuild, At: at, Commit: a.SHA, Build: &b}}, "", nil
}

// result is how a pipeline or job went
// (https://docs.gitlab.com/ci/jobs/#available-job-statuses).
func result(status string) change.Result {
	switch status {
	case "success":
		return change.ResultPassed
	case "failed":
		return change.ResultFailed
	case "canceled", "canceling":
		return change.ResultCanceled
	case "skipped":
		return change.ResultSkipped
	}
	return change.ResultRunning // created, pending, running, manual, scheduled, waiting_for_resource
}

func released(p *payload) ([]change.Signal, string, error) {
	tag := p.Tag
	if tag == "" || !change.IsCommit(p.Commit.ID) {
		return nil, "", connect.NoObject("commit.id", "release")
	}
	if p.Action == "delete" {
		return nil, "a release that is deleted tells nothing of its commit", nil
	}
	at := moment(p.ReleasedAt)
	return []change.Signal{{Kind: change.SignalBuild, At: at, Commit: p.Commit.ID, Build: &change.Build{Name: "release", Result: change.ResultPassed, Finished: at, Artefact: tag, Link: p.URL}}}, "", nil
}
