package authweb

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// TeamsPage lists teams by name.
type TeamsPage struct {
	web.Page
	Table web.Table
	Pager web.Pager
	Empty web.Empty
}

var teamsPage = web.Parse(files, "teams.html", TeamsPage{})

// Teams handles GET /teams.
func (p *Pages) Teams(w http.ResponseWriter, r *http.Request) error {
	list, next, err := p.Auth.Teams(r.Context(), auth.Page{Cursor: r.URL.Query().Get("after")})
	if err != nil {
		return err
	}
	page := &TeamsPage{Page: p.Shell.Page(r, "Teams", "teams")}
	page.Empty = web.Empty{Icon: "users-group", Title: "No teams yet", Text: "A team owns services and is told about their incidents."}
	if page.V.May(actor.Configure) {
		page.Empty.Button = &web.Button{Title: "Add a team…", Path: "/teams/new", Icon: "plus", Tone: "primary"}
	}
	page.Table = web.Table{Label: "Teams", V: page.V, Columns: []web.Column{{Title: "Team", Phone: true}, {Title: "Name", Width: 160}, {Title: "Calendar", Width: 140}, {Title: "Changed", Width: 120}}}
	for _, t := range list {
		about, _, _ := strings.Cut(t.Description, "\n")
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: t.Title, Path: t.Ref().Path(), Sub: about}, {Text: t.Name, Mono: true}, {Text: t.Calendar}, {At: t.Updated}}})
	}
	if next != "" {
		page.Pager = web.Pager{Older: "/teams?after=" + url.QueryEscape(next), Shown: web.Plural(len(list), "team", "teams") + " shown, by name"}
	}
	return p.Shell.Render(w, r, teamsPage, page)
}

// TeamPage shows a team, its people, and what other practices know of it.
type TeamPage struct {
	web.Page
	Team   auth.Team
	Table  web.Table
	Empty  web.Empty
	About  []string // the description's paragraphs
	Facts  []web.Def
	Panels []template.HTML
	Delete bool // ask whether to delete
	Ask    web.Confirm
}

var teamPage = web.Parse(files, "team.html", TeamPage{})

// Edit reports whether the viewer may edit the team here.
func (p *TeamPage) Edit() bool { return p.V.May(actor.Configure) && p.Team.ManagedBy == "" }

var teamRoleTitles = map[auth.TeamRole]string{auth.Lead: "Lead", auth.Plain: "Member", auth.Manager: "Manager", auth.Executive: "Executive"}

// Team handles GET /teams/{name}.
func (p *Pages) Team(w http.ResponseWriter, r *http.Request) error {
	t, err := p.Auth.Team(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &TeamPage{Page: p.Shell.Page(r, t.Title, "teams"), Team: t, Delete: r.URL.Query().Get("delete") != ""}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Teams", Path: "/teams"}}, t.Ref().String()
	page.Empty = web.Empty{Icon: "users", Title: "Nobody is in this team", Text: "Alerts of its services would reach nobody."}
	page.Table = web.Table{Label: "Members", V: page.V, Columns: []web.Column{{Title: "Person", Phone: true}, {Title: "Handle", Width: 160}, {Title: "In this team", Width: 120, Phone: true}}}
	for _, m := range t.Members {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: m.Display, Path: ref.N(ref.Person, m.Person).Path()}, {Text: m.Handle, Mono: true}, {Text: teamRoleTitles[m.Role]}}})
	}
	page.About = strings.FieldsFunc(t.Description, func(r rune) bool { return r == '\n' || r == '\r' })
	page.Facts = []web.Def{{Term: "Name", Text: t.Name}}
	if t.Calendar != "" {
		page.Facts = append(page.Facts, web.Def{Term: "Business hours", Text: t.Calendar, Path: ref.S(ref.Calendar, t.Calendar).Path()})
	}
	if t.WarRoom != "" {
		page.Facts = append(page.Facts, web.Def{Term: "War room", Text: t.WarRoom})
	}
	page.Facts = append(page.Facts, web.Def{Term: "Changed", HTML: page.V.Time(t.Updated), Sub: fmt.Sprintf("version %d", t.Version)})
	page.Ask = web.Confirm{Path: t.Ref().Path() + "/delete", Title: "Delete the team " + t.Title + "?", Text: "Its people stay. A team that owns services cannot be deleted.", Button: "Delete", Danger: true, Cancel: t.Ref().Path()}
	for _, panel := range p.TeamPanels {
		html, err := panel(r.Context(), page.V, t.Name)
		if err != nil {
			return err
		}
		if html != "" {
			page.Panels = append(page.Panels, html)
		}
	}
	return p.Shell.Render(w, r, teamPage, page)
}

// DeleteTeam handles POST /teams/{name}/delete.
func (p *Pages) DeleteTeam(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := p.Auth.DeleteTeam(r.Context(), name); err != nil {
		return err
	}
	return web.Redirect(w, r, "/teams", "The team "+name+" is deleted")
}

// Configure reports whether the viewer may add teams.
func (p *TeamsPage) Configure() bool { return p.V.May(actor.Configure) }
