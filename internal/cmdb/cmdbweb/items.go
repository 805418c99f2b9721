package cmdbweb

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ItemsPage lists items.
type ItemsPage struct {
	Base
	Views  []web.Tab
	Filter web.Filter
	Table  web.Table
	Pager  web.Pager
	None   web.Empty
	Teach  bool // there is no item at all
	Server string
}

var itemsPage = web.Parse(files, "items.html", ItemsPage{})

const perPage = 50

// Items handles GET /map/items. The query has any number of q (tokens key:value
// or the beginning of a name) and after.
func (p *Pages) Items(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	var tokens []string
	for _, q := range query["q"] {
		tokens = append(tokens, strings.Fields(q)...)
	}
	page := &ItemsPage{Base: p.base(r, "Items", atItems), Server: cmp.Or(p.URL, "https://evenkeel.example")}
	page.Filter = web.Filter{Path: atItems, Hint: "kind:database state:stale env:production team:payments source:terraform is:conflicting, or the beginning of a name"}
	known, err := p.kindNames(r)
	if err != nil {
		return err
	}
	f, bad := itemFilter(tokens, known)
	if bad != "" {
		page.Filter.Fault = "“" + errs.Short(bad) + "” is not understood. Use kind:, state:present, stale or retired, env:, team:, source:, is:conflicting, is:any, or the beginning of a name"
		page.Filter.Value = bad
		tokens = slices.DeleteFunc(tokens, func(t string) bool { return t == bad })
	}
	for i, t := range tokens {
		k, value, ok := strings.Cut(t, ":")
		if !ok {
			k, value = "name", t
		}
		page.Filter.Tokens = append(page.Filter.Tokens, web.Token{Key: k, Value: value, Raw: t, Without: itemsPath(slices.Delete(slices.Clone(tokens), i, i+1), "")})
	}
	list, next, err := p.CMDB.List(r.Context(), f, query.Get("after"), perPage)
	if err != nil {
		return err
	}
	page.views(tokens)
	page.Live = "*"
	if page.May {
		page.Filter.Buttons = []web.Button{{Title: "Import…", Path: atImport, Icon: "upload"}, {Title: "Add an item…", Path: atItems + "/new", Icon: "plus", Tone: "primary"}}
	}
	page.table(list)
	page.Sub = web.Plural(len(list), "item", "items")
	if next != "" {
		page.Sub = "the first " + web.Count(len(list))
		page.Pager = web.Pager{Older: itemsPath(tokens, next), Shown: web.Plural(len(list), "item", "items") + " shown"}
	}
	if query.Get("after") != "" {
		page.Sub = ""
	}
	if len(list) == 0 {
		page.Teach = len(tokens) == 0 && query.Get("after") == "" && bad == ""
		page.None = web.Empty{Icon: "list-details", Title: "No item fits", Text: "Take a condition away; retired ones are listed with state:retired.", Button: &web.Button{Title: "All items", Path: atItems}}
	}
	return p.Shell.Render(w, r, itemsPage, page)
}

// itemFilter turns tokens into a filter, or returns the token that is not
// understood. "database:orders" means a kind and the beginning of a name.
func itemFilter(tokens []string, kinds []string) (f cmdb.Filter, bad string) {
	for _, t := range tokens {
		k, value, ok := strings.Cut(t, ":")
		good := value != ""
		switch {
		case !ok:
			f.Text = strings.TrimSpace(f.Text + " " + t)
			good = true
		case k == "kind":
			good = slices.Contains(kinds, value)
			f.Kind = value
		case k == "state":
			good = slices.Contains(cmdb.States, cmdb.State(value))
			f.State = cmdb.State(value)
		case k == "env":
			f.Env = value
		case k == "team":
			f.Team = value
		case k == "source":
			f.Source = value
		case t == "is:conflicting":
			f.Conflicts = true
		case t == "is:any":
			f.All = true
		case slices.Contains(kinds, k):
			f.Kind, f.Text = k, value
		default:
			good = false
		}
		if !good {
			return cmdb.Filter{Kind: f.Kind, Text: f.Text}, t
		}
	}
	return f, ""
}

func (p *Pages) kindNames(r *http.Request) ([]string, error) {
	list, _, err := p.CMDB.ItemKinds(r.Context(), "", 500)
	out := slices.Clone(cmdb.Kinds)
	for _, k := range list {
		out = append(out, k.Name)
	}
	return out, err
}

func itemsPath(tokens []string, after string) string {
	q := url.Values{}
	if len(tokens) > 0 {
		q["q"] = tokens
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return atItems
	}
	return atItems + "?" + q.Encode()
}

// views are the lists that people look at most.
func (page *ItemsPage) views(tokens []string) {
	now := strings.Join(tokens, " ")
	add := func(title string, want ...string) {
		page.Views = append(page.Views, web.Tab{Title: title, Path: itemsPath(want, ""), Current: now == strings.Join(want, " ")})
	}
	add("All that is there")
	add("Applications", "kind:application")
	add("Databases", "kind:database")
	add("Hosts", "kind:host")
	for _, team := range page.V.Actor.Teams {
		add("Of "+team, "team:"+team)
	}
	add("Conflicting", "is:conflicting")
	add("Stale", "state:stale")
	add("Retired", "state:retired")
}

func (page *ItemsPage) table(list []cmdb.Item) {
	page.Table = web.Table{Label: "Items", V: page.V, Columns: []web.Column{{Title: "Item", Phone: true}, {Title: "Kind", Width: 140, Phone: true}, {Title: "Environment", Width: 120}, {Title: "Owner", Width: 130}, {Title: "State", Width: 170}, {Title: "Last seen", Width: 110, Right: true}}}
	for _, i := range list {
		state := web.Cell{Tag: stateTag(i.State)}
		if i.Conflicts > 0 {
			state.Sub = web.Plural(i.Conflicts, "conflict", "conflicts")
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Quiet: i.State == cmdb.Retired, Cells: []web.Cell{
			{Key: key(i.ID), Text: nameOf(i), Path: itemPath(i.ID)}, {Text: kindWord(i.Kind)}, {Text: i.Env}, teamCell(i.Team), state, {At: i.LastSeen}}})
	}
}
