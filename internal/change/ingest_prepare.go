package change

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Sizes of what signals carry, in bytes. Longer texts are cut: a pipeline does
// not send them again because we would like them shorter.
const (
	maxKey  = 300      // of a deployment; a longer one is refused, since cutting it could make two of them one
	maxData = 64 << 10 // of one fact
	maxSeen = 200      // entries of a list
)

// ahead is how far a sender's clock may be before ours; what claims to be later
// happened now. (The past is not bounded: what was done while we were down is
// told afterwards.)
const ahead = 5 * time.Minute

// factRow is one row of change_commit; at is 0 when the sender did not say.
type factRow struct {
	repository, commit string
	kind               SignalKind
	key                string
	at                 int64
	data               string
	pull               *Pull // of a pull request: rows of these are merged
	review             *Review
}

// report is one phase of one deployment.
type report struct {
	key   string
	phase Phase
	at    int64
	told  told
	data  string // told as JSON
	gate  *Gate
}

// told is what a signal said about a deployment besides its phase.
type told struct {
	Repository string `json:"repository,omitempty"`
	Commit     string `json:"commit,omitempty"`
	Deployment
}

// prepare checks signals and computes all that needs no database.
func prepare(who actor.Actor, in Source, id string, signals []Signal) (*delivery, error) {
	if in.Name == "" {
		return nil, errs.BadField("integration", "", "name who sends")
	}
	if len(signals) > MaxSignals {
		return nil, errs.BadField("signals", strconv.Itoa(len(signals)), fmt.Sprintf("send at most %d at once", MaxSignals))
	}
	d := &delivery{who: who, in: in, id: clip(id, maxName), n: len(signals), done: make(chan struct{}), bytes: 512}
	for i := range signals {
		sig := signals[i]
		sig.Repository, sig.Commit = clip(strings.ToLower(strings.TrimSpace(sig.Repository)), maxName), strings.ToLower(strings.TrimSpace(sig.Commit))
		if sig.Commit != "" && !IsCommit(sig.Commit) {
			return nil, errs.BadField("commit", sig.Commit, "send the full hash, 40 or 64 hex digits")
		}
		if err := d.add(sig); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *delivery) add(sig Signal) error {
	var part any
	key := ""
	row := factRow{repository: sig.Repository, commit: sig.Commit, kind: sig.Kind, at: db.Micros(sig.At)}
	switch {
	case sig.Kind == SignalDeployment && sig.Deployment != nil:
		return d.report(sig)
	case sig.Kind == SignalPush && sig.Push != nil:
		p := *sig.Push
		p.Branch, p.Title, p.Author, p.Link, p.Files = clip(p.Branch, maxName), clip(p.Title, maxTitle), clip(p.Author, maxName), clip(p.Link, maxName), bounded(p.Files, MaxFiles)
		key, part = p.Branch, p
	case sig.Kind == SignalPull && sig.Pull != nil:
		return d.pull(sig)
	case sig.Kind == SignalReview && sig.Review != nil:
		v := *sig.Review
		v.Reviewer, v.Author, v.Link = clip(v.Reviewer, maxName), clip(v.Author, maxName), clip(v.Link, maxName)
		key, part, row.review = fmt.Sprintf("%d/%s", v.Number, strings.ToLower(v.Reviewer)), v, &v
		if v.Verdict == ReviewCommented { // takes no verdict back, so it must not stand in its place
			key += "/comment"
		}
	case sig.Kind == SignalTests && sig.Tests != nil:
		t := *sig.Tests
		key, part = clip(t.Suite, maxName), t
	case sig.Kind == SignalScan && sig.Scan != nil:
		t := *sig.Scan
		key, part = clip(t.Tool, maxName), t
	case sig.Kind == SignalBuild && sig.Build != nil:
		t := *sig.Build
		t.Name, t.Link, t.Artefact = clip(t.Name, maxName), clip(t.Link, maxName), clip(t.Artefact, maxName)
		key, part = t.Name, t
	case sig.Kind == SignalPlan && sig.Plan != nil:
		t := *sig.Plan
		t.Resources, t.Items = bounded(t.Resources, maxSeen), bounded(t.Items, maxSeen)
		key, part = clip(t.Tool, maxName), t
	default:
		return errs.BadField("kind", string(sig.Kind), "send a signal of a known kind with the part that it names")
	}
	return d.fact(row, key, part)
}

// fact adds a row about a commit.
func (d *delivery) fact(row factRow, key string, part any) error {
	if row.commit == "" {
		return errs.BadField("commit", "", "say which commit this is about: the full hash")
	}
	data, err := json.Marshal(part)
	if err != nil {
		return err
	}
	if len(data) > maxData {
		return errs.BadField(string(row.kind), strconv.Itoa(len(data))+" bytes", fmt.Sprintf("send at most %d bytes about one %s", maxData, row.kind))
	}
	row.key, row.data = key, string(data)
	d.bytes += len(data) + 256
	d.facts = append(d.facts, row)
	return nil
}

// pull keeps a pull request under its head, and under the merge commit too.
func (d *delivery) pull(sig Signal) error {
	p := *sig.Pull
	p.Head, p.Merged = strings.ToLower(p.Head), strings.ToLower(p.Merged)
	if p.Number <= 0 || !IsCommit(p.Head) || p.Merged != "" && !IsCommit(p.Merged) {
		return errs.BadField("pull", strconv.FormatInt(p.Number, 10), "send the number and the full hash of the head, and of the merge once there is one")
	}
	p.Title, p.Author, p.Branch, p.Base, p.Link, p.MergedBy = clip(p.Title, maxTitle), clip(p.Author, maxName), clip(p.Branch, maxName), clip(p.Base, maxName), clip(p.Link, maxName), clip(p.MergedBy, maxName)
	p.Labels = bounded(p.Labels, 50)
	for _, commit := range []string{p.Head, p.Merged} {
		if commit == "" || commit == p.Head && p.Head == p.Merged && len(d.facts) > 0 && d.facts[len(d.facts)-1].pull != nil && d.facts[len(d.facts)-1].commit == commit {
			continue
		}
		q := p
		if err := d.fact(factRow{repository: sig.Repository, commit: commit, kind: SignalPull, at: db.Micros(sig.At), pull: &q}, strconv.FormatInt(p.Number, 10), q); err != nil {
			return err
		}
	}
	return nil
}

// report adds a phase of a deployment.
func (d *delivery) report(sig Signal) error {
	t := told{Repository: sig.Repository, Commit: sig.Commit, Deployment: *sig.Deployment}
	switch {
	case t.Key == "" || len(t.Key) > maxKey:
		return errs.BadField("key", t.Key, fmt.Sprintf("name the deployment in 1 to %d bytes", maxKey))
	case !slices.Contains(Phases, t.Phase):
		return errs.BadField("phase", string(t.Phase), "use created, waiting, started, succeeded, failed, canceled or rolled back")
	case len(t.Services) > maxServices:
		return errs.BadField("services", strconv.Itoa(len(t.Services)), fmt.Sprintf("name at most %d services", maxServices))
	}
	var bad errs.Fields
	if t.Type != "" {
		oneOf(&bad, "type", t.Type, Types)
	}
	if t.Change != "" {
		oneOf(&bad, "kind", t.Change, Kinds)
	}
	if t.Purpose != "" {
		oneOf(&bad, "purpose", t.Purpose, Purposes)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	for field, max := range map[*string]int{&t.Title: maxTitle, &t.Summary: maxText, &t.RollbackPlan: maxText, &t.Reason: maxTitle, &t.Environment: 100, &t.Application: maxName, &t.Path: maxName, &t.Artefact: maxName,
		&t.Previous: maxName, &t.Branch: maxName, &t.Author: maxName, &t.Link: maxName, &t.Model: maxName, &t.RollbackRef: maxName, &t.RollbackOf: maxName} {
		*field = clip(strings.TrimSpace(*field), max)
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	d.bytes += len(data) + 512
	d.reports = append(d.reports, report{key: t.Key, phase: t.Phase, at: db.Micros(sig.At), told: t, data: string(data), gate: t.Gate})
	return nil
}

func bounded(list []string, most int) []string {
	list = slices.Clone(list[:min(len(list), most)])
	for i := range list {
		list[i] = clip(list[i], maxName)
	}
	return list
}
