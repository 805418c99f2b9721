package cmdbweb

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/cmdb/layout"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Dependencies is the panel of a service's page: who needs it on the left, two
// steps far, and what it needs on the right. Left is how many boxes there was
// no room for.
type Dependencies struct {
	Picture web.HTML
	Legend  []Key
	Path    string
	Left    int
}

var panelPart = web.Parse(files, "panel.html", Dependencies{})

// columns are the words under the columns of the panel.
var columns = []string{"Customers", "Calls us", "This service", "We need", "They need"}

const mostInColumn = 7

// Panel returns the dependencies of a service as a panel's body, with "14
// boxes" as its count; both are empty when nothing is known of it. It reads
// the graph in memory and the names of what is shown.
func (p *Pages) Panel(ctx context.Context, v *web.View, service string) (body web.HTML, count string, err error) {
	if !p.CMDB.Ready() {
		return "", "", nil
	}
	item, err := p.CMDB.Service(ctx, service)
	if errs.Is(err, errs.NotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	g := &gather{roll: newRoll(p.CMDB.Graph().View(), nil), m: &Map{by: map[string]*Box{}}, limit: 5 * mostInColumn * 4, shown: map[uint32]bool{}}
	column := g.columns(uint32(item.ID))
	if len(column) < 2 {
		return "", "", nil
	}
	g.boxes()
	if err := p.name(ctx, g.m); err != nil {
		return "", "", err
	}
	slices.SortStableFunc(g.m.Boxes, func(a, b *Box) int { return strings.Compare(a.Name, b.Name) })
	g.m.by[ids(uint32(item.ID))].Focus = true
	g.lines()
	g.m.Lines = slices.DeleteFunc(g.m.Lines, func(l *Line) bool {
		return column[g.m.by[l.From].Item]+1 != column[g.m.by[l.To].Item]
	})
	g.groups()
	if err := p.health(ctx, g, Look{}); err != nil {
		return "", "", err
	}
	g.m.words()
	of := func(b *Box) int {
		if b.Item == 0 {
			for _, x := range g.m.Boxes {
				if x.In == b.ID {
					return column[x.Item]
				}
			}
		}
		return column[b.Item]
	}
	opt := layout.Options{Layer: 44, Gap: 10, Abreast: 1}
	d := place(g.m, "health", true, opt, of)
	if n := used(g.m, of); n > 1 && d.W < panelWide { // few columns stand further apart
		opt.Layer = min(opt.Layer+(panelWide-d.W)/float64(n-1), 110)
		d = place(g.m, "health", true, opt, of)
	}
	out := Dependencies{Picture: d.panel(item.Name, of), Legend: d.legend(), Left: g.m.Left, Path: Look{Focus: []string{item.Ref().String()}, Depth: defaultDepth, Direction: "both"}.path(atMap, nil)}
	body, err = panelPart.Fragment(&out)
	return body, web.Plural(len(column), "box", "boxes"), err
}

// panelWide is the room that the panel has on a wide page, in pixels.
const panelWide = 720

// used counts the columns that hold something.
func used(m *Map, of func(*Box) int) int {
	seen := map[int]bool{}
	for _, b := range m.Boxes {
		seen[of(b)] = true
	}
	return len(seen)
}

// columns chooses what the panel shows and where: 3 is the service itself.
func (g *gather) columns(item uint32) map[uint32]int {
	top := g.top(item)
	column := map[uint32]int{top: 3}
	g.add(top)
	for _, down := range []bool{true, false} {
		at := []uint32{top}
		for step := 1; step <= 2; step++ {
			var next []uint32
			for _, t := range at {
				group, begun := g.spares(t), map[uint32]bool{}
				for _, o := range g.near(t, down) {
					if column[o] != 0 {
						continue
					}
					if len(next) >= mostInColumn && (!down || !begun[group[o]]) {
						g.m.Left++
						continue
					}
					if group[o] != 0 { // a group is shown whole or not at all
						begun[group[o]] = true
					}
					column[o] = 3 - step
					if down {
						column[o] = 3 + step
					}
					g.add(o)
					next = append(next, o)
				}
			}
			at = next
		}
	}
	return column
}

// spares are the redundancy groups of what a box needs, by the box that is
// needed.
func (g *gather) spares(top uint32) map[uint32]uint32 {
	out := map[uint32]uint32{}
	for _, id := range g.inside(top) {
		for _, e := range g.relations(id) {
			if needs, needed := e.Ends(); e.Group != 0 && needs == id {
				out[g.top(needed)] = e.Group
			}
		}
	}
	return out
}

// panel is the inline picture with its columns named below.
func (d *Drawing) panel(name string, column func(*Box) int) web.HTML {
	w := &pen{d: d, id: "ek-dep", href: func(b *Box) string { return "/map/items/" + b.ID }}
	fmt.Fprintf(w, `<svg class="ek-m" xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="-2 -2 %s %s" role="group" aria-label="What needs %s and what it needs">`,
		num(d.W+4), num(d.H+36), num(d.W+4), num(d.H+36), html.EscapeString(name))
	w.all()
	at := map[int]float64{}
	for _, b := range d.Map.Boxes {
		if b.In != "" {
			continue
		}
		r := d.Picture.Boxes[b.ID]
		if x, ok := at[column(b)]; !ok || r.X < x {
			at[column(b)] = r.X
		}
	}
	fmt.Fprintf(w, `<path d="M0 %sH%s"%s/>`, num(d.H+14), num(d.W), w.paint("rule"))
	for c, x := range at {
		if c >= 1 && c <= len(columns) {
			w.text("column", "", x, d.H+30, columns[c-1])
		}
	}
	w.WriteString(`</svg>`)
	return web.HTML(w.String())
}

// Blast is the panel of what an incident on services breaks.
type Blast struct {
	Figures []figure
	Hits    []hitRow
	More    int
	Teams   []teamHit
	Path    string
	MapPath string
}

var blastPart = web.Parse(files, "panelhits.html", Blast{})

const mostInPanel = 8

// ImpactPanel returns what breaks while services are down, as a panel's body:
// the services hit by level with the path that explains each, and whom to
// tell. Both results are empty when nothing else is touched.
func (p *Pages) ImpactPanel(ctx context.Context, v *web.View, services []string) (body web.HTML, count string, err error) {
	if !p.CMDB.Ready() {
		return "", "", nil
	}
	var items []cmdb.Item
	for _, s := range services {
		item, err := p.CMDB.Service(ctx, s)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return "", "", err
		}
		items = append(items, item)
	}
	return p.HitsPanel(ctx, v, items)
}

// HitsPanel is ImpactPanel of any items.
func (p *Pages) HitsPanel(ctx context.Context, v *web.View, items []cmdb.Item) (body web.HTML, count string, err error) {
	if !p.CMDB.Ready() || len(items) == 0 {
		return "", "", nil
	}
	var causes []cmdb.Cause
	var names []string
	asked := 0
	for _, item := range items {
		causes = append(causes, cmdb.Cause{Item: item.ID, Level: graph.Down})
		names = append(names, item.Ref().String())
		if item.Kind == cmdb.KindService {
			asked++
		}
	}
	x, err := p.answer(ctx, causes)
	if err != nil || len(x.Services) <= asked && len(x.Others) <= len(causes)-asked {
		return "", "", err
	}
	look := Look{Down: names}
	out := Blast{Figures: x.Figures, Teams: x.Teams, Path: look.path(atHits, nil), MapPath: look.path(atMap, nil)}
	for _, h := range append(x.Services, x.Others...) {
		if h.Cause {
			continue
		}
		if len(out.Hits) == mostInPanel {
			out.More++
			continue
		}
		out.Hits = append(out.Hits, h)
	}
	body, err = blastPart.Fragment(&out)
	return body, web.Plural(len(x.Services)-asked, "service", "services"), err
}
