package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// Page is what the frame needs to know about a page; every page struct embeds
// it. Make it with Shell.Page, then set what differs.
type Page struct {
	Title  string  // the h1 in the top bar and the browser's title
	Sub    string  // quiet words beside the title, "16 of 21 firing"
	Nav    string  // ID of the navigation item this page belongs to
	Crumbs []Crumb // parents, outermost first; the title is the last crumb
	Live   string  // record keys the page shows, separated by spaces; a change of one refreshes its data-live regions
	Narrow bool    // forms and texts: a column one reads easily instead of the full width
	Bar    bool    // the page defines its own "phonebar", which replaces the tab bar on phones

	V     *View  // how this viewer looks at things; never nil
	Flash *Flash // what the previous request wants to say; nil mostly
	Frame *Frame // filled by Render
}

// Crumb is one parent of a page.
type Crumb struct{ Title, Path string }

// Flash is one short message shown on the page after a redirect.
type Flash struct {
	Kind string // "ok" or "warn"
	Text string
}

// base lets Render reach the embedded Page of any page struct.
func (p *Page) base() *Page { return p }

// HTML is what a panel renders to, for those who hand panels on and have no
// other use for templates.
type HTML = template.HTML

// Framed is any pointer to a struct that embeds Page.
type Framed interface{ base() *Page }

// Frame is the part of a page that is the same everywhere.
type Frame struct {
	Org       string
	Path      string // path and query of this page, to come back to
	Groups    [][]NavLink
	Tabs      []NavLink // the phone's tab bar: four items, then More
	Declare   string    // path of the form to declare an incident; empty = none, or the viewer may not
	Search    bool      // there is a search behind the box
	LiveURL   string    // stream of changes; empty = pages do not refresh themselves
	Login     string
	Logout    string
	Menu      []MenuLink
	Duty      string
	RequestID string
	Demo      string // one line of the guided tour; empty = no tour
}

// NavItem is one entry of the main navigation. Only list what exists.
type NavItem struct {
	ID    string // what Page.Nav names
	Title string // goes through View.Term
	Path  string
	Icon  string           // Tabler icon name
	Group int              // items of one group stand together
	Need  actor.Permission // shown only to those who have it; empty = to all
	Tab   bool             // also in the phone's tab bar (at most four)
}

// Badge is a number beside a navigation item.
type Badge struct {
	N   int
	Hot bool // filled red: somebody is needed now
}

// NavLink is a NavItem as one viewer sees it on one page.
type NavLink struct {
	NavItem
	Label   string
	Hint    string
	Badge   Badge
	Current bool
}

// MenuLink is an entry of the viewer's menu, "How I am told" → /profile/notifications.
type MenuLink struct {
	Title, Path, Icon string
	Need              actor.Permission
}

// Page starts a page for the request: viewer, zone, words, one now, and the
// message the previous request left.
func (s *Shell) Page(r *http.Request, title, nav string) Page {
	return Page{Title: title, Nav: nav, V: s.View(r)}
}

// View is how the viewer of the request looks at things.
func (s *Shell) View(r *http.Request) *View {
	a, ok := actor.From(r.Context())
	var p Profile
	if ok && s.Profiles != nil {
		got, err := s.Profiles.Profile(r.Context())
		if err != nil {
			s.log().Warn("profile", "error", err)
		} else {
			p = got
		}
	}
	if ok && p.Name == "" {
		p.Name = a.Name
	}
	if !ok || s.Profiles == nil {
		prefsFromCookie(r, &p)
	}
	v := NewView(p, a, s.now())
	v.SignedIn = ok
	return v
}

// now is the clock of pages; tests and the demo may set Shell.Now.
func (s *Shell) now() time.Time {
	if s.Now != nil {
		return s.Now().UTC()
	}
	return time.Now().UTC()
}
