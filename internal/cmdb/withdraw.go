package cmdb

import (
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Withdraw takes back what a source said of items: their observations and the
// relations that name them by those keys. An item of which nobody else says
// anything is retired at once, because somebody said so. Keys that are not
// known are passed over.
func (s *Service) Withdraw(tx *db.Tx, source, scope string, keys []string) error {
	_, err := s.withdraw(tx, source, scope, keys)
	return errs.Wrap("cmdb.withdraw", err)
}

func (s *Service) withdraw(tx *db.Tx, source, scope string, keys []string) (Effect, error) {
	if err := lockMap(tx); err != nil {
		return Effect{}, err
	}
	o, ok, err := findOrigin(tx, source, scope, "")
	if err != nil || !ok {
		return Effect{}, err
	}
	known, err := obsByKey(tx, o.id, keys)
	if err != nil || len(known) == 0 {
		return Effect{}, err
	}
	w, err := s.begin(tx)
	if err != nil {
		return Effect{}, err
	}
	w.origin = &o
	gone := map[int64]bool{}
	ends := map[string]bool{}
	var items []int64
	for key, x := range known {
		gone[x.id] = true
		ends["key:"+key] = true
		items = append(items, x.item)
	}
	slices.Sort(items)
	if err := w.load(slices.Compact(items), gone); err != nil {
		return Effect{}, err
	}
	if err := deleteObs(tx, slices.Sorted(maps.Keys(gone))); err != nil {
		return Effect{}, err
	}
	if err := w.settleItems(); err != nil {
		return Effect{}, err
	}
	list, err := w.sightingsAt(slices.Compact(items))
	if err != nil {
		return Effect{}, err
	}
	waiting, err := danglingAt(tx, slices.Sorted(maps.Keys(ends)))
	if err != nil {
		return Effect{}, err
	}
	list = slices.DeleteFunc(append(list, waiting...), func(x *sighting) bool { return x.origin != o.id || !ends[x.from] && !ends[x.to] })
	if err := w.removeSightings(list); err != nil {
		return Effect{}, err
	}
	if err := w.finish(); err != nil {
		return Effect{}, err
	}
	w.record("map.withdraw", &o, "")
	return w.effect, nil
}

// WithdrawRelations takes back what a source said of relations, named by their
// ends and kind as it said them.
func (s *Service) WithdrawRelations(tx *db.Tx, source, scope string, list []SeenRelation) error {
	var links []link
	for i := range list {
		l, err := prepareLink("relation.", &list[i], Declared)
		if err != nil {
			return errs.Wrap("cmdb.withdraw", err)
		}
		links = append(links, l)
	}
	err := func() error {
		if err := lockMap(tx); err != nil {
			return err
		}
		o, ok, err := findOrigin(tx, source, scope, "")
		if err != nil || !ok {
			return err
		}
		w, err := s.begin(tx)
		if err != nil {
			return err
		}
		w.origin = &o
		if err := w.takeBack(&o, links); err != nil {
			return err
		}
		if w.delta.Empty() {
			return nil
		}
		if err := w.finish(); err != nil {
			return err
		}
		b := batch{links: links}
		w.record("map.withdraw", &o, b.content())
		return nil
	}()
	return errs.Wrap("cmdb.withdraw", err)
}

// sightingsAt is all that is said of relations at items.
func (w *work) sightingsAt(items []int64) ([]*sighting, error) {
	from, err := bondsBy(w.tx, "from_item", items)
	if err != nil {
		return nil, err
	}
	to, err := bondsBy(w.tx, "to_item", items)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, b := range append(from, to...) {
		ids = append(ids, b.id)
	}
	slices.Sort(ids)
	return sightingsWhere(w.tx, "s.relation", slices.Compact(ids))
}

// Resolve works items and their relations out again from what is known: after
// rules changed, time passed, or observations moved from one item to another.
// Ends of relations follow the observations. It records no evidence of its own:
// whoever asks knows why.
func (s *Service) Resolve(tx *db.Tx, items []int64) (Effect, error) {
	effect, err := s.resolveItems(tx, items, true)
	if err == nil {
		err = noteMoves(tx)
	}
	return effect, errs.Wrap("cmdb.resolve", err)
}

// resolveItems is Resolve; ends: also look up anew which items the relations
// are between.
func (s *Service) resolveItems(tx *db.Tx, items []int64, ends bool) (Effect, error) {
	if err := lockMap(tx); err != nil {
		return Effect{}, err
	}
	w, err := s.begin(tx)
	if err != nil {
		return Effect{}, err
	}
	items = slices.Compact(slices.Sorted(slices.Values(items)))
	if err := w.load(items, nil); err != nil {
		return Effect{}, err
	}
	if err := w.settleItems(); err != nil {
		return Effect{}, err
	}
	if ends {
		list, err := w.sightingsAt(items)
		if err != nil {
			return Effect{}, err
		}
		own, err := w.selfish()
		if err != nil {
			return Effect{}, err
		}
		if err := w.retie(append(list, own...)); err != nil {
			return Effect{}, err
		}
	}
	return w.effect, w.finish()
}

// selfish are relations of an item to itself that name it by its keys or
// identifiers: a split may set their ends apart.
func (w *work) selfish() ([]*sighting, error) {
	ends := map[string]bool{}
	for id, list := range w.said {
		for _, x := range list {
			ends["key:"+x.fact.key] = true
		}
		if r := w.rows[id]; r != nil {
			for _, i := range r.identifiers {
				ends[i.String()] = true
				ends[End{Scheme: i.Scheme, Value: i.Value, Kind: r.kind}.text()] = true
			}
		}
	}
	return selfishSightings(w.tx, slices.Sorted(maps.Keys(ends)))
}
