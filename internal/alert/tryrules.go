package alert

import (
	"context"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Trial is what would happen to an event now, and why.
type Trial struct {
	Checks    []Check // the rules in the order tried, up to the one that matched
	Rule      string  // the rule that decides; empty: the catch-all
	Service   string
	Team      string
	GroupText string
	Routing   Routing
	Quiet     bool
	SilenceID int64 // the silence that would hold it back; 0: none
}

// Check is one rule that was tried.
type Check struct {
	Rule    string
	Matched bool
	Why     string // the first matcher that did not hold, with the value it saw
}

// TryRules says what the rules and silences would do with a new firing of the
// integration, without doing it. Errors: Invalid, NotFound.
func (s *Service) TryRules(ctx context.Context, integration string, e Event) (t Trial, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return t, err
	}
	e.Action = Trigger
	if e.Dedup == "" {
		e.Dedup = "trial"
	}
	if e.Severity == "" {
		e.Severity = Warning
	}
	r, err := newRequest(Integration{}, []Event{e})
	if err != nil {
		return t, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		in, err := integrationByName(q, integration)
		if err != nil {
			return err
		}
		pol, err := s.policy.in(q)
		if err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		sub := r.events[0].subject(&in, e.Severity)
		for _, rule := range pol.rules {
			c := Check{Rule: rule.Name}
			i := matchAll(rule.Matchers, &sub)
			if c.Matched = i < 0; !c.Matched {
				m := rule.Matchers[i]
				c.Why = fmt.Sprintf("%s does not hold: %s is %q", m, m.Name, errs.Short(sub.value(m.Name)))
			}
			t.Checks = append(t.Checks, c)
			if c.Matched {
				break
			}
		}
		d := decide(pol.rules, &sub, &in, 0)
		t.Rule, t.Service, t.Team, t.GroupText, t.Quiet = d.ruleName(), d.service, d.team, d.groupText, d.quiet
		t.Routing = pol.routing(t.Rule, e.Severity)
		sub.service = d.service
		if sil := silencedBy(pol.silences, &sub, now); sil != nil {
			t.SilenceID = sil.ID
		}
		return nil
	})
	return t, errs.Wrap("alert.try-rules", err)
}
