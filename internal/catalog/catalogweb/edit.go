package catalogweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EditPage edits a service, or with New adds one.
type EditPage struct {
	web.Page
	New                              bool
	Action, Back                     string
	Form                             *web.Form
	Name, Heading, Team, Tier, State web.Field
	Promise, Aliases                 web.Field
	Rows                             []linkRow
	NoTeams                          *web.Notice
}

// linkRow is one line of the links' form.
type linkRow struct {
	N          int
	Title, URL string
	Kinds      []web.Option
	Fault      string
}

var editPage = web.Parse(files, "edit.html", EditPage{})

func (p *Pages) editPage(r *http.Request, name string, form *web.Form) (*EditPage, error) {
	page := &EditPage{Page: p.Shell.Page(r, "Add a service", "services"), New: name == "", Form: form, Action: "/services/new", Back: "/services"}
	page.Narrow = true
	page.Crumbs = []web.Crumb{{Title: "Services", Path: "/services"}}
	if !page.New {
		page.Back = ref.S(ref.Service, name).Path()
		page.Action, page.Title = page.Back+"/edit", "Edit"
		page.Crumbs = append(page.Crumbs, web.Crumb{Title: form.Get("title"), Path: page.Back})
	}
	teams, err := p.teams(r.Context())
	if err != nil {
		return nil, err
	}
	owners := []web.Option{{Title: "Choose a team"}}
	for _, t := range teams {
		owners = append(owners, web.Option{Value: t.Name, Title: t.Title})
	}
	if p.Teams != nil && len(teams) == 0 {
		page.NoTeams = &web.Notice{Fact: "There is no team yet.", Effect: "A service needs one that owns it.", Buttons: []web.Button{{Title: "Add a team…", Path: "/teams/new", Small: true}}}
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("checkout").Help("As monitors and addresses call it: lower case and dashes. It never changes.")
	page.Heading = form.Input("title", "Title").Limit(100).Help("What people call it; the name when left out")
	if page.New {
		page.Name = page.Name.First()
	} else {
		page.Heading = page.Heading.First()
	}
	page.Team = form.Select("team", "Owner", owners...).Need().Help("The one team that is told when something is wrong")
	var tiers []web.Option
	for i := range 4 {
		tiers = append(tiers, web.Option{Value: strconv.Itoa(i), Title: fmt.Sprintf("Tier %d", i), Hint: catalog.TierName(i)})
	}
	page.Tier = form.Default("tier", strconv.Itoa(catalog.DefaultTier)).Radio("tier", "How much it matters", tiers...).Need()
	var states []web.Option
	from := catalog.Lifecycle(form.Get("was"))
	for _, l := range catalog.Lifecycles {
		if page.New && l != catalog.Retired || !page.New && catalog.CanMove(from, l) {
			states = append(states, web.Option{Value: string(l), Title: string(l)})
		}
	}
	page.State = form.Default("lifecycle", string(catalog.Live)).Select("lifecycle", "State", states...)
	page.Promise = form.Area("promise", "Promise", 2).Limit(280).Say("A filled basket can be paid at any hour.").Help("One sentence that a user understands")
	page.Aliases = form.Area("aliases", "Also called", 2).Limit(5000).Help("What monitors call it, one a line: job names, host groups, names in other tools")
	page.Rows = linkRows(form)
	return page, nil
}

// spareRows is how many empty lines the form offers; "More lines" adds as many.
const spareRows = 2

func linkRows(form *web.Form) []linkRow {
	filled := 0
	for i, u := range form.Values["link_url"] {
		if strings.TrimSpace(u) != "" {
			filled = i + 1
		}
	}
	at := func(name string, i int) string {
		if list := form.Values[name]; i < len(list) {
			return list[i]
		}
		return ""
	}
	rows := make([]linkRow, filled+spareRows)
	line := 0 // the service counts only the lines that have an address
	for i := range rows {
		rows[i] = linkRow{N: i + 1}
		kind := string(catalog.Runbook)
		if i < filled {
			rows[i].Title, rows[i].URL, kind = at("link_title", i), at("link_url", i), at("link_kind", i)
		}
		for _, k := range catalog.LinkKinds {
			rows[i].Kinds = append(rows[i].Kinds, web.Option{Value: string(k), Title: string(k), Chosen: string(k) == kind})
		}
		if strings.TrimSpace(rows[i].URL) == "" {
			continue
		}
		for _, f := range form.Faults {
			if strings.HasPrefix(f.Name, fmt.Sprintf("links[%d].", line)) {
				rows[i].Fault = f.Remedy
			}
		}
		line++
	}
	return rows
}

func read(form *web.Form) (catalog.Edit, error) {
	e := catalog.Edit{Title: form.Get("title"), Team: form.Get("team"), Lifecycle: catalog.Lifecycle(form.Get("lifecycle")), Promise: strings.Join(strings.Fields(form.Get("promise")), " ")}
	var err error
	if e.Tier, err = strconv.Atoi(form.Get("tier")); err != nil {
		return e, errs.BadField("tier", form.Get("tier"), "use 0, 1, 2 or 3; 0 carries the business")
	}
	e.Aliases = append(e.Aliases, strings.FieldsFunc(form.Get("aliases"), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' })...)
	for i, u := range form.Values["link_url"] {
		if strings.TrimSpace(u) == "" {
			continue
		}
		l := catalog.Link{URL: u}
		if kinds := form.Values["link_kind"]; i < len(kinds) {
			l.Kind = catalog.LinkKind(kinds[i])
		}
		if titles := form.Values["link_title"]; i < len(titles) {
			l.Title = titles[i]
		}
		e.Links = append(e.Links, l)
	}
	return e, nil
}

// New handles GET /services/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	page, err := p.editPage(r, "", web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, editPage, page)
}

// Create handles POST /services/new.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	return p.submit(w, r, "", form, "The service is added", func(e catalog.Edit) (catalog.Service, error) {
		return p.Catalog.Create(r.Context(), form.Get("name"), e)
	})
}

// Edit handles GET /services/{name}/edit.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	s, err := p.Catalog.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if s.Managed != "" {
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", s.Managed).On(s.Ref().String())
	}
	form := stored(s)
	for _, l := range s.Links {
		form.Values.Add("link_kind", string(l.Kind))
		form.Values.Add("link_title", l.Title)
		form.Values.Add("link_url", l.URL)
	}
	page, err := p.editPage(r, s.Name, form)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, editPage, page)
}

// stored is a service as the form holds it.
func stored(s catalog.Service) *web.Form {
	return &web.Form{Values: url.Values{"title": {s.Title}, "team": {s.Team}, "tier": {strconv.Itoa(s.Tier)}, "lifecycle": {string(s.Lifecycle)}, "was": {string(s.Lifecycle)},
		"promise": {s.Promise}, "aliases": {strings.Join(s.Aliases, "\n")}, "version": {strconv.FormatInt(s.Version, 10)}}}
}

// Save handles POST /services/{name}/edit.
func (p *Pages) Save(w http.ResponseWriter, r *http.Request) error {
	name, form := r.PathValue("name"), web.NewForm(r)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return errs.BadField("version", form.Get("version"), "open the form again")
	}
	return p.submit(w, r, name, form, "Saved", func(e catalog.Edit) (catalog.Service, error) {
		return p.Catalog.Edit(r.Context(), name, version, e)
	})
}

// submit runs the verb of a form and shows the form again if it was refused or
// more lines were asked for.
func (p *Pages) submit(w http.ResponseWriter, r *http.Request, name string, form *web.Form, done string, verb func(catalog.Edit) (catalog.Service, error)) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	status := http.StatusOK
	if form.Get("more") == "" {
		e, err := read(form)
		var s catalog.Service
		if err == nil {
			s, err = verb(e)
		}
		if err == nil {
			return web.Redirect(w, r, s.Ref().Path(), done)
		}
		if !form.Refused(err) {
			return err
		}
		if name != "" {
			now, err := p.Catalog.Get(r.Context(), name)
			if err != nil {
				return err
			}
			form.Stored(stored(now))
		}
		for i, f := range form.Faults { // one box holds all aliases
			if strings.HasPrefix(f.Name, "aliases[") {
				form.Faults[i].Name, form.Faults[i].Remedy = "aliases", "“"+f.Value+"”: "+f.Remedy
			}
		}
		status = http.StatusUnprocessableEntity
	}
	page, err := p.editPage(r, name, form)
	if err != nil {
		return err
	}
	return p.Shell.RenderStatus(w, r, status, editPage, page)
}
