package catalogweb

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/web"
)

// timeline is incidents drawn on a line of time. Lengths are per cent of the
// width, because the picture is as wide as its place; heights are pixels.
type timeline struct {
	Count string // "3 incidents, 1 h 40 m in all"
	More  bool   // older ones of the time are not drawn
	Bars  []bar
	Ticks []tick
	Says  string
}

type bar struct {
	X, W       string // "12.3%"; a short one has 6 pixels
	Y, H       int
	Tone       string
	Path, Says string
	Label      string // "INC-131", where there is room for it
	Took       string
	LabelX     string
	Left       bool // the label stands left of the bar
}

type tick struct {
	X, Text string
	End     bool
	Odd     bool // left out where there is little room
}

const (
	laneHeight = 40.0
	labelRoom  = 13.0 // per cent that a label may take
	shortest   = 0.8  // per cent that a bar takes at least, with its 6 pixels
)

// heights and tones of priorities: the worse, the taller and the redder, so
// that colour is never alone.
var barLook = map[string]struct {
	h    int
	tone string
}{"P1": {28, "red"}, "P2": {22, "orange"}, "P3": {16, "amber"}, "P4": {10, "grey"}}

func draw(list []Incident, more bool, since, now time.Time, zone *time.Location) *timeline {
	t := &timeline{More: more, Ticks: ticks(since, now, zone)}
	span := now.Sub(since).Seconds()
	at := func(x time.Time) float64 { return 100 * min(max(x.Sub(since).Seconds()/span, 0), 1) }
	var sum time.Duration
	free := 0.0 // up to where labels reach
	for i, inc := range list {
		end := inc.Until
		if end.IsZero() {
			end = now
		}
		sum += end.Sub(inc.From)
		x, w := at(inc.From), at(end)-at(inc.From)
		look := barLook[inc.Priority]
		if look.h == 0 {
			look.h, look.tone = 10, "grey"
		}
		b := bar{X: per(min(x, 100-shortest)), W: "6", H: look.h, Y: int(laneHeight) - look.h, Tone: look.tone, Path: inc.Path, Took: web.Dur(end.Sub(inc.From))}
		if w > shortest {
			b.W = per(w)
		}
		if inc.Until.IsZero() {
			b.Took = "open"
		}
		b.Says = fmt.Sprintf("%s %s, %s, %s: %s", inc.Key, b.Took, inc.Priority, inc.From.In(zone).Format("2 Jan 15:04"), inc.Title) // begins as its label does
		right := x + max(w, shortest)
		room := 100.0
		if i+1 < len(list) {
			room = at(list[i+1].From)
		}
		switch {
		case right >= free && right+labelRoom <= room:
			b.Label, b.LabelX, free = inc.Key, per(right), right+labelRoom
		case x-labelRoom >= free:
			b.Label, b.LabelX, b.Left, free = inc.Key, per(x), true, right
		default:
			free = max(free, right)
		}
		t.Bars = append(t.Bars, b)
	}
	t.Count = web.Plural(len(list), "incident", "incidents")
	if more {
		t.Count = "the last " + t.Count
	}
	if len(list) > 0 {
		t.Count += ", " + web.Dur(sum) + " until restored in all"
	}
	t.Says = fmt.Sprintf("Incidents from %s to now: %s", since.In(zone).Format("2 January"), t.Count)
	return t
}

func per(x float64) string { return fmt.Sprintf("%.2f%%", x) }

// ticks are the Mondays of every other week, and now.
func ticks(since, now time.Time, zone *time.Location) (out []tick) {
	day := since.In(zone)
	day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	for day.Weekday() != time.Monday {
		day = day.AddDate(0, 0, 1)
	}
	span := now.Sub(since).Seconds()
	for ; now.Sub(day) > 5*24*time.Hour; day = day.AddDate(0, 0, 14) {
		out = append(out, tick{X: per(100 * day.Sub(since).Seconds() / span), Text: day.Format("2 Jan"), Odd: len(out)%2 == 1})
	}
	return append(out, tick{X: "100%", Text: "now", End: true})
}
