package scorecard

import (
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
)

// ownNames are the facts that the catalog itself knows.
var ownNames = []string{"service.name", "service.team", "service.tier", "service.lifecycle", "promise.written", "description.written", "users.count", "raci.count",
	"repository.count", "runbook.count", "runbook.age_days", "dependencies.count", "dependencies.dangling", "contract.days_left"}

// own gathers them.
func (s *Service) own(q db.Querier, list []catalog.Service, now time.Time) (map[string]Values, error) {
	out := make(map[string]Values, len(list))
	for _, svc := range list {
		needs, err := s.catalog.NeedsOf(q, svc)
		if err != nil {
			return nil, err
		}
		v := identity(svc)
		v["promise.written"] = Yes(svc.Promise != "", "", "none")
		v["description.written"] = Yes(svc.Description != "", "", "none")
		v["users.count"] = Number(len(svc.Users), "")
		v["raci.count"] = Number(len(svc.Raci), "")
		repos := len(svc.Repositories)
		for _, l := range svc.Links {
			if l.Kind == catalog.Repository {
				repos++
			}
		}
		v["repository.count"] = Number(repos, "")
		v["dependencies.count"] = Number(len(needs), "declared")
		v["dependencies.dangling"] = dangling(needs)
		v["runbook.count"], v["runbook.age_days"] = runbooks(svc, now)
		v["contract.days_left"] = contract(svc, now)
		out[svc.Name] = v
	}
	return out, nil
}

// identity is what a card can ask to see whether it applies.
func identity(svc catalog.Service) Values {
	return Values{
		"service.name": Word(svc.Name), "service.team": Word(svc.Team), "service.lifecycle": Word(string(svc.Lifecycle)),
		"service.tier": Number(svc.Tier, "").Said(fmt.Sprintf("tier %d", svc.Tier)),
	}
}

func dangling(needs []catalog.Need) Value {
	n, first := 0, ""
	for _, x := range needs {
		if x.Dangling {
			if n++; first == "" {
				first = x.On
			}
		}
	}
	switch v := Number(n, ""); n {
	case 0:
		return v.Said("all known")
	case 1:
		return v.Said("no service " + first)
	default:
		return v.Said(fmt.Sprintf("no service %s, and %d more", first, n-1))
	}
}

// runbooks counts them and finds the one that nobody read for longest. One
// without a day was never said to be right: how old it is, is unknown.
func runbooks(svc catalog.Service, now time.Time) (count, age Value) {
	n, oldest, undated := 0, -1, ""
	for _, l := range svc.Links {
		if l.Kind != catalog.Runbook {
			continue
		}
		n++
		days, ok := daysSince(l.Checked, now)
		if !ok {
			undated = l.Title
			if undated == "" {
				undated = "the runbook"
			}
			continue
		}
		oldest = max(oldest, days)
	}
	count = Number(n, "")
	switch {
	case n == 0:
		return count.Said("none"), Unknown("there is no runbook")
	case undated != "":
		return count, Unknown("no day on “" + undated + "”")
	case oldest == 0:
		return count, Number(0, "").Said("today")
	default:
		return count, Number(oldest, "d ago")
	}
}

func contract(svc catalog.Service, now time.Time) Value {
	if svc.Sourcing == nil || svc.Sourcing.Ends == "" {
		return Nothing("no contract is recorded")
	}
	days, ok := daysSince(svc.Sourcing.Ends, now)
	if !ok {
		return Unknown("the day is not understood")
	}
	return Number(-days, "d left")
}

// daysSince counts whole days from a day to now, in UTC; below zero when it is
// to come.
func daysSince(day string, now time.Time) (int, bool) {
	t, err := time.Parse(catalog.Day, day)
	if err != nil {
		return 0, false
	}
	return int(now.UTC().Truncate(24*time.Hour).Sub(t) / (24 * time.Hour)), true
}
