package cmdbweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ReportPage is one report.
type ReportPage struct {
	Base
	Name      string
	What      string
	Todo      string
	Filter    web.Filter
	Form      *web.Form
	Table     web.Table
	Conflicts []conflictRow
	Edges     []edgeList
	Pager     web.Pager
	None      web.Empty
	Here      string // this page, to come back to
}

// conflictRow is an attribute on which sources differ, side by side.
type conflictRow struct {
	Name, Path, Key, Field string
	Claims                 []opinion
}

// edgeList is one half of the comparison.
type edgeList struct {
	ID, Title, What, None string
	Rows                  []edgeRow
	More                  string // path
}

// edgeRow is a dependency of which one side tells.
type edgeRow struct {
	From, FromPath, Verb, To, ToPath string
	Says, Warn                       string
	Action, Button                   string // a form that posts
	FromKey, ToKey, Kind             string
	Link, LinkTitle                  string
}

var reportPage = web.Parse(files, "report.html", ReportPage{})

// reportFilter reads the tokens of a report's address.
func reportFilter(r *http.Request) (f cmdb.ReportFilter, edges cmdb.EdgeFilter, tokens []string, bad string) {
	for _, q := range r.URL.Query()["q"] {
		tokens = append(tokens, strings.Fields(q)...)
	}
	for _, t := range tokens {
		k, v, _ := strings.Cut(t, ":")
		to := map[string]*string{"service": &f.Service, "source": &f.Source, "env": &f.Env, "kind": &f.Kind, "team": &f.Team}[k]
		if to == nil || v == "" {
			return f, edges, tokens, t
		}
		*to = v
	}
	edges = cmdb.EdgeFilter{Service: f.Service, Source: f.Source, Env: f.Env}
	switch r.URL.Query().Get("show") {
	case "unseen":
		edges.Unseen = true
	case "undeclared":
		edges.Undeclared = true
	}
	return f, edges, tokens, ""
}

// Report handles GET /map/reports/{name}.
func (p *Pages) Report(w http.ResponseWriter, r *http.Request) error {
	x, err := reportOf(r)
	if err != nil {
		return err
	}
	page := &ReportPage{Base: p.base(r, x.title, atReports, web.Crumb{Title: "Reports", Path: atReports}), Name: string(x.report), What: x.what, Todo: x.todo, Form: web.NewForm(r)}
	f, edges, tokens, bad := reportFilter(r)
	page.filter(r, tokens, bad)
	if bad != "" {
		f, edges = cmdb.ReportFilter{}, cmdb.EdgeFilter{}
	}
	err = p.reportRows(r, page, x.report, f, edges)
	status := http.StatusOK
	if page.Form.Refused(err) || errs.Is(err, errs.NotFound) {
		e := errs.As(err)
		page.Filter.Fault, status = e.Text, http.StatusUnprocessableEntity
		for _, field := range e.Fields {
			page.Filter.Fault = "“" + field.Value + "”: " + field.Remedy
		}
	} else if err != nil {
		return err
	}
	page.None = web.Empty{Icon: "circle-check", Title: "Nothing to do", Text: x.empty}
	if len(tokens) > 0 {
		page.None = web.Empty{Icon: x.icon, Title: "Nothing fits", Text: "Take a condition away.", Button: &web.Button{Title: "The whole report", Path: atReports + "/" + page.Name}}
	}
	if page.Form.Get("cursor") != "" { // a page may be empty and still have a next one
		page.None = web.Empty{Icon: x.icon, Title: "Nothing more here", Text: "This stretch of the map has none.", Button: &web.Button{Title: "From the start", Path: atReports + "/" + page.Name}}
	}
	return p.Shell.RenderStatus(w, r, status, reportPage, page)
}

func (page *ReportPage) filter(r *http.Request, tokens []string, bad string) {
	at := atReports + "/" + page.Name
	page.Here = r.URL.RequestURI()
	page.Filter = web.Filter{Path: at, Hint: "service:checkout source:terraform env:production kind:database team:payments"}
	if page.Name == string(cmdb.ReportEdges) {
		page.Filter.Hint = "service:checkout source:terraform env:production"
	}
	if bad != "" {
		page.Filter.Fault, page.Filter.Value = "“"+errs.Short(bad)+"” is not understood. Use service:, source:, env:, kind: or team:", bad
		tokens = slices.DeleteFunc(tokens, func(t string) bool { return t == bad })
	}
	for i, t := range tokens {
		k, v, _ := strings.Cut(t, ":")
		rest := slices.Delete(slices.Clone(tokens), i, i+1)
		page.Filter.Tokens = append(page.Filter.Tokens, web.Token{Key: k, Value: v, Without: withTokens(at, rest, "")})
	}
	page.Filter.Buttons = []web.Button{{Title: "CSV", Path: withTokens(at+"/csv", tokens, ""), Icon: "download"}}
}

func withTokens(at string, tokens []string, cursor string) string {
	q := url.Values{}
	if len(tokens) > 0 {
		q["q"] = tokens
	}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	if len(q) == 0 {
		return at
	}
	return at + "?" + q.Encode()
}

func (p *Pages) reportRows(r *http.Request, page *ReportPage, x cmdb.Report, f cmdb.ReportFilter, edges cmdb.EdgeFilter) error {
	ctx, cursor := r.Context(), page.Form.Get("cursor")
	next, n := "", 0
	var err error
	switch x {
	case cmdb.ReportEdges:
		return p.edges(r, page, edges)
	case cmdb.ReportConflicts:
		var list []cmdb.Conflict
		list, next, err = p.CMDB.Conflicts(ctx, f, cursor, perPage)
		n = len(list)
		for _, c := range list {
			row := conflictRow{Name: c.Item.Name, Path: itemPath(c.Item.ID) + "#attributes", Key: key(c.Item.ID), Field: fieldWord(c.Field)}
			for _, s := range c.Claims {
				row.Claims = append(row.Claims, opinion{Value: claimText(c.Field, s.Value), By: from(s.Source, s.Scope), Last: s.Since, Used: s.Used})
			}
			slices.SortStableFunc(row.Claims, func(a, b opinion) int { return one(b.Used) - one(a.Used) })
			page.Conflicts = append(page.Conflicts, row)
		}
	case cmdb.ReportDuplicates:
		var list []cmdb.Twin
		list, next, err = p.CMDB.Duplicates(ctx, f, cursor, perPage)
		n = len(list)
		page.twins(list)
	case cmdb.ReportDangling:
		var list []cmdb.Dangling
		list, next, err = p.CMDB.DanglingRelations(ctx, f, cursor, perPage)
		n = len(list)
		page.dangling(list)
	default:
		var list []cmdb.Listed
		list, next, err = p.itemReport(ctx, x, f, cursor, perPage)
		n = len(list)
		page.listed(list)
	}
	if next != "" {
		_, _, tokens, _ := reportFilter(r)
		page.Pager = web.Pager{Older: withTokens(atReports+"/"+page.Name, tokens, next), Shown: web.Plural(n, "row", "rows") + " shown"}
	}
	return err
}

// claimText is a claim as people read it: attributes are JSON.
func claimText(field, value string) string {
	if value != "" && strings.HasPrefix(field, "attributes.") {
		return valueText([]byte(value))
	}
	return value
}

func (page *ReportPage) listed(list []cmdb.Listed) {
	page.Table = web.Table{Label: page.Title, V: page.V, Columns: []web.Column{{Title: "Item", Phone: true}, {Title: "Kind", Width: 140, Phone: true}, {Title: "Environment", Width: 120}, {Title: "Owner", Width: 130}, {Title: "Told by", Width: 200}, {Title: "Last seen", Width: 110, Right: true}}}
	for _, i := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Key: key(i.ID), Text: i.Name, Path: itemPath(i.ID)}, {Text: kindWord(i.Kind)}, {Text: i.Env}, teamCell(i.Team), {Text: sources(i.Sources)}, {At: i.LastSeen}}})
	}
}

func sources(list []string) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = sourceWord(s)
	}
	return strings.Join(words, ", ")
}

func (page *ReportPage) twins(list []cmdb.Twin) {
	page.Table = web.Table{Label: page.Title, V: page.V, Columns: []web.Column{{Title: "This", Phone: true}, {Title: "and this", Phone: true}, {Title: "Kind", Width: 120}, {Title: "Why"}, {Width: 120, Right: true, Phone: true}}}
	for _, t := range list {
		do := web.Button{Title: "Merge…", Path: itemPath(t.A.ID) + "/merge?other=" + key(t.B.ID), Small: true}
		if t.Proposal != 0 {
			do = web.Button{Title: "Decide…", Path: ref.N(ref.Proposal, t.Proposal).Path(), Small: true}
		}
		cell := web.Cell{Buttons: []web.Button{do}}
		if !page.May && t.Proposal == 0 {
			cell = web.Cell{}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Key: key(t.A.ID), Text: t.A.Name, Path: itemPath(t.A.ID), Sub: sources(t.A.Sources)}, {Key: key(t.B.ID), Text: t.B.Name, Path: itemPath(t.B.ID), Sub: sources(t.B.Sources)}, {Text: kindWord(t.A.Kind)}, {Text: t.Why}, cell}})
	}
}

func (page *ReportPage) dangling(list []cmdb.Dangling) {
	page.Table = web.Table{Label: page.Title, V: page.V, Columns: []web.Column{{Title: "From", Phone: true}, {Title: "Relation", Width: 120}, {Title: "To", Phone: true}, {Title: "Told by", Width: 180}, {Title: "Last seen", Width: 110, Right: true}}}
	end := func(text string, id int64) web.Cell {
		if id != 0 {
			return web.Cell{Key: key(id), Text: strings.TrimPrefix(text, "key:"), Path: itemPath(id)}
		}
		return web.Cell{Icon: "help-circle", Text: strings.TrimPrefix(text, "key:"), Mono: true}
	}
	for _, d := range list {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{end(d.From, d.FromItem), {Text: relationSentence(d.Kind, true)}, end(d.To, d.ToItem), {Text: from(d.Source, d.Scope)}, {At: d.LastSeen}}})
	}
}
