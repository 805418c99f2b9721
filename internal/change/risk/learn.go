package risk

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// longest is how many changes a fit looks at, the newest: what failed years ago
// was another system, and a fit takes a second.
const longest = 5000

// Learning is how far an organisation's history is from a fit.
type Learning struct {
	Changes int // completed with a decision, of the newest that a fit looks at
	Failed  int
	Missing string // what lacks, in words; "" if there is enough
}

// Learning tells how much history there is.
func (s *Service) Learning(ctx context.Context) (l Learning, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Learning{}, errs.Wrap("risk.learning", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		list, err := completed(q, longest, false)
		l = Learning{Changes: len(list), Missing: Missing(list)}
		for i := range list {
			if list[i].Failed {
				l.Failed++
			}
		}
		return err
	})
	return l, errs.Wrap("risk.learning", err)
}

// Propose fits weights to the organisation's own history and keeps them as a
// proposal with its report. Nothing changes until somebody accepts it. Conflict
// when there are too few changes, which says how many are missing.
func (s *Service) Propose(ctx context.Context) (v Version, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Version{}, errs.Wrap("risk.propose", err)
	}
	var list []Sample
	var now Weights
	err = s.db.Read(ctx, func(q db.Querier) error {
		if now, _, err = s.inForce(q); err != nil {
			return err
		}
		list, err = completed(q, longest, true)
		return err
	})
	if err != nil {
		return Version{}, errs.Wrap("risk.propose", err)
	}
	if lack := Missing(list); lack != "" {
		return Version{}, errs.Wrap("risk.propose", errs.E(errs.Conflict, "%s", lack))
	}
	// The arithmetic takes up to a second and stands outside of any transaction.
	w, report, err := Propose(now, list)
	if err != nil {
		return Version{}, errs.Wrap("risk.propose", err)
	}
	err = s.db.Write(ctx, who, "weights of the risk score fitted", func(tx *db.Tx) error {
		id, err := tx.NextID(ref.RiskModel)
		if err != nil {
			return err
		}
		w.ID = id
		v = Version{Weights: w, Report: report, Parent: now.ID, State: Proposed, Version: 1, MadeBy: who.Person, Created: tx.Now, salt: evidence.NewSalt()}
		tx.Record(evidence.Entry{Action: "risk.propose", Record: v.Ref(), Version: 1, After: v.digest(), Data: map[string]int{"changes": report.N, "failed": report.Failed}})
		return insert(tx, v)
	})
	return v, errs.Wrap("risk.propose", err)
}

// digest is of all that the record says.
func (v Version) digest() string {
	return evidence.Digest(v.salt, struct {
		Weights Weights
		Report  Report
		Parent  int64
		State   State
		InUse   bool
		Made    int64
		Decided int64
		Reason  string
	}{v.Weights, v.Report, v.Parent, v.State, v.InUse, v.MadeBy, v.DecidedBy, v.Reason})
}

// DigestOf returns the digest of a version as it is now, for comparing it with
// the last evidence entry; "" if there is none.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	id, err := ref.ID(ref.RiskModel, r.Key)
	if err != nil {
		return "", nil
	}
	v, ok, err := read(q, id, "")
	if err != nil || !ok {
		return "", err
	}
	return v.digest(), nil
}
