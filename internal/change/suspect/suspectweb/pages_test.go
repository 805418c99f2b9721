package suspectweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/change/suspect/suspectweb"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

type viewer struct{ dark atomic.Bool }

func (v *viewer) Profile(context.Context) (web.Profile, error) {
	theme := web.Light
	if v.dark.Load() {
		theme = web.Dark
	}
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: theme}, nil
}

func (v *viewer) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error {
	return nil
}

// world is one incident, INC-7, and a map on which checkout needs payments.
type world struct{ incident suspect.Incident }

func (w *world) Seen(_ db.Querier, _ actor.Actor, ids []int64) (map[int64]suspect.Incident, error) {
	out := map[int64]suspect.Incident{}
	for _, id := range ids {
		if id == w.incident.ID {
			out[id] = w.incident
		}
	}
	return out, nil
}

func (w *world) ServicesNear(_ db.Querier, services []string, _ int) ([]cmdb.Near, error) {
	return []cmdb.Near{{Service: "checkout", Side: cmdb.SideSame, Hard: true}, {Service: "payments", Side: cmdb.SideNeeds, Steps: 1, Hard: true}}, nil
}

type site struct {
	*testing.T
	pages  *suspectweb.Pages
	mux    *http.ServeMux
	who    actor.Actor
	viewer *viewer
}

// incidentPage stands for the incident's page: the panel in its column.
type incidentPage struct {
	web.Page
	Card web.Card
}

func newSite(t *testing.T) *site {
	d := dbtest.SQLite(t)
	w := &world{}
	s := &site{T: t, mux: http.NewServeMux(), viewer: &viewer{}, who: actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Responder, Name: "Mara"}}
	now, err := d.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.incident = suspect.Incident{ID: 7, Title: "Card payments fail at checkout", Open: true, Priority: 1, Services: []string{"checkout"}, Began: now.Add(-10 * time.Minute)}
	err = d.Write(t.Context(), actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Record(evidence.Entry{Action: "test", Record: ref.N(ref.Incident, 7)})
		for n, c := range []struct {
			title, service, kind, state string
			before                      time.Duration
			risk                        int
		}{
			{"checkout 2.14.0: retry card payments once", "checkout", "deploy", "verifying", 14 * time.Minute, 62},
			{"payments: connection pool of 40 instead of 10", "payments", "config", "succeeded", 50 * time.Minute, 35},
			{"checkout: copy of the address form", "checkout", "deploy", "succeeded", 30 * time.Hour, 12},
		} {
			id, at := int64(310+n), w.incident.Began.Add(-c.before)
			services, _ := json.Marshal([]string{c.service})
			if err := dbtest.Insert(tx, "change", map[string]any{"id": id, "title": c.title, "kind": c.kind, "type": "normal", "state": c.state, "service": c.service, "services": string(services), "environment": "production",
				"risk": c.risk, "started_at": db.Micros(at.Add(-2 * time.Minute)), "deployed_at": db.Micros(at)}); err != nil {
				return err
			}
			if err := dbtest.Insert(tx, "change_service", map[string]any{"service": c.service, "change_id": id, "from_at": db.Micros(at)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	shell := &web.Shell{Org: "Harbour & Co", Profiles: s.viewer}
	s.pages = &suspectweb.Pages{Shell: shell, Suspects: suspect.New(d, w, w),
		Names:    func(context.Context, []int64) (map[int64]string, error) { return map[int64]string{1: "Mara"}, nil },
		RollBack: func(c suspect.Candidate) string { return ref.N(ref.Change, c.Change).Path() + "/rollback" }}
	s.pages.Routes(func(pattern string, h web.HandlerFunc) { s.mux.Handle(pattern, shell.Handle(h)) })
	host := web.Parse(webtestFiles, "testdata/host.html", incidentPage{})
	s.mux.Handle("GET /incidents/INC-7", shell.Handle(func(w http.ResponseWriter, r *http.Request) error {
		p := &incidentPage{Page: shell.Page(r, "INC-7", "incidents")}
		body, count, err := s.pages.Panel(r.Context(), p.V, 7)
		if err != nil {
			return err
		}
		p.Card = web.Card{ID: "changed", Title: "What changed?", Count: count, Body: body}
		return shell.Render(w, r, host, p)
	}))
	s.mux.HandleFunc("GET /assets/", web.Assets)
	return s
}

func (s *site) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	s.mux.ServeHTTP(rec, r.WithContext(actor.With(r.Context(), s.who)))
	return rec
}

func TestPanel(t *testing.T) {
	s := newSite(t)
	page := s.ask("GET", "/incidents/INC-7", nil).Body.String()
	for _, want := range []string{"3 suspects", "CHG-310", "which proves nothing", "It was live 14 min before the incident began", "On the service that broke, checkout", "What broke needs payments", "/changes/CHG-310/rollback", "/incidents/INC-7/suspects/CHG-311/confirm"} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel does not say %q:\n%s", want, page)
		}
	}
	if strings.Count(page, "<details open") != 1 {
		t.Error("not only the first one is open")
	}
	for path, want := range map[string]int{"/incidents/INC-7/suspects/CHG-310/confirm": 303, "/incidents/INC-7/suspects/CHG-312/reject": 303, "/incidents/INC-7/suspects/CHG-999/confirm": 404,
		"/incidents/INC-8/suspects/CHG-310/confirm": 404, "/incidents/INC-7/suspects/CHG-310/blame": 404, "/incidents/x/suspects/CHG-310/confirm": 404, "/incidents/INC-7/suspects/7x/confirm": 404} {
		if rec := s.ask("POST", path, url.Values{"reason": {"the retry doubled the load"}}); rec.Code != want {
			t.Errorf("%s: %d, want %d", path, rec.Code, want)
		}
	}
	page = s.ask("GET", "/incidents/INC-7", nil).Body.String()
	for _, want := range []string{">Cause<", "Confirmed by Mara: the retry doubled the load", "Ruled out by Mara", "1 suspect", "CHG-310/reopen"} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel does not say %q", want)
		}
	}
	s.who.Role = actor.Requester
	if page = s.ask("GET", "/incidents/INC-7", nil).Body.String(); strings.Contains(page, "<form") && strings.Contains(page, "/reopen") {
		t.Error("who may not respond sees buttons")
	}
	if rec := s.ask("POST", "/incidents/INC-7/suspects/CHG-311/confirm", nil); rec.Code != 403 {
		t.Errorf("%d", rec.Code)
	}
}

func TestMeasuredPage(t *testing.T) {
	s := newSite(t)
	if page := s.ask("GET", "/changes/suspects", nil).Body.String(); !strings.Contains(page, "No data") || !strings.Contains(page, "they are not fitted") {
		t.Error(page)
	}
	s.ask("POST", "/incidents/INC-7/suspects/CHG-310/confirm", nil)
	page := s.ask("GET", "/changes/suspects", nil).Body.String()
	for _, want := range []string{"Mean reciprocal rank", "1 incident with a known cause", "says little yet", "Card payments fail", ">1.00<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestPagesInBrowser(t *testing.T) {
	s := newSite(t)
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), s.who)))
	})))
	t.Cleanup(srv.Close)
	tab := webtest.Open(t, webtest.Browser(t))
	for n, verb := range []string{"", "confirm"} {
		if verb != "" {
			s.ask("POST", "/incidents/INC-7/suspects/CHG-310/"+verb, nil)
			s.ask("POST", "/incidents/INC-7/suspects/CHG-312/reject", nil)
		}
		for _, size := range []webtest.Size{webtest.Desktop, webtest.Phone} {
			tab.Window(t, size)
			for name, path := range map[string]string{"panel": "/incidents/INC-7", "measured": "/changes/suspects"} {
				tab.Go(t, srv.URL+path)
				tab.Check(t, fmt.Sprintf("suspects-%s-%d", name, n), size)
			}
		}
	}
	s.viewer.dark.Store(true)
	tab.Window(t, webtest.Desktop)
	tab.Go(t, srv.URL+"/incidents/INC-7")
	tab.Check(t, "suspects-panel-dark", webtest.Desktop)
}
