package cmdb

import (
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// AsCode are the kinds of everything-as-code that the practice has.
func AsCode(s *Service) []ascode.Kind {
	return []ascode.Kind{
		ascode.NewKind("ItemKind", ref.ItemKind, ascode.OrderItemKind, ListKindSpecs, s.ApplyKind, s.RemoveKind),
		ascode.NewKind("ReconciliationRules", ref.Reconcile, ascode.OrderReconcile, ListRuleSpecs, s.ApplyRules, s.RemoveRules),
		ascode.NewKind("Discovery", ref.Discovery, ascode.OrderDiscovery, ListDiscoverySpecs, s.ApplyDiscovery, s.RemoveDiscovery),
		ascode.NewKind("Baseline", ref.Baseline, ascode.OrderBaseline, ListBaselineSpecs, s.ApplyBaseline, s.RemoveBaseline),
	}
}

// everything reads a list to its end as code.
func everything[R, S any](q db.Querier, list func(q db.Querier, after string, limit int) ([]R, error), object func(R) ascode.Object[S]) ([]ascode.Object[S], error) {
	var out []ascode.Object[S]
	for after := ""; ; {
		part, err := list(q, after, 500)
		if err != nil || len(part) == 0 {
			return out, err
		}
		for _, r := range part {
			o := object(r)
			out, after = append(out, o), o.Name
		}
	}
}

// ListKindSpecs returns all stored kinds as code.
func ListKindSpecs(q db.Querier) ([]ascode.Object[KindSpec], error) {
	return everything(q, listKinds, func(k OwnKind) ascode.Object[KindSpec] { return ascode.Object[KindSpec]{Name: k.Name, Spec: k.Spec} })
}

// ApplyKind creates a kind or makes it equal to spec.
func (s *Service) ApplyKind(tx *db.Tx, name string, spec KindSpec, commit string) error {
	_, err := putKind(tx, name, spec, commit)
	return err
}

// RemoveKind removes a kind. Errors: NotFound; Conflict while items are of it.
func (s *Service) RemoveKind(tx *db.Tx, name string) error { return dropKind(tx, name) }

// ListRuleSpecs returns the rules as code, if some are stored.
func ListRuleSpecs(q db.Querier) ([]ascode.Object[Rules], error) {
	r, ok, err := findRules(q, "")
	if err != nil || !ok {
		return nil, err
	}
	return []ascode.Object[Rules]{{Name: r.Name, Spec: r.Rules}}, nil
}

// ApplyRules replaces the rules, whose one name is "default".
func (s *Service) ApplyRules(tx *db.Tx, name string, rules Rules, commit string) error {
	if err := onlyDefault(name); err != nil {
		return err
	}
	_, err := s.putRules(tx, rules, commit)
	return err
}

// RemoveRules goes back to the rules that are built in.
func (s *Service) RemoveRules(tx *db.Tx, name string) error { return s.dropRules(tx, name) }

// ListDiscoverySpecs returns all discoveries as code, without secrets.
func ListDiscoverySpecs(q db.Querier) ([]ascode.Object[DiscoverySpec], error) {
	return everything(q, listDiscoveries, func(d Discovery) ascode.Object[DiscoverySpec] {
		return ascode.Object[DiscoverySpec]{Name: d.Name, Spec: d.Spec}
	})
}

// ApplyDiscovery creates a discovery or makes it equal to spec; secrets that it
// leaves out stay.
func (s *Service) ApplyDiscovery(tx *db.Tx, name string, spec DiscoverySpec, commit string) error {
	_, err := s.putDiscovery(tx, name, spec, commit)
	return err
}

// RemoveDiscovery removes a discovery. Errors: NotFound.
func (s *Service) RemoveDiscovery(tx *db.Tx, name string) error { return dropDiscovery(tx, name) }

// ListBaselineSpecs returns all baselines as code.
func ListBaselineSpecs(q db.Querier) ([]ascode.Object[BaselineSpec], error) {
	return everything(q, listBaselines, func(b Baseline) ascode.Object[BaselineSpec] {
		return ascode.Object[BaselineSpec]{Name: b.Name, Spec: b.Spec}
	})
}

// ApplyBaseline takes a baseline of the transaction's time, or edits one.
func (s *Service) ApplyBaseline(tx *db.Tx, name string, spec BaselineSpec, commit string) error {
	_, err := s.putBaseline(tx, name, spec, commit)
	return err
}

// RemoveBaseline removes a baseline. Errors: NotFound.
func (s *Service) RemoveBaseline(tx *db.Tx, name string) error { return s.dropBaseline(tx, name) }

// DigestOf returns the digest of a record of the practice as it is now, for
// comparing it with the last evidence entry: of kinds, rules, discoveries,
// baselines, proposals, and runs that are over. Items have none: what they are
// follows from observations, whose digests stand in the entries of runs.
// Errors: NotFound.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	missing := func(ok bool, err error) error {
		if err == nil && !ok {
			return errs.E(errs.NotFound, "there is no such record").On(r.String())
		}
		return err
	}
	switch r.Kind {
	case ref.Item:
		return "", nil
	case ref.Run, ref.Proposal:
		id, err := ref.ID(r.Kind, r.Key)
		if err != nil {
			return "", errs.E(errs.NotFound, "there is no such record").On(r.String())
		}
		if r.Kind == ref.Run {
			run, err := findRun(q, id, "")
			return run.digest(), err
		}
		p, err := findProposal(q, id, "")
		return p.digest(), err
	case ref.ItemKind:
		k, ok, err := findKind(q, r.Key, "")
		if err := missing(ok, err); err != nil {
			return "", err
		}
		return k.digest(), nil
	case ref.Reconcile:
		x, ok, err := findRules(q, "")
		if err := missing(ok, err); err != nil {
			return "", err
		}
		return x.digest(), nil
	case ref.Discovery:
		d, err := getDiscovery(q, r.Key, "")
		return d.digest(), err
	case ref.Baseline:
		b, err := getBaseline(q, r.Key, "")
		return b.digest(), err
	}
	return "", errs.E(errs.NotFound, "there is no such record").On(r.String())
}
