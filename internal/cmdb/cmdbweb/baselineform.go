package cmdbweb

import (
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// BaselineFormPage takes a baseline, or edits one.
type BaselineFormPage struct {
	Base
	Form         *web.Form
	New          bool
	Action, Back string
	Name         web.Field
	Fields       []web.Field
	Version      web.Field
}

var baselineFormPage = web.Parse(files, "baselineform.html", BaselineFormPage{})

func (p *Pages) baselineForm(r *http.Request, b *cmdb.Baseline, form *web.Form) *BaselineFormPage {
	page := &BaselineFormPage{Base: p.base(r, "Take a baseline", atBaselines, web.Crumb{Title: "Baselines", Path: atBaselines}), Form: form, New: b == nil, Action: atBaselines + "/new", Back: atBaselines}
	page.Narrow = true
	page.Name = form.Input("name", "Name").Need().First().Limit(63).Say("before-the-move").Help("1 to 63 of a-z, 0-9 and -; it stays")
	if b != nil {
		page.Title, page.Back = "Edit "+b.Name, b.Ref().Path()
		page.Action, page.Version = page.Back+"/edit", form.Hidden("version")
	}
	page.Fields = []web.Field{form.Input("title", "Title").Limit(100), form.Input("service", "Of a service").Say("the whole map").Help("This service and everything it needs; empty: the whole map"),
		form.Input("every", "Look for drift every").Say("PT1H").Help("Like PT1H or P1D"), form.Check("alert", "Raise an alert when there is drift")}
	return page
}

// NewBaseline handles GET /map/baselines/new.
func (p *Pages) NewBaseline(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, baselineFormPage, p.baselineForm(r, nil, web.NewForm(r)))
}

func readBaseline(form *web.Form) (s cmdb.BaselineSpec, err error) {
	s = cmdb.BaselineSpec{Title: form.Get("title"), Service: form.Get("service"), Alert: form.Get("alert") != ""}
	s.Every, err = readDuration(form, "every")
	return s, err
}

// readDuration reads an ISO 8601 duration; empty is 0.
func readDuration(form *web.Form, name string) (d cmdb.Duration, err error) {
	if s := form.Get(name); s != "" && d.UnmarshalText([]byte(s)) != nil {
		return 0, errs.BadField(name, s, "write a time like PT1H or P1D")
	}
	return d, nil
}

// CreateBaseline handles POST /map/baselines/new.
func (p *Pages) CreateBaseline(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	spec, err := readBaseline(form)
	var b cmdb.Baseline
	if err == nil {
		b, err = p.CMDB.PutBaseline(r.Context(), form.Get("name"), 0, spec)
	}
	if form.Refused(err) {
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, baselineFormPage, p.baselineForm(r, nil, form))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, b.Ref().Path(), "Taken; its digest is signed in a moment")
}

func storedBaseline(b cmdb.Baseline) *web.Form {
	form := (&web.Form{}).Default("title", b.Spec.Title).Default("service", b.Spec.Service).Default("every", every(b.Spec).String()).Default("version", count64(b.Version))
	if b.Spec.Alert {
		form.Default("alert", "on")
	}
	return form
}

// EditBaseline handles GET and POST /map/baselines/{name}/edit.
func (p *Pages) EditBaseline(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	b, err := p.CMDB.Baseline(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if b.Managed != "" {
		return inGit(b.Managed, b.Ref())
	}
	form := storedBaseline(b)
	if r.Method == http.MethodPost {
		form = web.NewForm(r)
		spec, err := readBaseline(form)
		if err == nil {
			version, _ := strconv.ParseInt(form.Get("version"), 10, 64) // a wrong one is a stale one
			_, err = p.CMDB.PutBaseline(r.Context(), b.Name, version, spec)
		}
		if err == nil {
			return web.Redirect(w, r, b.Ref().Path(), "Saved")
		}
		if !form.Refused(err) {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, baselineFormPage, p.baselineForm(r, &b, form.Stored(storedBaseline(b))))
	}
	return p.Shell.Render(w, r, baselineFormPage, p.baselineForm(r, &b, form))
}

// inGit refuses to edit what is kept in files.
func inGit(managed string, r ref.Ref) error {
	return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", managed).On(r.String())
}
