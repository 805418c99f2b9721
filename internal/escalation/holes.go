package escalation

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Hole is a policy, or a step of one, that would reach nobody now, though it
// did when it was saved: somebody left, a schedule ran out.
type Hole struct {
	Policy string
	Title  string
	Step   int  // from 1, as the policy is written out; 0 = the whole policy
	All    bool // no step reaches anybody: only leads and manager would be reminded
	Why    string
}

// Ref is the policy with the hole.
func (h Hole) Ref() ref.Ref { return ref.S(ref.Escalation, h.Policy) }

// Holes returns the holes of all policies at a moment, the worst first. It
// checks no permission: it is for pages and the watchdog.
func (s *Service) Holes(q db.Querier, now time.Time) (out []Hole, err error) {
	var some []Hole
	for after := ""; ; {
		part, err := list(q, after, 500)
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			return append(out, some...), nil
		}
		for _, p := range part {
			after = p.Name
			holes, all, err := s.holes(q, p, now)
			switch {
			case err != nil:
				return nil, err
			case all:
				out = append(out, Hole{Policy: p.Name, Title: p.Title(), All: true, Why: holes[0].Why})
			default:
				some = append(some, holes...)
			}
		}
	}
}

// holes looks at one policy: each step, for each team that it serves.
func (s *Service) holes(q db.Querier, p Stored, now time.Time) (out []Hole, all bool, err error) {
	plan, err := s.compile(q, p.Name, p.Spec, false)
	if errs.Is(err, errs.Invalid) { // a policy that it names was taken away behind its back
		return []Hole{{Policy: p.Name, Title: p.Title(), Why: "it names a policy that is not there any more"}}, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	teams := p.Spec.Teams
	if len(teams) == 0 {
		teams = []string{""}
	}
	empty := 0
	for n, step := range plan.Steps {
		for _, team := range teams {
			if team == "" && onlyRoles(step) {
				continue // whose role it is, only an incident says
			}
			r, err := s.reach(q, step, moment{team: team, at: now})
			if err != nil {
				return nil, false, err
			}
			if r.Nobody() {
				out = append(out, Hole{Policy: p.Name, Title: p.Title(), Step: n + 1, Why: strings.Join(r.Lacks, "; ")})
				empty++
				break
			}
		}
	}
	return out, empty == len(plan.Steps), nil
}

func onlyRoles(s Step) bool {
	for _, t := range s.Targets {
		if t.Kind != OfRole {
			return false
		}
	}
	return true
}

// HolesNow is Holes for people.
func (s *Service) HolesNow(ctx context.Context) (out []Hole, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("escalation.holes", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		now, err := s.DB.Now(ctx)
		if err == nil {
			out, err = s.Holes(q, now)
		}
		return err
	})
	return out, errs.Wrap("escalation.holes", err)
}

// PersonsNamed are the people whom policies name themselves, each with one of
// those policies.
func (s *Service) PersonsNamed(q db.Querier) (map[int64]string, error) {
	out := map[int64]string{}
	for after := ""; ; {
		part, err := list(q, after, 500)
		if err != nil || len(part) == 0 {
			return out, err
		}
		for _, p := range part {
			after = p.Name
			for _, step := range p.Spec.Steps {
				for _, t := range step.Notify {
					if id, err := ref.ID(ref.Person, t.Person); err == nil && t.Person != "" {
						out[id] = p.Name
					}
				}
			}
		}
	}
}
