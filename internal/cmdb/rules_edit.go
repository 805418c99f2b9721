package cmdb

import (
	"context"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ReplayDue is the name of the due work that replays changed rules.
const ReplayDue = "cmdb.replay"

// replayBatch is how many items one transaction works out again; tests make it
// smaller.
var replayBatch = 500

// Rules returns the rules in force with the progress of their replay; version 0
// are those built in.
func (s *Service) Rules(ctx context.Context) (r RulesRecord, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return RulesRecord{}, errs.Wrap("cmdb.rules", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if r, _, err = findRules(q, ""); err != nil {
			return err
		}
		return managedBy(q, r.Ref(), &r.Managed)
	})
	return r, errs.Wrap("cmdb.rules", err)
}

// PutRules replaces the rules and starts their replay. version is the one that
// was read, 0 for those built in. Errors: Conflict when it is another by now or
// the rules are managed in git.
func (s *Service) PutRules(ctx context.Context, version int64, rules Rules) (r RulesRecord, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return RulesRecord{}, errs.Wrap("cmdb.rules.put", err)
	}
	err = s.db.Write(ctx, who, "rules of reconciliation edited", func(tx *db.Tx) error {
		old, _, err := findRules(tx, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Version != version {
			return outdated(old.Ref(), old.Version, version)
		}
		if err := ascode.Guard(tx, old.Ref()); err != nil {
			return err
		}
		r, err = s.putRules(tx, rules, "")
		return err
	})
	return r, errs.Wrap("cmdb.rules.put", err)
}

// putRules makes the rules equal to what is given, with evidence and a replay
// if that changes anything.
func (s *Service) putRules(tx *db.Tx, rules Rules, commit string) (RulesRecord, error) {
	if err := rules.check(tx); err != nil {
		return RulesRecord{}, err
	}
	old, there, err := findRules(tx, tx.ForUpdate())
	if err != nil {
		return RulesRecord{}, err
	}
	if evidence.Digest(nil, old.Rules) == evidence.Digest(nil, rules) && there {
		return old, nil
	}
	r := RulesRecord{Name: RulesName, Rules: rules, Version: old.Version + 1, Created: old.Created, Updated: tx.Now}
	if err := s.replay(tx, &r); err != nil {
		return RulesRecord{}, err
	}
	e := evidence.Entry{Action: "reconcile.edit", Record: r.Ref(), Version: r.Version, After: r.digest(), Data: commitOf(commit)}
	if there {
		e.Before = old.digest()
		err = updateRules(tx, r)
	} else {
		e.Action, r.Created = "reconcile.create", tx.Now
		err = insertRules(tx, r)
	}
	tx.Record(e)
	return r, err
}

// replay begins the working out of all items anew.
func (s *Service) replay(tx *db.Tx, r *RulesRecord) error {
	last, err := newestItem(tx)
	if err != nil {
		return err
	}
	r.Replay = Replay{Last: last}
	if last > 0 {
		r.Replay.Next = tx.Now
		s.kick(tx, ReplayDue)
	}
	return nil
}

// ResetRules goes back to the rules that are built in, and replays them.
func (s *Service) ResetRules(ctx context.Context) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("cmdb.rules.reset", err)
	}
	err = s.db.Write(ctx, who, "rules of reconciliation reset", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.Reconcile, RulesName)); err != nil {
			return err
		}
		return s.dropRules(tx, RulesName)
	})
	return errs.Wrap("cmdb.rules.reset", err)
}

// dropRules goes back to the built-in rules. The row stays, with the built-in
// rules in it, because it carries the replay.
func (s *Service) dropRules(tx *db.Tx, name string) error {
	if err := onlyDefault(name); err != nil {
		return err
	}
	_, err := s.putRules(tx, DefaultRules(), "")
	return err
}

func onlyDefault(name string) error {
	if name == RulesName {
		return nil
	}
	return errs.BadField("name", name, "there is one record of rules; call it "+RulesName)
}
