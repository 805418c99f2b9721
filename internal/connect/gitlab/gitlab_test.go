package gitlab_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/connect/gitlab"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// hooks is Evenkeel with GitLab's webhook set up, as GitLab sees it.
type hooks struct {
	*connecttest.Practice
	url string
}

func newHooks(t *testing.T, d *db.DB) *hooks {
	p := connecttest.NewPractice(t, d, "test-deployment-webhooks")
	s := connecttest.Server(t, gitlab.New(connecttest.Door(&connecttest.Alerts{}), connecttest.Keys{}, p).Routes)
	return &hooks{p, s.URL + "/integrations/gitlab"}
}

type answer struct {
	Signals int
	Repeat  bool
	Changes []string
	Notes   []string
	said    string
}

// send delivers an event as GitLab does; header may replace and add.
func (h *hooks) send(address, body string, header ...string) (int, answer) {
	h.Helper()
	status, _, said := connecttest.Post(h, h.url+address, body, append([]string{"Content-Type", "application/json", "X-Gitlab-Token", connecttest.Token, "X-Gitlab-Event-UUID", "13792a34-cac6-4fda-95a8-c58e00a3954e", "User-Agent", "GitLab/18.5.0"}, header...)...)
	a := answer{said: said}
	h.Must(json.Unmarshal([]byte(said), &a))
	return status, a
}

func TestRecordedPayloads(t *testing.T) {
	t.Parallel()
	connecttest.Data(t, "gitlab-webhooks/job.json")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHooks(t, d)
		for _, name := range []string{"deployment", "merge_request", "pipeline", "job", "release"} {
			if status, a := h.send("", string(connecttest.Data(t, "gitlab-webhooks/"+name+".json"))); status != 200 || a.Repeat || a.Signals == 0 {
				t.Errorf("%s: %d %+v", name, status, a)
			}
		}
		// The recorded one goes to staging, which is no change; to production it is.
		body := strings.ReplaceAll(string(connecttest.Data(t, "gitlab-webhooks/deployment.json")), `"staging"`, `"production"`)
		status, a := h.send("", body)
		if status != 200 || len(a.Changes) != 1 {
			t.Fatalf("%d %+v", status, a)
		}
		c := h.Change(1)
		if c.Main() != "checkout" || c.Commit != "279484c09fbe69ededfced8c1bb6e6d24616b468" || c.Branch != "1.0.0" || c.Author != "user1" || c.State != change.Verifying || c.DeployedAt.Format("2006-01-02 15:04") != "2021-04-28 19:50" || c.Title != "Add new file" {
			t.Errorf("%+v", c)
		}
	})
}

func TestParseRecorded(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]func(l []change.Signal) bool{
		"deployment": func(l []change.Signal) bool {
			return l[0].Deployment.Key == "job:root/test-deployment-webhooks:796" && l[0].Deployment.Phase == change.PhaseSucceeded
		},
		"merge_request": func(l []change.Signal) bool {
			p := l[0].Pull
			return len(l) == 1 && p.Number == 1 && p.Author == "" && p.Head == "da1560886d4f094c3e6c9ef40349f7d38b5d27d7" && p.Merged == "" && l[0].Repository == "gitlabhq/gitlab-test" && p.Created.Format("15:04") == "17:23"
		},
		"pipeline": func(l []change.Signal) bool {
			return l[0].Build.Result == change.ResultPassed && l[0].Build.Finished.Format("15:04:05") == "15:26:29"
		},
		"job": func(l []change.Signal) bool {
			return len(l) == 1 && l[0].Build.Name == "job auto_deploy:start" && l[0].Repository == "jsmithy2/release-tools-fake" && l[0].Commit == "95d49d1efbd941908580e79d65e4b5ecaf4a8305"
		},
		"release": func(l []change.Signal) bool { return l[0].Build.Artefact == "1.0.0" },
	} {
		list, note, err := gitlab.Parse(connecttest.Data(t, "gitlab-webhooks/"+name+".json"))
		if err != nil || note != "" || !want(list) {
			b, _ := json.Marshal(list)
			t.Errorf("%s: %s %q %v", name, b, note, err)
		}
	}
}

func TestTokensAndRepeats(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHooks(t, d)
		for what, token := range map[string]string{"none": "", "another": "guess"} {
			if status, _ := h.send("", push, "X-Gitlab-Token", token); status != 401 {
				t.Errorf("%s token: %d", what, status)
			}
		}
		if status, a := h.send("", push, "X-Gitlab-Token", "", "Authorization", "Bearer "+connecttest.Token); status != 200 || a.Signals != 1 {
			t.Errorf("%d %+v", status, a)
		}
		if _, a := h.send("", push); !a.Repeat {
			t.Errorf("the same event again: %+v", a)
		}
		if _, a := h.send("", strings.Replace(push, "fix it", "other", 1)); a.Repeat {
			t.Errorf("another event with the same number, which recursive webhooks have: %+v", a)
		}
		key := []string{"Idempotency-Key", "f5e57c94-1d1a-4f3b-9d5c-0d2b2d7a9a10"}
		if _, a := h.send("", push, key...); a.Repeat {
			t.Errorf("first with a key: %+v", a)
		}
		if _, a := h.send("", strings.Replace(push, "fix it", "retried", 1), key...); !a.Repeat {
			t.Errorf("a retry: %+v", a)
		}
	})
}

const push = `{"object_kind":"push","event_name":"push","before":"000000000000000000000000000000000feed000","after":"000000000000000000000000000000000feed001","ref":"refs/heads/main","checkout_sha":"000000000000000000000000000000000feed001",
"user_username":"jonas","project_id":15,"project":{"id":15,"name":"checkout","web_url":"https://gitlab.example.org/harbour/checkout","path_with_namespace":"harbour/checkout","default_branch":"main"},
"commits":[{"id":"000000000000000000000000000000000feed001","message":"fix it","title":"fix it","timestamp":"2026-11-20T10:00:00+01:00","url":"https://x","author":{"name":"Jonas","email":"jonas@harbour.example"},"added":[],"modified":["db/migrate/1.rb"],"removed":[]}],
"total_commits_count":4,"repository":{"name":"checkout","url":"git@x","homepage":"https://gitlab.example.org/harbour/checkout"}}`

func TestPush(t *testing.T) {
	t.Parallel()
	list, _, err := gitlab.Parse([]byte(push))
	if err != nil {
		t.Fatal(err)
	}
	if p := list[0].Push; p.Branch != "main" || !p.Default || p.Commits != 4 || !p.Migrates || p.Author != "jonas@harbour.example" || p.Title != "fix it" || p.Committed.Format("15:04") != "09:00" {
		t.Errorf("%+v", p)
	}
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	for what, x := range map[string]struct {
		body, note string
		fails      bool
	}{
		"no JSON":          {`nope`, "", true},
		"no kind":          {`{}`, "", true},
		"another kind":     {`{"object_kind":"wiki_page"}`, "tell nothing", false},
		"no project":       {`{"object_kind":"push"}`, "", true},
		"deleted branch":   {strings.Replace(push, `"after":"000000000000000000000000000000000feed001"`, `"after":"0000000000000000000000000000000000000000"`, 1), "no commits", false},
		"no iid":           {`{"object_kind":"merge_request","project":{"path_with_namespace":"a/b"}}`, "", true},
		"no hash":          {`{"object_kind":"deployment","status":"success","deployment_id":1,"project":{"path_with_namespace":"a/b"},"commit_url":"http://x/abc"}`, "", true},
		"another state":    {`{"object_kind":"deployment","status":"skipped","project":{"path_with_namespace":"a/b"}}`, "nothing new", false},
		"odd environments": {`{"object_kind":"deployment","status":"skipped","environment":7,"user":null,"project":{"path_with_namespace":"a/b"}}`, "nothing new", false},
		"typed wrongly":    {`{"object_kind":"build","build_id":"seven","project":{"path_with_namespace":"a/b"}}`, "", true},
	} {
		list, note, err := gitlab.Parse([]byte(x.body))
		if (err != nil) != x.fails || !strings.Contains(note, x.note) || len(list) > 0 {
			t.Errorf("%s: %v %q %v", what, list, note, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(push))
	f.Add([]byte(`{"object_kind":"build","build_id":7,"sha":"a","environment":{"name":"x"},"build_status":"manual","repository":{"homepage":"https://a/b/c"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, note, err := gitlab.Parse(body)
		if err != nil && len(list) > 0 || err == nil && len(list) == 0 && note == "" {
			t.Error(list, note, err)
		}
	})
}

// lab is GitLab's API as far as it is used, held to its documentation.
type lab struct {
	testing.TB
	*httptest.Server
	mu        sync.Mutex
	approvals []string
	checks    []url.Values
	triggers  []url.Values
	blocked   string // JSON list of blocked deployments
}

func newLab(t testing.TB) *lab {
	l := &lab{TB: t, blocked: "[]"}
	mux := http.NewServeMux()
	handle := func(pattern string, f func(w http.ResponseWriter, r *http.Request, form url.Values)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if r.Header.Get("PRIVATE-TOKEN") != "glpat-x" && !strings.Contains(pattern, "trigger") {
				w.WriteHeader(401)
				io.WriteString(w, `{"message":"401 Unauthorized"}`)
				return
			}
			r.ParseForm()
			f(w, r, r.PostForm)
		})
	}
	handle("POST /api/v4/projects/15/deployments/{id}/approval", func(w http.ResponseWriter, r *http.Request, form url.Values) {
		if s := form.Get("status"); s != "approved" && s != "rejected" {
			w.WriteHeader(400)
			io.WriteString(w, `{"error":"status does not have a valid value"}`)
			return
		}
		l.approvals = append(l.approvals, r.PathValue("id")+" "+form.Get("status")+" "+form.Get("comment"))
		w.WriteHeader(201)
		fmt.Fprintf(w, `{"user":{"id":100,"username":"evenkeel"},"status":%q,"created_at":"2026-11-20T10:00:00Z","comment":%q}`, form.Get("status"), form.Get("comment"))
	})
	handle("GET /api/v4/projects/15/deployments", func(w http.ResponseWriter, r *http.Request, _ url.Values) {
		if q := r.URL.Query(); q.Get("status") != "blocked" || q.Get("environment") != "production" {
			w.WriteHeader(400)
			return
		}
		io.WriteString(w, l.blocked)
	})
	handle("POST /api/v4/projects/15/merge_requests/3/status_check_responses", func(w http.ResponseWriter, r *http.Request, form url.Values) {
		if s := form.Get("status"); s != "passed" && s != "failed" && s != "pending" || form.Get("sha") == "" || form.Get("external_status_check_id") == "" {
			w.WriteHeader(400)
			return
		}
		l.checks = append(l.checks, form)
		w.WriteHeader(201)
		io.WriteString(w, `{"id":1,"merge_request":{"id":1},"external_status_check":{"id":9}}`)
	})
	handle("POST /api/v4/projects/{project}/trigger/pipeline", func(w http.ResponseWriter, r *http.Request, form url.Values) {
		if r.PathValue("project") != "harbour/checkout" || form.Get("token") != "glptt-y" || form.Get("ref") == "" {
			w.WriteHeader(404)
			io.WriteString(w, `{"message":"404 Not Found"}`)
			return
		}
		l.triggers = append(l.triggers, form)
		w.WriteHeader(201)
		io.WriteString(w, `{"id":8,"status":"pending","web_url":"https://gitlab.example.org/x"}`)
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	return l
}

func gated(t *testing.T, f func(h *hooks, l *lab)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, l := newHooks(t, d), newLab(t)
		caller := gitlab.NewCaller(egress.Guard{Loopback: true}.Client())
		h.Callers = map[change.CallKind]change.Caller{change.CallGitLabApproval: caller, change.CallGitLabCheck: caller, change.CallGitLabPipeline: caller}
		_, err := h.SetCredentials(connecttest.Admin(), connecttest.Integration, change.Credentials{System: "gitlab", URL: l.URL + "/api/v4", Token: "glpat-x", Trigger: "glptt-y"})
		h.Must(err)
		f(h, l)
	})
}

func deployment(n int, status string) string {
	return fmt.Sprintf(`{"object_kind":"deployment","status":%q,"status_changed_at":"2026-11-20 10:00:0%[2]d UTC","deployment_id":%[2]d,"deployable_id":70%[2]d,"environment":"production",
"project":{"id":15,"web_url":"https://gitlab.example.org/harbour/checkout","path_with_namespace":"harbour/checkout"},"user":{"id":2,"username":"jonas"},"commit_url":"https://gitlab.example.org/harbour/checkout/-/commit/%s","commit_title":"fix it","ref":"main"}`, status, n, connecttest.Commit(n))
}

func blockedJob(n int) string {
	return fmt.Sprintf(`{"object_kind":"build","ref":"main","tag":false,"sha":%q,"build_id":70%d,"build_name":"production","build_stage":"deploy","build_status":"manual","build_created_at":"2026-11-20 09:59:00 UTC","build_started_at":null,"build_finished_at":null,
"pipeline_id":1,"project_id":15,"project":{"id":15,"web_url":"https://gitlab.example.org/harbour/checkout","path_with_namespace":"harbour/checkout"},"user":{"id":2,"username":"jonas"},"commit":{"id":1,"sha":"x"},
"repository":{"name":"checkout","homepage":"https://gitlab.example.org/harbour/checkout"},"environment":{"name":"production","action":"start","deployment_tier":"production"}}`, connecttest.Commit(n), n)
}

func TestDeploymentApproval(t *testing.T) {
	gated(t, func(h *hooks, l *lab) {
		expect := func(want ...string) {
			h.Helper()
			l.mu.Lock()
			defer l.mu.Unlock()
			if len(l.approvals) != len(want) {
				h.Fatalf("GitLab was told %q, want %q", l.approvals, want)
			}
			for i := range want {
				if !strings.HasPrefix(l.approvals[i], want[i]) {
					h.Errorf("GitLab was told %q, want %q", l.approvals[i], want[i])
				}
			}
		}
		// GitLab says which deployment is blocked.
		h.send("", deployment(1, "blocked"))
		h.Tell()
		expect("1 approved CHG-1: ")
		// It says only that a job waits: the deployment is looked up.
		l.mu.Lock()
		l.blocked = fmt.Sprintf(`[{"id":43,"iid":3,"status":"blocked","sha":%q},{"id":42,"iid":2,"status":"blocked","sha":%q,"deployable":{"id":702}}]`, connecttest.Commit(9), connecttest.Commit(2))
		l.mu.Unlock()
		h.Rule = connecttest.Deny
		h.send("", blockedJob(2))
		h.Tell()
		expect("1 approved", "42 rejected CHG-2: ")
		// One that waits for a person's click is not ours to answer.
		h.send("", blockedJob(3))
		h.Tell()
		expect("1 approved", "42 rejected")
		// What runs then is the same change.
		h.send("", deployment(1, "running"))
		h.send("", deployment(1, "success"))
		if c := h.Change(1); c.State != change.Verifying || c.Bypass {
			h.Errorf("%s, bypass %v", c.State, c.Bypass)
		}
		// Without credentials, manual jobs open nothing.
		h.Must(h.DropCredentials(connecttest.Admin(), connecttest.Integration))
		if _, a := h.send("", blockedJob(4)); len(a.Changes) != 0 {
			h.Errorf("%+v", a)
		}
	})
}

func TestExternalStatusCheck(t *testing.T) {
	gated(t, func(h *hooks, l *lab) {
		body := func(n int) string {
			return fmt.Sprintf(`{"object_kind":"merge_request","event_type":"merge_request","user":{"id":2,"username":"jonas"},"project":{"id":15,"path_with_namespace":"harbour/checkout","web_url":"https://gitlab.example.org/harbour/checkout","default_branch":"main"},
"object_attributes":{"iid":3,"author_id":2,"title":"fix it","state":"opened","action":"update","source_branch":"fix","target_branch":"main","target_project_id":15,"url":"https://gitlab.example.org/harbour/checkout/-/merge_requests/3",
"created_at":"2026-11-20 09:00:00 UTC","updated_at":"2026-11-20 10:00:00 UTC","last_commit":{"id":%q,"message":"fix it"}},"labels":[],"external_approval_rule":{"id":9,"name":"Evenkeel","external_url":"https://evenkeel.example.org"}}`, connecttest.Commit(n))
		}
		sign := func(key, text string) []string {
			mac := hmac.New(sha256.New, []byte(key))
			mac.Write([]byte(text))
			return []string{"X-Gitlab-Token", "", "X-Gitlab-Signature", hex.EncodeToString(mac.Sum(nil))}
		}
		address := "/signed/" + connecttest.Integration
		for what, header := range map[string][]string{"forged": sign("guess", body(1)), "unsigned": {"X-Gitlab-Token", ""}, "no hex": {"X-Gitlab-Signature", "zz"}} {
			if status, _ := h.send(address, body(1), header...); status != 401 {
				h.Errorf("%s: %d", what, status)
			}
		}
		if status, a := h.send(address, body(1), sign(connecttest.Token, body(1))...); status != 200 || len(a.Changes) != 0 {
			h.Fatalf("%d %+v", status, a)
		}
		h.Tell()
		h.Rule = connecttest.Deny
		h.send(address, body(2), sign(connecttest.Token, body(2))...)
		h.send(address, body(2), sign(connecttest.Token, body(2))...) // again: asked once
		h.Tell()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.checks) != 2 || l.checks[0].Get("status") != "passed" || l.checks[0].Get("sha") != connecttest.Commit(1) || l.checks[0].Get("external_status_check_id") != "9" || l.checks[1].Get("status") != "failed" {
			h.Errorf("%v", l.checks)
		}
		list, _, err := h.List(connecttest.Admin(), change.Filter{}, "", 10)
		if h.Must(err); len(list) != 0 {
			h.Errorf("a question opened %d changes", len(list))
		}
	})
}

func TestPipelineTriggerRollsBack(t *testing.T) {
	gated(t, func(h *hooks, l *lab) {
		_, err := h.Ingest(connecttest.Admin(), change.Source{Name: connecttest.Integration}, "1", []change.Signal{{Kind: change.SignalDeployment, Commit: connecttest.Commit(1), Deployment: &change.Deployment{
			Key: "1", Phase: change.PhaseSucceeded, Services: []string{"checkout"}, Previous: "5.13.2", RollbackRef: "gitlab:harbour/checkout@main"}}})
		h.Must(err)
		_, err = h.AskRollback(connecttest.As(1), 1, "checkout answers 500")
		h.Must(err)
		h.Tell()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.triggers) != 1 || l.triggers[0].Get("variables[EVENKEEL_ARTEFACT]") != "5.13.2" || l.triggers[0].Get("variables[EVENKEEL_CHANGE]") != "CHG-1" || l.triggers[0].Get("ref") != "main" {
			h.Errorf("%v", l.triggers)
		}
	})
}
