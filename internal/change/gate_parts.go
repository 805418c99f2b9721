package change

import (
	"github.com/evenkeel/evenkeel/internal/change/fact"
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

	blasts  blastCache
	shadows shadowQueue
}

func (g *gateParts) init(s *Service) {
	g.shadows.start(s)
}

var _ = fact.MaxList
var _ db.Querier
