// Package apiweb is the reference page of the HTTP API at /api/docs.
//
// It is rendered by the server from the API's own OpenAPI description, in the
// product's look, because the common viewers need inline styles, which the
// Content-Security-Policy forbids (docs/adr/0006). Each operation shows its
// parameters, its body, its answer and a curl line to copy; the document for
// tools is at /api/openapi.json.
package apiweb

import (
	"embed"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the reference.
type Pages struct {
	Shell  *web.Shell
	Groups []api.Group
	Server string // address that the curl lines go to
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) { add("GET /api/docs", p.Docs) }

// DocsPage is the reference.
type DocsPage struct {
	web.Page
	Groups []group
	Query  string
	Server string
	Empty  web.Empty
}

type group struct {
	Name, Anchor string
	Operations   []api.Operation
}

var docsPage = web.Parse(files, "docs.html", DocsPage{})

// Docs handles GET /api/docs; q keeps only operations that name it.
func (p *Pages) Docs(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Read); err != nil {
		return err
	}
	page := &DocsPage{Page: p.Shell.Page(r, "API reference", "settings"), Query: r.URL.Query().Get("q"), Server: p.Server}
	page.Crumbs = []web.Crumb{{Title: "Settings", Path: "/settings"}}
	want := strings.ToLower(page.Query)
	for _, g := range p.Groups {
		keep := group{Name: g.Name, Anchor: "g-" + strings.ReplaceAll(strings.ToLower(g.Name), " ", "-")}
		for _, o := range g.Operations {
			if strings.Contains(strings.ToLower(o.Method+" "+o.Path+" "+o.Summary+" "+g.Name), want) {
				keep.Operations = append(keep.Operations, o)
			}
		}
		if len(keep.Operations) > 0 {
			page.Groups = append(page.Groups, keep)
		}
	}
	page.Empty = web.Empty{Icon: "search", Title: "No operation is called so", Text: "Try a record's name, such as incident, or a path."}
	return p.Shell.Render(w, r, docsPage, page)
}
