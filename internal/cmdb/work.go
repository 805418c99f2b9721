package cmdb

import (
	"cmp"
	"maps"
	"slices"

	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// work is what one transaction does to the map. It gathers what is touched,
// works it out once, and writes it in sets: no step asks the database once per
// record.
type work struct {
	s      *Service
	tx     *db.Tx
	rules  *Rules
	now    int64
	run    int64
	effect Effect
	delta  graph.Delta

	rows   map[int64]*row    // items as they were
	made   map[int64]bool    // of them, those that are new
	said   map[int64][]*said // what is said of touched items, by this transaction too
	gained map[string]bool   // ends that mean something now: "key:…" of the origin at hand, identifiers
	origin *origin           // whose keys gained means; nil for none
	named  map[string]bool   // values of service names that came or went
	doubts []doubt
}

// begin starts the work of a transaction; the caller holds the map's lock.
func (s *Service) begin(tx *db.Tx) (*work, error) {
	rules, err := rulesIn(tx)
	if err != nil {
		return nil, err
	}
	return &work{s: s, tx: tx, rules: rules, now: moment(tx.Now), rows: map[int64]*row{}, made: map[int64]bool{}, said: map[int64][]*said{},
		gained: map[string]bool{}, named: map[string]bool{}}, nil
}

// load reads items and all that is said of them, for those not loaded yet.
// except are observations that the transaction says anew.
func (w *work) load(items []int64, except map[int64]bool) error {
	var need []int64
	for _, id := range items {
		if _, ok := w.said[id]; !ok && !w.made[id] {
			need = append(need, id)
		}
	}
	if len(need) == 0 {
		return nil
	}
	if err := w.loadRows(need); err != nil {
		return err
	}
	all, err := obsOfItems(w.tx, need)
	if err != nil {
		return err
	}
	for _, id := range need {
		w.said[id] = nil
		for _, o := range all[id] {
			if except[o.id] {
				continue
			}
			x, err := o.said()
			if err != nil {
				return err
			}
			w.said[id] = append(w.said[id], x)
		}
	}
	return nil
}

func (w *work) loadRows(items []int64) error {
	var need []int64
	for _, id := range items {
		if w.rows[id] == nil {
			need = append(need, id)
		}
	}
	found, err := rowsByID(w.tx, need)
	maps.Copy(w.rows, found)
	return err
}

// settleItems works all touched items out and writes those that differ.
func (w *work) settleItems() error {
	var fresh, changed, past []*row
	var identifiers [][]any
	for _, id := range slices.Sorted(maps.Keys(w.said)) {
		old := w.rows[id]
		if old == nil {
			continue // merged or edited rows name items that are no more; the audit finds them
		}
		list := w.said[id]
		slices.SortFunc(list, func(a, b *said) int { return cmp.Compare(a.id, b.id) })
		next := resolve(w.rules, old, list, w.now)
		if w.made[id] {
			next.version, next.created, next.updated = 1, w.now, w.now
			fresh = append(fresh, &next)
			w.effect.Created++
			w.effect.Items = append(w.effect.Items, id)
		} else {
			if old.still(&next) {
				continue
			}
			if !old.same(&next) {
				past = append(past, old)
				next.version, next.updated = old.version+1, w.now
				w.count(old, &next)
				w.effect.Items = append(w.effect.Items, id)
			}
			changed = append(changed, &next)
			for _, i := range old.identifiers {
				if !slices.Contains(next.identifiers, i) {
					if err := dropIdentifier(w.tx, i, id); err != nil {
						return err
					}
					w.name(next.kind, i)
				}
			}
		}
		for _, i := range next.identifiers {
			if w.made[id] || !slices.Contains(old.identifiers, i) {
				identifiers = append(identifiers, []any{i.Scheme, i.Value, id})
				w.gain(next.kind, i)
			}
		}
		if w.made[id] || old.name != next.name || old.kind != next.kind {
			w.gained[By(SchemeName, word(next.name), next.kind).text()] = true
		}
		if w.made[id] || old.kind != next.kind || old.state != next.state {
			w.delta.Nodes = append(w.delta.Nodes, graph.NodeChange{ID: uint32(id), Kind: next.kind, State: graphState(next.state), Revision: next.version})
		}
		w.rows[id] = &next
	}
	if err := insertRows(w.tx, fresh); err != nil {
		return err
	}
	if err := insertPast(w.tx, past, w.now); err != nil {
		return err
	}
	if err := updateRows(w.tx, changed); err != nil {
		return err
	}
	return addIdentifiers(w.tx, identifiers)
}

func graphState(s State) graph.State {
	switch s {
	case Stale:
		return graph.Stale
	case Retired:
		return graph.Retired
	}
	return graph.Present
}

// count says what became of an item.
func (w *work) count(old, next *row) {
	switch {
	case old.state == Present && next.state != Present:
		w.effect.Stale++
	case old.state != Present && next.state == Present:
		w.effect.Back++
	default:
		w.effect.Changed++
	}
}

// gain notes that an identifier means something now.
func (w *work) gain(kind string, i Identifier) {
	w.gained[i.String()] = true
	w.gained[End{Scheme: i.Scheme, Value: i.Value, Kind: kind}.text()] = true
	w.name(kind, i)
}

// name notes that an identifier came or went which ties applications to
// services.
func (w *work) name(kind string, i Identifier) {
	if kind == KindApplication && i.Scheme == SchemeServiceName || kind == KindService && i.Scheme == SchemeService {
		w.named[i.Value] = true
	}
}

// propose keeps the pairs in doubt that nobody has decided on yet.
func (w *work) propose() error {
	if len(w.doubts) == 0 {
		return nil
	}
	for i, d := range w.doubts {
		w.doubts[i].a, w.doubts[i].b = min(d.a, d.b), max(d.a, d.b)
	}
	slices.SortStableFunc(w.doubts, func(x, y doubt) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	list := slices.CompactFunc(w.doubts, func(x, y doubt) bool { return x.a == y.a && x.b == y.b })
	made, err := insertProposals(w.tx, list)
	if err != nil {
		return err
	}
	w.effect.Proposed = append(w.effect.Proposed, made...)
	w.effect.Counts.Proposals += len(made)
	w.doubts = nil
	return nil
}

// finish ties what waited for an end, follows the rules of names, keeps
// proposals, and writes the change for the graphs.
func (w *work) finish() error {
	if err := w.tieNames(); err != nil {
		return err
	}
	if err := w.joinDangling(); err != nil {
		return err
	}
	if err := w.propose(); err != nil {
		return err
	}
	if w.delta.Empty() {
		return nil
	}
	id, err := w.tx.NextID(idDelta)
	if err != nil {
		return err
	}
	if err := insertDelta(w.tx, id, w.now, w.delta.Encode()); err != nil {
		return err
	}
	w.tx.After(w.s.mem.wake)
	return nil
}

// recordOf is the record that evidence of the work names: the run, or the item
// that it is about.
func (w *work) recordOf() (ref.Ref, int64) {
	if w.run > 0 {
		return ref.N(ref.Run, w.run), 0
	}
	if len(w.effect.Items) > 0 {
		id := w.effect.Items[0]
		return ref.N(ref.Item, id), w.rows[id].version
	}
	return ref.S(ref.System, "map"), 0
}
