package app

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/alert/alertweb"
	"github.com/evenkeel/evenkeel/internal/change/credentialweb"
	"github.com/evenkeel/evenkeel/internal/change/risk/riskweb"
	"github.com/evenkeel/evenkeel/internal/policy/policyweb"
	"github.com/evenkeel/evenkeel/internal/web"
)

// policyPages are the policy that decides about changes.
func (a *App) policyPages() *policyweb.Pages {
	return &policyweb.Pages{Shell: a.shell, Policies: a.Policies, Past: a.Changes, Tabs: changeTabs, Names: a.names}
}

// riskPages are the weights of the risk score.
func (a *App) riskPages() *riskweb.Pages {
	return &riskweb.Pages{Shell: a.shell, Risk: a.Risk, Tabs: changeTabs, Names: a.names}
}

// credentialPages take what integrations call their pipelines with; the page of
// an integration has a panel of it.
func (a *App) credentialPages(alerts *alertweb.Pages) *credentialweb.Pages {
	p := &credentialweb.Pages{Shell: a.shell, Keep: a.Changes, Kind: func(ctx context.Context, name string) (string, error) {
		in, err := a.Alerts.IntegrationByName(ctx, name)
		return string(in.Kind), err
	}}
	alerts.Calls = func(ctx context.Context, v *web.View, in alert.Integration) (web.HTML, error) {
		return p.Panel(ctx, v, in.Name, string(in.Kind))
	}
	return p
}
