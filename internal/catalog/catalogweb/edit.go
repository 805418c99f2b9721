package catalogweb

import (
	"fmt"
	"net/http"
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
	Promise, Aliases, Description    web.Field
	Users, Value, Repositories       web.Field
	Ends                             []web.Field // of its life
	Cost, Sourcing                   []web.Field
	Why                              web.Field
	Links, Needs, Raci               rows
	Open                             map[string]bool // parts that are unfolded
	NoTeams                          *web.Notice
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
	page.more(form)
	return page, nil
}

// more fills the parts that many services leave empty; those that hold
// something, or in which something is wrong, are unfolded.
func (page *EditPage) more(form *web.Form) {
	page.Description = form.Area("description", "What it does", 4).Limit(4000).Help("As many paragraphs as that takes")
	page.Users = form.Area("users", "Used by", 2).Limit(3000).Say("Shoppers in all shops").Help("One group a line")
	page.Value = form.Input("value", "What it brings").Limit(500).Say("Turns baskets into orders: all revenue of the web shop")
	page.Repositories = form.Area("repositories", "Repositories", 2).Limit(20000).Say("https://git.example.org/shop/checkout").Help("One a line; addresses of git are brought into one form")
	page.Ends = []web.Field{form.Input("replaced_by", "Replaced by").Limit(63).Help("The service to use instead"), form.Input("until", "Ends on").As("date").Help("Only a deprecated or retired service has these")}
	page.Cost = []web.Field{form.Input("cost.amount", "Cost a month").Limit(15).Say("1200.50"), form.Input("cost.currency", "Currency").Limit(3).Say("EUR"),
		form.Input("cost.as_of", "As of").As("date"), form.Input("cost.note", "What is in it").Limit(500).Say("Hosting and licences")}
	choices := []web.Option{{Title: "Not recorded"}}
	for _, c := range catalog.Choices {
		choices = append(choices, web.Option{Value: c, Title: c})
	}
	page.Sourcing = []web.Field{form.Select("sourcing.choice", "Build or buy", choices...), form.Input("sourcing.supplier", "Supplier").Limit(100),
		form.Input("sourcing.decided", "Decided on").As("date"), form.Input("sourcing.ends", "Contract ends").As("date")}
	page.Why = form.Area("sourcing.why", "Why", 2).Limit(4000)
	page.Links, page.Needs = linkRows(form), needRows(form)
	var answers bool
	page.Raci, answers = raciRows(form)
	page.Open = map[string]bool{"raci": answers}
	holds := func(part string, fields ...web.Field) {
		for _, f := range fields {
			page.Open[part] = page.Open[part] || f.Value != "" || f.Fault != ""
		}
	}
	holds("ends", page.Ends...)
	holds("cost", append(append(page.Cost, page.Sourcing...), page.Why)...)
	if l := form.Get("lifecycle"); l == string(catalog.Deprecated) || l == string(catalog.Retired) {
		page.Open["ends"] = true
	}
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
	fill(form, s)
	page, err := p.editPage(r, s.Name, form)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, editPage, page)
}

// Save handles POST /services/{name}/edit.
func (p *Pages) Save(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
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
		for i, f := range form.Faults { // one box holds all of these
			if name, _, ok := strings.Cut(f.Name, "["); ok && (name == "aliases" || name == "users" || name == "repositories") {
				form.Faults[i].Name, form.Faults[i].Remedy = name, "“"+f.Value+"”: "+f.Remedy
				form.Faults[i].Value = ""
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
