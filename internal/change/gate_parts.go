package change

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/db"
)

// gateParts is what the gate asks of others, and what it keeps between
// questions. Set the exported fields while wiring, before any verb.
type gateParts struct {
	Policies  Policies  // nil: every change is asked about, of a person
	Windows   Windows   // nil: neither windows nor freezes are in use
	Weights   Weights   // nil: those that come with the program
	Map       Map       // nil: no map of services is in use
	Incidents Incidents // nil: incidents are not handled here
	Budgets   Budgets   // nil: no service levels are in use
	Duty      Duty      // nil: nobody is on call

	// Unregistered adds a service that the catalog does not have as proposed,
	// for its team to confirm; nil: such a change is refused, with the way to
	// register it.
	Unregistered func(tx *db.Tx, service, repository string) error

	// What the gate does when it is due, see due.go: recheck asks policy again
	// in transactions of its own, expire ends approvals within one.
	recheck func(ctx context.Context, id int64) error
	expire  func(c *step) error

	rules   rulesCache
	told    toldCache
	authors authorCache
	shadows shadowQueue
}

func (g *gateParts) init(s *Service) {
	g.shadows.start(s)
	g.recheck = func(ctx context.Context, id int64) error { _, err := s.AskAgain(ctx, id); return err }
	g.expire = s.expireApprovals
}
