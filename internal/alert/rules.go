package alert

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// maxRules bounds the work for one alert; organisations with more route by
// labels that their senders set.
const maxRules = 500

// Ref is the rule's record.
func (r Rule) Ref() ref.Ref { return ref.S(ref.AlertRule, r.Name) }

func (r *Rule) digest() string { return evidence.Digest(nil, r.Spec()) }

func (s *Service) checkRule(q db.Querier, r *Rule) error {
	var f errs.Fields
	checkName(&f, r.Name)
	checkText(&f, "description", r.Description, 2000)
	if len(r.Matchers) > maxMatchers {
		f.Add("matchers", fmt.Sprint(len(r.Matchers)), fmt.Sprintf("use at most %d matchers", maxMatchers))
	}
	for i := range r.Matchers {
		if err := r.Matchers[i].compile(); err != nil {
			f.Add(fmt.Sprintf("matchers[%d]", i), r.Matchers[i].String(), err.Error())
		}
	}
	if r.Priority < 0 || r.Priority > 4 {
		f.Add("priority", fmt.Sprint(r.Priority), "use P1 to P4, or leave it out: severity × the service's tier decides")
	}
	if len(r.GroupBy) > 16 {
		f.Add("group_by", fmt.Sprint(len(r.GroupBy)), "use at most 16 labels")
	}
	for i, g := range r.GroupBy {
		if g == "" || len(g) > maxName || !clean(g) {
			f.Add(fmt.Sprintf("group_by[%d]", i), g, "name a label, or severity, service, integration, source")
		} else if g == GroupAlone && len(r.GroupBy) > 1 {
			f.Add(fmt.Sprintf("group_by[%d]", i), g, `"..." keeps every alert alone and stands by itself`)
		}
	}
	if r.Window < 0 || r.Window > 30*24*time.Hour {
		f.Add("window", Duration(r.Window).String(), "use PT0S (as long as the incident is open) to P30D")
	}
	if r.Reopen < 0 || r.Reopen > 30*24*time.Hour {
		f.Add("reopen", Duration(r.Reopen).String(), "use PT0S (never reopen) to P30D")
	}
	if r.Quiet && (r.Page || r.PageOnJoin) {
		f.Add("quiet", "true", "a quiet rule pages nobody; set page and page_on_join to false, or quiet to false")
	}
	if err := s.checkOwner(q, &f, r.Service, r.Team); err != nil {
		return err
	}
	return f.Err()
}

// Rules lists all rules in the order in which they are tried.
func (s *Service) Rules(ctx context.Context) (list []Rule, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if list, err = listRules(q); err != nil {
			return err
		}
		for i := range list {
			if list[i].Managed, err = managed(q, list[i].Ref()); err != nil {
				return err
			}
		}
		return nil
	})
	return list, errs.Wrap("alert.rules", err)
}

// RuleByName returns one rule. Errors: NotFound.
func (s *Service) RuleByName(ctx context.Context, name string) (r Rule, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return r, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if r, err = ruleByName(q, name); err != nil {
			return err
		}
		r.Managed, err = managed(q, r.Ref())
		return err
	})
	return r, errs.Wrap("alert.rule", err)
}

// CreateRule adds a rule; position 0 puts it last. It decides about firings
// that begin from now on. Errors: Invalid, Conflict when the name is taken.
func (s *Service) CreateRule(ctx context.Context, r Rule) (_ Rule, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return r, err
	}
	err = s.db.Write(ctx, who, "alert rule created", func(tx *db.Tx) error {
		made := r
		if err := s.createRule(tx, &made); err != nil {
			return err
		}
		r = made
		return nil
	})
	return r, errs.Wrap("alert.create-rule", err)
}

func (s *Service) createRule(tx *db.Tx, r *Rule) error {
	if err := s.checkRule(tx, r); err != nil {
		return err
	}
	if err := lockPolicy(tx); err != nil {
		return err
	}
	list, err := listRules(tx)
	if err != nil {
		return err
	}
	if len(list) >= maxRules {
		return errs.E(errs.Limited, "there are %d rules already; delete one first", len(list))
	}
	last := 0
	for _, other := range list {
		if other.Name == r.Name {
			return errs.E(errs.Conflict, "the name %q is taken", r.Name).On(r.Ref().String())
		}
		last = max(last, other.Position)
	}
	if r.Position <= 0 {
		r.Position = last + 1
	}
	if r.ID, err = tx.NextID(ref.AlertRule); err != nil {
		return err
	}
	r.Version = 1
	if err := insertRule(tx, r); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "rule.create", Record: r.Ref(), Version: 1, After: r.digest()})
	return s.touchPolicy(tx)
}

// UpdateRule changes a rule except its name. version is the one the editor
// saw. Errors: Invalid, NotFound, Conflict (changed meanwhile, managed in git).
func (s *Service) UpdateRule(ctx context.Context, name string, version int64, r Rule) (_ Rule, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return r, err
	}
	err = s.db.Write(ctx, who, "alert rule changed", func(tx *db.Tx) error {
		old, err := ruleByName(tx, name)
		if err != nil {
			return err
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		if err := sameVersion(version, old.Version, old.Ref()); err != nil {
			return err
		}
		made := r
		if _, err := s.updateRule(tx, &old, &made); err != nil {
			return err
		}
		r = made
		return nil
	})
	return r, errs.Wrap("alert.update-rule", err)
}

func (s *Service) updateRule(tx *db.Tx, old, r *Rule) (changed bool, err error) {
	r.ID, r.Name, r.Version = old.ID, old.Name, old.Version
	if r.Position <= 0 {
		r.Position = old.Position
	}
	if err := s.checkRule(tx, r); err != nil {
		return false, err
	}
	if r.digest() == old.digest() {
		return false, nil
	}
	r.Version++
	if err := updateRule(tx, r); err != nil {
		return false, err
	}
	tx.Record(evidence.Entry{Action: "rule.update", Record: r.Ref(), Version: r.Version, Before: old.digest(), After: r.digest()})
	return true, s.touchPolicy(tx)
}

// DeleteRule removes a rule. Firings that it routed keep their routing.
// Errors: NotFound, Conflict when managed in git.
func (s *Service) DeleteRule(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, who, "alert rule deleted", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.AlertRule, name)); err != nil {
			return err
		}
		return s.removeRule(tx, name)
	})
	return errs.Wrap("alert.delete-rule", err)
}

func (s *Service) removeRule(tx *db.Tx, name string) error {
	r, err := ruleByName(tx, name)
	if err != nil {
		return err
	}
	if err := deleteRule(tx, r.ID); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "rule.delete", Record: r.Ref(), Version: r.Version + 1, Before: r.digest()})
	return s.touchPolicy(tx)
}

// ReorderRules gives the rules their order: names lists all of them, first
// tried first. Errors: Invalid when a name is missing, unknown or doubled.
func (s *Service) ReorderRules(ctx context.Context, names []string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, who, "alert rules reordered", func(tx *db.Tx) error {
		if err := lockPolicy(tx); err != nil {
			return err
		}
		list, err := listRules(tx)
		if err != nil {
			return err
		}
		at := map[string]int{}
		for i, n := range names {
			at[n] = i + 1
		}
		if len(at) != len(names) || len(names) != len(list) {
			return errs.BadField("names", fmt.Sprint(len(names)), fmt.Sprintf("name each of the %d rules once", len(list)))
		}
		tx.Unrecorded("the rules stood in this order already")
		for i := range list {
			r := list[i]
			if at[r.Name] == 0 {
				return errs.BadField("names", r.Name, "this rule is missing; name each rule once")
			}
			if r.Position == at[r.Name] {
				continue
			}
			if err := ascode.Guard(tx, r.Ref()); err != nil {
				return err
			}
			before := r.digest()
			r.Position = at[r.Name]
			if err := movePosition(tx, r.ID, r.Position); err != nil {
				return err
			}
			tx.Record(evidence.Entry{Action: "rule.move", Record: r.Ref(), Version: r.Version + 1, Before: before, After: r.digest(),
				Data: map[string]int{"position": r.Position}})
		}
		return s.touchPolicy(tx)
	})
	return errs.Wrap("alert.reorder-rules", err)
}
