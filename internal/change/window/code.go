package window

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
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

// NamesTeam returns a window that is for a team, which therefore cannot be
// deleted; ok is false when there is none.
func NamesTeam(q db.Querier, team string) (r ref.Ref, ok bool, err error) {
	stored, err := everything(q)
	for _, w := range stored {
		for _, t := range w.Spec.Scope.Teams {
			if t == team {
				return w.Ref(), true, nil
			}
		}
	}
	return ref.Ref{}, false, err
}
