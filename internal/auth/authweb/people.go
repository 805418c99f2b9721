package authweb

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// PeoplePage lists people by handle.
type PeoplePage struct {
	web.Page
	Tabs   []web.Tab
	Prefix string
	All    bool
	Table  web.Table
	Pager  web.Pager
	Empty  web.Empty
}

var peoplePage = web.Parse(files, "people.html", PeoplePage{})

// People handles GET /people.
func (p *Pages) People(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := auth.PeopleFilter{Prefix: q.Get("prefix"), Role: actor.Role(q.Get("role")), All: q.Get("all") != ""}
	list, next, err := p.Auth.People(r.Context(), f, auth.Page{Cursor: q.Get("after")})
	if err != nil {
		return err
	}
	page := &PeoplePage{Page: p.Shell.Page(r, "People", "people"), Prefix: f.Prefix, All: f.All,
		Empty: web.Empty{Icon: "users", Title: "Nobody found", Text: "No handle begins with these letters, or all who match are disabled."}}
	here := url.Values{}
	if f.Prefix != "" {
		here.Set("prefix", f.Prefix)
	}
	page.Tabs = []web.Tab{{Title: "Active", Path: "/people?" + here.Encode(), Current: !f.All}, {Title: "Everybody", Path: "/people?all=1&" + here.Encode(), Current: f.All}}
	page.Table = web.Table{Label: "People", V: page.V, Columns: []web.Column{{Title: "Person", Phone: true}, {Title: "Handle", Width: 160}, {Title: "Role", Width: 120, Phone: true}, {Title: "Time zone", Width: 150}, {Title: "State", Width: 110}}}
	if page.V.May(actor.Administer) {
		page.Table.Columns = append(page.Table.Columns, web.Column{Title: "E-mail", Width: 220})
	}
	for _, x := range list {
		row := web.Row{Quiet: !x.Enabled(), Cells: []web.Cell{{Key: x.Ref().String(), Text: x.Display, Path: x.Ref().Path()}, {Text: x.Handle, Mono: true}, {Text: roleTitles[x.Role]}, {Text: x.Zone}, {Tag: state(x)}, {Text: x.Email}}}
		row.Cells = row.Cells[:len(page.Table.Columns)]
		page.Table.Rows = append(page.Table.Rows, row)
	}
	if next != "" {
		here.Set("after", next)
		if f.All {
			here.Set("all", "1")
		}
		page.Pager = web.Pager{Older: "/people?" + here.Encode(), Shown: web.Plural(len(list), "person", "people") + " shown, by handle"}
	}
	return p.Shell.Render(w, r, peoplePage, page)
}

func state(x auth.Person) *web.Tag {
	switch {
	case !x.Erased.IsZero():
		return &web.Tag{Text: "Erased"}
	case !x.Enabled():
		return &web.Tag{Text: "Disabled", Tone: "orange"}
	case x.PasswordAt.IsZero():
		return &web.Tag{Text: "Invited", Tone: "accent"}
	}
	return &web.Tag{Text: "Active", Tone: "green"}
}

// PersonPage shows somebody; admins edit them there. With New it adds somebody.
type PersonPage struct {
	web.Page
	New                 bool
	Person              auth.Person
	Facts               []web.Def
	Form                *web.Form
	Handle, Email, Role web.Field
	profileFields
	Invitation auth.Link // just made; shown this once
	Erase      bool      // ask whether to erase
	EraseForm  web.Confirm
}

var personPage = web.Parse(files, "person.html", PersonPage{})

// Edit reports whether the viewer may edit what the page shows.
func (p *PersonPage) Edit() bool {
	return p.V.May(actor.Administer) && p.Person.Erased.IsZero()
}

// Who is the person with their avatar.
func (p *PersonPage) Who() web.Person {
	return web.Person{Handle: p.Person.Handle, Name: p.Person.Display, You: p.V.Is(p.Person.Handle)}
}

// State is the person's state as a tag.
func (p *PersonPage) State() web.Tag { return *state(p.Person) }

func (p *Pages) personPage(r *http.Request, who auth.Person, form *web.Form) *PersonPage {
	page := &PersonPage{New: who.ID == 0, Person: who, Form: form}
	if page.New {
		page.Page = p.Shell.Page(r, "Add a person", "people")
	} else {
		page.Page = p.Shell.Page(r, who.Display, "people")
		page.Sub, page.Live = who.Ref().String(), who.Ref().String()
		page.Facts = []web.Def{{Term: "Handle", Text: who.Handle}, {Term: "Role", Text: roleTitles[who.Role]}, {Term: "Time zone", Text: who.Zone, Sub: page.V.Now.In(zone(who.Zone)).Format("15:04") + " there now"}}
		if who.Email != "" {
			page.Facts = append(page.Facts, web.Def{Term: "E-mail", Text: who.Email, Path: "mailto:" + who.Email})
		}
	}
	page.Crumbs, page.Narrow = []web.Crumb{{Title: "People", Path: "/people"}}, true
	page.profileFields = newProfileFields(form)
	page.Handle = form.Input("handle", "Handle").Need().Limit(40).Help("They sign in with it and are mentioned by it: lower case, like mara")
	page.Email = form.Input("email", "E-mail").As("email").Limit(254)
	page.Role = form.Radio("role", "Role", options(form.Get("role"), [3]string{"responder", "Responder", "works on incidents and alerts"}, [3]string{"manager", "Manager", "configures teams, services, rules; sees evidence"},
		[3]string{"requester", "Requester", "sees records, reports incidents"}, [3]string{"auditor", "Auditor", "reads everything and the evidence"}, [3]string{"admin", "Admin", "everything, people too"})...).Need()
	if page.New {
		page.Display = page.Display.First()
	}
	page.Erase = r.URL.Query().Get("erase") != ""
	page.EraseForm = web.Confirm{Path: who.Ref().Path() + "/erase", Title: "Erase " + who.Display + "?", Danger: true, Button: "Erase for good", Cancel: who.Ref().Path(),
		Text: "Name, handle, e-mail, password and sessions are deleted, and the evidence can no longer be tied to them. What was done stays on record under " + who.Ref().String() + ". This cannot be undone."}
	return page
}

func (p *Pages) personForm(who auth.Person) *web.Form {
	return (&web.Form{}).Default("handle", who.Handle).Default("email", who.Email).Default("role", string(who.Role)).Default("display", who.Display).Default("zone", who.Zone).
		Default("vocabulary", string(who.Vocabulary)).Default("theme", string(who.Theme)).Default("version", strconv.FormatInt(who.Version, 10))
}

// NewPerson handles GET /people/new.
func (p *Pages) NewPerson(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Administer); err != nil {
		return err
	}
	form := web.NewForm(r).Default("role", "responder").Default("vocabulary", "itil").Default("theme", "auto")
	page := p.personPage(r, auth.Person{}, form.Default("zone", p.Shell.View(r).Loc.String()))
	return p.Shell.Render(w, r, personPage, page)
}

// CreatePerson handles POST /people/new and shows the invitation.
func (p *Pages) CreatePerson(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	who, link, err := p.Auth.CreatePerson(r.Context(), personEdit(form))
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, personPage, p.personPage(r, auth.Person{}, form))
	} else if err != nil {
		return err
	}
	page := p.personPage(r, who, p.personForm(who))
	page.Invitation = link
	return p.Shell.Render(w, r, personPage, page)
}

func personEdit(f *web.Form) auth.PersonEdit {
	return auth.PersonEdit{Handle: f.Get("handle"), Email: f.Get("email"), Role: actor.Role(f.Get("role")), Profile: profileOf(f)}
}

// Person handles GET /people/{key}.
func (p *Pages) Person(w http.ResponseWriter, r *http.Request) error {
	who, err := p.person(r)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, personPage, p.personPage(r, who, p.personForm(who)))
}

// SavePerson handles POST /people/{key}.
func (p *Pages) SavePerson(w http.ResponseWriter, r *http.Request) error {
	who, err := p.person(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	_, err = p.Auth.UpdatePerson(r.Context(), who.ID, version(form), personEdit(form))
	if form.Refused(err) {
		if who, err = p.person(r); err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, personPage, p.personPage(r, who, form.Stored(p.personForm(who))))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, who.Ref().Path(), "Saved")
}

// PersonVerb handles POST /people/{key}/{verb}: invite, disable, enable, erase.
func (p *Pages) PersonVerb(w http.ResponseWriter, r *http.Request) error {
	who, err := p.person(r)
	if err != nil {
		return err
	}
	said := ""
	switch r.PathValue("verb") {
	case "invite":
		link, err := p.Auth.Invite(r.Context(), who.ID)
		if err != nil {
			return err
		}
		page := p.personPage(r, who, p.personForm(who))
		page.Invitation = link
		return p.Shell.Render(w, r, personPage, page)
	case "disable":
		_, err = p.Auth.Disable(r.Context(), who.ID)
		said = who.Display + " may no longer sign in"
	case "enable":
		_, err = p.Auth.Enable(r.Context(), who.ID)
		said = who.Display + " may sign in again"
	case "erase":
		_, err = p.Auth.Erase(r.Context(), who.ID)
		said = who.Ref().String() + " is erased"
	default:
		err = errs.E(errs.NotFound, "there is no page at this address")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, who.Ref().Path(), said)
}

// Admin reports whether the viewer may add and edit people.
func (p *PeoplePage) Admin() bool { return p.V.May(actor.Administer) }
