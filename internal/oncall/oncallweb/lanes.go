package oncallweb

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Lanes is a picture of who is on call. Lengths along the time are percent,
// those across it pixels, so that one SVG fits every width.
type Lanes struct {
	Says        string // the picture in words
	Height      int
	Ticks       []tick
	Shades      []shade
	Rows        []lane
	Now         string // where now stands; empty: outside
	Mark, MarkW string // a time that is asked about; empty: none
	Cover       string // the form that dragging opens; empty: it opens none
	From, To    int64  // Unix milliseconds of the edges
	Snap        int    // minutes to which dragging is rounded
	Zone        string
	Wide        bool // many days: phones scroll it
	Changes     []string
	span        span
	who         whos
	hues        map[int64]int
}

// lane is one row.
type lane struct {
	Label, Sub string
	Y, H, Mid  int // of the whole row; Mid: the base of its label
	Result     bool
	Bars       []bar
}

// bar is a duty, a cover or a gap.
type bar struct {
	X, W        string
	Y, H        int
	Text, Title string
	Hue         int
	Twin        bool // the hue is another person's, too
	Gap, Quiet  bool // nobody; Quiet: as planned
	Cover, Away bool
	Small       bool   // text of small type
	Tight       bool   // text begins at the edge
	From, Until string // RFC 3339, for the script; empty: it opens no form
}

func newLanes(s span, who whos, hues map[int64]int, now time.Time) *Lanes {
	l := &Lanes{span: s, who: who, hues: hues, From: s.from.UnixMilli(), To: s.to.UnixMilli(), Zone: s.loc.String(), Height: headRoom, Changes: s.changes()}
	l.axis(now)
	if !now.Before(s.from) && now.Before(s.to) {
		l.Now = pct(s.x(now))
	}
	return l
}

// add adds a lane of duties. why names a gap; nil: gaps are left empty.
func (l *Lanes) add(label, sub string, duties []oncall.Duty, result bool, why func(oncall.Duty) []gapPart) {
	together := 1
	for _, d := range duties {
		together = max(together, min(len(d.People), 3))
	}
	inner := map[int]int{1: 26, 2: 42, 3: 54}[together]
	if result {
		inner += 6
	}
	row := lane{Label: label, Sub: sub, Result: result}
	l.open(&row, inner)
	for _, d := range duties {
		switch {
		case !d.Gap():
			l.duty(&row, d, inner)
		case why != nil:
			for _, part := range why(d) {
				l.gap(&row, part, inner)
			}
		}
	}
	l.Rows = append(l.Rows, row)
}

const laneRoom = 20 // above a lane's bars, where phones write its name, and below

func (l *Lanes) open(row *lane, inner int) {
	row.Y, row.H = l.Height, inner+laneRoom
	row.Mid = row.Y + row.H/2 + 4
	if row.Sub != "" {
		row.Mid -= 7
	}
	l.Height += row.H
}

func (l *Lanes) duty(row *lane, d oncall.Duty, inner int) {
	room := l.room(d.From, d.Until)
	title := when(d.From, d.Until, l.span.loc)
	if d.Layer != "" && row.Result {
		title += " · " + d.Layer
	}
	y := row.Y + laneRoom*3/4
	n := min(len(d.People), 3)
	for i, id := range d.People {
		b := bar{Y: y + i*inner/n, H: inner/n - 2, Hue: l.hues[id], Cover: d.Cover != 0 && row.Result}
		if i == 2 && len(d.People) > 3 {
			b.Hue = 8
		}
		if b.Hue > 8 {
			b.Hue, b.Twin = b.Hue-8, true
		}
		if b.Hue == 0 {
			b.Hue = 8
		}
		if !l.place(&b, d.From, d.Until) {
			return
		}
		name := l.who.person(id)
		b.Title, b.Text = name.Name+", "+title, fit(name, room)
		b.Small = b.H < 18
		if i == 2 && len(d.People) > 3 {
			b.Text, b.Title = fmt.Sprintf("and %d more", len(d.People)-2), l.who.names(d.People[2:])+", "+title
		}
		b.times(d)
		row.Bars = append(row.Bars, b)
		if i == 2 {
			return
		}
	}
}

func (b *bar) times(d oncall.Duty) {
	if !d.From.IsZero() && !d.Until.IsZero() {
		b.From, b.Until = d.From.UTC().Format(time.RFC3339), d.Until.UTC().Format(time.RFC3339)
	}
}

// gapPart is a part of a gap that has one reason.
type gapPart struct {
	oncall.Duty
	Why     string // "Lena Vogt away"; empty: not known
	Planned bool
}

// bare is a gap whose reasons nobody asks for.
func bare(planned bool) func(oncall.Duty) []gapPart {
	return func(d oncall.Duty) []gapPart { return []gapPart{{Duty: d, Planned: planned}} }
}

func (l *Lanes) gap(row *lane, d gapPart, inner int) {
	b := bar{Gap: true, Y: row.Y + laneRoom*3/4, H: inner - 2}
	if !l.place(&b, d.From, d.Until) {
		return
	}
	text := d.Why
	b.Quiet = d.Planned
	b.Title = "Nobody on call, " + when(d.From, d.Until, l.span.loc)
	if text != "" {
		b.Title += " · " + text
	}
	switch room := l.room(d.From, d.Until); {
	case text != "" && room > 7*float64(len("Nobody: "+text))+16:
		b.Text = "Nobody: " + text
	case room > 46:
		b.Text = "Nobody"
		b.Tight = room < 62
		b.Small = b.Tight
	}
	b.times(d.Duty)
	row.Bars = append(row.Bars, b)
}

// covers adds the lane of what lies on top of the layers, if there is any.
func (l *Lanes) covers(list []oncall.Cover) {
	type piece struct {
		oncall.Cover
		line int
	}
	var pieces []piece
	var ends []time.Time
	slices.SortStableFunc(list, func(a, b oncall.Cover) int { return a.From.Compare(b.From) })
	for _, c := range list {
		if !c.From.Before(l.span.to) || !c.To.After(l.span.from) || !c.Removed.IsZero() {
			continue
		}
		line := slices.IndexFunc(ends, func(t time.Time) bool { return !t.After(c.From) })
		if line < 0 {
			if len(ends) == 4 {
				continue // they are in the list below
			}
			line, ends = len(ends), append(ends, time.Time{})
		}
		ends[line] = c.To
		pieces = append(pieces, piece{c, line})
	}
	if len(pieces) == 0 {
		return
	}
	inner := 22 * len(ends)
	row := lane{Label: "Overrides", Sub: "swaps, absences"}
	l.open(&row, inner)
	for _, c := range pieces {
		who := c.Person
		if c.Kind == oncall.Absence {
			who = c.Instead
		}
		b := bar{Y: row.Y + laneRoom*3/4 + c.line*22, H: 20, Hue: l.hues[who], Cover: true, Away: c.Kind == oncall.Absence}
		if b.Hue > 8 {
			b.Hue, b.Twin = b.Hue-8, true
		}
		if b.Hue == 0 {
			b.Hue = 8
		}
		if !l.place(&b, c.From, c.To) {
			continue
		}
		name := l.who.person(who)
		b.Text = fit(name, l.room(c.From, c.To))
		b.Title = coverWords(c.Cover, l.who) + ", " + when(c.From, c.To, l.span.loc)
		if b.Away && b.Text != "" && l.room(c.From, c.To) > 7*float64(len(b.Text))+60 {
			b.Text += " away"
		}
		row.Bars = append(row.Bars, b)
	}
	l.Rows = append(l.Rows, row)
}

// coverWords says what a cover does: "Jonas for Mara".
func coverWords(c oncall.Cover, who whos) string {
	switch {
	case c.Kind == oncall.Absence:
		return who.person(c.Instead).Name + " is away"
	case c.Instead == 0:
		return who.person(c.Person).Name + " for everybody"
	}
	return who.person(c.Person).Name + " for " + who.person(c.Instead).Name
}

var lanesPart = web.Parse(files, "lanes.html", Lanes{})

// draw returns the picture.
func (l *Lanes) draw() (template.HTML, error) { return lanesPart.Fragment(l) }
