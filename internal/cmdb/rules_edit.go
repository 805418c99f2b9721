package cmdb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
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

// ReplaySource is the due work that replays changed rules: a batch of items to
// a transaction, so that it goes on where it was after any stop.
func (s *Service) ReplaySource() job.Source {
	return job.Source{Name: ReplayDue, Next: nextReplay, Run: func(ctx context.Context, d *db.DB) (done int, err error) {
		err = d.Write(ctx, actor.Job(ReplayDue), "replay of the rules", func(tx *db.Tx) error {
			tx.Unrecorded("a replay that changed nothing in this part")
			done = 0
			r, ok, err := dueReplay(tx)
			if err != nil || !ok {
				return err
			}
			done = 1
			ids, err := itemsAfter(tx, r.Replay.Reached, replayBatch)
			if err != nil {
				return err
			}
			p := r.Replay
			if len(ids) == 0 {
				p.Reached, p.Next = max(p.Last, p.Reached), time.Time{}
				tx.Record(evidence.Entry{Action: "reconcile.replayed", Record: r.Ref(), Version: r.Version, After: r.digest(), Data: map[string]int64{"changed": p.Changed, "items": p.Last}})
				return setReplay(tx, p)
			}
			effect, err := s.Resolve(tx, ids)
			if err != nil {
				return err
			}
			pairs, err := proposeAgain(tx, ids)
			if err != nil {
				return err
			}
			p.Reached, p.Changed, p.Next = ids[len(ids)-1], p.Changed+int64(len(effect.Items)), tx.Now
			if len(effect.Items)+effect.RelationsAdded+effect.RelationsChanged+effect.RelationsStale+pairs > 0 {
				counts := effect.Counts
				counts.Proposals += pairs
				tx.Record(evidence.Entry{Action: "reconcile.replay", Record: r.Ref(), Version: r.Version, After: r.digest(),
					Data: map[string]any{"from": ids[0], "to": p.Reached, "items": len(effect.Items), "counts": counts}})
			}
			return setReplay(tx, p)
		})
		return done, errs.Wrap(ReplayDue, err)
	}}
}

// proposeAgain proposes items that rules of identification hold for the same
// now; it merges none, not even by a certain identifier, because people have
// worked with both. It returns how many pairs are new.
func proposeAgain(tx *db.Tx, items []int64) (int, error) {
	rules, err := rulesIn(tx)
	if err != nil {
		return 0, err
	}
	rows, err := rowsByID(tx, items)
	if err != nil {
		return 0, err
	}
	var ask []Identifier
	each := func(r *row, fn func(id Identifier)) {
		by := rules.identify(r.kind)
		for _, id := range r.identifiers {
			if slices.ContainsFunc(by, func(b IdentifyBy) bool { return b.Scheme == id.Scheme && b.Scheme != SchemeName }) {
				fn(id)
			}
		}
	}
	for _, id := range items {
		if rows[id] != nil && rows[id].state != Retired {
			each(rows[id], func(id Identifier) { ask = append(ask, id) })
		}
	}
	who, err := bearers(tx, ask)
	if err != nil {
		return 0, err
	}
	var list []doubt
	known := map[[2]int64]bool{}
	for _, n := range items {
		r := rows[n]
		if r == nil || r.state == Retired {
			continue
		}
		each(r, func(id Identifier) {
			others := who[id]
			if len(others) > namesakesMost {
				return // so many bear it that it says nothing
			}
			for _, b := range others {
				pair := [2]int64{min(n, b.item), max(n, b.item)}
				if b.item != n && b.state != Retired && compatible(b.kind, r.kind) && !known[pair] {
					known[pair] = true
					list = append(list, doubt{a: pair[0], b: pair[1], why: "both have " + id.String()})
				}
			}
		})
	}
	made, err := insertProposals(tx, list)
	return len(made), err
}

// RulesPreview says what rules would do.
type RulesPreview struct {
	Looked     int  // items that were looked at
	All        bool // these are all there are; else the rest was not looked at
	Items      int  // of them, how many would look different
	Attributes int  // and in how many fields in all
	Examples   []PreviewChange
}

// PreviewChange is an item as rules would make it.
type PreviewChange struct {
	Item    int64
	Kind    string
	Name    string
	Changes []FieldChange
}

const (
	previewExamples = 20
	previewTime     = 5 * time.Second
)

// PreviewRules says what items would look like under rules, and changes
// nothing. It looks at as many items as it can in a few seconds, oldest first.
func (s *Service) PreviewRules(ctx context.Context, rules Rules) (p RulesPreview, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return RulesPreview{}, errs.Wrap("cmdb.rules.preview", err)
	}
	started := time.Now()
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		p = RulesPreview{}
		if err := rules.check(q); err != nil {
			return err
		}
		own, err := kindSpecs(q)
		if err != nil {
			return err
		}
		whole := rules.with(own)
		for after := int64(0); ; {
			ids, err := itemsAfter(q, after, replayBatch)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				p.All = true
				return nil
			}
			if err := p.look(q, &whole, ids, now); err != nil {
				return err
			}
			if after = ids[len(ids)-1]; time.Since(started) > previewTime {
				return nil
			}
		}
	})
	return p, errs.Wrap("cmdb.rules.preview", err)
}

func (p *RulesPreview) look(q db.Querier, rules *Rules, ids []int64, now time.Time) error {
	rows, err := rowsByID(q, ids)
	if err != nil {
		return err
	}
	said, err := obsOfItems(q, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		p.Looked++
		next, err := worked(rules, rows[id], said[id], now)
		if err != nil {
			return err
		}
		changes := fieldChanges(rows[id], &next)
		if len(changes) == 0 {
			continue
		}
		p.Items++
		p.Attributes += len(changes)
		if len(p.Examples) < previewExamples {
			p.Examples = append(p.Examples, PreviewChange{id, next.kind, next.name, changes})
		}
	}
	return nil
}

// worked is an item as rules make it of what is said.
func worked(rules *Rules, old *row, list []*obs, now time.Time) (row, error) {
	words := make([]*said, 0, len(list))
	for _, o := range list {
		s, err := o.said()
		if err != nil {
			return row{}, fmt.Errorf("observation %d: %w", o.id, err)
		}
		words = append(words, s)
	}
	slices.SortFunc(words, func(a, b *said) int { return int(a.id - b.id) })
	return resolve(rules, old, words, moment(now)), nil
}

// fieldChanges lists the fields in which two rows of an item differ for people.
func fieldChanges(old, next *row) (out []FieldChange) {
	for _, f := range []struct{ name, old, new string }{{"kind", old.kind, next.kind}, {"name", old.name, next.name}, {"env", old.env, next.env}, {"team", old.team, next.team},
		{"state", string(old.state), string(next.state)}} {
		if f.old != f.new {
			out = append(out, FieldChange{f.name, f.old, f.new})
		}
	}
	a, b := itemForm{Attributes: canonical(old.attributes)}, itemForm{Attributes: canonical(next.attributes)}
	return append(out, a.changes(b)...)
}
