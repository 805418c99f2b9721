package scorecard

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/catalog"
)

// defaultFilter is that of a card that says nothing.
const defaultFilter = `service.lifecycle != "retired"`

// applies reports whether a card is for a service. Filters see only what a
// service is (normalise refuses others), so the answer is always known.
func (c Card) applies(ctx context.Context, svc catalog.Service) bool {
	filter := c.Applies
	if filter == "" {
		filter = defaultFilter
	}
	return evaluate(ctx, filter, identity(svc)).State == Passed
}

// measure evaluates a card for a service.
func (c Card) measure(ctx context.Context, service string, have Values, now time.Time) Standing {
	out := Standing{Service: service, Card: c.Name, At: now, Results: make([]Result, len(c.Checks))}
	for i, check := range c.Checks {
		r := evaluate(ctx, check.Rule, have)
		r.ID = check.ID
		out.Results[i] = r
		if r.State != Neutral {
			out.Counted++
		}
		if r.State == Passed {
			out.Passed++
		}
	}
	out.Level = c.reached(out.Results)
	return out
}

// reached is the highest level of which, and below which, all counted checks
// pass, and of which at least one is counted.
func (c Card) reached(results []Result) (level Level) {
	for _, l := range Levels {
		counted := false
		for i, check := range c.Checks {
			if check.level() != l || results[i].State == Neutral {
				continue
			}
			if results[i].State != Passed {
				return level
			}
			counted = true
		}
		if counted {
			level = l
		}
	}
	return level
}

// Todo is a check to be mended.
type Todo struct {
	Check  Check
	Result Result
}

// Next returns what to do next: the checks that fail of the lowest level that
// is not reached. None: everything that is counted passes.
func (c Card) Next(s Standing) (level Level, out []Todo) {
	for _, l := range Levels {
		for i, check := range c.Checks {
			if i < len(s.Results) && check.level() == l && (s.Results[i].State == Failed || s.Results[i].State == Unclear) {
				out = append(out, Todo{check, s.Results[i]})
			}
		}
		if len(out) > 0 {
			return l, out
		}
	}
	return None, nil
}
