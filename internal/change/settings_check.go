package change

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// checkSettings refuses what cannot be meant.
func (s *Service) checkSettings(q db.Querier, p Settings) error {
	var bad errs.Fields
	for n, e := range p.Environments {
		if e != strings.ToLower(strings.TrimSpace(e)) || e == "" || len(e) > 100 {
			bad.Add(fmt.Sprintf("environments[%d]", n), errs.Short(e), "use the environment's name in lower case, like production")
		}
	}
	p.Thresholds.check(&bad)
	for _, x := range []struct {
		field    string
		is       Duration
		min, max time.Duration
	}{{"approvalExpiry", p.ApprovalExpiry, time.Hour, 90 * Day}, {"verification", p.Verification, time.Minute, 7 * Day},
		{"reworkWithin", p.ReworkWithin, time.Hour, 90 * Day}, {"remind", p.Remind, time.Minute, 7 * Day}} {
		if time.Duration(x.is) < x.min || time.Duration(x.is) > x.max {
			bad.Add(x.field, x.is.String(), fmt.Sprintf("use a duration from %s to %s", Duration(x.min), Duration(x.max)))
		}
	}
	oneOf(&bad, "unknownService", p.UnknownService, []string{Propose, Refuse})
	oneOf(&bad, "requireRollbackPlan", p.RequireRollbackPlan, []string{"low", "medium", "high", "never"})
	if p.ReviewDays < 1 || p.ReviewDays > 60 {
		bad.Add("reviewDays", strconv.Itoa(p.ReviewDays), "use 1 to 60 business days")
	}
	for n, x := range p.Pushes {
		if _, err := path.Match(x.Repository, ""); err != nil || x.Repository == "" {
			bad.Add(fmt.Sprintf("pushes[%d].repository", n), errs.Short(x.Repository), "name a repository, like harbour/checkout or harbour/*")
		}
		if x.Branch == "" || x.Environment == "" {
			bad.Add(fmt.Sprintf("pushes[%d]", n), errs.Short(x.Repository), "give its branch and environment")
		}
	}
	seen := map[string]bool{}
	for n, x := range p.Metrics {
		at := fmt.Sprintf("metrics[%d].", n)
		if x.Name == "" || len(x.Name) > 100 || seen[x.Name] {
			bad.Add(at+"name", errs.Short(x.Name), "give each metric a name of its own, at most 100 bytes")
		}
		seen[x.Name] = true
		if !strings.Contains(x.Query, "{service}") || len(x.Query) > 4000 {
			bad.Add(at+"query", errs.Short(x.Query), "write a PromQL query with {service} in it, like rate(http_errors_total{job=\"{service}\"}[1m])")
		}
		if x.Worse != "" {
			oneOf(&bad, at+"worse", x.Worse, []string{"higher", "lower"})
		}
		if x.Effect < 0 || x.P < 0 || x.P >= 1 {
			bad.Add(at+"p", strconv.FormatFloat(x.P, 'g', -1, 64), "use a p between 0 and 1 and an effect of 0 or more")
		}
	}
	if s.People != nil {
		for n, handle := range p.Board.People {
			if _, ok, err := s.People.PersonOf(q, handle); err != nil {
				return err
			} else if !ok {
				bad.Add(fmt.Sprintf("board.people[%d]", n), errs.Short(handle), "name an active person by handle")
			}
		}
		for n, team := range p.Board.Teams {
			if ok, err := s.People.TeamExists(q, team); err != nil {
				return err
			} else if !ok {
				bad.Add(fmt.Sprintf("board.teams[%d]", n), errs.Short(team), "name a team that exists")
			}
		}
	}
	return bad.Err()
}
