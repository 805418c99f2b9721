package github_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/connect/github"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// hub is GitHub's API as far as it is used, held to its documentation: what
// GitHub refuses it refuses.
type hub struct {
	testing.TB
	*httptest.Server
	key *rsa.PublicKey // of the App 4711, which is installed as 77 on harbour/checkout

	mu         sync.Mutex
	down       int                 // answers that are 502
	tokens     int                 // made for the installation
	reviews    []map[string]string // of protection rules, by the run
	dispatches []map[string]any
}

func newHub(t testing.TB, key *rsa.PublicKey) *hub {
	h := &hub{TB: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /app/installations/{id}/access_tokens", h.installationToken)
	mux.HandleFunc("GET /repos/harbour/checkout/installation", func(w http.ResponseWriter, r *http.Request) {
		if h.app(w, r) {
			fmt.Fprint(w, `{"id":77,"account":{"login":"harbour"},"permissions":{"actions":"write"}}`)
		}
	})
	mux.HandleFunc("POST /repos/harbour/checkout/actions/runs/{run}/deployment_protection_rule", h.protectionRule)
	mux.HandleFunc("POST /repos/harbour/checkout/actions/workflows/{file}/dispatches", h.workflowDispatch)
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	return h
}

func refuse(w http.ResponseWriter, status int, text string) bool {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message":%q,"documentation_url":"https://docs.github.com/rest"}`, text)
	return false
}

// app checks the token that the App signs for itself.
func (h *hub) app(w http.ResponseWriter, r *http.Request) bool {
	parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 {
		return refuse(w, 401, "A JSON web token could not be decoded")
	}
	var claims struct {
		Iat, Exp int64
		Iss      string
	}
	sign, err1 := base64.RawURLEncoding.DecodeString(parts[2])
	body, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	now := time.Now().Unix()
	switch {
	case err1 != nil || err2 != nil || json.Unmarshal(body, &claims) != nil || rsa.VerifyPKCS1v15(h.key, crypto.SHA256, sum[:], sign) != nil:
		return refuse(w, 401, "A JSON web token could not be decoded")
	case claims.Iss != "4711":
		return refuse(w, 404, "Integration not found")
	case claims.Exp > now+600 || claims.Iat > now || claims.Exp <= now:
		return refuse(w, 401, "'Expiration time' claim ('exp') is too far in the future")
	}
	return true
}

func (h *hub) installationToken(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("id") != "77" {
		refuse(w, 404, "Not Found")
		return
	}
	if h.app(w, r) {
		h.mu.Lock()
		h.tokens++
		h.mu.Unlock()
		w.WriteHeader(201)
		fmt.Fprintf(w, `{"token":"ghs_ofinstallation77","expires_at":%q,"permissions":{"actions":"write","deployments":"write"},"repository_selection":"selected","repositories":[{"id":1,"name":%q}]}`,
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339), strings.Repeat("x", 5000))
	}
}

// may checks the token of a request, and takes its body.
func (h *hub) may(w http.ResponseWriter, r *http.Request, body any) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	data, err := io.ReadAll(r.Body)
	switch {
	case h.down > 0:
		h.down--
		return refuse(w, 502, "Server Error")
	case r.Header.Get("Authorization") != "Bearer ghs_ofinstallation77" && r.Header.Get("Authorization") != "Bearer ghp_personal":
		return refuse(w, 401, "Bad credentials")
	case r.Header.Get("Accept") != "application/vnd.github+json" || r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" || r.Header.Get("User-Agent") == "":
		return refuse(w, 415, "Unsupported")
	case err != nil || json.Unmarshal(data, body) != nil:
		return refuse(w, 400, "Problems parsing JSON")
	}
	return true
}

func (h *hub) protectionRule(w http.ResponseWriter, r *http.Request) {
	var body map[string]string
	if !h.may(w, r, &body) {
		return
	}
	if s, ok := body["state"]; body["environment_name"] == "" || ok && s != "approved" && s != "rejected" || !ok && body["comment"] == "" {
		refuse(w, 422, "Validation Failed")
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reviews = append(h.reviews, body)
	w.WriteHeader(204)
}

func (h *hub) workflowDispatch(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if !h.may(w, r, &body) {
		return
	}
	if body["ref"] == nil || r.PathValue("file") != "rollback.yml" {
		refuse(w, 422, "No ref found")
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dispatches = append(h.dispatches, body)
	w.WriteHeader(204)
}

// said are the answers to protection rules so far.
func (h *hub) said() (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.reviews {
		out = append(out, r["environment_name"]+" "+r["state"])
	}
	return out
}

// request is the webhook of a protection rule, with the deployment of the
// recorded payloads' form.
func (h *hub) request(n int) string {
	return fmt.Sprintf(`{"action":"requested","environment":"production","event":"push","deployment_callback_url":"%s/repos/harbour/checkout/actions/runs/%d/deployment_protection_rule",
"deployment":{"url":"%[1]s/repos/harbour/checkout/deployments/%[2]d","id":%[2]d,"node_id":"x","task":"deploy","original_environment":"production","environment":"production","description":null,
"created_at":"2026-11-20T10:58:00Z","updated_at":"2026-11-20T10:58:00Z","statuses_url":"x","repository_url":"x","creator":{"login":"jonas","id":1},"sha":"%s","ref":"main","payload":{},"transient_environment":false,"production_environment":true,"performed_via_github_app":null},
"pull_requests":[],"repository":{"full_name":"harbour/checkout","html_url":"https://github.com/harbour/checkout"},"organization":{"login":"harbour"},"sender":{"login":"jonas"},"installation":{"id":77,"node_id":"y"}}`, h.URL, n, connecttest.Commit(n))
}

// gated is Evenkeel behind GitHub's protection rule.
func gated(t *testing.T, f func(h *hooks, g *hub, cred change.Credentials)) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, g := newHooks(t, d), newHub(t, &key.PublicKey)
		caller := github.NewCaller(egress.Guard{Loopback: true}.Client())
		h.Callers = map[change.CallKind]change.Caller{change.CallGitHubProtection: caller, change.CallGitHubDispatch: caller}
		cred := change.Credentials{System: "github", URL: g.URL, AppID: "4711", PrivateKey: text}
		_, err := h.SetCredentials(connecttest.Admin(), connecttest.Integration, cred)
		h.Must(err)
		f(h, g, cred)
	})
}

func TestProtectionRule(t *testing.T) {
	gated(t, func(h *hooks, g *hub, _ change.Credentials) {
		expect := func(want ...string) {
			h.Helper()
			if got := g.said(); strings.Join(got, "|") != strings.Join(want, "|") {
				h.Fatalf("GitHub was told %q, want %q", got, want)
			}
		}
		wait := func(n int) change.Change {
			h.Helper()
			status, a := h.send("deployment_protection_rule", fmt.Sprint(n), g.request(n))
			if status != 200 || len(a.Changes) != 1 {
				h.Fatalf("%d %+v", status, a)
			}
			h.Tell()
			return h.Change(int64(n))
		}
		// Policy allows: approved at once.
		if c := wait(1); c.State != change.Approved || c.Author != "jonas" {
			h.Fatalf("%+v", c)
		}
		expect("production approved")
		if comment := g.reviews[0]["comment"]; !strings.HasPrefix(comment, "[CHG-1](https://evenkeel.example.org/changes/CHG-1): ") {
			h.Errorf("comment %q", comment)
		}
		if call := h.Call(1); call.State != change.CallSent || call.Said != change.SayApproved {
			h.Errorf("%+v", call)
		}
		// A peer is needed: GitHub shows that it waits, then that mara approved.
		h.Rule = connecttest.Review
		wait(2)
		expect("production approved", "production ")
		h.Tell() // nothing new is not said again
		_, err := h.Approve(connecttest.As(1), 2, "", "looks right")
		h.Must(err)
		h.Tell()
		expect("production approved", "production ", "production approved")
		// Policy is against it.
		h.Rule = connecttest.Deny
		wait(3)
		expect("production approved", "production ", "production approved", "production rejected")
		// One token of the installation serves them all.
		if g.tokens != 1 {
			h.Errorf("%d tokens were made, want 1", g.tokens)
		}
		// The same delivery again, and the same request under another number, ask nothing new.
		h.send("deployment_protection_rule", "3", g.request(3))
		h.send("deployment_protection_rule", "3 again", g.request(3))
		h.Tell()
		expect("production approved", "production ", "production approved", "production rejected")
	})
}

func TestProtectionRuleWithTrouble(t *testing.T) {
	gated(t, func(h *hooks, g *hub, cred change.Credentials) {
		// GitHub is down: it is told later.
		g.down = 1
		h.send("deployment_protection_rule", "1", g.request(1))
		h.Tell()
		if call := h.Call(1); call.State != change.CallWaiting || call.Attempts != 1 || !strings.Contains(call.Error, "502") || call.Next.IsZero() || len(g.said()) != 0 {
			h.Fatalf("%+v", call)
		}
		// A callback that leads elsewhere gets no token.
		elsewhere := strings.Replace(g.request(2), `"deployment_callback_url":"`+g.URL, `"deployment_callback_url":"https://evil.example`, 1)
		h.send("deployment_protection_rule", "2", elsewhere)
		h.Tell()
		if call := h.Call(2); call.State != change.CallFailed || !strings.Contains(call.Error, "leads elsewhere") {
			h.Errorf("%+v", call)
		}
		// Credentials that are wrong, and none.
		for n, x := range map[int]struct {
			cred  change.Credentials
			words string
		}{
			3: {change.Credentials{System: "github", URL: g.URL, Token: "ghp_wrong"}, "401"},
			4: {change.Credentials{System: "github", URL: g.URL, AppID: "4712", PrivateKey: cred.PrivateKey}, "404"},
			5: {change.Credentials{System: "github", URL: g.URL, AppID: "4711", PrivateKey: "no key"}, "no PEM"},
			6: {change.Credentials{}, "no credentials"},
		} {
			if x.cred.System == "" {
				h.Must(h.DropCredentials(connecttest.Admin(), connecttest.Integration))
			} else {
				_, err := h.SetCredentials(connecttest.Admin(), connecttest.Integration, x.cred)
				h.Must(err)
			}
			_, a := h.send("deployment_protection_rule", fmt.Sprint(n), g.request(n))
			h.Tell()
			var id int64
			fmt.Sscanf(a.Changes[0], "CHG-%d", &id)
			if call := h.Call(id); call.State != change.CallFailed || !strings.Contains(call.Error, x.words) || strings.Contains(call.Error, "ghp_") {
				h.Errorf("%d: %+v", n, call)
			}
		}
		// A personal token does, too.
		_, err := h.SetCredentials(connecttest.Admin(), connecttest.Integration, change.Credentials{System: "github", URL: g.URL, Token: "ghp_personal"})
		h.Must(err)
		h.send("deployment_protection_rule", "9", g.request(9))
		h.Tell()
		if got := g.said(); len(got) != 1 || got[0] != "production approved" {
			h.Errorf("%q", got)
		}
	})
}

func TestWorkflowDispatchRollsBack(t *testing.T) {
	gated(t, func(h *hooks, g *hub, _ change.Credentials) {
		h.send("deployment_status", "1", `{"repository":{"full_name":"harbour/checkout"},"deployment":{"id":1,"sha":"`+connecttest.Commit(1)+`","environment":"production","ref":"main","created_at":"2026-11-20T10:00:00Z","payload":{"rollback_ref":"github:harbour/checkout/rollback.yml@main"}},
"deployment_status":{"state":"success","created_at":"2026-11-20T10:01:00Z"}}`)
		_, err := h.AskRollback(connecttest.As(1), 1, "checkout answers 500")
		h.Must(err)
		h.Tell()
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.dispatches) != 1 || g.dispatches[0]["ref"] != "main" || g.dispatches[0]["inputs"].(map[string]any)["change"] != "CHG-1" || g.dispatches[0]["inputs"].(map[string]any)["service"] != "checkout" {
			h.Errorf("%v", g.dispatches)
		}
		if call := h.Call(1); call.State != change.CallSent || call.Said != change.SayRollBack {
			h.Errorf("%+v", call)
		}
	})
}
