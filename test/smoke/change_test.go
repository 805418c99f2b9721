package smoke

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

func TestChangeSQLite(t *testing.T)   { whoBrokeIt(t, "") }
func TestChangePostgres(t *testing.T) { whoBrokeIt(t, dbtest.PostgresURL(t)) }

const shipping = organisation + `---
apiVersion: evenkeel/v1
kind: Integration
metadata: {name: github}
spec: {kind: github}
---
apiVersion: evenkeel/v1
kind: ChangePractice
metadata: {name: default}
spec: {verification: PT1M}
`

// Ours: whoever ships, a colleague looks at it.
const ownRule = `package evenkeel.change

ask contains {"rule": "two-people", "who": "peer", "count": 1, "text": "A colleague looks at every change"} if not standard
`

// The tests that come with the program say that a quiet change needs nobody.
const ownTests = `package evenkeel.change

test_somebody_looks if decision.outcome == "needs_review"
`

// commits of checkout: what runs, what breaks it, and what went out unasked.
var (
	goodCommit = strings.Repeat("a1", 20)
	badCommit  = strings.Repeat("b2", 20)
	lateCommit = strings.Repeat("c3", 20)
)

// whoBrokeIt follows two releases of checkout from the gate to the outcome.
func whoBrokeIt(t *testing.T, database string) {
	t.Parallel()
	ctx := context.Background()
	s := serve(t, database, newSink(t))
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, sub := range []string{"code", "rules"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file("code/harbour.yaml", shipping)
	s.run("apply", filepath.Join(dir, "code"), "--yes")
	secret, err := s.api.RotateToken(ctx, "github", 0)
	if err != nil {
		t.Fatal(err)
	}
	monitor, err := s.api.RotateToken(ctx, "prometheus", 0)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.api.CreateToken(ctx, client.NewToken{Name: "pipeline", Machine: true, Role: "responder"})
	if err != nil {
		t.Fatal(err)
	}
	pipe := &pipeline{server: s, secret: secret, token: made.Secret}

	// A policy of one's own; one that does not compile, or fails its tests, changes nothing.
	rules := filepath.Join(dir, "rules")
	file("rules/two-people.rego", ownRule)
	file("rules/policy_test.rego", ownTests)
	s.run("policy", "put", "--default", "--activate", "-m", "Two people", rules)
	file("rules/two-people.rego", strings.Replace(ownRule, " if not", " if nott", 1))
	if out, err := s.try("policy", "put", "--default", "--activate", rules); err == nil || !strings.Contains(out, "two-people.rego") {
		t.Errorf("a policy that does not compile is taken: %v\n%s", err, out)
	}

	// The first release: the gate waits for a colleague, who says yes.
	if out, code := pipe.gate("--ref", goodCommit, "--artefact", "5.13.2", "--author", "jonas"); code != 10 || !strings.Contains(out, "CHG-1") {
		t.Fatalf("the gate says %d:\n%s", code, out)
	}
	if d, err := s.api.Change(ctx, "CHG-1"); err != nil || d.State != "awaiting approval" || d.Decision != "DEC-1" || !d.Approvable {
		t.Fatalf("CHG-1 is %+v: %v", d, err)
	}
	if _, err := s.api.ApproveChange(ctx, "CHG-1", badCommit, ""); err == nil {
		t.Error("another commit than the one that was asked about is approved")
	}
	if _, err := s.api.ApproveChange(ctx, "CHG-1", goodCommit, "Tax table matches the finance sheet"); err != nil {
		t.Fatal(err)
	}
	if out, code := pipe.gate("--ref", goodCommit); code != 0 {
		t.Fatalf("the gate says %d after the approval:\n%s", code, out)
	}

	// What was decided is decided, whatever happens to the server.
	s.kill()
	s.begin()
	pipe.deploy(1, goodCommit, "5.13.2", "", "in_progress", "success")
	s.change("CHG-1", "verifying")
	s.run("change", "finish", "CHG-1", "succeeded")

	// The second one breaks it. It begins, and the server dies between its webhooks;
	// GitHub sends the one that was not answered again.
	if _, code := pipe.gate("--ref", badCommit, "--artefact", "5.14.0", "--author", "jonas"); code != 10 {
		t.Fatalf("the gate says %d", code)
	}
	if _, err := s.api.ApproveChange(ctx, "CHG-2", badCommit, ""); err != nil {
		t.Fatal(err)
	}
	pipe.deploy(2, badCommit, "5.14.0", "", "in_progress")
	s.kill()
	if err := pipe.post("deployment_status", pipe.status(2, badCommit, "5.14.0", "", "success")); err == nil {
		t.Error("a killed server answers")
	}
	s.begin()
	pipe.deploy(2, badCommit, "5.14.0", "", "success", "success")
	s.change("CHG-2", "verifying")
	pipe.alert(monitor, true)
	eventually(t, 90*time.Second, "verification finds that it failed", func() error {
		c, err := s.api.Change(ctx, "CHG-2")
		if err != nil || c.State != "failed" || c.OutcomeBy != "verification" {
			return missing("%s by %s, %v", c.State, c.OutcomeBy, err)
		}
		return nil
	})
	var incident string
	eventually(t, 30*time.Second, "the incident names the change first", func() error {
		list, err := s.api.Incidents(ctx, client.IncidentFilter{Open: "true"})
		if err != nil || len(list.Items) != 1 {
			return missing("%d incidents, %v", len(list.Items), err)
		}
		incident = list.Items[0].Key
		found, err := s.api.Suspects(ctx, incident)
		if err != nil || len(found.Items) == 0 || found.Items[0].Change != "CHG-2" || found.Items[0].State != "suggested" || found.Items[0].Strength == "weak" {
			return missing("%+v, %v", found, err)
		}
		return nil
	})

	// Rolled back: no gate holds it, and it confirms the cause.
	if out, code := pipe.gate("--ref", goodCommit, "--artefact", "5.13.2", "--purpose", "rollback", "--rollback-of", "CHG-2"); code != 0 {
		t.Fatalf("a return to what ran is held with %d:\n%s", code, out)
	}
	pipe.deploy(3, goodCommit, "5.13.2", "CHG-2", "in_progress", "success")
	pipe.alert(monitor, false)
	eventually(t, 30*time.Second, "the rollback confirms the cause", func() error {
		found, err := s.api.Suspects(ctx, incident)
		if err != nil || len(found.Items) == 0 || found.Items[0].Change != "CHG-2" || found.Items[0].State != "confirmed" {
			return missing("%+v, %v", found, err)
		}
		return nil
	})
	if c := s.change("CHG-2", "rolled back"); c.TakenBackBy != "CHG-3" || c.Caused != 1 || c.RecoveredAt == nil {
		t.Errorf("CHG-2 is %+v", c)
	}
	if c := s.change("CHG-3", "verifying"); !c.Returns || c.Bypass {
		t.Errorf("CHG-3 is %+v", c)
	}

	// Evenkeel is down: the pipeline's choice is to go on, and to tell afterwards.
	s.kill()
	journal := filepath.Join(dir, "passed.jsonl")
	if out, code := pipe.gate("--ref", lateCommit, "--artefact", "5.14.1"); code != 12 {
		t.Errorf("without a server the gate says %d:\n%s", code, out)
	}
	if out, code := pipe.gate("--ref", lateCommit, "--artefact", "5.14.1", "--on-error=pass", "--journal="+journal); code != 0 {
		t.Errorf("with --on-error=pass it says %d:\n%s", code, out)
	}
	s.begin()
	s.run("change", "reconcile", journal)
	s.run("change", "reconcile", journal) // twice does no harm
	list, err := s.api.Changes(ctx, client.ChangeFilter{Commit: lateCommit})
	if err != nil || len(list.Items) != 1 || !list.Items[0].Bypass {
		t.Errorf("afterwards there is %+v: %v", list.Items, err)
	}
	s.packets(file, "CHG-2")
	if m, err := s.api.ChangeMeasures(ctx, client.MeasureAsk{Service: "checkout"}, "", ""); err != nil {
		t.Error(err)
	} else if b, err := json.Marshal(m); err != nil || !bytes.Contains(b, []byte(`"caused_incidents":1`)) {
		t.Errorf("measures: %s %v", b, err)
	}
	s.run("evidence", "verify")
}

// packets issues the packet of a change and verifies it where the server is
// not, also one that somebody edited.
func (s *server) packets(file func(name, text string) string, key string) {
	s.t.Helper()
	b, err := s.api.IssuePacket(context.Background(), key, "dsse")
	if err != nil {
		s.t.Fatal(err)
	}
	path := file("packet.json", string(b))
	if out := s.run("evidence", "verify", path); !strings.Contains(out, "good") || !strings.Contains(out, key) {
		s.t.Errorf("the packet: %s", out)
	}
	var env map[string]any
	if err := json.Unmarshal(b, &env); err != nil {
		s.t.Fatal(err)
	}
	text, ok := env["payload"].(string)
	if !ok || len(text) < 200 {
		s.t.Fatalf("no payload in %s", b)
	}
	env["payload"] = text[:100] + string(text[100]^1) + text[101:]
	edited, err := json.Marshal(env)
	if err != nil {
		s.t.Fatal(err)
	}
	if out, err := s.try("evidence", "verify", file("edited.json", string(edited))); err == nil {
		s.t.Errorf("an edited packet verifies: %s", out)
	}
}

// change fails unless a change is in a state now.
func (s *server) change(key, state string) client.ChangeDetail {
	s.t.Helper()
	c, err := s.api.Change(context.Background(), key)
	if err != nil || c.State != state {
		s.t.Fatalf("%s is %s (%s), want %s: %v", key, c.State, c.OutcomeReason, state, err)
	}
	return c
}

// pipeline asks the gate by the command line with a machine's token, and tells
// of deployments as GitHub does.
type pipeline struct {
	*server
	secret, token string
}

// gate returns what the command prints and its exit code.
func (p *pipeline) gate(args ...string) (string, int) {
	p.t.Helper()
	cmd := exec.Command(p.path, append([]string{"change", "gate", "--service", "checkout"}, args...)...)
	cmd.Env = append(os.Environ(), "EVENKEEL_SERVER="+p.url, "EVENKEEL_TOKEN="+p.token, "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (p *pipeline) status(id int, commit, version, back, state string) map[string]any {
	now := time.Now().UTC().Format(time.RFC3339)
	own := map[string]string{"service": "checkout", "version": version}
	if back != "" {
		own["rollback_of"] = back
	}
	return map[string]any{
		"action":     "created",
		"repository": map[string]any{"full_name": "harbour/checkout", "html_url": "https://github.com/harbour/checkout", "default_branch": "main"},
		"deployment": map[string]any{"id": id, "sha": commit, "ref": "main", "task": "deploy", "environment": "production", "description": "Release",
			"creator": map[string]string{"login": "jonas"}, "created_at": now, "payload": own},
		"deployment_status": map[string]any{"state": state, "environment": "production", "created_at": now},
	}
}

// deploy tells of the states of a deployment, signed.
func (p *pipeline) deploy(id int, commit, version, back string, states ...string) {
	p.t.Helper()
	for _, state := range states {
		if err := p.post("deployment_status", p.status(id, commit, version, back, state)); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *pipeline) post(event string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(p.secret))
	mac.Write(body)
	return p.send("/integrations/github/github", body, map[string]string{
		"X-GitHub-Event": event, "X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil))})
}

// alert tells that checkout fails, or no longer does, as Prometheus does.
func (p *pipeline) alert(token string, firing bool) {
	p.t.Helper()
	now := time.Now().UTC()
	ends := now.Add(10 * time.Minute)
	if !firing {
		ends = now
	}
	body, err := json.Marshal([]any{map[string]any{"labels": map[string]string{"alertname": "CheckoutFails", "service": "checkout", "severity": "critical"},
		"annotations": map[string]string{"summary": "Checkout success below 50 %"}, "startsAt": now.Format(time.RFC3339Nano), "endsAt": ends.Format(time.RFC3339Nano)}})
	if err == nil {
		err = p.send("/api/v2/alerts", body, map[string]string{"Authorization": "Bearer " + token})
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pipeline) send(path string, body []byte, headers map[string]string) error {
	req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return missing("%s answers %s", path, res.Status)
	}
	return nil
}
