package changeapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Report is what a pipeline did: one step of one deployment, or of any other
// change that it carries out.
type Report struct {
	Ask
	Phase  string    `json:"phase" enum:"created,waiting,started,succeeded,failed,canceled,rolled back"`
	At     time.Time `json:"at,omitzero" doc:"When it happened; absent: now"`
	Reason string    `json:"reason,omitempty" doc:"Why it failed, was canceled or rolled back, or was not asked for"`
}

// Reports are several reports; they are all taken or none.
type Reports struct {
	Reports []Report `json:"reports" minItems:"1" maxItems:"500"`
	ID      string   `json:"id,omitempty" maxLength:"128" doc:"Of this delivery; one that was taken before changes nothing"`
}

// key is the sender's name for the deployment, or what it is.
func (r Report) key() string {
	if r.Key != "" {
		return r.Key
	}
	what := r.Commit
	if what == "" {
		what = r.Artefact
	}
	return strings.Join([]string{"report", r.Services[0], r.Environment, r.Kind, what}, ":")
}

func (r Report) signal() change.Signal {
	return change.Signal{Kind: change.SignalDeployment, At: r.At, Repository: r.Repository, Commit: r.Commit, Deployment: &change.Deployment{
		Key: r.key(), Phase: change.Phase(r.Phase), Environment: r.Environment, Services: r.Services, Artefact: r.Artefact, Previous: r.Previous, Branch: r.Branch,
		Title: r.Title, Summary: r.Summary, Author: r.Author, Link: r.Link, Reason: r.Reason, Change: change.Kind(r.Kind), Type: change.Type(r.Type), Purpose: change.Purpose(r.Purpose),
		Model: r.Model, RollbackPlan: r.RollbackPlan, RollbackRef: r.RollbackRef, RollbackOf: r.RollbackOf, PlannedFrom: r.PlannedFrom, PlannedTo: r.PlannedTo}}
}

func (h *handlers) reports(a huma.API) {
	o := op("report-changes", http.MethodPost, "/changes/reports", "Tell what a pipeline did", asking)
	o.Description = "For pipelines that send no webhooks, and for what happened while Evenkeel could not be asked: what is told afterwards is recorded as it was, with its time, also when it was not allowed. " +
		"Reports may come late, twice and in any order. For machines and responders."
	huma.Register(a, o, func(ctx context.Context, in *struct{ Body Reports }) (*answer[Receipt], error) {
		if err := uploader(ctx); err != nil {
			return nil, api.Err(err)
		}
		var bad errs.Fields
		signals := make([]change.Signal, 0, len(in.Body.Reports))
		for _, r := range in.Body.Reports {
			if r.Commit == "" && r.Artefact == "" && r.Key == "" {
				bad.Add("commit", "", "say what was deployed: the commit's full hash, the artefact, or the key of the deployment")
			}
			signals = append(signals, r.signal())
		}
		if err := bad.Err(); err != nil {
			return nil, api.Err(err)
		}
		r, err := h.s.Ingest(ctx, change.Source{Name: Source}, in.Body.ID, signals)
		return &answer[Receipt]{receiptOf(r)}, api.Err(err)
	})
}
