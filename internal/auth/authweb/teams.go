package authweb

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
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

// EditTeamPage edits a team, or with New adds one.
type EditTeamPage struct {
	web.Page
	New, Managed                   bool
	Action                         string
	Form                           *web.Form
	Name, Heading                  web.Field
	Description, Calendar, WarRoom web.Field
	Rows                           []memberRow
	Back                           string
}

// memberRow is one line of the members' form.
type memberRow struct {
	N      int
	Person string
	Roles  []web.Option
	Fault  string
}

var editTeamPage = web.Parse(files, "team_edit.html", EditTeamPage{})

func (p *Pages) editTeamPage(r *http.Request, name string, form *web.Form) *EditTeamPage {
	page := &EditTeamPage{Page: p.Shell.Page(r, "Add a team", "teams"), New: name == "", Form: form, Action: "/teams/new", Back: "/teams"}
	page.Crumbs = []web.Crumb{{Title: "Teams", Path: "/teams"}}
	if !page.New {
		page.Back = ref.S(ref.Team, name).Path()
		page.Action = page.Back + "/edit"
		page.Title = "Edit"
		page.Crumbs = append(page.Crumbs, web.Crumb{Title: form.Get("title"), Path: page.Back})
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Help("As in git and in addresses: lower case and dashes, like payments. It never changes.")
	page.Heading = form.Input("title", "Title").Limit(200).Help("What people call it; the name when left out")
	if page.New {
		page.Name = page.Name.First()
	}
	page.Description = form.Area("description", "What it does", 3).Limit(4000)
	page.Calendar = form.Input("calendar", "Business calendar").Limit(63).Help("The name of a calendar; the organisation's when left out")
	page.WarRoom = form.Input("war_room", "War room").As("url").Limit(2000).Say("https://meet.example.com/{key}").Help("{key} stands for the incident's key")
	page.Rows = memberRows(form)
	return page
}

// spareRows is how many empty lines the form offers; "More lines" adds as many.
const spareRows = 3

func memberRows(form *web.Form) []memberRow {
	people, roles := form.Values["person"], form.Values["role"]
	filled := 0
	for i, x := range people {
		if strings.TrimSpace(x) != "" {
			filled = i + 1
		}
	}
	rows := make([]memberRow, filled+spareRows)
	for i := range rows {
		rows[i] = memberRow{N: i + 1}
		role := string(auth.Plain)
		if i < filled {
			rows[i].Person = people[i]
			if i < len(roles) {
				role = roles[i]
			}
		}
		for _, x := range auth.TeamRoles {
			rows[i].Roles = append(rows[i].Roles, web.Option{Value: string(x), Title: teamRoleTitles[x], Chosen: string(x) == role})
		}
	}
	// The service counts only the lines that name somebody.
	lines := map[int]int{}
	for i, x := range people {
		if strings.TrimSpace(x) != "" {
			lines[len(lines)] = i
		}
	}
	for _, f := range form.Faults {
		var n int
		if _, err := fmt.Sscanf(f.Name, "members[%d].", &n); err == nil {
			if i, ok := lines[n]; ok {
				rows[i].Fault = f.Remedy
			}
		}
	}
	return rows
}

func teamEdit(form *web.Form) auth.TeamEdit {
	e := auth.TeamEdit{Title: form.Get("title"), Description: form.Get("description"), Calendar: form.Get("calendar"), WarRoom: form.Get("war_room")}
	for i, x := range form.Values["person"] {
		if strings.TrimSpace(x) == "" {
			continue
		}
		m := auth.MemberEdit{Person: x}
		if roles := form.Values["role"]; i < len(roles) {
			m.Role = auth.TeamRole(roles[i])
		}
		e.Members = append(e.Members, m)
	}
	return e
}

// NewTeam handles GET /teams/new.
func (p *Pages) NewTeam(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, editTeamPage, p.editTeamPage(r, "", web.NewForm(r)))
}

// CreateTeam handles POST /teams/new.
func (p *Pages) CreateTeam(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	if form.Get("more") != "" {
		return p.Shell.Render(w, r, editTeamPage, p.editTeamPage(r, "", form))
	}
	t, err := p.Auth.CreateTeam(r.Context(), form.Get("name"), teamEdit(form))
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editTeamPage, p.editTeamPage(r, "", form))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, t.Ref().Path(), "The team is added")
}

// EditTeam handles GET /teams/{name}/edit.
func (p *Pages) EditTeam(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	t, err := p.Auth.Team(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if t.ManagedBy != "" {
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", t.ManagedBy).On(t.Ref().String())
	}
	form := (&web.Form{}).Default("title", t.Title).Default("description", t.Description).Default("calendar", t.Calendar).Default("war_room", t.WarRoom).
		Default("version", strconv.FormatInt(t.Version, 10))
	for _, m := range t.Members {
		form.Values.Add("person", m.Handle)
		form.Values.Add("role", string(m.Role))
	}
	return p.Shell.Render(w, r, editTeamPage, p.editTeamPage(r, t.Name, form))
}

// SaveTeam handles POST /teams/{name}/edit.
func (p *Pages) SaveTeam(w http.ResponseWriter, r *http.Request) error {
	form, name := web.NewForm(r), r.PathValue("name")
	if form.Get("more") != "" {
		return p.Shell.Render(w, r, editTeamPage, p.editTeamPage(r, name, form))
	}
	t, err := p.Auth.UpdateTeam(r.Context(), name, version(form), teamEdit(form))
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editTeamPage, p.editTeamPage(r, name, form))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, t.Ref().Path(), "Saved")
}

// Configure reports whether the viewer may add teams.
func (p *TeamsPage) Configure() bool { return p.V.May(actor.Configure) }
