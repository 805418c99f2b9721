package changeweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ModelsPage lists the models of standard changes with how they went.
type ModelsPage struct {
	web.Page
	Table web.Table
	Pager web.Pager
	Empty web.Empty
	May   bool
}

// ModelPage is one model.
type ModelPage struct {
	web.Page
	Model change.Model
	State web.Tag
	About []web.Def
	Scope []web.Def
	Rule  string
	Rate  string
	Left  string // how far it is from losing its pre-approval
	Wide  float64
	Bad   bool
	Table web.Table
	May   bool
}

var (
	modelsPage = web.Parse(files, "models.html", ModelsPage{})
	modelPage  = web.Parse(files, "model.html", ModelPage{})
)

const modelsPath = "/changes/models"

var modelCrumbs = append(crumbs[:1:1], web.Crumb{Title: "Models", Path: modelsPath})

// Models handles GET /changes/models.
func (p *Pages) Models(w http.ResponseWriter, r *http.Request) error {
	page := &ModelsPage{Page: p.Shell.Page(r, "Models of standard changes", nav)}
	page.Crumbs, page.May, page.Live = crumbs, page.V.May(actor.Configure), "*"
	after := r.URL.Query().Get("after")
	list, more, err := p.Changes.Models(r.Context(), after, 50)
	if err != nil {
		return err
	}
	page.Table = web.Table{V: page.V, Label: "Models", Columns: []web.Column{{Title: "Model", Phone: true}, {Title: "State", Width: 150, Phone: true}, {Title: "Covers"}, {Title: "Used", Width: 90, Right: true}, {Title: "Failed", Width: 140, Right: true}, {Title: "Expires", Width: 120}}}
	for _, m := range list {
		state := modelState(page.V, m)
		rate, tone := modelRate(m)
		page.Table.Rows = append(page.Table.Rows, web.Row{Quiet: m.State != change.ModelApproved, Cells: []web.Cell{{Text: m.Heading(), Path: m.Ref().Path(), Sub: m.Spec.Description}, {Tag: &state}, {Text: covers(m.Spec)}, {Text: web.Count(m.Used)}, {Text: rate, Tone: tone}, {Text: expires(m.Spec)}}})
	}
	if more {
		page.Pager = web.Pager{Older: modelsPath + "?after=" + url.QueryEscape(list[len(list)-1].Name), Shown: web.Plural(len(list), "shown", "shown")}
	}
	page.Empty = web.Empty{Icon: "checklist", Title: "There is no model yet", Text: "A model pre-approves a kind of change that was done often and went well: renewing a certificate, adding capacity. Within its scope and conditions nobody is asked. If its changes fail too often, it loses that by rule."}
	if page.May {
		page.Empty.Button = &web.Button{Title: "Add a model…", Icon: "plus", Tone: "primary", Path: modelsPath + "/new"}
	}
	return p.Shell.Render(w, r, modelsPage, page)
}

func modelState(v *web.View, m change.Model) web.Tag {
	switch {
	case m.State == change.ModelWithdrawn:
		return web.Tag{Text: "Withdrawn", Tone: "red", Icon: "ban"}
	case m.Expired(v.Now):
		return web.Tag{Text: "Expired", Tone: "amber", Icon: "clock"}
	}
	return web.Tag{Text: "Pre-approved", Tone: "green", Icon: "check"}
}

// modelRate is the share that failed, with what it is a share of.
func modelRate(m change.Model) (text, tone string) {
	if m.Used == 0 {
		return "no data", ""
	}
	limit, uses := m.Limit()
	share := float64(m.Failed) / float64(m.Used)
	if share > limit {
		tone = "amber"
		if m.Used >= uses {
			tone = "red"
		}
	}
	return fmt.Sprintf("%d (%.0f %%)", m.Failed, share*100), tone
}

func covers(s change.ModelSpec) string {
	var parts []string
	if len(s.Services) > 0 {
		parts = append(parts, strings.Join(s.Services, ", "))
	}
	if len(s.Teams) > 0 {
		parts = append(parts, "services of "+strings.Join(s.Teams, ", "))
	}
	if len(parts) == 0 {
		parts = []string{"all services"}
	}
	if len(s.Kinds) > 0 {
		var kinds []string
		for _, k := range s.Kinds {
			kinds = append(kinds, string(k))
		}
		parts = append(parts, strings.Join(kinds, ", "))
	}
	return strings.Join(parts, "; ")
}

func expires(s change.ModelSpec) string {
	if s.Expires == "" {
		return "never"
	}
	return s.Expires
}

// Model handles GET /changes/models/{name}.
func (p *Pages) Model(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Changes.Model(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	page := &ModelPage{Page: p.Shell.Page(r, m.Heading(), nav), Model: m}
	page.Crumbs, page.May, page.Live = modelCrumbs, page.V.May(actor.Configure), m.Ref().String()
	page.State = modelState(page.V, m)
	page.describe()
	rows, _, err := p.Changes.List(r.Context(), change.Filter{Model: m.Name}, "", 20)
	if err != nil {
		return err
	}
	list := &ListPage{Page: page.Page}
	if err := p.table(r, list, rows); err != nil {
		return err
	}
	page.Table = list.Table
	return p.Shell.Render(w, r, modelPage, page)
}

func (p *ModelPage) describe() {
	m, s := p.Model, p.Model.Spec
	limit, uses := m.Limit()
	p.Rule = fmt.Sprintf("It loses its pre-approval when more than %.0f %% of its changes failed, once %d were completed.", limit*100, uses)
	p.Rate, p.Left = "No data:", "none of its changes was completed since "+p.V.Local(m.Since)
	if m.Used > 0 {
		share := float64(m.Failed) / float64(m.Used)
		p.Rate, p.Wide, p.Bad = fmt.Sprintf("%.0f %% failed", share*100), min(100, share*100), share > limit
		p.Left = fmt.Sprintf("%d of %s failed since %s", m.Failed, web.Plural(m.Used, "change", "changes"), p.V.Local(m.Since))
	}
	p.About = []web.Def{{Term: "Name", Text: m.Name}, {Term: "Version", Text: strconv.FormatInt(m.Version, 10)}, {Term: "Pre-approved", HTML: p.V.Full(m.Since)}, {Term: "Expires", Text: expires(s)}}
	if m.Managed != "" {
		p.About = append(p.About, web.Def{Term: "Managed in git", Text: m.Managed})
	}
	add := func(term, text string) {
		if text != "" {
			p.Scope = append(p.Scope, web.Def{Term: term, Text: text})
		}
	}
	most := func(n int, what string) string {
		if n == 0 {
			return ""
		}
		return "at most " + web.Count(n) + " " + what
	}
	add("Covers", covers(s))
	add("Environments", strings.Join(s.Environments, ", "))
	var conditions []string
	for _, x := range []string{most(s.Conditions.MaxLines, "lines"), most(s.Conditions.MaxFiles, "files"), most(s.Conditions.MaxResources, "resources")} {
		if x != "" {
			conditions = append(conditions, x)
		}
	}
	if s.Conditions.Tests {
		conditions = append(conditions, "tests of the commit passed")
	}
	if s.Conditions.BusinessHours {
		conditions = append(conditions, "in business hours")
	}
	if len(conditions) == 0 {
		conditions = []string{"none"}
	}
	add("Conditions", upper(strings.Join(conditions, "; ")))
	add("Starts with the title", s.Template.Title)
	add("Rollback plan", s.Template.RollbackPlan)
	add("Automated rollback", s.Template.RollbackRef)
}
