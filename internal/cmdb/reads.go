package cmdb

import (
	"context"
	"encoding/json"
	"slices"
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
