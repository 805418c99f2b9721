package incidentweb

import (
	"context"
	"time"
)

// Hole is a lack of cover that hurts when something breaks: a time for which
// nobody is on call, a person whom nothing reaches, a policy that reaches
// nobody.
type Hole struct {
	Title string    // "Payments, primary"
	Why   string    // "nobody is on call"
	From  time.Time // zero: now
	Path  string    // where to mend it
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
		page.Holes, err = p.Holes(ctx)
	}
	return err
}

// HolesShown are the first ones.
func (p *NowPage) HolesShown() []Hole { return p.Holes[:min(len(p.Holes), holesMost)] }
