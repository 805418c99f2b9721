package windowweb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change/window"
)

// laid is an area whose lanes have no heights yet.
type laid struct {
	Area
	first, last int // rows
	label       int // the row that its label is in; -1: none
	row         int // of bars, there
	x           int
}

// areas finds the lanes that each window covers, and room for its words.
func (d *drawing) areas() (out []laid) {
	said := map[string]bool{} // a window that comes often is named where there is room, and once where not
	for _, o := range d.v.Windows {
		words := kindWords[o.Window.Spec.Kind]
		title := o.Window.Title()
		if !strings.Contains(strings.ToLower(title), strings.ToLower(words)) {
			title = words + ": " + title
		}
		sub := d.span(o.Span)
		if passes := o.Window.Spec.Allows; len(passes) > 0 {
			sub += " · only " + strings.Join(passes, ", ")
		}
		base := Area{Path: o.Window.Ref().Path(), Kind: string(o.Window.Spec.Kind), Say: title + " · " + sub}
		if x := d.at(o.To) - d.at(o.From); said[base.Path] && float64(length(title)+24) > x {
			title, sub = "", ""
		}
		said[base.Path] = true
		out = append(out, d.cover(base, o.Span, o.Covers, o.All, title, sub)...)
	}
	for _, m := range d.v.Marks {
		if strings.HasPrefix(m.Key, "INC-") {
			continue
		}
		base := Area{Path: m.Path, Kind: string(window.Maintenance), Say: m.Key + " " + m.Title + " · " + d.span(m.Span)}
		out = append(out, d.cover(base, m.Span, m.Services, false, "maintenance", "")...)
	}
	return out
}

// cover makes one area for each run of lanes that stand together.
func (d *drawing) cover(base Area, s window.Span, covers []string, all bool, title, sub string) (out []laid) {
	x := d.at(s.From)
	w := max(d.at(s.To)-x, 2)
	base.X, base.W, base.TX, base.Anchor = percent(x), percent(w), percent(x), "start"
	var rows []int
	for i, r := range d.Rows {
		if all && len(d.lane) == 0 || slices.Contains(covers, r.Name) {
			rows = append(rows, i)
		}
	}
	for i := 0; i < len(rows); {
		j := i
		for j+1 < len(rows) && rows[j+1] == rows[j]+1 {
			j++
		}
		out = append(out, laid{Area: base, first: rows[i], last: rows[j], label: -1})
		i = j + 1
	}
	if len(out) == 0 {
		return nil
	}
	// The words stand in the longest run, in the middle, where there is room.
	long := 0
	for i := range out {
		if out[i].last-out[i].first > out[long].last-out[long].first {
			long = i
		}
	}
	a := &out[long]
	for _, lines := range [][]string{{title, sub}, {title}} {
		if lines[0] == "" || lines[len(lines)-1] == "" {
			continue
		}
		width := 0
		for _, l := range lines {
			width = max(width, length(l)+8)
		}
		roomy := float64(width) <= w-16
		if !roomy && (base.Kind == string(window.Change) || base.Kind == string(window.Train) || len(lines) > 1) {
			continue
		}
		from := int(x)
		if roomy {
			from += 12
		}
		if from+width > wide {
			from = wide - width
		}
		middle := (a.first + a.last) / 2
		for k := 0; k <= a.last-a.first; k++ { // the middle first, then around it
			row := middle + (k+1)/2*(1-2*(k%2))
			if row < a.first || row > a.last {
				continue
			}
			if n, ok := d.Rows[row].fit(from, from+width, len(lines)); ok {
				a.label, a.row, a.Text, a.x = row, n, lines[0], from
				if len(lines) > 1 {
					a.Sub = lines[1]
				}
				a.TX = percent(float64(from))
				return out
			}
		}
	}
	return out
}

// warned says, by change, what it should be looked at for.
func (d *drawing) warned() map[int64]string {
	out := map[int64]string{}
	for _, w := range d.v.Warnings {
		switch w.Kind {
		case "collision":
			out[w.Change.ID] = "collides with " + w.Other.Key()
			out[w.Other.ID] = "collides with " + w.Change.Key()
		case "freeze":
			out[w.Change.ID] = "held by " + w.Window.Title()
		case "outside":
			out[w.Change.ID] = "outside of " + w.Window.Title()
		}
	}
	return out
}

// framed is a frame whose lanes have no heights yet.
type framed struct {
	Frame
	first, last int // rows
	top, bottom int // rows of bars in them
	text        int // row of bars of its word, in the first one; -1: none
}

// around is the frame of one bar with its label, in a row.
func around(row int, c *Chip) framed {
	return framed{Frame: Frame{x0: min(c.x0, c.ltx) - 6, x1: max(c.tx, c.x1) + 6}, first: row, last: row, top: c.Y, bottom: c.Y, text: -1}
}

// frames finds what stands round each warning: both changes when their lanes
// are one, or neighbours, else each.
func (d *drawing) frames() (out []framed) {
	find := func(id int64, near int) (row int, c *Chip) {
		row = -1
		for i := range d.Rows {
			for k := range d.Rows[i].Chips {
				if x := &d.Rows[i].Chips[k]; x.id == id && (row < 0 || near >= 0 && abs(i-near) < abs(row-near)) {
					row, c = i, x
				}
			}
		}
		return row, c
	}
	seen := map[string]bool{}
	for _, w := range d.v.Warnings {
		i, a := find(w.Change.ID, -1)
		if a == nil {
			continue
		}
		j, b := -1, (*Chip)(nil)
		if w.Kind == "collision" {
			if j, b = find(w.Other.ID, i); b != nil && abs(i-j) > 1 {
				i, a = find(w.Change.ID, j) // of its lanes the nearest one
			}
		}
		f := around(i, a)
		if w.Kind == "collision" {
			if b != nil {
				other := around(j, b)
				if abs(i-j) <= 1 {
					f = join(f, other)
				} else {
					out = append(out, other)
				}
			}
			text := "collision " + d.vs.HM(w.From)
			if n, ok := d.Rows[f.first].fit(f.x0+17, f.x0+17+length(text), 1); ok && (f.first < f.last || n >= f.top) {
				f.text, f.Text = n, text
				f.x1 = max(f.x1, f.x0+17+length(text)+8)
				if f.first == f.last {
					f.bottom = max(f.bottom, n)
				}
			}
		}
		d.spare(&f, w.Change.ID, w.Other.ID)
		key := fmt.Sprint(f.first, f.last, f.x0, f.top)
		if !seen[key] {
			seen[key] = true
			out = append(out, f)
		}
	}
	return out
}

// spare ends a frame before the next change, which it is not about; a label may
// reach out of it.
func (d *drawing) spare(f *framed, ids ...int64) {
	least := 0
	var others []int
	for i := f.first; i <= f.last; i++ {
		for k := range d.Rows[i].Chips {
			c := &d.Rows[i].Chips[k]
			if slices.Contains(ids, c.id) {
				least = max(least, c.x1+6)
			} else {
				others = append(others, c.x0-5)
			}
		}
	}
	for _, x := range others {
		if x >= least {
			f.x1 = min(f.x1, max(x, least))
		}
	}
	if f.x1 < f.x0+17+length(f.Text) {
		f.text, f.Text = -1, ""
	}
}

func join(a, b framed) framed {
	if b.first < a.first || b.first == a.first && b.top < a.top {
		a, b = b, a
	}
	out := a
	out.x0, out.x1, out.last = min(a.x0, b.x0), max(a.x1, b.x1), b.last
	out.bottom = b.bottom
	if a.first == b.first {
		out.bottom = max(a.bottom, b.bottom)
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// settle places areas and frames once lanes have heights.
func (d *drawing) settle(frames []framed, areas []laid) {
	for _, a := range areas {
		first, last := d.Rows[a.first], d.Rows[a.last]
		a.Y, a.H = first.Y+1, last.Y+last.H-first.Y-1
		if a.label >= 0 {
			a.TY = d.Rows[a.label].Y + padTop + rowH*a.row + 12
		}
		d.Areas = append(d.Areas, a.Area)
	}
	for _, f := range frames {
		top := d.Rows[f.first].Y + padTop + rowH*f.top - 3
		end := d.Rows[f.last].Y + padTop + rowH*f.bottom + barH + 3
		f.x0, f.x1 = max(f.x0, 1), min(f.x1, wide-1)
		f.X, f.W, f.Y, f.H = percent(float64(f.x0)), percent(float64(f.x1-f.x0)), top, end-top
		if f.text >= 0 {
			f.TX, f.TY = percent(float64(f.x0+17)), d.Rows[f.first].Y+padTop+rowH*f.text+12
		}
		d.Frames = append(d.Frames, f.Frame)
	}
	slices.SortFunc(d.Frames, byPlace)
}
