package cmdbweb

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/cmdb/layout"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// MapPage is the map.
type MapPage struct {
	Base
	Form    *web.Form
	Look    Look
	Kind    web.Field
	Env     web.Field
	Team    web.Field
	Depth   web.Field
	Way     web.Field
	At      web.Field
	Colours []web.Tab
	Notice  *web.Notice
	Says    string // what is shown and what is hidden
	Legend  []Key
	Picture web.HTML // empty: too much for a page; Script draws it
	Image   string   // path of the SVG
	Title2  string
	Rows    []mapRow
	Total   int
	All     string // address of the page with all rows; empty: they are here
	Data    any
	Empty   bool // there is nothing to show anywhere
	Server  string
	None    web.Empty
	Keep    []web.Hidden
	Clear   string
}

var mapPage = web.Parse(files, "map.html", MapPage{})

const (
	mostInline = 400 // boxes of a picture within the page
	mostRows   = 300 // of the table, until all are asked for: browsers take seconds for thousands
)

// Map handles GET /map.
func (p *Pages) Map(w http.ResponseWriter, r *http.Request) error {
	page := &MapPage{Base: p.base(r, "Map", atMap), Form: web.NewForm(r)}
	page.Crumbs = nil
	look, err := readLook(r.URL.Query(), page.V.Loc)
	var m *Map
	if err == nil {
		m, err = p.make(r.Context(), look)
	}
	status := http.StatusOK
	switch {
	case err == nil:
	case page.Form.Refused(err):
		status, m = http.StatusUnprocessableEntity, &Map{}
	case errs.Is(err, errs.NotFound):
		page.Form.Text = err.Error()
		status, m = http.StatusNotFound, &Map{}
	default:
		return err
	}
	page.Look = look
	d := place(m, look.Colour, false, layout.Options{}, nil)
	page.fill(p, d, status != http.StatusOK)
	return p.Shell.RenderStatus(w, r, status, mapPage, page)
}

// Picture handles GET /map.svg: the same map as a file.
func (p *Pages) Picture(w http.ResponseWriter, r *http.Request) error {
	v := p.Shell.View(r)
	look, err := readLook(r.URL.Query(), v.Loc)
	if err != nil {
		return err
	}
	m, err := p.make(r.Context(), look)
	if err != nil {
		return err
	}
	d := place(m, look.Colour, false, layout.Options{}, nil)
	when := v.Now
	if !look.At.IsZero() {
		when = look.At
	}
	body := d.file(look.title(), d.summary()+" · "+when.In(v.Loc).Format("Mon 2 Jan 2006 15:04 MST"), r.URL.Query().Get("theme") == "dark")
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "no-store")
	if r.URL.Query().Get("download") != "" {
		h.Set("Content-Disposition", `attachment; filename="map.svg"`)
	}
	_, _ = w.Write(body) // a browser that went away is no error of ours
	return nil
}

// title says what a look is about.
func (l Look) title() string {
	switch {
	case len(l.Down)+len(l.Degraded) > 0:
		return "If " + strings.Join(append(slices.Clone(l.Down), l.Degraded...), " and ") + " fails"
	case len(l.Focus) > 0:
		return "Around " + strings.Join(l.Focus, ", ")
	}
	return "Map"
}

// summary says what is shown and how much is not.
func (d *Drawing) summary() string {
	frames := 0
	for _, b := range d.Map.Boxes {
		frames += one(b.Group != nil)
	}
	list := []string{web.Plural(len(d.Map.Boxes)-frames, "box", "boxes"), web.Plural(len(d.Map.Lines), "line", "lines")}
	if d.Hidden > 0 {
		list = append(list, fmt.Sprintf("%s hidden in %s", web.Plural(d.Hidden, "item", "items"), web.Plural(d.Closed, "box", "boxes")))
	} else {
		list = append(list, "nothing hidden")
	}
	switch {
	case d.Left > 0 && d.About:
		list = append(list, "up to "+web.Count(d.Left)+" more not shown")
	case d.Left > 0:
		list = append(list, web.Count(d.Left)+" more not shown")
	}
	return strings.Join(list, " · ")
}

func (page *MapPage) fill(p *Pages, d *Drawing, failed bool) {
	l, zone := page.Look, page.V.Loc
	page.Title2 = l.title()
	page.Says = d.summary()
	page.Legend = d.legend()
	page.fields(d)
	page.Image = l.path("/map.svg", zone)
	if l.plain() && len(d.Map.Boxes) == 0 && !failed {
		page.Empty, page.Server = true, cmp.Or(p.URL, "https://evenkeel.example")
		return
	}
	if len(d.Map.Boxes) == 0 {
		page.None = web.Empty{Icon: "sitemap", Title: "Nothing is on this map", Text: "No item fits what is chosen above.", Button: &web.Button{Title: "Show everything", Path: atMap}}
		return
	}
	if len(d.Map.Boxes) <= mostInline {
		page.Picture = d.inline("ek-ar", "Map: "+page.Title2+". The table below holds the same.", func(b *Box) string {
			if b.Parts > 0 {
				return l.toggled(b.Item).path(atMap, zone)
			}
			return "/map/items/" + b.ID
		})
	}
	page.Data = d.data(l)
	list := d.order2()
	page.Total = len(list)
	if page.Total > mostRows && page.Form.Get("rows") != "all" {
		list = list[:mostRows]
		all := l.values(zone)
		all.Set("rows", "all")
		page.All = atMap + "?" + all.Encode() + "#ek-map-list"
	}
	for _, b := range list {
		page.Rows = append(page.Rows, d.row(b, l, page))
	}
	switch {
	case len(l.Down)+len(l.Degraded) > 0:
		page.Notice = &web.Notice{Tone: "amber", Icon: "urgent", Fact: page.Title2 + ":", Effect: hitWords(d.Hits) + ".", Buttons: []web.Button{{Title: "Who is hit, and why", Path: l.impactPath(), Small: true},
			{Title: "End", Path: Look{Focus: l.Focus, Depth: l.Depth, Direction: l.Direction, Colour: l.Colour, Kinds: l.Kinds, Env: l.Env, Team: l.Team, Open: l.Open, At: l.At}.path(atMap, zone), Small: true}}}
	case !l.At.IsZero():
		page.Notice = &web.Notice{Tone: "accent", Icon: "history", Fact: "As it was " + l.At.In(zone).Format("Mon 2 Jan 2006 15:04") + ".", Effect: "Relations are those of that time; names, owners and kinds are today's, and health then is not known.",
			Buttons: []web.Button{{Title: "Now", Path: l.now().path(atMap, zone), Small: true}}}
	case d.Cut:
		page.Notice = &web.Notice{Tone: "amber", Icon: "alert-triangle", Fact: "Not everything was looked at.", Effect: "Something on this map has more relations or parts than a map can show; narrow it with a focus."}
	}
}

// now is the same without a time.
func (l Look) now() Look {
	l.At = time.Time{}
	return l
}

// impactPath is the page that explains the same impact.
func (l Look) impactPath() string {
	return Look{Down: l.Down, Degraded: l.Degraded}.path(atHits, nil)
}

// hitWords counts what is hit, worst first.
func hitWords(n map[graph.Level]int) string {
	var list []string
	for _, lv := range []graph.Level{graph.Down, graph.Degraded, graph.AtRisk, graph.Exposed} {
		if n[lv] > 0 {
			list = append(list, web.Count(n[lv])+" "+levelWord(lv))
		}
	}
	if list == nil {
		return "nothing is hit"
	}
	return strings.Join(list, ", ")
}
