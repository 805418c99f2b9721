package app

import (
	"cmp"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// wireCatalog is what the catalog and its scorecards ask of others.
func (a *App) wireCatalog() {
	a.Catalog.People = neighbours{a}
	a.Scorecards.Kick = a.jobs.Kick
	a.Scorecards.Provide(a.ownerFacts, "owner.people")
	a.Scorecards.Provide(a.dutyFacts, "oncall.policy", "oncall.people", "oncall.gap_hours")
	a.Scorecards.Provide(a.incidentFacts, "incidents.open", "incidents.days_30", "incidents.days_90", "incidents.severe_days_90")
	a.Scorecards.Provide(a.alertFacts, "alerts.firing")
	a.Scorecards.Provide((&mapFactsOf{a: a}).gather, "map.items", "map.differences", "certificates.days_left")
}

func namesOf(list []catalog.Service) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Name
	}
	return out
}

// people says how many there are.
func people(n int) scorecard.Value {
	if n == 1 {
		return scorecard.Number(1, "person")
	}
	return scorecard.Number(n, "people")
}

func (a *App) ownerFacts(q db.Querier, list []catalog.Service, _ time.Time) (map[string]scorecard.Values, error) {
	out, teams := map[string]scorecard.Values{}, map[string]int{}
	for _, s := range list {
		n, seen := teams[s.Team]
		if !seen {
			members, err := auth.Teammates(q, s.Team)
			if err != nil {
				return nil, err
			}
			for _, m := range members {
				if m.Enabled {
					n++
				}
			}
			teams[s.Team] = n
		}
		out[s.Name] = scorecard.Values{"owner.people": people(n)}
	}
	return out, nil
}

// dutyFacts asks the policy that serves a service. Whom it names besides
// schedules is there at any hour; conditions of steps are left out of account.
func (a *App) dutyFacts(q db.Querier, list []catalog.Service, now time.Time) (map[string]scorecard.Values, error) {
	book, err := a.OnCall.Schedules(q)
	if err != nil {
		return nil, err
	}
	out, policies := map[string]scorecard.Values{}, map[string]scorecard.Values{}
	for _, s := range list {
		p, ok, err := a.Escalation.ServingOf(q, s.Name, s.Team)
		if err != nil {
			return nil, err
		}
		if !ok {
			none := scorecard.Unknown("no escalation policy")
			out[s.Name] = scorecard.Values{"oncall.policy": scorecard.Yes(false, "", "none"), "oncall.people": none, "oncall.gap_hours": none}
			continue
		}
		key := p.Name + " " + s.Team
		if policies[key] == nil {
			if policies[key], err = a.dutyOf(q, book, p.Spec, s.Team, now); err != nil {
				return nil, err
			}
			policies[key]["oncall.policy"] = scorecard.Yes(true, cmp.Or(p.Spec.Title, p.Name), "")
		}
		out[s.Name] = policies[key]
	}
	return out, nil
}

func (a *App) dutyOf(q db.Querier, book *oncall.Book, spec escalation.Spec, team string, now time.Time) (scorecard.Values, error) {
	crew, always := map[string]bool{}, false
	schedules := spec.Schedules()
	for _, name := range schedules {
		for _, p := range book.Crew(name) {
			crew[ref.N(ref.Person, p).String()] = true
		}
	}
	for _, step := range spec.Steps {
		for _, t := range step.Notify {
			switch {
			case t.Person != "":
				always = true
				crew[t.Person] = true
			case t.Role != "" || t.Team != "":
				members, err := auth.Teammates(q, cmp.Or(t.Team, team))
				if err != nil {
					return nil, err
				}
				for _, m := range members {
					if m.Enabled && (t.Role == "" || string(m.Role) == t.Role) {
						always = always || t.Role == "" || t.Role == "member" || t.Role == "lead"
						crew[ref.N(ref.Person, m.Person).String()] = true
					}
				}
			}
		}
	}
	gap := scorecard.Number(0, "").Said("covered")
	if len(schedules) > 0 { // that a lead would be told in the end is no cover
		if h := gapHours(book, schedules, now); h > 0 {
			gap = scorecard.Number(h, "h gap")
		}
	} else if !always {
		gap = scorecard.Unknown("the policy names no schedule and nobody")
	}
	return scorecard.Values{"oncall.people": people(len(crew)), "oncall.gap_hours": gap}, nil
}

// gapHours counts the hours of the next week, begun ones whole, in which none
// of the schedules has anybody.
func gapHours(book *oncall.Book, schedules []string, now time.Time) int {
	type span struct{ from, to time.Time }
	end := now.Add(holesAhead)
	gaps := []span{{now, end}}
	for _, name := range schedules {
		r, ok := book.Rota(name)
		if !ok {
			continue
		}
		var left []span
		for _, d := range r.Between(now, end) {
			if !d.Gap() {
				continue
			}
			for _, g := range gaps {
				from, to := g.from, g.to
				if d.From.After(from) {
					from = d.From
				}
				if !d.Until.IsZero() && d.Until.Before(to) {
					to = d.Until
				}
				if from.Before(to) {
					left = append(left, span{from, to})
				}
			}
		}
		slices.SortFunc(left, func(x, y span) int { return x.from.Compare(y.from) })
		gaps = left
	}
	var sum time.Duration
	for _, g := range gaps {
		sum += g.to.Sub(g.from)
	}
	return int((sum + time.Hour - 1) / time.Hour)
}

func (a *App) incidentFacts(q db.Querier, list []catalog.Service, now time.Time) (map[string]scorecard.Values, error) {
	counts, err := incidentsOf(q, namesOf(list), now)
	out := map[string]scorecard.Values{}
	for _, s := range list {
		c := counts[s.Name]
		out[s.Name] = scorecard.Values{"incidents.open": scorecard.Number(c.open, "open"), "incidents.days_30": scorecard.Number(c.month, "in 30 d"),
			"incidents.days_90": scorecard.Number(c.quarter, "in 90 d"), "incidents.severe_days_90": scorecard.Number(c.severe, "in 90 d")}
	}
	return out, err
}

func (a *App) alertFacts(q db.Querier, list []catalog.Service, _ time.Time) (map[string]scorecard.Values, error) {
	counts, err := firingOf(q, namesOf(list))
	out := map[string]scorecard.Values{}
	for _, s := range list {
		out[s.Name] = scorecard.Values{"alerts.firing": scorecard.Number(counts[s.Name].n, "firing")}
	}
	return out, err
}
