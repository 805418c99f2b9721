package riskweb

import (
	"context"
	"fmt"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/risk"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// VersionPage is one version of the weights; a fitted one with what it stands
// on, beside the weights that it was compared with.
type VersionPage struct {
	web.Page
	Version risk.Version
	State   web.Tag
	Parent  string
	Compare []Compared
	Before  *Plot
	After   *Plot
	Levels  []LevelMove
	Weights []Weight
	Base    string
	Facts   []web.Def
	Buttons []web.Button
	Ask     *web.Confirm
	Form    *web.Form
}

// Compared is one measure of both.
type Compared struct{ Title, Means, Before, After, Rate, Tone string }

// LevelMove is how many changes of a level there are, before and after.
type LevelMove struct {
	Title         string
	Before, After int
}

var versionPage = web.Parse(files, "version.html", VersionPage{})

type verb struct {
	title, button, done, text string
	danger                    bool
	do                        func(*risk.Service, context.Context, int64, string) (risk.Version, error)
}

var verbs = map[string]verb{
	"accept":  {"Put these weights in force?", "Put in force", "In force: scores from now on use it", "Every open change that is asked about again is scored anew. What was decided stays decided. You can go back at any time.", false, (*risk.Service).Accept},
	"decline": {"Decline this proposal?", "Decline", "Declined", "It stays here to be looked at.", false, (*risk.Service).Decline},
	"use":     {"Go back to these weights?", "Go back to them", "In force again", "Every open change that is asked about again is scored anew.", false, (*risk.Service).Use},
}

// Version handles GET /changes/risk/{key}.
func (p *Pages) Version(w http.ResponseWriter, r *http.Request) error {
	page, err := p.version(r, r.URL.Query().Get("act"), web.NewForm(r))
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, versionPage, page)
}

func (p *Pages) version(r *http.Request, act string, form *web.Form) (*VersionPage, error) {
	id, err := number(r)
	if err != nil {
		return nil, err
	}
	v, err := p.Risk.Get(r.Context(), id)
	if err != nil {
		return nil, err
	}
	names, err := p.names(r.Context(), v)
	if err != nil {
		return nil, err
	}
	page := &VersionPage{Page: p.Shell.Page(r, "Weights "+v.Ref().String(), nav), Version: v, State: stateOf(v), Parent: ref.N(ref.RiskModel, v.Parent).String(), Form: form, Base: signed(v.Base)}
	page.Crumbs = []web.Crumb{{Title: "Changes", Path: "/changes"}, {Title: "Risk score", Path: path}}
	page.Weights, _ = weights(v)
	page.Facts = facts(page.V, v, names)
	if v.ID != 0 {
		rep := v.Report
		page.Compare, page.Before, page.After = compare(rep), plot(rep.Before.Bins), plot(rep.Proposed.Bins)
		for _, l := range []string{risk.LevelLow, risk.LevelMedium, risk.LevelHigh} {
			page.Levels = append(page.Levels, LevelMove{l, rep.Levels[l][0], rep.Levels[l][1]})
		}
	}
	if page.V.May(actor.Configure) {
		page.Buttons = buttons(v)
	}
	if x, ok := verbs[act]; ok && page.V.May(actor.Configure) {
		page.Buttons = nil
		page.Ask = &web.Confirm{Path: v.Ref().Path() + "/" + act, Title: x.title, Text: x.text, Button: x.button, Cancel: v.Ref().Path(),
			Fields: []web.Field{form.Input("reason", "Why").Need().First().Limit(500).Help("It is evidence, and what the next one reads who wonders")}}
	}
	return page, nil
}

func buttons(v risk.Version) []web.Button {
	at := v.Ref().Path() + "?act="
	switch {
	case v.InUse:
		return nil
	case v.State == risk.Proposed:
		return []web.Button{{Title: "Put in force…", Path: at + "accept", Icon: "check", Tone: "primary"}, {Title: "Decline…", Path: at + "decline"}}
	case v.State == risk.Used:
		return []web.Button{{Title: "Go back to it…", Path: at + "use", Icon: "history"}}
	}
	return nil
}

func facts(v *web.View, x risk.Version, names map[int64]string) (out []web.Def) {
	if x.ID == 0 {
		return []web.Def{{Term: "Made of", Text: "Readable starting values, each with its reason"}}
	}
	out = []web.Def{{Term: "Fitted to", Text: fmt.Sprintf("%s changes with a known outcome, %s failed", web.Count(x.Report.N), web.Count(x.Report.Failed))},
		{Term: "Decided between", HTML: v.Time(x.Report.From) + " and " + v.Time(x.Report.To)},
		{Term: "Compared with", Text: ref.N(ref.RiskModel, x.Parent).String(), Path: ref.N(ref.RiskModel, x.Parent).Path()},
		{Term: "Measured on", Text: fmt.Sprintf("%d parts, each foretold from the others", x.Report.Folds)},
		{Term: "Fitted", HTML: v.Time(x.Created), Sub: names[x.MadeBy]}}
	if !x.Decided.IsZero() {
		out = append(out, web.Def{Term: "Decided", HTML: v.Time(x.Decided), Sub: names[x.DecidedBy]}, web.Def{Term: "Why", Text: x.Reason})
	}
	return out
}

func compare(r risk.Report) []Compared {
	better := func(gain float64) string {
		switch {
		case gain > 0.0005:
			return "green"
		case gain < -0.0005:
			return "red"
		}
		return ""
	}
	sure := better(r.Gain)
	if r.P > 0.05 { // it may well be chance
		sure = ""
	}
	out := []Compared{
		{"AUC", "greater is better", fmt.Sprintf("%.3f", r.Before.AUC), fmt.Sprintf("%.3f", r.Proposed.AUC), "0.500", sure},
		{"Brier score", "smaller is better", fmt.Sprintf("%.4f", r.Before.Brier), fmt.Sprintf("%.4f", r.Proposed.Brier), fmt.Sprintf("%.4f", r.Rate.Brier), better(r.Before.Brier - r.Proposed.Brier)},
		{"Log loss", "smaller is better", fmt.Sprintf("%.4f", r.Before.LogLoss), fmt.Sprintf("%.4f", r.Proposed.LogLoss), fmt.Sprintf("%.4f", r.Rate.LogLoss), better(r.Before.LogLoss - r.Proposed.LogLoss)},
	}
	if l := r.Later; l != nil {
		out = append(out, Compared{"AUC on the newest fifth", fmt.Sprintf("%d changes, foretold from those before", l.N), fmt.Sprintf("%.3f", l.Before.AUC), fmt.Sprintf("%.3f", l.Proposed.AUC), "0.500", better(l.Proposed.AUC - l.Before.AUC)})
	}
	return out
}

// Decide handles POST /changes/risk/{key}/{verb}.
func (p *Pages) Decide(w http.ResponseWriter, r *http.Request) error {
	x, ok := verbs[r.PathValue("verb")]
	if !ok {
		return errs.E(errs.NotFound, "there is no such thing to do")
	}
	id, err := number(r)
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	v, err := x.do(p.Risk, r.Context(), id, form.Get("reason"))
	if form.Refused(err) {
		page, perr := p.version(r, r.PathValue("verb"), form)
		if perr != nil {
			return perr
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, versionPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, v.Ref().Path(), x.done)
}
