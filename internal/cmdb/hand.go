package cmdb

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// What people say is an observation like any other, of the source "hand",
// which the rules trust most unless they are told otherwise. An item that a
// person made has a whole observation; on an item that sources found, a person
// may set single attributes, whose observation says nothing else, in
// particular not that the item is still there.

// NewItem is an item that a person makes.
type NewItem struct {
	Kind        string
	Name        string
	Env         string
	Team        string
	Identifiers []Identifier
	Attributes  map[string]json.RawMessage
}

// ItemEdit is what a person sets on an item; nil and absent fields stay.
type ItemEdit struct {
	Name  *string // "" takes back what was set by hand
	Env   *string
	Team  *string
	Set   map[string]json.RawMessage // attributes
	Clear []string                   // attributes: take back what was set by hand
	// Identifiers, when not nil, are all that are set by hand.
	Identifiers []Identifier
}

// handKey is the key under which a made item is kept.
func (n NewItem) handKey() string {
	key := n.Kind + "/" + word(strings.TrimSpace(n.Name))
	if n.Env != "" {
		key += "@" + strings.TrimSpace(n.Env)
	}
	return key
}

// CreateItem makes an item by hand. Errors: Conflict when one of the kind, name
// and environment was made by hand before, or another one bears one of the
// identifiers: edit that; Invalid for what its kind does not allow.
func (s *Service) CreateItem(ctx context.Context, n NewItem) (out Detail, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.create", err)
	}
	var id int64
	err = s.db.Write(ctx, who, "item made by hand", func(tx *db.Tx) error {
		if n.Kind == KindService {
			return errs.BadField("kind", n.Kind, "services are kept in the catalog; add it there and it is on the map at once")
		}
		if known, err := KnownKind(tx, n.Kind); err != nil {
			return err
		} else if !known {
			return noKind(tx, "kind", n.Kind)
		}
		if err := lockMap(tx); err != nil {
			return err
		}
		if err := s.notYet(tx, n); err != nil {
			return err
		}
		if err := allowed(tx, n.Kind, nil, n.Attributes); err != nil {
			return err
		}
		record := Record{Item: &Seen{Key: n.handKey(), Kind: n.Kind, Name: n.Name, Env: n.Env, Team: n.Team, Identifiers: n.Identifiers, Attributes: n.Attributes}}
		effect, err := s.Observe(tx, SourceHand, "", []Record{record})
		if err != nil {
			return withoutPlace(err)
		}
		if effect.Created != 1 {
			return errs.E(errs.Conflict, "the map knows it already as %s; edit that", ref.N(ref.Item, slices.Max(append(effect.Items, 0))))
		}
		id = effect.Items[0]
		tx.Record(evidence.Entry{Action: "item.create", Record: ref.N(ref.Item, id), Version: 1})
		return nil
	})
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.create", err)
	}
	return s.Get(ctx, id)
}

// notYet refuses an item that was made by hand already or that others know.
func (s *Service) notYet(tx *db.Tx, n NewItem) error {
	o, ok, err := findOrigin(tx, SourceHand, "", "")
	if err != nil {
		return err
	}
	if ok {
		have, err := obsByKey(tx, o.id, []string{n.handKey()})
		if err != nil {
			return err
		}
		if x := have[n.handKey()]; x != nil {
			return errs.E(errs.Conflict, "somebody made %s of this kind and name; edit that", ref.N(ref.Item, x.item))
		}
	}
	rules, err := rulesIn(tx)
	if err != nil {
		return err
	}
	found, err := bearers(tx, n.Identifiers)
	if err != nil {
		return err
	}
	var bad errs.Fields
	for _, id := range n.Identifiers {
		weak := slices.ContainsFunc(rules.identify(n.Kind), func(b IdentifyBy) bool { return b.Scheme == id.Scheme && b.Weak })
		if list := found[id]; len(list) > 0 && !weak && compatible(list[0].kind, n.Kind) {
			bad.Add("identifiers", id.String(), "this is "+ref.N(ref.Item, list[0].item).String()+" already; edit that, or leave the identifier out")
		}
	}
	return bad.Err()
}

// withoutPlace takes the place of the one record out of the names of fields.
func withoutPlace(err error) error {
	if e := errs.As(err); e.Kind == errs.Invalid {
		c := *e
		c.Fields = slices.Clone(e.Fields)
		for i := range c.Fields {
			c.Fields[i].Name = strings.TrimPrefix(strings.TrimPrefix(c.Fields[i].Name, "records[0]."), "item.")
		}
		return &c
	}
	return err
}

// allowed refuses attributes that do not fit the kind, unless they did not
// before either.
func allowed(q db.Querier, kind string, before, after map[string]json.RawMessage) error {
	now, _, err := CheckAttributes(q, kind, after)
	if err != nil || len(now) == 0 {
		return err
	}
	var was []Violation
	if before != nil {
		if was, _, err = CheckAttributes(q, kind, before); err != nil {
			return err
		}
	}
	var bad errs.Fields
	for _, v := range now {
		if !slices.Contains(was, v) {
			bad.Add(v.Place, v.Value, v.Remedy)
		}
	}
	return bad.Err()
}

// editable is an item at the version that was read, which may be edited.
func editable(tx *db.Tx, id, version int64) (*row, error) {
	if err := lockMap(tx); err != nil {
		return nil, err
	}
	r, err := mustRow(tx, id)
	if err != nil {
		return nil, err
	}
	if r.merged != 0 {
		into, err := finalItem(tx, id)
		if err != nil {
			return nil, err
		}
		return nil, errs.E(errs.Conflict, "it was merged into %s; look at that", ref.N(ref.Item, into)).On(ref.N(ref.Item, id).String())
	}
	if r.version != version {
		return nil, outdated(ref.N(ref.Item, id), r.version, version)
	}
	return r, nil
}

func mustRow(q db.Querier, id int64) (*row, error) {
	rows, err := rowsByID(q, []int64{id})
	if err != nil {
		return nil, err
	}
	if rows[id] == nil {
		return nil, noItem(ref.N(ref.Item, id).String())
	}
	return rows[id], nil
}

// EditItem sets or takes back what a person says of an item. version is the one
// that was read. Errors: Conflict when it is another by now or the item was
// merged; Invalid for what its kind does not allow.
func (s *Service) EditItem(ctx context.Context, id, version int64, e ItemEdit) (out Detail, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.edit", err)
	}
	err = s.db.Write(ctx, who, "item edited by hand", func(tx *db.Tx) error {
		old, err := editable(tx, id, version)
		if err != nil {
			return err
		}
		if old.kind == KindService && (e.Name != nil || e.Env != nil || e.Team != nil || e.Identifiers != nil) {
			return errs.BadField("name", "", "name, team and aliases of a service are kept in the catalog; edit it there")
		}
		if err := s.say(tx, id, e); err != nil {
			return err
		}
		if _, err := s.Resolve(tx, []int64{id}); err != nil {
			return err
		}
		is, err := mustRow(tx, id)
		if err != nil {
			return err
		}
		if err := allowed(tx, is.kind, valuesOf(old.attributes), valuesOf(is.attributes)); err != nil {
			return err
		}
		set := slices.Sorted(maps.Keys(e.Set))
		tx.Record(evidence.Entry{Action: "item.edit", Record: ref.N(ref.Item, id), Version: is.version,
			Data: map[string]any{"set": set[:min(len(set), 50)], "cleared": e.Clear[:min(len(e.Clear), 50)], "content": evidence.Digest(nil, e)}})
		return nil
	})
	if err != nil {
		return Detail{}, errs.Wrap("cmdb.edit", err)
	}
	return s.Get(ctx, id)
}
