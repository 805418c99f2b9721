package policyweb

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// BacktestPage is a replay: how far it is, then what came of it.
type BacktestPage struct {
	web.Page
	Key, Path string
	Running   bool
	Seen      int
	Share     float64 // of what was asked for, in %
	Asked     int
	Fault     string
	Report    policy.Report
	Figures   []Figure
	Bars      []Bar
	List      web.Table
	Cut       bool
}

// Figure is one number of the report.
type Figure struct{ Label, Value, Note, Tone string }

// Bar is how decisions are spread over the outcomes.
type Bar struct {
	Title string
	Parts []Part
}

// Part is a piece of a bar.
type Part struct {
	X, W  float64
	Tone  string
	Say   string
	Text  string
	Shown bool // wide enough for its number
}

var backtestPage = web.Parse(files, "backtest.html", BacktestPage{})

// Backtest handles GET /changes/policy/backtests/{n}. While it runs the page asks
// for itself again, by a header that needs no script.
func (p *Pages) Backtest(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil {
		return errs.E(errs.NotFound, "there is no such backtest")
	}
	x, err := p.run(n)
	if err != nil {
		return err
	}
	v := policy.Version{ID: x.Version}
	page := &BacktestPage{Page: p.Shell.Page(r, "The past with "+v.Ref().String(), nav), Key: v.Ref().String(), Path: v.Ref().Path(), Asked: x.Asked}
	page.Crumbs = append(crumbs[:2:2], web.Crumb{Title: page.Key, Path: page.Path})
	if !x.over() {
		page.Running, page.Seen = true, int(x.Seen.Load())
		page.Share = 100 * float64(page.Seen) / float64(x.Asked)
		w.Header().Set("Refresh", "1")
		return p.Shell.Render(w, r, backtestPage, page)
	}
	if x.Err != nil {
		page.Fault = errs.As(x.Err).Text
		return p.Shell.Render(w, r, backtestPage, page)
	}
	page.fill(x.Report)
	return p.Shell.Render(w, r, backtestPage, page)
}

func (page *BacktestPage) fill(rep policy.Report) {
	page.Report = rep
	hours := func(h float64) string { return fmt.Sprintf("%.1f h", h) }
	if rep.N == 0 {
		return
	}
	page.Figures = []Figure{
		{"Decided differently", web.Count(rep.Changed), "of " + web.Count(rep.N) + " decisions", ""},
		{"Waiting saved", hours(rep.HoursSaved), "measured: they had waited for an approval that it does not ask", tone(rep.HoursSaved > 0, "green")},
		{"Waiting added", hours(rep.HoursAdded), "estimated: " + web.Dur(rep.TypicalFor) + " each, the median of those that waited", tone(rep.HoursAdded > 0, "amber")},
		{"Failures caught", web.Count(rep.Caught), "of " + web.Count(rep.Failures) + " failed changes somebody would have looked who did not", tone(rep.Caught > 0, "green")},
		{"Failures let through", web.Count(rep.LetThrough), "failed ones that it would have looked at less", tone(rep.LetThrough > 0, "red")},
		{"Approvals", fmt.Sprintf("+%d −%d", rep.ReviewsAdded, rep.ReviewsRemoved), "there were " + web.Count(rep.ReviewsBefore), ""},
	}
	page.Bars = []Bar{bar("As decided", rep.Before, rep.N), bar("With "+page.Key, rep.After, rep.N)}
	page.List = web.Table{Label: "Changes that would have been decided differently", V: page.V, Columns: []web.Column{{Title: "Change", Phone: true}, {Title: "Decided", Width: 190}, {Title: "Would be", Width: 250, Phone: true}, {Title: "Waited", Width: 90, Right: true}, {Title: "Outcome", Width: 90, Phone: true}}}
	for _, d := range rep.Different {
		was, is := outcome(d.Old.Outcome), outcome(d.New.Outcome)
		was.Icon, is.Icon, was.Text, is.Text = "", "", short(d.Old), short(d.New)
		row := web.Row{Cells: []web.Cell{{Text: d.Title, Path: pathOf(d.Change), Sub: d.Change}, {Tag: &was}, {Tag: &is, Sub: because(d.New)}, {Text: "–"}, {}}}
		if d.Waited > 0 {
			row.Cells[3].Text = web.Dur(d.Waited)
		}
		if d.Failed {
			row.Cells[4] = web.Cell{Tag: &web.Tag{Text: "failed", Tone: "red"}}
		}
		page.List.Rows = append(page.List.Rows, row)
	}
	page.Cut = rep.Changed > len(rep.Different)
}

func pathOf(key string) string {
	id, err := ref.ID(ref.Change, key)
	if err != nil {
		return ""
	}
	return ref.N(ref.Change, id).Path()
}

func tone(is bool, t string) string {
	if is {
		return t
	}
	return ""
}

func bar(title string, of map[policy.Outcome]int, n int) Bar {
	b := Bar{Title: title}
	at := 0.0
	for _, o := range []struct {
		is         policy.Outcome
		word, tone string
	}{{policy.Allow, "allowed", "green"}, {policy.NeedsReview, "needs review", "amber"}, {policy.Deny, "denied", "red"}} {
		if of[o.is] == 0 {
			continue
		}
		w := 100 * float64(of[o.is]) / float64(n)
		b.Parts = append(b.Parts, Part{X: at, W: w, Tone: o.tone, Text: web.Count(of[o.is]), Shown: w > 7, Say: fmt.Sprintf("%s %s of %s", web.Count(of[o.is]), o.word, web.Count(n))})
		at += w
	}
	return b
}

// Took is how long the replay took.
func (page *BacktestPage) Took() string {
	return page.Report.Took.Round(10 * time.Millisecond).String()
}
