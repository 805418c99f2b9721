package windowweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage lists the windows.
type ListPage struct {
	web.Page
	Kinds []web.Tab
	Table web.Table
	Pager web.Pager
	Empty web.Empty
	Says  string
}

var listPage = web.Parse(files, "list.html", ListPage{})

// Configure reports whether the viewer may add one.
func (p *ListPage) Configure() bool { return p.V.May(actor.Configure) }

const listed = 50

// List handles GET /changes/windows.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	kind := window.Kind(r.URL.Query().Get("kind"))
	if _, ok := kindWords[kind]; !ok && kind != "" {
		return errs.BadField("kind", string(kind), "choose freeze, change-window, maintenance or release-train")
	}
	list, more, err := p.Windows.List(r.Context(), kind, r.URL.Query().Get("after"), listed)
	if err != nil {
		return err
	}
	standings, err := p.Windows.Standings(r.Context())
	if err != nil {
		return err
	}
	now := map[string]window.Standing{}
	for _, s := range standings {
		now[s.Name] = s
	}
	page := &ListPage{Page: p.Shell.Page(r, "Freezes and windows", nav), Says: "When changes may happen. What stands here is asked at every gate and drawn on the calendar."}
	page.Crumbs = append(crumbs[:1:1], web.Crumb{Title: "Calendar", Path: calendarPath})
	page.Kinds = []web.Tab{{Title: "All", Path: windowsPath, Current: kind == ""}}
	for _, k := range window.Kinds {
		page.Kinds = append(page.Kinds, web.Tab{Title: kindWords[k] + "s", Path: windowsPath + "?kind=" + string(k), Current: k == kind})
	}
	page.Kinds[3].Title = "Maintenance"
	if kind != "" {
		page.Says = kindDoes[kind] + "."
	}
	page.Table = web.Table{Label: "Freezes and windows", V: page.V, Columns: []web.Column{{Title: "Window", Phone: true}, {Title: "Kind", Width: 120}, {Title: "For", Width: 220}, {Title: "When", Width: 310}, {Title: "Now", Width: 190, Phone: true}}}
	for _, s := range list {
		cell := web.Cell{Text: s.Title(), Path: s.Ref().Path()}
		if s.Title() != s.Name {
			cell.Sub = s.Name
		}
		if s.Managed != "" {
			cell.Tag = &web.Tag{Text: "git", Icon: "brand-git"}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{cell, {Text: kindWords[s.Spec.Kind]}, {Text: whom(s.Spec.Scope)}, {Text: when(s.Spec)}, standing(page.V, s.Spec.Kind, now[s.Name])}})
	}
	page.Empty = web.Empty{Icon: "hand-stop", Title: "No window yet", Text: "A freeze holds changes over payday weekend; a change window lets the ledger's schema change on Tuesday nights only; maintenance and release trains tell people what is planned."}
	if page.Configure() {
		page.Empty.Button = &web.Button{Title: "Add a window…", Path: windowsPath + "/new"}
	}
	if more {
		q := url.Values{"after": {list[len(list)-1].Name}}
		if kind != "" {
			q.Set("kind", string(kind))
		}
		page.Pager = web.Pager{Older: windowsPath + "?" + q.Encode(), Shown: web.Plural(len(list), "window", "windows") + " shown, by name"}
	}
	return p.Shell.Render(w, r, listPage, page)
}

// standing is how a window is now, in words that say what it does.
func standing(v *web.View, kind window.Kind, s window.Standing) web.Cell {
	switch {
	case s.On && kind == window.Freeze:
		return web.Cell{Tag: &web.Tag{Text: "frozen", Tone: "amber", Icon: "hand-stop"}, Sub: until(v, s)}
	case s.On:
		return web.Cell{Tag: &web.Tag{Text: "now", Tone: "green"}, Sub: until(v, s)}
	case s.Until.IsZero():
		return web.Cell{Text: "over", Tone: ""}
	}
	return web.Cell{Text: "from " + v.Local(s.Until)}
}

func until(v *web.View, s window.Standing) string {
	if s.Until.IsZero() {
		return "without end"
	}
	return "until " + v.Local(s.Until)
}

// whom says for whom a window is.
func whom(s window.Scope) string {
	var parts []string
	if len(s.Services) > 0 {
		parts = append(parts, few(s.Services))
	}
	if len(s.Teams) > 0 {
		parts = append(parts, "team "+few(s.Teams))
	}
	if len(s.Tiers) > 0 {
		var tiers []string
		for _, t := range s.Tiers {
			tiers = append(tiers, strconv.Itoa(t))
		}
		parts = append(parts, "tier "+strings.Join(tiers, ", "))
	}
	if len(parts) == 0 {
		parts = append(parts, "every service")
	}
	if len(s.Kinds) > 0 {
		parts = append(parts, strings.Join(s.Kinds, ", "))
	}
	if len(s.Environments) > 0 {
		parts = append(parts, "in "+strings.Join(s.Environments, ", "))
	}
	if len(s.Without) > 0 {
		parts = append(parts, "but "+few(s.Without))
	}
	return strings.Join(parts, " · ")
}

// when says a window's times as they are written.
func when(s window.Spec) string {
	var parts []string
	if s.Start != "" {
		text := wall(s.Start)
		if s.End != "" {
			text += " to " + wall(s.End)
		} else if s.Duration != "" {
			text += " for " + duration(s.Duration)
		}
		parts = append(parts, text)
	}
	if s.Repeat != "" {
		parts = append(parts, repeats(s.Repeat))
	}
	if s.Calendar != "" {
		hours := "hours"
		if s.Hours == window.Closed {
			hours = "closed hours"
		}
		parts = append(parts, hours+" of "+s.Calendar)
	}
	return strings.Join(parts, " · ")
}

// wall is a local date and time as people read it.
func wall(s string) string {
	t, err := time.Parse("2006-01-02T15:04", s)
	if err != nil {
		return s
	}
	return t.Format("2 Jan 2006 15:04")
}

// duration reads "PT2H" as people do, where it is simple.
func duration(s string) string {
	rest, ok := strings.CutPrefix(s, "P")
	n := strings.TrimLeft(rest, "T0123456789")
	digits := strings.TrimSuffix(strings.TrimPrefix(rest, "T"), n)
	unit := map[string]string{"W": "week", "D": "day", "H": "h", "M": "min"}[n]
	if !ok || unit == "" || digits == "" || n == "M" && !strings.HasPrefix(rest, "T") {
		return s
	}
	if unit == "h" || unit == "min" {
		return digits + " " + unit
	}
	if digits == "1" {
		return digits + " " + unit
	}
	return digits + " " + unit + "s"
}

// repeats reads the common rules as people do, and leaves others as they are.
func repeats(rule string) string {
	parts := map[string]string{}
	for _, p := range strings.Split(rule, ";") {
		name, v, _ := strings.Cut(p, "=")
		parts[strings.ToUpper(name)] = strings.ToUpper(v)
	}
	days := []string{}
	names := map[string]string{"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
	for _, d := range strings.Split(parts["BYDAY"], ",") {
		if d != "" && names[d] == "" {
			return rule
		}
		if d != "" {
			days = append(days, names[d])
		}
	}
	freq, by := parts["FREQ"], parts["BYDAY"]
	delete(parts, "FREQ")
	delete(parts, "BYDAY")
	delete(parts, "WKST")
	if len(parts) > 0 {
		return rule
	}
	switch {
	case freq == "DAILY" && by == "":
		return "every day"
	case freq == "WEEKLY" && len(days) > 0:
		return "every " + strings.Join(days, ", ")
	case freq == "WEEKLY":
		return "every week"
	case freq == "MONTHLY" && by == "":
		return "every month"
	case freq == "YEARLY" && by == "":
		return "every year"
	}
	return rule
}
