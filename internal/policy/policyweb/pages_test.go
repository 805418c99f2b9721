package policyweb_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/policy/policyweb"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// bench is the policy of Harbour & Co on a server. Its past is one change of
// each kind, decided by the policy that comes with the program.
type bench struct {
	*testing.T
	policies *policy.Service
	url      string
	theme    web.Theme
	role     actor.Role
	past     []policy.Past
	hold     chan struct{} // a backtest waits for it; nil: it does not
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: b.theme}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func (b *bench) LastDecision(ctx context.Context, id int64) (change.Decided, error) {
	if id != 7 {
		return change.Decided{}, errs.E(errs.NotFound, "no gate was asked about it, so that there is no decision")
	}
	in := fact.Input{Now: time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)}
	return change.Decided{Change: 7, Input: in, Result: policy.Shipped().Decide(ctx, in)}, nil
}

func (b *bench) BacktestWatched(ctx context.Context, c *policy.Compiled, n int, seen func(int)) (policy.Report, error) {
	if b.hold != nil {
		seen(len(b.past) / 2)
		<-b.hold
	}
	return policy.Backtest(ctx, c, func(yield func(policy.Past, error) bool) {
		for i, p := range b.past[:min(n, len(b.past))] {
			seen(i + 1)
			if !yield(p, nil) {
				return
			}
		}
	})
}

func (b *bench) Shadowed(_ context.Context, id int64, _ int) (change.Shadowed, error) {
	d := func(n int64, o policy.Outcome, text string) change.Decided {
		return change.Decided{Change: n, At: time.Now().Add(-time.Hour), Result: policy.Decision{Outcome: o, Reviews: []policy.Review{{Who: policy.Owner, Count: 1}}, Reasons: []policy.Reason{{Text: text, Effect: policy.Denies}}}}
	}
	return change.Shadowed{Answers: 41, Titles: map[int64]string{7: "checkout: gift cards", 9: "payments: retry card payments once"},
		Pairs: []change.Pair{{Decided: d(7, policy.Allow, "Risk 12 is low"), Shadow: d(7, policy.Deny, "Nothing ships on Friday"), Difference: 2}, {Decided: d(9, policy.NeedsReview, "Error budget is low"), Shadow: d(9, policy.Allow, "Risk 31 is low"), Difference: -1}}}, nil
}

func setup(t *testing.T, changes int) *bench {
	t.Helper()
	b := &bench{T: t, policies: policy.New(dbtest.SQLite(t)), theme: web.Light, role: actor.Admin}
	for i := range changes {
		text := weekday.ReplaceAllString(string(policy.Example()), fmt.Sprintf(`"weekday": %d`, i%7))
		p := policy.Past{Change: fmt.Sprint("CHG-", i+1), Title: fmt.Sprintf("checkout 2.%d: gift cards", i), At: time.Now().Add(-time.Duration(i) * time.Hour), Input: []byte(text), Failed: i%9 == 3}
		p.Old = policy.Shipped().Decide(t.Context(), []byte(text))
		if i%4 == 1 {
			p.Old, p.Waited = policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: policy.Board, Count: 1, Rule: "board"}}}, time.Duration(i)*time.Minute
		}
		b.past = append(b.past, p)
	}
	mux := http.NewServeMux()
	shell := &web.Shell{Org: "Harbour & Co", Profiles: b, Nav: []web.NavItem{{ID: "changes", Title: "Changes", Path: "/changes", Icon: "git-pull-request", Group: 1, Tab: true}}}
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(b.ctx()))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	mux.HandleFunc("GET /assets/", web.Assets)
	p := &policyweb.Pages{Shell: shell, Policies: b.policies, Past: b, Tabs: []web.Tab{{Title: "List", Path: "/changes"}, {Title: "Policy", Path: "/changes/policy"}, {Title: "Risk score", Path: "/changes/risk"}},
		Names: func(context.Context, []int64) (map[int64]string, error) {
			return map[int64]string{1: "Mara Lindt"}, nil
		}}
	p.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

func (b *bench) ctx() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: b.role, Name: "Mara Lindt"})
}

var weekday = regexp.MustCompile(`"weekday": *\d`)

var still = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *bench) ask(path string, form url.Values) (code int, text, to string) {
	b.Helper()
	res, err := still.Get(b.url + path)
	if form != nil {
		res, err = still.PostForm(b.url+path, form)
	}
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header.Get("Location")
}

func (b *bench) shows(path string, words ...string) {
	b.Helper()
	code, text, _ := b.ask(path, nil)
	for _, w := range words {
		if code != 200 || !strings.Contains(text, w) {
			b.Errorf("%s (%d) does not say %q", path, code, w)
		}
	}
}

const friday = "# Nothing ships on this day.\r\npackage evenkeel.change\r\n\r\ndeny contains {\"rule\": \"friday\", \"text\": \"Nothing ships today\"} if input.clock.value.weekday == 5\r\n"

func TestLifeOfPolicy(t *testing.T) {
	b := setup(t, 40)
	b.shows("/changes/policy", "freeze", "can stop a change", "risk 40", "comes with Evenkeel", "No policy can undo")
	b.shows("/changes/policy/POLICY-0", "freeze.rego", "policy_test.rego", "Replay the past")
	b.shows("/changes/policy/shadow", "No policy answers beside it")
	b.shows("/changes/policy/new?from=POLICY-0", "freeze.rego", "Run its tests", "Keep as a draft")

	// What does not compile is shown with its line, and nothing is kept.
	write := func(pairs ...string) url.Values {
		v := url.Values{"from": {"POLICY-0"}}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	code, text, _ := b.ask("/changes/policy/new", write("do", "keep", "name", "friday", "text", "package evenkeel.change\r\n\r\ndeny contains http.send({})\r\n"))
	if code != 422 || !strings.Contains(text, "friday.rego:3") || !strings.Contains(text, "<code>deny contains http.send({})</code>") || !strings.Contains(text, "nothing was kept") {
		t.Errorf("%d %s", code, text[strings.Index(text, "<main"):min(len(text), strings.Index(text, "<main")+1500)])
	}
	code, text, _ = b.ask("/changes/policy/new", write("do", "test", "name", "friday", "text", friday))
	if code != 200 || !strings.Contains(text, "tests passed") && !strings.Contains(text, "tests</b>") && !strings.Contains(text, " passed") || !strings.Contains(text, "What differs from POLICY-0") {
		t.Errorf("tests: %d", code)
	}
	if code, text, _ = b.ask("/changes/policy/new", write("do", "ask", "change", "CHG-7", "name", "friday", "text", friday)); code != 200 || !strings.Contains(text, "CHG-7") || !strings.Contains(text, "needs review") {
		t.Errorf("dry run: %d", code)
	}
	if code, text, _ = b.ask("/changes/policy/new", write("do", "ask", "change", "CHG-8")); code != 422 || !strings.Contains(text, "o gate was asked") {
		t.Errorf("dry run of none: %d", code)
	}
	code, _, to := b.ask("/changes/policy/new", write("do", "keep", "note", "No Fridays", "file:no.rego", friday))
	if code != 303 || !strings.HasPrefix(to, "/changes/policy/POLICY-1") {
		t.Fatalf("%d %s", code, to)
	}
	if v, err := b.policies.Get(b.ctx(), 1); err != nil || strings.Contains(v.Modules["no.rego"], "\r") || len(v.Modules) != len(policy.Default())+1 {
		t.Errorf("%v %d", err, len(v.Modules))
	}
	b.shows("/changes/policy/POLICY-1", "draft", "What differs from POLICY-0", "no.rego", "No Fridays", "Let it decide…")
	b.shows("/changes/policy/POLICY-1?change=CHG-7", "on the facts of its last decision")
	b.shows("/changes/policy/POLICY-1?change=7x", "ek-fault")

	// The past.
	b.hold = make(chan struct{})
	code, _, to = b.ask("/changes/policy/POLICY-1/backtest", url.Values{"last": {"1000"}})
	if code != 303 {
		t.Fatalf("%d", code)
	}
	res, err := http.Get(b.url + to)
	if err != nil || res.Header.Get("Refresh") == "" {
		t.Errorf("it does not look again: %v", err)
	}
	res.Body.Close()
	close(b.hold)
	for deadline := time.Now().Add(20 * time.Second); ; {
		if _, text, _ = b.ask(to, nil); !strings.Contains(text, "Replaying") || time.Now().After(deadline) {
			break
		}
	}
	for _, w := range []string{"Decided differently", "Waiting saved", "Failures caught", "of 40 decisions", "CHG-"} {
		if !strings.Contains(text, w) {
			t.Errorf("the replay does not say %q", w)
		}
	}
	for path, want := range map[string]int{"/changes/policy/backtests/9": 404, "/changes/policy/backtests/x": 404, "/changes/policy/POLICY-9": 404, "/changes/policy/x": 404} {
		if code, _, _ := b.ask(path, nil); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}

	// Shadow, then it decides, then back.
	for _, x := range []struct {
		path string
		code int
	}{{"POLICY-1/shadow", 303}, {"POLICY-1/activate", 303}, {"POLICY-1/retire", 422}, {"POLICY-0/activate", 303}, {"POLICY-1/eat", 404}, {"POLICY-1/backtest", 422}} {
		if code, text, _ := b.ask("/changes/policy/"+x.path, url.Values{"reason": {"we saw what it does"}}); code != x.code {
			t.Errorf("%s: %d, not %d: %.200s", x.path, code, x.code, text)
		}
		if x.path == "POLICY-1/shadow" {
			b.shows("/changes/policy", "answers beside it", "41 questions")
			b.shows("/changes/policy/shadow", "checkout: gift cards", "Nothing ships on Friday", "1 it would have been stricter")
		}
	}
	if code, text, _ := b.ask("/changes/policy/POLICY-1/activate", url.Values{}); code != 422 || !strings.Contains(text, "ay why") {
		t.Errorf("without a reason: %d", code)
	}
	b.role = actor.Requester
	if code, _, _ := b.ask("/changes/policy/POLICY-1/activate", url.Values{"reason": {"x"}}); code != 403 {
		t.Errorf("%d", code)
	}
	if code, _, _ := b.ask("/changes/policy/POLICY-1/backtest", url.Values{"last": {"10"}}); code != 403 {
		t.Errorf("%d", code)
	}
	if code, _, _ := b.ask("/changes/policy/new", nil); code != 403 {
		t.Errorf("%d", code)
	}
}

func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	b, none := setup(t, 60), setup(t, 0)
	m := map[string]string{}
	for k, v := range policy.Default() {
		m[k] = v
	}
	m["no-friday.rego"] = strings.ReplaceAll(friday, "\r", "")
	m["freeze.rego"] = strings.Replace(m["freeze.rego"], "only %s may pass", "only %s pass", 1)
	if _, err := b.policies.Put(b.ctx(), m, "Nothing ships on Fridays"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.policies.Try(b.ctx(), 1, "to see how often it would hold us up"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []*bench{b, none} {
		key := "POLICY-0"
		if x == b {
			key = "POLICY-1"
		}
		if code, _, _ := x.ask("/changes/policy/"+key+"/backtest", url.Values{"last": {"1000"}}); code != 303 {
			t.Fatal(code)
		}
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
			if _, text, _ := x.ask("/changes/policy/backtests/1", nil); !strings.Contains(text, "Replaying") {
				break
			}
		}
	}
	for _, x := range []struct {
		name, path string
		b          *bench
		dark       bool
	}{{"policy", "/changes/policy", b, true}, {"policy-version", "/changes/policy/POLICY-1?change=CHG-7", b, true}, {"policy-edit", "/changes/policy/new?from=POLICY-1", b, false},
		{"policy-backtest", "/changes/policy/backtests/1", b, true}, {"policy-backtest-none", "/changes/policy/backtests/1", none, false}, {"policy-shadow", "/changes/policy/shadow", b, false}, {"policy-shadow-none", "/changes/policy/shadow", none, false}} {
		for _, size := range webtest.Sizes {
			webtest.Look(t, browser, x.b.url+x.path, x.name, size)
			if x.dark {
				x.b.theme = web.Dark
				webtest.Look(t, browser, x.b.url+x.path, x.name+"-dark", size)
				x.b.theme = web.Light
			}
		}
	}
}
