package escalation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Suppose is an incident that has not happened.
type Suppose struct {
	At       time.Time // zero = now
	Priority string    // "" = P1
	Team     string    // "" = the first that the policy serves
	Service  string
	Alerts   int // firing; 0 = 1
}

// Foreseen is who would be told when.
type Foreseen struct {
	Suppose
	Stages []Stage
	Names  map[int64]string
}

// Preview says who would be told when, if such an incident opened and nobody
// acknowledged it. A nil spec previews the policy as it is stored; else the
// spec, which is checked like a save and stored nowhere. Errors: NotFound;
// Invalid.
func (s *Service) Preview(ctx context.Context, name string, spec *Spec, in Suppose) (out Foreseen, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return out, errs.Wrap("escalation.preview", err)
	}
	if in.Priority != "" && !slices.Contains(priorities, in.Priority) {
		return out, errs.Wrap("escalation.preview", errs.BadField("priority", in.Priority, "use P1, P2, P3 or P4"))
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		if in.At.IsZero() {
			if in.At, err = s.DB.Now(ctx); err != nil {
				return err
			}
		}
		var x Spec
		if spec != nil {
			x, err = s.checked(q, cmp.Or(name, "new"), *spec, false)
		} else {
			var p Stored
			var ok bool
			if p, ok, err = find(q, name, ""); err == nil && !ok {
				err = noPolicy(name)
			}
			x = p.Spec
		}
		if err != nil {
			return err
		}
		p, err := s.compile(q, cmp.Or(name, "new"), x, true)
		if err != nil {
			return err
		}
		out, err = s.suppose(q, p, x, in)
		return err
	})
	return out, errs.Wrap("escalation.preview", err)
}

func (s *Service) suppose(q db.Querier, p *Plan, x Spec, in Suppose) (out Foreseen, err error) {
	in.Priority, in.Alerts = cmp.Or(in.Priority, "P1"), cmp.Or(in.Alerts, 1)
	if in.Team == "" && len(x.Teams) > 0 {
		in.Team = x.Teams[0]
	}
	if in.Service == "" && len(x.Services) > 0 {
		in.Service = x.Services[0]
	}
	out.Suppose = in
	i := Incident{Priority: in.Priority, Team: in.Team, Service: in.Service, Triggered: true, Pages: in.Priority < "P3", Alerts: in.Alerts, Since: in.At, State: "triggered"}
	if !i.Pages {
		out.Names = map[int64]string{}
		return out, nil
	}
	f, fault := s.facts(q, p, Ladder{}, i, time.Time{}, in.At)
	acts, l := p.Begin(Ladder{}, f, in.At, "")
	if err := fault(); err != nil {
		return out, err
	}
	for _, a := range acts {
		if st, ok := stage(a, in.At); ok {
			out.Stages = append(out.Stages, st)
		}
	}
	if l.State == Climbing {
		more, err := s.foresee(q, p, l, i, in.At)
		if err != nil {
			return out, err
		}
		out.Stages = append(out.Stages, more...)
	}
	var ids []int64
	for _, st := range out.Stages {
		ids = append(ids, st.People...)
	}
	slices.Sort(ids)
	out.Names, err = s.Directory.Names(q, slices.Compact(ids))
	return out, err
}
