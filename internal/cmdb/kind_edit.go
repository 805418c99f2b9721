package cmdb

import (
	"context"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// ItemKinds returns kinds by name, after a name, those known from the start at
// their place, and says whether there are more.
func (s *Service) ItemKinds(ctx context.Context, after string, limit int) (out []OwnKind, more bool, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, false, errs.Wrap("cmdb.kinds", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if out, err = listKinds(q, after, limit+1); err != nil {
			return err
		}
		cut := len(out) > limit
		for _, name := range Kinds {
			i, there := slices.BinarySearchFunc(out, name, func(k OwnKind, name string) int { return strings.Compare(k.Name, name) })
			if name > after && !there && (i < len(out) || !cut) {
				out = slices.Insert(out, i, OwnKind{Name: name, Known: true})
			}
		}
		if len(out) > limit {
			out, more = out[:limit], true
		}
		for i := range out {
			if err := managedBy(q, out[i].Ref(), &out[i].Managed); err != nil {
				return err
			}
		}
		return nil
	})
	return out, more, errs.Wrap("cmdb.kinds", err)
}

func managedBy(q db.Querier, r ref.Ref, into *string) error {
	m, ok, err := ascode.ManagedBy(q, r)
	if ok {
		*into = m.String()
	}
	return err
}

// ItemKind returns a kind. Errors: NotFound.
func (s *Service) ItemKind(ctx context.Context, name string) (k OwnKind, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return OwnKind{}, errs.Wrap("cmdb.kind", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if k, err = getKind(q, name, ""); err != nil {
			return err
		}
		return managedBy(q, k.Ref(), &k.Managed)
	})
	return k, errs.Wrap("cmdb.kind", err)
}

// getKind returns a kind, also one that is known from the start and not stored.
func getKind(q db.Querier, name, lock string) (OwnKind, error) {
	k, ok, err := findKind(q, name, lock)
	switch {
	case err != nil || ok:
		return k, err
	case slices.Contains(Kinds, name):
		return OwnKind{Name: name, Known: true}, nil
	}
	return OwnKind{}, errs.E(errs.NotFound, "there is no such kind of items").On(ref.S(ref.ItemKind, errs.Short(name)).String())
}

// PutKind adds a kind, or replaces what is stored of one. version is the one
// that was read, 0 for a new kind. Errors: Conflict when it is another by now,
// or the kind is managed in git.
func (s *Service) PutKind(ctx context.Context, name string, version int64, spec KindSpec) (k OwnKind, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return OwnKind{}, errs.Wrap("cmdb.kind.put", err)
	}
	err = s.db.Write(ctx, who, "kind of items edited", func(tx *db.Tx) error {
		old, _, err := findKind(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Version != version {
			return outdated(ref.S(ref.ItemKind, name), old.Version, version)
		}
		if err := ascode.Guard(tx, ref.S(ref.ItemKind, name)); err != nil {
			return err
		}
		k, err = putKind(tx, name, spec, "")
		return err
	})
	return k, errs.Wrap("cmdb.kind.put", err)
}

// outdated refuses an edit of a version that is not the present one.
func outdated(r ref.Ref, now, edit int64) error {
	switch {
	case now == 0:
		return errs.E(errs.Conflict, "nothing is stored of it any more and your edit is of version %d; look at it again", edit).On(r.String())
	case edit == 0:
		return errs.E(errs.Conflict, "it is there already, at version %d; look at it and edit that", now).On(r.String())
	}
	return errs.E(errs.Conflict, "it is at version %d and your edit is of version %d; look at it again", now, edit).On(r.String())
}

func commitOf(commit string) any {
	if commit == "" {
		return nil
	}
	return map[string]string{"commit": commit}
}

// putKind creates a kind or makes it equal to spec, with evidence if that
// changes anything.
func putKind(tx *db.Tx, name string, spec KindSpec, commit string) (OwnKind, error) {
	if !ref.IsName(name) {
		return OwnKind{}, errs.BadField("name", name, ref.NameForm)
	}
	if err := spec.check(); err != nil {
		return OwnKind{}, err
	}
	old, there, err := findKind(tx, name, tx.ForUpdate())
	if err != nil {
		return OwnKind{}, err
	}
	k := OwnKind{Name: name, Spec: spec, Known: slices.Contains(Kinds, name), Version: old.Version + 1, Created: old.Created, Updated: tx.Now}
	e := evidence.Entry{Action: "itemkind.edit", Record: k.Ref(), Version: k.Version, Data: commitOf(commit)}
	if there {
		if evidence.Digest(nil, old.Spec) == evidence.Digest(nil, spec) {
			return old, nil
		}
		e.Before = old.digest()
		err = updateKind(tx, k)
	} else {
		e.Action, k.Created = "itemkind.create", tx.Now
		err = insertKind(tx, k)
	}
	e.After = k.digest()
	tx.Record(e)
	return k, err
}

// DeleteKind removes a kind, or what is stored of one that is known from the
// start. Errors: NotFound; Conflict while items are of it or it is managed in
// git.
func (s *Service) DeleteKind(ctx context.Context, name string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("cmdb.kind.delete", err)
	}
	err = s.db.Write(ctx, who, "kind of items removed", func(tx *db.Tx) error {
		if err := ascode.Guard(tx, ref.S(ref.ItemKind, name)); err != nil {
			return err
		}
		return dropKind(tx, name)
	})
	return errs.Wrap("cmdb.kind.delete", err)
}

func dropKind(tx *db.Tx, name string) error {
	k, ok, err := findKind(tx, name, tx.ForUpdate())
	if err != nil {
		return err
	}
	if !ok {
		if slices.Contains(Kinds, name) {
			return errs.E(errs.Conflict, "it is known from the start and nothing is stored of it").On(ref.S(ref.ItemKind, name).String())
		}
		return errs.E(errs.NotFound, "there is no such kind of items").On(ref.S(ref.ItemKind, errs.Short(name)).String())
	}
	if !k.Known {
		id, err := firstOfKind(tx, name)
		if err != nil {
			return err
		}
		if id != 0 {
			return errs.E(errs.Conflict, "%s is of this kind; give it another kind, or retire it", ref.N(ref.Item, id)).On(k.Ref().String())
		}
	}
	if err := removeKind(tx, name); err != nil {
		return err
	}
	tx.Record(evidence.Entry{Action: "itemkind.delete", Record: k.Ref(), Version: k.Version, Before: k.digest()})
	return nil
}
