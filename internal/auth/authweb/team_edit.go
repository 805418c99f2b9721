package authweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

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
	form := teamForm(t)
	for _, m := range t.Members {
		form.Values.Add("person", m.Handle)
		form.Values.Add("role", string(m.Role))
	}
	return p.Shell.Render(w, r, editTeamPage, p.editTeamPage(r, t.Name, form))
}

// teamForm is a team's own data as the form holds it.
func teamForm(t auth.Team) *web.Form {
	return (&web.Form{}).Default("title", t.Title).Default("description", t.Description).Default("calendar", t.Calendar).Default("war_room", t.WarRoom).
		Default("version", strconv.FormatInt(t.Version, 10))
}

// SaveTeam handles POST /teams/{name}/edit.
func (p *Pages) SaveTeam(w http.ResponseWriter, r *http.Request) error {
	form, name := web.NewForm(r), r.PathValue("name")
	if form.Get("more") != "" {
		return p.Shell.Render(w, r, editTeamPage, p.editTeamPage(r, name, form))
	}
	t, err := p.Auth.UpdateTeam(r.Context(), name, version(form), teamEdit(form))
	if form.Refused(err) {
		now, err := p.Auth.Team(r.Context(), name)
		if err != nil {
			return err
		}
		form.Stored(teamForm(now))
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editTeamPage, p.editTeamPage(r, name, form))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, t.Ref().Path(), "Saved")
}
