package change_test

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Whoever deploys something finds the question that was asked about it, by
// commit and by artefact, under every name of the service.
func TestStepOf(t *testing.T) {
	gates(t, func(g *gate) {
		first := g.ask(1, func(a *change.Ask) { a.Artefact = "5.14.0" })
		g.ask(2, func(a *change.Ask) { a.Artefact = "5.15.0"; a.Environment = "staging" })
		for of, want := range map[string]int64{"5.14.0": first.Change.ID, sha(1): first.Change.ID, "5.15.0": 0, "": 0, "5.13.0": 0} {
			for _, name := range []string{"checkout", "checkout-app"} {
				c, ok, err := g.StepOf(asker(), name, "", of)
				if err != nil || ok != (want != 0) || c.ID != want {
					t.Errorf("%s %q: %s %v %v", name, of, c.Key(), ok, err)
				}
			}
		}
		if c, ok, err := g.StepOf(asker(), "checkout", "staging", "5.15.0"); err != nil || !ok || c.Environment != "staging" {
			t.Error(c.Key(), ok, err)
		}
		if _, ok, err := g.StepOf(asker(), "nobody", "", "5.14.0"); err != nil || ok {
			t.Error(ok, err)
		}
		if _, _, err := g.StepOf(actor.With(t.Context(), actor.Actor{}), "checkout", "", "5.14.0"); !errs.Is(err, errs.Unauthenticated) && !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
	})
}
