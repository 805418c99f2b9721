package alert

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// maxAttach bounds what one person moves at once: what fits on a page.
const maxAttach = 500

// Attach puts the current episodes of alerts into an incident by hand, taking
// them out of another where they were. Alerts that are in it already stay.
// Errors: NotFound (incident not visible), Invalid, Conflict (an alert is in an
// incident that the actor may not see).
func (s *Service) Attach(ctx context.Context, incident int64, alerts []int64) error {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return err
	}
	if len(alerts) == 0 || len(alerts) > maxAttach {
		return errs.BadField("alerts", "", "choose 1 to 500 alerts")
	}
	err = s.db.Write(ctx, who, "alerts linked by hand", func(tx *db.Tx) error {
		tx.Unrecorded("all alerts were in the incident already")
		to := incident
		if err := s.hide(ctx, tx, &to); err != nil {
			return err
		}
		if to == 0 {
			return errs.E(errs.NotFound, "there is no such incident").On(ref.N(ref.Incident, incident).String())
		}
		current, err := currentOf(tx, alerts)
		if err != nil {
			return err
		}
		links := map[int64]int64{}
		var moved []Firing
		for _, f := range current {
			if f.IncidentID == incident {
				continue
			}
			if from := f.IncidentID; from != 0 {
				if err := s.hide(ctx, tx, &from); err != nil {
					return err
				}
				if from == 0 { // restricted: nobody takes alerts out of what they may not see
					return errs.E(errs.Conflict, "this alert cannot be linked by you").On(ref.N(ref.Alert, f.AlertID).String())
				}
			}
			links[f.EpisodeID] = incident
			moved = append(moved, f)
			it, episode, err := digestRow(tx, f.AlertID)
			if err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "alert.linked", Record: ref.N(ref.Alert, f.AlertID), Version: it.version, After: it.digest(episode),
				Data: map[string]any{"incident": ref.N(ref.Incident, incident).String(), "episode": f.EpisodeID}})
		}
		if err := s.LinkEpisodes(tx, links); err != nil || len(moved) == 0 || s.Attached == nil {
			return err
		}
		return s.Attached(tx, incident, moved)
	})
	return errs.Wrap("alert.attach", err)
}

// OfIncident is AlertsOf for a page: none when the actor may not see the
// incident. limit is 1 to 1,000.
func (s *Service) OfIncident(ctx context.Context, incident int64, limit int) (list []Linked, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		seen := incident
		if err := s.hide(ctx, q, &seen); err != nil || seen == 0 {
			return err
		}
		list, err = linkedOf(q, incident, limit)
		return err
	})
	return list, errs.Wrap("alert.of-incident", err)
}

// CountFiring returns how many alerts fire, and how many of them no incident
// holds though nothing holds them back; each stops at CountLimit.
func (s *Service) CountFiring(ctx context.Context) (firing, loose int, err error) {
	if firing, _, err = s.Count(ctx, Filter{Status: StatusFiring}); err != nil {
		return 0, 0, err
	}
	loose, _, err = s.Count(ctx, Filter{NoIncident: true})
	return firing, loose, err
}
