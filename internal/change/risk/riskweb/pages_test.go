package riskweb_test

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/change/risk/riskweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// bench is the risk score of Harbour & Co on a server.
type bench struct {
	*testing.T
	db    *db.DB
	url   string
	theme web.Theme
	role  actor.Role
}

func (b *bench) Profile(context.Context) (web.Profile, error) {
	return web.Profile{Name: "Mara Lindt", Handle: "mara", Theme: b.theme}, nil
}
func (b *bench) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error { return nil }

func setup(t *testing.T, changes int) *bench {
	t.Helper()
	b := &bench{T: t, db: dbtest.SQLite(t), theme: web.Light, role: actor.Admin}
	b.furnish(changes)
	mux := http.NewServeMux()
	shell := &web.Shell{Org: "Harbour & Co", Profiles: b, Nav: []web.NavItem{{ID: "changes", Title: "Changes", Path: "/changes", Icon: "git-pull-request", Group: 1, Tab: true}}}
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: b.role, Name: "Mara Lindt"})))
	})))
	t.Cleanup(srv.Close)
	b.url = srv.URL
	mux.HandleFunc("GET /assets/", web.Assets)
	p := &riskweb.Pages{Shell: shell, Risk: risk.New(b.db), Tabs: []web.Tab{{Title: "List", Path: "/changes"}, {Title: "Policy", Path: "/changes/policy"}, {Title: "Risk score", Path: "/changes/risk"}},
		Names: func(context.Context, []int64) (map[int64]string, error) {
			return map[int64]string{1: "Mara Lindt"}, nil
		}}
	p.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	return b
}

// furnish writes changes that fail when they are large.
func (b *bench) furnish(n int) {
	b.Helper()
	rnd := rand.New(rand.NewPCG(4, 8))
	now := time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)
	err := b.db.Write(context.Background(), actor.Job("test"), "history", func(tx *db.Tx) error {
		tx.Unrecorded("a test's history")
		for i := 1; i <= n; i++ {
			in := fact.Input{Now: now.Add(time.Duration(i) * time.Hour), Size: fact.Known(fact.Size{Lines: int(rnd.ExpFloat64() * 400), Files: 1 + rnd.IntN(30)})}
			for _, p := range []*fact.State{&in.Services.State, &in.Blast.State, &in.Tests.State, &in.Collisions.State, &in.Incidents.State, &in.Budget.State, &in.Schema.State} {
				*p = fact.NotAdopted
			}
			state := "succeeded"
			if float64(in.Size.Value.Lines) > 500+300*rnd.NormFloat64() {
				state = "failed"
			}
			data, err := json.Marshal(in)
			if err != nil {
				return err
			}
			if err := dbtest.Row(tx, "change", map[string]any{"id": i, "state": state, "decision": i, "service": "checkout"}); err != nil {
				return err
			}
			if err := dbtest.Row(tx, "change_decision", map[string]any{"id": i, "change_id": i, "mode": "gate", "at": db.Micros(in.Now), "input": string(data), "outcome": "allow", "result": "{}"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

var still = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (b *bench) ask(path string, form url.Values) (int, string) {
	b.Helper()
	var res *http.Response
	var err error
	if form == nil {
		res, err = still.Get(b.url + path)
	} else {
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
	return res.StatusCode, string(body)
}

func (b *bench) shows(path string, words ...string) {
	b.Helper()
	code, text := b.ask(path, nil)
	for _, w := range words {
		if code != 200 || !strings.Contains(text, w) {
			b.Errorf("%s (%d) does not say %q", path, code, w)
		}
	}
}

func TestLifeOfWeights(t *testing.T) {
	none := setup(t, 0)
	none.shows("/changes/risk", "no data", "No change with a decision is completed yet", "200 more changes", "Error budget")
	if code, text := none.ask("/changes/risk/propose", url.Values{}); code != 422 || !strings.Contains(text, "No fit yet") {
		t.Errorf("%d", code)
	}
	b := setup(t, 400)
	b.shows("/changes/risk", "AUC", "Brier", "Fit to our history", "95 %", "failed")
	b.shows("/changes/risk/RISK-0", "Readable starting values")
	if code, _ := b.ask("/changes/risk/propose", url.Values{}); code != 303 {
		t.Fatalf("%d", code)
	}
	b.shows("/changes/risk", "RISK-1 is proposed")
	b.shows("/changes/risk/RISK-1", "Better than RISK-0", "What moved", "DeLong", "Put in force…")
	b.shows("/changes/risk/RISK-1?act=accept", "Put these weights in force?")
	if code, text := b.ask("/changes/risk/RISK-1/accept", url.Values{}); code != 422 || !strings.Contains(text, "ay why") {
		t.Errorf("without a reason: %d", code)
	}
	for _, x := range []struct {
		path string
		code int
	}{{"RISK-1/accept", 303}, {"RISK-0/use", 303}, {"RISK-1/use", 303}, {"RISK-1/decline", 422}, {"RISK-9/use", 404}, {"RISK-x/use", 404}, {"RISK-1/eat", 404}} {
		if code, _ := b.ask("/changes/risk/"+x.path, url.Values{"reason": {"it foretells better"}}); code != x.code {
			t.Errorf("%s: %d, not %d", x.path, code, x.code)
		}
	}
	b.shows("/changes/risk", "in force", "fitted to 400 changes")
	b.role = actor.Responder
	if _, text := b.ask("/changes/risk/RISK-0?act=use", nil); strings.Contains(text, "<form class=\"card ek-confirm") {
		t.Error("a form for whom may not")
	}
	if code, _ := b.ask("/changes/risk/RISK-0/use", url.Values{"reason": {"x"}}); code != 403 {
		t.Errorf("%d", code)
	}
}

func TestPagesInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	none, b := setup(t, 0), setup(t, 400)
	b.ask("/changes/risk/propose", url.Values{})
	for _, x := range []struct {
		name, path string
		b          *bench
		dark       bool
	}{{"risk", "/changes/risk", b, true}, {"risk-none", "/changes/risk", none, false}, {"risk-version", "/changes/risk/RISK-1", b, true}, {"risk-accept", "/changes/risk/RISK-1?act=accept", b, false}} {
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
