package web

import (
	"fmt"
	"strings"
)

// Spark is a small picture of a series: bars for counts, a line for a value.
// Draw it from Bars or Line; Tone is red, orange, amber, accent, green or "".
type Spark struct {
	Says          string // the series in words, for screen readers; empty = decoration beside the number
	Width, Height int
	Tone          string
	Rects         []SparkRect
	Points        string // polyline points
	EndX, EndY    float64
}

// SparkRect is one bar; Zero bars are a hairline.
type SparkRect struct {
	X, Y, W, H float64
	Zero       bool
}

// Bars draws counts as bars, the largest as high as the picture.
func Bars(counts []int, tone string) *Spark {
	s := &Spark{Width: 112, Height: 18, Tone: tone}
	top := 1
	for _, n := range counts {
		top = max(top, n)
	}
	step := float64(s.Width) / float64(max(1, len(counts)))
	for i, n := range counts {
		h := float64(s.Height) * float64(n) / float64(top)
		if n > 0 {
			h = max(h, 2.5)
		} else {
			h = 1.2
		}
		s.Rects = append(s.Rects, SparkRect{float64(i) * step, float64(s.Height) - h, max(1, step*0.68), h, n <= 0})
	}
	return s
}

// Line draws a series between its least and its largest value, with a dot at its end.
func Line(values []float64, width, height int, tone string) *Spark {
	s := &Spark{Width: width, Height: height, Tone: tone}
	if len(values) == 0 {
		return s
	}
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	span := hi - lo
	if span == 0 {
		span = 1
	}
	var b strings.Builder
	for i, v := range values {
		x := 2 + float64(i)*float64(width-5)/float64(max(1, len(values)-1))
		y := 3 + (1-(v-lo)/span)*float64(height-6)
		fmt.Fprintf(&b, "%.1f,%.1f ", x, y)
		s.EndX, s.EndY = x, y
	}
	s.Points = strings.TrimSpace(b.String())
	return s
}
