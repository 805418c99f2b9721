package changeweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// FormPage is a form of groups of fields: models, settings, small verbs.
type FormPage struct {
	web.Page
	Form   *web.Form
	Lead   string
	Groups []group
	Action string
	Button string
	Back   string
	Danger bool
	Fixed  *web.Notice // it is managed in git
}

// group is some fields under a heading.
type group struct {
	Title, Text string
	Fields      []web.Field
}

var formPage = web.Parse(files, "form.html", FormPage{})

func (p *Pages) modelForm(r *http.Request, name string, f *web.Form) *FormPage {
	page := &FormPage{Page: p.Shell.Page(r, "Add a model", nav), Form: f, Action: modelsPath + "/new", Button: "Add the model", Back: modelsPath,
		Lead: "Choose what was done often and went well. It is pre-approved as soon as it is saved; its own failure rate decides how long."}
	page.Crumbs, page.Narrow = modelCrumbs, true
	what := group{Title: "What it is", Fields: []web.Field{f.Input("title", "Title").Limit(100).Say("Renew a certificate"), f.Area("description", "When is it used?", 2)}}
	if name == "" {
		what.Fields = append([]web.Field{f.Input("name", "Name").Need().First().Limit(63).Say("certificate-renewal").Help("As files call it: lower case and dashes. It never changes.")}, what.Fields...)
	} else {
		page.Title, page.Action, page.Button, page.Back = "Edit "+name, ref.S(ref.ChangeModel, name).Path()+"/edit", "Save", ref.S(ref.ChangeModel, name).Path()
		what.Fields = append([]web.Field{f.Hidden("version")}, what.Fields...)
	}
	page.Groups = []group{what,
		{Title: "What it covers", Text: "Empty means all.", Fields: []web.Field{f.Input("services", "Services").Say("checkout, payments"), f.Input("teams", "Services of teams").Say("platform"), f.Input("kinds", "Kinds").Say("config, infrastructure").Help("deploy, config, infrastructure, schema, flag"), f.Input("environments", "Environments").Say("production")}},
		{Title: "Conditions", Text: "What does not meet them goes the normal way.", Fields: []web.Field{f.Input("maxLines", "At most so many lines").As("number"), f.Input("maxFiles", "At most so many files").As("number"), f.Input("maxResources", "At most so many resources").As("number"),
			f.Check("tests", "Tests of the commit ran, and none failed"), f.Check("businessHours", "It starts in the business hours of the owner team")}},
		{Title: "How long it holds", Fields: []web.Field{f.Input("expires", "Expires on").As("date").Help("The last day; empty: it does not expire"), f.Input("maxFailureRate", "Withdrawn when more than so many percent fail").As("number").Say("10"), f.Input("minUses", "… once so many were completed").As("number").Say("10")}},
		{Title: "What its changes start with", Fields: []web.Field{f.Input("template.title", "Title").Limit(200), f.Area("template.summary", "Summary", 2), f.Select("template.purpose", "Purpose", append([]web.Option{{Title: "Nothing special"}}, options(change.Purposes)...)...), f.Area("template.rollbackPlan", "Rollback plan", 2), f.Input("template.rollbackRef", "Automated rollback").Say("github:harbour/checkout/rollback.yml@main")}}}
	return page
}

// modelSpec reads the form.
func modelSpec(f *web.Form) (s change.ModelSpec, err error) {
	var bad errs.Fields
	number := func(name string) int {
		if f.Get(name) == "" {
			return 0
		}
		n, err := strconv.Atoi(f.Get(name))
		if err != nil || n < 0 {
			bad.Add(name, errs.Short(f.Get(name)), "give a whole number, or nothing")
		}
		return n
	}
	s = change.ModelSpec{Title: f.Get("title"), Description: f.Get("description"), Services: wordsIn(f.Get("services")), Teams: wordsIn(f.Get("teams")), Environments: wordsIn(f.Get("environments")), Expires: f.Get("expires"), MinUses: number("minUses"),
		Template:   change.Template{Title: f.Get("template.title"), Summary: f.Get("template.summary"), Purpose: change.Purpose(f.Get("template.purpose")), RollbackPlan: f.Get("template.rollbackPlan"), RollbackRef: f.Get("template.rollbackRef")},
		Conditions: change.Conditions{MaxLines: number("maxLines"), MaxFiles: number("maxFiles"), MaxResources: number("maxResources"), Tests: f.Get("tests") != "", BusinessHours: f.Get("businessHours") != ""}}
	for _, k := range wordsIn(f.Get("kinds")) {
		if !slices.Contains(change.Kinds, change.Kind(k)) {
			bad.Add("kinds", errs.Short(k), "use deploy, config, infrastructure, schema or flag")
		}
		s.Kinds = append(s.Kinds, change.Kind(k))
	}
	s.MaxFailureRate = percent(f, "maxFailureRate", &bad)
	return s, bad.Err()
}

// percent reads "10" as 0.1; empty is 0.
func percent(f *web.Form, name string, bad *errs.Fields) float64 {
	if f.Get(name) == "" {
		return 0
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(f.Get(name), "%")), 64)
	if err != nil || !(x >= 0 && x <= 100) {
		bad.Add(name, errs.Short(f.Get(name)), "give a number from 0 to 100")
	}
	return x / 100
}

func modelValues(m change.Model) url.Values {
	s := m.Spec
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	var kinds []string
	for _, k := range s.Kinds {
		kinds = append(kinds, string(k))
	}
	v := url.Values{"version": {strconv.FormatInt(m.Version, 10)}, "title": {s.Title}, "description": {s.Description}, "services": {strings.Join(s.Services, ", ")}, "teams": {strings.Join(s.Teams, ", ")}, "kinds": {strings.Join(kinds, ", ")},
		"environments": {strings.Join(s.Environments, ", ")}, "maxLines": {count(s.Conditions.MaxLines)}, "maxFiles": {count(s.Conditions.MaxFiles)}, "maxResources": {count(s.Conditions.MaxResources)}, "expires": {s.Expires}, "minUses": {count(s.MinUses)},
		"template.title": {s.Template.Title}, "template.summary": {s.Template.Summary}, "template.purpose": {string(s.Template.Purpose)}, "template.rollbackPlan": {s.Template.RollbackPlan}, "template.rollbackRef": {s.Template.RollbackRef}}
	if s.MaxFailureRate > 0 {
		v.Set("maxFailureRate", strconv.FormatFloat(s.MaxFailureRate*100, 'g', 4, 64))
	}
	if s.Conditions.Tests {
		v.Set("tests", "on")
	}
	if s.Conditions.BusinessHours {
		v.Set("businessHours", "on")
	}
	return v
}

// NewModel handles GET /changes/models/new.
func (p *Pages) NewModel(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, formPage, p.modelForm(r, "", web.NewForm(r)))
}

// CreateModel handles POST /changes/models/new.
func (p *Pages) CreateModel(w http.ResponseWriter, r *http.Request) error {
	f := web.NewForm(r)
	spec, err := modelSpec(f)
	if err == nil {
		_, err = p.Changes.PutModel(r.Context(), f.Get("name"), 0, spec)
	}
	if f.Refused(err) {
		unindex(f)
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, formPage, p.modelForm(r, "", f))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.ChangeModel, f.Get("name")).Path(), "Added. It is pre-approved")
}

// EditModel handles GET /changes/models/{name}/edit.
func (p *Pages) EditModel(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	m, err := p.Changes.Model(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, formPage, p.modelForm(r, m.Name, &web.Form{Values: modelValues(m)}))
}

// SaveModel handles POST /changes/models/{name}/edit.
func (p *Pages) SaveModel(w http.ResponseWriter, r *http.Request) error {
	f, name := web.NewForm(r), r.PathValue("name")
	version, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil || version <= 0 {
		return errs.BadField("version", f.Get("version"), "open the form again")
	}
	spec, err := modelSpec(f)
	if err == nil {
		_, err = p.Changes.PutModel(r.Context(), name, version, spec)
	}
	if f.Refused(err) {
		unindex(f)
		m, err := p.Changes.Model(r.Context(), name)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, formPage, p.modelForm(r, name, f.Stored(&web.Form{Values: modelValues(m)})))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.ChangeModel, name).Path(), "Saved")
}

// unindex moves faults to the boxes they were typed in: "services[1]" to "services".
func unindex(f *web.Form) {
	for i, x := range f.Faults {
		f.Faults[i].Name, _, _ = strings.Cut(x.Name, "[")
	}
}

// ApproveModel handles POST /changes/models/{name}/approve.
func (p *Pages) ApproveModel(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Changes.ApproveModel(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.ChangeModel, r.PathValue("name")).Path(), "Pre-approved. Its figures begin anew")
}

// AskWithdraw handles GET /changes/models/{name}/withdraw.
func (p *Pages) AskWithdraw(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.showWithdraw(w, r, web.NewForm(r), http.StatusOK)
}

func (p *Pages) showWithdraw(w http.ResponseWriter, r *http.Request, f *web.Form, status int) error {
	m, err := p.Changes.Model(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &FormPage{Page: p.Shell.Page(r, "Withdraw "+m.Heading(), nav), Form: f, Lead: "Its changes go the normal way from now on. What is under way is not touched.", Action: m.Ref().Path() + "/withdraw", Button: "Withdraw it", Danger: true, Back: m.Ref().Path(),
		Groups: []group{{Fields: []web.Field{f.Area("why", "Why?", 3).Need().First()}}}}
	page.Crumbs, page.Narrow = modelCrumbs, true
	return p.Shell.RenderStatus(w, r, status, formPage, page)
}

// WithdrawModel handles POST /changes/models/{name}/withdraw.
func (p *Pages) WithdrawModel(w http.ResponseWriter, r *http.Request) error {
	f := web.NewForm(r)
	_, err := p.Changes.WithdrawModel(r.Context(), r.PathValue("name"), f.Get("why"))
	if f.Refused(err) {
		return p.showWithdraw(w, r, f, http.StatusUnprocessableEntity)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.S(ref.ChangeModel, r.PathValue("name")).Path(), "Withdrawn")
}

// DeleteModel handles POST /changes/models/{name}/delete.
func (p *Pages) DeleteModel(w http.ResponseWriter, r *http.Request) error {
	if err := p.Changes.DeleteModel(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, modelsPath, "Deleted. Its changes keep its name")
}
