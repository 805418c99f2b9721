package pipeline

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/internal/change"
)

// action is an action as GitHub's runner reads it.
type action struct {
	Inputs map[string]struct {
		Required bool
		Default  string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run string
			Env            map[string]string
		}
	}
}

var (
	expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)
	inputOf    = regexp.MustCompile(`^inputs\.([a-z0-9-]+)$`)
	outputOf   = regexp.MustCompile(`^steps\.([a-z]+)\.outputs\.([a-z]+)$`)
)

// runner executes a composite action as GitHub's runner does
// (https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax):
// expressions in env and defaults are evaluated, each step runs in
// "bash --noprofile --norc -eo pipefail", outputs are lines of a file, and a step
// that fails ends the job.
func (s *server) runner(with map[string]string, github map[string]string) (code int, log string, outputs map[string]string) {
	s.Helper()
	const folder = "../../deploy/github-action"
	text, err := os.ReadFile(folder + "/action.yml")
	must(s, err)
	var a action
	must(s, yaml.Unmarshal(text, &a))
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		s.Fatal("action.yml is no composite action")
	}
	inputs := map[string]string{}
	for name, in := range a.Inputs {
		v, said := with[name]
		switch {
		case said:
			inputs[name] = v
		case in.Required:
			s.Fatalf("the input %s is required", name)
		default:
			inputs[name] = s.evaluate(in.Default, func(e string) string { return github[firstKnown(e, github)] })
		}
	}
	for name := range with {
		if _, ok := a.Inputs[name]; !ok {
			s.Fatalf("action.yml has no input %s", name)
		}
	}
	dir := s.TempDir()
	path, err := filepath.Abs(folder)
	must(s, err)
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": path, "GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "RUNNER_TEMP": dir,
		"GITHUB_SHA": github["github.sha"], "GITHUB_ACTOR": github["github.actor"], "GITHUB_REPOSITORY": "harbour/checkout", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "4711", "GITHUB_REF_NAME": "main"}
	steps := map[string]map[string]string{}
	for _, step := range a.Runs.Steps {
		if step.Shell != "bash" || strings.Contains(step.Run, "${{") {
			s.Errorf("step %s: a text of the caller would become a part of the script", step.ID)
		}
		for k, v := range step.Env {
			env[k] = s.evaluate(v, func(e string) string {
				m := inputOf.FindStringSubmatch(e)
				if m == nil {
					s.Fatalf("the counterpart does not know the expression %s", e)
				}
				return inputs[m[1]]
			})
		}
		script := filepath.Join(dir, step.ID+".sh")
		must(s, os.WriteFile(script, []byte(step.Run), 0o600))
		must(s, os.WriteFile(env["GITHUB_OUTPUT"], nil, 0o600))
		var out string
		code, out = s.run(dir, env, "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
		log += out
		steps[step.ID] = map[string]string{}
		said, err := os.ReadFile(env["GITHUB_OUTPUT"])
		must(s, err)
		for line := range strings.SplitSeq(strings.TrimSpace(string(said)), "\n") {
			k, v, _ := strings.Cut(line, "=")
			steps[step.ID][k] = v
		}
		if code != 0 {
			break
		}
	}
	outputs = map[string]string{}
	for name, o := range a.Outputs {
		outputs[name] = s.evaluate(o.Value, func(e string) string {
			m := outputOf.FindStringSubmatch(e)
			if m == nil {
				s.Fatalf("the counterpart does not know the expression %s", e)
			}
			return steps[m[1]][m[2]]
		})
	}
	return code, log, outputs
}

func (s *server) evaluate(text string, value func(string) string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string { return value(expression.FindStringSubmatch(e)[1]) })
}

// firstKnown evaluates a || b || c.
func firstKnown(e string, known map[string]string) string {
	for name := range strings.SplitSeq(e, "||") {
		if name = strings.TrimSpace(name); known[name] != "" {
			return name
		}
	}
	return ""
}

func TestGitHubAction(t *testing.T) {
	s := serve(t)
	push := map[string]string{"github.sha": sha(1), "github.actor": "lena"}
	with := func(more ...string) map[string]string {
		out := map[string]string{"server": s.url, "token": s.token, "service": "checkout"}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}

	code, log, out := s.runner(with("artefact", "5.14.0"), push)
	s.says(code, 0, log, "allowed CHG-")
	c := s.only("5.14.0")
	if out["verdict"] != "allowed" || out["change"] != c.Key() || out["link"] != "https://evenkeel.harbour.example/changes/"+c.Key() || out["line"] == "" || out["journal"] != "" {
		t.Errorf("%v", out)
	}
	if c.Commit != sha(1) || c.Repository != "harbour/checkout" || c.Author != "lena" || c.Link != "https://github.com/harbour/checkout/actions/runs/4711" {
		t.Errorf("%+v", c)
	}
	for _, step := range []string{"started", "succeeded"} {
		code, log, _ = s.runner(with("artefact", "5.14.0", "step", step), push)
		s.says(code, 0, log, c.Key())
	}
	if c = s.only("5.14.0"); c.State != change.State("verifying") || c.Bypass {
		t.Errorf("%s is %s", c.Key(), c.State)
	}

	push["github.sha"] = sha(2)
	code, log, out = s.runner(with("artefact", "deny-1"), push)
	s.says(code, 11, log, "::error", "Nothing of this kind ships")
	if out["verdict"] != "denied" {
		t.Errorf("%v", out)
	}
	push["github.sha"] = sha(3)
	code, log, out = s.runner(with("artefact", "review-1", "wait", "1s"), push)
	s.says(code, 10, log, "::error", "waits for")
	if out["verdict"] != "waiting" {
		t.Errorf("%v", out)
	}
	s.approve("review-1")
	code, log, out = s.runner(with("artefact", "review-1"), push)
	s.says(code, 0, log)
	if out["verdict"] != "allowed" {
		t.Errorf("%v", out)
	}

	// A hostile text stays a text.
	push["github.sha"] = sha(4)
	code, log, _ = s.runner(with("artefact", "5.15.0", "author", "$(touch owned)`touch owned`; \"x"), push)
	s.says(code, 0, log)
	if c := s.only("5.15.0"); !strings.Contains(c.Author, "$(touch owned)") {
		t.Errorf("the author is %q", c.Author)
	}

	// Nobody answers: closed, or open with a line to tell later.
	push["github.sha"] = sha(5)
	code, log, _ = s.runner(with("server", nobody, "artefact", "5.16.0"), push)
	s.says(code, 12, log, "::error")
	code, log, out = s.runner(with("server", nobody, "artefact", "5.16.0", "on-error", "pass"), push)
	s.says(code, 0, log, "::warning")
	if out["verdict"] != "passed" || out["journal"] == "" {
		t.Fatalf("%v", out)
	}
	s.none("5.16.0")
	for range 2 { // once is enough, twice does no harm
		code, log = s.run(t.TempDir(), map[string]string{"EVENKEEL_SERVER": s.url, "EVENKEEL_TOKEN": s.token}, "evenkeel", "change", "reconcile", out["journal"])
		s.says(code, 0, log)
	}
	if c := s.only("5.16.0"); !c.Bypass || c.Commit != sha(5) {
		t.Errorf("%+v", c)
	}

	// A program that is not what it should be is not run.
	code, log, _ = s.runner(with("evenkeel", "evenkeel-not-here"), push)
	s.says(code, 12, log, "url and sha256")
	file := filepath.Join(t.TempDir(), "evenkeel")
	must(t, os.WriteFile(file, []byte("#!/bin/sh\necho owned\n"), 0o600))
	code, log, _ = s.runner(with("evenkeel", "evenkeel-not-here", "url", "file://"+file, "sha256", strings.Repeat("0", 64)), push)
	s.says(code, 12, log, "it was not run")
	if strings.Contains(log, "owned") {
		t.Error("a program of another digest was run")
	}
}

func TestJenkinsStep(t *testing.T) {
	s := serve(t)
	script, err := filepath.Abs("../../deploy/jenkins/resources/evenkeel/gate.sh")
	must(t, err)
	// Jenkins' sh writes the script to a file and runs it with sh -xe.
	jenkins := func(n int, more ...string) (int, string) {
		env := map[string]string{"EVENKEEL_SERVER": s.url, "EVENKEEL_TOKEN": s.token, "EK_SERVICE": "checkout", "GIT_COMMIT": sha(n), "GIT_URL": "git@git.example:harbour/checkout.git",
			"BUILD_URL": "https://ci.harbour.example/job/checkout/7/", "BRANCH_NAME": "main"}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return s.run(t.TempDir(), env, "sh", "-xe", script)
	}
	code, log := jenkins(1, "EK_ARTEFACT", "5.14.0", "CHANGE_AUTHOR", "lena")
	s.says(code, 0, log, "allowed CHG-")
	if c := s.only("5.14.0"); c.Repository != "harbour/checkout" || c.Link != "https://ci.harbour.example/job/checkout/7/" || c.Branch != "main" || c.Author != "lena" {
		t.Errorf("%+v", c)
	}
	code, log = jenkins(1, "EK_ARTEFACT", "5.14.0", "EK_STEP", "started")
	s.says(code, 0, log)
	code, log = jenkins(1, "EK_ARTEFACT", "5.14.0", "EK_STEP", "failed")
	s.says(code, 0, log)
	if c := s.only("5.14.0"); c.State != change.State("failed") {
		t.Errorf("%s is %s", c.Key(), c.State)
	}
	code, log = jenkins(2, "EK_ARTEFACT", "deny-1")
	s.says(code, 11, log, "denied")
	code, log = jenkins(3, "EK_ARTEFACT", "review-1", "EK_WAIT", "1s", "GIT_URL", "https://git.example/harbour/checkout.git")
	s.says(code, 10, log, "waits for")
	if c := s.only("review-1"); c.Repository != "harbour/checkout" {
		t.Errorf("the repository is %q", c.Repository)
	}
	code, log = jenkins(4, "EVENKEEL_SERVER", nobody)
	s.says(code, 12, log)
	code, log = jenkins(4, "EVENKEEL_SERVER", nobody, "EK_ON_ERROR", "pass")
	s.says(code, 0, log, "change reconcile")
	code, log = jenkins(4, "EK_PROGRAM", "evenkeel-not-here")
	s.says(code, 12, log, "not on this agent")

	// The step hands over exactly what the script reads.
	groovy, err := os.ReadFile("../../deploy/jenkins/vars/evenkeelGate.groovy")
	must(t, err)
	text, err := os.ReadFile(script)
	must(t, err)
	list := regexp.MustCompile(`def vars = \[(.*?)\]`).FindStringSubmatch(string(groovy))
	if list == nil {
		t.Fatal("the step's keys were not found")
	}
	for _, key := range regexp.MustCompile(`'(\w+)'`).FindAllStringSubmatch(list[1], -1) {
		name := "EK_" + strings.ToUpper(regexp.MustCompile(`([A-Z])`).ReplaceAllString(key[1], "_$1"))
		if !strings.Contains(string(text), name) {
			t.Errorf("the step hands over %s, which the script does not read", name)
		}
	}
}

func TestGitLabJobs(t *testing.T) {
	s := serve(t)
	text, err := os.ReadFile("../../deploy/gitlab/evenkeel.gitlab-ci.yml")
	must(t, err)
	type job struct {
		Extends   string
		Variables map[string]string
		Script    []string
		Artifacts struct{ Paths []string }
	}
	var jobs map[string]job
	must(t, yaml.Unmarshal(text, &jobs))
	// GitLab's runner joins the lines of a script, and stops at the first that fails.
	gitlab := func(name string, n int, more ...string) (int, string, string) {
		j := jobs[name]
		if j.Script == nil {
			t.Fatalf("there is no job %s", name)
		}
		env := map[string]string{"CI": "true", "CI_COMMIT_SHA": sha(n), "CI_PROJECT_PATH": "harbour/checkout", "CI_COMMIT_REF_NAME": "main", "CI_JOB_URL": "https://gitlab.example/harbour/checkout/-/jobs/9", "GITLAB_USER_LOGIN": "lena",
			"EVENKEEL_SERVER": s.url, "EVENKEEL_TOKEN": s.token, "EK_SERVICE": "checkout"}
		for at := name; at != ""; at = jobs[at].Extends {
			for k, v := range jobs[at].Variables {
				if _, nearer := env[k]; !nearer {
					env[k] = v
				}
			}
		}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		dir := t.TempDir()
		code, log := s.run(dir, env, "sh", "-c", "set -e\n"+strings.Join(j.Script, "\n"))
		return code, log, filepath.Join(dir, "evenkeel-passed.jsonl")
	}
	code, log, _ := gitlab(".evenkeel-gate", 1, "EK_ARTEFACT", "5.14.0", "EK_FLAGS", "--kind config --rollback-ref gitlab:harbour/checkout@main")
	s.says(code, 0, log, "allowed CHG-")
	if c := s.only("5.14.0"); c.Kind != "config" || c.RollbackRef != "gitlab:harbour/checkout@main" || c.Author != "lena" || c.Link == "" {
		t.Errorf("%+v", c)
	}
	code, log, _ = gitlab(".evenkeel-report", 1, "EK_ARTEFACT", "5.14.0", "EK_FLAGS", "--kind config")
	s.says(code, 0, log)
	if c := s.only("5.14.0"); c.State != change.State("verifying") {
		t.Errorf("%s is %s", c.Key(), c.State)
	}
	code, log, _ = gitlab(".evenkeel-gate", 2, "EK_ARTEFACT", "deny-1")
	s.says(code, 11, log, "denied")
	code, log, _ = gitlab(".evenkeel-gate", 3, "EK_ARTEFACT", "review-1", "EK_WAIT", "1s")
	s.says(code, 10, log, "waits for")
	code, log, _ = gitlab(".evenkeel-gate", 4, "EVENKEEL_SERVER", nobody)
	s.says(code, 12, log)
	code, log, journal := gitlab(".evenkeel-gate", 4, "EVENKEEL_SERVER", nobody, "EK_ON_ERROR", "pass")
	s.says(code, 0, log)
	if b, err := os.ReadFile(journal); err != nil || !strings.Contains(string(b), sha(4)) || jobs[".evenkeel-gate"].Artifacts.Paths[0] != filepath.Base(journal) {
		t.Errorf("%s: %v", b, err)
	}
}
