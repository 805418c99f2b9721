package argocd

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// degradedWithin is how long after a sync an application that is degraded says
// that the sync failed: Kubernetes gives a rollout ten minutes to make progress
// (progressDeadlineSeconds, default 600), and Argo CD looks every few minutes.
const degradedWithin = 30 * time.Minute

// application is an Application as far as it is read.
type application struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Source  source   `json:"source"`
		Sources []source `json:"sources"`
	} `json:"spec"`
	Status struct {
		ReconciledAt string `json:"reconciledAt"`
		Health       struct {
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"health"`
		Operation *operation `json:"operationState"`
		History   []struct {
			Revision  string   `json:"revision"`
			Revisions []string `json:"revisions"`
		} `json:"history"`
	} `json:"status"`
}

type source struct {
	RepoURL string `json:"repoURL"`
	Path    string `json:"path"`
}

type operation struct {
	Phase      string `json:"phase"`
	Message    string `json:"message"`
	StartedAt  string `json:"startedAt"`
	FinishedAt string `json:"finishedAt"`
	Operation  struct {
		InitiatedBy struct {
			Username string `json:"username"`
		} `json:"initiatedBy"`
		Sync struct {
			Revision string `json:"revision"`
			DryRun   bool   `json:"dryRun"`
		} `json:"sync"`
	} `json:"operation"`
	SyncResult struct {
		Revision  string   `json:"revision"`
		Revisions []string `json:"revisions"`
	} `json:"syncResult"`
}

// revision is what the operation brings; of several sources the first counts.
func (o operation) revision() string {
	if len(o.SyncResult.Revisions) > 0 {
		return cmp.Or(o.SyncResult.Revision, o.SyncResult.Revisions[0])
	}
	return cmp.Or(o.SyncResult.Revision, o.Operation.Sync.Revision)
}

// Parse reads one application. note says why it tells nothing. Errors are
// Invalid.
func Parse(body []byte) (signals []change.Signal, note string, err error) {
	var a application
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, "", connect.NotJSON(err)
	}
	if a.Metadata.Name == "" || a.Kind != "" && a.Kind != "Application" {
		return nil, "", errs.BadField("metadata.name", "", "send the application itself: the template's body is '{{toJson .app}}'")
	}
	o := a.Status.Operation
	if o == nil || o.StartedAt == "" {
		return nil, "nothing was ever synced", nil
	}
	if o.Operation.Sync.DryRun {
		return nil, "the sync was a dry run", nil
	}
	phase, at, reason := a.phase(*o)
	if phase == "" {
		return nil, reason, nil
	}
	s := change.Signal{Kind: change.SignalDeployment, At: connect.Moment(at), Repository: a.repository()}
	d := &change.Deployment{
		Key: fmt.Sprintf("argocd:%s/%s:%s", a.Metadata.Namespace, a.Metadata.Name, o.StartedAt), Phase: phase,
		Environment: a.Metadata.Annotations["evenkeel.dev/environment"], Application: a.Metadata.Name,
		RunsOnly: true, Author: o.Operation.InitiatedBy.Username, Reason: reason, Path: a.source().Path,
	}
	for name := range strings.SplitSeq(a.Metadata.Annotations["evenkeel.dev/service"], ",") {
		if name = strings.TrimSpace(name); name != "" {
			d.Services = append(d.Services, name)
		}
	}
	if rev := o.revision(); commitForm.MatchString(rev) {
		s.Commit = strings.ToLower(rev)
	} else {
		d.Artefact = rev // a chart's version
	}
	d.Previous = a.previous(o.revision())
	if s.Commit == "" && d.Artefact == "" {
		return nil, "the sync names no revision", nil
	}
	s.Deployment = d
	return []change.Signal{s}, "", nil
}

var commitForm = regexp.MustCompile(`^[0-9a-fA-F]{40}([0-9a-fA-F]{24})?$`)

// phase says where an operation stands, since when, and why; an empty phase
// with the reason why that tells nothing.
func (a application) phase(o operation) (p change.Phase, at, reason string) {
	finished, looked := connect.Moment(o.FinishedAt), connect.Moment(a.Status.ReconciledAt)
	switch o.Phase {
	case "Running":
		return change.PhaseStarted, o.StartedAt, ""
	case "Failed", "Error":
		return change.PhaseFailed, o.FinishedAt, connect.FirstLine(o.Message)
	case "Succeeded":
	default: // Terminating, and words of versions to come
		return "", "", "the sync is neither running nor over"
	}
	switch a.Status.Health.Status {
	case "Healthy", "": // empty: health of nothing is known
		if looked.Before(finished) {
			looked = finished
		}
		return change.PhaseSucceeded, stamp(looked, o.FinishedAt), ""
	case "Degraded", "Missing":
		if looked.Sub(finished) > degradedWithin {
			return "", "", "it is degraded, long after the sync; that is for alerts"
		}
		return change.PhaseFailed, stamp(looked, o.FinishedAt), connect.FirstLine(strings.TrimSpace("the application is " + strings.ToLower(a.Status.Health.Status) + " " + a.Status.Health.Message))
	}
	return change.PhaseStarted, o.StartedAt, "" // progressing, suspended: users do not have it yet
}

func stamp(t time.Time, or string) string {
	if t.IsZero() {
		return or
	}
	return t.Format(time.RFC3339)
}

func (a application) source() source {
	if len(a.Spec.Sources) > 0 {
		return a.Spec.Sources[0]
	}
	return a.Spec.Source
}

// repository is "harbour/checkout" of "https://git.example/harbour/checkout.git"
// or "git@git.example:harbour/checkout.git".
func (a application) repository() string {
	u := strings.TrimSuffix(strings.TrimSuffix(a.source().RepoURL, "/"), ".git")
	if _, rest, ok := strings.Cut(u, "://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		return path
	}
	if host, path, ok := strings.Cut(u, ":"); ok && strings.Contains(host, "@") {
		return path
	}
	return u
}

// previous is the revision that ran before, as the history knows.
func (a application) previous(now string) string {
	for n := len(a.Status.History) - 1; n >= 0; n-- {
		h := a.Status.History[n]
		rev := h.Revision
		if rev == "" && len(h.Revisions) > 0 {
			rev = h.Revisions[0]
		}
		if rev != "" && rev != now {
			return rev
		}
	}
	return ""
}
