package github_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/connect/github"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// hooks is Evenkeel with GitHub's webhook set up, as GitHub sees it.
type hooks struct {
	*connecttest.Practice
	url string
}

func newHooks(t *testing.T, d *db.DB) *hooks {
	p := connecttest.NewPractice(t, d, "hello-world")
	s := connecttest.Server(t, github.New(connecttest.Door(&connecttest.Alerts{}), connecttest.Keys{}, p).Routes)
	return &hooks{p, s.URL + "/integrations/github/" + connecttest.Integration}
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// answer is what a delivery is answered with.
type answer struct {
	Signals int
	Repeat  bool
	Changes []string
	Notes   []string
	Detail  string
	said    string
}

// send delivers an event as GitHub does.
func (h *hooks) send(event, delivery, body string, header ...string) (int, answer) {
	h.Helper()
	header = append([]string{"Content-Type", "application/json", "X-GitHub-Event", event, "X-GitHub-Delivery", delivery, "X-Hub-Signature-256", sign(connecttest.Token, body), "User-Agent", "GitHub-Hookshot/044aadd"}, header...)
	status, _, said := connecttest.Post(h, h.url, body, header...)
	var a answer
	h.Must(json.Unmarshal([]byte(said), &a))
	a.said = said
	return status, a
}

// recorded are the payloads that GitHub published, by event.
var recorded = map[string][]string{
	"check_run": {"completed.1.payload.json", "completed.payload.json", "completed.with-organization.payload.json", "created.payload.json", "created.with-organization.payload.json",
		"requested_action.payload.json", "rerequested.payload.json", "rerequested.with-organization.payload.json"},
	"deployment": {"payload.json", "with-installation.payload.json", "gh-pages.payload.json"}, "deployment_status": {"payload.json", "with-installation.payload.json", "gh-pages.payload.json"},
	"deployment_review": {"requested.payload.json"}, "pull_request_review": {"submitted.payload.json", "submitted.with-organization.payload.json", "dismissed.payload.json"},
	"workflow_run": {"completed.payload.json", "completed.with-pull-requests.payload.json", "requested.payload.json", "requested.with-conclusion.payload.json"},
}

const examples = "github-webhooks/payload-examples/api.github.com/"

func TestRecordedPayloads(t *testing.T) {
	t.Parallel()
	connecttest.Data(t, examples+"deployment/payload.json")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHooks(t, d)
		for event, files := range recorded {
			for _, name := range files {
				status, a := h.send(event, event+name, string(connecttest.Data(t, examples+event+"/"+name)))
				if status != 200 || a.Repeat || a.Signals == 0 && event != "deployment_review" {
					t.Errorf("%s/%s: %d %+v", event, name, status, a)
				}
			}
		}
		// Both events of the deployment to production are one change, which ran.
		list, _, err := h.List(connecttest.Admin(), change.Filter{}, "", 50)
		h.Must(err)
		var c change.Change
		for _, x := range list {
			if x.Environment == "production" {
				c = x
			}
		}
		if c.Main() != "checkout" || c.Commit != "f95f852bd8fca8fcc58a9a2d6c842781e32a215e" || c.State != change.Verifying || c.Branch != "master" || c.Author != "Codertocat" || !c.Bypass ||
			c.DeployedAt.Format("15:04:05") != "15:20:55" {
			t.Errorf("%+v", c)
		}
		_, _, err = github.Parse("pull_request_review", connecttest.Data(t, examples+"pull_request_review/dismissed.payload.json"))
		h.Must(err)
	})
}

// What the recorded payloads mean, signal by signal.
func TestParseRecorded(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]func(list []change.Signal) bool{
		"deployment/payload.json": func(l []change.Signal) bool {
			d := l[0].Deployment
			return d.Key == "deployment:codertocat/hello-world:145988746" && d.Phase == change.PhaseCreated && d.Environment == "production" && l[0].At.Format("15:04:05") == "15:20:53"
		},
		"deployment_status/payload.json": func(l []change.Signal) bool {
			return l[0].Deployment.Phase == change.PhaseSucceeded && l[0].Repository == "Codertocat/Hello-World"
		},
		"pull_request_review/submitted.payload.json": func(l []change.Signal) bool {
			return len(l) == 2 && l[0].Pull.Number == 2 && l[0].Pull.Merged == "" && !l[0].Pull.Sized && slices.Equal(l[0].Pull.Labels, []string{"bug"}) && l[1].Review.Verdict == change.ReviewCommented
		},
		"pull_request_review/dismissed.payload.json": func(l []change.Signal) bool {
			return l[1].Review.Verdict == change.ReviewDismissed && l[1].Review.Reviewer != ""
		},
		"workflow_run/completed.payload.json": func(l []change.Signal) bool {
			return l[0].Build.Result == change.ResultPassed && strings.HasPrefix(l[0].Build.Name, "workflow ") && len(l[0].Commit) == 40
		},
		"check_run/completed.payload.json": func(l []change.Signal) bool {
			return l[0].Build.Name == "check Octocoders-linter" && l[0].Build.Result == change.ResultPassed
		},
		"check_run/created.payload.json": func(l []change.Signal) bool {
			return l[0].Build.Result == change.ResultRunning || l[0].Build.Result == change.ResultPassed
		},
	} {
		event, _, _ := strings.Cut(name, "/")
		list, note, err := github.Parse(event, connecttest.Data(t, examples+name))
		if err != nil || note != "" || !want(list) {
			b, _ := json.Marshal(list)
			t.Errorf("%s: %s %q %v", name, b, note, err)
		}
	}
}

func TestForgedAndReplayed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHooks(t, d)
		body := push
		for what, header := range map[string][]string{
			"no signature":       {"X-Hub-Signature-256", ""},
			"of another key":     {"X-Hub-Signature-256", sign("guess", body)},
			"of another body":    {"X-Hub-Signature-256", sign(connecttest.Token, body+" ")},
			"no hex":             {"X-Hub-Signature-256", "sha256=zz"},
			"the old kind alone": {"X-Hub-Signature-256", "", "X-Hub-Signature", "sha1=00"},
			"the token as it is": {"X-Hub-Signature-256", connecttest.Token},
		} {
			if status, a := h.send("push", "1", body, header...); status != 401 || a.Detail == "" {
				t.Errorf("%s: %d %+v", what, status, a)
			}
		}
		if status, _, _ := connecttest.Post(t, strings.Replace(h.url, connecttest.Integration, "other", 1), body, "X-Hub-Signature-256", sign(connecttest.Token, body)); status != 401 {
			t.Errorf("another integration: %d", status)
		}
		if status, a := h.send("push", "1", body); status != 200 || a.Signals != 1 || a.Repeat {
			t.Errorf("right: %d %+v", status, a)
		}
		if status, a := h.send("push", "1", body); status != 200 || !a.Repeat {
			t.Errorf("sent again: %d %+v", status, a)
		}
		if status, a := h.send("push", "1", body, "X-Hub-Signature-256", sign("an older one", body)); status != 200 || !a.Repeat {
			t.Errorf("signed with the key that is being replaced: %d %+v", status, a)
		}
	})
}

// push is a push as GitHub sends it, cut to what is read and a little more.
const push = `{"ref":"refs/heads/main","before":"000000000000000000000000000000000feed000","after":"000000000000000000000000000000000feed001","created":false,"deleted":false,"forced":false,
"compare":"https://github.com/harbour/checkout/compare/feed000...feed001","repository":{"full_name":"harbour/checkout","default_branch":"main","pushed_at":1795168800,"created_at":1795000000},
"pusher":{"name":"jonas"},"sender":{"login":"jonas"},
"commits":[{"id":"000000000000000000000000000000000feed00a","message":"one","timestamp":"2026-11-20T09:00:00+01:00","author":{"username":"jonas","email":"jonas@harbour.example"},"added":["db/migrate/7_add.rb"],"removed":[],"modified":["a.go"]},
{"id":"000000000000000000000000000000000feed001","message":"Revert \"two\"\n\nThis reverts commit 000000000000000000000000000000000feed009.","timestamp":"2026-11-20T10:00:00Z","author":{"username":"jonas"},"added":[],"removed":[],"modified":["a.go"]}],
"head_commit":{"id":"000000000000000000000000000000000feed001","message":"Revert \"two\"\n\nThis reverts commit 000000000000000000000000000000000feed009.","timestamp":"2026-11-20T10:00:00Z","author":{"username":"jonas"}}}`

func TestPush(t *testing.T) {
	t.Parallel()
	list, note, err := github.Parse("push", []byte(push))
	if err != nil || note != "" || len(list) != 1 {
		t.Fatal(list, note, err)
	}
	p := list[0].Push
	if p.Branch != "main" || !p.Default || p.Commits != 2 || p.FileCount != 2 || !p.Migrates || !slices.Equal(p.Reverts, []string{"000000000000000000000000000000000feed009"}) ||
		p.Oldest.Format("15:04") != "08:00" || p.Title != `Revert "two"` || list[0].At.Unix() != 1795168800 || p.Before == "" {
		t.Errorf("%+v %s", p, list[0].At)
	}
	for name, body := range map[string]string{"tag": strings.Replace(push, "refs/heads/", "refs/tags/", 1), "deleted": strings.Replace(push, `"deleted":false`, `"deleted":true`, 1)} {
		if list, note, err := github.Parse("push", []byte(body)); err != nil || len(list) != 0 || note == "" {
			t.Errorf("%s: %v %q %v", name, list, note, err)
		}
	}
}

func TestPullRequest(t *testing.T) {
	t.Parallel()
	body := `{"action":"closed","number":12,"pull_request":{"number":12,"html_url":"https://github.com/harbour/checkout/pull/12","state":"closed","title":"Revert \"x\"","body":"Reverts harbour/checkout#11","user":{"login":"jonas"},
"head":{"ref":"revert-11","sha":"` + connecttest.Commit(1) + `"},"base":{"ref":"main","sha":"` + connecttest.Commit(0) + `"},"merged":true,"merged_at":"2026-11-20T10:00:00Z","merged_by":{"login":"mara"},"merge_commit_sha":"` + connecttest.Commit(2) + `",
"created_at":"2026-11-20T09:00:00Z","updated_at":"2026-11-20T10:00:01Z","additions":3,"deletions":4,"changed_files":2,"commits":1,"labels":[{"name":"bug"}],"milestone":null},"repository":{"full_name":"harbour/checkout"}}`
	list, _, err := github.Parse("pull_request", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	p := list[0].Pull
	if p.Merged != connecttest.Commit(2) || p.MergedBy != "mara" || !p.Sized || p.Added != 3 || p.RevertsPR != 11 || p.Author != "jonas" || !p.Closed {
		t.Errorf("%+v", p)
	}
	// Before it is merged, merge_commit_sha is a trial merge.
	list, _, err = github.Parse("pull_request", []byte(strings.Replace(body, `"merged":true`, `"merged":false`, 1)))
	if err != nil || list[0].Pull.Merged != "" {
		t.Errorf("%+v %v", list, err)
	}
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHooks(t, d)
		for what, x := range map[string]struct {
			event, body string
			status      int
			words       string
		}{
			"ping":             {"ping", `{"zen":"Keep it logically awesome.","hook_id":1}`, 200, ""},
			"another event":    {"star", `{}`, 200, ""},
			"no event":         {"", `{}`, 400, "X-GitHub-Event"},
			"no JSON":          {"push", `not json`, 400, "not JSON"},
			"cut off":          {"push", push[:200], 400, ""},
			"empty":            {"push", ``, 400, ""},
			"no repository":    {"push", `{}`, 400, "repository.full_name"},
			"wrong type":       {"deployment", `{"repository":{"full_name":"a/b"},"deployment":{"id":"seven"}}`, 400, "deployment.id"},
			"no deployment":    {"deployment", `{"repository":{"full_name":"a/b"}}`, 400, "deployment.id"},
			"short hash":       {"deployment", `{"repository":{"full_name":"harbour/checkout"},"deployment":{"id":7,"sha":"abc","environment":"production"}}`, 400, "full hash"},
			"inactive":         {"deployment_status", `{"repository":{"full_name":"a/b"},"deployment":{"id":7,"sha":"` + connecttest.Commit(1) + `"},"deployment_status":{"state":"inactive"}}`, 200, ""},
			"payload of texts": {"deployment", `{"repository":{"full_name":"harbour/x"},"deployment":{"id":8,"sha":"` + connecttest.Commit(8) + `","payload":"{\"service\":\"checkout\",\"version\":\"5.14.0\"}","environment":"production","description":null,"ref":7}}`, 200, ""},
		} {
			status, a := h.send(x.event, what, x.body)
			if status != x.status || !strings.Contains(a.said, x.words) {
				t.Errorf("%s: %d %+v", what, status, a)
			}
			if what == "payload of texts" && (len(a.Changes) != 1 || h.Change(1).Artefact != "5.14.0") {
				t.Errorf("%s: %+v", what, a)
			}
		}
		form := url.Values{"payload": {push}}.Encode()
		if status, a := h.send("push", "form", form, "Content-Type", "application/x-www-form-urlencoded"); status != 200 || a.Signals != 1 {
			t.Errorf("form: %d %+v", status, a)
		}
		if status, a := h.send("push", "empty form", "a=b", "Content-Type", "application/x-www-form-urlencoded"); status != http.StatusBadRequest {
			t.Errorf("form without payload: %d %+v", status, a)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("push", []byte(push))
	f.Add("deployment", []byte(`{"repository":{"full_name":"a/b"},"deployment":{"id":7,"sha":"x","payload":{"service":[]}}}`))
	f.Add("pull_request_review", []byte(`{"repository":{"full_name":"a/b"},"pull_request":{"number":1},"review":{"state":"APPROVED","user":null}}`))
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		list, note, err := github.Parse(event, body)
		if err != nil && len(list) > 0 {
			t.Error("signals and an error")
		}
		if err == nil && len(list) == 0 && note == "" {
			t.Error("nothing, and no word why")
		}
	})
}
