package calendar

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ListSpecs returns all stored calendars as code.
func ListSpecs(q db.Querier) ([]ascode.Object[Spec], error) {
	var out []ascode.Object[Spec]
	for after := ""; ; {
		part, err := list(q, after, 500)
		if err != nil || len(part) == 0 {
			return out, err
		}
		for _, c := range part {
			out, after = append(out, ascode.Object[Spec]{Name: c.Name, Spec: c.Spec}), c.Name
		}
	}
}

// Apply creates a calendar or makes it equal to spec.
func (s *Service) Apply(tx *db.Tx, name string, spec Spec, commit string) error {
	_, _, err := s.put(tx, name, spec, commit)
	return err
}

// Remove deletes a calendar inside a transaction, with evidence. Errors:
// NotFound; Conflict while something uses it.
func (s *Service) Remove(tx *db.Tx, name string) error {
	c, ok, err := find(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	if !ok {
		if name == Forever || name == Business {
			return errs.E(errs.Conflict, "it is built in and cannot be deleted").On(ref.S(ref.Calendar, name).String())
		}
		return errs.E(errs.NotFound, "there is no such calendar").On(ref.S(ref.Calendar, errs.Short(name)).String())
	}
	if s.InUse != nil && name != Business {
		users, err := s.InUse(tx, name)
		if err != nil {
			return err
		}
		if len(users) > 0 {
			return errs.E(errs.Conflict, "%s uses it; give that another calendar first", users[0]).On(c.Ref().String())
		}
	}
	if err := remove(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "calendar.delete", Record: c.Ref(), Version: c.Version, Before: c.digest()})
	return nil
}

// AsCode is the kind BusinessCalendar of everything-as-code.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("BusinessCalendar", ref.Calendar, ascode.OrderCalendar, ListSpecs, s.Apply, s.Remove)
}
