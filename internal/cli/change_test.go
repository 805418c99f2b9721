package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/client"
)

// gateServer answers questions to the gate one after the other, the last one
// for ever; status 0 is 200.
type gateServer struct {
	mu      sync.Mutex
	answers []client.GateAnswer
	status  int
	asked   []client.GateAsk
	told    []client.ChangeReport
}

func (s *gateServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if s.status != 0 {
		w.WriteHeader(s.status)
		json.NewEncoder(w).Encode(client.Problem{Status: s.status, Detail: "not now"})
		return
	}
	if strings.HasSuffix(r.URL.Path, "/reports") {
		var in struct{ Reports []client.ChangeReport }
		json.NewDecoder(r.Body).Decode(&in)
		s.told = append(s.told, in.Reports...)
		json.NewEncoder(w).Encode(client.ChangeReceipt{Taken: len(in.Reports), Changes: []string{"CHG-1"}})
		return
	}
	var a client.GateAsk
	json.NewDecoder(r.Body).Decode(&a)
	s.asked = append(s.asked, a)
	out := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	json.NewEncoder(w).Encode(out)
}

func answered(verdict, line string) client.GateAnswer {
	return client.GateAnswer{Allowed: verdict == "allowed", Verdict: verdict, Line: line, Path: "/changes/CHG-7", Change: client.Change{Key: "CHG-7"}}
}

func gateCLI(t *testing.T, s *gateServer) (server *httptest.Server, run func(args ...string) (int, string, string)) {
	t.Helper()
	for _, name := range []string{"EVENKEEL_REF", "GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "GITHUB_REPOSITORY", "CI_PROJECT_PATH", "GITHUB_SERVER_URL", "GITHUB_RUN_ID", "GITHUB_REF_NAME", "GITHUB_ACTOR"} {
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
	server = httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server, func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := Run(context.Background(), append([]string{"--server", server.URL, "--token", "ek_x", "change"}, args...), strings.NewReader(""), &out, &errs)
		return code, out.String(), errs.String()
	}
}

const sha = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e"

// The exit code is the answer, and one line says why.
func TestGateExitCodes(t *testing.T) {
	for verdict, want := range map[string]int{"allowed": 0, "waiting": exitReview, "denied": exitDenied} {
		s := &gateServer{answers: []client.GateAnswer{answered(verdict, "because of the test")}}
		server, run := gateCLI(t, s)
		code, out, errs := run("gate", "--service", "checkout", "--ref", sha, "--emergency", "--rollback-of", "CHG-6")
		if code != want || errs != "" || out != verdict+" CHG-7: because of the test "+server.URL+"/changes/CHG-7\n" {
			t.Errorf("%s: %d, %q, %q", verdict, code, out, errs)
		}
		if a := s.asked[0]; a.Commit != sha || a.Type != "emergency" || a.RollbackOf != "CHG-6" || a.Services[0] != "checkout" {
			t.Errorf("%+v", a)
		}
	}
	s := &gateServer{answers: []client.GateAnswer{answered("allowed", "x")}}
	_, run := gateCLI(t, s)
	if code, out, _ := run("gate", "--service", "checkout", "--ref", sha, "--json"); code != 0 || !strings.Contains(out, `"verdict": "allowed"`) {
		t.Errorf("%d %s", code, out)
	}
	s.status = http.StatusUnprocessableEntity
	if code, _, errs := run("gate", "--service", "checkout", "--ref", "x", "--on-error", "pass"); code != 2 || !strings.Contains(errs, "not now") {
		t.Errorf("a wrong question passes: %d %s", code, errs)
	}
	s.status = http.StatusUnauthorized
	if code, _, _ := run("gate", "--service", "checkout", "--ref", sha, "--on-error", "pass"); code == 0 {
		t.Error("a wrong token passes")
	}
}

// Waiting ends with the answer, or with patience; a denial that ends by itself
// later than that is not waited for.
func TestGateWaits(t *testing.T) {
	s := &gateServer{answers: []client.GateAnswer{answered("waiting", "waits for a peer"), answered("waiting", "waits for a peer"), answered("allowed", "approved")}}
	_, run := gateCLI(t, s)
	code, out, errs := run("gate", "--service", "checkout", "--ref", sha, "--wait=1m", "--every", "1ms")
	if code != 0 || !strings.HasPrefix(out, "allowed CHG-7: approved") || strings.Count(errs, "waits for a peer") != 1 {
		t.Errorf("%d %q %q", code, out, errs)
	}
	s.answers = []client.GateAnswer{answered("waiting", "waits for a peer")}
	for _, wait := range [][]string{{"--wait=1ms"}, {"--wait", "1ms"}} {
		if code, _, _ := run(append([]string{"gate", "--service", "checkout", "--ref", sha, "--every", "1ms"}, wait...)...); code != exitReview {
			t.Errorf("patience is over: %d", code)
		}
	}
	s.answers = []client.GateAnswer{answered("denied", "frozen")}
	if code, _, _ := run("gate", "--service", "checkout", "--ref", sha, "--wait"); code != exitDenied {
		t.Errorf("nothing to wait for: %d", code)
	}
	if code, _, errs := run("gate", "--service", "checkout", "--ref", sha, "--wait=soon"); code != 2 || !strings.Contains(errs, "90m") {
		t.Errorf("%d %s", code, errs)
	}
}

// Without an answer the pipeline's choice holds; what passed is told afterwards.
func TestGateWithoutAnswer(t *testing.T) {
	s := &gateServer{}
	server, run := gateCLI(t, s)
	server.Close()
	file := filepath.Join(t.TempDir(), "passed.jsonl")
	ask := []string{"gate", "--service", "checkout", "--ref", sha, "--journal", file}
	if code, _, errs := run(ask...); code != exitUnsaid || !strings.Contains(errs, "did not answer") {
		t.Errorf("blocks: %d %s", code, errs)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("what was blocked is noted as passed")
	}
	if code, _, errs := run(append(ask, "--on-error=pass")...); code != 0 || !strings.Contains(errs, "warning: the gate did not answer") || !strings.Contains(errs, "reconcile") {
		t.Errorf("passes: %d %s", code, errs)
	}
	if code, _, errs := run("gate", "--service", "checkout", "--ref", sha, "--on-error=pass", "--journal", filepath.Join(t.TempDir(), "no", "such", "place")); code != exitUnsaid {
		t.Errorf("what cannot be noted passes: %d %s", code, errs)
	}
	_, run = gateCLI(t, s)
	if code, out, errs := run("reconcile", file); code != 0 || !strings.Contains(out, "CHG-1") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if len(s.told) != 2 || s.told[0].Phase != "started" || s.told[1].Phase != "succeeded" || s.told[0].At.IsZero() || s.told[0].Commit != sha {
		t.Errorf("%+v", s.told)
	}
	bad := write(t, "bad.jsonl", "{\"at\":\"2026-11-20T14:00:00Z\",\"ask\":{\"services\":[\"checkout\"]}}\nnonsense\n")
	if code, _, errs := run("reconcile", bad); code != 2 || !strings.Contains(errs, "bad.jsonl:2") || len(s.told) != 2 {
		t.Errorf("%d %s", code, errs)
	}
}
