// Package searchweb is the search page and what the jump box asks.
//
// GET /search?q= answers JSON to the jump box (Accept: application/json) and a
// page to everybody else, so that searching works without script. A query that
// is exactly one record's key leads straight to it. Nothing is stored, and the
// query is not logged.
package searchweb

import (
	"embed"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/search"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the search.
type Pages struct {
	Shell *web.Shell
	Box   *search.Box
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) { add("GET /search", p.Search) }

// SearchPage shows what was found.
type SearchPage struct {
	web.Page
	Query string
	Found search.Found
	Empty web.Empty
}

var searchPage = web.Parse(files, "search.html", SearchPage{})

// hits in the box and on the page.
const (
	inBox  = 12
	onPage = 40
)

// Search handles GET /search.
func (p *Pages) Search(w http.ResponseWriter, r *http.Request) error {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	wantsJSON := strings.Contains(r.Header.Get("Accept"), "application/json")
	limit := onPage
	if wantsJSON {
		limit = inBox
	}
	found, err := p.Box.Find(r.Context(), q, limit)
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept")
	if wantsJSON {
		return p.json(w, found)
	}
	if len(found.Hits) > 0 && strings.EqualFold(found.Hits[0].Key, q) {
		return web.Redirect(w, r, found.Hits[0].Path, "")
	}
	page := &SearchPage{Page: p.Shell.Page(r, "Search", ""), Query: q, Found: found}
	page.Empty = web.Empty{Icon: "search", Title: "Nothing found for “" + q + "”",
		Text: "Records are found by key (INC-1042), by name (checkout), or by the first letters of words in their title. Closed records are found too; restricted ones only by those who may see them."}
	if q == "" {
		page.Empty.Title = "Search by key or title"
	}
	return p.Shell.Render(w, r, searchPage, page)
}

func (p *Pages) json(w http.ResponseWriter, found search.Found) error {
	for i, h := range found.Hits {
		found.Hits[i].Icon = web.AssetPath("icons.svg") + "#" + h.Icon
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(found)
}
