package catalogweb_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestPagesInBrowser looks at every page of the practice in both windows.
func TestPagesInBrowser(t *testing.T) {
	b, _, measure := home(t)
	b.post("/services/new", 303, "", "name", "checkout", "title", "Checkout", "team", "payments", "tier", "0", "promise", "A full basket becomes a paid order within ten seconds.",
		"description", "Takes the basket.", "users", "Shoppers", "repositories", "https://git.harbour.example/shop/checkout", "raci_activity", "Releases", "raci_accountable", "team:payments",
		"need_on", "ledger", "need_on", "cache:a", "need_on", "cache:b", "need_group", "", "need_group", "cache", "need_group", "cache", "cost.amount", "1200", "cost.currency", "eur",
		"link_url", "https://wiki.harbour.example/r", "link_kind", "runbook", "link_title", "Restart")
	b.post("/services/new", 303, "", "name", "notes", "title", "Notes", "team", "payments", "tier", "3")
	measure()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.URL.Path) > 8 && r.URL.Path[:8] == "/assets/" {
			web.Assets(w, r)
			return
		}
		who := actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Manager, Name: "Mara Lindt"}
		web.Secure(false, b.mux).ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
	}))
	defer server.Close()
	browser := webtest.Browser(t)
	for name, path := range map[string]string{
		"services": "/services", "board": "/services?board=lifecycle", "service": "/services/checkout", "service-bare": "/services/notes",
		"service-edit": "/services/checkout/edit", "scorecards": "/scorecards", "scorecard": "/scorecards/vital", "scorecard-delete": "/scorecards/vital?delete=1",
		"scorecard-edit": "/scorecards/vital/edit?service=checkout", "scorecard-new": "/scorecards/new",
	} {
		for _, size := range webtest.Sizes {
			t.Run(name+" "+size.Name, func(t *testing.T) { webtest.Look(t, browser, server.URL+path, name, size) })
		}
	}
}
