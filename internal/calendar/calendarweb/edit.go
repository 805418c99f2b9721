package calendarweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// EditPage edits a calendar, or with New adds one.
type EditPage struct {
	web.Page
	New                 bool
	Action, Back        string
	Form                *web.Form
	Name, Heading, Zone web.Field
	Days                []web.Field
	Holidays            web.Field
}

var editPage = web.Parse(files, "edit.html", EditPage{})

func (p *Pages) editPage(r *http.Request, name string, form *web.Form) *EditPage {
	page := &EditPage{Page: p.Shell.Page(r, "Add a calendar", "settings"), New: name == "", Form: form, Action: base + "/new", Back: base}
	page.Crumbs, page.Narrow = crumbs, true
	if !page.New {
		page.Title, page.Back = "Edit "+name, ref.S(ref.Calendar, name).Path()
		page.Action = page.Back + "/edit"
	}
	page.Name = form.Input("name", "Name").Need().Limit(63).Say("berlin").Help("As teams and files call it: lower case and dashes. It never changes.")
	page.Heading = form.Input("title", "Title").Limit(100)
	page.Zone = form.Input("zone", "Time zone").Need().Limit(64).Say("Europe/Berlin").Help("IANA name. Hours follow its daylight saving.")
	if page.New {
		page.Name = page.Name.First()
	} else {
		page.Heading = page.Heading.First()
	}
	for i, d := range calendar.Weekdays {
		page.Days = append(page.Days, form.Input(d, weekday(i)).Limit(400).Say("closed"))
	}
	page.Holidays = form.Area("holidays", "Holidays", 6).Limit(300_000).Say("2026-12-25 Christmas Day").Help("One a line, the date first")
	return page
}

// read turns the form into a spec.
func read(form *web.Form) calendar.Spec {
	s := calendar.Spec{Title: form.Get("title"), Zone: form.Get("zone")}
	for i, list := range s.Hours.Week() {
		for _, part := range strings.FieldsFunc(form.Get(calendar.Weekdays[i]), func(r rune) bool { return r == ',' || r == ';' }) {
			if part = strings.ReplaceAll(strings.TrimSpace(part), "–", "-"); part != "" {
				*list = append(*list, part)
			}
		}
	}
	for line := range strings.Lines(form.Get("holidays")) {
		if line = strings.TrimSpace(line); line != "" {
			date, name, _ := strings.Cut(line, " ")
			s.Holidays = append(s.Holidays, calendar.Holiday{Date: date, Name: strings.TrimSpace(name)})
		}
	}
	return s
}

// values are a spec as the form shows it.
func values(c calendar.Stored) url.Values {
	v := url.Values{"title": {c.Spec.Title}, "zone": {c.Spec.Zone}, "version": {strconv.FormatInt(c.Version, 10)}}
	for i, list := range c.Spec.Hours.Week() {
		v.Set(calendar.Weekdays[i], strings.Join(*list, ", "))
	}
	var lines []string
	for _, h := range c.Spec.Holidays {
		lines = append(lines, strings.TrimSpace(h.Date+" "+h.Name))
	}
	v.Set("holidays", strings.Join(lines, "\n"))
	return v
}

// place moves faults to the boxes they were typed in: "hours.monday[1]" to
// "monday", "holidays[3].date" to "holidays".
func place(form *web.Form) {
	for i, f := range form.Faults {
		name := strings.TrimPrefix(f.Name, "hours.")
		if at := strings.IndexByte(name, '['); at >= 0 {
			form.Faults[i].Name, form.Faults[i].Remedy = name[:at], fmt.Sprintf("“%s”: %s", f.Value, f.Remedy)
		}
	}
}

// New handles GET /settings/calendars/new.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form := web.NewForm(r)
	for _, d := range calendar.Weekdays[:5] {
		form.Default(d, "09:00-17:00")
	}
	return p.Shell.Render(w, r, editPage, p.editPage(r, "", form.Default("zone", "UTC")))
}

// Create handles POST /settings/calendars/new.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	c, err := p.Calendars.Create(r.Context(), form.Get("name"), read(form))
	return p.answer(w, r, "", form, c, err, "The calendar is added")
}

// Edit handles GET /settings/calendars/{name}/edit.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	c, err := p.Calendars.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	switch {
	case c.Managed != "":
		return errs.E(errs.Conflict, "it is managed in git (%s): change it there and run evenkeel apply", c.Managed).On(c.Ref().String())
	case c.Name == calendar.Forever:
		return errs.E(errs.Conflict, "it is built in and stays as it is").On(c.Ref().String())
	}
	return p.Shell.Render(w, r, editPage, p.editPage(r, c.Name, &web.Form{Values: values(c)}))
}

// Save handles POST /settings/calendars/{name}/edit.
func (p *Pages) Save(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return errs.BadField("version", form.Get("version"), "open the form again")
	}
	c, err := p.Calendars.Edit(r.Context(), r.PathValue("name"), version, read(form))
	return p.answer(w, r, r.PathValue("name"), form, c, err, "Saved")
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request, name string, form *web.Form, c calendar.Stored, err error, done string) error {
	if err == nil {
		return web.Redirect(w, r, c.Ref().Path(), done)
	}
	if !form.Refused(err) {
		return err
	}
	if name != "" {
		now, err := p.Calendars.Get(r.Context(), name)
		if err != nil {
			return err
		}
		form.Stored(&web.Form{Values: values(now)})
	}
	place(form)
	return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, editPage, p.editPage(r, name, form))
}
