package cmdb

import (
	"encoding/json"
	"slices"

	"github.com/evenkeel/evenkeel/internal/ref"
)

func parseAttributes(text string) (values map[string]json.RawMessage, err error) {
	err = json.Unmarshal([]byte(text), &values)
	return values, err
}

// tie says to which item each fact belongs: the one it is tied to, the one that
// certain identifiers name, or a new one.
func (w *work) tie(list []factNews) ([]int64, error) {
	var ask []Identifier
	for _, n := range list {
		ask = append(ask, n.fact.identifiers...)
	}
	who, err := bearers(w.tx, ask)
	if err != nil {
		return nil, err
	}
	var candidates []int64
	for _, l := range who {
		for _, b := range l {
			candidates = append(candidates, b.item)
		}
	}
	slices.Sort(candidates)
	if err := w.loadRows(slices.Compact(candidates)); err != nil {
		return nil, err
	}
	ids, err := w.newItems(list)
	if err != nil {
		return nil, err
	}
	ties := make([]int64, len(list))
	var fresh []int // places of facts that made an item
	ask0 := func(id Identifier) []bearer { return who[id] }
	held := func(item int64) []Identifier {
		if r := w.rows[item]; r != nil {
			return r.identifiers
		}
		return nil
	}
	for i, n := range list {
		if n.old != nil {
			ties[i] = n.old.item
			if !n.old.pinned {
				w.doubts = append(w.doubts, w.rules.suspects(n.fact, n.old.item, ask0)...)
			}
			continue
		}
		item, doubts := w.rules.recognise(n.fact, ask0, held)
		if item == 0 {
			item, ids = ids[0], ids[1:]
			w.rows[item] = &row{id: item, kind: n.fact.kind, identifiers: n.fact.identifiers}
			w.made[item] = true
			fresh = append(fresh, i)
			for _, id := range n.fact.identifiers { // later facts of the batch find it
				who[id] = append(who[id], bearer{item: item, kind: n.fact.kind, env: n.fact.env, state: Present})
			}
		}
		for _, d := range doubts {
			if d.b == 0 {
				d.b = item
			}
			w.doubts = append(w.doubts, d)
		}
		ties[i] = item
	}
	return ties, w.wonder(list, ties, fresh, who)
}

// newItems takes numbers for as many items as may become new.
func (w *work) newItems(list []factNews) ([]int64, error) {
	n := 0
	for _, x := range list {
		if x.old == nil {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	return w.tx.NextIDs(ref.Item, n)
}

// namesakesMost is beyond how many items of one name it says nothing any more
// that another one has it.
const namesakesMost = 4

// wonder proposes pairs of a new item and an older one that weak rules hold
// for the same: of the same kind and environment, and not both of one origin,
// which would have known.
func (w *work) wonder(list []factNews, ties []int64, fresh []int, who map[Identifier][]bearer) error {
	words := map[string][]string{}
	for _, i := range fresh {
		f := list[i].fact
		for _, scheme := range w.rules.weak(f.kind) {
			if scheme == SchemeName {
				words[f.kind] = append(words[f.kind], word(f.name))
			}
		}
	}
	same := map[string]map[string][]bearer{}
	for kind, l := range words {
		var err error
		if same[kind], err = namesakes(w.tx, kind, l); err != nil {
			return err
		}
	}
	var doubts []doubt
	for _, i := range fresh {
		f := list[i].fact
		for _, scheme := range w.rules.weak(f.kind) {
			var found []bearer
			why := "both have the name " + f.name
			if scheme == SchemeName {
				found = same[f.kind][word(f.name)]
			} else {
				for _, id := range f.identifiers {
					if id.Scheme == scheme {
						found, why = append(found, who[id]...), "both have "+id.String()
					}
				}
			}
			if len(found) > namesakesMost {
				continue
			}
			for _, b := range found {
				if b.item != ties[i] && b.kind == f.kind && b.env == f.env && b.state != Retired {
					doubts = append(doubts, doubt{a: b.item, b: ties[i], why: why})
				}
			}
		}
	}
	if len(doubts) == 0 {
		return nil
	}
	others := make([]int64, len(doubts))
	for i, d := range doubts {
		others[i] = d.a
	}
	own, err := itemsOfOrigin(w.tx, w.origin.id, others)
	if err != nil {
		return err
	}
	for _, d := range doubts {
		if !own[d.a] && !w.made[d.a] {
			w.doubts = append(w.doubts, d)
		}
	}
	return nil
}
