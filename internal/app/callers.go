package app

import (
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/argorollouts"
	"github.com/evenkeel/evenkeel/internal/connect/github"
	"github.com/evenkeel/evenkeel/internal/connect/gitlab"
	"github.com/evenkeel/evenkeel/internal/connect/rollbackhook"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// callers are by whom pipelines are told what the gate says, and asked to roll
// back. All go through the guard that webhooks use.
func callers(guard egress.Guard) map[change.CallKind]change.Caller {
	hub, lab := github.NewCaller(guard.Client()), gitlab.NewCaller(guard.Client())
	return map[change.CallKind]change.Caller{
		change.CallGitHubProtection: hub, change.CallGitHubDispatch: hub,
		change.CallGitLabApproval: lab, change.CallGitLabCheck: lab, change.CallGitLabPipeline: lab,
		change.CallArgoAbort: argorollouts.NewCaller(guard),
		change.CallWebhook:   rollbackhook.NewCaller(guard.Client()),
	}
}
