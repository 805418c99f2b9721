package cmdbweb

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/web"
)

// pen writes SVG. In a page it names classes, which follow the reader's theme;
// in a file of its own it writes colours, because a file must stand alone and
// a strict policy allows no style in it.
type pen struct {
	strings.Builder
	alone bool
	theme map[string]string
	d     *Drawing
	href  func(*Box) string // nil: no links
	id    string            // of the arrows, unique in the page
}

// paint is the attributes of a role.
func (w *pen) paint(role string) string {
	if !w.alone {
		return ` class="ek-m-` + role + `"`
	}
	return " " + w.theme[role]
}

func num(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// glyphs are the marks in a square of 9 px, as in web/assets/icons.
var glyphs = map[string]string{
	fine:      `<circle cx="4.5" cy="4.5" r="4" fill="currentColor"/>`,
	degraded:  `<circle cx="4.5" cy="4.5" r="3.7" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M.8 4.5h7.4a3.7 3.7 0 0 1-7.4 0z" fill="currentColor"/>`,
	down:      `<path d="M0 1.5h9L4.5 9z" fill="currentColor"/>`,
	"risk":    `<path d="M4.5.6 8.8 8.4H.2z" fill="none" stroke="currentColor" stroke-width="1.3" stroke-linejoin="round"/>`,
	"exposed": `<path d="M4.5.5 8.5 4.5 4.5 8.5.5 4.5z" fill="none" stroke="currentColor" stroke-width="1.3"/>`,
	unknown:   `<circle cx="4.5" cy="4.5" r="3.5" fill="none" stroke="currentColor" stroke-width="1.2" stroke-dasharray="2 1.6"/>`,
	"none":    `<path d="M1.500 4.500h6" stroke="currentColor" stroke-width="1.4"/>`,
}

func (w *pen) glyph(name string, x, y float64) {
	shape := glyphs[name]
	if shape == "" {
		name, shape = unknown, glyphs[unknown]
	}
	fmt.Fprintf(w, `<g transform="translate(%s %s)"%s>%s</g>`, num(x), num(y), w.paint("g-"+name), shape)
}

func (w *pen) text(role, anchor string, x, y float64, s string) {
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	fmt.Fprintf(w, `<text x="%s" y="%s"%s%s>%s</text>`, num(x), num(y), anchor, w.paint(role), html.EscapeString(s))
}

// box draws a box, or the frame and title of what holds others.
func (w *pen) box(b *Box) {
	r, d := w.d.Picture.Boxes[b.ID], w.d
	link := ""
	if w.href != nil && b.Item != 0 {
		link = w.href(b)
	}
	if link != "" {
		fmt.Fprintf(w, `<a href="%s">`, html.EscapeString(link))
	} else {
		w.WriteString(`<g>`)
	}
	fmt.Fprintf(w, `<title>%s</title>`, html.EscapeString(d.says(b)))
	if b.Inside > 0 && !d.Compact { // a second edge: there is more in it
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" rx="6"%s/>`, num(r.X+3), num(r.Y+3), num(r.W), num(r.H), w.paint("more"))
	}
	fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" rx="%d"%s/>`, num(r.X), num(r.Y), num(r.W), num(r.H), 6+2*one(b.Frame), w.paint("b-"+d.look(b)))
	if (b.Focus || b.Cause) && !d.Compact {
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" rx="%d"%s/>`, num(r.X), num(r.Y), num(r.W), num(r.H), 6+2*one(b.Frame), w.paint("focus"))
	}
	switch {
	case b.Group != nil && d.Compact:
		w.text("name", "", r.X+12, r.Y+18, clip(b.Name, 12, r.W-20))
		w.text("says-"+b.Group.Tone, "", r.X+12, r.Y+34, b.Group.Says)
	case b.Group != nil:
		w.text("name", "", r.X+12, r.Y+17, clip(b.Name, 12, max(40, r.W-textWidth(b.Group.Says, 12)-36)))
		w.text("says-"+b.Group.Tone, "end", r.X+r.W-12, r.Y+17, b.Group.Says)
	case b.Frame:
		w.glyph(d.glyph(b), r.X+10, r.Y+9)
		name := clip(b.Name, 12.5, r.W-mark-10)
		w.text("name", "", r.X+mark+2, r.Y+18, name)
		if rest := r.W - mark - textWidth(name, 12.5) - 20; rest > 40 {
			w.text("sub", "", r.X+mark+textWidth(name, 12.5)+10, r.Y+18, clip(d.under(b), 10.5, rest))
		}
	case d.Compact:
		w.glyph(d.glyph(b), r.X+8, r.Y+r.H/2-4.5)
		w.text("name", "", r.X+mark, r.Y+r.H/2+4, clip(b.Name, 12.5, r.W-mark-6))
	default:
		w.glyph(d.glyph(b), r.X+9, r.Y+9)
		w.text("name", "", r.X+mark+2, r.Y+18, clip(b.Name, 12.5, r.W-mark-8))
		w.text("sub", "", r.X+mark+2, r.Y+32, clip(d.under(b), 10.5, r.W-mark-8))
	}
	if link != "" {
		w.WriteString(`</a>`)
	} else {
		w.WriteString(`</g>`)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// line draws a need as a smooth curve that runs level at its bends.
func (w *pen) line(l *Line) {
	way, ok := w.d.Picture.Lines[l.ID]
	if !ok {
		return
	}
	var p strings.Builder
	for i, at := range way.Points {
		if i == 0 {
			fmt.Fprintf(&p, "M%s %s", num(at.X), num(at.Y))
			continue
		}
		before := way.Points[i-1]
		x := at.X
		if i == len(way.Points)-1 { // room for the arrow
			x -= sign(at.X-before.X) * 1
		}
		if at.Y == before.Y && !way.Back {
			fmt.Fprintf(&p, "L%s %s", num(x), num(at.Y))
			continue
		}
		mid := (before.X + at.X) / 2
		fmt.Fprintf(&p, "C%s %s %s %s %s %s", num(mid), num(before.Y), num(mid), num(at.Y), num(x), num(at.Y))
	}
	role := "line"
	if l.Blame {
		role = "line-hit"
	}
	arrow := "a"
	if l.Blame {
		arrow = "h"
	}
	dash := ""
	if !l.Hard {
		dash = ` stroke-dasharray="5 3"`
	}
	fmt.Fprintf(w, `<path d="%s" fill="none"%s marker-end="url(#%s%s)"%s/>`, p.String(), dash, w.id, arrow, w.paint(role))
}

func sign(f float64) float64 {
	if f < 0 {
		return -1
	}
	return 1
}

func (w *pen) arrows() {
	w.WriteString(`<defs>`)
	for name, role := range map[string]string{"a": "arrow", "h": "arrow-hit"} {
		fmt.Fprintf(w, `<marker id="%s%s" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 .5 7.5 4 0 7.500z"%s/></marker>`, w.id, name, w.paint(role))
	}
	w.WriteString(`</defs>`)
}

// inline is the picture for a page. id is unique in the page.
func (d *Drawing) inline(id, label string, href func(*Box) string) web.HTML {
	w := &pen{d: d, href: href, id: id}
	fmt.Fprintf(w, `<svg class="ek-m" xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="-4 -4 %s %s" role="group" aria-label="%s">`,
		num(d.W+8), num(d.H+8), num(d.W+8), num(d.H+8), html.EscapeString(label))
	w.all()
	w.WriteString(`</svg>`)
	return web.HTML(w.String())
}

func (w *pen) all() {
	w.arrows()
	list := w.d.order()
	for _, b := range list {
		if b.Frame {
			w.box(b)
		}
	}
	for _, l := range w.d.Map.Lines {
		w.line(l)
	}
	for _, b := range list {
		if !b.Frame {
			w.box(b)
		}
	}
}

// file is the picture as a file of its own, with its title and what its marks
// mean.
func (d *Drawing) file(title, sub string, dark bool) []byte {
	w := &pen{d: d, alone: true, theme: paints(dark), id: "a"}
	const top, foot = 56, 36
	width, height := max(d.W, 640)+48, d.H+top+foot+24
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" font-family="Inter, system-ui, sans-serif" role="img" aria-label="%s">`,
		num(width), num(height), num(width), num(height), html.EscapeString(title))
	fmt.Fprintf(w, `<rect width="%s" height="%s"%s/>`, num(width), num(height), w.paint("ground"))
	w.text("title", "", 24, 28, title)
	w.text("sub", "", 24, 46, sub)
	fmt.Fprintf(w, `<g transform="translate(24 %d)">`, top+8)
	w.all()
	w.WriteString(`</g>`)
	x, y := 24.0, height-18
	for _, k := range d.legend() {
		w.glyph(k.Glyph, x, y-8)
		w.text("sub", "", x+14, y, k.Text)
		x += textWidth(k.Text, 10.5) + 34
	}
	w.WriteString(`</svg>`)
	return []byte(w.String())
}

// Key is one line of the legend.
type Key struct{ Glyph, Text string }

// legend is what the marks mean.
func (d *Drawing) legend() []Key {
	if len(d.Causes) > 0 {
		return []Key{{down, "DOWN: does not work"}, {degraded, "DEGRADED: works worse"}, {"risk", "AT RISK: a spare is gone"}, {"exposed", "EXPOSED: needs something hit"}, {"none", "not affected"}}
	}
	return []Key{{fine, "Healthy"}, {degraded, "Degraded"}, {down, "Down"}, {unknown, "Not known"}}
}
