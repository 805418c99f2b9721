package cmdbweb

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
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

// mapRow is a box in the table.
type mapRow struct {
	ID, Name, Path, Kind, Sub   string
	Glyph, Health               string
	Team, Env                   string
	Needs, Needing              string
	NeedsN, NeedingN            int
	Open, OpenTitle, Focus, Hit string
	Depth                       int
}

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

// fields are the controls above the map.
func (page *MapPage) fields(d *Drawing) {
	f, l := page.Form, page.Look
	set := func(name, value string) {
		f.Default(name, "")
		f.Values.Set(name, value)
	}
	if f.Values == nil {
		f.Values = map[string][]string{}
	}
	set("focus", strings.Join(l.Focus, ", "))
	kinds, envs, teams := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, k := range append(slices.Clone(usual), cmdb.KindHost, cmdb.KindCluster, cmdb.KindNamespace, cmdb.KindNetwork, cmdb.KindCertificate, cmdb.KindCloud) {
		kinds[k] = true
	}
	for _, b := range d.Map.Boxes {
		if b.Group == nil {
			kinds[b.Kind], envs[b.Env], teams[b.Team] = true, true, true
		}
	}
	for _, k := range l.Kinds {
		kinds[k] = true
	}
	envs[l.Env], teams[l.Team] = true, true
	set("kind", strings.Join(l.Kinds, ","))
	page.Kind = f.Select("kind", "Kind", choices(kinds, "The usual", strings.Join(l.Kinds, ","))...)
	page.Env = f.Select("env", "Environment", choices(envs, "All", l.Env)...)
	page.Team = f.Select("team", "Owner", choices(teams, "All", l.Team)...)
	var depths []web.Option
	for i := 1; i <= mostDepth; i++ {
		depths = append(depths, web.Option{Value: strconv.Itoa(i), Title: web.Plural(i, "step", "steps")})
	}
	set("depth", strconv.Itoa(cmp.Or(l.Depth, defaultDepth)))
	page.Depth = f.Select("depth", "How far", depths...)
	set("direction", cmp.Or(l.Direction, "both"))
	page.Way = f.Select("direction", "Which way", web.Option{Value: "both", Title: "Both ways"}, web.Option{Value: "needs", Title: "What it needs"}, web.Option{Value: "needed", Title: "Who needs it"})
	if !l.At.IsZero() {
		set("at", l.At.In(page.V.Loc).Format(atForm))
	}
	page.At = f.Input("at", "As it was").As("datetime-local")
	for _, c := range colours {
		if l.Impact() { // colour says what is hit
			break
		}
		x := l
		x.Colour = c
		page.Colours = append(page.Colours, web.Tab{Title: strings.ToUpper(c[:1]) + c[1:], Path: x.path(atMap, page.V.Loc), Current: c == l.Colour})
	}
	for _, h := range []struct {
		name string
		list []string
	}{{"down", l.Down}, {"degraded", l.Degraded}, {"colour", nonEmpty(l.Colour, "health")}} {
		if len(h.list) > 0 {
			page.Keep = append(page.Keep, web.Hidden{Name: h.name, Value: strings.Join(h.list, ",")})
		}
	}
	if !l.plain() || len(l.Open) > 0 {
		page.Clear = atMap
	}
}

func nonEmpty(s, usual string) []string {
	if s == "" || s == usual {
		return nil
	}
	return []string{s}
}

func choices(set map[string]bool, all, chosen string) []web.Option {
	out := []web.Option{{Title: all}}
	for _, k := range sorted(set) {
		if k != "" {
			out = append(out, web.Option{Value: k, Title: kindWord(k)})
		}
	}
	if strings.Contains(chosen, ",") {
		out = append(out, web.Option{Value: chosen, Title: kindWord(chosen)})
	}
	return out
}

func sorted(set map[string]bool) (out []string) {
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// order2 is the boxes as the table lists them: by name, what is in a frame
// below it.
func (d *Drawing) order2() (out []*Box) {
	in := map[string][]*Box{}
	for _, b := range d.Map.Boxes {
		in[b.In] = append(in[b.In], b)
	}
	var walk func(string)
	walk = func(frame string) {
		for _, b := range in[frame] {
			out = append(out, b)
			walk(b.ID)
		}
	}
	walk("")
	return out
}

func (d *Drawing) row(b *Box, l Look, page *MapPage) mapRow {
	zone := page.V.Loc
	r := mapRow{ID: b.ID, Name: b.Name, Kind: kindWord(b.Kind), Team: b.Team, Env: b.Env, Glyph: d.glyph(b), Health: healthWord(b.Health), NeedsN: len(b.needs), NeedingN: len(b.needing),
		Needs: d.names(b.needs), Needing: d.names(b.needing)}
	for in := b.In; in != ""; in = d.by[in].In {
		r.Depth++
	}
	if f := d.by[b.In]; f != nil && f.Group != nil { // needed as one of the group
		r.Needing = d.names(append(slices.Clone(f.needing), b.needing...))
	}
	if len(d.Causes) > 0 {
		r.Health = "not affected"
		if b.Level > graph.None {
			r.Health = levelWord(b.Level)
		}
	}
	if b.Group != nil {
		r.Sub = b.Group.Says
		r.Health, r.Glyph = "", ""
		return r
	}
	r.Path = "/map/items/" + b.ID
	if b.Inside > 0 {
		r.Sub = web.Plural(b.Inside, "item", "items") + " inside"
	}
	if b.State != "" {
		r.Sub = strings.TrimPrefix(r.Sub+" · "+b.State, " · ")
	}
	if b.Parts > 0 {
		r.Open, r.OpenTitle = l.toggled(b.Item).path(atMap, zone), "Open"
		if b.Frame {
			r.OpenTitle = "Close"
		}
	}
	r.Focus = Look{Focus: []string{b.ID}, Depth: defaultDepth, Direction: "both", Colour: l.Colour}.path(atMap, zone)
	r.Hit = Look{Down: []string{b.ID}, Direction: "both", Colour: l.Colour}.path(atMap, zone)
	return r
}

const mostNames = 3

// names lists boxes by name, the first ones.
func (d *Drawing) names(list []string) string {
	var out []string
	for _, id := range list[:min(len(list), mostNames)] {
		out = append(out, d.by[id].Name)
	}
	if n := len(list) - mostNames; n > 0 {
		return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(out, ", ")
}
