package change

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// Levels are the figures that rules of policy compare with (policy.Settings);
// what is absent is as the policy that comes with the program has it.
type Levels struct {
	Medium           int      `json:"medium,omitempty"`           // risk score from which a peer reviews; default 40
	High             int      `json:"high,omitempty"`             // risk score from which the board does; default 70
	Peers            int      `json:"peers,omitempty"`            // how many for medium risk; default 1
	Board            int      `json:"board,omitempty"`            // how many of the board for high risk; default 1
	LowBudget        float64  `json:"lowBudget,omitempty"`        // share of the error budget below which an owner approves; default 0.25
	SpentAllows      []string `json:"spentAllows,omitempty"`      // purposes that go on when it is spent
	BoundaryServices int      `json:"boundaryServices,omitempty"` // so many other services are hit: an owner approves; default 5
	BoundaryTeams    int      `json:"boundaryTeams,omitempty"`    // so many other teams are hit: an owner approves; default 2
	ReviewTier       *int     `json:"reviewTier,omitempty"`       // services of this tier and below it always get a peer; default none (-1)
	IncidentPriority int      `json:"incidentPriority,omitempty"` // open incidents of this priority and above it ask an owner; default 2
}

func defaultLevels() Levels { return Levels{}.complete() }

func (l Levels) complete() Levels {
	d := policy.Defaults()
	or(&l.Medium, d.Medium)
	or(&l.High, d.High)
	or(&l.Peers, d.Peers)
	or(&l.Board, d.Board)
	or(&l.LowBudget, d.LowBudget)
	or(&l.BoundaryServices, d.BoundaryServices)
	or(&l.BoundaryTeams, d.BoundaryTeams)
	or(&l.IncidentPriority, d.IncidentPriority)
	if l.SpentAllows == nil {
		l.SpentAllows = d.SpentAllows
	}
	if l.ReviewTier == nil {
		l.ReviewTier = &d.ReviewTier
	}
	return l
}

// short leaves out what equals the default.
func (l Levels) short() Levels {
	d := policy.Defaults()
	unless(&l.Medium, d.Medium)
	unless(&l.High, d.High)
	unless(&l.Peers, d.Peers)
	unless(&l.Board, d.Board)
	unless(&l.LowBudget, d.LowBudget)
	unless(&l.BoundaryServices, d.BoundaryServices)
	unless(&l.BoundaryTeams, d.BoundaryTeams)
	unless(&l.IncidentPriority, d.IncidentPriority)
	if len(l.SpentAllows) == 0 || fmt.Sprint(l.SpentAllows) == fmt.Sprint(d.SpentAllows) {
		l.SpentAllows = nil
	}
	if l.ReviewTier != nil && *l.ReviewTier == d.ReviewTier {
		l.ReviewTier = nil
	}
	return l
}

// Policy is what the settings say to the rules of policy.
func (s Settings) Policy() policy.Settings {
	l := s.Thresholds.complete()
	from := map[string]int{"low": 0, "medium": l.Medium, "high": l.High, "never": 101}[cmp.Or(s.RequireRollbackPlan, "high")]
	return policy.Settings{RollbackFrom: from, Medium: l.Medium, High: l.High, Peers: l.Peers, Board: l.Board, LowBudget: l.LowBudget, SpentAllows: l.SpentAllows,
		BoundaryServices: l.BoundaryServices, BoundaryTeams: l.BoundaryTeams, ReviewTier: *l.ReviewTier, IncidentPriority: l.IncidentPriority, Verify: s.Verification.String()}
}

// RiskLevels returns from which score on a risk is medium and high. It checks
// no permission.
func (s *Service) RiskLevels(q db.Querier) (medium, high int, err error) {
	p, err := s.settings(q)
	return p.Thresholds.Medium, p.Thresholds.High, err
}

// PolicySettings is what the settings say to the rules of policy, as they are
// in this snapshot or transaction. It checks no permission.
func (s *Service) PolicySettings(q db.Querier) (policy.Settings, error) {
	p, err := s.settings(q)
	return p.Policy(), err
}

func (l Levels) check(bad *errs.Fields) {
	if l.Medium < 1 || l.Medium >= l.High {
		bad.Add("thresholds.medium", strconv.Itoa(l.Medium), "use a score of 1 or more that is below thresholds.high")
	}
	if l.High > 100 {
		bad.Add("thresholds.high", strconv.Itoa(l.High), "use a score of at most 100")
	}
	for _, x := range []struct {
		field   string
		is, max int
	}{{"peers", l.Peers, 10}, {"board", l.Board, 10}, {"boundaryServices", l.BoundaryServices, 10_000}, {"boundaryTeams", l.BoundaryTeams, 10_000}, {"incidentPriority", l.IncidentPriority, 4}} {
		if x.is < 1 || x.is > x.max {
			bad.Add("thresholds."+x.field, strconv.Itoa(x.is), fmt.Sprintf("use 1 to %d", x.max))
		}
	}
	if l.LowBudget <= 0 || l.LowBudget >= 1 {
		bad.Add("thresholds.lowBudget", strconv.FormatFloat(l.LowBudget, 'g', -1, 64), "use a share between 0 and 1, like 0.25")
	}
	if t := l.ReviewTier; t != nil && (*t < -1 || *t > 3) {
		bad.Add("thresholds.reviewTier", strconv.Itoa(*t), "use a tier from 0 to 3, or -1 for none")
	}
	for n, p := range l.SpentAllows {
		oneOf(bad, fmt.Sprintf("thresholds.spentAllows[%d]", n), Purpose(p), Purposes)
	}
}
