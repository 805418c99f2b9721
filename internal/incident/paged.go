package incident

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
)

// Paged is a moment at which people were to be paged about an incident.
type Paged struct {
	ID   int64
	At   time.Time
	What string // the step of the tape: "triggered", "priority", "notice of response" …
}

const (
	pagedFor   = 24 * time.Hour // how far back Paged looks
	pagedGrace = time.Minute    // what is younger may still be on its way
	pagedMost  = 100            // incidents looked at: the worst, and of them the newest
)

// Paged says when people were to be paged about what is open now, for a
// watchdog that compares it with the messages there are. It knows nothing of
// events and wording: it reads the clocks' tape, on which every step stands,
// and what the priority of that moment promises. It says nothing where the
// present row does not tell what held then: about incidents that a person gave
// to another team, who therefore know, and those that no team owns.
func (s *Service) Paged(q db.Querier, now time.Time) (out []Paged, err error) {
	open := true
	places, err := listPlaces(q, Filter{Open: &open, Sort: ByPriority, From: now.Add(-pagedFor)}, actor.Job("watchdog"), cursor{}, pagedMost)
	if err != nil {
		return nil, err
	}
	list, err := inOrder(q, places)
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if i.Team == "" || i.Reassigned > 0 {
			continue
		}
		m, err := s.matrix(q, i.Matrix)
		if err != nil {
			return nil, err
		}
		if i.Restricted { // only the viewers are told
			v, err := getViewers(q, i.ID)
			if err != nil {
				return nil, err
			}
			if len(v.People) == 0 && len(v.Roles) == 0 {
				continue
			}
		}
		for _, p := range i.paged(m) {
			if !p.At.After(now.Add(-pagedGrace)) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// paged goes along the tape. Steps of one moment are one transaction and one
// look at the policy: that of the priority it ended with.
func (i Incident) paged(m *Matrix) (out []Paged) {
	var was, is Priority
	for n, step := range i.Steps {
		if step.Priority != 0 {
			was, is = is, step.Priority
		}
		what := string(step.Kind)
		switch {
		case step.Kind == StepTriggered, step.Kind == StepReopened, step.Kind == StepResumed:
			if step.Quiet {
				continue
			}
		case step.Kind == StepPriority && is < was:
		case step.Kind == StepNotice && step.Clock != UpdateClock:
			what += " of " + string(step.Clock)
		default:
			continue
		}
		last := is
		for _, later := range i.Steps[n+1:] {
			if later.At.Equal(step.At) && later.Priority != 0 {
				last = later.Priority
			}
		}
		if t := m.Policy(last).Tell; t.When == Page && t.Team && (len(out) == 0 || !out[len(out)-1].At.Equal(step.At)) {
			out = append(out, Paged{i.ID, step.At, what})
		}
	}
	return out
}
