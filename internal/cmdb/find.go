package cmdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

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
