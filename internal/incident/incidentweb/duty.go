package incidentweb

import (
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/web"
)

// Hole is a lack of cover that hurts when something breaks: a time for which
// nobody is on call, a person whom nothing reaches, a policy that reaches
// nobody.
type Hole struct {
	Title string    // "Payments, primary"
	Why   string    // "nobody is on call"
	From  time.Time // zero: now
	Path  string    // where to mend it

	more int // further ones of the same kind
}

// How much of it the Now page shows; the on-call page shows all.
const (
	dutiesMost = 5
	holesMost  = 4
)

// duty fills in who is on call and where cover lacks.
func (p *Pages) duty(ctx context.Context, page *NowPage) (err error) {
	if p.OnDuty != nil {
		if page.OnCall, err = p.OnDuty(ctx); err != nil {
			return err
		}
		page.OnCall = page.OnCall[:min(len(page.OnCall), dutiesMost)]
	}
	if p.Holes != nil {
		var all []Hole
		all, err = p.Holes(ctx)
		page.Holes = alike(all)
	}
	return err
}

// HolesShown are the first ones.
func (p *NowPage) HolesShown() []Hole { return p.Holes[:min(len(p.Holes), holesMost)] }

// alike puts holes of one place and reason into the first of them.
func alike(list []Hole) (out []Hole) {
	for _, h := range list {
		i := slices.IndexFunc(out, func(o Hole) bool { return o.Path == h.Path && o.Why == h.Why })
		if i < 0 {
			out = append(out, h)
		} else {
			out[i].more++
		}
	}
	return out
}

// More says that there are further ones: "and 2 more".
func (h Hole) More() string {
	if h.more == 0 {
		return ""
	}
	return "and " + web.Plural(h.more, "more time", "more times")
}
