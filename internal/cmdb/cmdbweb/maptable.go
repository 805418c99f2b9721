package cmdbweb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/web"
)

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
	if r.Sub = b.Inner; r.Sub == "" && b.Inside > 0 {
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
