package changeweb

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage is the changes with what waits for the viewer first.
type ListPage struct {
	web.Page
	Parts  []web.Tab
	Strip  web.HTML
	Mine   []waits
	Tabs   []web.Tab
	Filter web.Filter
	Table  web.Table
	Pager  web.Pager
	Empty  web.Empty
	May    bool
}

// waits is one line of what waits for the viewer.
type waits struct {
	Key, Path, Title, As, Waited string
	Risk                         web.Tag
}

var listPage = web.Parse(files, "list.html", ListPage{})

// views are saved: a title and the tokens it stands for.
var views = []struct {
	name, title string
	tokens      []string
}{
	{"", "Open", []string{"is:open"}},
	{"running", "Running", []string{"state:in-progress", "state:verifying"}},
	{"bad", "Failed", []string{"is:bad"}},
	{"emergency", "Emergencies", []string{"type:emergency"}},
	{"review", "To review", []string{"is:unreviewed"}},
	{"bypass", "Not allowed", []string{"is:bypass"}},
	{"mine", "Mine", []string{"author:me"}},
	{"all", "All", nil},
}

const mostMine = 5

// List handles GET /changes. The query has any number of q (tokens key:value,
// or words), view and after.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	query, ctx := r.URL.Query(), r.Context()
	view, tokens := tokensOf(query)
	page := &ListPage{Page: p.Shell.Page(r, "Changes", nav), Parts: p.tabs("/changes"), May: responds(p.Shell.View(r))}
	page.Live = "*"
	f, fault, typed := filter(tokens, page.V.Actor.Person)
	if fault != "" {
		page.Filter.Fault, page.Filter.Value = fault, typed
	}
	rows, next, err := p.Changes.List(ctx, f, query.Get("after"), 50)
	if err != nil {
		return err
	}
	if query.Get("after") == "" && len(query["q"]) == 0 && view == "" {
		if err := p.first(r, page); err != nil {
			return err
		}
	}
	for _, v := range views {
		to := "/changes"
		if v.name != "" {
			to += "?view=" + v.name
		}
		page.Tabs = append(page.Tabs, web.Tab{Title: v.title, Path: to, Current: v.name == view})
	}
	page.tokens(tokens)
	if page.May {
		page.Filter.Buttons = []web.Button{{Title: "Open a change…", Icon: "plus", Path: "/changes/new"}}
	}
	if err := p.table(r, page, rows); err != nil {
		return err
	}
	page.Pager = pager(query, next, len(rows))
	page.Empty = emptyList(view)
	return p.Shell.Render(w, r, listPage, page)
}

// first is what stands above the list: the key figures and what waits for the
// viewer.
func (p *Pages) first(r *http.Request, page *ListPage) error {
	if p.Strip != nil {
		var err error
		if page.Strip, err = p.Strip(r.Context(), page.V); err != nil {
			return err
		}
	}
	if !page.May {
		return nil
	}
	list, err := p.Changes.Waiting(r.Context())
	for _, i := range list[:min(len(list), mostMine)] {
		page.Mine = append(page.Mine, waits{Key: i.Change.Key(), Path: i.Change.Ref().Path(), Title: i.Change.Title, As: strings.Join(reviewers(i.As), " and "), Waited: web.Dur(i.Waited), Risk: riskTag(i.Change.Risk, i.Change.RiskLevel)})
	}
	return err
}

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

// filter turns tokens into one. A token that is not understood is a fault.
func filter(tokens []string, me int64) (f change.Filter, fault, typed string) {
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
			case "over":
				f.Open = &no
			case "bad":
				f.Bad = true
			case "bypass":
				f.Bypass = true
			case "unreviewed":
				f.Review = true
			default:
				good = false
			}
		case "state":
			f.States, good = oneMore(f.States, strings.ReplaceAll(value, "-", " "), change.States)
		case "type":
			f.Types, good = oneMore(f.Types, value, change.Types)
		case "kind":
			f.Kinds, good = oneMore(f.Kinds, value, change.Kinds)
		case "risk":
			f.Level, good = value, value == "low" || value == "medium" || value == "high"
		case "service":
			f.Service = value
		case "team":
			f.Team = value
		case "environment":
			f.Environment = value
		case "model":
			f.Model = value
		case "commit":
			if f.Commit = value; !change.IsCommit(value) {
				f.Commit, text = "", append(text, value)
			}
		case "author":
			f.Author, good = me, value == "me" && me != 0
		case "since":
			at, err := time.Parse(time.DateOnly, value)
			f.From, good = at, err == nil
		case "before":
			at, err := time.Parse(time.DateOnly, value)
			f.Before, good = at, err == nil
		default:
			good = false
		}
		if !good || value == "" {
			return f, "“" + errs.Short(t) + "” is not understood. Use is:open, is:bad, is:bypass, state:verifying, type:emergency, kind:schema, risk:high, service:checkout, team:payments, author:me, since:2026-11-01, or words of the title", errs.Short(t)
		}
	}
	f.Text = strings.Join(text, " ")
	return f, "", ""
}

func oneMore[S ~string](have []S, value string, all []S) ([]S, bool) {
	for _, x := range all {
		if string(x) == value {
			return append(have, x), true
		}
	}
	return have, false
}

// tokens shows what is set, each with the list without it.
func (page *ListPage) tokens(tokens []string) {
	page.Filter.Path, page.Filter.Hint = "/changes", "Add a filter, for example service:checkout, or words of the title"
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
		to := "/changes?view=all"
		if len(rest) > 0 {
			to = "/changes?" + rest.Encode()
		}
		page.Filter.Tokens = append(page.Filter.Tokens, web.Token{Key: key, Value: value, Raw: t, Without: to})
	}
}

func (p *Pages) table(r *http.Request, page *ListPage, rows []change.Change) error {
	ids := make([]int64, 0, len(rows))
	for _, c := range rows {
		ids = append(ids, c.AuthorPerson)
	}
	names, err := p.Changes.NamesOf(r.Context(), ids...)
	if err != nil {
		return err
	}
	page.Table = web.Table{V: page.V, Label: "Changes", Columns: []web.Column{{Title: "Key", Width: 92}, {Title: "Change", Phone: true}, {Title: "State", Width: 160, Phone: true}, {Title: "Risk", Width: 100}, {Title: "Type", Width: 100},
		{Title: "Author", Width: 132}, {Title: "Team", Width: 120}, {Title: "When", Width: 116, Right: true}}}
	for _, c := range rows {
		author := person(page.V, names, c.AuthorPerson)
		if author.Name == "" {
			author.Name = c.Author
		}
		state, lvl := stateTag(c.State), riskTag(c.Risk, c.RiskLevel)
		title := web.Cell{Text: c.Title, Path: c.Ref().Path(), Sub: strings.Join(c.Services, ", ")}
		if c.Bypass {
			title.Icon = "alert-triangle"
		}
		kind := web.Cell{Text: upper(string(c.Type))}
		if c.Type == change.Emergency {
			kind.Tone = "red"
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{ID: c.Key(), Label: c.Key(), Quiet: !c.State.Open(), Cells: []web.Cell{{Key: c.Key()}, title, {Tag: &state}, {Tag: &lvl}, kind, {Person: &author}, {Text: c.Team}, {At: when(c)}}})
	}
	return nil
}

// when is the time that says most of a change.
func when(c change.Change) time.Time {
	for _, t := range []time.Time{c.EndedAt, c.StartedAt, c.PlannedFrom} {
		if !t.IsZero() {
			return t
		}
	}
	return c.CreatedAt
}

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
		return "/changes?" + q.Encode()
	}
	out := web.Pager{Shown: web.Plural(n, "shown", "shown") + ", newest first"}
	if next != "" {
		out.Older = link(next)
	}
	if query.Get("after") != "" {
		out.Newer, out.NewerTitle = link(""), "First page"
	}
	return out
}

func emptyList(view string) web.Empty {
	switch view {
	case "":
		return web.Empty{Icon: "git-pull-request", Title: "No change is open", Text: "Nobody fills in a form: a pipeline asks the gate (evenkeel change gate --service checkout --ref COMMIT), or tells what it deploys, and the change stands here.", Button: &web.Button{Title: "Connect a pipeline…", Path: "/integrations"}}
	case "running":
		return web.Empty{Icon: "rocket", Title: "Nothing is on its way to users", Text: "Changes stand here from their start until their verification is over."}
	case "bad":
		return web.Empty{Icon: "circle-check", Title: "No change failed", Text: "Those stand here that failed, were taken back, or are confirmed as the cause of an incident."}
	case "review":
		return web.Empty{Icon: "checklist", Title: "No review is due", Text: "An emergency is reviewed within five business days after it ended. Until then the service's next change waits."}
	case "bypass":
		return web.Empty{Icon: "shield-check", Title: "Everything went through the gate", Text: "What began without being allowed would stand here."}
	case "mine":
		return web.Empty{Icon: "user", Title: "You made no change yet", Text: "Changes whose author is known to be you stand here: by your handle, address, or login of the forge."}
	case "emergency":
		return web.Empty{Icon: "flame", Title: "There was no emergency", Text: "One person on call approves an emergency; it is reviewed afterwards."}
	}
	return web.Empty{Icon: "filter", Title: "No change fits", Text: "Take a condition away, or look at all.", Button: &web.Button{Title: "Show all", Path: "/changes?view=all"}}
}
