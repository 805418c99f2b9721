package app

import (
	"cmp"
	"context"

	"github.com/evenkeel/evenkeel/internal/catalog/catalogweb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall/oncallweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// onCallOfTeam is the panel of a team's page.
func (a *App) onCallOfTeam(p *oncallweb.Pages) func(ctx context.Context, v *web.View, team string) (web.HTML, error) {
	return func(ctx context.Context, v *web.View, team string) (web.HTML, error) {
		x, err := a.besideOf(ctx, "", team)
		if err != nil {
			return "", err
		}
		x.Team, x.Names, x.Frame = team, nil, "/oncall?q=team:"+team // also what no step names
		return p.Beside(ctx, v, x)
	}
}

// onCallOfService is the panel of a service's page: who would be told first is
// what the policy that serves it says.
func (a *App) onCallOfService(p *oncallweb.Pages) catalogweb.Panel {
	return catalogweb.Panel{ID: "oncall", Title: "On call", Order: 5, Side: true, Render: func(ctx context.Context, v *web.View, service string) (web.HTML, string, error) {
		s, err := a.Catalog.Get(ctx, service)
		if err != nil {
			return "", "", err
		}
		x, err := a.besideOf(ctx, service, s.Team)
		if err != nil {
			return "", "", err
		}
		body, err := p.Beside(ctx, v, x)
		return body, "", err
	}}
}

// besideOf is the policy that serves a service or its team, and the schedules
// that it names; without one, the team's.
func (a *App) besideOf(ctx context.Context, service, team string) (x oncallweb.Beside, err error) {
	p, ok, err := a.Escalation.Serving(ctx, service, team)
	if err != nil || !ok {
		x.Team = team
		return x, err
	}
	x.Policy, x.PolicyPath = cmp.Or(p.Title(), p.Name), p.Ref().Path()
	if x.Names = p.Spec.Schedules(); x.Names == nil {
		x.Team = team
	}
	return x, nil
}

// scheduleOptions are the schedules that forms suggest.
func (a *App) scheduleOptions(ctx context.Context) ([]web.Option, error) {
	list, _, err := a.OnCall.List(ctx, "", "", suggested)
	out := make([]web.Option, len(list))
	for i, s := range list {
		out[i] = web.Option{Value: s.Name, Title: s.Title()}
	}
	return out, err
}

// ownerOf is the team that owns a service; "" when there is no such service.
func (a *App) ownerOf(ctx context.Context, service string) (string, error) {
	s, err := a.Catalog.Get(ctx, service)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return s.Team, err
}
