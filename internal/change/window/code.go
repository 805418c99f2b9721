package window

import (
	"slices"

	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ListSpecs returns all windows as code.
func ListSpecs(q db.Querier) (out []ascode.Object[Spec], err error) {
	stored, err := everything(q)
	for _, w := range stored {
		out = append(out, ascode.Object[Spec]{Name: w.Name, Spec: w.Spec})
	}
	return out, err
}

// Apply creates a window or makes it equal to spec.
func (s *Service) Apply(tx *db.Tx, name string, spec Spec, commit string) error {
	old, _, err := find(tx, name, tx.ForUpdate())
	if err == nil {
		_, err = s.put(tx, name, old, spec, commit)
	}
	return err
}

// AsCode is the kind ChangeWindow of everything-as-code.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("ChangeWindow", ref.Window, ascode.OrderChangeWindow, ListSpecs, s.Apply, s.Remove)
}

// UsesCalendar returns the windows that name a calendar, which therefore cannot
// be deleted.
func UsesCalendar(q db.Querier, calendar string) (out []ref.Ref, err error) {
	stored, err := everything(q)
	for _, w := range stored {
		if w.Spec.Calendar == calendar {
			out = append(out, w.Ref())
		}
	}
	return out, err
}

// TeamRemoved refuses the removal of a team that a window is for; wired to the
// team's removal.
func TeamRemoved(tx *db.Tx, team string) error {
	stored, err := everything(tx)
	for _, w := range stored {
		if slices.Contains(w.Spec.Scope.Teams, team) {
			return errs.E(errs.Conflict, "the window %s is for it; edit that first", w.Name).On(ref.S(ref.Team, team).String())
		}
	}
	return err
}
