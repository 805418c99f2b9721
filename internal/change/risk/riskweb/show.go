package riskweb

import (
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ShowPage is the weights in force and how good they are.
type ShowPage struct {
	web.Page
	Tabs      []web.Tab
	Notice    *web.Notice
	InForce   risk.Version
	Quality   risk.Quality
	Learning  risk.Learning
	Known     bool // enough to show measures
	Figures   []Figure
	Plot      *Plot
	Levels    []Level
	Weights   []Weight
	Base      string
	Versions  web.Table
	Older     string
	Need      int
	Share     float64 // of the history that a fit needs, in %
	MayChange bool
}

// Figure is one number with what it means.
type Figure struct{ Label, Value, Note string }

// Level is how often changes of a level fail.
type Level struct {
	Title, Share, Note, Between string
	X, W, Point                 float64
	N                           int
	Tone                        string
}

var showPage = web.Parse(files, "show.html", ShowPage{})

// Show handles GET /changes/risk.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	page, err := p.show(r)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, showPage, page)
}

func (p *Pages) show(r *http.Request) (*ShowPage, error) {
	ctx := r.Context()
	page := &ShowPage{Page: p.Shell.Page(r, "Risk score", nav), Tabs: p.tabs(), Need: risk.Enough}
	page.Crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}}
	page.MayChange = page.V.May(actor.Configure)
	var err error
	if page.Quality, err = p.Risk.Quality(ctx); err != nil {
		return nil, err
	}
	if page.Learning, err = p.Risk.Learning(ctx); err != nil {
		return nil, err
	}
	if page.InForce, err = p.Risk.Get(ctx, page.Quality.Weights); err != nil {
		return nil, err
	}
	q := page.Quality
	page.Known = q.Failed > 0 && q.Failed < q.N
	page.Share = 100 * min(float64(page.Learning.Changes)/risk.Enough, 1)
	page.Figures = []Figure{
		{"AUC", none(page.Known, fmt.Sprintf("%.2f", q.Measure.AUC)), "how often a failed change had the higher score of two; 0.5 is a coin"},
		{"Brier score", none(page.Known, fmt.Sprintf("%.3f", q.Measure.Brier)), "distance of the chances from what happened; 0 is perfect" + alwaysRate(q)},
		{"Changes measured", web.Count(q.N), web.Count(q.Failed) + " of them failed, were taken back or caused an incident"},
		{"Weights in force", page.InForce.Ref().String(), inForceSince(page.V, page.InForce)},
	}
	page.Plot = plot(q.Measure.Bins)
	if !page.Known {
		page.Plot = nil
	}
	page.Levels = levels(q)
	page.Weights, _ = weights(page.InForce)
	page.Base = signed(page.InForce.Base)
	return page, p.versions(r, page)
}

func none(known bool, text string) string {
	if !known {
		return "no data"
	}
	return text
}

// alwaysRate is what one must beat: the same chance for everybody.
func alwaysRate(q risk.Quality) string {
	if q.N == 0 {
		return ""
	}
	s := float64(q.Failed) / float64(q.N)
	return fmt.Sprintf(", %.3f is the same chance for all", s*(1-s))
}

func inForceSince(v *web.View, x risk.Version) string {
	if x.ID == 0 {
		return "those that come with the program: readable starting values"
	}
	return fmt.Sprintf("fitted to %s changes", web.Count(x.Report.N))
}

func levels(q risk.Quality) (out []Level) {
	most := 0.1
	for _, l := range q.Levels {
		if l.N > 0 {
			most = max(most, l.High)
		}
	}
	for i, l := range q.Levels {
		x := Level{Title: []string{"Low", "Medium", "High"}[i], Tone: []string{"green", "amber", "red"}[i], N: l.N, Share: "no data", Note: "no completed change"}
		if l.N > 0 {
			rate := float64(l.Failed) / float64(l.N)
			x.Share, x.Note, x.Between = share(rate), fmt.Sprintf("%s of %s failed", web.Count(l.Failed), web.Count(l.N)), "95 %: "+share(l.Low)+" to "+share(l.High)
			x.X, x.W, x.Point = 100*l.Low/most, 100*(l.High-l.Low)/most, 100*rate/most
		}
		out = append(out, x)
	}
	return out
}

var states = map[risk.State]web.Tag{risk.Proposed: {Text: "proposed", Tone: "amber"}, risk.Used: {Text: "was in force"}, risk.Declined: {Text: "declined"}}

func stateOf(v risk.Version) web.Tag {
	if v.InUse {
		return web.Tag{Text: "in force", Tone: "green", Icon: "check"}
	}
	if v.ID == 0 {
		return web.Tag{Text: "with the program"}
	}
	return states[v.State]
}

// versions lists them; a proposal is the page's notice.
func (p *Pages) versions(r *http.Request, page *ShowPage) error {
	var before int64
	if text := r.URL.Query().Get("before"); text != "" {
		before, _ = ref.ID(ref.RiskModel, text) // a wrong one begins anew
	}
	list, more, err := p.Risk.Versions(r.Context(), before, 20)
	if err != nil {
		return err
	}
	names, err := p.names(r.Context(), list...)
	if err != nil {
		return err
	}
	page.Versions = web.Table{Label: "Versions of the weights", V: page.V, Columns: []web.Column{{Title: "Version", Width: 110, Phone: true}, {Title: "State", Width: 140, Phone: true}, {Title: "Stands on"}, {Title: "Decided", Width: 200}}}
	for _, v := range list {
		tag := stateOf(v)
		row := web.Row{Quiet: !v.InUse && v.State != risk.Proposed, Cells: []web.Cell{{Text: v.Ref().String(), Path: v.Ref().Path()}, {Tag: &tag}, {Text: "readable starting values"}, {}}}
		if v.ID != 0 {
			row.Cells[2] = web.Cell{Text: fmt.Sprintf("%s changes, %s failed", web.Count(v.Report.N), web.Count(v.Report.Failed))}
		}
		if !v.Decided.IsZero() {
			row.Cells[3] = web.Cell{HTML: page.V.Time(v.Decided), Sub: names[v.DecidedBy]}
		}
		page.Versions.Rows = append(page.Versions.Rows, row)
		if v.State == risk.Proposed && page.Notice == nil && v.Parent == page.InForce.ID {
			page.Notice = &web.Notice{Tone: "accent", Icon: "chart-bar", Fact: v.Ref().String() + " is proposed.", Effect: v.Report.Verdict, Buttons: []web.Button{{Title: "Compare…", Path: v.Ref().Path(), Tone: "primary", Small: true}}}
		}
	}
	if more {
		page.Older = path + "?before=" + list[len(list)-1].Ref().String()
	}
	return nil
}

// Propose handles POST /changes/risk/propose.
func (p *Pages) Propose(w http.ResponseWriter, r *http.Request) error {
	v, err := p.Risk.Propose(r.Context())
	if (&web.Form{}).Refused(err) {
		page, perr := p.show(r)
		if perr != nil {
			return perr
		}
		page.Notice = &web.Notice{Fact: "No fit yet.", Effect: page.Learning.Missing}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, showPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, v.Ref().Path(), "Fitted; nothing changes until somebody accepts it")
}
