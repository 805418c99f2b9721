package incidentapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/incident/incidentapi"
)

// people are the tokens of the test: name → person and role.
var people = map[string]actor.Actor{
	"mara":  {Kind: actor.Token, ID: 1, Person: 1, Role: actor.Responder},
	"jonas": {Kind: actor.Token, ID: 2, Person: 2, Role: actor.Responder},
	"lena":  {Kind: actor.Token, ID: 3, Person: 3, Role: actor.Admin},
	"omar":  {Kind: actor.Token, ID: 4, Person: 4, Role: actor.Requester},
}

// world is what the practice asks of others.
type world struct{}

func (world) ServiceOf(_ db.Querier, name string) (string, int, bool, error) {
	return "payments", 0, name == "checkout", nil
}
func (world) Names(_ db.Querier, ids []int64) (map[int64]string, error) {
	return map[int64]string{1: "Mara", 2: "Jonas"}, nil
}
func (world) TeamOf(_ db.Querier, name string) (string, bool, error) {
	return "", name == "payments", nil
}
func (world) PersonExists(_ db.Querier, id int64) (bool, error) { return id < 5, nil }
func (world) PersonOf(_ db.Querier, handle string) (int64, bool, error) {
	p, ok := people[handle]
	return p.Person, ok, nil
}

// serve starts the API and returns a client for each of the people.
func serve(t *testing.T) func(name string) *client.Client {
	t.Helper()
	mux := http.NewServeMux()
	incidentapi.Register(api.New(mux, "test", ""), incident.New(dbtest.SQLite(t), world{}, world{}, nil, nil))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, ok := people[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; ok {
			r = r.WithContext(actor.With(r.Context(), who))
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return func(name string) *client.Client { return &client.Client{Server: server.URL, Token: name} }
}

func status(err error) int {
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

func TestStory(t *testing.T) {
	as, ctx := serve(t), context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	i, err := as("omar").Declare(ctx, client.Declaration{Title: "Checkout is down", Service: "checkout", Impact: "high", Urgency: "high"})
	must(err)
	if i.Key == "" || i.Priority != "P1" || i.Clocks.Response == nil || i.Clocks.Response.Target != "15m" {
		t.Fatalf("%+v", i)
	}
	_, err = as("omar").Acknowledge(ctx, i.Key)
	if status(err) != http.StatusForbidden {
		t.Errorf("a requester acknowledges: %v", err)
	}
	_, err = as("").Acknowledge(ctx, i.Key)
	if status(err) != http.StatusUnauthorized {
		t.Errorf("nobody acknowledges: %v", err)
	}
	_, err = as("mara").Acknowledge(ctx, i.Key)
	must(err)
	_, err = as("mara").IncidentVerb(ctx, i.Key, "assign", map[string]string{"role": "commander", "person": "jonas"})
	must(err)
	e, err := as("mara").AddNote(ctx, i.Key, "Queue is stuck", "key fact")
	must(err)
	_, err = as("mara").CorrectNote(ctx, i.Key, e.Seq, "Queue was stuck")
	must(err)
	_, err = as("mara").PublishUpdate(ctx, i.Key, "We are on it", true, "20m")
	must(err)
	_, err = as("mara").IncidentVerb(ctx, i.Key, "wait", map[string]string{"for": "supplier"})
	must(err)
	_, err = as("mara").IncidentVerb(ctx, i.Key, "continue", nil)
	must(err)
	_, err = as("mara").LinkIncident(ctx, i.Key, client.IncidentLink{Kind: "url", Target: "https://status.example.org"})
	must(err)
	title := "Checkout was down"
	_, err = as("mara").EditIncident(ctx, i.Key, i.Revision, client.IncidentEdit{Title: &title})
	must(err)
	_, err = as("mara").EditIncident(ctx, i.Key, i.Revision, client.IncidentEdit{Title: &title})
	if status(err) != http.StatusConflict {
		t.Errorf("a stale edit: %v", err)
	}
	now, err := as("jonas").Now(ctx)
	must(err)
	if len(now.Incidents) != 1 || !now.Incidents[0].Mine || now.Incidents[0].Latest.Text != "We are on it" || now.Counts != [4]int{1} {
		t.Errorf("now: %+v", now)
	}
	_, err = as("mara").Mitigate(ctx, i.Key, "rollback", "")
	must(err)
	_, err = as("mara").Resolve(ctx, i.Key, "", "")
	must(err)
	_, err = as("mara").Acknowledge(ctx, i.Key)
	must(err) // late, and harmless
	d, err := as("lena").Incident(ctx, i.Key)
	must(err)
	if d.State != "resolved" || d.How != "rollback" || d.Commander == nil || d.Commander.Name != "Jonas" || d.Title != title || len(d.Links) != 1 || d.Measures.Mitigate == nil {
		t.Errorf("%+v", d)
	}
	page, err := as("lena").Timeline(ctx, i.Key, true, "", 0)
	must(err)
	if len(page.Items) != d.Entries-1 { // the correction stands with what it corrects
		t.Errorf("%d entries, the incident has %d", len(page.Items), d.Entries)
	}
	list, err := as("lena").Incidents(ctx, client.IncidentFilter{Open: "false", State: "resolved,closed", Priority: "P1,P2", Commander: "jonas", Text: "check"})
	must(err)
	if len(list.Items) != 1 {
		t.Errorf("%d in the list", len(list.Items))
	}
	sum, err := as("lena").MeasureIncidents(ctx, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "payments", "")
	must(err)
	if sum.Incidents != 1 || sum.Mitigate.N != 1 {
		t.Errorf("%+v", sum)
	}
	matrices, err := as("omar").PriorityMatrices(ctx)
	must(err)
	if len(matrices.Items) != 1 || matrices.Items[0].Severity["critical"][0] != "P1" {
		t.Errorf("%+v", matrices)
	}
}

func TestBadInput(t *testing.T) {
	as, ctx := serve(t), context.Background()
	c := as("mara")
	i, err := c.Declare(ctx, client.Declaration{Title: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"unknown impact":   func() error { _, err := c.Declare(ctx, client.Declaration{Title: "x", Impact: "huge"}); return err },
		"no title":         func() error { _, err := c.Declare(ctx, client.Declaration{}); return err },
		"unknown service":  func() error { _, err := c.Declare(ctx, client.Declaration{Title: "x", Service: "nope"}); return err },
		"unknown how":      func() error { _, err := c.Mitigate(ctx, i.Key, "prayer", ""); return err },
		"resolve silently": func() error { _, err := c.Resolve(ctx, i.Key, "", ""); return err },
		"unknown state":    func() error { _, err := c.Incidents(ctx, client.IncidentFilter{State: "broken"}); return err },
		"wrong cursor":     func() error { _, err := c.Incidents(ctx, client.IncidentFilter{Cursor: "x"}); return err },
		"unknown person":   func() error { _, err := c.Incidents(ctx, client.IncidentFilter{Commander: "nobody"}); return err },
		"merge with nothing": func() error {
			_, err := c.IncidentVerb(ctx, i.Key, "merge", map[string]string{"into": "x"})
			return err
		},
		"merge into what is not there": func() error {
			_, err := c.IncidentVerb(ctx, i.Key, "merge", map[string]string{"into": "INC-99"})
			var p *client.Problem
			if errors.As(err, &p) && (len(p.Fields) != 1 || p.Fields[0].Name != "into") {
				t.Errorf("the field is not named: %+v", p.Fields)
			}
			return err
		},
		"next update in the past": func() error { _, err := c.PublishUpdate(ctx, i.Key, "x", true, "-5m"); return err },
		"no revision": func() error {
			return c.Do(ctx, http.MethodPatch, "/api/v1/incidents/"+i.Key, map[string]string{"title": "y"}, nil)
		},
	} {
		if err := do(); status(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: %v, want 422", name, err)
		}
	}
	for _, key := range []string{"INC-999", "INC-0", "INC-99999999999999999999", "x"} {
		if _, err := c.Incident(ctx, key); status(err) != http.StatusNotFound {
			t.Errorf("%s: %v, want 404", key, err)
		}
	}
	secret, err := as("mara").Declare(ctx, client.Declaration{Title: "Leak", Restrict: &client.Viewers{People: []string{"jonas"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := as("jonas").Incident(ctx, secret.Key); err != nil {
		t.Errorf("somebody named: %v", err)
	}
	_, hidden := as("lena").Incident(ctx, secret.Key)
	_, absent := as("lena").Incident(ctx, "INC-999")
	if status(hidden) != 404 || strings.ReplaceAll(hidden.Error(), secret.Key, "INC-999") != absent.Error() {
		t.Errorf("a restricted incident and none answer differently: %v, %v", hidden, absent)
	}
}
