package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

// TestComponentsInBrowser opens the component page in both themes and windows.
func TestComponentsInBrowser(t *testing.T) {
	browser := webtest.Browser(t)
	for _, theme := range []web.Theme{web.Light, web.Dark} {
		srv := httptest.NewServer(gallery(theme))
		t.Cleanup(srv.Close)
		for _, size := range webtest.Sizes {
			t.Run(string(theme)+" "+size.Name, func(t *testing.T) {
				webtest.Look(t, browser, srv.URL+"/_components", "components-"+string(theme), size)
			})
		}
	}
}

func gallery(theme web.Theme) http.Handler {
	s := &web.Shell{Org: "Harbour & Co", Search: "/search", Declare: "/incidents/new", Logout: "/logout",
		Profiles: profiles{web.Profile{Name: "Mara Lindqvist", Handle: "mara", Zone: "Europe/Stockholm", Theme: theme}},
		Badges: func(context.Context) map[string]web.Badge {
			return map[string]web.Badge{"incidents": {N: 5, Hot: true}, "alerts": {N: 21}}
		},
		Duty: func(context.Context) string { return "You command INC-1042" },
		Nav: []web.NavItem{{ID: "now", Title: "Now", Path: "/", Icon: "bolt", Tab: true},
			{ID: "incidents", Title: "Incidents", Path: "/incidents", Icon: "alert-octagon", Group: 1, Tab: true},
			{ID: "alerts", Title: "Alerts", Path: "/alerts", Icon: "bell", Group: 1, Tab: true},
			{ID: "services", Title: "Services", Path: "/services", Icon: "server-2", Group: 2, Tab: true},
			{ID: "evidence", Title: "Evidence", Path: "/evidence", Icon: "shield-check", Group: 3}},
		Menu: []web.MenuLink{{Title: "How I am told", Path: "/me", Icon: "bell"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/", web.Assets)
	mux.Handle("GET /_components", s.Handle(s.Components))
	mux.Handle("/", s.Handle(s.NotFound))
	return web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Role: actor.Admin, Name: "Mara Lindqvist"})))
	}))
}

type profiles struct{ p web.Profile }

func (f profiles) Profile(context.Context) (web.Profile, error) { return f.p, nil }
func (f profiles) SavePreferences(context.Context, string, web.Theme, web.Vocabulary) error {
	return nil
}
