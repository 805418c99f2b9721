package cmdb

import (
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// picture is a part of the map at a time.
type picture struct {
	items     map[int64]itemForm
	relations map[int64]relationForm
}

// around is an item with its relations.
func around(q db.Querier, id int64, at time.Time) (p picture, err error) {
	if p.items, err = formsAt(q, []int64{id}, at); err != nil {
		return p, err
	}
	p.relations = map[int64]relationForm{}
	for _, out := range []bool{true, false} {
		list, err := relationsOf(q, []int64{id}, out, at)
		if err != nil {
			return p, err
		}
		for _, r := range list {
			p.relations[r.ID] = r
		}
	}
	return p, nil
}

// partAt is an item and everything it needs, with all relations among them, at
// a time.
func partAt(q db.Querier, root int64, at time.Time) (p picture, err error) {
	seen, edge := map[int64]bool{root: true}, []int64{root}
	p.relations = map[int64]relationForm{}
	for len(edge) > 0 {
		var further []int64
		reach := func(id int64) {
			if !seen[id] {
				seen[id] = true
				further = append(further, id)
			}
		}
		for _, out := range []bool{true, false} {
			list, err := relationsOf(q, edge, out, at)
			if err != nil {
				return p, err
			}
			for _, r := range list {
				switch need := r.Kind.Need(); {
				case out:
					p.relations[r.ID] = r
					if need == FromNeedsTo {
						reach(r.To)
					}
				case need == ToNeedsFrom:
					reach(r.From)
				}
			}
		}
		slices.Sort(further)
		edge = further
	}
	maps.DeleteFunc(p.relations, func(_ int64, r relationForm) bool { return !seen[r.To] })
	p.items, err = formsAt(q, slices.Sorted(maps.Keys(seen)), at)
	return p, err
}

// comparePictures lists what differs between two pictures, items first, by number.
func comparePictures(then, now picture) (out []Difference) {
	for _, id := range slices.Sorted(maps.Keys(eitherOf(then.items, now.items))) {
		a, had := then.items[id]
		b, has := now.items[id]
		if d, ok := differItem(a, b, had, has); ok {
			out = append(out, d)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(eitherOf(then.relations, now.relations))) {
		a, had := then.relations[id]
		b, has := now.relations[id]
		if d, ok := differRelation(a, b, had, has); ok {
			out = append(out, d)
		}
	}
	return out
}

// comparePart is comparePictures of what an item needs, and says of what came or went
// whether it was there all the time and only the need is new or gone.
func comparePart(q db.Querier, then, now picture, from, to time.Time) ([]Difference, error) {
	list := comparePictures(then, now)
	var came, went []int64
	for _, d := range list {
		switch {
		case d.Link == "" && d.Verb == Added:
			came = append(came, d.Item)
		case d.Link == "" && d.Verb == Removed:
			went = append(went, d.Item)
		}
	}
	before, err := formsAt(q, came, from)
	if err != nil {
		return nil, err
	}
	after, err := formsAt(q, went, to)
	if err != nil {
		return nil, err
	}
	for i, d := range list {
		if d.Link == "" && d.Verb != Changed {
			_, was := before[d.Item]
			_, is := after[d.Item]
			list[i].Left = was || is
		}
	}
	return list, nil
}

func eitherOf[V any](a, b map[int64]V) map[int64]V {
	out := maps.Clone(a)
	if out == nil {
		out = map[int64]V{}
	}
	maps.Copy(out, b)
	return out
}

func differVerb(had, has bool) string {
	switch {
	case !had:
		return Added
	case !has:
		return Removed
	}
	return Changed
}

func differItem(a, b itemForm, had, has bool) (Difference, bool) {
	if !had && !has || had && has && a.digest() == b.digest() {
		return Difference{}, false
	}
	d := Difference{Verb: differVerb(had, has)}
	shown := b
	switch {
	case !has:
		shown = a
	default:
		d.Form, d.Since = b.digest(), b.Since
		if had {
			d.Changes = a.changes(b)
		}
	}
	d.What, d.Item, d.Kind, d.Name = shown.key(), shown.Item, shown.Kind, shown.Name
	return d, true
}

func differRelation(a, b relationForm, had, has bool) (Difference, bool) {
	if !had && !has || had && has && a.digest() == b.digest() {
		return Difference{}, false
	}
	d := Difference{Verb: differVerb(had, has)}
	shown := b
	switch {
	case !has:
		shown = a
	default:
		d.Form, d.Since = b.digest(), b.Since
		if had {
			d.Changes = a.changes(b)
		}
	}
	d.What, d.Item, d.Other, d.Link = shown.key(), shown.From, shown.To, shown.Kind
	return d, true
}
