package changeweb

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/web"
)

// riskBox is the score with its parts. They add up to it.
type riskBox struct {
	Known        bool
	Why          string // nobody knows
	Score        int
	Level        web.Tag
	Model, Path  string
	Medium, High int
	Label        string
	Bars         []bar
	Small        string // parts that round to nothing
}

var riskPart = web.Parse(files, "riskbox.html", riskBox{})

// HTML is the inside of the card.
func (b *riskBox) HTML() (web.HTML, error) { return riskPart.Fragment(b) }

// bar is one factor from a zero line.
type bar struct {
	Text   string
	Points string
	Zero   float64 // x of the zero line
	X, W   float64
	Class  string // f-p3 adds risk, f-ok takes some away
}

const barsWide = 112.0

func riskOf(d change.Decided, levels change.Levels) *riskBox {
	r := d.Input.Risk
	b := &riskBox{Medium: levels.Medium, High: levels.High, Why: r.Why}
	b.Model, b.Path = weightsName(d.Weights)
	if r.State != fact.Value {
		if b.Why == "" {
			b.Why = "policy was not asked yet"
		}
		return b
	}
	b.Known, b.Score = true, r.Value.Score
	b.Level = web.Tag{Text: upper(r.Value.Level), Tone: levelTones[r.Value.Level]}
	b.Label = fmt.Sprintf("Risk %d on a scale of 0 to 100: low under %d, medium %d to %d, high from %d", b.Score, b.Medium, b.Medium, b.High-1, b.High)
	whole := risk.Whole(r.Value)
	type part struct {
		text   string
		points int
	}
	var list []part
	small, sum := 0, 0
	for i, f := range r.Value.Factors {
		if whole[i] == 0 {
			small++
			continue
		}
		text := f.Text
		if f.Name == "base" {
			text = "Any change at all"
		}
		list = append(list, part{text, whole[i]})
		sum += whole[i]
	}
	if small > 0 {
		b.Small = web.Plural(small, "more factor rounds", "more factors round") + " to 0"
	}
	slices.SortStableFunc(list, func(a, b part) int { return cmp.Compare(b.points, a.points) })
	up, down := 0, 0
	for _, x := range list {
		up, down = max(up, x.points), max(down, -x.points)
	}
	unit := (barsWide - 4) / float64(max(up+down, 1))
	zero := 2 + float64(down)*unit
	for _, x := range list {
		line := bar{Text: x.text, Zero: zero, Class: "f-up", X: zero, W: float64(x.points) * unit, Points: "+" + strconv.Itoa(x.points)}
		if x.points < 0 {
			line.Class, line.W = "f-dn", -line.W
			line.X, line.Points = zero-line.W, "−"+strconv.Itoa(-x.points)
		}
		line.W = max(line.W, 1)
		b.Bars = append(b.Bars, line)
	}
	return b
}

// LevelX are the places on the scale in percent.
func (b *riskBox) LowW() float64  { return float64(b.Medium) - 0.4 }
func (b *riskBox) MidW() float64  { return float64(b.High-b.Medium) - 0.4 }
func (b *riskBox) HighW() float64 { return 100 - float64(b.High) }

// From is where the band of the present level begins, Fill how far the score is into it.
func (b *riskBox) From() int {
	switch {
	case b.Score >= b.High:
		return b.High
	case b.Score >= b.Medium:
		return b.Medium
	}
	return 0
}
func (b *riskBox) Fill() float64 { return float64(b.Score - b.From()) }
