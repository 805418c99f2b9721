package doraweb

import (
	"fmt"
	"math"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/web"
)

// Figure is one of the five, with what it stands on and how it moved.
type Figure struct {
	Label, Value, Unit string
	Note               string // one line of context
	Path               string
	Spark              *web.Spark
	Moved, Tone        string // "+12 %" and whether that is good
	Than               string
	None               bool // no data
}

// rate is a share in words.
func rate(r dora.Rate) string { return fmt.Sprintf("%.1f %%", r.Share*100) }

// of is what a share stands on.
func of(r dora.Rate) string { return web.Count(r.N) + " of " + web.Count(r.Of) }

// between is the 95 % interval.
func between(r dora.Rate) string {
	return fmt.Sprintf("95 %%: %.1f to %.1f %%", r.Low*100, r.High*100)
}

// trend draws what is known of a trend as a line.
func trend(points []dora.Point, value func(dora.Figures) (float64, bool)) *web.Spark {
	var list []float64
	for _, p := range points {
		if x, ok := value(p.Figures); p.Known && ok {
			list = append(list, x)
		}
	}
	if len(list) < 2 {
		return nil
	}
	return web.Line(list, 124, 40, "accent")
}

// moved says how a value went, and whether that is good.
func moved(delta string, up, same, upIsGood bool) (string, string) {
	switch {
	case same:
		return delta, ""
	case up == upIsGood:
		return delta, "green"
	}
	return delta, "orange"
}

func signed(x float64, form string) (text string, same bool) {
	text = fmt.Sprintf(form, math.Abs(x))
	if zero := fmt.Sprintf(form, 0.0); text == zero {
		return "±" + text, true
	}
	if x < 0 {
		return "−" + text, false
	}
	return "+" + text, false
}

func duration(now, before time.Duration) (string, bool) {
	d := (now - before).Round(time.Minute)
	switch {
	case d == 0:
		return "±0 min", true
	case d < 0:
		return "−" + web.Dur(-d), false
	}
	return "+" + web.Dur(d), false
}

// figures are the five measures of DORA.
func (a *Asked) figures(r *dora.Report) []Figure {
	f, b := r.Figures, r.Previous
	known := !r.Since.IsZero() && r.Since.Before(r.Before.To) // something is known of the time before
	than := "vs " + before(r.Period)
	var out []Figure
	add := func(x Figure) {
		if x.Value == "" {
			x.Value, x.None = "no data", true
		}
		if x.Moved != "" {
			x.Than = than
		}
		out = append(out, x)
	}

	x := Figure{Label: "Deployment frequency", Path: a.records(dora.Deployments), Spark: trend(r.Trend, func(f dora.Figures) (float64, bool) { return f.PerDay, f.Days > 0 })}
	if !r.Since.IsZero() {
		x.Value, x.Unit = fmt.Sprintf("%.1f", f.PerDay), "a day"
		x.Note = fmt.Sprintf("%s, on %d of %.0f days", web.Plural(f.Deployments, "deployment", "deployments"), f.ActiveDays, math.Ceil(f.Days))
		if known && b.Deployments > 0 && b.Days > 0 {
			text, same := signed((f.PerDay/b.PerDay-1)*100, "%.0f %%")
			x.Moved, x.Tone = moved(text, f.PerDay > b.PerDay, same, true)
		}
	}
	add(x)

	x = Figure{Label: "Change lead time", Path: a.records(dora.LeadTime), Spark: trend(r.Trend, func(f dora.Figures) (float64, bool) { return f.Lead.Median.Hours(), f.Lead.N > 0 }), Note: "no commit time is known"}
	if f.Lead.N > 0 {
		x.Value, x.Unit, x.Note = web.Dur(f.Lead.Median), "median", spread(f.Lead)
		if b.Lead.N > 0 {
			text, same := duration(f.Lead.Median, b.Lead.Median)
			x.Moved, x.Tone = moved(text, f.Lead.Median > b.Lead.Median, same, false)
		}
	}
	add(x)

	x = Figure{Label: "Change failure rate", Path: a.records(dora.Failures), Spark: trend(r.Trend, func(f dora.Figures) (float64, bool) { return f.Failed.Share, f.Failed.Of > 0 }), Note: "none is completed"}
	if f.Failed.Of > 0 {
		x.Value, x.Unit, x.Note = rate(f.Failed), of(f.Failed), between(f.Failed)
		if b.Failed.Of > 0 {
			text, same := signed((f.Failed.Share-b.Failed.Share)*100, "%.1f pt")
			x.Moved, x.Tone = moved(text, f.Failed.Share > b.Failed.Share, same, false)
		}
	}
	add(x)

	x = Figure{Label: "Failed deploy recovery", Path: a.records(dora.Recovered), Spark: trend(r.Trend, func(f dora.Figures) (float64, bool) { return f.Recovery.Median.Minutes(), f.Recovery.N > 0 }), Note: "nothing failed"}
	if f.Failed.N > 0 {
		x.Note = "when is not known"
	}
	if f.Recovery.N > 0 {
		x.Value, x.Unit, x.Note = web.Dur(f.Recovery.Median), "median", spread(f.Recovery)
		if b.Recovery.N > 0 {
			text, same := duration(f.Recovery.Median, b.Recovery.Median)
			x.Moved, x.Tone = moved(text, f.Recovery.Median > b.Recovery.Median, same, false)
		}
	}
	add(x)

	x = Figure{Label: "Deployment rework", Path: a.records(dora.Rework), Spark: trend(r.Trend, func(f dora.Figures) (float64, bool) { return f.Rework.Share, f.Rework.Of > 0 }), Note: "no deployment"}
	if f.Rework.Of > 0 {
		x.Value, x.Unit, x.Note = rate(f.Rework), of(f.Rework), between(f.Rework)
		if b.Rework.Of > 0 {
			text, same := signed((f.Rework.Share-b.Rework.Share)*100, "%.1f pt")
			x.Moved, x.Tone = moved(text, f.Rework.Share > b.Rework.Share, same, false)
		}
	}
	add(x)
	return out
}

// before names the time that a period is compared with.
func before(p dora.Period) string {
	if n := len(p.Name) - 1; n > 0 && len(p.Name) < 5 {
		if unit, ok := map[byte]string{'d': " d", 'w': " w", 'm': " months"}[p.Name[n]]; ok {
			return p.Name[:n] + unit + " before"
		}
	}
	return "the time before"
}

// spread is what stands beside a median.
func spread(s dora.Spread) string {
	return fmt.Sprintf("p90 %s, mean %s, n = %s", web.Dur(s.P90), web.Dur(s.Mean), web.Count(s.N))
}

// figureRow is the five figures side by side.
type figureRow struct {
	Title   string
	Figures []Figure
}

var rowPage = web.Parse(files, "figures.html", figureRow{})

func (a *Asked) row(r *dora.Report) (web.HTML, error) {
	return rowPage.Fragment(figureRow{"Delivery figures, " + r.Period.Title, a.figures(r)})
}
