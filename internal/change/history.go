package change

import (
	"cmp"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/dora"
	"github.com/evenkeel/evenkeel/internal/db"
)

// History of before Evenkeel was here comes in by way of the measures, which
// understand it (dora.Service.Import); these write it as changes that are over.
// Counters and evidence count them like others, and nobody is told.

// Services returns the catalog's names of what pipelines call services. Unknown
// ones are absent, unless settings let them be proposed.
func (s *Service) Services(q db.Querier, names []string) (map[string]string, error) {
	p, err := s.settings(q)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(names))
	for _, name := range names {
		k, ok, err := s.Catalog.Lookup(q, name)
		if err != nil {
			return nil, err
		}
		switch {
		case ok:
			out[name] = k.Name
		case p.UnknownService == Propose && s.Unregistered != nil && slug(name) != "":
			out[name] = slug(name)
		}
	}
	return out, nil
}

// RecordPast writes a deployment that is over.
func (s *Service) RecordPast(tx *db.Tx, p dora.Past) (int64, error) {
	if _, ok, err := s.Catalog.Lookup(tx, p.Service); err != nil {
		return 0, err
	} else if !ok && s.Unregistered != nil {
		if err := s.Unregistered(tx, p.Service, ""); err != nil {
			return 0, err
		}
	}
	person, err := s.personOf(tx, p.Author)
	if err != nil {
		return 0, err
	}
	purpose := Feature
	if p.Returns {
		purpose = Rollback
	}
	c, err := s.open(tx, Change{Title: p.Title, Kind: Kind(p.Kind), Purpose: purpose, Services: []string{p.Service}, Environment: p.Environment, Commit: p.Commit, Artefact: p.Artefact,
		Previous: p.Previous, Link: p.Link, Author: p.Author, AuthorPerson: person, Source: "history", Returns: p.Returns, RollbackOf: p.RollbackOf})
	if err != nil {
		return 0, err
	}
	c.list, c.events, c.Entries = nil, nil, 0 // it was not opened now
	c.State, c.OutcomeBy, c.Rework = State(p.State), p.OutcomeBy, p.Rework
	c.CommittedAt, c.StartedAt, c.DeployedAt, c.EndedAt, c.RecoveredAt = p.CommittedAt, p.DeployedAt, p.DeployedAt, p.DeployedAt, p.RecoveredAt
	what := map[State]string{Succeeded: "succeeded", Failed: "failed", RolledBack: "was rolled back"}[c.State]
	if p.OutcomeBy == dora.Assumed {
		what += ", as nothing says otherwise"
	}
	c.say(EntryState, "Imported: it "+what, "")
	return c.ID, c.commit("change.import")
}

// TakenBack notes that an imported change brought back what ran before another
// one. The other one was rolled back, if nothing else is known of it.
func (s *Service) TakenBack(tx *db.Tx, id, by int64, at time.Time) error {
	c, err := s.begin(tx, id)
	if err != nil {
		return err
	}
	c.TakenBackBy = cmp.Or(c.TakenBackBy, by)
	if c.OutcomeBy == dora.Assumed && c.State == Succeeded {
		c.State, c.OutcomeBy, c.RecoveredAt = RolledBack, ByRollback, at
		c.say(EntryState, "Rolled back", Change{ID: by}.Key()+" brought what ran before back")
	}
	c.touch()
	return c.commit("change.import")
}
