package doraweb

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/web"
)

// LedgerPage is what each approval step costs and brings.
type LedgerPage struct {
	web.Page
	Tabs   []web.Tab
	Asked  *Asked
	Choice web.HTML
	Report *dora.Report
	Notice *web.Notice
	Steps  []StepRow
	Scale  float64 // of the picture, in percentage points at its edge
	Empty  *web.Empty
	Means  []web.Def
}

// StepRow is one line of the ledger.
type StepRow struct {
	dora.Step
	Name, Path  string
	Hours       string
	Typical     string
	Answers     string
	Tone, Word  string
	With, Less  string  // crude rates with what they stand on
	X, W, Zero  float64 // the interval, in percent of the picture
	Point       float64
	Compared    bool
	Interval    string
	Equal       string
	VerdictIcon string
}

var ledgerPage = web.Parse(files, "ledger.html", LedgerPage{})

// hours is a length of waiting, in hours as the ledger counts.
func hours(d time.Duration) string {
	switch h := d.Hours(); {
	case h == 0:
		return "0 h"
	case h < 10:
		return fmt.Sprintf("%.1f h", h)
	default:
		return web.Count(int(math.Round(h))) + " h"
	}
}

// stepName is what people call a step: "Board review".
func stepName(s dora.Step) string {
	name := strings.ReplaceAll(s.Rule, "-", " ")
	if name != "" {
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	return name
}

// points are percentage points with their sign.
func points(x float64) string {
	text, _ := signed(x*100, "%.1f")
	return text
}

func line(s dora.Step) *stepLine {
	out := &stepLine{Head: fmt.Sprintf("%s: %s waited.", stepName(s), hours(s.Waited)), Verdict: string(s.Verdict)}
	if s.EqualWith == 0 {
		out.Says, out.Foot = s.Says, web.Plural(s.Changes, "change", "changes")
		return out
	}
	out.Says = fmt.Sprintf("Failure rate %.1f\u00a0%% with, %.1f\u00a0%% without at equal risk:", s.RateWith*100, s.RateWithout*100)
	out.Foot = fmt.Sprintf("%s with, %s without, 95 %%: %s to %s pt", web.Count(s.EqualWith), web.Count(s.EqualWithout), points(s.DifferenceLow), points(s.DifferenceHigh))
	return out
}

// verdicts are how each looks.
var verdicts = map[dora.Verdict]struct{ tone, icon string }{
	dora.Helps: {"green", "circle-check"}, dora.NoBenefit: {"amber", "info-circle"}, dora.Worse: {"red", "alert-triangle"}, dora.TooLittle: {"", "help-circle"},
}

// Ledger handles GET /changes/ledger.
func (p *Pages) Ledger(w http.ResponseWriter, r *http.Request) error {
	page := &LedgerPage{Page: p.Shell.Page(r, "Approval ledger", nav), Tabs: p.tabs(ledgerPath), Means: ledgerMeans}
	page.Crumbs = crumbs
	var err error
	status := http.StatusOK
	if page.Asked, err = p.read(r, page.V, ledgerPath); err != nil {
		return err
	}
	report, err := p.Dora.Report(r.Context(), page.Asked.Query)
	if err != nil && page.Asked.refused(err) {
		status = http.StatusUnprocessableEntity
		report, err = p.Dora.Report(r.Context(), page.Asked.Query)
	}
	if err != nil {
		return err
	}
	page.Report = &report
	page.Sub = page.Asked.Who()
	if page.Choice, err = barPage.Fragment(page.Asked); err != nil {
		return err
	}
	page.steps()
	if len(report.Ledger) == 0 {
		page.Empty = &web.Empty{Icon: "checklist", Title: "No approval was asked for", Text: "When policy asks for a review, the time that changes wait for it is added up here, beside the failure rates with and without the review at equal risk: reason enough to keep a step, or to delete it.", Button: &web.Button{Title: "The policy", Path: "/changes/policy"}}
		return p.Shell.RenderStatus(w, r, status, ledgerPage, page)
	}
	for _, s := range report.Ledger {
		if s.Verdict == dora.NoBenefit && s.Waited > time.Hour {
			page.Notice = &web.Notice{Tone: "accent", Icon: "info-circle", Fact: fmt.Sprintf("%s brings no measurable benefit.", stepName(s)), Effect: fmt.Sprintf("%s waited, and changes of equal risk fail as often without it.", hours(s.Waited)), Buttons: []web.Button{{Title: "Try the policy without it", Path: "/changes/policy", Small: true}}}
			break
		}
	}
	return p.Shell.RenderStatus(w, r, status, ledgerPage, page)
}

// steps fills the lines; all intervals are drawn to one scale.
func (p *LedgerPage) steps() {
	edge := 0.05
	for _, s := range p.Report.Ledger {
		if s.EqualWith > 0 {
			edge = max(edge, math.Min(0.3, math.Max(math.Abs(s.DifferenceLow), math.Abs(s.DifferenceHigh))))
		}
	}
	edge = math.Ceil(edge*20) / 20
	p.Scale = edge * 100
	place := func(x float64) float64 { return math.Max(0, math.Min(100, 50+x/edge*50)) }
	for _, s := range p.Report.Ledger {
		v := verdicts[s.Verdict]
		x := StepRow{Step: s, Name: stepName(s), Path: p.Asked.to(ledgerPath+"/approvals", "rule", s.Rule, "who", s.Who), Hours: hours(s.Waited), Tone: v.tone, VerdictIcon: v.icon, Word: string(s.Verdict), Zero: 50}
		x.Typical = fmt.Sprintf("median %s, p90 %s", web.Dur(s.Wait.Median), web.Dur(s.Wait.P90))
		x.Answers = fmt.Sprintf("%s approved, %s rejected, %s expired", web.Count(s.Approved), web.Count(s.Rejected), web.Count(s.Expired))
		x.With, x.Less = "no data", "no data"
		if s.With.Of > 0 {
			x.With = rate(s.With) + " (" + of(s.With) + ")"
		}
		if s.Without.Of > 0 {
			x.Less = rate(s.Without) + " (" + of(s.Without) + ")"
		}
		if s.EqualWith > 0 {
			x.Compared = true
			x.X, x.Point = place(s.DifferenceLow), place(s.Difference)
			x.W = max(place(s.DifferenceHigh)-x.X, 0.5)
			x.Interval = fmt.Sprintf("%s pt, 95 %%: %s to %s", points(s.Difference), points(s.DifferenceLow), points(s.DifferenceHigh))
			x.Equal = fmt.Sprintf("%.1f %% with (%s), %.1f %% without (%s)", s.RateWith*100, web.Count(s.EqualWith), s.RateWithout*100, web.Count(s.EqualWithout))
		}
		p.Steps = append(p.Steps, x)
	}
}

var ledgerMeans = []web.Def{
	{Term: "Waited", Text: "From the request until somebody answered, of all changes that went through the step."},
	{Term: "At equal risk", Text: "Changes are compared within the same tenth of the risk score, and the differences are weighted together.", Sub: "Mantel and Haenszel 1959; interval: Sato 1989"},
	{Term: "No measurable benefit", Text: "The interval holds zero and is narrow: at least 30 changes on each side, and known to within 5 percentage points."},
	{Term: "Too little data", Text: "It may help or not: wait for more changes, or try the policy without the step in shadow."},
	{Term: "What is not in it", Text: "This was observed, it is no experiment. What a reviewer knows beyond the score, and what a review stopped, are not in the rates: rejected changes stand beside them."},
}
