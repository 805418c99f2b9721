package incident

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Handled is how an incident was dealt with, for measures of other practices.
type Handled struct {
	ID            int64
	Team, Title   string
	Priority      Priority
	State         State
	TriggeredAt   time.Time
	Measures      Measures
	Acknowledged  int64 // who acknowledged first; 0: nobody, or a machine
	ActedUpon     bool  // a person acknowledged, mitigated or resolved it
	AcknowledgeAt time.Time
}

const handledCols = `SELECT i.id, i.team, i.title, i.priority, i.state, i.started_at, i.triggered_at, i.acknowledged_at, i.mitigated_at, i.resolved_at, i.reopened, i.reassigned, i.steps
FROM incident i WHERE `

const handledOfTeam = handledCols + `i.team <> '' AND i.team = $1 AND i.priority IN (1, 2, 3, 4) AND i.triggered_at >= $2 AND i.triggered_at < $3`

// HandledOf returns the incidents of a team that were triggered in [from, to),
// oldest first, as far as the actor may know of them. It checks no permission.
func (s *Service) HandledOf(q db.Querier, who actor.Actor, team string, from, to time.Time) ([]Handled, error) {
	args := []any{team, db.Micros(from), db.Micros(to)}
	cond := visible(who, &args)
	return db.Collect(q, scanHandled, handledOfTeam+cond+" ORDER BY i.triggered_at, i.id", args...)
}

// HandledBy returns incidents by their ids, like HandledOf.
func (s *Service) HandledBy(q db.Querier, who actor.Actor, ids []int64) (out []Handled, err error) {
	for part := range chunks(ids) {
		args := db.Args(part)
		cond := visible(who, &args)
		list, err := db.Collect(q, scanHandled, handledCols+"i.id IN "+db.In(1, len(part))+cond+" ORDER BY i.id", args...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func scanHandled(r *db.Rows) (h Handled, err error) {
	var i Incident
	var started, triggered, acknowledged, mitigated, resolved int64
	var steps string
	if err = r.Scan(&h.ID, &h.Team, &h.Title, &h.Priority, &h.State, &started, &triggered, &acknowledged, &mitigated, &resolved, &i.Reopened, &i.Reassigned, &steps); err != nil {
		return h, err
	}
	i.StartedAt, i.TriggeredAt, i.AcknowledgedAt, i.MitigatedAt, i.ResolvedAt = db.Time(started), db.Time(triggered), db.Time(acknowledged), db.Time(mitigated), db.Time(resolved)
	h.TriggeredAt, h.AcknowledgeAt, h.Measures = i.TriggeredAt, i.AcknowledgedAt, MeasuresOf(i)
	tape, err := decodeSteps(steps)
	for _, s := range tape {
		switch s.Kind {
		case StepAcknowledged, StepMitigated, StepResolved:
			h.ActedUpon = h.ActedUpon || s.Person != 0
			if h.Acknowledged == 0 && s.Kind == StepAcknowledged {
				h.Acknowledged = s.Person
			}
		}
	}
	return h, err
}
