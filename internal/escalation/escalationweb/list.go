package escalationweb

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage lists the policies, and what would go wrong with them now.
type ListPage struct {
	web.Page
	Tabs  []web.Tab
	Table web.Table
	Pager web.Pager
	Holes []hole
	Empty web.Empty
}

type hole struct {
	Path, Title, Step, Why string
	All                    bool
}

var listPage = web.Parse(files, "list.html", ListPage{})

// Configure reports whether the viewer may add a policy.
func (p *ListPage) Configure() bool { return p.V.May(actor.Configure) }

// List handles GET /oncall/policies.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.Policies.List(r.Context(), r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	holes, err := p.Policies.HolesNow(r.Context())
	if err != nil {
		return err
	}
	page := &ListPage{Page: p.Shell.Page(r, "Escalation policies", "oncall")}
	page.Crumbs = crumbs[:1]
	for _, t := range p.Tabs {
		t.Current = t.Path == base
		page.Tabs = append(page.Tabs, t)
	}
	wrong := map[string]string{}
	for _, h := range holes {
		if wrong[h.Policy] = "a step reaches nobody"; h.All {
			wrong[h.Policy] = "reaches nobody"
		}
		page.Holes = append(page.Holes, holeOf(h))
	}
	page.Table = web.Table{Label: "Escalation policies", V: page.V, Columns: []web.Column{{Title: "Policy", Phone: true}, {Title: "Serves", Width: 220}, {Title: "Steps", Width: 70, Right: true}, {Title: "Changed", Width: 170}}}
	for _, s := range list {
		name := web.Cell{Text: s.Title(), Path: s.Ref().Path(), Sub: route(s.Spec)}
		if text := wrong[s.Name]; text != "" {
			name.Tag = &web.Tag{Text: text, Tone: "amber", Icon: "alert-triangle"}
		}
		changed := web.Cell{At: s.Updated}
		if s.Managed != "" {
			changed.Tag = &web.Tag{Text: "git", Icon: "brand-git"}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{name, {Text: serves(s.Spec)}, {Text: web.Count(len(s.Spec.Steps))}, changed}})
	}
	page.Empty = web.Empty{Icon: "stack-2", Title: "No escalation policies yet", Text: "Until a policy serves a team, all its members and leads are paged at once. A policy pages who is on call first, then the next, and never stops silently."}
	if page.Configure() {
		page.Empty.Button = &web.Button{Title: "Add a policy…", Path: base + "/new", Tone: "primary"}
	}
	if more {
		page.Pager = web.Pager{Older: base + "?after=" + url.QueryEscape(list[len(list)-1].Name), Shown: web.Plural(len(list), "policy", "policies") + " shown, by name"}
	}
	return p.Shell.Render(w, r, listPage, page)
}

func holeOf(h escalation.Hole) hole {
	x := hole{Path: h.Ref().Path(), Title: h.Title, Why: h.Why, All: h.All, Step: "step " + web.Count(h.Step)}
	if h.All {
		x.Step = "every step"
	}
	return x
}

// serves says whom a policy serves.
func serves(s escalation.Spec) string {
	var parts []string
	if n := len(s.Teams); n > 2 {
		parts = append(parts, web.Plural(n, "team", "teams"))
	} else if n > 0 {
		parts = append(parts, "team "+strings.Join(s.Teams, ", "))
	}
	if n := len(s.Services); n > 2 {
		parts = append(parts, web.Plural(n, "service", "services"))
	} else if n > 0 {
		parts = append(parts, strings.Join(s.Services, ", "))
	}
	if len(parts) == 0 {
		return "only other policies"
	}
	return strings.Join(parts, " · ")
}

// route says the steps in one line: "payments-primary, 5 min, @priya".
func route(s escalation.Spec) string {
	var parts []string
	for n, step := range s.Steps {
		if d := escalation.Wait(step.After); d > 0 {
			parts = append(parts, escalation.Spoken(d))
		} else if n > 0 {
			parts = append(parts, "at once")
		}
		var who []string
		for _, t := range step.Notify {
			l := lineOf(t)
			switch {
			case t.NextOf != "":
				who = append(who, "next of "+t.NextOf)
			case l.Name != "":
				who = append(who, l.Name)
			default:
				who = append(who, t.Role)
			}
		}
		parts = append(parts, strings.Join(who, " + "))
		if len(parts) > 7 && n < len(s.Steps)-1 {
			parts = append(parts, "…")
			break
		}
	}
	return strings.Join(parts, " → ")
}
