package change

// CallKind is one way to tell a pipeline something.
type CallKind string

// The kinds of calls.
const (
	CallGitHubProtection CallKind = "github-protection" // answer of a deployment protection rule
	CallGitHubDispatch   CallKind = "github-dispatch"   // run a workflow: an automated rollback
	CallGitLabApproval   CallKind = "gitlab-approval"   // approve or reject a blocked deployment
	CallGitLabCheck      CallKind = "gitlab-check"      // answer of an external status check
	CallGitLabPipeline   CallKind = "gitlab-pipeline"   // trigger a pipeline: an automated rollback
	CallArgoAbort        CallKind = "argo-abort"        // abort a rollout
	CallWebhook          CallKind = "webhook"
)
