package policy

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Service keeps the versions of the policy. Make it with New.
type Service struct {
	// Bump invalidates decisions that stand on another policy; called in the
	// transaction that changes which one decides. nil: nothing does.
	Bump func(tx *db.Tx) error
	// Settings returns the figures that rules compare with; nil: Defaults.
	Settings func(q db.Querier) (Settings, error)

	db *db.DB
	mu sync.Mutex
	of map[int64]*Compiled // by version, of those that were used; they never change
}

// New returns the service on a database.
func New(d *db.DB) *Service { return &Service{db: d, of: map[int64]*Compiled{}} }

// Active returns the policy that decides in this snapshot or transaction, with
// the settings of it, and its number; 0: the one that comes with the program.
func (s *Service) Active(q db.Querier) (*Compiled, int64, error) {
	return s.using(q, Active)
}

// Shadow returns the policy that answers beside it; nil and 0 when there is
// none.
func (s *Service) Shadow(q db.Querier) (*Compiled, int64, error) {
	return s.using(q, Shadow)
}

type using struct {
	*Compiled
	id int64
}

func (s *Service) using(q db.Querier, state State) (*Compiled, int64, error) {
	u, err := db.Remember(q, state, func() (u using, err error) {
		if u.id, err = inState(q, state); err != nil || u.id == 0 && state != Active {
			return u, err
		}
		c, err := s.compiled(q, u.id)
		if err != nil {
			return u, err
		}
		set := Defaults()
		if s.Settings != nil {
			if set, err = s.Settings(q); err != nil {
				return u, err
			}
		}
		u.Compiled = c.With(set)
		return u, nil
	})
	return u.Compiled, u.id, err
}

// compiled returns a version, ready to decide. One that was kept and compiles
// no more (another version of the program) is a policy that fails, which is
// NeedsReview: a gate goes on.
func (s *Service) compiled(q db.Querier, id int64) (*Compiled, error) {
	if id == 0 {
		return Shipped(), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock() // compiled once, while others wait
	if c := s.of[id]; c != nil {
		return c, nil
	}
	v, ok, err := read(q, id, "")
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, missing(id)
	}
	c, err := Compile(v.Modules)
	if err != nil {
		c = &Compiled{broken: fmt.Sprintf("%s does not compile with this version of Evenkeel: %v", v.Ref(), err), settings: Defaults()}
	}
	s.keep(id, c)
	return c, nil
}

// keep remembers a compiled version. A transaction that fails harms nothing:
// its number is not given twice.
func (s *Service) keep(id int64, c *Compiled) {
	if len(s.of) >= 16 { // backtests of many versions
		clear(s.of)
	}
	s.of[id] = c
}

// Compiled returns any version ready to be tried, with the present settings;
// 0: the one that comes with the program.
func (s *Service) Compiled(ctx context.Context, id int64) (c *Compiled, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("policy.compiled", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if c, err = s.compiled(q, id); err != nil || s.Settings == nil {
			return err
		}
		set, err := s.Settings(q)
		c = c.With(set)
		return err
	})
	return c, errs.Wrap("policy.compiled", err)
}

// Versions returns versions without their modules, the newest first, from
// before a number on; 0: from the newest. more says that there are older ones;
// the one that comes with the program is the last.
func (s *Service) Versions(ctx context.Context, before int64, limit int) (list []Version, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("policy.versions", err)
	}
	limit = min(max(limit, 1), 100)
	err = s.db.Read(ctx, func(q db.Querier) error {
		if list, err = older(q, before, limit+1); err != nil {
			return err
		}
		if more = len(list) > limit; more {
			list = list[:limit]
			return nil
		}
		now, err := inState(q, Active)
		v := shipped(now == 0)
		v.Modules = nil
		list = append(list, v)
		return err
	})
	return list, more, errs.Wrap("policy.versions", err)
}

// Get returns a version with its modules; 0: the one that comes with the
// program. NotFound if there is none.
func (s *Service) Get(ctx context.Context, id int64) (v Version, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Version{}, errs.Wrap("policy.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error { v, err = find(q, id, ""); return err })
	return v, errs.Wrap("policy.get", err)
}

// find returns a version, the one of the program too.
func find(q db.Querier, id int64, lock string) (Version, error) {
	if id == 0 {
		now, err := inState(q, Active)
		return shipped(now == 0), err
	}
	v, ok, err := read(q, id, lock)
	if err == nil && !ok {
		err = missing(id)
	}
	return v, err
}

// Put keeps a new version as a draft: it compiles, and its own tests pass.
// Invalid with file:line:column for each fault; then nothing is kept, and what
// was active stays so. The same modules as the newest draft's are that draft.
func (s *Service) Put(ctx context.Context, modules map[string]string, note string) (v Version, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		note, err = clean("note", note, "")
	}
	if err != nil {
		return Version{}, errs.Wrap("policy.put", err)
	}
	c, tests, err := Check(ctx, modules)
	if err != nil {
		return Version{}, errs.Wrap("policy.put", err)
	}
	err = s.db.Write(ctx, who, "policy written", func(tx *db.Tx) error {
		last, err := older(tx, 0, 1)
		if err != nil {
			return err
		}
		if len(last) == 1 && last[0].State == Draft && last[0].Digest == DigestModules(modules) {
			v, err = find(tx, last[0].ID, "")
			return err
		}
		v, err = s.draft(tx, c, modules, tests, note, "")
		return err
	})
	return v, errs.Wrap("policy.put", err)
}

// Check compiles modules and runs their tests; Invalid with one field for each
// fault or test that fails. It returns how many tests there are.
func Check(ctx context.Context, modules map[string]string) (*Compiled, int, error) {
	c, err := Compile(modules)
	if err != nil {
		return nil, 0, err
	}
	var bad errs.Fields
	results := c.Test(ctx)
	for _, r := range results {
		if !r.Passed && len(bad) < 20 {
			bad = append(bad, errs.Field{Name: r.File, Value: r.Name, Where: r.Where(), Remedy: "the test fails: " + r.Why})
		}
	}
	return c, len(results), bad.Err()
}

func (s *Service) draft(tx *db.Tx, c *Compiled, modules map[string]string, tests int, note, commit string) (Version, error) {
	id, err := tx.NextID(ref.Policy)
	if err != nil {
		return Version{}, err
	}
	v := Version{ID: id, Version: 1, State: Draft, Modules: maps.Clone(modules), Digest: DigestModules(modules), Tests: tests, Note: note, Commit: commit,
		MadeBy: tx.Actor.Person, Created: tx.Now, salt: evidence.NewSalt()}
	if err := insert(tx, v); err != nil {
		return Version{}, err
	}
	tx.Record(evidence.Entry{Action: "policy.put", Record: v.Ref(), Version: v.Version, After: v.digest(), Data: map[string]any{"modules": v.Digest, "tests": tests, "commit": commit}})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(id, c)
	return v, nil
}

// Activate lets a version decide; 0: the one that comes with the program. The
// one that did is retired. Conflict when the policy is managed in git.
func (s *Service) Activate(ctx context.Context, id int64, reason string) (Version, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		reason, err = clean("reason", reason, "say why, in a sentence: the decision is evidence")
	}
	if err != nil {
		return Version{}, errs.Wrap("policy.activate", err)
	}
	var v Version
	err = s.db.Write(ctx, who, "policy activated", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, codeRef); err != nil {
			return err
		}
		v, err = s.activate(tx, id, reason)
		return err
	})
	return v, errs.Wrap("policy.activate", err)
}

func (s *Service) activate(tx *db.Tx, id int64, reason string) (Version, error) {
	v, err := find(tx, id, tx.ForUpdate())
	if err != nil || v.State == Active {
		return v, err
	}
	if id != 0 { // what was kept long ago may compile no more
		if c, err := s.compiled(tx, id); err != nil || c.broken != "" {
			if err == nil {
				err = errs.E(errs.Conflict, "%s", c.broken).On(v.Ref().String())
			}
			return v, err
		}
	}
	was, err := inState(tx, Active)
	if err == nil && was != 0 {
		err = s.move(tx, was, Retired, reason, "policy.replace", map[string]any{"by": ref.N(ref.Policy, id).String()})
	}
	if err != nil {
		return v, err
	}
	data := map[string]any{"instead_of": ref.N(ref.Policy, was).String(), "modules": v.Digest}
	if id == 0 {
		data["why"] = evidence.Digest(evidence.NewSalt(), reason)
		tx.Record(evidence.Entry{Action: "policy.activate", Record: ref.S(ref.System, "policy"), Data: data})
	} else if err := s.move(tx, id, Active, reason, "policy.activate", data); err != nil {
		return v, err
	}
	if s.Bump != nil {
		if err := s.Bump(tx); err != nil {
			return v, err
		}
	}
	return find(tx, id, "")
}

// move changes the state of a version.
func (s *Service) move(tx *db.Tx, id int64, to State, reason, action string, data map[string]any) error {
	v, err := find(tx, id, tx.ForUpdate())
	if err != nil {
		return err
	}
	before := v.digest()
	v.State, v.Reason, v.DecidedBy, v.Decided = to, reason, tx.Actor.Person, tx.Now
	v.Version++
	if to == Active {
		v.Activated = tx.Now
	}
	if err := save(tx, v); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: action, Record: v.Ref(), Version: v.Version, Before: before, After: v.digest(), Data: data})
	return nil
}

// Try lets a version answer beside the active one without deciding
// anything; the one that did goes back to be a draft. 0: none any more.
// Conflict when it decides.
func (s *Service) Try(ctx context.Context, id int64, reason string) (Version, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		reason, err = clean("reason", reason, "say what you want to see of it, in a sentence")
	}
	if err != nil {
		return Version{}, errs.Wrap("policy.shadow", err)
	}
	var v Version
	err = s.db.Write(ctx, who, "shadow policy chosen", func(tx *db.Tx) error {
		if id != 0 {
			if v, err = find(tx, id, tx.ForUpdate()); err != nil || v.State == Shadow {
				return err
			}
			if v.State == Active {
				return errs.E(errs.Conflict, "it decides already").On(v.Ref().String())
			}
		}
		was, err := inState(tx, Shadow)
		if err == nil && was != 0 {
			err = s.move(tx, was, Draft, reason, "policy.shadow-end", nil)
		}
		if err == nil && id != 0 {
			err = s.move(tx, id, Shadow, reason, "policy.shadow", map[string]any{"modules": v.Digest})
		}
		if err != nil || id == 0 && was == 0 {
			return err
		}
		if s.Bump != nil {
			if err := s.Bump(tx); err != nil {
				return err
			}
		}
		if id != 0 {
			v, err = find(tx, id, "")
		}
		return err
	})
	return v, errs.Wrap("policy.shadow", err)
}

// Retire puts a draft or the shadow aside. The active one is retired by
// activating another, 0 for the one that comes with the program.
func (s *Service) Retire(ctx context.Context, id int64, reason string) (Version, error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil {
		reason, err = clean("reason", reason, "say why, in a sentence: the decision is evidence")
	}
	if err != nil {
		return Version{}, errs.Wrap("policy.retire", err)
	}
	var v Version
	err = s.db.Write(ctx, who, "policy retired", func(tx *db.Tx) error {
		if v, err = find(tx, id, tx.ForUpdate()); err != nil || v.State == Retired {
			return err
		}
		if v.State == Active || id == 0 {
			return errs.E(errs.Conflict, "it decides; activate another one in its place").On(v.Ref().String())
		}
		if err := s.move(tx, id, Retired, reason, "policy.retire", nil); err != nil {
			return err
		}
		v, err = find(tx, id, "")
		return err
	})
	return v, errs.Wrap("policy.retire", err)
}

// Diff returns how two versions differ, file by file; 0: the one that comes
// with the program.
func (s *Service) Diff(ctx context.Context, from, to int64) (list []FileDiff, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("policy.diff", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		a, err := find(q, from, "")
		if err != nil {
			return err
		}
		b, err := find(q, to, "")
		list = Compare(a.Modules, b.Modules)
		return err
	})
	return list, errs.Wrap("policy.diff", err)
}

// DigestOf returns the digest of a version as it is now, for comparing it with
// the last evidence entry; "" if there is none.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	id, err := ref.ID(ref.Policy, r.Key)
	if err != nil {
		return "", nil
	}
	v, ok, err := read(q, id, "")
	if err != nil || !ok {
		return "", err
	}
	return v.digest(), nil
}
