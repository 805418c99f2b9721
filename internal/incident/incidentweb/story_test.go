package incidentweb_test

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// get fetches a page without following redirects and returns status and body.
func (b *bench) get(path string) (int, string) {
	b.Helper()
	return b.send("GET", path, nil)
}

// post sends a form.
func (b *bench) post(path string, form url.Values) (int, string) {
	b.Helper()
	return b.send("POST", path, form)
}

func (b *bench) send(method, path string, form url.Values) (int, string) {
	b.Helper()
	req, err := http.NewRequest(method, b.url+path, strings.NewReader(form.Encode()))
	b.must(nil, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	b.must(nil, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(nil, err)
	if res.StatusCode == http.StatusSeeOther {
		return res.StatusCode, res.Header.Get("Location")
	}
	return res.StatusCode, string(body)
}

// TestOutageWithoutScript follows one outage with plain forms, from declaring
// to closing, as a browser without script would.
func TestOutageWithoutScript(t *testing.T) {
	b := setup(t)
	steps := []struct {
		at, path string
		form     url.Values
		want     incident.State
		says     string // on the incident's page afterwards
	}{
		{"18:04", "/incidents", url.Values{"title": {"Checkout is <down>"}, "service": {"checkout"}, "impact": {"high"}, "urgency": {"high"}}, incident.Triggered, "Checkout is &lt;down&gt;"},
		{"18:06", "/incidents/INC-1/acknowledge", nil, incident.Acknowledged, "in 2 min"},
		{"18:07", "/incidents/INC-1/acknowledge", nil, incident.Acknowledged, "in 2 min"},
		{"18:08", "/incidents/INC-1/command", nil, incident.Acknowledged, "took the role commander"},
		{"18:09", "/incidents/INC-1/assign", url.Values{"role": {"communications"}, "person": {"3"}, "note": {"40 calls are waiting"}}, incident.Acknowledged, "40 calls are waiting"},
		{"18:10", "/incidents/INC-1/note", url.Values{"text": {"Queue is stuck"}, "tag": {"key fact"}}, incident.Acknowledged, "Key fact"},
		{"18:11", "/incidents/INC-1/correct", url.Values{"entry": {"5"}, "text": {"Queue is stuck since 17:52"}}, incident.Acknowledged, "Queue is stuck since 17:52"},
		{"18:12", "/incidents/INC-1/update", url.Values{"text": {"We are looking into it"}, "audience": {"public"}, "next": {"20"}}, incident.Acknowledged, "Due 18:32"},
		{"18:13", "/incidents/INC-1/wait", url.Values{"reason": {"supplier"}, "note": {"ticket 8812"}}, incident.Acknowledged, "Waiting for the supplier."},
		{"18:17", "/incidents/INC-1/continue", nil, incident.Acknowledged, "18:13 to 18:17, waiting for supplier"},
		{"18:18", "/incidents/INC-1/edit", url.Values{"revision": {"1"}, "title": {"Checkout is down"}, "impact": {"high"}, "urgency": {"high"}, "war_room": {"https://meet.harbour.example/1"}}, incident.Acknowledged, "War room"},
		{"18:19", "/incidents/INC-1/link", url.Values{"target": {"https://grafana.harbour.example/d/1"}, "title": {"Queue depth"}}, incident.Acknowledged, "Queue depth"},
		{"18:20", "/incidents/INC-1/mitigate", url.Values{"how": {"rollback"}, "note": {"2.7.4 again"}}, incident.Mitigated, "Restored by rollback"},
		{"18:25", "/incidents/INC-1/reopen", url.Values{"reason": {"stuck again"}}, incident.Acknowledged, "stuck again"},
		{"18:30", "/incidents/INC-1/mitigate", url.Values{"how": {"fix"}}, incident.Mitigated, "Restored by fix"},
		{"18:40", "/incidents/INC-1/resolve", nil, incident.Resolved, "Closes itself"},
		{"18:50", "/incidents/INC-1/close", nil, incident.Closed, "Impact"},
	}
	for _, s := range steps {
		b.clock.at(s.at)
		if s.path == "/incidents/INC-1/edit" {
			i, err := b.Get(by(mara), 1)
			b.must(nil, err)
			s.form.Set("revision", revision(i))
		}
		if code, to := b.post(s.path, s.form); code != 303 || !strings.HasPrefix(to, "/incidents/INC-1") {
			t.Fatalf("%s %s: %d %s", s.at, s.path, code, to)
		}
		i, err := b.Get(by(mara), 1)
		b.must(nil, err)
		code, page := b.get("/incidents/INC-1")
		if i.State != s.want || code != 200 || !strings.Contains(page, s.says) {
			t.Errorf("%s %s: state %s, page %d without %q", s.at, s.path, i.State, code, s.says)
		}
	}
	for _, show := range []string{"people", "alerts", "updates", "messages", "nonsense"} {
		if code, _ := b.get("/incidents/INC-1?order=oldest&show=" + show); code != 200 {
			t.Errorf("show=%s: %d", show, code)
		}
	}
}

func revision(i incident.Incident) string { return strconv.FormatInt(i.Revision, 10) }

// TestFormsKeepWhatWasTyped: a refused form comes back with status 422, its
// values, and the fault at its field.
func TestFormsKeepWhatWasTyped(t *testing.T) {
	b := setup(t)
	b.friday()
	for _, x := range []struct {
		path string
		form url.Values
		kept string
		says string
	}{
		{"/incidents", url.Values{"title": {" "}, "summary": {"kept words"}}, "kept words", "Write something here"},
		{"/incidents", url.Values{"title": {"x"}, "service": {"nope"}}, `value="x"`, "Name a service of the catalog"},
		{"/incidents/INC-2/mitigate", url.Values{"how": {"magic"}, "note": {"kept words"}}, "kept words", "Say how the service came back"},
		{"/incidents/INC-2/update", url.Values{"audience": {"public"}, "next": {"soon"}, "text": {"kept words"}}, "kept words", "A number of minutes"},
		{"/incidents/INC-2/update", url.Values{"audience": {"aliens"}, "text": {"kept words"}}, "kept words", "Public or internal"},
		{"/incidents/INC-2/assign", url.Values{"role": {"king"}, "note": {"kept words"}}, "kept words", "Use commander, operations"},
		{"/incidents/INC-2/assign", url.Values{"role": {"scribe"}, "person": {"999"}, "note": {"kept words"}}, "kept words", "Name a person who exists"},
		{"/incidents/INC-2/cancel", url.Values{}, "", "Write something here"},
		{"/incidents/INC-2/merge", url.Values{"into": {"banana"}}, "", "The key of another incident"},
		{"/incidents/INC-2/merge", url.Values{"into": {"INC-2"}}, "", "Name another incident"},
		{"/incidents/INC-2/merge", url.Values{"into": {"INC-99"}}, "", "INC-99 is not known; name"},
		{"/incidents/INC-2/parent", url.Values{"parent": {"INC-99"}}, `value="INC-99"`, "INC-99 is not known; name"},
		{"/incidents/INC-2/edit", url.Values{"revision": {"1"}, "title": {"kept words"}, "impact": {"huge"}}, "kept words", "High, medium or low"},
		{"/incidents/INC-2/wait", url.Values{"reason": {"godot"}, "note": {"kept words"}}, "kept words", "Use reporter, supplier or change"},
		{"/incidents/INC-2/link", url.Values{"target": {"javascript:alert(1)"}, "title": {"kept words"}}, "kept words", "https://"},
	} {
		code, page := b.post(x.path, x.form)
		if code != 422 || !strings.Contains(page, x.kept) || !strings.Contains(page, x.says) {
			t.Errorf("%s %v: %d, kept %v, says %v", x.path, x.form, code, strings.Contains(page, x.kept), strings.Contains(page, x.says))
		}
	}
	if code, _ := b.post("/incidents/INC-1/mitigate", url.Values{"how": {"fix"}}); code != 303 {
		t.Errorf("mitigating a resolved one again: %d, want nothing to change", code)
	}
}

// TestWhoMayWhat: pages offer what the viewer may do and refuse the rest.
func TestWhoMayWhat(t *testing.T) {
	b := setup(t)
	b.friday()
	b.must(b.Declare(by(mara), incident.Declaration{Title: "Leaked token in a public repository", Restrict: &incident.Viewers{}}))
	for _, x := range []struct {
		who          actor.Actor
		page         int
		verb, secret int
		offers       bool
	}{
		{as(mara, actor.Responder), 200, 303, 200, true},
		{as(omar, actor.Responder), 200, 303, 404, true},
		{as(omar, actor.Admin), 200, 303, 404, true},
		{as(omar, actor.Requester), 200, 403, 404, false},
		{as(omar, actor.Auditor), 200, 403, 404, false},
		{actor.Actor{}, 303, 401, 303, false},
	} {
		b.me = x.who
		code, page := b.get("/incidents/INC-2")
		if code != x.page || strings.Contains(page, "/incidents/INC-2/mitigate") != x.offers {
			t.Errorf("%s: page %d, offers to mitigate: %v", x.who.Role, code, !x.offers)
		}
		if code, _ := b.post("/incidents/INC-2/update", url.Values{"text": {"x"}, "audience": {"internal"}}); code != x.verb {
			t.Errorf("%s: update answers %d, want %d", x.who.Role, code, x.verb)
		}
		if code, _ := b.get("/incidents/INC-7"); code != x.secret {
			t.Errorf("%s: the restricted one answers %d, want %d", x.who.Role, code, x.secret)
		}
		for _, p := range []string{"/", "/incidents", "/incidents?view=all"} {
			if _, page := b.get(p); strings.Contains(page, "Leaked token") != (x.secret == 200) {
				t.Errorf("%s: %s shows the restricted one", x.who.Role, p)
			}
		}
	}
}

// TestListFilters: tokens, views, faults and keys that are none.
func TestListFilters(t *testing.T) {
	b := setup(t)
	b.friday()
	for q, want := range map[string][2]string{ // query → a title that is there, one that is not
		"":                             {"Checkout is down", "Card refunds"},
		"?view=all":                    {"Card refunds", ""},
		"?view=mine":                   {"Checkout is down", "Label printer"},
		"?view=urgent":                 {"Search shows", "Label printer"},
		"?view=resolved":               {"Card refunds", "Checkout is down"},
		"?view=review":                 {"Nothing for the weekly review", "Checkout"},
		"?q=service:email":             {"Order confirmations", "Checkout is down"},
		"?q=priority:P4&q=is:open":     {"Label printer", "Checkout is down"},
		"?q=state:mitigated":           {"Search shows", "Checkout is down"},
		"?q=team:discovery&q=supplier": {"Product import", "Search shows"},
		"?q=INC-2":                     {"Checkout is down", "Search shows"},
		"?q=colour:red":                {"is not understood", ""},
		"?q=priority:P9":               {"is not understood", ""},
		"?q=zebra":                     {"No incident fits", "Checkout"},
		"?sort=newest&q=is:open":       {"Label printer", ""},
	} {
		code, page := b.get("/incidents" + q)
		main := page[strings.Index(page, "<main"):]
		if code != 200 || !strings.Contains(main, want[0]) || want[1] != "" && strings.Contains(main, want[1]) {
			t.Errorf("%q: %d, %q there: %v, %q there: %v", q, code, want[0], strings.Contains(main, want[0]), want[1], strings.Contains(main, want[1]))
		}
	}
	for path, want := range map[string]int{"/incidents/INC-999": 404, "/incidents/banana": 404, "/incidents?after=%00": 422, "/incidents/INC-2?after=x": 422, "/incidents/INC-2/dance": 404} {
		if code, _ := b.get(path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}
