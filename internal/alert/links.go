package alert

import (
	"github.com/evenkeel/evenkeel/internal/db"
)

// The methods of this file are called back by the reaction, inside the
// transaction at hand, and by the pages of incidents inside theirs. They check
// no actor: who may see an incident is decided by its own practice.

// LinkEpisodes puts episodes into incidents; incident 0 takes them out.
func (s *Service) LinkEpisodes(tx *db.Tx, incidents map[int64]int64) error {
	rows := make([][]any, 0, len(incidents))
	for episode, incident := range incidents {
		rows = append(rows, []any{episode, incident})
	}
	sortRows(rows)
	_, err := linksTable.Run(tx, rows)
	return err
}

// MoveEpisodes moves all episodes of one incident to another (merge).
func (s *Service) MoveEpisodes(tx *db.Tx, from, to int64) error { return moveEpisodes(tx, from, to) }

// AllResolved reports whether no episode of the incident is firing. It is true
// for an incident without any.
func (s *Service) AllResolved(q db.Querier, incident int64) (bool, error) {
	return allResolved(q, incident)
}

// FiringOf returns the firing episodes of an incident, oldest first, at most
// 1,000.
func (s *Service) FiringOf(q db.Querier, incident int64) ([]Firing, error) {
	list, err := episodesOf(q, incident, true, 1000)
	if err != nil {
		return nil, err
	}
	pol, err := s.policy.in(q)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Routing = pol.routing(list[i].RuleName, list[i].Severity)
	}
	return list, nil
}

// Linked is an alert of an incident with the episode that stands for it there.
type Linked struct {
	Alert   Alert
	Episode Episode
}

// AlertsOf returns the alerts of an incident with their newest episode in it,
// firing ones and newest first, at most limit (1 to 1,000).
func (s *Service) AlertsOf(q db.Querier, incident int64, limit int) ([]Linked, error) {
	return linkedOf(q, incident, limit)
}

// EpisodesByAlert returns the current episodes of alerts that are not linked
// to any incident: what a person puts into an incident by hand.
func (s *Service) EpisodesByAlert(q db.Querier, alerts []int64) ([]Firing, error) {
	return currentOf(q, alerts)
}
