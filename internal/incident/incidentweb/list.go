package incidentweb

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage is the list of incidents with its views and filter.
type ListPage struct {
	web.Page
	Tabs   []web.Tab
	Filter web.Filter
	Table  web.Table
	Pager  web.Pager
	Empty  web.Empty
}

var listPage = web.Parse(files, "list.html", ListPage{})

// views are the saved views: a title and the tokens it stands for.
var views = []struct {
	name, title string
	tokens      []string
}{
	{"", "Open", []string{"is:open"}},
	{"mine", "Mine", []string{"is:open", "who:me"}},
	{"urgent", "P1 and P2", []string{"is:open", "priority:P1", "priority:P2"}},
	{"resolved", "Recently resolved", []string{"state:resolved"}},
	{"review", "Weekly review", []string{"is:open", "is:persistent"}},
	{"all", "All", nil},
}

// List handles GET /incidents. The query has any number of q (tokens key:value,
// or words), view, sort and after.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	view, tokens := tokensOf(query)
	page := &ListPage{Page: p.Shell.Page(r, p.Shell.View(r).Term("Incidents"), "incidents")}
	f, fault, typed := filter(tokens, page.V.Actor.Person)
	if fault != "" {
		page.Filter.Fault, page.Filter.Value = fault, typed
	}
	f.Sort = incident.Newest
	sorted := query.Get("sort")
	if sorted == "priority" || sorted == "" && f.Open != nil && *f.Open {
		f.Sort = incident.ByPriority
	}
	rows, next, err := p.Incidents.List(r.Context(), f, query.Get("after"), 50)
	if err != nil {
		return err
	}
	page.Live = "*"
	p.listTabs(page, view)
	p.listFilter(page, tokens, f)
	p.listTable(page, rows)
	page.Pager = pager(query, next, len(rows))
	page.Empty = emptyList(page.V, view, len(tokens))
	if len(rows) > 0 {
		page.Sub = web.Plural(len(rows), "shown", "shown")
		if next != "" {
			page.Sub += ", there are more"
		}
	}
	return p.Shell.Render(w, r, listPage, page)
}

// tokensOf reads the conditions: a view's, or what q says.
func tokensOf(query url.Values) (view string, tokens []string) {
	view = query.Get("view")
	for _, q := range query["q"] {
		tokens = append(tokens, strings.Fields(q)...)
	}
	if len(tokens) > 0 {
		return "-", tokens
	}
	for _, v := range views {
		if v.name == view {
			return view, v.tokens
		}
	}
	return "", views[0].tokens
}

// filter turns tokens into a filter. A token that is not understood is a
// fault: what would be right, and the token to correct.
func filter(tokens []string, me int64) (f incident.Filter, fault, typed string) {
	yes, no := true, false
	var text []string
	for _, t := range tokens {
		key, value, ok := strings.Cut(t, ":")
		if !ok {
			text = append(text, t)
			continue
		}
		good := true
		switch strings.ToLower(key) {
		case "is":
			switch value {
			case "open":
				f.Open = &yes
			case "over", "closed":
				f.Open = &no
			case "persistent":
				f.Persistent = true
			default:
				good = false
			}
		case "state":
			if good = contains(incident.States, incident.State(value)); good {
				f.States = append(f.States, incident.State(value))
			}
		case "priority":
			var pr incident.Priority
			if good = pr.UnmarshalText([]byte(value)) == nil && pr != 0; good {
				f.Priorities = append(f.Priorities, pr)
			}
		case "service":
			f.Service = value
		case "team":
			f.Team = value
		case "who":
			f.Person, good = me, value == "me" && me != 0
		default:
			good = false
		}
		if !good || value == "" {
			return f, "“" + errs.Short(t) + "” is not understood. Use is:open, is:over, is:persistent, state:resolved, priority:P1, service:checkout, team:payments, who:me, or words of the title", errs.Short(t)
		}
	}
	f.Text = strings.Join(text, " ")
	return f, "", ""
}

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func (p *Pages) listTabs(page *ListPage, view string) {
	for _, v := range views {
		to := "/incidents"
		if v.name != "" {
			to += "?view=" + v.name
		}
		page.Tabs = append(page.Tabs, web.Tab{Title: v.title, Path: to, Current: v.name == view})
	}
}

func (p *Pages) listFilter(page *ListPage, tokens []string, f incident.Filter) {
	page.Filter.Path, page.Filter.Hint = "/incidents", "Add a filter, for example service:checkout, or words of the title"
	for n, t := range tokens {
		if t == page.Filter.Value && page.Filter.Fault != "" {
			continue
		}
		key, value, ok := strings.Cut(t, ":")
		if !ok {
			key, value = "text", t
		}
		rest := url.Values{}
		for k, o := range tokens {
			if k != n {
				rest.Add("q", o)
			}
		}
		to := "/incidents?view=all"
		if len(rest) > 0 {
			to = "/incidents?" + rest.Encode()
		}
		page.Filter.Tokens = append(page.Filter.Tokens, web.Token{Key: key, Value: value, Raw: t, Without: to})
	}
	again := url.Values{"q": tokens}
	title, other := "Newest first", "priority"
	if f.Sort == incident.ByPriority {
		title, other = "Worst first", "newest"
	}
	again.Set("sort", other)
	page.Filter.Buttons = []web.Button{{Title: title, Icon: "arrows-sort", Path: "/incidents?" + again.Encode()}}
}

func (p *Pages) listTable(page *ListPage, rows []incident.Row) {
	v := page.V
	page.Table = web.Table{V: v, Label: v.Term("Incidents"), Columns: []web.Column{{Title: "Priority", Width: 76, Phone: true}, {Title: "Key", Width: 92}, {Title: "Title", Phone: true},
		{Title: "State", Width: 138, Phone: true}, {Title: "On it", Width: 132}, {Title: "Team", Width: 132}, {Title: "Opened", Width: 112, Right: true}, {Title: v.Term("Resolution"), Width: 150, Right: true}}}
	for _, r := range rows {
		i := r.Incident
		boss := who(v, r.Names, i.OnIt())
		rest, tone := left(v, i, r.Clocks)
		title := web.Cell{Text: i.Title, Path: path(i), Sub: i.Service}
		if i.Restricted {
			title.Icon = "lock"
		}
		clock := web.Cell{Text: rest, Tone: tone}
		if strings.HasPrefix(rest, "paused") {
			clock.Icon = "player-pause"
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{ID: i.Key(), Label: i.Key(), Quiet: !i.State.Open(), Cells: []web.Cell{
			{Priority: i.Priority.String()}, {Key: i.Key()}, title, {State: string(i.State)}, {Person: &boss}, {Text: i.Team}, {At: i.TriggeredAt}, clock}})
	}
}

// pager keeps the query and moves on by cursor; going back is the browser's
// own button, and the first page one click.
func pager(query url.Values, next string, n int) web.Pager {
	link := func(after string) string {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		q.Del("after")
		if after != "" {
			q.Set("after", after)
		}
		return "/incidents?" + q.Encode()
	}
	out := web.Pager{Shown: web.Plural(n, "shown", "shown")}
	if next != "" {
		out.Older = link(next)
	}
	if query.Get("after") != "" {
		out.Newer, out.NewerTitle = link(""), "First page"
	}
	return out
}

func emptyList(v *web.View, view string, tokens int) web.Empty {
	declare := &web.Button{Title: v.Term("Declare incident"), Icon: "flame", Tone: "primary", Path: "/incidents/new"}
	switch view {
	case "":
		return web.Empty{Icon: "circle-check", Title: "Nothing is broken", Text: "Open " + v.Term("incidents") + " stand here, worst first. An alert rule opens them, or somebody declares one: a title is enough.", Button: declare}
	case "mine":
		return web.Empty{Icon: "user", Title: "You are in no open " + v.Term("incident"), Text: "Those in which you have a role or take part stand here. Acknowledge one, or write a note in it, and you take part."}
	case "review":
		return web.Empty{Icon: "calendar", Title: "Nothing for the weekly review", Text: "P3 and P4 that stay open for ten business days, or come back three times in thirty days, are marked for it."}
	case "resolved":
		return web.Empty{Icon: "history", Title: "Nothing was resolved lately", Text: "Resolved " + v.Term("incidents") + " stay here until they are closed, seven days later."}
	}
	return web.Empty{Icon: "filter", Title: "No " + v.Term("incident") + " fits", Text: "Take a condition away, or look at all.", Button: &web.Button{Title: "Show all", Path: "/incidents?view=all"}}
}
