package cmdb

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// say changes what people say of an item. After a merge an item may have
// several observations by hand: what is set goes to the first, and is taken
// out of the others.
func (s *Service) say(tx *db.Tx, id int64, e ItemEdit) error {
	o, err := s.handOrigin(tx)
	if err != nil {
		return err
	}
	all, err := obsOfItems(tx, []int64{id})
	if err != nil {
		return err
	}
	mine := slices.DeleteFunc(all[id], func(x *obs) bool { return x.origin != o.id })
	slices.SortStableFunc(mine, func(a, b *obs) int { return below(!a.partial(), !b.partial()) })
	if len(mine) == 0 {
		x, err := s.speaker(tx, o, id)
		if err != nil {
			return err
		}
		mine = append(mine, x)
	}
	for i, x := range mine {
		content, err := x.content()
		if err != nil {
			return err
		}
		text := func(into *string, v *string) {
			switch {
			case v == nil:
			case i == 0:
				*into = strings.TrimSpace(*v)
			case content.Kind == "": // a partial one; a made item keeps its own fields
				*into = ""
			}
		}
		if i == 0 && content.Kind != "" && e.Name != nil && strings.TrimSpace(*e.Name) == "" {
			return errs.BadField("name", "", "give it a name")
		}
		text(&content.Name, e.Name)
		text(&content.Env, e.Env)
		text(&content.Team, e.Team)
		if content.Attributes == nil {
			content.Attributes = map[string]json.RawMessage{}
		}
		for _, name := range e.Clear {
			delete(content.Attributes, name)
		}
		for name, v := range e.Set {
			if delete(content.Attributes, name); i == 0 {
				content.Attributes[name] = v
			}
		}
		if e.Identifiers != nil {
			if content.Identifiers = nil; i == 0 {
				content.Identifiers = e.Identifiers
			}
		}
		if err := s.keep(tx, x, content); err != nil {
			return err
		}
	}
	return nil
}

func (o *obs) partial() bool {
	s, err := o.content()
	return err == nil && s.Kind == ""
}

// keep stores what a person says; the checks are those of any source, but a
// partial observation has neither kind nor name.
func (s *Service) keep(tx *db.Tx, x *obs, content Seen) error {
	check := content
	if content.Kind == "" {
		check.Kind = KindExternal
		if check.Name == "" {
			check.Name = "x"
		}
	}
	f, err := prepareItem("", &check, func(kind string) (bool, error) { return KnownKind(tx, kind) })
	if err != nil {
		return err
	}
	if content.Kind == "" {
		f.kind = ""
		if content.Name == "" {
			f.name = ""
		}
	}
	x.body = string(f.body())
	x.digest, x.last, x.absent = digestOf([]byte(x.body)), moment(tx.Now), 0
	return updateObs(tx, []*obs{x})
}

func (s *Service) handOrigin(tx *db.Tx) (origin, error) {
	if err := lockMap(tx); err != nil {
		return origin{}, err
	}
	return ensureOrigin(tx, SourceHand, "", "")
}

// speaker is the partial observation by hand of an item, made if there is none;
// its key names the item, and it goes where merges and splits take it.
func (s *Service) speaker(tx *db.Tx, o origin, id int64) (*obs, error) {
	key := ref.N(ref.Item, id).String()
	have, err := obsByKey(tx, o.id, []string{key})
	if err != nil {
		return nil, err
	}
	if x := have[key]; x != nil && x.item == id {
		list, err := obsByID(tx, []int64{x.id})
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return list[0], nil
	} else if x != nil { // a merge or split took it elsewhere
		key += "/" + string(ref.Item) // and a second one is needed here
		if again, err := obsByKey(tx, o.id, []string{key}); err != nil || again[key] != nil {
			return again[key], err
		}
	}
	n, err := tx.NextID(idObservation)
	if err != nil {
		return nil, err
	}
	f := fact{key: key, attributes: "{}"}
	x := &obs{id: n, origin: o.id, source: o.source, scope: o.scope, key: key, item: id, pinned: true, body: string(f.body()), first: moment(tx.Now), last: moment(tx.Now)}
	x.digest = digestOf([]byte(x.body))
	return x, insertObs(tx, []*obs{x})
}
