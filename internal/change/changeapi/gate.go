package changeapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
)

// Ask is a question to the gate. A service with a commit or an artefact is
// enough; what is absent takes its default, or is what was said before.
type Ask struct {
	Services    []string `json:"services" minItems:"1" maxItems:"50" doc:"Names or aliases in the catalog; the first is the main one"`
	Environment string   `json:"environment,omitempty" doc:"Default production"`
	Type        string   `json:"type,omitempty" enum:"standard,normal,emergency" doc:"Default normal; standard when a model is named"`
	Kind        string   `json:"kind,omitempty" enum:"deploy,config,infrastructure,schema,flag" doc:"Default deploy"`
	Purpose     string   `json:"purpose,omitempty" enum:"feature,fix,security,reliability,rollback" doc:"Default feature"`
	Model       string   `json:"model,omitempty" doc:"Of a standard change"`
	Title       string   `json:"title,omitempty"`
	Summary     string   `json:"summary,omitempty"`

	Repository  string `json:"repository,omitempty" example:"harbour/checkout"`
	Commit      string `json:"commit,omitempty" doc:"The full hash"`
	Branch      string `json:"branch,omitempty"`
	PullRequest string `json:"pull_request,omitempty" doc:"Its address"`
	Artefact    string `json:"artefact,omitempty" doc:"Version, tag or digest that is deployed; the commit when absent"`
	Previous    string `json:"previous,omitempty" doc:"Artefact that ran before"`
	Link        string `json:"link,omitempty" doc:"The pipeline's run"`
	Author      string `json:"author,omitempty" doc:"Login or mail address: who made the change cannot approve it"`

	RollbackPlan string `json:"rollback_plan,omitempty"`
	RollbackRef  string `json:"rollback_ref,omitempty" doc:"An automated rollback, like github:harbour/checkout/rollback.yml@main"`
	RollbackOf   string `json:"rollback_of,omitempty" example:"CHG-6" doc:"The change that this one takes back"`

	PlannedFrom time.Time `json:"planned_from,omitzero"`
	PlannedTo   time.Time `json:"planned_to,omitzero"`

	Key string `json:"key,omitempty" doc:"By which the pipeline knows this step; asked again, it finds the same change"`
}

func (a Ask) ask() change.Ask {
	return change.Ask{Services: a.Services, Environment: a.Environment, Type: change.Type(a.Type), Kind: change.Kind(a.Kind), Purpose: change.Purpose(a.Purpose), Model: a.Model,
		Title: a.Title, Summary: a.Summary, Repository: a.Repository, Commit: a.Commit, Branch: a.Branch, PullRequest: a.PullRequest, Artefact: a.Artefact, Previous: a.Previous,
		Link: a.Link, Author: a.Author, RollbackPlan: a.RollbackPlan, RollbackRef: a.RollbackRef, RollbackOf: a.RollbackOf, PlannedFrom: a.PlannedFrom, PlannedTo: a.PlannedTo,
		Source: Source, Key: a.Key}
}

// Source is the name of this door among those who tell of changes, so that a
// question and a report under one key are about one change.
const Source = "gate"

// Answer is what the gate says.
type Answer struct {
	Allowed   bool       `json:"allowed" doc:"Go on now"`
	Verdict   string     `json:"verdict" enum:"allowed,waiting,denied" doc:"waiting: for people or for a time; asking again looks again"`
	Line      string     `json:"line" doc:"One line with the reason, for a pipeline's log"`
	Path      string     `json:"path,omitempty" doc:"Page of the change"`
	URL       string     `json:"url,omitempty" doc:"The same, absolute; absent when the server does not know its public address"`
	Again     *time.Time `json:"again,omitempty" doc:"When policy is asked again by itself"`
	Change    Change     `json:"change"`
	Decision  *Decision  `json:"decision,omitempty" doc:"That stands; absent: policy was not asked"`
	Approvals []Approval `json:"approvals,omitempty" doc:"That are waited for, or were given for this commit"`
}

// verdict is the answer in one word.
func verdict(a change.Answer) string {
	switch {
	case a.Allowed:
		return "allowed"
	case a.State == change.Awaiting || a.State == change.Approved || a.State == change.Scheduled:
		return "waiting"
	}
	return "denied"
}

// trialVerdict is the answer of a dry run, which leaves a change as it is.
func trialVerdict(a change.Answer) string {
	switch {
	case a.Allowed:
		return "allowed"
	case a.Decision.Result.Outcome == "deny":
		return "denied"
	}
	return "waiting"
}

func (h *handlers) answer(ctx context.Context, a change.Answer, said string) (*answer[Answer], error) {
	ids := append(peopleOf(a.Approvals), a.Change.AuthorPerson, a.Change.OutcomePerson, a.Change.ReviewBy)
	names, err := h.s.NamesOf(ctx, ids...)
	if err != nil {
		return nil, api.Err(err)
	}
	out := Answer{Allowed: a.Allowed, Verdict: said, Line: a.Line, Path: a.Path, Again: api.When(a.Again), Change: changeOf(a.Change, names), Approvals: approvalsOf(a.Approvals, names)}
	if h.s.BaseURL != "" && a.Path != "" {
		out.URL = h.s.BaseURL + a.Path
	}
	if d := a.Decision; d.ID != 0 || d.Mode == change.ModeTrial {
		d := decisionOf(d)
		out.Decision = &d
	}
	return &answer[Answer]{out}, nil
}

func (h *handlers) gate(a huma.API) {
	ask := op("ask-gate", http.MethodPost, "/changes/gate", "Ask whether a change may ship", asking)
	ask.Description = "Finds the change, or makes it; gathers facts, asks policy, and keeps the decision before it answers. Asked again about the same step it finds the same change and looks again. " +
		"The status is 200 also when the change may not ship: verdict says so. For machines and responders."
	huma.Register(a, ask, func(ctx context.Context, in *struct{ Body Ask }) (*answer[Answer], error) {
		out, err := h.s.Ask(ctx, in.Body.ask())
		if err != nil {
			return nil, api.Err(err)
		}
		return h.answer(ctx, out, verdict(out))
	})
	huma.Register(a, op("preview-gate", http.MethodPost, "/changes/preview", "Say what the gate would answer; nothing is kept, nobody is asked", asking),
		func(ctx context.Context, in *struct{ Body Ask }) (*answer[Answer], error) {
			out, err := h.s.Preview(ctx, in.Body.ask())
			if err != nil {
				return nil, api.Err(err)
			}
			return h.answer(ctx, out, trialVerdict(out))
		})
	huma.Register(a, op("get-gate-answer", http.MethodGet, "/changes/{key}/gate", "Read where a change stands, without asking policy", reading),
		func(ctx context.Context, in *KeyIn) (*answer[Answer], error) { return h.about(ctx, in, h.s.GateState) })
	huma.Register(a, op("ask-gate-again", http.MethodPost, "/changes/{key}/ask", "Ask policy anew about a change that has not started", asking),
		func(ctx context.Context, in *KeyIn) (*answer[Answer], error) { return h.about(ctx, in, h.s.AskAgain) })
}

func (h *handlers) about(ctx context.Context, in *KeyIn, ask func(context.Context, int64) (change.Answer, error)) (*answer[Answer], error) {
	id, err := in.id()
	if err != nil {
		return nil, api.Err(err)
	}
	out, err := ask(ctx, id)
	if err != nil {
		return nil, api.Err(err)
	}
	return h.answer(ctx, out, verdict(out))
}
