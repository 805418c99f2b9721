// Package oncallweb is the pages of on-call: who is on call now, the schedules
// with their calendar, the forms that change them, and one's own shifts.
//
// The calendar is one SVG (lanes.go): a lane for what results, on top, one for
// overrides, swaps and absences, and one for each layer. The axis is real time
// in the schedule's zone, so a day on which the clock changes is as long as it
// is. Each person has a hue in a schedule and stands in the bar by name; gaps
// are hatched and say why. The same duties follow as a table, which is what
// keyboards and screen readers use; dragging on the picture only opens the
// override form with its times filled in.
//
// Everything works as plain forms. A schedule is edited in two steps: the form
// (layers are added and removed by buttons that post it), and a preview of who
// is on call before and after, from which it is saved. Pages call
// oncall.Service and decide nothing.
package oncallweb

import (
	"context"
	"embed"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves on-call. Fields after Oncall may be nil: then nothing is
// suggested or imported.
type Pages struct {
	Shell  *web.Shell
	Oncall *oncall.Service
	URL    string                                                                                                 // where people reach the product, without a final slash
	People func(ctx context.Context) ([]oncall.Who, error)                                                        // who can be on call, for suggestions
	Teams  func(ctx context.Context) ([]web.Option, error)                                                        // which can own a schedule
	More   []web.Tab                                                                                              // of other practices, behind ours
	Read   func(file []byte, zone *time.Location, from, to time.Time) (events []Event, notes []string, err error) // of calendar files
}

// Event is one stretch of time of a calendar file.
type Event struct {
	From, To time.Time
	Summary  string
	People   []string // names that the file gives, apart from the summary
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /oncall", p.Now)
	add("GET /oncall/mine", p.Mine)
	add("POST /oncall/mine", p.DoMine)
	add("GET /oncall/schedules", p.List)
	add("GET /oncall/schedules/new", p.New)
	add("POST /oncall/schedules/new", p.Create)
	add("GET /oncall/schedules/{name}", p.Show)
	add("GET /oncall/schedules/{name}/edit", p.Edit)
	add("POST /oncall/schedules/{name}/edit", p.Save)
	add("POST /oncall/schedules/{name}/delete", p.Delete)
	add("GET /oncall/schedules/{name}/cover", p.CoverForm)
	add("POST /oncall/schedules/{name}/cover", p.AddCover)
	add("GET /oncall/schedules/{name}/swap", p.SwapForm)
	add("POST /oncall/schedules/{name}/swap", p.Offer)
	add("GET /oncall/schedules/{name}/fairness", p.Fairness)
	add("GET /oncall/schedules/{name}/import", p.ImportForm)
	add("POST /oncall/schedules/{name}/import", p.Import)
	add("GET /oncall/covers/{id}", p.ShowCover)
	add("POST /oncall/covers/{id}/end", p.EndCover)
	add("POST /oncall/covers/{id}/accept", p.Accept)
	add("POST /oncall/covers/{id}/decline", p.Decline)
}

const (
	top  = "/oncall"
	base = "/oncall/schedules"
	mine = "/oncall/mine"
	nav  = "oncall"
)

var crumbs = []web.Crumb{{Title: "On call", Path: top}, {Title: "Schedules", Path: base}}

// tabs are the pages beside each other.
func (p *Pages) tabs(current string) []web.Tab {
	tabs := []web.Tab{{Title: "Now", Path: top}, {Title: "Schedules", Path: base}, {Title: "My shifts", Path: mine}}
	tabs = append(tabs, p.More...)
	for i := range tabs {
		tabs[i].Current = tabs[i].Path == current
	}
	return tabs
}

func pathOf(schedule string) string { return ref.S(ref.Schedule, schedule).Path() }

func crumbsOf(s oncall.Schedule) []web.Crumb {
	return append(crumbs[:2:2], web.Crumb{Title: s.Title(), Path: s.Ref().Path()})
}

// whos are people by number.
type whos map[int64]oncall.Who

func (w whos) person(id int64) web.Person {
	x := w[id]
	if x.Display == "" {
		x.Display = x.Handle
	}
	if x.Display == "" {
		x.Display = ref.N(ref.Person, id).String()
	}
	return web.Person{Handle: x.Handle, Name: x.Display}
}

func (w whos) people(ids []int64) []web.Person {
	out := make([]web.Person, len(ids))
	for i, id := range ids {
		out[i] = w.person(id)
	}
	return out
}

// names joins people's names.
func (w whos) names(ids []int64) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = w.person(id).Name
	}
	return strings.Join(list, ", ")
}

// names asks for everybody that duties, covers and further lists name.
func (p *Pages) names(ctx context.Context, duties []oncall.Duty, covers []oncall.Cover, more ...int64) (whos, error) {
	seen, ids := map[int64]bool{0: true}, []int64{}
	add := func(list ...int64) {
		for _, id := range list {
			if !seen[id] {
				seen[id], ids = true, append(ids, id)
			}
		}
	}
	for _, d := range duties {
		add(d.People...)
	}
	for _, c := range covers {
		add(c.Person, c.Instead, c.By)
	}
	add(more...)
	return p.Oncall.Names(ctx, ids)
}

// zoneOf loads a zone that a stored schedule has.
func zoneOf(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

// when says from when to when in a zone, as short as it can be understood.
func when(from, until time.Time, loc *time.Location) string {
	const day, clock = "Mon 2 Jan", "15:04"
	switch {
	case from.IsZero() && until.IsZero():
		return "always"
	case from.IsZero():
		return "until " + until.In(loc).Format(day+" "+clock)
	case until.IsZero():
		return "from " + from.In(loc).Format(day+" "+clock) + " on"
	}
	a, b := from.In(loc), until.In(loc)
	if a.YearDay() == b.YearDay() && a.Year() == b.Year() {
		return a.Format(day+" "+clock) + " – " + b.Format(clock)
	}
	return a.Format(day+" "+clock) + " – " + b.Format(day+" "+clock)
}

// hours is a time on call, "112 h" or "7 h 30 m".
func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return web.Count(int(d/time.Hour)) + " h"
	}
	if d > 100*time.Hour {
		return web.Count(int((d+30*time.Minute)/time.Hour)) + " h"
	}
	return web.Dur(d)
}
