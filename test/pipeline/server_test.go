package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/config"
)

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "evenkeel-pipeline-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "evenkeel")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/evenkeel/evenkeel").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// The policy of these tests reads what it shall say from the artefact.
const rules = `package evenkeel.change

decision := {"outcome": outcome, "deny": denied, "ask": asked, "unknown": set(), "note": set(), "duty": duty}

default outcome := "allow"

outcome := "deny" if count(denied) > 0

else := "needs_review" if count(asked) > 0

denied contains {"rule": "test", "text": "Nothing of this kind ships"} if startswith(input.change.artefact, "deny-")

asked contains {"rule": "test", "text": "A peer looks at it", "who": "peer", "count": 1} if startswith(input.change.artefact, "review-")

duty contains {"do": "verify", "rule": "test", "for": "PT30M", "text": "Watch it for half an hour"}
`

// server is the whole program, with services, people, and tokens.
type server struct {
	*testing.T
	*app.App
	url    string
	admin  context.Context
	peer   context.Context
	token  string // of a pipeline: may ask and tell
	argocd string // of an integration of that kind
	kube   string
}

func serve(t *testing.T) *server {
	t.Helper()
	ctx := context.Background()
	cfg := config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(t.TempDir(), "ek.db"), PublicURL: "https://evenkeel.harbour.example", KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none"}
	a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), app.Loopback())
	must(t, err)
	t.Cleanup(func() { a.Close() })
	a.Start()
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(srv.Close)
	s := &server{T: t, App: a, url: srv.URL}

	link, _, err := a.Door.SetupLink(ctx)
	must(t, err)
	first, err := a.Door.SetUp(ctx, link.Secret, auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Mara"}}, "barge-tide-lantern-42", auth.Client{Address: "127.0.0.1"})
	must(t, err)
	s.admin = actor.With(ctx, actor.Actor{Kind: actor.User, ID: first.Person.ID, Person: first.Person.ID, Role: actor.Admin, Name: "Mara"})
	jonas, _, err := a.People.CreatePerson(s.admin, auth.PersonEdit{Handle: "jonas", Email: "jonas@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Jonas"}})
	must(t, err)
	s.peer = actor.With(ctx, actor.Actor{Kind: actor.User, ID: jonas.ID, Person: jonas.ID, Role: actor.Responder, Name: "Jonas"})
	_, err = a.People.CreateTeam(s.admin, "payments", auth.TeamEdit{})
	must(t, err)
	_, err = a.Catalog.Create(s.admin, "checkout", catalog.Edit{Team: "payments", Tier: 1})
	must(t, err)
	_, s.token, err = a.People.CreateToken(s.admin, auth.NewToken{Name: "ci", Machine: true, Role: actor.Machine})
	must(t, err)
	_, s.argocd, err = a.Alerts.CreateIntegration(s.admin, alert.Integration{Name: "argo", Kind: alert.ArgoCD})
	must(t, err)
	_, s.kube, err = a.Alerts.CreateIntegration(s.admin, alert.Integration{Name: "cluster", Kind: alert.ChangeAPI})
	must(t, err)
	v, err := a.Policies.Put(s.admin, map[string]string{"test.rego": rules}, "a policy that tests read")
	must(t, err)
	_, err = a.Policies.Activate(s.admin, v.ID, "for the tests")
	must(t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// only is the only change of the record that brings an artefact to checkout.
func (s *server) only(artefact string) change.Change {
	s.Helper()
	list, _, err := s.Changes.List(s.admin, change.Filter{}, "", 200)
	must(s, err)
	var found []change.Change
	for _, c := range list {
		if c.Artefact == artefact {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		s.Fatalf("%d changes bring %s, want one", len(found), artefact)
	}
	return found[0]
}

// none fails when anything brings an artefact.
func (s *server) none(artefact string) {
	s.Helper()
	list, _, err := s.Changes.List(s.admin, change.Filter{}, "", 200)
	must(s, err)
	for _, c := range list {
		if c.Artefact == artefact {
			s.Fatalf("%s brings %s", c.Key(), artefact)
		}
	}
}

// approve lets a peer approve what is waited for.
func (s *server) approve(artefact string) {
	s.Helper()
	c := s.only(artefact)
	_, err := s.Changes.Approve(s.peer, c.ID, c.Commit, "looked at it")
	must(s, err)
}

// run starts a script as a pipeline does: with nothing in its environment but
// what a runner gives.
func (s *server) run(dir string, env map[string]string, name string, args ...string) (code int, out string) {
	s.Helper()
	path, err := binary()
	must(s, err)
	if name == "evenkeel" {
		name = path
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + filepath.Dir(path) + ":" + os.Getenv("PATH"), "HOME=" + dir}
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.Fatalf("%s: %v", name, err)
	}
	if strings.Contains(string(b), s.token) {
		s.Errorf("%s shows its token:\n%s", name, b)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

// says fails unless a step ended so, with words in its log.
func (s *server) says(code, want int, out string, words ...string) {
	s.Helper()
	if code != want {
		s.Errorf("exit code %d, want %d:\n%s", code, want, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			s.Errorf("%q is not in the log:\n%s", w, out)
		}
	}
}

func sha(n int) string { return fmt.Sprintf("%040x", 0x5eed00+n) }

// nobody is an address at which nothing answers.
const nobody = "http://127.0.0.1:1"
