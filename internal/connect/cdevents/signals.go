package cdevents

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change"
)

// The reasons for which an event is of no use.
const (
	noCommit   = "it names no commit; a sender can say it in customData as commit (the full hash) and repository"
	noArtefact = "it names no artifactId"
)

// signal is what an event tells; why is set when it tells nothing.
func (e event) signal(subject, predicate string) (s change.Signal, why string) {
	var more custom
	_ = json.Unmarshal(e.Custom, &more) // custom data may be anything; what is not ours says nothing
	s.Repository, s.Commit = more.Repository, strings.ToLower(more.Commit)
	switch subject {
	case "service":
		return e.deployment(s, predicate, more)
	case "build", "pipelinerun", "taskrun":
		return e.build(s, subject, predicate, more)
	case "testsuiterun":
		return e.tests(s, predicate, more)
	case "testcaserun", "testoutput":
		return s, "its test suite tells it"
	case "incident":
		return s, "send incidents to an integration for alerts"
	}
	return s, "no change follows from it"
}

// deployment is a service that was deployed: CDEvents tells of it when it is
// done, and a rollback is one of the earlier artefact.
func (e event) deployment(s change.Signal, predicate string, more custom) (change.Signal, string) {
	d := &change.Deployment{
		Key: "cdevents:" + e.Context.Source + "#" + e.Context.ID, Phase: change.PhaseSucceeded,
		Environment: e.Subject.Content.Environment.ID, Services: more.Services, Artefact: Artefact(e.Subject.Content.ArtifactID),
		Author: more.Author, Link: more.Link, RunsOnly: true,
	}
	if len(d.Services) == 0 {
		d.Application = e.Subject.ID
	}
	switch predicate {
	case "deployed", "upgraded":
	case "rolledback":
		d.Purpose = change.Rollback
	case "removed", "published":
		return s, "nothing new runs"
	default:
		return s, "this step of a service is not known"
	}
	if d.Artefact == "" && s.Commit == "" {
		return s, noArtefact
	}
	s.Kind, s.Deployment = change.SignalDeployment, d
	return s, ""
}

func (e event) build(s change.Signal, subject, predicate string, more custom) (change.Signal, string) {
	if s.Commit == "" {
		return s, noCommit
	}
	c := e.Subject.Content
	s.Kind = change.SignalBuild
	s.Build = &change.Build{
		Name: subject + " " + cmp.Or(c.PipelineName, c.TaskName, e.Subject.ID), Result: change.ResultRunning,
		Artefact: Artefact(c.ArtifactID), Link: cmp.Or(more.Link, c.URI),
	}
	if predicate == "finished" {
		s.Build.Result = change.ResultPassed // a build that finished has no outcome in CDEvents: it produced an artefact
		if subject != "build" {
			s.Build.Result = results[c.Outcome]
		}
		if s.Build.Result == "" {
			s.Build.Result = change.ResultFailed // an outcome that nobody knows is no success
		}
	}
	return s, ""
}

// results are the outcomes of CDEvents: "success", "failure", "cancel" and
// "error"; older versions also wrote "canceled".
var results = map[string]change.Result{
	"success": change.ResultPassed, "failure": change.ResultFailed, "error": change.ResultFailed,
	"cancel": change.ResultCanceled, "canceled": change.ResultCanceled,
}

// tests is a suite that finished. CDEvents gives it one outcome and no figures;
// those in customData count where a sender has them, else the suite is one test.
func (e event) tests(s change.Signal, predicate string, more custom) (change.Signal, string) {
	if predicate != "finished" {
		return s, "the suite is not finished"
	}
	if s.Commit == "" {
		return s, noCommit
	}
	c := e.Subject.Content
	t := &change.Tests{Suite: cmp.Or(c.TestSuite.Name, c.TestSuite.ID, e.Subject.ID), Link: more.Link}
	t.Total, t.Passed, t.Failed, t.Skipped = more.Tests.Total, more.Tests.Passed, more.Tests.Failed, more.Tests.Skipped
	if t.Total <= 0 {
		*t = change.Tests{Suite: t.Suite, Link: t.Link, Total: 1}
		switch results[c.Outcome] {
		case change.ResultPassed:
			t.Passed = 1
		case change.ResultCanceled:
			t.Skipped = 1
		default:
			t.Failed = 1
		}
	}
	if results[c.Outcome] != change.ResultPassed && t.Failed == 0 && t.Passed == t.Total {
		t.Failed, t.Passed = 1, t.Total-1 // the outcome of the whole is the stronger word
	}
	s.Kind, s.Tests = change.SignalTests, t
	return s, ""
}

// Artefact is the version in a package URL, which is what else would be called
// the artefact: "sha256:0b31…" of "pkg:oci/myapp@sha256%3A0b31…", "1.4.2" of
// "pkg:golang/example.org/shop@1.4.2". Another text stays as it is.
// Source: https://github.com/package-url/purl-spec
func Artefact(purl string) string {
	rest, ok := strings.CutPrefix(purl, "pkg:")
	if !ok {
		return purl
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return purl
	}
	version, err := url.PathUnescape(rest[at+1:])
	if err != nil || version == "" {
		return purl
	}
	return version
}
