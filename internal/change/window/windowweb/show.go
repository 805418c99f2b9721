package windowweb

import (
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is one window.
type ShowPage struct {
	web.Page
	Window window.Stored
	Kind   string
	Does   string
	Now    web.Cell
	Facts  []web.Def
	Next   []Occurs
	Ask    *web.Confirm
	Week   string // the calendar where it comes next
}

// Occurs is one occurrence.
type Occurs struct {
	When, Note string
	Now        bool
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Edit reports whether the viewer may edit it here.
func (p *ShowPage) Edit() bool { return p.V.May(actor.Configure) && p.Window.Managed == "" }

const shown = 10

// Show handles GET /changes/windows/{name}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Windows.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, s.Title(), nav), Window: s, Kind: kindWords[s.Spec.Kind], Does: kindDoes[s.Spec.Kind], Week: calendarPath}
	page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: "Freezes and windows", Path: windowsPath})
	page.Live = s.Ref().String()
	next, err := p.Windows.Preview(r.Context(), s.Name, s.Spec, shown)
	if err != nil && s.Spec.Calendar == "" && len(s.Spec.Scope.Services) == 0 {
		return err
	}
	page.Next = occurs(page.V, next)
	if len(next) > 0 {
		page.Week += "?from=" + next[0].From.In(page.V.Loc).Format("2006-01-02")
	}
	page.Now = web.Cell{Text: "It does not take place any more"}
	if len(next) > 0 {
		st := window.Standing{On: !next[0].From.After(page.V.Now), Until: next[0].From}
		if st.On {
			st.Until = next[0].To
		}
		page.Now = standing(page.V, s.Spec.Kind, st)
	}
	def := func(term, text string) {
		if text != "" {
			page.Facts = append(page.Facts, web.Def{Term: term, Text: text})
		}
	}
	def("Kind", page.Kind+". "+page.Does+".")
	def("For", whom(s.Spec.Scope))
	def("Passes", strings.Join(s.Spec.Allows, ", "))
	def("When", when(s.Spec))
	def("Time zone", s.Spec.Zone)
	def("Also on", strings.Join(s.Spec.Also, ", "))
	def("Not on", strings.Join(s.Spec.Except, ", "))
	if s.Spec.Repeat != "" && repeats(s.Spec.Repeat) != s.Spec.Repeat {
		def("Rule", s.Spec.Repeat)
	}
	if page.Edit() && r.URL.Query().Get("delete") != "" {
		page.Ask = &web.Confirm{Path: s.Ref().Path() + "/delete", Title: "Delete " + s.Title() + "?", Text: "Gates stop asking it at once. What was decided with it keeps its name.", Button: "Delete it", Danger: true, Cancel: s.Ref().Path()}
	}
	return p.Shell.Render(w, r, showPage, page)
}

// occurs are occurrences in words.
func occurs(v *web.View, list []window.Span) (out []Occurs) {
	for _, s := range list {
		o := Occurs{When: spanText(s, v.Loc, v.Now), Now: !s.From.After(v.Now)}
		if s.To.IsZero() {
			o.Note = "without end"
		} else {
			o.Note = web.Dur(s.To.Sub(s.From))
		}
		out = append(out, o)
	}
	return out
}

// Delete handles POST /changes/windows/{name}/delete.
func (p *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	if err := p.Windows.Delete(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	return web.Redirect(w, r, windowsPath, "The window is deleted")
}
