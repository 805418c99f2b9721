package cmdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Detail is an item with what surrounds it.
type Detail struct {
	Item
	Relations    []Related     // those that are not over first; at most RelationsShown each way
	More         bool          // there are further relations
	Observations []Observation // what each source says
}

// RelationsShown bounds the relations of a Detail in each direction.
const RelationsShown = 500

// Related is a relation of an item with the item at its other end.
type Related struct {
	Relation
	Other Item // without attributes and identifiers
	Out   bool // the item is its From
}

// Observation is what a source says of an item.
type Observation struct {
	ID        int64
	Source    string
	Scope     string
	Item      int64
	Pinned    bool // a person said that it belongs to the item
	Seen      Seen
	Run       int64 // that last changed it; 0 for none
	FirstSeen time.Time
	LastSeen  time.Time
	AbsentAt  time.Time // since when a complete run does not see it; zero: seen
}

func noItem(key string) error {
	return errs.E(errs.NotFound, "there is no such item").On(errs.Short(key))
}

// brief is an item without attributes, as lists show it.
func (i *row) brief() Item {
	return Item{ID: i.id, Kind: i.kind, Name: i.name, Env: i.env, Team: i.team, State: i.state, Conflicts: i.conflicts, MergedInto: i.merged,
		FirstSeen: at(i.first), LastSeen: at(i.last), NextAt: at(i.next), Version: i.version, Created: at(i.created), Updated: at(i.updated)}
}

// whole is an item with its attributes and identifiers.
func (i *row) whole() (Item, error) {
	out := i.brief()
	out.Identifiers = i.identifiers
	err := json.Unmarshal([]byte(i.attributes), &out.Attributes)
	return out, err
}

// Get returns an item with its relations and observations; NotFound when there
// is none of the number. One that another took the place of is returned as it
// is; see Item.MergedInto.
func (s *Service) Get(ctx context.Context, id int64) (out Detail, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Detail{}, errs.Wrap("cmdb.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		out, err = detail(q, id)
		return err
	})
	return out, errs.Wrap("cmdb.get", err)
}

func detail(q db.Querier, id int64) (out Detail, err error) {
	rows, err := rowsByID(q, []int64{id})
	if err != nil {
		return out, err
	}
	i := rows[id]
	if i == nil {
		return out, noItem(ref.N(ref.Item, id).String())
	}
	if out.Item, err = i.whole(); err != nil {
		return out, err
	}
	all, err := obsOfItems(q, []int64{id})
	if err != nil {
		return out, err
	}
	if out.Origins, err = i.origin(out.Attributes, all[id]); err != nil {
		return out, err
	}
	for _, o := range all[id] {
		v, err := o.observation()
		if err != nil {
			return out, err
		}
		out.Observations = append(out.Observations, v)
		if o.absent == 0 && v.LastSeen.After(out.LastSeen) {
			out.LastSeen = v.LastSeen
		}
	}
	out.Relations, out.More, err = relatedTo(q, id)
	return out, err
}

func (o *obs) observation() (Observation, error) {
	seen, err := o.content()
	return Observation{ID: o.id, Source: o.source, Scope: o.scope, Item: o.item, Pinned: o.pinned, Seen: seen, Run: o.run,
		FirstSeen: at(o.first), LastSeen: at(o.seen()), AbsentAt: at(o.absent)}, err
}

// relatedTo returns the relations of an item with the items at their other
// ends.
func relatedTo(q db.Querier, id int64) (out []Related, more bool, err error) {
	var bonds []*bond
	for _, over := range []bool{false, true} {
		for _, column := range []string{"from_item", "to_item"} {
			list, err := bondsAt(q, column, id, over, RelationsShown+1)
			if err != nil {
				return nil, false, err
			}
			if len(list) > RelationsShown {
				list, more = list[:RelationsShown], true
			}
			bonds = append(bonds, list...)
		}
	}
	return withOthers(q, id, bonds, more)
}

func withOthers(q db.Querier, id int64, bonds []*bond, more bool) (out []Related, _ bool, err error) {
	var others, live []int64
	for _, b := range bonds {
		others = append(others, b.from+b.to-id)
		if b.state != Retired {
			live = append(live, b.id)
		}
	}
	slices.Sort(others)
	rows, err := rowsByID(q, slices.Compact(others))
	if err != nil {
		return nil, false, err
	}
	said, err := sightingsOf(q, live)
	if err != nil {
		return nil, false, err
	}
	for _, b := range bonds {
		r := Related{Relation: b.relation(), Out: b.from == id}
		for _, s := range said[b.id] {
			if t := at(s.seen()); s.absent == 0 && t.After(r.LastSeen) {
				r.LastSeen = t
			}
		}
		if other := rows[b.from+b.to-id]; other != nil {
			r.Other = other.brief()
		}
		out = append(out, r)
	}
	return out, more, nil
}

// ByIdentifier returns the items that bear an identifier, oldest first.
func (s *Service) ByIdentifier(ctx context.Context, scheme, value string) (out []Item, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.get", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		id := Identifier{scheme, value}
		who, err := bearers(q, []Identifier{id})
		if err != nil {
			return err
		}
		out, err = itemsOf(q, who[id])
		return err
	})
	return out, errs.Wrap("cmdb.get", err)
}

func itemsOf(q db.Querier, list []bearer) (out []Item, err error) {
	ids := make([]int64, len(list))
	for i, b := range list {
		ids[i] = b.item
	}
	rows, err := rowsByID(q, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if rows[id] == nil {
			continue
		}
		item, err := rows[id].whole()
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

// Find returns the item that a text means: "CI-12", "arn=arn:aws:…",
// "database:orders" (kind and name), "checkout" (a name or any identifier's
// value). NotFound, or Invalid with the candidates when it means several.
func (s *Service) Find(ctx context.Context, text string) (out Item, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Item{}, errs.Wrap("cmdb.find", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		out, err = find(q, text)
		return err
	})
	return out, errs.Wrap("cmdb.find", err)
}

func find(q db.Querier, text string) (Item, error) {
	text = strings.TrimSpace(text)
	if r, err := ref.Parse(text); err == nil && r.Kind == ref.Item {
		id, err := ref.ID(ref.Item, r.Key)
		if err != nil {
			return Item{}, noItem(text)
		}
		return byNumber(q, id)
	} else if err == nil && r.Kind == ref.Service {
		text = SchemeService + "=" + r.Key
	}
	list, err := meantBy(q, text)
	if err != nil {
		return Item{}, err
	}
	list = likeliest(list)
	switch {
	case len(list) == 0:
		return Item{}, noItem(text)
	case len(list) > 1:
		return Item{}, severalMeant(text, list)
	}
	items, err := itemsOf(q, list[:1])
	if err != nil || len(items) == 0 {
		return Item{}, errs.Wrap("cmdb.find", err)
	}
	return items[0], nil
}

// byNumber follows items to those that took their place.
func byNumber(q db.Querier, id int64) (Item, error) {
	first := id
	for range 100 { // undone and done again, merges cannot make a circle; an edited row could
		rows, err := rowsByID(q, []int64{id})
		if err != nil {
			return Item{}, err
		}
		i := rows[id]
		if i == nil {
			break
		}
		if i.merged == 0 {
			return i.whole()
		}
		id = i.merged
	}
	return Item{}, noItem(ref.N(ref.Item, first).String())
}

// meantBy are the items that a text may mean.
func meantBy(q db.Querier, text string) ([]bearer, error) {
	if scheme, value, ok := strings.Cut(text, "="); ok && isScheme(scheme) {
		id := Identifier{scheme, value}
		who, err := bearers(q, []Identifier{id})
		return who[id], err
	}
	if kind, name, ok := strings.Cut(text, ":"); ok {
		known, err := KnownKind(q, kind)
		if err != nil {
			return nil, err
		}
		if known {
			same, err := namesakes(q, kind, []string{word(name)})
			return same[word(name)], err
		}
	}
	list, err := named(q, word(text), 50)
	if err != nil {
		return nil, err
	}
	var ids []Identifier
	for _, scheme := range schemes {
		ids = append(ids, Identifier{scheme, text})
	}
	who, err := bearers(q, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		list = append(list, who[id]...)
	}
	slices.SortFunc(list, func(a, b bearer) int { return int(a.item - b.item) })
	return slices.CompactFunc(list, func(a, b bearer) bool { return a.item == b.item }), nil
}

// likeliest leaves out what is meant less: retired items beside live ones, then
// what is no service, then what is no application. A promise, its software and
// its running forms often have one name.
func likeliest(list []bearer) []bearer {
	keep := func(want func(b bearer) bool) {
		if some := slices.DeleteFunc(slices.Clone(list), func(b bearer) bool { return !want(b) }); len(some) > 0 {
			list = some
		}
	}
	keep(func(b bearer) bool { return b.state != Retired })
	keep(func(b bearer) bool { return b.kind == KindService })
	keep(func(b bearer) bool { return b.kind == KindApplication })
	return list
}

func severalMeant(text string, list []bearer) error {
	names := make([]string, 0, 6)
	for _, b := range list[:min(len(list), 5)] {
		name := fmt.Sprintf("%s (%s %s", ref.N(ref.Item, b.item), b.kind, b.word)
		if b.env != "" {
			name += ", " + b.env
		}
		names = append(names, name+")")
	}
	if len(list) > 5 {
		names = append(names, fmt.Sprintf("and %d more", len(list)-5))
	}
	return errs.BadField("item", text, "it means several items: "+strings.Join(names, ", ")+"; name one by its number, or by kind:name or scheme=value")
}
