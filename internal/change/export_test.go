package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// Step lets tests do to a change what the gate and ingest do.
type Step = step

// Do runs fn on one change and commits it.
func (s *Service) Do(ctx context.Context, id int64, fn func(c *Step) error) (Change, error) {
	who, _ := actor.From(ctx)
	return s.write(ctx, who, "change.test", id, fn)
}

// FindOrOpen is what a gate does with the identity of a change.
func (s *Service) FindOrOpen(ctx context.Context, c Change) (out Change, err error) {
	who, _ := actor.From(ctx)
	err = s.DB.Write(ctx, who, "change test", func(tx *db.Tx) error {
		found, ok, err := findOpen(tx, c.Main(), c.Environment, c.Commit, c.Kind)
		if err != nil || ok {
			out = found
			tx.Unrecorded("it is there")
			return err
		}
		out, err = s.create(tx, c)
		return err
	})
	return out, err
}

func (c *step) Decide(o policy.Outcome, risk int) error {
	if _, err := c.move(VerbAssess, Assessed); err != nil {
		return err
	}
	c.Outcome, c.Risk = o, risk
	return nil
}
func (c *step) Ask(first time.Time) error                 { return c.ask(first) }
func (c *step) Approve(why string, until time.Time) error { return c.approve(why, until) }
func (c *step) Reject(reason string) error                { return c.reject(reason) }
func (c *step) Start(at time.Time) error                  { return c.start(at) }
func (c *step) Deployed(at time.Time) error               { return c.deployed(at) }
func (c *step) Finish(to State, by string, at time.Time, reason string) error {
	return c.finish(to, by, at, reason)
}
func (c *step) Now() time.Time { return c.tx.Now }
func (c *step) Touch()         { c.touch() }

var (
	ListSQL    = listSQL
	Decide     = decide
	Dues       = nextDue
	Pasts      = pasts
	RanBefore  = ranBefore
	ServiceKey = servicePast
	ModelKey   = modelPast
	AuthorKey  = authorPast
)

// ListSettings and RemoveSettings are what everything-as-code does.
func (s *Service) ListSettings(q db.Querier) ([]ascode.Object[Settings], error) {
	return s.listSettings(q)
}
func (s *Service) RemoveSettings(tx *db.Tx) error { return s.removeSettings(tx, "default") }

// Stamps are the numbers that decisions stand on.
func Stamps(q db.Querier, services []string) (map[string]int64, error) {
	all, err := readStamps(q, nil)
	out := map[string]int64{"": all.all}
	for _, name := range services {
		s, err := readStamps(q, []string{name})
		if err != nil {
			return nil, err
		}
		out[name] = s.sum - s.all
	}
	return out, err
}

// Allowed opens a change that may start at once.
func (s *Service) Allowed(tx *db.Tx, c Change) error {
	st, err := s.open(tx, c)
	if err != nil {
		return err
	}
	if err := st.Decide(policy.Allow, 12); err != nil {
		return err
	}
	if err := st.approve("low risk", tx.Now.Add(7*Day)); err != nil {
		return err
	}
	return st.commit("change.gate")
}
