package changeapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/changeapi"
	"github.com/evenkeel/evenkeel/internal/connect/junit"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// people are the tokens of the test: name → person and role. "ci" is a machine.
var people = map[string]actor.Actor{
	"mara":  {Kind: actor.Token, ID: 1, Person: 1, Role: actor.Responder},
	"jonas": {Kind: actor.Token, ID: 2, Person: 2, Role: actor.Responder},
	"lena":  {Kind: actor.Token, ID: 3, Person: 3, Role: actor.Admin},
	"omar":  {Kind: actor.Token, ID: 4, Person: 4, Role: actor.Requester},
	"ci":    {Kind: actor.Token, ID: 5, Role: actor.Machine},
}

// verdict is what the policy of the test says; it can be exchanged.
type verdict struct {
	now atomic.Pointer[policy.Decision]
}

func (v *verdict) Decide(context.Context, any) policy.Decision    { return *v.now.Load() }
func (v *verdict) Active(db.Querier) (change.Judge, int64, error) { return v, 1, nil }
func (v *verdict) Shadow(db.Querier) (change.Judge, int64, error) { return nil, 0, nil }
func (v *verdict) says(o policy.Outcome, who ...string) {
	d := policy.Decision{Outcome: o, Reasons: []policy.Reason{{Rule: "test", Effect: policy.Adds, Text: "The test wants it"}}}
	for _, w := range who {
		d.Reviews = append(d.Reviews, policy.Review{Who: w, Count: 1, Rule: "test"})
	}
	v.now.Store(&d)
}

// staff answers who people are by their rows.
type staff struct{}

func (staff) Names(q db.Querier, ids []int64) (map[int64]string, error) {
	list, err := auth.People(q, ids)
	out := map[int64]string{}
	for id, p := range list {
		out[id] = p.Display
	}
	return out, err
}

func (staff) PersonOf(q db.Querier, handle string) (int64, bool, error) {
	p, err := auth.PersonByHandle(q, handle)
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return p.ID, err == nil, err
}

func (s staff) PersonByMail(q db.Querier, address string) (int64, bool, error) {
	return s.PersonOf(q, address)
}

func (staff) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamAlone(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// serve starts the API and returns a client for each of the people.
func serve(t *testing.T) (as func(name string) *client.Client, v *verdict) {
	t.Helper()
	d := dbtest.SQLite(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	folk, _, err := auth.New(d, auth.Config{})
	must(err)
	admin := actor.With(context.Background(), actor.Job("test"))
	for n, handle := range []string{"mara", "jonas", "lena", "omar"} {
		p, _, err := folk.CreatePerson(admin, auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: people[handle].Role, Profile: auth.Profile{Display: handle}})
		must(err)
		if p.ID != int64(n+1) {
			t.Fatalf("%s is number %d", handle, p.ID)
		}
	}
	_, err = folk.CreateTeam(admin, "payments", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "mara", Role: auth.Lead}}})
	must(err)
	services := catalog.New(d, staff{})
	_, err = services.Create(admin, "checkout", catalog.Edit{Team: "payments", Tier: 1})
	must(err)
	s := change.New(d, services)
	v = &verdict{}
	v.says(policy.Allow)
	s.People, s.Policies, s.BaseURL = staff{}, v, "https://evenkeel.harbour.example"
	s.Unregistered = func(tx *db.Tx, name, _ string) error {
		_, err := services.Propose(tx, name, "payments", "a pipeline")
		return err
	}
	mux := http.NewServeMux()
	h := api.New(mux, "test", "")
	changeapi.Register(h, s, changeapi.Readers{Tests: func(r io.Reader) (change.Tests, error) {
		rep, err := junit.Read(r)
		return change.Tests{Total: rep.Total, Passed: rep.Passed, Failed: rep.Failed, Skipped: rep.Skipped}, err
	}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, ok := people[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; ok {
			r = r.WithContext(actor.With(r.Context(), who))
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return func(name string) *client.Client { return &client.Client{Server: server.URL, Token: name} }, v
}

func status(err error) int {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

const (
	commit = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e"
	report = `<testsuite name="unit"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>`
)

// A pipeline asks, people decide, the pipeline goes on and tells.
func TestStory(t *testing.T) {
	as, v := serve(t)
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	v.says(policy.NeedsReview, policy.Peer)
	ask := client.GateAsk{Services: []string{"checkout"}, Commit: commit, Artefact: "5.14.0", Repository: "harbour/checkout", Author: "mara@harbour.example"}
	dry, err := as("ci").PreviewGate(ctx, ask)
	must(err)
	if dry.Verdict != "waiting" || dry.Change.Key != "" || dry.Decision == nil || dry.Decision.Mode != "dry run" {
		t.Errorf("preview: %+v", dry)
	}
	a, err := as("ci").AskGate(ctx, ask)
	must(err)
	if a.Verdict != "waiting" || a.Allowed || a.URL != "https://evenkeel.harbour.example/changes/"+a.Change.Key || len(a.Approvals) != 1 || a.Decision.Outcome != "needs_review" || a.Change.State != "awaiting approval" {
		t.Fatalf("%+v", a)
	}
	key := a.Change.Key
	if _, err := as("ci").ApproveChange(ctx, key, "", ""); status(err) != http.StatusForbidden {
		t.Errorf("a machine approves: %v", err)
	}
	if _, err := as("mara").ApproveChange(ctx, key, "", ""); status(err) != http.StatusForbidden || !strings.Contains(err.Error(), "four eyes") {
		t.Errorf("the author approves: %v", err)
	}
	mine, err := as("jonas").WaitingChanges(ctx)
	must(err)
	none, err := as("mara").WaitingChanges(ctx)
	must(err)
	if len(mine.Items) != 1 || len(mine.Items[0].ApproveAs) != 1 || len(none.Items) != 0 {
		t.Errorf("waiting for jonas %+v, for mara %+v", mine.Items, none.Items)
	}
	d, err := as("mara").Change(ctx, key)
	must(err)
	if d.Approvable || d.ApproveWhy == "" || len(d.Approvals) != 1 || d.AuthorPerson == nil || d.AuthorPerson.Name != "mara" {
		t.Errorf("%+v", d)
	}
	if _, err := as("jonas").ApproveChange(ctx, key, strings.Repeat("0", 40), ""); status(err) != http.StatusConflict {
		t.Errorf("another commit is approved: %v", err)
	}
	c, err := as("jonas").ApproveChange(ctx, key, commit, "Read it")
	must(err)
	if c.State != "approved" {
		t.Errorf("%+v", c)
	}
	a, err = as("ci").AskGate(ctx, ask)
	must(err)
	if a.Verdict != "allowed" || a.Change.Key != key || a.Approvals[0].Person.Name != "jonas" || a.Approvals[0].Via != "api" {
		t.Errorf("%+v", a)
	}
	done, err := as("ci").ReportChanges(ctx, "run-1", client.ChangeReport{GateAsk: ask, Phase: "started"}, client.ChangeReport{GateAsk: ask, Phase: "succeeded"})
	must(err)
	if done.Taken != 2 || len(done.Changes) != 1 || done.Changes[0] != key {
		t.Errorf("%+v", done)
	}
	again, err := as("ci").ReportChanges(ctx, "run-1", client.ChangeReport{GateAsk: ask, Phase: "started"})
	must(err)
	if !again.Repeat {
		t.Errorf("%+v", again)
	}
	c, err = as("jonas").ChangeVerb(ctx, key, "finish", map[string]string{"outcome": "succeeded"})
	must(err)
	c, err = as("jonas").ChangeVerb(ctx, key, "correct", map[string]string{"outcome": "failed", "reason": "Users saw errors"})
	must(err)
	if c.State != "failed" || c.Bypass || c.OutcomePerson == nil || c.OutcomePerson.Name != "jonas" {
		t.Errorf("%+v", c)
	}
	_, err = as("omar").ChangeVerb(ctx, key, "notes", map[string]string{"text": "I noticed"})
	must(err)
	entries, err := as("omar").ChangeEntries(ctx, key, "", 3)
	must(err)
	more, err := as("omar").ChangeEntries(ctx, key, entries.Next, 200)
	must(err)
	if len(entries.Items) != 3 || more.Items[0].Number != 4 || more.Items[len(more.Items)-1].Text != "I noticed" || more.Items[len(more.Items)-1].Person.Name != "omar" {
		t.Errorf("%+v %+v", entries, more)
	}
	decisions, err := as("omar").ChangeDecisions(ctx, key, "", 0)
	must(err)
	one, err := as("omar").Decision(ctx, decisions.Items[len(decisions.Items)-1].Key)
	must(err)
	var facts struct{ Change struct{ Artefact string } }
	if json.Unmarshal(one.Input, &facts) != nil || facts.Change.Artefact != "5.14.0" || one.Change != key {
		t.Errorf("%+v %s", one, one.Input)
	}
	list, err := as("omar").Changes(ctx, client.ChangeFilter{Service: "checkout", State: "failed,succeeded", Bad: true})
	must(err)
	if len(list.Items) != 1 || list.Items[0].Key != key {
		t.Errorf("%+v", list)
	}
	ran, err := as("omar").ServiceChanges(ctx, "checkout", "")
	must(err)
	if ran.Completed != 1 || ran.Failed != 1 || ran.Running == nil || ran.Running.Key != key {
		t.Errorf("%+v", ran)
	}
}

// What happened while nobody could be asked is recorded as it was.
func TestReportsOfTheUnasked(t *testing.T) {
	as, v := serve(t)
	ctx := context.Background()
	v.says(policy.Deny)
	r := client.ChangeReport{GateAsk: client.GateAsk{Services: []string{"checkout"}, Commit: commit}, Phase: "started", At: time.Now().Add(-time.Hour).UTC().Truncate(time.Second), Reason: "the gate did not answer"}
	end := r
	end.Phase = "succeeded"
	got, err := as("ci").ReportChanges(ctx, "", end, r)
	if err != nil || len(got.Changes) != 1 {
		t.Fatal(got, err)
	}
	c, err := as("omar").Change(ctx, got.Changes[0])
	if err != nil || !c.Bypass || c.StartedAt == nil || !c.StartedAt.Equal(r.At) {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := as("omar").ReportChanges(ctx, "", r); status(err) != http.StatusForbidden {
		t.Errorf("a requester reports: %v", err)
	}
	r.Commit = ""
	if _, err := as("ci").ReportChanges(ctx, "", r); status(err) != http.StatusUnprocessableEntity {
		t.Errorf("without commit: %v", err)
	}
}

// A service that nobody registered is proposed, by the gate and by reports.
func TestNewService(t *testing.T) {
	as, _ := serve(t)
	ctx := context.Background()
	ask := client.GateAsk{Services: []string{"loyalty"}, Commit: commit}
	if _, err := as("ci").PreviewGate(ctx, ask); status(err) != http.StatusUnprocessableEntity || !strings.Contains(err.Error(), "would be proposed") {
		t.Errorf("a dry run: %v", err)
	}
	a, err := as("ci").AskGate(ctx, ask)
	if err != nil || a.Verdict != "allowed" || a.Change.Team != "payments" {
		t.Errorf("%+v %v", a, err)
	}
	ask.Services = []string{"vouchers"}
	if _, err := as("ci").PreviewGate(ctx, ask); err == nil {
		t.Error("nobody registered it")
	}
	r, err := as("ci").ReportChanges(ctx, "", client.ChangeReport{GateAsk: ask, Phase: "started"})
	if err != nil || len(r.Changes) != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestUploads(t *testing.T) {
	as, _ := serve(t)
	ctx := context.Background()
	u := client.CommitUpload{Repository: "harbour/checkout", Commit: commit, Name: "unit"}
	got, err := as("ci").UploadTests(ctx, u, strings.NewReader(report))
	if err != nil || got.Total != 2 || got.Failed != 1 || got.Suite != "unit" || got.Receipt.Taken != 1 {
		t.Errorf("%+v %v", got, err)
	}
	a, err := as("ci").AskGate(ctx, client.GateAsk{Services: []string{"checkout"}, Commit: commit, Repository: "harbour/checkout"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := as("omar").Decision(ctx, a.Decision.Key)
	if err != nil || !strings.Contains(string(d.Input), `"tests":{"state":"value","value":{"total":2`) {
		t.Errorf("%s %v", d.Input, err)
	}
	if _, err := as("omar").UploadTests(ctx, u, strings.NewReader(report)); status(err) != http.StatusForbidden {
		t.Errorf("a requester uploads: %v", err)
	}
	if _, err := as("ci").UploadTests(ctx, u, strings.NewReader("<a/>")); status(err) != http.StatusUnprocessableEntity {
		t.Errorf("no report: %v", err)
	}
	if _, err := as("ci").UploadScan(ctx, u, strings.NewReader("{}")); status(err) != http.StatusServiceUnavailable {
		t.Errorf("no reader: %v", err)
	}
	u.Commit = "4f1c"
	if _, err := as("ci").UploadTests(ctx, u, strings.NewReader(report)); status(err) != http.StatusUnprocessableEntity {
		t.Errorf("a short commit: %v", err)
	}
}

func TestByHand(t *testing.T) {
	as, v := serve(t)
	ctx := context.Background()
	c, err := as("mara").OpenChange(ctx, client.NewChange{Title: "Swap the disk", Services: []string{"checkout"}, Kind: "infrastructure"})
	if err != nil {
		t.Fatal(err)
	}
	title := "Swap both disks"
	e, err := as("mara").EditChange(ctx, c.Key, c.Version, client.ChangeEdit{Title: &title})
	if err != nil || e.Title != title {
		t.Fatalf("%+v %v", e, err)
	}
	if _, err := as("jonas").EditChange(ctx, c.Key, c.Version, client.ChangeEdit{Title: &title}); status(err) != http.StatusConflict {
		t.Errorf("a stale edit: %v", err)
	}
	if _, err = as("mara").PlanChange(ctx, c.Key, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)); err != nil {
		t.Error(err)
	}
	v.says(policy.Deny)
	a, err := as("mara").AskAgain(ctx, c.Key)
	if err != nil || a.Verdict != "denied" {
		t.Errorf("%+v %v", a, err)
	}
	b, err := as("omar").GateAnswer(ctx, c.Key)
	if err != nil || b.Line != a.Line {
		t.Errorf("%+v %v", b, err)
	}
	if c, err = as("jonas").ChangeVerb(ctx, c.Key, "cancel", map[string]string{"reason": "Not now"}); err != nil || c.State != "canceled" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestSettingUp(t *testing.T) {
	as, _ := serve(t)
	ctx, lena := context.Background(), as("lena")
	var spec client.ChangeModelSpec
	spec.Title, spec.Services, spec.Conditions.MaxLines = "Renew a certificate", []string{"checkout"}, 10
	m, err := lena.CreateChangeModel(ctx, "certificate-renewal", spec)
	if err != nil || m.State != "approved" || m.Conditions.MaxLines != 10 {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := lena.UpdateChangeModel(ctx, m.Name, 9, spec); status(err) != http.StatusConflict {
		t.Error(err)
	}
	if m, err = lena.WithdrawChangeModel(ctx, m.Name, "It failed"); err != nil || m.State != "withdrawn" {
		t.Errorf("%+v %v", m, err)
	}
	if m, err = lena.ApproveChangeModel(ctx, m.Name); err != nil || m.State != "approved" {
		t.Errorf("%+v %v", m, err)
	}
	if l, err := as("omar").ChangeModels(ctx, "", 0); err != nil || len(l.Items) != 1 {
		t.Errorf("%+v %v", l, err)
	}
	if err := lena.DeleteChangeModel(ctx, m.Name); err != nil {
		t.Error(err)
	}
	s, err := lena.ChangeSettings(ctx)
	if err != nil || s.Version != 0 || !strings.Contains(string(s.Spec), `"approvalExpiry":"P7D"`) {
		t.Fatalf("%s %v", s.Spec, err)
	}
	if s, err = lena.PutChangeSettings(ctx, s.Version, json.RawMessage(`{"approvalExpiry":"P2D","environments":["production","live"]}`)); err != nil || s.Version != 1 || !strings.Contains(string(s.Spec), `"approvalExpiry":"P2D"`) {
		t.Fatalf("%s %v", s.Spec, err)
	}
	if _, err := as("mara").PutChangeSettings(ctx, 1, json.RawMessage(`{}`)); status(err) != http.StatusForbidden {
		t.Error(err)
	}
	d, err := as("mara").Delegate(ctx, client.NewDelegation{Delegate: "jonas", Until: time.Now().Add(time.Hour)})
	if err != nil || d.Person.Name != "mara" || d.Delegate.Name != "jonas" {
		t.Fatalf("%+v %v", d, err)
	}
	if err := as("mara").EndDelegation(ctx, d.Number); err != nil {
		t.Error(err)
	}
	if l, err := as("omar").Delegations(ctx, "", 0); err != nil || len(l.Items) != 1 || l.Items[0].Ended == nil {
		t.Errorf("%+v %v", l, err)
	}
	if _, err := lena.SetPipelineCredentials(ctx, "forge", client.PipelineCredentials{System: "github", Token: "SECRET"}); status(err) != http.StatusServiceUnavailable || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("a server without a key keeps secrets: %v", err)
	}
	if s, err := lena.PipelineCredentials(ctx, "forge"); err != nil || s.Integration != "forge" || len(s.Has) != 0 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestBadInput(t *testing.T) {
	as, _ := serve(t)
	ctx, c := context.Background(), as("mara")
	for name, do := range map[string]func() error{
		"no service": func() error { _, err := c.AskGate(ctx, client.GateAsk{Commit: commit}); return err },
		"no commit":  func() error { _, err := c.AskGate(ctx, client.GateAsk{Services: []string{"checkout"}}); return err },
		"a short commit": func() error {
			_, err := c.AskGate(ctx, client.GateAsk{Services: []string{"checkout"}, Commit: "4f1c"})
			return err
		},
		"an unknown kind": func() error {
			_, err := c.AskGate(ctx, client.GateAsk{Services: []string{"checkout"}, Commit: commit, Kind: "magic"})
			return err
		},
		"an unknown state": func() error { _, err := c.Changes(ctx, client.ChangeFilter{State: "broken"}); return err },
		"a wrong cursor":   func() error { _, err := c.Changes(ctx, client.ChangeFilter{Cursor: "!"}); return err },
		"an unknown person": func() error {
			_, err := c.Delegate(ctx, client.NewDelegation{Delegate: "nobody", Until: time.Now().Add(time.Hour)})
			var p *client.Problem
			if errors.As(err, &p) && (len(p.Fields) != 1 || p.Fields[0].Name != "delegate") {
				t.Errorf("the field is not named: %+v", p.Fields)
			}
			return err
		},
	} {
		if err := do(); status(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v, want 422", name, err)
		}
	}
	for _, key := range []string{"CHG-999", "CHG-0", "x"} {
		if _, err := c.Change(ctx, key); status(err) != http.StatusNotFound {
			t.Errorf("%s: %v, want 404", key, err)
		}
		if _, err := c.ChangeDecisions(ctx, key, "", 0); status(err) != http.StatusNotFound {
			t.Errorf("%s: %v, want 404", key, err)
		}
	}
	if _, err := as("").AskGate(ctx, client.GateAsk{Services: []string{"checkout"}, Commit: commit}); status(err) != http.StatusUnauthorized {
		t.Errorf("nobody asks: %v", err)
	}
	if _, err := as("omar").AskGate(ctx, client.GateAsk{Services: []string{"checkout"}, Commit: commit}); status(err) != http.StatusForbidden {
		t.Errorf("a requester asks: %v", err)
	}
}
