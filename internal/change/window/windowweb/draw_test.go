package windowweb

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/web"
)

// TestLabelsNeverOverlap draws crowded weeks: whatever has words has room for
// them, everything is within the picture, and lanes stay of a height that one
// can look at.
func TestLabelsNeverOverlap(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	vs := web.NewView(web.Profile{Name: "Mara", Zone: "Europe/Berlin"}, actor.Actor{}, time.Date(2026, 10, 23, 12, 0, 0, 0, berlin))
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		days := []int{7, 14, 28}[seed%3]
		from := time.Date(2026, 10, 19, 0, 0, 0, 0, berlin) // clocks change in it
		v := window.View{Span: window.Span{From: from.UTC(), To: from.AddDate(0, 0, days).UTC()}, Now: vs.Now}
		id := int64(0)
		for lane := range 1 + r.IntN(6) {
			l := window.Lane{Subject: window.Subject{Service: fmt.Sprint("service-", lane)}}
			for range r.IntN(40) {
				id++
				at := v.From.Add(time.Duration(r.Int64N(int64(v.To.Sub(v.From) + 48*time.Hour)))).Add(-24 * time.Hour)
				b := window.Bar{ID: id, Title: "a change with quite a long title that nobody reads", State: []string{"succeeded", "failed", "scheduled"}[r.IntN(3)], Services: []string{l.Service}, Span: window.Span{From: at, To: at.Add(time.Duration(r.IntN(300)) * time.Minute)}}
				l.Bars = append(l.Bars, b)
			}
			v.Lanes = append(v.Lanes, l)
			end := v.From.Add(time.Duration(r.IntN(days*24)) * time.Hour)
			v.Windows = append(v.Windows, window.Occurrence{Window: window.Named{Name: fmt.Sprint("w", lane), Spec: window.Spec{Kind: window.Kinds[r.IntN(4)], Title: "Payday weekend"}}, Span: window.Span{From: end.Add(-40 * time.Hour), To: end}, Covers: []string{l.Service}})
			v.Marks = append(v.Marks, window.Mark{Key: fmt.Sprint("INC-", lane), Services: []string{l.Service}, Span: window.Span{From: end, To: end.Add(time.Hour)}})
			if n := len(l.Bars); n > 1 {
				v.Warnings = append(v.Warnings, window.Warning{Kind: "collision", Change: l.Bars[0], Other: l.Bars[n-1], Span: l.Bars[0].Span})
			}
		}
		p := draw(&v, vs, days)
		for i, row := range p.Rows {
			if i > 0 && row.Y != p.Rows[i-1].Y+p.Rows[i-1].H {
				t.Errorf("seed %d: lane %d begins at %d", seed, i, row.Y)
			}
			if row.H > padTop+rowH*mostRows+bottomH {
				t.Errorf("seed %d: lane %d is %d px high", seed, i, row.H)
			}
			byRow := map[int][]reach{}
			for _, c := range row.Chips {
				if c.X < 0 || c.X > 100 || c.Y < row.Y || c.Y+barH > row.Y+row.H {
					t.Errorf("seed %d: %s stands outside of its lane: %+v", seed, c.Say, c)
				}
				if c.Key == "" {
					continue
				}
				mine := reach{c.ltx, c.tx}
				if mine.from < 0 || mine.to > wide {
					t.Errorf("seed %d: the words of %s do not fit: %v", seed, c.Say, mine)
				}
				if slices.ContainsFunc(byRow[c.Y], func(o reach) bool { return mine.from < o.to && o.from < mine.to }) {
					t.Errorf("seed %d: the words of %s stand on others'", seed, c.Say)
				}
				byRow[c.Y] = append(byRow[c.Y], mine)
			}
		}
		for _, f := range p.Frames {
			if f.X < 0 || f.X+f.W > 100.01 || f.H < barH || f.Y+f.H > p.Height+6 {
				t.Errorf("seed %d: a frame stands outside: %+v", seed, f)
			}
		}
		if n := len(p.Days); n != days {
			t.Errorf("seed %d: %d days, want %d", seed, n, days)
		}
	}
}

// TestWords: rules and lengths that people write often are said in words, and
// others as they are.
func TestWords(t *testing.T) {
	for rule, want := range map[string]string{"FREQ=WEEKLY;BYDAY=TU,SA": "every Tue, Sat", "FREQ=DAILY": "every day", "FREQ=MONTHLY;BYDAY=-1FR": "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;INTERVAL=2": "FREQ=WEEKLY;INTERVAL=2"} {
		if got := repeats(rule); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
	for text, want := range map[string]string{"PT2H": "2 h", "P1D": "1 day", "P3D": "3 days", "PT30M": "30 min", "P2M": "P2M", "P1DT2H": "P1DT2H", "x": "x"} {
		if got := duration(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := short("tax rules for gift cards", 14); got != "tax rules for…" {
		t.Errorf("short: %q", got)
	}
}
