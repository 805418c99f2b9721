package oncallweb

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ImportPage takes shifts from a calendar file as overrides, in two steps: the
// file, and who each of its titles is.
type ImportPage struct {
	web.Page
	Action, Back string
	Form         *web.Form
	Text         web.Field
	Weeks        web.Field
	Step         int
	File         string // the file's text, carried through the form
	Titles       []importTitle
	Rows         web.Table
	Left         []string // of the file, not understood
	Already      int
	New          int
	Picture      template.HTML
	Span         string
	Handles      []oncall.Who
	InZone       string
}

// importTitle is one distinct summary of the file and who is meant by it.
type importTitle struct {
	web.Field
	Title string
	N     int
}

var importPage = web.Parse(files, "import.html", ImportPage{})

// importForm is the page with what was typed.
func (p *Pages) importPage(r *http.Request, s oncall.Schedule, form *web.Form) *ImportPage {
	page := &ImportPage{Page: p.Shell.Page(r, "Import a calendar file", nav), Form: form, Action: s.Ref().Path() + "/import", Back: s.Ref().Path(), Step: 1, InZone: s.Spec.Zone}
	page.Crumbs = crumbsOf(s)
	page.Text = form.Area("text", "Or paste its text", 6).Limit(2 << 20).Say("BEGIN:VCALENDAR")
	form.Default("weeks", "8")
	page.Weeks = form.Select("weeks", "How far ahead", web.Option{Value: "4", Title: "4 weeks"}, web.Option{Value: "8", Title: "8 weeks"}, web.Option{Value: "26", Title: "half a year"}, web.Option{Value: "52", Title: "a year"}).Need()
	return page
}

// ImportForm handles GET /oncall/schedules/{name}/import.
func (p *Pages) ImportForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Respond); err != nil {
		return err
	}
	s, err := p.Oncall.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, importPage, p.importPage(r, s, &web.Form{Values: url.Values{}}))
}

// Import handles POST /oncall/schedules/{name}/import: the preview, or with
// do=import the overrides.
func (p *Pages) Import(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return err
	}
	s, err := p.Oncall.Get(ctx, r.PathValue("name"))
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 5<<20)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		if err := r.ParseMultipartForm(4 << 20); err != nil {
			return errs.BadField("file", "", "use a file of at most 2 MiB")
		}
	}
	form := web.NewForm(r)
	if file := upload(r); file != "" {
		form.Values.Set("text", file)
	}
	page := p.importPage(r, s, form)
	plan, err := p.plan(ctx, s, form, page)
	if err == nil && form.Get("do") == "import" {
		var n int
		if n, err = p.take(ctx, s, plan); err == nil {
			return web.Redirect(w, r, page.Back, fmt.Sprintf("%s made", web.Plural(n, "override", "overrides")))
		}
	}
	if err != nil && !form.Refused(err) {
		return err
	}
	status := http.StatusOK
	if err != nil || len(form.Faults) > 0 {
		status = http.StatusUnprocessableEntity
		page = p.importAgain(r, s, form, page)
	}
	if page.Step == 2 {
		if err := p.importPicture(r, s, plan, page); err != nil {
			return err
		}
	}
	return p.Shell.RenderStatus(w, r, status, importPage, page)
}

// importAgain keeps the second step when its own answers were wrong.
func (p *Pages) importAgain(r *http.Request, s oncall.Schedule, form *web.Form, old *ImportPage) *ImportPage {
	page := p.importPage(r, s, form)
	page.Step, page.File, page.Titles, page.Rows, page.Left, page.Already, page.New, page.Handles = old.Step, old.File, old.Titles, old.Rows, old.Left, old.Already, old.New, old.Handles
	for i, t := range page.Titles {
		page.Titles[i].Field = form.Input(t.Name, t.Title).Limit(64)
	}
	return page
}

// upload is the text of the chosen file; empty when there is none.
func upload(r *http.Request) string {
	if r.MultipartForm == nil {
		return ""
	}
	f, _, err := r.FormFile("file")
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 2<<20+1))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
