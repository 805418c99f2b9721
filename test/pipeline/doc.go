// Package pipeline runs what docs/integrate and deploy/ tell people to copy: the
// action for GitHub, the step for Jenkins, the jobs for GitLab and Argo CD, the
// analyses of Argo Rollouts and the cluster's admission webhook, each by a
// counterpart that behaves as the documented system does, against the whole
// program. Commands run as the real binary, so that exit codes are what a
// pipeline sees.
package pipeline
