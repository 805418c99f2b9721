package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// modelFact says whether a standard change is within a model that is in force.
// It comes after the facts that models have conditions on.
func (s *Service) modelFact(q db.Querier, c Change, in *fact.Input, now time.Time) (fact.Of[fact.Model], error) {
	if c.Model == "" {
		return fact.NotInUse[fact.Model]("it is no standard change"), nil
	}
	m, ok, err := findModel(q, c.Model, "")
	if err != nil {
		return fact.Of[fact.Model]{}, err
	}
	if !ok {
		return fact.NotKnown[fact.Model]("there is no model " + errs.Short(c.Model)), nil
	}
	f := m.Fact(c, in, now)
	if f.Why == nil {
		f.Why = []string{}
	}
	return fact.Known(f), nil
}
