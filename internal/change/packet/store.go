package packet

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Rows of changes are read here, never written. Lists are bounded: a packet is
// about one change, and one with more rows than these is no change any more.
const most = 2000

const changeSQL = `SELECT version, title, summary, type, kind, purpose, state, model, services, team, environment, repository, commit_sha, branch, pull_request, artefact, previous, link,
	author, author_person, source, rollback_plan, rollback_ref, rollback_of, returns, taken_back_by, outcome, risk, risk_level, bypass, waited, rework,
	created_at, committed_at, assessed_at, requested_at, approved_at, planned_from, planned_to, started_at, deployed_at, ended_at, recovered_at,
	outcome_by, outcome_person, outcome_reason, review_due, reviewed_at, review_by, review FROM change WHERE id = $1`

func readChange(q db.Querier, id int64) (c Change, err error) {
	c.Key = ref.N(ref.Change, id).String()
	var services, author string
	var authorPerson, rollbackOf, takenBackBy, waited, outcomePerson, reviewBy int64
	var risk int
	times := []*time.Time{&c.CreatedAt, &c.CommittedAt, &c.AssessedAt, &c.RequestedAt, &c.ApprovedAt, &c.PlannedFrom, &c.PlannedTo, &c.StartedAt, &c.DeployedAt, &c.EndedAt, &c.RecoveredAt, &c.ReviewDue, &c.ReviewedAt}
	at := make([]int64, len(times))
	err = q.QueryRow(changeSQL, id).Scan(&c.Version, &c.Title, &c.Summary, &c.Type, &c.Kind, &c.Purpose, &c.State, &c.Model, &services, &c.Team, &c.Environment, &c.Repository, &c.Commit, &c.Branch, &c.PullRequest, &c.Artefact, &c.Previous, &c.Link,
		&author, &authorPerson, &c.Source, &c.RollbackPlan, &c.RollbackRef, &rollbackOf, &c.Returns, &takenBackBy, &c.Outcome, &risk, &c.RiskLevel, &c.Bypass, &waited, &c.Rework,
		&at[0], &at[1], &at[2], &at[3], &at[4], &at[5], &at[6], &at[7], &at[8], &at[9], &at[10],
		&c.EndedBy, &outcomePerson, &c.EndedReason, &at[11], &at[12], &reviewBy, &c.Review)
	if errors.Is(err, db.ErrNoRows) {
		return c, errs.E(errs.NotFound, "there is no change %s", c.Key).On(c.Key)
	}
	if err != nil {
		return c, err
	}
	for n, us := range at {
		*times[n] = db.Time(us)
	}
	if risk >= 0 {
		c.Risk = &risk
	}
	c.Author, c.EndedPerson, c.ReviewBy = person(authorPerson, author), person(outcomePerson, ""), person(reviewBy, "")
	c.RollbackOf, c.TakenBackBy = changeKey(rollbackOf), changeKey(takenBackBy)
	c.Waited = (time.Duration(waited) * time.Microsecond).Seconds()
	return c, json.Unmarshal([]byte(services), &c.Services)
}

const decisionsSQL = "SELECT id, at, mode, policy, weights, windows, settings, outcome, risk, input, result FROM change_decision WHERE change_id = $1 ORDER BY id LIMIT $2"

func readDecisions(q db.Querier, id int64) ([]Decision, error) {
	list, err := db.Collect(q, func(r *db.Rows) (d Decision, err error) {
		var key, at, weights int64
		var input, result string
		err = r.Scan(&key, &at, &d.Mode, &d.policy, &weights, &d.Windows, &d.Settings, &d.Outcome, &d.Risk, &input, &result)
		d.Key, d.At, d.Weights = ref.N(ref.Decision, key).String(), db.Time(at), ref.N(ref.RiskModel, weights).String()
		d.Policy.Key = ref.N(ref.Policy, d.policy).String()
		d.Input, d.Result = raw(input), raw(result)
		return d, err
	}, decisionsSQL, id, most)
	out := []Decision{}
	for _, d := range list {
		if d.Mode == "gate" || d.Mode == "start" {
			out = append(out, d)
		}
	}
	return out, err
}

const policySQL = "SELECT digest FROM policy_version WHERE id = $1"

// policyDigest is the digest of a policy's modules. Of the one that comes with
// the program there is none: which one that was, the program's version says.
func policyDigest(q db.Querier, version int64) (digest string, err error) {
	err = q.QueryRow(policySQL, version).Scan(&digest)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return digest, err
}

const approvalsSQL = "SELECT rule, who, state, asked_at, decided_at, expires_at, person, on_behalf, outside, via, commit_sha, reason FROM change_approval WHERE change_id = $1 ORDER BY id LIMIT $2"

func readApprovals(q db.Querier, id int64) ([]Approval, error) {
	list, err := db.Collect(q, func(r *db.Rows) (a Approval, err error) {
		var asked, decided, expires, who, behalf int64
		var outside string
		err = r.Scan(&a.Rule, &a.Who, &a.State, &asked, &decided, &expires, &who, &behalf, &outside, &a.Via, &a.Commit, &a.Reason)
		a.AskedAt, a.DecidedAt, a.ExpiresAt = db.Time(asked), db.Time(decided), db.Time(expires)
		a.Person, a.OnBehalf = person(who, outside), person(behalf, "")
		return a, err
	}, approvalsSQL, id, most)
	return some(list), err
}

type commitFact struct {
	commit, kind, key, data string
	at                      int64
}

const factsSQL = "SELECT commit_sha, kind, key, at, data FROM change_commit WHERE commit_sha = $1 AND repository = $2 ORDER BY commit_sha, kind, key LIMIT $3"

func readFacts(q db.Querier, repository, commit string) ([]commitFact, error) {
	return db.Collect(q, func(r *db.Rows) (f commitFact, err error) {
		return f, r.Scan(&f.commit, &f.kind, &f.key, &f.at, &f.data)
	}, factsSQL, commit, repository, most)
}

const reportsSQL = `SELECT p.source, p.phase, p.at FROM change_external e JOIN change_report p ON p.source = e.source AND p.key = e.key
	WHERE e.change_id = $1 LIMIT $2`

func readReports(q db.Querier, id int64) ([]Report, error) {
	list, err := db.Collect(q, func(r *db.Rows) (p Report, err error) {
		var at int64
		err = r.Scan(&p.Source, &p.Phase, &at)
		p.At = db.Time(at)
		return p, err
	}, reportsSQL, id, most)
	list = some(list)
	sortReports(list)
	return list, err
}

const entriesSQL = "SELECT n, at, kind, actor, text, detail FROM change_entry WHERE change_id = $1 ORDER BY n LIMIT $2"

// readEntries leaves the texts of notes out, which people wrote, and those about
// incidents, which may have become restricted later: the causes say what can be
// said.
func readEntries(q db.Querier, id int64) ([]Entry, error) {
	list, err := db.Collect(q, func(r *db.Rows) (e Entry, err error) {
		var at int64
		err = r.Scan(&e.N, &at, &e.Kind, &e.Actor, &e.Text, &e.Detail)
		if e.At = db.Time(at); e.Kind == "note" || e.Kind == "incident" {
			e.Text, e.Detail = "", ""
		}
		return e, err
	}, entriesSQL, id, most)
	return some(list), err
}

const causesSQL = "SELECT incident_id, rule, person, at FROM change_cause WHERE change_id = $1 AND state = 'confirmed' ORDER BY change_id, incident_id LIMIT $2"

func readCauses(q db.Querier, id int64) ([]Cause, error) {
	return db.Collect(q, func(r *db.Rows) (c Cause, err error) {
		var who, at int64
		err = r.Scan(&c.incident, &c.Rule, &who, &at)
		c.Incident, c.Person, c.At = ref.N(ref.Incident, c.incident).String(), person(who, ""), db.Time(at)
		return c, err
	}, causesSQL, id, most)
}

// some is a list that is [] in JSON when it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
