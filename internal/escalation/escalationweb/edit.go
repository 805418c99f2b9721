package escalationweb

import (
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EditPage edits a policy, or with New adds one. It previews without saving.
type EditPage struct {
	web.Page
	New                            bool
	Action, Back                   string
	Form                           *web.Form
	Name, Heading, Teams, Services web.Field
	Steps                          []stepFields
	More                           bool // another step fits
	Repeat, Again, Ack, Escalate   web.Field
	Description                    web.Field
	Previewed                      bool
	Foresee                        foreseen
}

var editPage = web.Parse(files, "edit.html", EditPage{})

func (p *Pages) editPage(r *http.Request, name string, form *web.Form) *EditPage {
	page := &EditPage{Page: p.Shell.Page(r, "Add an escalation policy", "oncall"), New: name == "", Form: form, Action: base + "/new", Back: base}
	page.Crumbs = crumbs
	if !page.New {
		page.Title, page.Back = "Edit "+name, ref.S(ref.Escalation, name).Path()
		page.Action = page.Back + "/edit"
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("payments").Help("As files and other policies call it: lower case and dashes. It never changes.")
	page.Heading = form.Input("title", "Title").Limit(100)
	page.Teams = form.Input("teams", "Serves teams").Limit(4000).Say("payments, checkout").Help("Names, separated by commas")
	page.Services = form.Input("services", "Serves services").Limit(4000).Help("In place of their team’s policy")
	n := count(form)
	for i := range n {
		page.Steps = append(page.Steps, step(form, i))
	}
	page.More = n < stepsMost
	page.Repeat = form.Input("repeat", "Repeat all steps").As("number").Help("0 to 10 times")
	page.Again = form.Input("repeat_after", "Wait after the last step").Say("10m").Help("Before the next round, and between reminders to leads and manager; 5m to 1h")
	page.Ack = form.Input("ack_timeout", "Acknowledged without progress").Say("30m").Help("Whoever took it is asked whether it goes on")
	page.Escalate = form.Input("ack_escalate_after", "Still no progress").Say("30m").Help("After that, the steps begin again")
	page.Description = form.Area("description", "Description", 2).Limit(1000)
	return page
}

// New handles GET /oncall/policies/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r).Default("n", "3")
	return p.Shell.Render(w, r, editPage, p.editPage(r, "", form))
}

// Edit handles GET /oncall/policies/{name}/edit.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	s, err := p.Policies.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if s.Managed != "" {
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", s.Managed).On(s.Ref().String())
	}
	return p.Shell.Render(w, r, editPage, p.editPage(r, s.Name, &web.Form{Values: values(s)}))
}

// Create handles POST /oncall/policies/new.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	return p.submit(w, r, "", func(form *web.Form, s escalation.Spec) (escalation.Stored, error) {
		return p.Policies.Create(r.Context(), form.Get("name"), s)
	})
}

// Save handles POST /oncall/policies/{name}/edit.
func (p *Pages) Save(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	return p.submit(w, r, name, func(form *web.Form, s escalation.Spec) (escalation.Stored, error) {
		version, err := strconv.ParseInt(form.Get("version"), 10, 64)
		if err != nil {
			return escalation.Stored{}, errs.BadField("version", form.Get("version"), "open the form again")
		}
		return p.Policies.Edit(r.Context(), name, version, s)
	})
}

// submit saves the form, or only shows it again with another step or a preview.
func (p *Pages) submit(w http.ResponseWriter, r *http.Request, name string, save func(*web.Form, escalation.Spec) (escalation.Stored, error)) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r)
	if form.Get("do") == "more" {
		return p.Shell.Render(w, r, editPage, p.editPage(r, name, form))
	}
	s, at, bad := read(form)
	err := bad.Err()
	if err == nil && form.Get("do") == "preview" {
		var f foreseen
		if f, err = p.foresee(r.Context(), p.Shell.Page(r, "", "").V, name, s, &s, form); err == nil {
			page := p.editPage(r, name, form)
			page.Previewed, page.Foresee = true, f
			return p.Shell.Render(w, r, editPage, page)
		}
	} else if err == nil {
		var stored escalation.Stored
		if stored, err = save(form, s); err == nil {
			return web.Redirect(w, r, stored.Ref().Path(), "Saved")
		}
	}
	if !form.Refused(err) {
		return err
	}
	if name != "" && errs.Is(err, errs.Conflict) {
		now, err := p.Policies.Get(r.Context(), name)
		if err != nil {
			return err
		}
		form.Stored(&web.Form{Values: values(now)})
	}
	place(form, at)
	return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editPage, p.editPage(r, name, form))
}
