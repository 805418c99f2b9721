package escalation

import (
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// moment is what resolving a step depends on.
type moment struct {
	team string // that owns the incident
	turn int64  // of round robin: the ladder's turn and its round
	at   time.Time
}

// reach finds out who a step tells at a moment. It answers for times to come
// as well: schedules are pure functions of time.
func (s *Service) reach(q db.Querier, step Step, m moment) (r Reach, err error) {
	lack := func(format string, args ...any) { r.Lacks = append(r.Lacks, fmt.Sprintf(format, args...)) }
	for _, t := range step.Targets {
		var people []int64
		switch t.Kind {
		case OfSchedule, OfNext:
			if people, err = s.onCall(q, t, m.at, lack); err != nil {
				return r, err
			}
		case OfTeam, OfRole:
			team, role := t.Name, t.Role
			if t.Kind == OfRole {
				team, role = m.team, t.Name
			}
			if people, err = s.teamPeople(q, team, rolesOf(role)); err != nil {
				return r, err
			}
			switch {
			case len(people) > 0:
			case team == "":
				lack("no team owns the incident, so it has no %s", role)
			case role == "":
				lack("team %s has nobody who may sign in", team)
			default:
				lack("team %s has no %s who may sign in", team, role)
			}
		case OfPerson:
			id, err := ref.ID(ref.Person, t.Name)
			if err != nil {
				return r, err
			}
			if people, err = s.active(q, []int64{id}); err != nil {
				return r, err
			}
			if len(people) == 0 {
				lack("%s may not sign in any more", t.Name)
			}
		case OfChannel:
			known, err := db.Remember(q, channelKey(t.Name), func() (bool, error) { return s.Directory.KnowsChannel(q, t.Name) })
			if err != nil {
				return r, err
			}
			if known {
				r.Channels = append(r.Channels, t.Name)
			} else {
				lack("there is no channel %s any more", t.Name)
			}
		}
		for _, p := range people {
			if !slices.Contains(r.People, p) {
				r.People = append(r.People, p)
			}
		}
	}
	if n := int64(len(r.People)); step.RoundRobin && n > 1 {
		r.People = []int64{r.People[((m.turn%n)+n)%n]}
	}
	return r, nil
}

type (
	channelKey string
	dutyKey    struct {
		kind TargetKind
		name string
		at   time.Time
	}
	crewKey   struct{ team, roles string }
	activeKey int64
)

// onCall asks a schedule.
func (s *Service) onCall(q db.Querier, t Target, at time.Time, lack func(string, ...any)) ([]int64, error) {
	type duty struct {
		people []int64
		why    string
	}
	d, err := db.Remember(q, dutyKey{t.Kind, t.Name, at}, func() (d duty, err error) {
		known, err := s.Rota.Exists(q, t.Name)
		if err != nil {
			return d, err
		}
		if !known {
			d.why = "there is no schedule " + t.Name + " any more"
			return d, nil
		}
		var until time.Time
		if t.Kind == OfNext {
			d.people, _, err = s.Rota.NextOnCall(q, t.Name, at)
			d.why = "nobody follows in schedule " + t.Name
		} else {
			d.people, until, err = s.Rota.OnCall(q, t.Name, at)
			d.why = "schedule " + t.Name + " has nobody on call"
			if len(d.people) == 0 && !until.IsZero() {
				d.why += " until " + until.UTC().Format("Mon 2 Jan 15:04 UTC")
			}
		}
		if err != nil || len(d.people) == 0 {
			return d, err
		}
		if d.people, err = s.Directory.Active(q, d.people); err == nil && len(d.people) == 0 {
			d.why = "whoever schedule " + t.Name + " names may not sign in"
		}
		return d, err
	})
	if err == nil && len(d.people) == 0 {
		lack("%s", d.why)
	}
	return d.people, err
}

func (s *Service) teamPeople(q db.Querier, team string, roles []string) ([]int64, error) {
	if team == "" {
		return nil, nil
	}
	return db.Remember(q, crewKey{team, fmt.Sprint(roles)}, func() ([]int64, error) { return s.Directory.TeamPeople(q, team, roles) })
}

func (s *Service) active(q db.Querier, ids []int64) ([]int64, error) {
	if len(ids) == 1 {
		return db.Remember(q, activeKey(ids[0]), func() ([]int64, error) { return s.Directory.Active(q, ids) })
	}
	return s.Directory.Active(q, ids)
}

// last is the last resort of an incident: leads and manager of its team; its
// members when it has none of those; in the end whoever administers.
func (s *Service) last(q db.Querier, team string) (r Reach, err error) {
	for _, roles := range [][]string{{"lead", "manager"}, {"member"}, {"executive"}} {
		if r.People, err = s.teamPeople(q, team, roles); err != nil || len(r.People) > 0 {
			return r, err
		}
	}
	r.People, err = s.Directory.Admins(q)
	return r, err
}

// facts gathers what a climb depends on. Its functions remember the first
// error, which fault returns.
func (s *Service) facts(q db.Querier, p *Plan, l Ladder, i Incident, progress, at time.Time) (f Facts, fault func() error) {
	var first error
	keep := func(err error) {
		if first == nil {
			first = err
		}
	}
	m := moment{team: i.Team, at: at}
	reach := func(n int) Reach {
		m.turn = l.Turn + int64(l.Round)
		r, err := s.reach(q, p.Steps[n], m)
		keep(err)
		return r
	}
	return Facts{
		Incident: i, Progress: progress, Reach: reach,
		Business: func() bool {
			open, err := s.Directory.OpenAt(q, i.Team, at)
			keep(err)
			return open
		},
		Last: func() Reach {
			r, err := s.last(q, i.Team)
			keep(err)
			return r
		},
		Takers: func() Reach {
			people, err := s.active(q, i.OnIt)
			keep(err)
			if len(people) > 0 {
				return Reach{People: people}
			}
			for n := range p.Steps {
				if r := reach(n); len(r.People) > 0 {
					return r
				}
			}
			r, err := s.last(q, i.Team)
			keep(err)
			return r
		},
	}, func() error { return first }
}
