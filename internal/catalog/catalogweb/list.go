package catalogweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ListPage lists services by name.
type ListPage struct {
	web.Page
	Tabs   []web.Tab
	Filter web.Filter
	Table  web.Table
	Pager  web.Pager
	Empty  web.Empty
	None   bool // there is no service at all: teach instead of listing
	Board  []column
	Sum    string // of the board
}

var listPage = web.Parse(files, "list.html", ListPage{})

const perPage = 50

// List handles GET /services. The query has any number of q (tokens key:value
// or the beginning of a name) and after.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	var tokens []string
	for _, q := range query["q"] {
		tokens = append(tokens, strings.Fields(q)...)
	}
	page := &ListPage{Page: p.Shell.Page(r, "Services", "services")}
	f, fault, typed := filter(tokens)
	by := query.Get("board")
	if by != "" && !slices.Contains(boards, by) {
		by = boards[0]
	}
	page.Filter = web.Filter{Path: "/services", Hint: "team:payments tier:0 state:live level:silver, or the beginning of a name", Fault: fault, Value: typed}
	if by != "" {
		page.Filter.Keep = []web.Hidden{{Name: "board", Value: by}}
	}
	if fault != "" {
		tokens = slices.DeleteFunc(tokens, func(t string) bool { return errs.Short(t) == typed })
	}
	for i, t := range tokens {
		key, value, ok := strings.Cut(t, ":")
		if !ok {
			key, value = "name", t
		}
		rest := slices.Delete(slices.Clone(tokens), i, i+1)
		page.Filter.Tokens = append(page.Filter.Tokens, web.Token{Key: key, Value: value, Raw: t, Without: path(rest, "", by)})
	}
	most := perPage
	if by != "" {
		most = onBoard
		f.Retired = f.Retired || by == "lifecycle"
	}
	list, more, err := p.Catalog.List(r.Context(), f, query.Get("after"), most)
	if err != nil {
		return err
	}
	if page.V.May(actor.Configure) {
		page.Filter.Buttons = []web.Button{{Title: "Add a service…", Path: "/services/new", Icon: "plus", Tone: "primary"}}
	}
	for _, b := range boards {
		if by != "" && by != b {
			page.Filter.Buttons = slices.Insert(page.Filter.Buttons, 0, web.Button{Title: "By " + b, Path: path(tokens, "", b)})
		}
	}
	page.Live = "*"
	p.listTabs(page, tokens, by)
	if by != "" {
		err = p.board(r, page, list, more, by)
	} else {
		err = p.listTable(r, page, list)
	}
	if err != nil {
		return err
	}
	if more && by == "" {
		page.Pager = web.Pager{Older: path(tokens, list[len(list)-1].Name, by), Shown: web.Plural(len(list), "service", "services") + " shown, by name"}
	}
	if len(list) == 0 {
		p.listEmpty(page, len(tokens) > 0 || query.Get("after") != "")
	}
	return p.Shell.Render(w, r, listPage, page)
}

// filter turns tokens into a filter, or says which token is not understood.
func filter(tokens []string) (f catalog.Filter, fault, typed string) {
	for _, t := range tokens {
		key, value, ok := strings.Cut(t, ":")
		good := value != ""
		switch {
		case !ok:
			f.Prefix, good = strings.ToLower(t), true
		case key == "team":
			f.Team = value
		case key == "tier":
			n, err := strconv.Atoi(value)
			if good = err == nil && n >= 0 && n <= 3; good {
				f.Tier = &n
			}
		case key == "state":
			if good = slices.Contains(catalog.Lifecycles, catalog.Lifecycle(value)); good {
				f.Lifecycle = catalog.Lifecycle(value)
			}
		case key == "level":
			l, ok := scorecard.LevelOf(value)
			if good = ok; good {
				n := int(l)
				f.Level = &n
			}
		default:
			good = false
		}
		if !good {
			return f, "“" + errs.Short(t) + "” is not understood. Use team:payments, tier:0 to tier:3, state:proposed, live, deprecated or retired, level:none, bronze, silver or gold, or the beginning of a name", errs.Short(t)
		}
	}
	return f, "", ""
}

func path(tokens []string, after, by string) string {
	q := url.Values{}
	if len(tokens) > 0 {
		q["q"] = tokens
	}
	if after != "" {
		q.Set("after", after)
	}
	if by != "" {
		q.Set("board", by)
	}
	if len(q) == 0 {
		return "/services"
	}
	return "/services?" + q.Encode()
}

func (p *Pages) listTabs(page *ListPage, tokens []string, by string) {
	now := strings.Join(tokens, " ")
	add := func(title string, want ...string) {
		page.Tabs = append(page.Tabs, web.Tab{Title: title, Path: path(want, "", ""), Current: by == "" && now == strings.Join(want, " ")})
	}
	add("In use")
	add("Tier 0", "tier:0")
	for _, team := range page.V.Actor.Teams {
		add("Of "+team, "team:"+team)
	}
	add("Proposed", "state:proposed")
	add("Retired", "state:retired")
	page.Tabs = append(page.Tabs, web.Tab{Title: "Board", Path: path(tokens, "", boards[0]), Current: by != ""})
	if p.Scorecards != nil {
		page.Tabs = append(page.Tabs, web.Tab{Title: "Scorecards", Path: "/scorecards"})
	}
}

func (p *Pages) listTable(r *http.Request, page *ListPage, list []catalog.Service) error {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	health, err := p.health(r.Context(), names)
	if err != nil {
		return err
	}
	levels, err := p.levels(r.Context(), names)
	if err != nil {
		return err
	}
	page.Table = web.Table{Label: "Services", V: page.V, Columns: []web.Column{{Title: "Service", Phone: true}}}
	if p.Health != nil {
		page.Table.Columns = append(page.Table.Columns, web.Column{Title: "Health", Width: 160, Phone: true})
	}
	page.Table.Columns = append(page.Table.Columns, web.Column{Title: "Owner", Width: 130}, web.Column{Title: "Tier", Width: 180})
	if p.Scorecards != nil {
		page.Table.Columns = append(page.Table.Columns, web.Column{Title: "Scorecard", Width: 110})
	}
	page.Table.Columns = append(page.Table.Columns, web.Column{Title: "State", Width: 100})
	for _, s := range list {
		row := web.Row{Quiet: s.Lifecycle == catalog.Retired, Cells: []web.Cell{{Text: s.Title, Path: s.Ref().Path(), Sub: s.Promise}}}
		if p.Health != nil {
			h := health[s.Name]
			cell := web.Cell{Sub: "none open"}
			switch {
			case h.Open > 0:
				cell = web.Cell{Health: h.word(), Sub: web.Plural(h.Open, "open", "open")}
			case h.Firing > 0:
				cell = web.Cell{Health: h.word(), Sub: web.Plural(h.Firing, "alert", "alerts")}
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Cells = append(row.Cells, web.Cell{Text: s.Team, Path: ref.S(ref.Team, s.Team).Path()},
			web.Cell{Text: strconv.Itoa(s.Tier), Sub: catalog.TierName(s.Tier)})
		if p.Scorecards != nil {
			cell, err := levelCell(levels, s.Name)
			if err != nil {
				return err
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Cells = append(row.Cells, web.Cell{Tag: stateTag(s.Lifecycle)})
		page.Table.Rows = append(page.Table.Rows, row)
	}
	return nil
}

func stateTag(l catalog.Lifecycle) *web.Tag {
	return &web.Tag{Text: string(l), Tone: map[catalog.Lifecycle]string{catalog.Proposed: "accent", catalog.Deprecated: "amber"}[l]}
}

func (p *Pages) listEmpty(page *ListPage, filtered bool) {
	page.Empty = web.Empty{Icon: "server-2", Title: "No service fits", Text: "Take a condition away, or look at all services.", Button: &web.Button{Title: "All services in use", Path: "/services"}}
	if filtered {
		return
	}
	page.None = true
	page.Empty = web.Empty{Icon: "server-2", Title: "No services yet", Text: "A service is what users notice when it breaks. It has one team that owns it and is told, a tier that says how much it matters, and a promise in one sentence. Alerts find it by its name or an alias."}
	if page.V.May(actor.Configure) {
		page.Empty.Button = &web.Button{Title: "Add the first service…", Path: "/services/new", Icon: "plus", Tone: "primary"}
		page.Filter.Buttons = nil
	}
}
