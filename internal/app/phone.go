package app

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/incident/incidentweb"
)

// phonePage gives the phone page what on-call, ladders and push know.
func (a *App) phonePage(p *incidentweb.Pages) {
	p.Push = &incidentweb.Push{Key: a.vapid.Public, To: "/profile/contact/webpush", Path: "/profile/contact"}
	p.OnDuty = a.onDuty
	p.Escalate = func(ctx context.Context, id int64) error {
		_, err := a.Escalation.Escalate(ctx, id, "")
		return err
	}
}
