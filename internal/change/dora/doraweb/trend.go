package doraweb

import (
	"fmt"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Trend is deployments over time, as bars of which the failed ones are a part.
type Trend struct {
	By    dora.Width
	Bars  []Bar
	Top   int // of the scale
	Lines []TrendLine
	Title string
	Views []web.Tab
}

// Bar is one day, week or month; X and W in percent, Y and H in pixels.
type Bar struct {
	X, W    float64
	Y, H    int
	FY, FH  int // the failed ones
	Unknown bool
	Going   bool // it is not over yet
	Text    string
	TX      float64
	Anchor  string
	Desk    bool // its date stands on desktops only
	Path    string
	Say     string
}

// TrendLine is the same as a row of numbers.
type TrendLine struct {
	When                                  string
	Path                                  string
	Deployments, Lead, Failed, Back, Mend string
	FailedPath                            string
	Unknown                               bool
}

const (
	chartH = 132
	chartT = 10
)

// chart draws a trend.
func (a *Asked) chart(r *dora.Report) *Trend {
	t := &Trend{By: r.By, Top: 1, Title: r.Period.Title}
	if a.Trend != "" {
		if over, _, err := dora.ParsePeriod(a.Trend, a.view.Loc, a.view.Now); err == nil {
			t.Title = over.Title
		}
	}
	for _, w := range []struct{ width, title string }{{"day", "Days"}, {"week", "Weeks"}, {"month", "Months"}} {
		t.Views = append(t.Views, web.Tab{Title: w.title, Path: a.to(measuresPath, "width", w.width) + "#trend", Current: w.width == string(r.By)})
	}
	for _, p := range r.Trend {
		t.Top = max(t.Top, p.Figures.Deployments)
	}
	t.Top = round(t.Top)
	step := 100 / float64(max(1, len(r.Trend)))
	every := max(1, (len(r.Trend)+9)/10)
	for i, p := range r.Trend {
		f := p.Figures
		b := Bar{X: float64(i)*step + step*0.14, W: step * 0.72, TX: (float64(i) + 0.5) * step, Unknown: !p.Known, Going: p.To.Before(p.Ends) || r.Period.To.Before(p.Ends)}
		when := a.when(p.From, r.By)
		if i%every == 0 {
			b.Text, b.Desk, b.Anchor = a.short(p.From, r.By), i%(every*3) != 0, "middle"
			if i == 0 && len(r.Trend) > 8 {
				b.TX, b.Anchor = b.X, "start"
			}
		}
		from, to := p.From.UTC().Format(time.RFC3339), p.To.UTC().Format(time.RFC3339)
		span := []string{"period", "", "from", from, "to", to}
		l := TrendLine{When: when, Unknown: !p.Known}
		if !p.Known {
			b.Y, b.H, b.Say = chartT, chartH-chartT, when+": nothing is known"
		} else {
			b.H = f.Deployments * (chartH - chartT) / t.Top
			if f.Deployments > 0 {
				b.H = max(b.H, 3)
				b.Path = a.records(dora.Deployments, span...)
			} else {
				b.H = 1
			}
			b.Y = chartH - b.H
			if f.Failed.N > 0 {
				b.FH = max(3, b.H*f.Failed.N/max(1, f.Deployments))
				b.FY = chartH - b.FH
			}
			b.Say = when + ": " + web.Plural(f.Deployments, "deployment", "deployments")
			if f.Failed.N > 0 {
				b.Say += ", " + strconv.Itoa(f.Failed.N) + " failed"
			}
			l.Deployments, l.Path = web.Count(f.Deployments), b.Path
			l.Lead, l.Failed, l.Back, l.Mend = "no data", "no data", "no data", "no data"
			if f.Lead.N > 0 {
				l.Lead = web.Dur(f.Lead.Median)
			}
			if f.Failed.Of > 0 {
				l.Failed = rate(f.Failed) + " (" + of(f.Failed) + ")"
			}
			if f.Failed.N > 0 {
				l.FailedPath = a.records(dora.Failures, span...)
			}
			if f.Recovery.N > 0 {
				l.Back = web.Dur(f.Recovery.Median)
			}
			if f.Rework.Of > 0 {
				l.Mend = rate(f.Rework)
			}
		}
		t.Bars = append(t.Bars, b)
		t.Lines = append(t.Lines, l)
	}
	return t
}

// round is the next number that is easy to read a scale by.
func round(n int) int {
	for _, x := range []int{1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500} {
		if n <= x {
			return x
		}
	}
	return (n + 499) / 500 * 500
}

// Half is the middle of the scale; empty when it is no whole number.
func (t *Trend) Half() string {
	if t.Top%2 != 0 {
		return ""
	}
	return web.Count(t.Top / 2)
}

func (a *Asked) when(t time.Time, by dora.Width) string {
	t = t.In(a.view.Loc)
	switch by {
	case dora.Month:
		return t.Format("January 2006")
	case dora.Week:
		return "Week of " + t.Format("2 January")
	}
	return t.Format("Mon 2 January")
}

func (a *Asked) short(t time.Time, by dora.Width) string {
	t = t.In(a.view.Loc)
	if by == dora.Month {
		return t.Format("Jan")
	}
	return t.Format("2 Jan")
}

// PartRow is the figures of a service or team.
type PartRow struct {
	Name, Path                                   string
	Deployments, PerDay, Lead, LeadSub           string
	Failed, FailedSub, Back, BackSub, Mend, Said string
}

func (a *Asked) part(x dora.Part, by string) PartRow {
	f := x.Figures
	row := PartRow{Name: x.Name, Path: a.to(measuresPath, by, x.Name, "by", ""), Deployments: web.Count(f.Deployments), PerDay: fmt.Sprintf("%.2f a day", f.PerDay), Lead: "no data", Failed: "no data", Back: "no data", Mend: "no data", Said: "no data"}
	if x.Name == "" {
		row.Name, row.Path = "Without a "+by, ""
	}
	if f.Lead.N > 0 {
		row.Lead, row.LeadSub = web.Dur(f.Lead.Median), "p90 "+web.Dur(f.Lead.P90)
	}
	if f.Failed.Of > 0 {
		row.Failed, row.FailedSub = rate(f.Failed), of(f.Failed)
	}
	if f.Recovery.N > 0 {
		row.Back, row.BackSub = web.Dur(f.Recovery.Median), "n = "+web.Count(f.Recovery.N)
	}
	if f.Rework.Of > 0 {
		row.Mend = rate(f.Rework)
	}
	if f.OutcomeKnown.Of > 0 {
		row.Said = rate(f.OutcomeKnown)
	}
	return row
}
