// Package windowweb is the change calendar and the pages of windows: freezes,
// change windows, maintenance and release trains.
//
// What is real here. Before somebody ships they ask "what else goes out then,
// and may it?". The calendar answers with one lane for each service: what was
// changed (with its true start), what is planned, what holds changes, what was
// broken meanwhile, and which planned changes meet, with a time at which the
// later one fits. Routine changes (low risk, let through by policy, went well)
// are folded into a count.
//
// How. Pages call window.Service and decide nothing. draw.go places what a
// window.View holds in pixels of a picture as wide as a desktop's (rows of bars
// without overlaps, labels where there is room), calendar.html writes that as
// SVG with lengths in percent, so that it fits any width without script or
// inline style. The same is below it as a list by day (agenda.go), which is
// what phones show and what keyboards and screen readers use. The figures above
// come from the measures' own door; app wires it.
package windowweb

import (
	"context"
	"embed"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves the calendar and the windows. Nil functions are not there.
type Pages struct {
	Shell   *web.Shell
	Windows *window.Service
	Tabs    []web.Tab // of the practice, ours among them

	Figures func(ctx context.Context, v *web.View) (web.HTML, error)          // the strip above the calendar
	Move    func(ctx context.Context, change int64, from, to time.Time) error // plans a change anew
	Teams   func(ctx context.Context) ([]web.Option, error)                   // to choose from
	URL     string                                                            // where people reach the product, for calendar links
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+calendarPath, p.Calendar)
	add("POST "+calendarPath+"/move", p.MoveChange)
	add("GET "+calendarPath+"/links", p.Links)
	add("POST "+calendarPath+"/links", p.MakeLink)
	add("POST "+calendarPath+"/links/end", p.EndLink)
	add("GET "+windowsPath, p.List)
	add("GET "+windowsPath+"/new", p.New)
	add("POST "+windowsPath+"/new", p.Create)
	add("GET "+windowsPath+"/{name}", p.Show)
	add("GET "+windowsPath+"/{name}/edit", p.Edit)
	add("POST "+windowsPath+"/{name}/edit", p.Save)
	add("POST "+windowsPath+"/{name}/delete", p.Delete)
}

const (
	nav          = "changes"
	calendarPath = "/changes/calendar"
	windowsPath  = "/changes/windows"
)

var crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}}

// tabs are the practice's, with the current one marked.
func (p *Pages) tabs(path string) []web.Tab {
	out := append([]web.Tab{}, p.Tabs...)
	for i := range out {
		out[i].Current = out[i].Path == path
	}
	return out
}

// teams are the options of a choice of teams.
func (p *Pages) teams(r *http.Request, chosen string) ([]web.Option, error) {
	if p.Teams == nil {
		return nil, nil
	}
	out, err := p.Teams(r.Context())
	for i := range out {
		out[i].Chosen = out[i].Value == chosen
	}
	return out, err
}

// kindWords are the kinds as people call them.
var kindWords = map[window.Kind]string{window.Freeze: "Freeze", window.Change: "Change window", window.Maintenance: "Maintenance", window.Train: "Release train"}

// kindDoes says what each does.
var kindDoes = map[window.Kind]string{
	window.Freeze:      "No change starts, but those it lets pass",
	window.Change:      "Changes start only inside",
	window.Maintenance: "Planned work; it holds nothing",
	window.Train:       "A departure that teams plan for; it holds nothing",
}
