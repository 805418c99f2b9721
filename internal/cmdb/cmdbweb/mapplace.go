package cmdbweb

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/cmdb/layout"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Drawing is a map with places.
type Drawing struct {
	*Map
	layout.Picture
	Colour  string
	Compact bool // one line of text in a box
	Names   map[string]string
}

const (
	wide, compactHigh, high = 220, 28, 40
	slim                    = 96
	head                    = 22 // title of a frame
	mark                    = 22 // room of the mark before the text
)

// place lays a map out.
func place(m *Map, colour string, compact bool, opt layout.Options, column func(*Box) int) *Drawing {
	d := &Drawing{Map: m, Colour: colour, Compact: compact}
	boxes := make([]layout.Box, 0, len(m.Boxes))
	for _, b := range m.Boxes {
		x := layout.Box{ID: b.ID, In: b.In, W: d.width(b), H: high}
		if compact {
			x.H = compactHigh
		}
		if b.Frame {
			x.Frame, x.Head, x.H = true, head, head
			if compact && b.Group != nil {
				x.Head += 16
			}
		}
		if column != nil && b.In == "" {
			x.Column = column(b)
		}
		boxes = append(boxes, x)
	}
	links := make([]layout.Link, 0, len(m.Lines))
	for _, l := range m.Lines {
		links = append(links, layout.Link{ID: l.ID, From: l.From, To: l.To})
	}
	d.Picture = layout.Compute(boxes, links, opt)
	return d
}

// textWidth is about how wide a text in Inter is, at a size in pixels.
func textWidth(s string, size float64) float64 {
	n := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljtfrI.,:;|'-() ", r):
			n += .34
		case strings.ContainsRune("mwMWGOQ@%", r):
			n += .86
		case r < 'a' || r > 'z':
			n += .66
		default:
			n += .575
		}
	}
	return n * size
}

// clip shortens a text to a width.
func clip(s string, size, width float64) string {
	if textWidth(s, size) <= width {
		return s
	}
	for s != "" && textWidth(s+"…", size) > width {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s + "…"
}

func (d *Drawing) width(b *Box) float64 {
	if b.Group != nil {
		if d.Compact {
			return max(textWidth(b.Name, 12), textWidth(b.Group.Says, 11)) + 28
		}
		return textWidth(b.Name, 12) + textWidth(b.Group.Says, 12) + 52
	}
	if d.Compact {
		return float64(int(min(max(textWidth(b.Name, 12.5)+mark+10, slim), wide)))
	}
	w := max(textWidth(b.Name, 12.5), textWidth(d.under(b), 11.5)) + mark + 14
	if b.Frame {
		w += textWidth(d.under(b), 10.5) + 8
	}
	return float64(int(min(max(w, slim), wide)))
}

// under is the small line below a name: what colour says, in words, and what
// the box is.
func (d *Drawing) under(b *Box) string {
	var list []string
	switch {
	case len(d.Causes) > 0:
		if b.Level > graph.None {
			list = append(list, levelWord(b.Level))
		}
	case d.Colour == "owner":
		if b.Team == "" {
			list = append(list, "no owner")
		} else {
			list = append(list, b.Team)
		}
	case d.Colour == "tier":
		if b.Tier != "" {
			list = append(list, "Tier "+b.Tier)
		}
	}
	list = append(list, kindWord(b.Kind))
	switch {
	case b.Inner != "":
		list = append(list, b.Inner)
	case b.Inside > 0:
		list = append(list, web.Count(b.Inside)+" inside")
	}
	if b.State != "" {
		list = append(list, b.State)
	}
	return strings.Join(list, " · ")
}

// kindWord is a kind as people write it.
func kindWord(kind string) string {
	if kind == "" {
		return "item"
	}
	return strings.ReplaceAll(kind, "-", " ")
}

// levelWord is a level as a chip says it.
func levelWord(l graph.Level) string { return strings.ToUpper(l.String()) }

// look is the tone of a box: down, degraded, risk, exposed, focus, hue-n,
// tier-n, quiet or plain.
func (d *Drawing) look(b *Box) string {
	if b.Group != nil {
		if b.Group.Tone == "" {
			return "group"
		}
		return "group-" + b.Group.Tone
	}
	tone := "plain"
	switch {
	case d.Compact && b.Focus && len(d.Causes) == 0:
		tone = "this"
	case len(d.Causes) > 0:
		tone = map[graph.Level]string{graph.Down: down, graph.Degraded: degraded, graph.AtRisk: "risk", graph.Exposed: "exposed", graph.None: "quiet"}[b.Level]
	case d.Colour == "owner":
		tone = "hue-" + string(rune('0'+web.Hue(b.Team)))
	case d.Colour == "tier" && b.Tier != "":
		tone = "tier-" + b.Tier
	case d.Colour == "health" && (b.Health == down || b.Health == degraded):
		tone = b.Health
	}
	if b.Frame && (tone == "plain" || tone == "quiet") {
		return "frame"
	}
	return tone
}

// glyph is the mark of a box: a shape of its own for each word.
func (d *Drawing) glyph(b *Box) string {
	if len(d.Causes) > 0 {
		return map[graph.Level]string{graph.Down: down, graph.Degraded: degraded, graph.AtRisk: "risk", graph.Exposed: "exposed", graph.None: "none"}[b.Level]
	}
	if b.Health == "" {
		return unknown
	}
	return b.Health
}

// says is a box in words, for titles and screen readers.
func (d *Drawing) says(b *Box) string {
	if b.Group != nil {
		return b.Name + ", redundancy group, " + b.Group.Says
	}
	list := []string{b.Name, kindWord(b.Kind)}
	if len(d.Causes) > 0 {
		if b.Level > graph.None {
			list = append(list, levelWord(b.Level))
		} else {
			list = append(list, "not affected")
		}
	} else {
		list = append(list, healthWord(b.Health))
	}
	if b.Team != "" {
		list = append(list, "of "+b.Team)
	}
	switch {
	case b.Inner != "":
		list = append(list, b.Inner)
	case b.Inside > 0:
		list = append(list, web.Plural(b.Inside, "item", "items")+" inside")
	}
	if b.State != "" {
		list = append(list, b.State)
	}
	return strings.Join(list, ", ")
}

func healthWord(h string) string {
	switch h {
	case fine:
		return "healthy"
	case degraded, down:
		return h
	}
	return "health not known"
}

// order is the boxes as they are drawn: frames below what they hold.
func (d *Drawing) order() []*Box {
	depth := func(b *Box) (n int) {
		for in := b.In; in != "" && d.by[in] != nil; in = d.by[in].In {
			n++
		}
		return n
	}
	list := slices.Clone(d.Map.Boxes)
	slices.SortStableFunc(list, func(a, b *Box) int { return depth(a) - depth(b) })
	return list
}
