package dora

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// History is one deployment that happened before Evenkeel was here, or beside
// it.
type History struct {
	Line        int // in the file it comes from; 0: none
	Service     string
	Environment string
	Artefact    string // what was deployed: version, tag, digest; the commit when empty
	Commit      string
	Kind        string // deploy when empty
	Title       string
	Author      string
	Link        string
	CommittedAt time.Time // of the oldest commit it brought; zero: unknown
	DeployedAt  time.Time
	Outcome     string    // succeeded, failed, rolled back; empty: nothing says
	RecoveredAt time.Time // of a failed one
	Rework      bool
}

// Reading says how a history is understood.
type Reading struct {
	// Environments are those whose deployments become changes; empty:
	// production. The others serve CommittedFrom only.
	Environments []string
	// CommittedFrom is an environment in which everything arrives first. Where
	// the time of a commit is unknown, its artefact's first deployment there
	// stands for it, so that lead time is that of the way to production.
	CommittedFrom string
	// Ran returns what ran on a service in an environment before a time; nil:
	// nothing did.
	Ran func(service, environment string, until time.Time) (Ran, error)
}

// Ran is what ran somewhere before a history.
type Ran struct {
	Artefacts map[string]bool
	Last      string // artefact
	Change    int64  // that brought it; 0: none is known
}

// planned is a deployment of a history as the record will tell it.
type planned struct {
	History
	Previous  string
	Returns   bool // an earlier artefact came back
	State     string
	OutcomeBy string
	Took      int   // index of the deployment that it took back; -1: none
	TookID    int64 // or the change of before this history; 0: none
}

// Understood says what became of a history.
type Understood struct {
	Rows       int // read
	Changes    int // of these environments
	Elsewhere  int // of other environments
	Returns    int // an earlier artefact came back
	Repeats    int // the same artefact was deployed again
	Assumed    int // nothing said how they went
	Negative   int // the commit lies after the deployment: no lead time
	NoCommit   int // the time of the commit is unknown: no lead time
	OutOfOrder int // rows that stood behind later ones
}

// understand orders a history and tells what took back what: an artefact that
// ran before, and comes back in place of another, takes that one back, which
// then was rolled back, and recovered when the earlier one was there again.
func understand(rows []History, how Reading) (out []planned, u Understood, err error) {
	if len(how.Environments) == 0 {
		how.Environments = []string{production}
	}
	u.Rows = len(rows)
	list := slices.Clone(rows)
	for i := 1; i < len(list); i++ {
		if list[i].DeployedAt.Before(list[i-1].DeployedAt) {
			u.OutOfOrder++
		}
	}
	slices.SortStableFunc(list, func(a, b History) int { return a.DeployedAt.Compare(b.DeployedAt) })

	arrived := map[[2]string]time.Time{} // service, artefact → first deployment where everything arrives first
	for _, h := range list {
		key := [2]string{h.Service, artefactOf(h)}
		if _, ok := arrived[key]; !ok && how.CommittedFrom != "" && h.Environment == how.CommittedFrom {
			arrived[key] = h.DeployedAt
		}
	}
	type place struct {
		seen    map[string]bool
		last    string
		present int   // index of what runs; -1: of before this history
		change  int64 // of before this history
	}
	places := map[[2]string]*place{}
	for _, h := range list {
		if !slices.Contains(how.Environments, h.Environment) {
			u.Elsewhere++
			continue
		}
		key := [2]string{h.Service, h.Environment}
		at := places[key]
		if at == nil {
			at = &place{seen: map[string]bool{}, present: -1}
			if how.Ran != nil {
				ran, err := how.Ran(h.Service, h.Environment, h.DeployedAt)
				if err != nil {
					return nil, u, err
				}
				at.last, at.change = ran.Last, ran.Change
				maps.Copy(at.seen, ran.Artefacts)
			}
			places[key] = at
		}
		h.Artefact = artefactOf(h)
		if h.CommittedAt.IsZero() {
			h.CommittedAt = arrived[[2]string{h.Service, h.Artefact}]
		}
		p := planned{History: h, Previous: at.last, State: cmp.Or(h.Outcome, "succeeded"), OutcomeBy: "import", Took: -1}
		if h.Outcome == "" {
			p.OutcomeBy = Assumed
		}
		here := len(out)
		switch {
		case h.Artefact != "" && h.Artefact == at.last:
			u.Repeats++
		case h.Artefact != "" && at.seen[h.Artefact]:
			u.Returns++
			p.Returns, p.Rework = true, true // it mends what the one before broke
			if p.TookID = at.change; at.present >= 0 {
				gone := &out[at.present]
				p.Took, p.TookID = at.present, 0
				if gone.Outcome == "" {
					gone.State, gone.OutcomeBy = "rolled back", "rollback"
				}
				if gone.RecoveredAt.IsZero() && gone.State != "succeeded" {
					gone.RecoveredAt = h.DeployedAt
				}
			}
		case h.CommittedAt.IsZero():
			u.NoCommit++
		case h.CommittedAt.After(h.DeployedAt):
			u.Negative++
		}
		if h.Outcome != "failed" {
			at.seen[h.Artefact] = true
		}
		at.last, at.present = h.Artefact, here
		out = append(out, p)
	}
	for _, p := range out {
		if p.OutcomeBy == Assumed {
			u.Assumed++
		}
	}
	u.Changes = len(out)
	return out, u, nil
}

func artefactOf(h History) string { return cmp.Or(h.Artefact, h.Commit) }

// row is a planned deployment as a change is read.
func (p planned) row() row {
	return row{
		State: p.State, Kind: cmp.Or(p.Kind, "deploy"), Environment: p.Environment, Artefact: p.Artefact, Previous: p.Previous,
		OutcomeBy: p.OutcomeBy, Services: []string{p.Service}, Returns: p.Returns, Rework: p.Rework, Risk: -1,
		Committed: db.Micros(p.CommittedAt), Deployed: db.Micros(p.DeployedAt), Ended: db.Micros(p.DeployedAt),
		Recovered: db.Micros(p.RecoveredAt),
	}
}
