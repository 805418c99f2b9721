// Package ascodeweb is the page Settings → As code: what was applied last and
// by whom, what is managed in git, and how to start.
//
// The page changes nothing: plan and apply run from a directory, by the
// command line or a pipeline, because that is where the files are.
package ascodeweb

import (
	"context"
	"embed"
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the page.
type Pages struct {
	Shell *web.Shell
	Code  *ascode.Service
	// Names returns people's names by number; nil: their keys are shown.
	Names func(ctx context.Context, ids []int64) (map[int64]string, error)
	// URL is the address of this server, for the example commands; empty: http://localhost:8080.
	URL string
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /settings/as-code", p.Show)
}

// Page is everything as code.
type Page struct {
	web.Page
	Applies web.Table
	Pager   web.Pager
	Kinds   []kind
	URL     string
	Managed int
}

// kind is one kind of document and what of it is managed.
type kind struct {
	Name, Schema string
	Records      []ascode.Record
	More         bool
	Next         string // path to the next part
}

var page = web.Parse(files, "ascode.html", Page{})

const (
	path     = "/settings/as-code"
	perPage  = 20
	perKind  = 12
	oneKinds = 200
)

// Show handles GET /settings/as-code. before pages the applies; kind and after
// list more of one kind.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	before, err := number(query.Get("before"))
	if err != nil {
		return err
	}
	list, more, err := p.Code.Applies(r.Context(), before, perPage)
	if err != nil {
		return err
	}
	pg := &Page{Page: p.Shell.Page(r, "As code", "settings"), URL: p.URL}
	pg.Crumbs, pg.Live = []web.Crumb{{Title: "Settings", Path: "/settings"}}, ref.S(ref.System, "as-code").String()
	if pg.URL == "" {
		pg.URL = "http://localhost:8080"
	}
	if err := p.applies(r.Context(), pg, list); err != nil {
		return err
	}
	if more {
		pg.Pager = web.Pager{Older: path + "?before=" + strconv.FormatInt(list[len(list)-1].ID, 10), Shown: web.Plural(len(list), "apply", "applies") + " shown, newest first"}
	}
	for _, k := range p.Code.Kinds() {
		limit, after := perKind, ""
		if query.Get("kind") == k.Name {
			limit, after = oneKinds, query.Get("after")
		}
		records, more, err := p.Code.Managed(r.Context(), k.Ref, after, limit)
		if err != nil {
			return err
		}
		x := kind{Name: k.Name, Schema: "/schemas/" + k.File(), Records: records, More: more}
		if more {
			x.Next = path + "?kind=" + k.Name + "&after=" + records[len(records)-1].Ref.Key
		}
		pg.Managed += len(records)
		pg.Kinds = append(pg.Kinds, x)
	}
	return p.Shell.Render(w, r, page, pg)
}

func number(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.BadField("before", s, "use the link to older applies")
	}
	return n, nil
}

func (p *Pages) applies(ctx context.Context, pg *Page, list []ascode.Apply) error {
	var ids []int64
	for _, a := range list {
		if a.Person != 0 {
			ids = append(ids, a.Person)
		}
	}
	names := map[int64]string{}
	if p.Names != nil && len(ids) > 0 {
		var err error
		if names, err = p.Names(ctx, ids); err != nil {
			return err
		}
	}
	pg.Applies = web.Table{Label: "Applies", V: pg.V, Columns: []web.Column{{Title: "When", Width: 130, Phone: true}, {Title: "Commit", Phone: true}, {Title: "By", Width: 190}, {Title: "Effect", Width: 300, Phone: true}}}
	for _, a := range list {
		commit := web.Cell{Text: ascode.Short(a.Commit), Mono: true, Sub: a.Source}
		if a.Commit == "" {
			commit = web.Cell{Text: "outside git", Sub: a.Source}
		}
		by := web.Cell{Text: a.Actor}
		if a.Person != 0 {
			by = web.Cell{Text: ref.N(ref.Person, a.Person).String()}
			if n := names[a.Person]; n != "" {
				by = web.Cell{Person: &web.Person{Name: n}}
			}
		}
		pg.Applies.Rows = append(pg.Applies.Rows, web.Row{Cells: []web.Cell{{At: a.At}, commit, by, {Text: effect(a.Counts)}}})
	}
	return nil
}

// effect says what an apply did, leaving out zeros.
func effect(c ascode.Counts) string {
	s := ""
	for _, x := range []struct {
		n    int
		word string
	}{{c.Created, "created"}, {c.Changed, "changed"}, {c.Adopted, "adopted"}, {c.Removed, "removed"}} {
		if x.n == 0 {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += web.Count(x.n) + " " + x.word
	}
	if s == "" {
		return "released from git"
	}
	return s
}
