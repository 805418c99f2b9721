// Package watchdogweb is the page of the watchdog: whether everybody was told
// who should have been, when that was last asked, what was found, and whether
// somebody outside would hear of it if Evenkeel died.
package watchdogweb

import (
	"embed"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/watchdog"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the page.
type Pages struct {
	Shell    *web.Shell
	Watchdog *watchdog.Service
	Beat     *watchdog.Beat // nil: no outside heartbeat is configured
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /settings/watchdog", p.Show)
}

// ShowPage says what the last look saw.
type ShowPage struct {
	web.Page
	View     watchdog.View
	Table    web.Table
	Incident ref.Ref
	Every    string
	HasBeat  bool
	Beat     watchdog.BeatState
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /settings/watchdog.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.Watchdog.View(r.Context())
	if err != nil {
		return err
	}
	page := &ShowPage{Page: p.Shell.Page(r, "Watchdog", "settings"), View: v, Every: web.Dur(watchdog.Every)}
	page.Crumbs = []web.Crumb{{Title: "Settings", Path: "/settings"}}
	page.Live = "*"
	if v.Incident != 0 {
		page.Incident = ref.N(ref.Incident, v.Incident)
	}
	if p.Beat != nil {
		page.HasBeat, page.Beat = true, p.Beat.State()
	}
	page.Table = web.Table{Label: "Findings", V: page.V, Columns: []web.Column{{Title: "About", Width: 140, Phone: true}, {Title: "What is not done", Phone: true}, {Title: "Since", Width: 150}}}
	for _, f := range v.Findings {
		about := web.Cell{Text: "Evenkeel"}
		if f.Record != (ref.Ref{}) {
			about = web.Cell{Text: f.Record.String(), Path: f.Record.Path()}
		}
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{about, {Text: f.Text}, {At: f.Since}}})
	}
	return p.Shell.Render(w, r, showPage, page)
}
