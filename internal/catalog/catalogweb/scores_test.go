package catalogweb_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/catalogweb"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/web"
)

// home is the pages with everything that others know.
func home(t *testing.T) (*browser, *catalog.Catalog, func()) {
	d := dbtest.SQLite(t)
	people, _, err := auth.New(d, auth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	admin := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Role: actor.Admin})
	if _, err := people.CreateTeam(admin, "payments", auth.TeamEdit{Title: "Payments"}); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(d, teams{})
	cards := scorecard.New(d, c)
	shell := &web.Shell{Org: "Harbour & Co"}
	now := time.Now()
	p := &catalogweb.Pages{Shell: shell, Catalog: c, Scorecards: cards,
		Health: func(context.Context, []string) (map[string]catalogweb.Health, error) {
			return map[string]catalogweb.Health{"checkout": {Open: 1, Firing: 2, Severity: "critical"}}, nil
		},
		Duty: func(_ context.Context, service, _ string) (catalogweb.Duty, error) {
			if service != "checkout" {
				return catalogweb.Duty{}, nil
			}
			return catalogweb.Duty{Known: true, Policy: "Shop first", PolicyPath: "/oncall/policies/shop", Now: []web.Person{{Handle: "priya", Name: "Priya"}}, Until: now.Add(time.Hour), Then: []web.Person{{Handle: "tom", Name: "Tom"}}}, nil
		},
		Owner: func(context.Context, string) (catalogweb.Owner, error) {
			return catalogweb.Owner{Title: "Team Payments", People: 7}, nil
		},
		Incidents: func(_ context.Context, service string, since time.Time) ([]catalogweb.Incident, bool, error) {
			if service != "checkout" {
				return nil, false, nil
			}
			return []catalogweb.Incident{{Key: "INC-7", Path: "/incidents/INC-7", Title: "Slow", Priority: "P1", From: since.Add(240 * time.Hour), Until: since.Add(241 * time.Hour)},
				{Key: "INC-9", Path: "/incidents/INC-9", Title: "Down", Priority: "P2", From: now.Add(-time.Minute)}}, false, nil
		},
	}
	mux := http.NewServeMux()
	p.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	measure := func() {
		for {
			done, err := cards.Due().Run(context.Background(), d)
			if err != nil {
				t.Fatal(err)
			}
			if done == 0 {
				return
			}
		}
	}
	return &browser{t, mux, actor.Manager, d}, c, measure
}

func TestHome(t *testing.T) {
	b, _, _ := home(t)
	b.post("/services/new", 303, "/services/checkout", "name", "checkout", "title", "Checkout", "team", "payments", "tier", "0", "promise", "Kept.",
		"description", "First.\r\n\r\nSecond.", "users", "Shoppers\r\nThe call centre", "value", "Revenue", "repositories", "git@git.harbour.example:shop/checkout.git",
		"need_on", "ledger", "need_on", "cache:a", "need_on", "cache:b", "need_strength", "hard", "need_strength", "soft", "need_strength", "soft", "need_group", "", "need_group", "cache", "need_group", "cache",
		"need_count", "", "need_count", "1", "need_count", "1", "raci_activity", "Releases", "raci_accountable", "team:payments", "raci_responsible", "team:payments, team:payments",
		"cost.amount", "1200", "cost.currency", "eur", "sourcing.choice", "build", "sourcing.why", "We can.",
		"link_url", "https://wiki.harbour.example/r", "link_kind", "runbook", "link_title", "Restart", "link_checked", "2020-01-01")
	b.see("/services/checkout", "Team Payments", "7 people", "Priya", "until", "Tom", "Shop first", // the strip
		"1 open incident, users are served again · 2 alerts fire, worst critical", "At risk",
		"ledger", "no such service", "1 of 2 needed", // dependencies
		"INC-7 1 h, P1", "INC-9 open, P2", "Not in use yet", "2 incidents", // the line of time
		"vital@1", "Runbook read in the last 90 days", "checks not counted", "Next, for silver",
		"read 1 Jan 2020", "git.harbour.example/shop/checkout", "First.", "Second.", "Shoppers, The call centre", "1200 EUR a month", "Built here", "Releases")
}

func TestUnknownIsSaid(t *testing.T) {
	b, _, _ := home(t)
	b.post("/services/new", 303, "", "name", "lonely", "team", "payments", "tier", "3")
	b.see("/services/lonely", "Nobody: no schedule", "No policy: the whole team is told", "Nothing is declared", "No incident in this time", "No open incident, no alert fires")
}

func TestFormKeepsWhatIsWrong(t *testing.T) {
	b, c, _ := home(t)
	b.post("/services/new", 422, "use hard (without it this is down)", "name", "checkout", "team", "payments", "tier", "0", "need_on", "", "need_on", "ledger", "need_strength", "hard", "need_strength", "weak")
	b.post("/services/new", 422, "name exactly one who answers", "name", "checkout", "team", "payments", "tier", "0", "raci_activity", "Releases")
	b.post("/services/new", 422, "“what”: use the address", "name", "checkout", "team", "payments", "tier", "0", "repositories", "what")
	b.post("/services/new", 303, "", "name", "checkout", "team", "payments", "tier", "0", "need_on", "ledger", "need_strength", "soft", "need_why", "bookings")
	b.see("/services/checkout/edit", `value="ledger"`, `value="bookings"`)
	s, err := c.Get(actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 1, Role: actor.Admin}), "checkout")
	if err != nil || len(s.DependsOn) != 1 || s.Cost != nil || s.Sourcing != nil {
		t.Errorf("%+v %v", s, err)
	}
}

func TestBoardAndScorecards(t *testing.T) {
	b, _, measure := home(t)
	b.post("/services/new", 303, "", "name", "checkout", "title", "Checkout", "team", "payments", "tier", "0", "promise", "Kept.")
	b.post("/services/new", 303, "", "name", "notes", "title", "Notes", "team", "payments", "tier", "3", "lifecycle", "proposed")
	b.see("/services?board=lifecycle", "Proposed", "Notes", "people depend on it", "2 services")
	b.see("/services?board=tier", "carries the business", "internal")
	b.see("/services?board=team&q=tier:0", "Checkout", "!Notes")
	b.see("/services?board=nonsense", "Proposed")
	b.see("/services", "not measured", "/scorecards")
	b.see("/services?q=level:iron", "is not understood")
	b.see("/scorecards", "No service stands here")
	measure()
	b.see("/scorecards", "checkout", "Promise written: passes", "Runbook there: does not pass, none", "First to mend", "SLO with burn alerts: not counted", "Carries the business", "Well kept")
	b.see("/scorecards?card=vital&team=nobody", "No service stands here")
	b.see("/services?q=level:none", "Checkout", "!Notes")
	b.see("/services?q=level:gold", "No service fits")
	b.see("/scorecards/vital", "runbook.age_days &lt; 90", "Facts that rules can ask", "service levels not in use here", "Comes with Evenkeel")
	if w := b.do("GET", "/scorecards/nothing", nil); w.Code != http.StatusNotFound {
		t.Errorf("an unknown card: %d", w.Code)
	}
}
