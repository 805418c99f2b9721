package windowweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// FormPage adds or edits a window.
type FormPage struct {
	web.Page
	New                                             bool
	Action, Back                                    string
	Form                                            *web.Form
	Name, Heading, Reason, Kind                     web.Field
	Services, TeamsBox, Tiers, Envs, Kinds, Without web.Field
	Allows                                          []web.Field
	Start, End, Duration, Zone                      web.Field
	Repeat, Also, Except, Calendar, Hours           web.Field
	Next                                            []Occurs // after a preview
	Previewed                                       bool
}

var formPage = web.Parse(files, "form.html", FormPage{})

func (p *Pages) formPage(r *http.Request, name string, form *web.Form) *FormPage {
	page := &FormPage{Page: p.Shell.Page(r, "Add a window", nav), New: name == "", Form: form, Action: windowsPath + "/new", Back: windowsPath}
	page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: "Freezes and windows", Path: windowsPath})
	if !page.New {
		page.Title, page.Back = "Edit "+name, ref.S(ref.Window, name).Path()
		page.Action = page.Back + "/edit"
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("payday-weekend").Help("As files call it: lower case and dashes. It never changes.")
	page.Heading = form.Input("title", "Title").Limit(100).Say("Payday weekend")
	page.Reason = form.Input("reason", "Why").Limit(1000).Help("For those whom it holds")
	var kinds []web.Option
	for _, k := range window.Kinds {
		kinds = append(kinds, web.Option{Value: string(k), Title: kindWords[k], Hint: kindDoes[k]})
	}
	page.Kind = form.Radio("kind", "What it does", kinds...).Need()
	page.Services = form.Input("services", "Services").Say("checkout, payments").Help("Names, with commas. Nothing here and below: every service.")
	page.TeamsBox = form.Input("teams", "Teams").Say("payments")
	page.Tiers = form.Input("tiers", "Tiers").Say("0, 1")
	page.Envs = form.Input("environments", "Environments").Say("all that are gated")
	page.Kinds = form.Input("kinds", "Kinds of changes").Say("all").Help("deploy, config, infrastructure, schema, flag")
	page.Without = form.Input("without", "But not for").Say("status-page")
	for _, a := range window.Passes {
		page.Allows = append(page.Allows, form.Check("allows."+a, strings.ToUpper(a[:1])+a[1:]))
	}
	page.Start = form.Input("start", "Begins").As("datetime-local")
	page.End = form.Input("end", "Ends").As("datetime-local").Help("The first one; or give a duration")
	page.Duration = form.Input("duration", "Or lasts").Say("PT2H").Help("ISO 8601: PT2H, P3D")
	page.Zone = form.Input("zone", "Time zone").Limit(64).Say("Europe/Berlin").Help("Times follow its daylight saving")
	page.Repeat = form.Input("repeat", "Repeats").Limit(500).Say("FREQ=WEEKLY;BYDAY=TU").Help("A rule of RFC 5545; empty: once")
	page.Also = form.Area("also", "Further beginnings", 2).Say("2026-12-24T18:00").Help("One a line")
	page.Except = form.Area("except", "Does not take place on", 2).Say("2026-12-25").Help("Dates, or dates and times, one a line")
	page.Calendar = form.Input("calendar", "Business calendar").Limit(63).Say("none").Help("Without a beginning, its hours are the window; with one, only what begins in its hours takes place.")
	page.Hours = form.Select("hours", "Which of its hours", web.Option{Value: "", Title: "Open hours"}, web.Option{Value: "closed", Title: "Closed hours"})
	if page.New {
		page.Name = page.Name.First()
	} else {
		page.Heading = page.Heading.First()
	}
	return page
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// read turns the form into a spec.
func read(form *web.Form) (window.Spec, error) {
	s := window.Spec{Title: form.Get("title"), Reason: form.Get("reason"), Kind: window.Kind(form.Get("kind")), Zone: form.Get("zone"), Start: form.Get("start"), End: form.Get("end"), Duration: form.Get("duration"),
		Repeat: form.Get("repeat"), Also: words(form.Get("also")), Except: words(form.Get("except")), Calendar: form.Get("calendar"), Hours: window.Hours(form.Get("hours"))}
	s.Scope = window.Scope{Services: words(form.Get("services")), Teams: words(form.Get("teams")), Environments: words(form.Get("environments")), Kinds: words(form.Get("kinds")), Without: words(form.Get("without"))}
	for _, t := range words(form.Get("tiers")) {
		n, err := strconv.Atoi(t)
		if err != nil {
			return s, errs.BadField("tiers", t, "give numbers from 0 to 3, with commas")
		}
		s.Scope.Tiers = append(s.Scope.Tiers, n)
	}
	for _, a := range window.Passes {
		if form.Get("allows."+a) != "" {
			s.Allows = append(s.Allows, a)
		}
	}
	return s, nil
}

// values are a window as the form shows it.
func values(w window.Stored) url.Values {
	s := w.Spec
	var tiers []string
	for _, t := range s.Scope.Tiers {
		tiers = append(tiers, strconv.Itoa(t))
	}
	v := url.Values{"title": {s.Title}, "reason": {s.Reason}, "kind": {string(s.Kind)}, "zone": {s.Zone}, "start": {s.Start}, "end": {s.End}, "duration": {s.Duration}, "repeat": {s.Repeat},
		"also": {strings.Join(s.Also, "\n")}, "except": {strings.Join(s.Except, "\n")}, "calendar": {s.Calendar}, "hours": {string(s.Hours)}, "version": {strconv.FormatInt(w.Version, 10)},
		"services": {strings.Join(s.Scope.Services, ", ")}, "teams": {strings.Join(s.Scope.Teams, ", ")}, "tiers": {strings.Join(tiers, ", ")}, "environments": {strings.Join(s.Scope.Environments, ", ")},
		"kinds": {strings.Join(s.Scope.Kinds, ", ")}, "without": {strings.Join(s.Scope.Without, ", ")}}
	for _, a := range window.Passes {
		if slices.Contains(s.Allows, a) {
			v.Set("allows."+a, "on")
		}
	}
	return v
}

// place moves faults to the boxes they were typed in: "scope.services[1]" to
// "services".
func place(form *web.Form) {
	for i, f := range form.Faults {
		name := strings.TrimPrefix(f.Name, "scope.")
		if at := strings.IndexByte(name, '['); at >= 0 {
			form.Faults[i].Remedy = fmt.Sprintf("“%s”: %s", f.Value, f.Remedy)
			name = name[:at]
		}
		if name == "allows" {
			name = "kind"
		}
		form.Faults[i].Name = name
	}
}

// New handles GET /changes/windows/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r).Default("kind", string(window.Freeze))
	zone := p.Shell.View(r).Loc.String()
	return p.Shell.Render(w, r, formPage, p.formPage(r, "", form.Default("zone", zone)))
}

// Create handles POST /changes/windows/new.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	spec, err := read(form)
	if err == nil && form.Get("action") == "preview" {
		return p.preview(w, r, "", form, spec)
	}
	var s window.Stored
	if err == nil {
		s, err = p.Windows.Create(r.Context(), form.Get("name"), spec)
	}
	return p.answer(w, r, "", form, s, err, "The window is added")
}

// Edit handles GET /changes/windows/{name}/edit.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	s, err := p.Windows.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	if s.Managed != "" {
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", s.Managed).On(s.Ref().String())
	}
	return p.Shell.Render(w, r, formPage, p.formPage(r, s.Name, &web.Form{Values: values(s)}))
}

// Save handles POST /changes/windows/{name}/edit.
func (p *Pages) Save(w http.ResponseWriter, r *http.Request) error {
	form, name := web.NewForm(r), r.PathValue("name")
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return errs.BadField("version", form.Get("version"), "open the form again")
	}
	spec, err := read(form)
	if err == nil && form.Get("action") == "preview" {
		return p.preview(w, r, name, form, spec)
	}
	var s window.Stored
	if err == nil {
		s, err = p.Windows.Edit(r.Context(), name, version, spec)
	}
	return p.answer(w, r, name, form, s, err, "Saved")
}

// preview shows the form again with what the window would be.
func (p *Pages) preview(w http.ResponseWriter, r *http.Request, name string, form *web.Form, spec window.Spec) error {
	called := name
	if called == "" {
		called = form.Get("name")
	}
	if called == "" {
		called = "preview"
	}
	next, err := p.Windows.Preview(r.Context(), called, spec, 8)
	status := http.StatusOK
	if err != nil {
		if !form.Refused(err) {
			return err
		}
		place(form)
		status = http.StatusUnprocessableEntity
	}
	page := p.formPage(r, name, form)
	page.Next, page.Previewed = occurs(page.V, next), err == nil
	return p.Shell.RenderStatus(w, r, status, formPage, page)
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request, name string, form *web.Form, s window.Stored, err error, done string) error {
	if err == nil {
		return web.Redirect(w, r, s.Ref().Path(), done)
	}
	if !form.Refused(err) {
		return err
	}
	if name != "" {
		now, err := p.Windows.Get(r.Context(), name)
		if err != nil {
			return err
		}
		form.Stored(&web.Form{Values: values(now)})
	}
	place(form)
	return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, formPage, p.formPage(r, name, form))
}
