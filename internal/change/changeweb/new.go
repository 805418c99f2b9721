package changeweb

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// NewPage opens a change by hand, for what no pipeline does; it shows what the
// gate would say before anything is kept.
type NewPage struct {
	web.Page
	Form     *web.Form
	Services web.Field
	Names    []string // of the catalog, to choose from
	What     []web.Field
	Code     []web.Field
	From, To web.Field
	More     []web.Field

	Decision *decision // of a preview
	Risk     *riskBox
	Line     string
	Advice   []string
	Clear    bool // nothing is in the way
	Free     string
}

var newPage = web.Parse(files, "new.html", NewPage{})

// New handles GET /changes/new; the query fills in fields.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Respond); err != nil {
		return err
	}
	page, err := p.newPage(r, web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, newPage, page)
}

func (p *Pages) newPage(r *http.Request, f *web.Form) (*NewPage, error) {
	page := &NewPage{Page: p.Shell.Page(r, "Open a change", nav), Form: f}
	page.Crumbs = crumbs
	f.Default("kind", string(change.Config)).Default("type", string(change.Normal)).Default("purpose", string(change.Feature))
	if p.Services != nil {
		names, err := p.Services(r.Context())
		if err != nil {
			return nil, err
		}
		page.Names = names
	}
	page.Services = f.Input("services", "Services").Need().First().Say("checkout").Help("The main one first; several with commas")
	page.What = []web.Field{f.Input("title", "What is done").Need().Limit(200).Say("Raise the connection pool of payments to 40"), f.Select("kind", "Kind", options(change.Kinds)...)}
	page.Code = []web.Field{f.Input("commit", "Commit").Limit(64).Help("The full hash; a deployment needs it, or an artefact"), f.Input("artefact", "Artefact").Limit(200).Say("5.14.0"), f.Input("environment", "Environment").Limit(60).Say("production")}
	page.From = f.Input("from", "From").As("datetime-local").Help("In " + page.V.ZoneName() + "; empty: as soon as it is allowed")
	page.To = f.Input("to", "To").As("datetime-local").Help("Empty: an hour later")
	page.More = aboutFields(f)
	return page, nil
}

func wordsIn(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",; \n\r\t", r) })
}

// asked reads the question that the form asks the gate. Who fills it in is the
// author, so that four eyes hold.
func (p *Pages) asked(v *web.View, f *web.Form) (a change.Ask, err error) {
	text := func(name string) string { return strings.ReplaceAll(f.Get(name), "\r\n", "\n") }
	a = change.Ask{Services: wordsIn(f.Get("services")), Environment: text("environment"), Type: change.Type(f.Get("type")), Kind: change.Kind(f.Get("kind")), Purpose: change.Purpose(f.Get("purpose")), Model: text("model"),
		Title: text("title"), Summary: text("summary"), Commit: text("commit"), Artefact: text("artefact"), Author: v.Handle, RollbackPlan: text("rollback_plan"), RollbackRef: text("rollback_ref"), Source: "page"}
	a.PlannedFrom, a.PlannedTo, err = planned(v, f)
	if err == nil && len(a.Services) == 0 {
		err = errs.BadField("services", "", "name a service of the catalog")
	}
	if err == nil && a.Title == "" && a.Model == "" {
		err = errs.BadField("title", "", "say in a few words what is done")
	}
	return a, err
}

// Open handles POST /changes/new: do=preview shows what the gate would say.
func (p *Pages) Open(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, actor.Respond); err != nil {
		return err
	}
	f, v := web.NewForm(r), p.Shell.View(r)
	a, err := p.asked(v, f)
	var out change.Answer
	preview := f.Get("do") == "preview"
	if err == nil {
		if preview {
			out, err = p.Changes.Preview(ctx, a)
		} else {
			out, err = p.Changes.Ask(ctx, a)
		}
	}
	if err != nil {
		if !f.Refused(err) {
			return err
		}
		place(f)
		page, err := p.newPage(r, f)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, newPage, page)
	}
	if !preview {
		return web.Redirect(w, r, out.Path, "Opened, and the gate was asked")
	}
	page, err := p.newPage(r, f)
	if err != nil {
		return err
	}
	if err := p.foresee(r, page, a, out); err != nil {
		return err
	}
	return p.Shell.Render(w, r, newPage, page)
}

// place moves faults to the boxes they were typed in.
func place(f *web.Form) {
	for i, x := range f.Faults {
		name, _, _ := strings.Cut(x.Name, "[")
		switch name {
		case "planned_from":
			name = "from"
		case "planned_to":
			name = "to"
		case "author":
			name = "title"
		}
		f.Faults[i].Name = name
	}
}

// foresee fills in what the gate would say, and what is in the way.
func (p *Pages) foresee(r *http.Request, page *NewPage, a change.Ask, out change.Answer) error {
	s, err := p.Changes.Settings(r.Context())
	if err != nil {
		return err
	}
	page.Decision, page.Risk, page.Line = decisionOf(out.Decision, s.Thresholds), riskOf(out.Decision, s.Thresholds), out.Line
	if p.Windows == nil {
		return nil
	}
	span := window.Span{From: a.PlannedFrom, To: a.PlannedTo}
	if span.From.IsZero() {
		span.From = page.V.Now
	}
	c := out.Change
	adv, err := p.Windows.Advise(r.Context(), window.Draft{Change: c.ID, Services: c.Services, Environment: c.Environment, Type: string(c.Type), Purpose: string(c.Purpose), Kind: string(c.Kind), Span: span})
	if errs.Is(err, errs.Invalid) { // the span is too long or long past: the decision says enough
		return nil
	}
	if err != nil {
		return err
	}
	v := page.V
	for _, w := range adv.Warnings {
		switch w.Kind {
		case "collision":
			other := w.Other
			if other.ID == c.ID {
				other = w.Change
			}
			page.Advice = append(page.Advice, fmt.Sprintf("%s (%s) is on %s from %s to %s", change.Change{ID: other.ID}.Key(), other.Title, w.Service, v.Local(other.From), v.Local(other.To)))
		case "freeze":
			page.Advice = append(page.Advice, "The freeze “"+w.Window.Title()+"” holds it until "+v.Local(w.To))
		case "outside":
			page.Advice = append(page.Advice, "It must start inside “"+w.Window.Title()+"”")
		}
	}
	page.Clear = len(page.Advice) == 0
	if !page.Clear && !adv.Free.IsZero() {
		page.Free = v.Local(adv.Free)
	}
	return nil
}
