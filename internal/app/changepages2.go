package app

import (
	"github.com/evenkeel/evenkeel/internal/change/risk/riskweb"
	"github.com/evenkeel/evenkeel/internal/policy/policyweb"
)

// policyPages are the policy that decides about changes.
func (a *App) policyPages() *policyweb.Pages {
	return &policyweb.Pages{Shell: a.shell, Policies: a.Policies, Past: a.Changes, Tabs: changeTabs, Names: a.names}
}

// riskPages are the weights of the risk score.
func (a *App) riskPages() *riskweb.Pages {
	return &riskweb.Pages{Shell: a.shell, Risk: a.Risk, Tabs: changeTabs, Names: a.names}
}
