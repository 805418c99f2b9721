package changeweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// verified is how the service fared after the deployment, beside before.
type verified struct {
	From, To string // artefacts
	When     string // the rollout
	Chart    *chart
	Rows     []compared
	Readings string
	Alerts   []verify.Alert
	Overlaps []verify.Overlap
	Verdict  string
	Tone     string
	Icon     string
	Note     string
	Failed   string // the last look
	None     string // nothing is measured, and why
}

// compared is one metric.
type compared struct {
	Name, Before, After, Note string
	Tone                      string
	Path                      string
	Current                   bool
}

var verdicts = map[verify.Verdict]verified{
	verify.Healthy:      {Verdict: "No significant difference", Tone: "green", Icon: "circle-check"},
	verify.Unhealthy:    {Verdict: "Worse than before", Tone: "red", Icon: "alert-octagon"},
	verify.Inconclusive: {Verdict: "Looks worse, and may be chance", Tone: "amber", Icon: "help-circle"},
	verify.NoData:       {Verdict: "No data, so no verdict", Tone: "grey", Icon: "help-circle"},
}

// verified returns the comparison of a change that was deployed; nil for one
// that was not.
func (p *Pages) verified(ctx context.Context, r *http.Request, v *web.View, c change.Change, s change.Settings) (*verified, error) {
	if c.StartedAt.IsZero() {
		return nil, nil //nolint:nilnil // nothing to compare
	}
	out := &verified{From: short(c.Previous), To: short(c.Artefact), When: "began " + v.Local(c.StartedAt)}
	if !c.DeployedAt.IsZero() {
		out.When += " · complete " + v.Local(c.DeployedAt)
	}
	if p.Verify == nil {
		out.None = "Nothing is measured after deployments here."
		return out, nil
	}
	got, err := p.Verify.Get(ctx, c.ID)
	switch {
	case errs.Is(err, errs.NotFound) && c.DeployedAt.IsZero():
		out.None = "The comparison begins when the rollout is complete."
		return out, nil
	case errs.Is(err, errs.NotFound):
		out.None = "No metrics and no monitoring were in use, so that nothing was compared."
		return out, nil
	case err != nil:
		return nil, err
	}
	out.fill(r, v, c, got, s)
	return out, nil
}

func (o *verified) fill(r *http.Request, v *web.View, c change.Change, got verify.Verification, s change.Settings) {
	res := got.Result
	o.Failed = got.Error
	if res.At.IsZero() && !c.State.Running() {
		o.None = "It was over before anything was measured."
		return
	}
	if res.At.IsZero() {
		o.None = "The first look comes a minute after the deployment."
		return
	}
	said := verdicts[res.Verdict]
	o.Verdict, o.Tone, o.Icon, o.Note = said.Verdict, said.Tone, said.Icon, res.Reason
	if res.Verdict == verify.Healthy && !got.Done {
		o.Verdict = "No significant difference so far"
	}
	o.Alerts, o.Overlaps = res.Alerts, res.Overlaps
	pick := worst(res.Rows)
	if n, err := strconv.Atoi(r.URL.Query().Get("metric")); err == nil && n >= 0 && n < len(res.Rows) {
		pick = n
	}
	readings := [2]int{}
	for i, row := range res.Rows {
		say := unitOf(row)
		x := compared{Name: row.Name, Before: "no data", After: "no data", Current: i == pick, Path: c.Ref().Path() + "?metric=" + strconv.Itoa(i) + "#verified"}
		if row.Before.N > 0 {
			x.Before = say(row.Before.Mean)
		}
		if row.After.N > 0 {
			x.After = say(row.After.Mean)
		}
		switch row.Verdict {
		case verify.Unhealthy:
			x.Tone, x.Note = "red", "worse"
		case verify.Inconclusive:
			x.Tone, x.Note = "amber", "unsure"
		}
		readings[0], readings[1] = max(readings[0], row.Before.N), max(readings[1], row.After.N)
		o.Rows = append(o.Rows, x)
	}
	if len(res.Rows) == 0 {
		return
	}
	o.Rows = append(o.Rows, compared{Name: "Minutes read", Before: web.Count(readings[0]), After: web.Count(readings[1])})
	row := res.Rows[pick]
	o.Chart = chartOf(v, res, row, got.Service)
	if res.Verdict == verify.Healthy && row.Test != "" {
		o.Note = fmt.Sprintf("p = %.2g", row.Chance)
		if s.AutomaticRollback {
			o.Note += fmt.Sprintf(", taken back by itself under %.2g", row.P)
		} else {
			o.Note += fmt.Sprintf(", counts under %.2g", row.P)
		}
	}
}

// worst is the row to draw: the one that speaks against the change most.
func worst(rows []verify.Row) int {
	rank := map[verify.Verdict]int{verify.Unhealthy: 3, verify.Inconclusive: 2, verify.Healthy: 1}
	best := 0
	for i, r := range rows {
		if rank[r.Verdict] > rank[rows[best].Verdict] {
			best = i
		}
	}
	return best
}
