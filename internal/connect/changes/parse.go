package changes

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// event is one event as it is sent.
type event struct {
	Event        string   `json:"event"`
	ID           string   `json:"id"`
	Phase        string   `json:"phase"`
	Service      string   `json:"service"`
	Services     []string `json:"services"`
	Environment  string   `json:"environment"`
	Repository   string   `json:"repository"`
	Path         string   `json:"path"`
	Commit       string   `json:"commit"`
	Branch       string   `json:"branch"`
	Artefact     string   `json:"artefact"`
	Previous     string   `json:"previous"`
	Kind         string   `json:"kind"`
	Type         string   `json:"type"`
	Purpose      string   `json:"purpose"`
	Model        string   `json:"model"`
	Title        string   `json:"title"`
	Summary      string   `json:"summary"`
	Author       string   `json:"author"`
	Link         string   `json:"link"`
	Reason       string   `json:"reason"`
	RollbackPlan string   `json:"rollback_plan"`
	RollbackRef  string   `json:"rollback_ref"`
	RollbackOf   string   `json:"rollback_of"`
	PlannedFrom  string   `json:"planned_from"`
	PlannedTo    string   `json:"planned_to"`
	At           string   `json:"at"`
	Name         string   `json:"name"`
	Result       string   `json:"result"`
	Total        int      `json:"total"`
	Passed       int      `json:"passed"`
	Failed       int      `json:"failed"`
	Skipped      int      `json:"skipped"`
	Errors       int      `json:"errors"`
	Warnings     int      `json:"warnings"`
	Notes        int      `json:"notes"`
}

// Parse reads a body. Errors are Invalid, with every field that is wrong.
func Parse(body []byte) ([]change.Signal, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")))
	var list []event
	var err error
	if len(body) > 0 && body[0] == '[' {
		err = json.Unmarshal(body, &list, json.RejectUnknownMembers(true))
	} else {
		list = make([]event, 1)
		err = json.Unmarshal(body, &list[0], json.RejectUnknownMembers(true))
	}
	if err != nil {
		return nil, connect.NotJSON(err)
	}
	if len(list) == 0 || len(list) > MaxEvents {
		return nil, errs.E(errs.Invalid, "the body has %d events; send 1 to %d", len(list), MaxEvents)
	}
	var bad errs.Fields
	out := make([]change.Signal, len(list))
	for n, e := range list {
		c := checker{bad: &bad}
		if len(list) > 1 {
			c.prefix = fmt.Sprintf("[%d].", n)
		}
		out[n] = e.signal(c)
		if len(bad) > 20 {
			break
		}
	}
	return out, bad.Err()
}

// checker notes faults of one event.
type checker struct {
	bad    *errs.Fields
	prefix string
}

func (c checker) add(field, value, remedy string) { c.bad.Add(c.prefix+field, value, remedy) }

func oneOf[T ~string](c checker, field, value string, all []T) T {
	if value != "" && !slices.Contains(all, T(value)) {
		words := make([]string, len(all))
		for n, a := range all {
			words[n] = string(a)
		}
		c.add(field, value, "use "+strings.Join(words[:len(words)-1], ", ")+" or "+words[len(words)-1])
	}
	return T(value)
}

func (c checker) moment(field, value string) time.Time {
	t := connect.Moment(value)
	if value != "" && t.IsZero() {
		c.add(field, value, "write it as RFC 3339: 2026-11-20T17:04:05Z")
	}
	return t
}

var commitForm = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

func (e event) signal(c checker) change.Signal {
	s := change.Signal{Kind: change.SignalKind(cmp.Or(e.Event, "deployment")), At: c.moment("at", e.At), Repository: e.Repository, Commit: strings.ToLower(e.Commit)}
	if s.Commit != "" && !commitForm.MatchString(s.Commit) {
		c.add("commit", e.Commit, "send the full hash: 40 or 64 hexadecimal digits")
	}
	if s.Kind != change.SignalDeployment && s.Commit == "" {
		c.add("commit", "", "say which commit it is about, by its full hash")
	}
	for _, n := range []struct {
		field string
		v     int
	}{{"total", e.Total}, {"passed", e.Passed}, {"failed", e.Failed}, {"skipped", e.Skipped}, {"errors", e.Errors}, {"warnings", e.Warnings}, {"notes", e.Notes}} {
		if n.v < 0 {
			c.add(n.field, fmt.Sprint(n.v), "send 0 or more")
		}
	}
	switch s.Kind {
	case change.SignalDeployment:
		s.Deployment = e.deployment(c)
	case change.SignalBuild:
		s.Build = &change.Build{Name: c.named(e.Name), Result: oneOf(c, "result", cmp.Or(e.Result, "passed"), results), Artefact: e.Artefact, Link: e.Link}
	case change.SignalTests:
		s.Tests = &change.Tests{Suite: c.named(e.Name), Total: e.Total, Passed: e.Passed, Failed: e.Failed, Skipped: e.Skipped, Link: e.Link}
		if sum := e.Passed + e.Failed + e.Skipped; e.Total == 0 || sum != e.Total {
			c.add("total", fmt.Sprint(e.Total), fmt.Sprintf("send at least 1 test, and as many as passed, failed and skipped together, %d", sum))
		}
	case change.SignalScan:
		s.Scan = &change.Scan{Tool: c.named(e.Name), Errors: e.Errors, Warnings: e.Warnings, Notes: e.Notes, Link: e.Link}
	default:
		c.add("event", e.Event, "use deployment, build, tests or scan")
	}
	return s
}

var results = []change.Result{change.ResultRunning, change.ResultPassed, change.ResultFailed, change.ResultCanceled, change.ResultSkipped}

func (c checker) named(name string) string {
	if strings.TrimSpace(name) == "" {
		c.add("name", "", "name the build, suite or tool: the same name replaces what it said before")
	}
	return name
}

func (e event) deployment(c checker) *change.Deployment {
	d := &change.Deployment{
		Key: e.ID, Phase: oneOf(c, "phase", cmp.Or(e.Phase, string(change.PhaseSucceeded)), change.Phases), Environment: e.Environment,
		Services: e.Services, Path: e.Path, Artefact: e.Artefact, Previous: e.Previous, Branch: e.Branch,
		Title: e.Title, Summary: e.Summary, Author: e.Author, Link: e.Link, Reason: e.Reason,
		Change: oneOf(c, "kind", e.Kind, change.Kinds), Type: oneOf(c, "type", e.Type, change.Types), Purpose: oneOf(c, "purpose", e.Purpose, change.Purposes),
		Model: e.Model, RollbackPlan: e.RollbackPlan, RollbackRef: e.RollbackRef, RollbackOf: e.RollbackOf,
		PlannedFrom: c.moment("planned_from", e.PlannedFrom), PlannedTo: c.moment("planned_to", e.PlannedTo),
	}
	if e.Service != "" && !slices.Contains(d.Services, e.Service) {
		d.Services = append([]string{e.Service}, d.Services...)
	}
	if !d.PlannedTo.IsZero() && !d.PlannedTo.After(d.PlannedFrom) {
		c.add("planned_to", e.PlannedTo, "let it end after planned_from")
	}
	what := cmp.Or(e.Artefact, e.Commit)
	if d.Key == "" {
		if what == "" {
			c.add("id", "", "give the deployment an id, or say its artefact or commit")
		}
		d.Key = strings.Join(append(slices.Clone(d.Services), e.Repository, cmp.Or(e.Environment, change.Production), what), ":")
	}
	d.Key = "deployment:" + d.Key
	return d
}
