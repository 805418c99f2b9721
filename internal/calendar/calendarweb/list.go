package calendarweb

import (
	"net/http"
	"net/url"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage lists the calendars.
type ListPage struct {
	web.Page
	Table web.Table
	Pager web.Pager
}

var listPage = web.Parse(files, "list.html", ListPage{})

// Configure reports whether the viewer may add a calendar.
func (p *ListPage) Configure() bool { return p.V.May(actor.Configure) }

// List handles GET /settings/calendars.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	list, more, err := p.Calendars.List(r.Context(), r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	page := &ListPage{Page: p.Shell.Page(r, "Business calendars", "settings")}
	page.Crumbs = crumbs[:1]
	page.Table = web.Table{Label: "Business calendars", V: page.V, Columns: []web.Column{{Title: "Calendar", Phone: true}, {Title: "Zone", Width: 160}, {Title: "Holidays", Width: 90, Right: true}, {Title: "Changed", Width: 170}}}
	for _, c := range list {
		changed := web.Cell{At: c.Updated}
		if c.Version == 0 {
			changed = web.Cell{Text: "built in"}
		} else if c.Managed != "" {
			changed.Tag = &web.Tag{Text: "git", Icon: "brand-git"}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Text: title(c), Path: c.Ref().Path(), Sub: summary(c.Spec)}, {Text: c.Spec.Zone},
			{Text: web.Count(len(c.Spec.Holidays))}, changed}})
	}
	if more {
		page.Pager = web.Pager{Older: base + "?after=" + url.QueryEscape(list[len(list)-1].Name), Shown: web.Plural(len(list), "calendar", "calendars") + " shown, by name"}
	}
	return p.Shell.Render(w, r, listPage, page)
}
