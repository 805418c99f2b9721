package changeapi

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Person is somebody with a part in a change.
type Person struct {
	Key  string `json:"key" example:"USR-2"`
	Name string `json:"name,omitempty"`
}

func person(id int64, names map[int64]string) *Person {
	if id == 0 {
		return nil
	}
	return &Person{ref.N(ref.Person, id).String(), names[id]}
}

// Change is the record.
type Change struct {
	Key         string   `json:"key" example:"CHG-7"`
	Version     int64    `json:"version" doc:"Grows with every visible change; the ETag"`
	Title       string   `json:"title"`
	Summary     string   `json:"summary,omitempty"`
	Type        string   `json:"type" enum:"standard,normal,emergency"`
	Kind        string   `json:"kind" enum:"deploy,config,infrastructure,schema,flag"`
	Purpose     string   `json:"purpose" enum:"feature,fix,security,reliability,rollback"`
	State       string   `json:"state" enum:"draft,assessed,awaiting approval,approved,scheduled,in progress,verifying,succeeded,failed,rolled back,rejected,canceled"`
	Model       string   `json:"model,omitempty" doc:"Of a standard change"`
	Services    []string `json:"services" doc:"Names in the catalog; the first is the main one"`
	Team        string   `json:"team,omitempty" doc:"That owned the main service when the change was made"`
	Environment string   `json:"environment"`

	Repository  string `json:"repository,omitempty"`
	Commit      string `json:"commit,omitempty"`
	Branch      string `json:"branch,omitempty"`
	PullRequest string `json:"pull_request,omitempty"`
	Artefact    string `json:"artefact,omitempty"`
	Previous    string `json:"previous,omitempty" doc:"Artefact that ran before"`
	Link        string `json:"link,omitempty" doc:"The pipeline's run"`

	Author       string  `json:"author,omitempty" doc:"As the source names the author"`
	AuthorPerson *Person `json:"author_person,omitempty"`
	Source       string  `json:"source,omitempty"`

	RollbackPlan string `json:"rollback_plan,omitempty"`
	RollbackRef  string `json:"rollback_ref,omitempty" doc:"An automated rollback, like github:harbour/checkout/rollback.yml@main"`
	RollbackOf   string `json:"rollback_of,omitempty" doc:"The change that this one takes back"`
	Returns      bool   `json:"returns,omitempty" doc:"To an artefact that ran successfully"`
	TakenBackBy  string `json:"taken_back_by,omitempty"`

	Decision  string `json:"decision,omitempty" example:"DEC-12" doc:"The one that stands"`
	Outcome   string `json:"policy_outcome,omitempty" doc:"allow, needs_review or deny"`
	Risk      *int   `json:"risk,omitempty" doc:"0 to 100; absent: unknown"`
	RiskLevel string `json:"risk_level,omitempty" doc:"low, medium or high"`
	Bypass    bool   `json:"bypass,omitempty" doc:"It began without being allowed"`
	Waited    int64  `json:"waited_seconds,omitempty" doc:"From the request for approval to the last one needed"`

	CreatedAt   *time.Time `json:"created_at,omitempty"`
	CommittedAt *time.Time `json:"committed_at,omitempty" doc:"Of the oldest commit that it brings"`
	AssessedAt  *time.Time `json:"assessed_at,omitempty"`
	RequestedAt *time.Time `json:"requested_at,omitempty" doc:"Approvals were asked for"`
	ApprovedAt  *time.Time `json:"approved_at,omitempty"`
	PlannedFrom *time.Time `json:"planned_from,omitempty"`
	PlannedTo   *time.Time `json:"planned_to,omitempty"`
	StartedAt   *time.Time `json:"started_at,omitempty"`
	DeployedAt  *time.Time `json:"deployed_at,omitempty"`
	VerifyUntil *time.Time `json:"verify_until,omitempty"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
	RecoveredAt *time.Time `json:"recovered_at,omitempty" doc:"Of a failed one: users were served well again"`

	Rework        bool    `json:"rework,omitempty" doc:"An unplanned deployment to mend what users noticed"`
	Caused        int     `json:"caused_incidents,omitempty" doc:"Incidents of which it is confirmed to be the cause"`
	OutcomeBy     string  `json:"outcome_by,omitempty" doc:"verification, pipeline, person, incident or rollback"`
	OutcomePerson *Person `json:"outcome_person,omitempty"`
	OutcomeReason string  `json:"outcome_reason,omitempty"`

	ReviewDue *time.Time `json:"review_due,omitempty" doc:"Of an emergency change"`
	Reviewed  *time.Time `json:"reviewed_at,omitempty"`
	ReviewBy  *Person    `json:"review_by,omitempty"`
	Review    string     `json:"review,omitempty" doc:"What the review found"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When the first of its approvals, given or waited for, expires"`
	RecheckAt *time.Time `json:"recheck_at,omitempty" doc:"When policy is asked again by itself"`
	Entries   int        `json:"entries"`
}

func key(id int64) string {
	if id == 0 {
		return ""
	}
	return change.Change{ID: id}.Key()
}

func changeOf(c change.Change, names map[int64]string) Change {
	out := Change{Key: c.Key(), Version: c.Version, Title: c.Title, Summary: c.Summary, Type: string(c.Type), Kind: string(c.Kind), Purpose: string(c.Purpose), State: string(c.State),
		Model: c.Model, Services: c.Services, Team: c.Team, Environment: c.Environment, Repository: c.Repository, Commit: c.Commit, Branch: c.Branch, PullRequest: c.PullRequest,
		Artefact: c.Artefact, Previous: c.Previous, Link: c.Link, Author: c.Author, AuthorPerson: person(c.AuthorPerson, names), Source: c.Source,
		RollbackPlan: c.RollbackPlan, RollbackRef: c.RollbackRef, RollbackOf: key(c.RollbackOf), Returns: c.Returns, TakenBackBy: key(c.TakenBackBy),
		Outcome: string(c.Outcome), RiskLevel: c.RiskLevel, Bypass: c.Bypass, Waited: int64(c.Waited / time.Second),
		CreatedAt: api.When(c.CreatedAt), CommittedAt: api.When(c.CommittedAt), AssessedAt: api.When(c.AssessedAt), RequestedAt: api.When(c.RequestedAt), ApprovedAt: api.When(c.ApprovedAt),
		PlannedFrom: api.When(c.PlannedFrom), PlannedTo: api.When(c.PlannedTo), StartedAt: api.When(c.StartedAt), DeployedAt: api.When(c.DeployedAt), VerifyUntil: api.When(c.VerifyUntil),
		EndedAt: api.When(c.EndedAt), RecoveredAt: api.When(c.RecoveredAt), Rework: c.Rework, Caused: c.Caused, OutcomeBy: c.OutcomeBy, OutcomePerson: person(c.OutcomePerson, names),
		OutcomeReason: c.OutcomeReason, ReviewDue: api.When(c.ReviewDue), Reviewed: api.When(c.Reviewed), ReviewBy: person(c.ReviewBy, names), Review: c.Review,
		ExpiresAt: api.When(c.ExpiresAt), RecheckAt: api.When(c.RecheckAt), Entries: c.Entries}
	if c.ID == 0 {
		out.Key = "" // of a dry run
	}
	if out.Services == nil {
		out.Services = []string{}
	}
	if c.Decision != 0 {
		out.Decision = ref.N(ref.Decision, c.Decision).String()
	}
	if c.Risk >= 0 {
		out.Risk = &c.Risk
	}
	return out
}

// Decision is one answer of policy.
type Decision struct {
	Key         string              `json:"key,omitempty" example:"DEC-12" doc:"Absent: a dry run"`
	Change      string              `json:"change,omitempty"`
	At          *time.Time          `json:"at,omitempty"`
	Mode        string              `json:"mode" enum:"gate,start,shadow,dry run"`
	Policy      string              `json:"policy" example:"POLICY-3" doc:"POLICY-0: the one that comes with the program"`
	Weights     string              `json:"weights" example:"RISK-2" doc:"RISK-0: those that come with the program"`
	Settings    int64               `json:"settings" doc:"Version of the settings"`
	Risk        *int                `json:"risk,omitempty" doc:"0 to 100; absent: unknown"`
	RiskLevel   string              `json:"risk_level,omitempty"`
	Factors     []Factor            `json:"factors,omitempty" doc:"What the risk score is made of; the points add up to it"`
	Outcome     string              `json:"outcome" enum:"allow,needs_review,deny"`
	Reviews     []policy.Review     `json:"reviews,omitempty"`
	Reasons     []policy.Reason     `json:"reasons"`
	Obligations []policy.Obligation `json:"obligations,omitempty"`
	Failed      string              `json:"failed,omitempty" doc:"Why the policy gave no answer"`
	Took        float64             `json:"took_ms"`
}

// Factor is one factor's share of the risk score.
type Factor struct {
	Name   string  `json:"name"`
	Text   string  `json:"text"`
	Points float64 `json:"points" doc:"Below 0: takes away"`
}

func decisionOf(d change.Decided) Decision {
	out := Decision{Change: key(d.Change), At: api.When(d.At), Mode: string(d.Mode), Policy: ref.N(ref.Policy, d.Policy).String(), Weights: ref.N(ref.RiskModel, d.Weights).String(),
		Settings: d.Settings, RiskLevel: d.Input.Risk.Value.Level, Outcome: string(d.Result.Outcome), Reviews: d.Result.Reviews, Reasons: d.Result.Reasons,
		Obligations: d.Result.Obligations, Failed: d.Result.Failed, Took: float64(d.Took.Microseconds()) / 1000}
	if d.ID != 0 {
		out.Key = d.Ref().String()
	}
	if d.Risk >= 0 {
		out.Risk = &d.Risk
	}
	if out.Reasons == nil {
		out.Reasons = []policy.Reason{}
	}
	for _, f := range d.Input.Risk.Value.Factors {
		out.Factors = append(out.Factors, Factor{f.Name, f.Text, f.Points})
	}
	return out
}

// DecisionDetail is one answer of policy with all that it stood on.
type DecisionDetail struct {
	Decision
	Input any `json:"input" doc:"The facts as policy saw them"`
}

// Approval is one approval that is needed, was given, refused, or expired.
type Approval struct {
	Number    int64      `json:"number"`
	Decision  string     `json:"decision,omitempty" doc:"That asked for it"`
	Rule      string     `json:"rule"`
	Who       string     `json:"who" example:"peer" doc:"peer, owner, on-call, board, manager, or team: and a team's name"`
	State     string     `json:"state" enum:"waiting,approved,rejected,expired,withdrawn"`
	AskedAt   *time.Time `json:"asked_at,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Person    *Person    `json:"person,omitempty" doc:"Who decided"`
	OnBehalf  *Person    `json:"on_behalf,omitempty" doc:"Whose delegate the person was"`
	Outside   string     `json:"outside,omitempty" doc:"A code reviewer's login, when the forge said so"`
	Via       string     `json:"via,omitempty" doc:"page, api, link or review"`
	Commit    string     `json:"commit,omitempty" doc:"What was approved"`
	Reason    string     `json:"reason,omitempty"`
}

func approvalOf(a change.Approval, names map[int64]string) Approval {
	out := Approval{Number: a.ID, Rule: a.Rule, Who: a.Who, State: string(a.State), AskedAt: api.When(a.AskedAt), DecidedAt: api.When(a.DecidedAt), ExpiresAt: api.When(a.ExpiresAt),
		Person: person(a.Person, names), OnBehalf: person(a.OnBehalf, names), Outside: a.Outside, Via: string(a.Via), Commit: a.Commit, Reason: a.Reason}
	if a.Decision != 0 {
		out.Decision = ref.N(ref.Decision, a.Decision).String()
	}
	return out
}

func approvalsOf(list []change.Approval, names map[int64]string) []Approval {
	return each(list, func(a change.Approval) Approval { return approvalOf(a, names) })
}

// peopleOf are those who gave approvals.
func peopleOf(list []change.Approval) (ids []int64) {
	for _, a := range list {
		ids = append(ids, a.Person, a.OnBehalf)
	}
	return ids
}
