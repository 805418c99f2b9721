package scorecard

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ListSpecs returns all cards that were written here as code.
func ListSpecs(q db.Querier) (out []ascode.Object[Spec], err error) {
	list, err := listCards(q)
	for _, c := range list {
		sp := c.Spec
		sp.Checks = append([]Check(nil), sp.Checks...)
		for i := range sp.Checks {
			if sp.Checks[i].Level == Bronze.String() { // the default is left out
				sp.Checks[i].Level = ""
			}
		}
		out = append(out, ascode.Object[Spec]{Name: c.Name, Spec: sp})
	}
	return out, err
}

// Apply creates a card or makes it equal to spec.
func (s *Service) Apply(tx *db.Tx, name string, sp Spec, commit string) error {
	if err := sp.normalise(name); err != nil {
		return err
	}
	old, _, err := readCard(tx, name, tx.ForUpdate())
	if err == nil {
		_, err = s.put(tx, name, old, sp, commit)
	}
	return err
}

// AsCode is the kind Scorecard of everything-as-code.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("Scorecard", ref.Scorecard, ascode.OrderScorecard, ListSpecs, s.Apply, s.Remove)
}

// DigestOf returns the digest of a card as it is now, for comparing it with
// the last evidence entry; "" if there is none.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	c, ok, err := readCard(q, r.Key, "")
	if err != nil || !ok {
		return "", err
	}
	return c.digest(), nil
}

// KnownFacts are all facts with whether some source provides them, for pages
// and documents.
func (s *Service) KnownFacts() (out []Fact, provided map[string]bool) {
	provided = map[string]bool{}
	for _, x := range s.sources {
		for _, n := range x.names {
			provided[n] = true
		}
	}
	return Facts, provided
}
