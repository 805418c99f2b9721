package oncallweb

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage lists the schedules.
type ListPage struct {
	web.Page
	Tabs  []web.Tab
	Table web.Table
	Pager web.Pager
	Empty web.Empty
	Teach []web.Def
}

var listPage = web.Parse(files, "list.html", ListPage{})

// Configure reports whether the viewer may add a schedule.
func (p *ListPage) Configure() bool { return p.V.May(actor.Configure) }

// List handles GET /oncall/schedules.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, more, err := p.Oncall.List(r.Context(), q.Get("team"), q.Get("after"), 50)
	if err != nil {
		return err
	}
	page := &ListPage{Page: p.Shell.Page(r, "On-call schedules", nav), Tabs: p.tabs(base), Empty: p.empty(p.Shell.View(r))}
	page.Crumbs = crumbs[:1]
	page.Table = web.Table{Label: "On-call schedules", V: page.V, Columns: []web.Column{{Title: "Schedule", Phone: true}, {Title: "Team", Width: 150}, {Title: "People", Width: 80, Right: true}, {Title: "Zone", Width: 160}, {Title: "Changed", Width: 170}}}
	for _, s := range list {
		changed := web.Cell{At: s.Updated}
		if s.Managed != "" {
			changed.Tag = &web.Tag{Text: "git", Icon: "brand-git"}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: s.Title(), Path: s.Ref().Path(), Sub: summary(s.Spec)}, {Text: teamOr(s.Spec.Team)},
			{Text: web.Count(len(handles(s.Spec)))}, {Text: s.Spec.Zone}, changed}})
	}
	if more {
		next := url.Values{"after": {list[len(list)-1].Name}}
		if t := q.Get("team"); t != "" {
			next.Set("team", t)
		}
		page.Pager = web.Pager{Older: base + "?" + next.Encode(), Shown: web.Plural(len(list), "schedule", "schedules") + " shown, by name"}
	}
	if len(list) == 0 && q.Get("team") != "" {
		page.Empty = web.Empty{Icon: "users", Title: "No schedule of this team", Text: "Team " + q.Get("team") + " owns no on-call schedule.", Button: &web.Button{Title: "All schedules", Path: base}}
	} else if len(list) == 0 {
		page.Teach = []web.Def{
			{Term: "Layer", Text: "A rotation: people in turn, each for so many hours, days or weeks."},
			{Term: "On top", Text: "Where a layer has somebody, it replaces those below; a layer for nights or holidays lies on top of the weekly one."},
			{Term: "Hours", Text: "A layer can count at some hours only. Three layers in three zones follow the sun."},
			{Term: "Override", Text: "Somebody comes instead, for a time. A swap is one that both agreed to."},
			{Term: "Hand-off", Text: "At a time on the wall. In the night when the clock changes it happens once, and nobody is missing."},
		}
	}
	return p.Shell.Render(w, r, listPage, page)
}

// handles are the people of a spec, each once, in their order.
func handles(s oncall.Spec) (out []string) {
	seen := map[string]bool{}
	for _, l := range s.Layers {
		for _, shift := range l.Shifts {
			for _, h := range shift {
				if !seen[h] {
					seen[h] = true
					out = append(out, h)
				}
			}
		}
	}
	return out
}

// summary says the layers in short: "weekly, 4 people · nights, 2 people".
func summary(s oncall.Spec) string {
	var parts []string
	for _, l := range s.Layers {
		part := every(l.Every)
		if l.Name != "" {
			part = l.Name + " " + part
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " · ")
}

// every says the length of a shift in words: "every week", "every 12 hours".
func every(iso string) string {
	n, unit := splitEvery(iso)
	word := map[string]string{"h": "hour", "d": "day", "w": "week", "m": "minute"}[unit]
	if word == "" {
		return iso
	}
	if n == "1" {
		return "every " + word
	}
	return "every " + n + " " + word + "s"
}

// hm is a time of day in a zone.
func hm(t time.Time, loc *time.Location) string { return t.In(loc).Format("15:04") }
