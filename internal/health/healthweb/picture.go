package healthweb

import (
	"fmt"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/health"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Bar is one week of a person or the team, in percent of the width and pixels
// of the height.
type Bar struct {
	X, W      float64
	Y, H      int
	SY, SH    int // the part in sleep hours; SH 0: none, or not told apart
	Unknown   bool
	Text      string // the number above the bar
	TX        float64
	Path, Say string
}

// Lane is somebody's row of a picture.
type Lane struct {
	Person web.Person
	Team   bool // of all together
	Bars   []Bar
	Cells  []Cell
	Total  string
	Say    string
	Zone   string
}

const (
	barsH = 44 // height of a lane of bars; the number takes the upper 14
	barsT = 14
)

// bars draws the weeks, all lanes to one scale, so that they can be compared.
func bars(r *health.Report) (lanes []Lane, ticks []Tick) {
	top := 1
	for _, w := range r.Weeks {
		top = max(top, w.Pages)
	}
	step := 100 / float64(len(r.Weeks))
	bar := func(i, n int, known bool, scale int) Bar {
		b := Bar{X: float64(i)*step + step*0.16, W: step * 0.68, TX: (float64(i) + 0.5) * step, Unknown: !known}
		if !known {
			b.Y, b.H = barsT, barsH-barsT
			b.Say = r.Weeks[i].From.Format("2 January") + ": unknown"
			return b
		}
		b.H = n * (barsH - barsT) / scale
		if n > 0 {
			b.H, b.Text = max(b.H, 3), strconv.Itoa(n)
		} else {
			b.H = 1
		}
		b.Y = barsH - b.H
		b.Say = fmt.Sprintf("Week of %s: %s", r.Weeks[i].From.Format("2 January"), web.Plural(n, "page", "pages"))
		return b
	}
	team := Lane{Team: true, Person: web.Person{Name: r.Title}}
	for i, w := range r.Weeks {
		b := bar(i, w.Pages, w.Known, top)
		if w.Known && w.Sleep > 0 {
			b.SH = max(3, b.H*w.Sleep/w.Pages)
			b.SY = barsH - b.SH
			b.Say += ", " + strconv.Itoa(w.Sleep) + " of them in sleep hours"
		}
		if w.Known && w.Pages > 0 {
			b.Path = to("/pages", r, "only", "own", "week", w.From.Format(time.DateOnly))
		}
		team.Bars = append(team.Bars, b)
		ticks = append(ticks, Tick{X: float64(i) * step, Text: w.From.Format("2 Jan"), Phone: i%4 == 0, Desk: i%2 == 0, In: !w.To.Before(r.Period.From) && w.From.Before(r.Period.To)})
	}
	lanes = append(lanes, team)
	for _, l := range r.People {
		lane := Lane{Person: who(l.Person)}
		for i, n := range l.Weeks {
			b := bar(i, max(n, 0), n >= 0, top)
			if n > 0 {
				b.Path = to("/pages", r, "person", l.Handle, "only", "own", "week", r.Weeks[i].From.Format(time.DateOnly))
			}
			lane.Bars = append(lane.Bars, b)
		}
		lanes = append(lanes, lane)
	}
	return lanes, ticks
}

// Tick is a date below a picture.
type Tick struct {
	X           float64
	Text        string
	Phone, Desk bool // shown there
	In          bool
}

// Cell is one night.
type Cell struct {
	X, W    float64
	Pages   int
	Unknown bool
	Weekend bool
	Say     string
}

// maxNights bounds the strip to what can be told apart.
const maxNights = 92

// nights draws a strip of nights per person. first is the earliest one shown.
func nights(r *health.Report) (lanes []Lane, ticks []Tick, first time.Time) {
	first = day(r.Period.From.In(r.Zone))
	last := day(r.Period.To.Add(-time.Second).In(r.Zone))
	if from := last.AddDate(0, 0, 1-maxNights); first.Before(from) {
		first = from
	}
	n := int(last.Sub(first)/(24*time.Hour)) + 1
	step := 100 / float64(n)
	for i := range n {
		d := first.AddDate(0, 0, i)
		if d.Weekday() == time.Monday {
			ticks = append(ticks, Tick{X: float64(i) * step, Text: d.Format("2 Jan"), Phone: len(ticks)%4 == 0, Desk: n < 40 || len(ticks)%2 == 0, In: true})
		}
	}
	for _, l := range r.People {
		woken := map[string]int{}
		for _, p := range r.Behind(health.Which{Person: l.ID, Only: "sleep"}) {
			woken[p.Night]++
		}
		lane := Lane{Person: who(l.Person), Total: strconv.Itoa(len(l.Nights)), Zone: l.Zone.String(), Say: l.Name + ": " + web.Plural(len(l.Nights), "interrupted night", "interrupted nights")}
		since := r.Since
		if l.Since.After(since) {
			since = l.Since
		}
		for i := range n {
			d := first.AddDate(0, 0, i)
			c := Cell{X: float64(i)*step + step*0.1, W: step * 0.8, Pages: woken[d.Format(time.DateOnly)], Weekend: d.Weekday() == time.Friday || d.Weekday() == time.Saturday}
			c.Unknown = c.Pages == 0 && d.AddDate(0, 0, 1).Before(since)
			if c.Pages > 0 {
				c.Say = fmt.Sprintf("Night of %s: %s", d.Format("Mon 2 January"), web.Plural(c.Pages, "page", "pages"))
			}
			lane.Cells = append(lane.Cells, c)
		}
		lanes = append(lanes, lane)
	}
	return lanes, ticks, first
}

// day is the date of a local time, as a UTC midnight: dates have no gaps there.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
