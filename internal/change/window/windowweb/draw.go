package windowweb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Picture is the calendar as SVG: X and widths in percent of the width, or
// pixels where noted; Y and heights in pixels.
type Picture struct {
	Height int
	Zone   string
	Says   string
	Days   []Day
	Rows   []Row
	Areas  []Area
	Frames []Frame
	Now    float64 // percent; below 0: not in sight
}

// Day is one column.
type Day struct {
	X, W    float64
	Half    float64 // where noon is
	Text    string
	Today   bool
	Weekend bool
}

// Row is the lane of a service.
type Row struct {
	Y, H, Mid       int
	Name, Sub, Path string
	Chips           []Chip
	Marks           []Strip
	used            [][]reach // by row of bars, in pixels
	marked          []reach
	bottom          bool // it has a row of incidents
}

// Chip is a change.
type Chip struct {
	Path, Say  string
	Tone       string // grey, accent, orange, red: of its fill and edge
	Planned    bool
	Failed     bool
	X          float64
	W          string // "6" pixels, or "3.2%"
	Y          int
	Key, Text  string // nothing: there was no room
	TX         float64
	DX         int
	Anchor     string
	id         int64
	x0, x1, tx int // in pixels: the bar, and the end of its label
	ltx        int // and its beginning, when it stands on the left
}

// Strip is an incident in the bottom row of a lane.
type Strip struct {
	Path, Say, Text string
	X               float64
	W               string
	Y               int
	TX              float64
	DX              int
	Anchor          string
}

// Area is a window on lanes that stand together.
type Area struct {
	Path, Say string
	Kind      string // freeze, change-window, maintenance, release-train
	X, W      float64
	Y, H      int
	Text, Sub string // nothing: there was no room, or it is said beside
	TX        float64
	TY        int
	Anchor    string
}

// Frame stands round changes that somebody should look at.
type Frame struct {
	X, W   float64
	Y, H   int
	Text   string
	TX     float64
	TY     int
	Say    string
	x0, x1 int
}

// reach is a stretch of pixels that is taken.
type reach struct{ from, to int }

// What the picture is made of, in pixels. The width is that of a window of
// 1440; on others it is stretched, which leaves labels more room or less.
const (
	wide     = 1034
	headH    = 34
	barH     = 16
	rowH     = 21
	padTop   = 7
	bottomH  = 15
	mostRows = 5
	leastBar = 6
)

// drawing places what a view holds.
type drawing struct {
	*Picture
	v    *window.View
	loc  *time.Location
	days int
	lane map[string]int // row by service
	vs   *web.View
}

func draw(v *window.View, vs *web.View, days int) *Picture {
	d := &drawing{&Picture{Now: -1}, v, vs.Loc, days, map[string]int{}, vs}
	d.Zone = v.Now.In(vs.Loc).Format("MST")
	d.columns()
	for _, l := range v.Lanes {
		d.lane[l.Service] = len(d.Rows)
		d.Rows = append(d.Rows, Row{Name: l.Service, Sub: fmt.Sprintf("tier %d", l.Tier), Path: "/services/" + l.Service})
	}
	if len(d.Rows) == 0 {
		d.Rows = []Row{{Name: "All services", Sub: "no change"}}
	}
	warned := d.warned()
	for i, l := range v.Lanes {
		for _, b := range l.Bars {
			d.chip(&d.Rows[i], b, warned)
		}
	}
	frames := d.frames()
	areas := d.areas()
	d.incidents()
	d.heights()
	d.settle(frames, areas)
	return d.Picture
}

// at is where a time is, in pixels, held within the picture.
func (d *drawing) at(t time.Time) float64 {
	if t.IsZero() || t.After(d.v.To) {
		return wide
	}
	return max(0, wide*float64(t.Sub(d.v.From))/float64(d.v.To.Sub(d.v.From)))
}

func percent(px float64) float64 { return px / wide * 100 }

func (d *drawing) columns() {
	today := d.v.Now.In(d.loc).Format(time.DateOnly)
	for t := d.v.From.In(d.loc); t.Before(d.v.To); t = t.AddDate(0, 0, 1) {
		next := t.AddDate(0, 0, 1)
		c := Day{X: percent(d.at(t)), Today: t.Format(time.DateOnly) == today, Weekend: t.Weekday() == time.Saturday || t.Weekday() == time.Sunday}
		c.W = percent(d.at(next)) - c.X
		c.Half = c.X + c.W/2
		switch {
		case d.days <= 7:
			c.Text = t.Format("Mon 2")
			if c.Today {
				c.Text += " · today"
			}
		case d.days <= 14:
			c.Text = t.Format("Mon 2")
		case t.Weekday() == time.Monday:
			c.Text = t.Format("Mon 2 Jan")
		}
		d.Days = append(d.Days, c)
	}
	if !d.v.Now.Before(d.v.From) && d.v.Now.Before(d.v.To) {
		d.Now = percent(d.at(d.v.Now))
	}
}

// tone is the colour of a kind of change.
func tone(b window.Bar) string {
	switch {
	case b.State == "failed" || b.State == "rolled back":
		return "red"
	case b.Type == "emergency":
		return "orange"
	case b.Type == "standard":
		return "grey"
	}
	return "accent"
}

func (d *drawing) chip(r *Row, b window.Bar, warned map[int64]string) {
	x := d.at(b.From)
	w := d.at(b.To) - x
	c := Chip{id: b.ID, Path: b.Ref().Path(), Tone: tone(b), Planned: b.Planned, Failed: tone(b) == "red", X: percent(x), Anchor: "start"}
	least := float64(leastBar)
	if c.Failed {
		least = 15
	}
	if w < least {
		w = least
		x = min(x, wide-least)
		c.X, c.W = percent(x), fmt.Sprint(least)
		c.TX, c.DX = c.X, int(least)+5
	} else {
		c.W = fmt.Sprintf("%.3f%%", percent(w))
		c.TX, c.DX = percent(x+w), 5
	}
	c.Say = d.say(b, warned[b.ID])
	key, text := strings.TrimPrefix(b.Key(), "CHG-"), short(b.Title, 22)
	if c.Failed {
		text = short(b.Title, 16) + " · " + b.State
	}
	c.x0, c.x1 = int(x), int(x+w)
	long := length(key+" "+text) + 6
	c.ltx = c.x0
	for _, try := range []struct {
		from, to int
		left     bool
		bare     bool
	}{{c.x0, c.x1 + 5 + long, false, false}, {c.x0 - 5 - long, c.x1, true, false}, {c.x0, c.x1, false, true}} {
		if !try.bare && (try.from < 0 || try.to > wide) {
			continue
		}
		row, ok := r.fit(try.from, try.to, 1)
		if !ok && !try.bare {
			continue
		}
		c.Y, c.tx = row, c.x1
		if !try.bare {
			c.Key, c.Text, c.tx = key, text, try.to
		}
		if try.left {
			c.TX, c.DX, c.Anchor, c.tx, c.ltx = c.X, -5, "end", c.x1, try.from
		}
		break
	}
	r.Chips = append(r.Chips, c)
}

// say is what a change is, in a sentence.
func (d *drawing) say(b window.Bar, warned string) string {
	out := []string{b.Key() + " " + b.Title, b.Type + ", " + b.State}
	if b.Planned {
		out = append(out, "planned "+d.span(b.Span))
	} else if b.Over {
		out = append(out, d.span(b.Span))
	} else {
		out = append(out, "since "+d.vs.Local(b.From))
	}
	if b.RiskLevel != "" {
		out = append(out, b.RiskLevel+" risk")
	}
	if b.Bypass {
		out = append(out, "began without being allowed")
	}
	if warned != "" {
		out = append(out, warned)
	}
	return strings.Join(out, " · ")
}

// fit takes room in the first row of bars that has it, or that many rows one
// below the other. Without room it says false, and the last row.
func (r *Row) fit(from, to, rows int) (int, bool) {
	for n := 0; n+rows <= mostRows; n++ {
		free := true
		for k := n; k < n+rows && k < len(r.used); k++ {
			free = free && !slices.ContainsFunc(r.used[k], func(t reach) bool { return from < t.to+4 && t.from < to+4 })
		}
		if !free {
			continue
		}
		for len(r.used) < n+rows {
			r.used = append(r.used, nil)
		}
		for k := n; k < n+rows; k++ {
			r.used[k] = append(r.used[k], reach{from, to})
		}
		return n, true
	}
	return mostRows - 1, false
}

// incidents puts what was broken into the bottom rows.
func (d *drawing) incidents() {
	for _, m := range d.v.Marks {
		if !strings.HasPrefix(m.Key, "INC-") {
			continue
		}
		text := m.Key
		if m.Priority > 0 {
			text += fmt.Sprintf(" P%d", m.Priority)
		}
		if m.To.IsZero() {
			text += ", open"
		}
		x := d.at(m.From)
		until := m.To
		if until.IsZero() {
			until = d.v.Now
		}
		w := max(d.at(until)-x, 4)
		for _, name := range m.Services {
			i, ok := d.lane[name]
			if !ok {
				continue
			}
			r := &d.Rows[i]
			r.bottom = true
			s := Strip{Path: m.Path, Say: m.Key + " " + m.Title + " · " + d.span(m.Span), X: percent(x), W: fmt.Sprintf("%.3f%%", percent(w)), TX: percent(x), DX: -6, Anchor: "end"}
			long := length(text) + 6
			if int(x)-6-long < 0 || m.To.IsZero() && int(x+w)+8+long < wide {
				s.TX, s.DX, s.Anchor = percent(x+w), 8, "start"
			}
			from := int(x) - 6 - long
			if s.Anchor == "start" {
				from = int(x)
			}
			take := reach{from, from + int(w) + 8 + long}
			if !slices.ContainsFunc(r.marked, func(t reach) bool { return take.from < t.to && t.from < take.to }) {
				s.Text = text
				r.marked = append(r.marked, take)
			}
			r.Marks = append(r.Marks, s)
		}
	}
}

// heights gives the lanes their places.
func (d *drawing) heights() {
	least := 64
	if len(d.Rows) > 9 {
		least = 46
	}
	y := headH
	for i := range d.Rows {
		r := &d.Rows[i]
		r.Y = y
		r.H = padTop + rowH*len(r.used)
		if r.bottom {
			r.H += bottomH
		}
		r.H = max(r.H, least)
		r.Mid = r.Y + r.H/2
		for k := range r.Chips {
			r.Chips[k].Y = r.Y + padTop + rowH*r.Chips[k].Y
		}
		for k := range r.Marks {
			r.Marks[k].Y = r.Y + r.H - 13
		}
		y += r.H
	}
	d.Height = y
}

// length estimates how wide a text is: the font's mean is 6.2 px at 11.5 px.
func length(s string) int { return int(6.2 * float64(len([]rune(s)))) }

// short cuts a title to a few words.
func short(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	cut := string(r[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:–-") + "…"
}

// span says when, "14:00–14:30" or "Fri 18:00 to Mon 06:00".
func (d *drawing) span(s window.Span) string { return spanText(s, d.loc, d.v.Now) }

func spanText(s window.Span, loc *time.Location, now time.Time) string {
	from := s.From.In(loc)
	day := "Mon 15:04"
	if gap := now.Sub(from).Abs(); gap > 6*24*time.Hour {
		day = "Mon 2 Jan 15:04"
	}
	if s.To.IsZero() {
		return "since " + from.Format(day)
	}
	to := s.To.In(loc)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return from.Format(day) + "–" + to.Format("15:04")
	}
	return from.Format(day) + " to " + to.Format(day)
}

// byPlace orders frames from the left.
func byPlace(a, b Frame) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X)) }
