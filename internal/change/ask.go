package change

import (
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Ask is a question to the gate: may I ship this? Services and Commit (or
// Artefact) are enough; what is empty takes its default, or is what an earlier
// question or the pipeline's reports said.
type Ask struct {
	Services    []string // names or aliases in the catalog; the first is the main one
	Environment string   // production when empty
	Type        Type     // normal; standard when Model is set
	Kind        Kind     // deploy
	Purpose     Purpose  // feature
	Model       string   // of a standard change
	Title       string
	Summary     string

	Repository  string
	Commit      string // full hash
	Branch      string
	PullRequest string
	Artefact    string // version, tag or digest; the commit when empty
	Previous    string
	Link        string // the pipeline's run
	Author      string // login or address; four eyes stand on it

	RollbackPlan string
	RollbackRef  string // an automated rollback
	RollbackOf   string // "CHG-7"

	PlannedFrom time.Time
	PlannedTo   time.Time

	Source string // the integration; "gate" when empty
	Key    string // by which the pipeline knows this step; asked again, it finds the same change
}

// Answer is what the gate says.
type Answer struct {
	Change    Change
	Decision  Decided    // that stands; ID 0: policy was not asked
	Approvals []Approval // that are waited for, or were given for this commit
	Allowed   bool       // go on now
	State     State
	Line      string    // one line with the reason, for a pipeline's log
	Path      string    // page of the change
	Again     time.Time // when policy is asked again by itself; zero: not by time
}

// change is what the question describes, held against nothing but itself.
func (a Ask) change() (Change, error) {
	c := Change{Services: a.Services, Environment: strings.TrimSpace(a.Environment), Type: a.Type, Kind: a.Kind, Purpose: a.Purpose, Model: strings.TrimSpace(a.Model),
		Title: a.Title, Summary: a.Summary, Repository: strings.ToLower(strings.TrimSpace(a.Repository)), Commit: a.Commit, Branch: a.Branch, PullRequest: a.PullRequest,
		Artefact: a.Artefact, Previous: a.Previous, Link: a.Link, Author: a.Author, Source: a.Source, RollbackPlan: a.RollbackPlan, RollbackRef: a.RollbackRef,
		PlannedFrom: a.PlannedFrom.UTC(), PlannedTo: a.PlannedTo.UTC(), Risk: -1, State: Draft}
	fill(&c.Source, "gate")
	fill(&c.Kind, Deploy)
	var bad errs.Fields
	if c.Commit = strings.ToLower(strings.TrimSpace(c.Commit)); c.Commit != "" && !IsCommit(c.Commit) {
		bad.Add("commit", errs.Short(a.Commit), "give the full hash, 40 or 64 hex digits: git rev-parse HEAD")
	}
	if c.Commit == "" && strings.TrimSpace(c.Artefact) == "" && c.Kind == Deploy {
		bad.Add("commit", "", "say what is deployed: the commit's full hash, or the artefact")
	}
	if len(a.Key) > maxName || len(a.Source) > maxName {
		bad.Add("key", errs.Short(a.Key), fmt.Sprintf("use at most %d bytes", maxName))
	}
	if a.RollbackOf != "" {
		id, err := ref.ID(ref.Change, a.RollbackOf)
		if err != nil {
			bad.Add("rollback_of", errs.Short(a.RollbackOf), "name a change, like CHG-7")
		}
		c.RollbackOf = id
	}
	if c.Type == Standard && c.Model == "" {
		bad.Add("model", "", "a standard change follows a model: name it, or ask for a normal change")
	}
	if c.Model != "" && c.Type == "" {
		c.Type = Standard
	}
	if err := bad.Err(); err != nil {
		return Change{}, err
	}
	return c, c.normalise()
}

// fromModel fills what a question left out from its model's template.
func (c *Change) fromModel(q db.Querier, asked Ask) error {
	if c.Model == "" {
		return nil
	}
	m, ok, err := findModel(q, c.Model, "")
	if err != nil || !ok { // an unknown model is an unknown fact, which policy judges
		return err
	}
	t := m.Spec.Template
	for _, x := range []struct {
		said  string
		field *string
		text  string
	}{{asked.Title, &c.Title, t.Title}, {asked.Summary, &c.Summary, t.Summary}, {asked.RollbackPlan, &c.RollbackPlan, t.RollbackPlan}, {asked.RollbackRef, &c.RollbackRef, t.RollbackRef}} {
		if x.said == "" && x.text != "" {
			*x.field = x.text
		}
	}
	if asked.Purpose == "" && t.Purpose != "" {
		c.Purpose = t.Purpose
	}
	return nil
}

// merge brings what a question says into the change that it is about; moved
// reports whether anything that a decision stands on is another than before.
func merge(have, said Change, a Ask) (out Change, moved bool) {
	out = have
	set := func(field *string, value string, counts bool) {
		if value != "" && *field != value {
			*field = value
			moved = moved || counts
		}
	}
	set(&out.Commit, said.Commit, true)
	if a.Artefact != "" || said.Commit != have.Commit && said.Commit != "" {
		set(&out.Artefact, said.Artefact, true)
	}
	if a.Title != "" {
		set(&out.Title, said.Title, false)
	}
	set(&out.Repository, said.Repository, true)
	set(&out.Author, said.Author, true)
	set(&out.RollbackPlan, said.RollbackPlan, true)
	set(&out.RollbackRef, said.RollbackRef, true)
	for _, x := range []struct {
		field *string
		value string
	}{{&out.Summary, said.Summary}, {&out.Branch, said.Branch}, {&out.PullRequest, said.PullRequest}, {&out.Previous, said.Previous}, {&out.Link, said.Link}} {
		set(x.field, x.value, false)
	}
	if said.Model != "" && said.Model != have.Model || a.Type != "" && said.Type != have.Type || a.Purpose != "" && said.Purpose != have.Purpose {
		out.Type, moved = said.Type, true
		fill(&out.Model, said.Model)
		if a.Purpose != "" {
			out.Purpose = said.Purpose
		}
		if out.Type != Standard {
			out.Model = ""
		}
	}
	if said.RollbackOf != 0 && said.RollbackOf != have.RollbackOf {
		out.RollbackOf, moved = said.RollbackOf, true
	}
	if !a.PlannedFrom.IsZero() && (!said.PlannedFrom.Equal(have.PlannedFrom) || !said.PlannedTo.Equal(have.PlannedTo)) {
		out.PlannedFrom, out.PlannedTo, moved = said.PlannedFrom, said.PlannedTo, true
	}
	return out, moved
}

// answerOf puts where a change stands into an answer.
func answerOf(c Change, d Decided, list []Approval, now time.Time) Answer {
	a := Answer{Change: c, Decision: d, State: c.State, Path: c.Ref().Path(), Again: c.RecheckAt}
	for _, x := range list {
		if x.State == Waiting || x.State == Given && x.Commit == c.Commit {
			a.Approvals = append(a.Approvals, x)
		}
	}
	line := d.Line()
	if d.ID == 0 {
		line = "no decision yet"
	}
	held := heldUntil(d, now)
	switch {
	case c.State == Approved && held.After(now):
		a.Line, a.Again = "approved, to start not before "+clockText(held), held
	case c.State == Approved:
		a.Allowed, a.Line = true, line
		if d.Result.Outcome == policy.NeedsReview {
			a.Line = fmt.Sprintf("allowed: approved (%s); %s risk (%d)", plural(given(list, c.Commit), "approval"), d.level(), d.Risk)
		}
	case c.State == Scheduled:
		a.Allowed = !c.PlannedFrom.After(now) && !held.After(now)
		a.Line = "approved, starts at " + clockText(c.PlannedFrom)
		if !a.Allowed {
			a.Again = c.PlannedFrom
		}
	case c.State == Awaiting:
		a.Line = "waits for " + missing(list) + d.because()
	case c.State == Rejected:
		a.Line = "rejected: " + c.OutcomeReason
	case c.State == Canceled:
		a.Line = "canceled: " + c.OutcomeReason
	case c.State.Running() || c.State == Succeeded:
		a.Allowed = !c.Bypass
		a.Line = "it is " + string(c.State)
	case c.State == Failed || c.State == RolledBack:
		a.Line = "it " + map[State]string{Failed: "failed", RolledBack: "was rolled back"}[c.State] + ": " + c.OutcomeReason
	default:
		a.Line = line
		if d.Result.Outcome == policy.Deny && !c.RecheckAt.IsZero() {
			a.Line += "; asked again at " + clockText(c.RecheckAt)
		}
	}
	return a
}

func given(list []Approval, commit string) (n int) {
	for _, a := range list {
		if a.State == Given && a.Commit == commit {
			n++
		}
	}
	return n
}

// heldUntil is when a decision that allows lets start.
func heldUntil(d Decided, now time.Time) (at time.Time) {
	if d.Input.Rollback.Value.Returns {
		return at
	}
	for _, o := range d.Result.Obligations {
		if o.Do == policy.Window && o.From.After(now) && o.From.After(at) {
			at = o.From
		}
	}
	return at
}

func clockText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
