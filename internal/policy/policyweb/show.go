package policyweb

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is what decides now, and the versions.
type ShowPage struct {
	web.Page
	Tabs     []web.Tab
	Active   policy.Version
	Rules    []Rule
	About    []web.Def
	Figures  []web.Def
	Shadow   *Beside
	Versions web.Table
	Older    string
	May      bool
}

// Beside is the shadow in a sentence.
type Beside struct{ Key, Path, Says string }

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /changes/policy.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	page := &ShowPage{Page: p.Shell.Page(r, "Policy", nav), Tabs: p.tabs()}
	page.Crumbs, page.May = crumbs[:1], page.V.May(actor.Configure)
	var before int64
	if text := r.URL.Query().Get("before"); text != "" {
		before, _ = number(text) // a wrong one begins anew
	}
	list, more, err := p.Policies.Versions(ctx, before, 20)
	if err != nil {
		return err
	}
	c, err := p.Policies.Deciding(ctx)
	if err != nil {
		return err
	}
	var active, shadow int64
	found := false
	for newest, again := list, more; ; { // the two that count are nearly always among the newest
		for _, v := range newest {
			switch v.State {
			case policy.Active:
				active, found = v.ID, true
			case policy.Shadow:
				shadow = v.ID
			}
		}
		if found || !again {
			break
		}
		if newest, again, err = p.Policies.Versions(ctx, newest[len(newest)-1].ID, 100); err != nil {
			return err
		}
	}
	if page.Active, err = p.Policies.Get(ctx, active); err != nil {
		return err
	}
	names, err := p.names(r, append(list, page.Active)...)
	if err != nil {
		return err
	}
	page.Rules = rules(page.Active.Modules)
	page.About, page.Figures = about(page.V, page.Active, names), figures(c.Settings())
	if shadow != 0 {
		v := policy.Version{ID: shadow}
		s, err := p.Past.Shadowed(ctx, shadow, 200)
		if err != nil {
			return err
		}
		page.Shadow = &Beside{v.Ref().String(), v.Ref().Path(), fmt.Sprintf("of %s it would have decided %s differently", web.Plural(s.Answers, "question", "questions"), web.Count(len(s.Pairs)))}
		if s.Answers == 0 {
			page.Shadow.Says = "no gate was asked since"
		}
	}
	page.Versions = versions(page.V, list, names)
	if more {
		page.Older = path + "?before=" + list[len(list)-1].Ref().String()
	}
	return p.Shell.Render(w, r, showPage, page)
}

func about(v *web.View, x policy.Version, names map[int64]string) (out []web.Def) {
	out = []web.Def{{Term: "Version", Text: x.Ref().String(), Path: x.Ref().Path()}}
	if !x.Activated.IsZero() {
		out = append(out, web.Def{Term: "Since", HTML: v.Time(x.Activated), Sub: names[x.DecidedBy]})
	}
	if x.Reason != "" {
		out = append(out, web.Def{Term: "Why", Text: x.Reason})
	}
	if x.Note != "" {
		out = append(out, web.Def{Term: "Note", Text: x.Note})
	}
	if x.Tests > 0 {
		out = append(out, web.Def{Term: "Tests", Text: fmt.Sprintf("%d, all passed when it was kept", x.Tests)})
	}
	if x.Commit != "" {
		out = append(out, web.Def{Term: "Applied from", Text: x.Commit})
	}
	return append(out, web.Def{Term: "Digest", Text: x.Digest[:min(len(x.Digest), 19)] + "…"})
}

// figures are what rules compare with.
func figures(s policy.Settings) []web.Def {
	never := func(off bool, text string) string {
		if off {
			return "never"
		}
		return text
	}
	return []web.Def{
		{Term: "A peer looks at it from", Text: fmt.Sprintf("risk %d", s.Medium)},
		{Term: "The change authority from", Text: fmt.Sprintf("risk %d", s.High)},
		{Term: "A way back is needed from", Text: never(s.RollbackFrom > 100, fmt.Sprintf("risk %d", s.RollbackFrom))},
		{Term: "An owner looks below", Text: fmt.Sprintf("%.0f %% of the error budget", 100*s.LowBudget)},
		{Term: "When it is spent, only", Text: strings.Join(s.SpentAllows, ", ")},
		{Term: "An owner looks from", Text: fmt.Sprintf("%d other services or %d other teams hit", s.BoundaryServices, s.BoundaryTeams)},
		{Term: "Always a peer", Text: never(s.ReviewTier < 0, fmt.Sprintf("for services of tier 0 to %d", s.ReviewTier))},
		{Term: "Open incidents ask an owner", Text: fmt.Sprintf("P1 to P%d", s.IncidentPriority)},
	}
}

func versions(v *web.View, list []policy.Version, names map[int64]string) web.Table {
	t := web.Table{Label: "Versions of the policy", V: v, Columns: []web.Column{{Title: "Version", Width: 110, Phone: true}, {Title: "State", Width: 150, Phone: true}, {Title: "What for"}, {Title: "Tests", Width: 70, Right: true}, {Title: "Made", Width: 170}}}
	for _, x := range list {
		tag := stateOf(x)
		row := web.Row{Quiet: x.State == policy.Retired, Cells: []web.Cell{{Text: x.Ref().String(), Path: x.Ref().Path()}, {Tag: &tag}, {Text: x.Note, Sub: x.Reason}, {Text: "–"}, {}}}
		if x.Tests > 0 {
			row.Cells[3].Text = web.Count(x.Tests)
		}
		if !x.Created.IsZero() {
			row.Cells[4] = web.Cell{HTML: v.Time(x.Created), Sub: names[x.MadeBy]}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
