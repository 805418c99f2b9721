package oncall

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ListSpecs returns all schedules as code.
func ListSpecs(q db.Querier) ([]ascode.Object[Spec], error) {
	var out []ascode.Object[Spec]
	for after := ""; ; {
		part, err := listSchedules(q, "", after, 500)
		if err != nil || len(part) == 0 {
			return out, err
		}
		if err := shown(q, part); err != nil {
			return nil, err
		}
		for _, s := range part {
			out, after = append(out, ascode.Object[Spec]{Name: s.Name, Spec: s.Spec}), s.Name
		}
	}
}

// Apply creates a schedule or makes it equal to spec.
func (s *Service) Apply(tx *db.Tx, name string, spec Spec, commit string) error {
	_, err := s.put(tx, name, spec, commit)
	return err
}

// Remove deletes a schedule inside a transaction, with evidence; its covers
// stay on record. Errors: NotFound; Conflict while something uses it.
func (s *Service) Remove(tx *db.Tx, name string) error {
	old, ok, err := find(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	if !ok {
		return noSchedule(name)
	}
	if s.InUse != nil {
		users, err := s.InUse(tx, name)
		if err != nil {
			return err
		}
		if len(users) > 0 {
			return errs.E(errs.Conflict, "%s uses it; change that first", users[0]).On(old.Ref().String())
		}
	}
	gone := old
	gone.deleted, gone.Updated = tx.Now, tx.Now
	if err := putSchedule(tx, gone); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "schedule.delete", Record: old.Ref(), Version: old.Version, Before: old.digest()})
	return nil
}

// AsCode is the kind Schedule of everything-as-code.
func AsCode(s *Service) ascode.Kind {
	return ascode.NewKind("Schedule", ref.Schedule, ascode.OrderSchedule, ListSpecs, s.Apply, s.Remove)
}

// DigestOf returns the digest of a schedule, cover or offer as it is now, for
// comparing it with the last evidence entry. Errors: NotFound.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	if r.Kind == ref.Schedule {
		s, ok, err := find(q, r.Key, "")
		if err == nil && !ok {
			err = noSchedule(r.Key)
		}
		if err != nil {
			return "", err
		}
		return s.digest(), nil
	}
	id, err := ref.ID(ref.Cover, r.String())
	if err != nil {
		return "", err
	}
	c, err := findCover(q, id, "")
	if err == nil {
		return c.digest(), nil
	}
	if !errs.Is(err, errs.NotFound) {
		return "", err
	}
	o, err := findOffer(q, id, "")
	if err != nil {
		return "", err
	}
	return o.digest(), nil
}
