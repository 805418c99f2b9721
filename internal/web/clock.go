package web

import "time"

// Clock is one service clock as people read it: label, figure, bar, note
// (RULES: green met, accent running, amber under 15 min or 25 % left, red
// breached; pauses hatched into the bar with their minutes and reason).
type Clock struct {
	Label  string // "Response"
	Figure string // "Met", "3 h 22 m", "11 min"
	Unit   string // small words after the figure, "left of 4 h"
	More   string // further small words that phones leave out, ", due 22:08"
	Tone   string // green, accent, amber, red, or "" for quiet
	Parts  []Part
	Paused string // how long it stood still, "4 min"; empty = never
	Note   string
	Says   string    // the bar in words, for screen readers
	Tick   time.Time // when the figure is time left: the moment it runs out
	Since  time.Time // when the figure counts up: since when
	Person *Person   // a clock slot that holds a person instead, such as the commander
	Thick  bool
}

// Part is one stretch of a bar, in per cent of its width.
type Part struct {
	From, Width float64
	Hatched     bool
}

// Stretch is a time span of a clock that ran or, with Paused, stood still.
type Stretch struct {
	From, To time.Time
	Paused   bool
}

// Running describes a clock that has neither met nor missed its target yet
// (or has missed it): used of target, what is left, pauses drawn in.
// spans are in order and end at now.
func Running(label string, target, used time.Duration, due time.Time, spans []Stretch) Clock {
	left := target - used
	c := Clock{Label: label, Tone: "accent", Tick: due}
	switch {
	case left <= 0:
		c.Tone, c.Figure, c.Unit = "red", Dur(-left), "over "+Dur(target)
	default:
		if left < 15*time.Minute || left < target/4 {
			c.Tone = "amber"
		}
		c.Figure, c.Unit = Left(left), "left of "+Dur(target)
	}
	var paused time.Duration
	c.Parts, paused = parts(target, spans)
	if paused > 0 {
		c.Paused = Dur(paused)
	}
	c.Says = Dur(used) + " of " + Dur(target) + " used"
	if paused > 0 {
		c.Says += ", paused " + Dur(paused)
	}
	return c
}

// Met describes a clock that stopped in time.
func Met(label string, target, used time.Duration) Clock {
	return Clock{Label: label, Tone: "green", Figure: "Met", Unit: "in " + Dur(used), Note: "Target " + Dur(target),
		Parts: []Part{{0, percent(used, target), false}}, Says: "Met in " + Dur(used) + " of " + Dur(target)}
}

// Bar draws stretches on a target: running time fills it, pauses are hatched.
func Bar(target time.Duration, spans []Stretch) []Part {
	out, _ := parts(target, spans)
	return out
}

// parts scales the stretches so that running time fills target; pauses add
// their own width, at least one per cent so that they are seen, and the whole
// is pressed into 100 when it is longer.
func parts(target time.Duration, spans []Stretch) (out []Part, paused time.Duration) {
	at := 0.0
	for _, s := range spans {
		d := s.To.Sub(s.From)
		if d <= 0 {
			continue
		}
		w := percent(d, target)
		if s.Paused {
			paused += d
			w = max(w, 1)
		}
		out = append(out, Part{at, w, s.Paused})
		at += w
	}
	if at > 100 {
		for i := range out {
			out[i].From *= 100 / at
			out[i].Width *= 100 / at
		}
	}
	return out, paused
}

func percent(a, b time.Duration) float64 {
	if b <= 0 {
		return 100
	}
	return min(100, max(0, 100*float64(a)/float64(b)))
}
