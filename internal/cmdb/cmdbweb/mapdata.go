package cmdbweb

import (
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
)

// mapData is the map for the script that draws it (web/assets/js/map.js). Its
// names are short because there may be thousands.
type mapData struct {
	W      float64   `json:"w"`
	H      float64   `json:"h"`
	Boxes  []boxData `json:"boxes"`
	Lines  []lineDat `json:"lines"`
	Title  string    `json:"title"`
	Causes bool      `json:"causes,omitempty"`
}

type boxData struct {
	ID    string   `json:"id"`
	In    string   `json:"in,omitempty"`
	Name  string   `json:"name"`
	Under string   `json:"under,omitempty"`
	Says  string   `json:"says"`
	Look  string   `json:"look"`
	Glyph string   `json:"glyph,omitempty"`
	Frame bool     `json:"frame,omitempty"`
	Group bool     `json:"group,omitempty"`
	Focus bool     `json:"focus,omitempty"`
	X     float64  `json:"x"` // of the upper left corner
	Y     float64  `json:"y"`
	W     float64  `json:"w"`
	H     float64  `json:"h"`
	Parts bool     `json:"parts,omitempty"` // can be opened, or is
	Facts []string `json:"facts,omitempty"` // term, text, term, text
}

type lineDat struct {
	ID   string       `json:"id"`
	From string       `json:"from"`
	To   string       `json:"to"`
	Way  [][2]float64 `json:"way"`
	Hard bool         `json:"hard,omitempty"`
	Hit  bool         `json:"hit,omitempty"`
	Says string       `json:"says,omitempty"`
}

const mostSaying = 1500 // lines of a map that says what each of them is

func (d *Drawing) data(l Look) mapData {
	out := mapData{W: d.W, H: d.H, Title: l.title(), Causes: len(d.Causes) > 0}
	for _, b := range d.order() {
		r := d.Picture.Boxes[b.ID]
		x := boxData{ID: b.ID, In: b.In, Name: b.Name, Under: d.under(b), Says: d.says(b), Look: d.look(b), Glyph: d.glyph(b), Frame: b.Frame, Focus: b.Focus || b.Cause, X: r.X, Y: r.Y, W: r.W, H: r.H}
		if b.Group != nil {
			x.Under, x.Glyph, x.Group = b.Group.Says, "", true
			out.Boxes = append(out.Boxes, x)
			continue
		}
		x.Parts = b.Parts > 0
		for _, f := range [][2]string{{"Kind", kindWord(b.Kind)}, {"Owner", b.Team}, {"Environment", b.Env}, {"Tier", b.Tier}, {"State", b.State}} {
			if f[1] != "" {
				x.Facts = append(x.Facts, f[0], f[1])
			}
		}
		out.Boxes = append(out.Boxes, x)
	}
	for _, ln := range d.Map.Lines {
		way, ok := d.Picture.Lines[ln.ID]
		if !ok {
			continue
		}
		x := lineDat{ID: ln.ID, From: ln.From, To: ln.To, Hard: ln.Hard, Hit: ln.Blame}
		if len(d.Map.Lines) <= mostSaying {
			x.Says = d.lineSays(ln)
		}
		for _, p := range way.Points {
			x.Way = append(x.Way, [2]float64{p.X, p.Y})
		}
		out.Lines = append(out.Lines, x)
	}
	return out
}

// lineSays is a line in words: "checkout needs payments: calls; works worse
// without; seen in traces, not declared".
func (d *Drawing) lineSays(l *Line) string {
	s := d.by[l.From].Name + " needs " + d.by[l.To].Name
	for kind, word := range cmdb.RelationKinds {
		if l.Kinds&(1<<kind) != 0 {
			s += ", " + relationWord(word)
		}
	}
	if l.Hard {
		s += "; cannot work without"
	} else {
		s += "; works worse without"
	}
	switch p := cmdb.Provenance(l.Provenance); {
	case p == cmdb.Observed:
		s += "; seen, not declared"
	case p == cmdb.Declared:
		s += "; declared, not seen"
	}
	return s
}

// relationWord is a relation's kind as a sentence says it.
func relationWord(k cmdb.RelationKind) string {
	return map[cmdb.RelationKind]string{cmdb.DependsOn: "depends on", cmdb.RunsOn: "runs on", cmdb.PartOf: "has as a part", cmdb.Calls: "calls", cmdb.StoresIn: "stores in",
		cmdb.OwnedBy: "owned by", cmdb.Provides: "is provided by", cmdb.ConnectsTo: "connects to"}[k]
}

// levelTone is a level's word as the health component takes it.
func levelTone(l graph.Level) string {
	return map[graph.Level]string{graph.Down: down, graph.Degraded: degraded, graph.AtRisk: "risk"}[l]
}
