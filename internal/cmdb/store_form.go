package cmdb

import (
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// History is read like this: the form at a time is the first past form that
// ended after it, if that had begun by then; without one it is the present
// form, if that had begun. The queries below give the candidates in that
// order.

const (
	formPageSQL         = "SELECT id, kind, name, state, attributes, created_at FROM ci WHERE id > $1 ORDER BY id LIMIT $2"
	pastPageSQL         = "SELECT item, since, kind, name, state, attributes FROM ci_past WHERE item > $1 AND item <= $2 AND until > $3 ORDER BY item, until"
	relationPageSQL     = "SELECT id, from_item, to_item, kind, hard, grp, need, state, since FROM ci_relation WHERE id > $1 ORDER BY id LIMIT $2"
	relationPastPageSQL = "SELECT relation, since, from_item, to_item, kind, hard, grp, need FROM ci_relation_past WHERE relation > $1 AND relation <= $2 AND until > $3 ORDER BY relation, until"
)

// row is a form with whether it counts: not retired, and begun by the time
// that is asked for.
type formRow struct {
	itemForm
	live bool
}

type relationRow struct {
	relationForm
	live bool
}

func scanForm(at time.Time) func(r *db.Rows) (formRow, error) {
	return func(r *db.Rows) (f formRow, err error) {
		var state State
		var since int64
		err = r.Scan(&f.Item, &f.Kind, &f.Name, &state, &f.Attributes, &since)
		f.Since, f.Attributes = db.Time(since), canonical(f.Attributes)
		f.live = state != Retired && since <= db.Micros(at)
		return f, err
	}
}

func scanPastForm(at time.Time) func(r *db.Rows) (formRow, error) {
	return func(r *db.Rows) (f formRow, err error) {
		var state State
		var since int64
		err = r.Scan(&f.Item, &since, &f.Kind, &f.Name, &state, &f.Attributes)
		f.Since, f.Attributes = db.Time(since), canonical(f.Attributes)
		f.live = state != Retired && since <= db.Micros(at)
		return f, err
	}
}

func (f *relationRow) set(kind int, hard bool, since int64, at time.Time) {
	if kind >= 0 && kind < len(RelationKinds) {
		f.Kind = RelationKinds[kind]
	}
	f.Strength, f.Since = Soft, db.Time(since)
	if hard {
		f.Strength = Hard
	}
	f.live = f.live && since <= db.Micros(at)
}

func scanRelationForm(at time.Time) func(r *db.Rows) (relationRow, error) {
	return func(r *db.Rows) (f relationRow, err error) {
		var kind int
		var hard bool
		var state State
		var since int64
		err = r.Scan(&f.ID, &f.From, &f.To, &kind, &hard, &f.Group, &f.Need, &state, &since)
		f.live = state != Retired
		f.set(kind, hard, since, at)
		return f, err
	}
}

func scanPastRelation(at time.Time) func(r *db.Rows) (relationRow, error) {
	return func(r *db.Rows) (f relationRow, err error) {
		var kind int
		var hard bool
		var since int64
		err = r.Scan(&f.ID, &since, &f.From, &f.To, &kind, &hard, &f.Group, &f.Need)
		f.live = true // only live forms are kept as past ones
		f.set(kind, hard, since, at)
		return f, err
	}
}

const formPage = 1000

// eachForm calls fn with every item that was there at a time, by id.
func eachForm(q db.Querier, at time.Time, fn func(itemForm) error) error {
	for after := int64(0); ; {
		page, err := db.Collect(q, scanForm(at), formPageSQL, after, formPage)
		if err != nil || len(page) == 0 {
			return err
		}
		last := page[len(page)-1].Item
		past, err := db.Collect(q, scanPastForm(at), pastPageSQL, after, last, db.Micros(at))
		if err != nil {
			return err
		}
		i := 0
		for _, f := range page {
			for i < len(past) && past[i].Item < f.Item {
				i++
			}
			if i < len(past) && past[i].Item == f.Item {
				f = past[i]
			}
			if f.live {
				if err := fn(f.itemForm); err != nil {
					return err
				}
			}
		}
		after = last
	}
}

// eachRelationForm calls fn with every relation that was there at a time, by id.
func eachRelationForm(q db.Querier, at time.Time, fn func(relationForm) error) error {
	for after := int64(0); ; {
		page, err := db.Collect(q, scanRelationForm(at), relationPageSQL, after, 2*formPage)
		if err != nil || len(page) == 0 {
			return err
		}
		last := page[len(page)-1].ID
		past, err := db.Collect(q, scanPastRelation(at), relationPastPageSQL, after, last, db.Micros(at))
		if err != nil {
			return err
		}
		i := 0
		for _, f := range page {
			for i < len(past) && past[i].ID < f.ID {
				i++
			}
			if i < len(past) && past[i].ID == f.ID {
				f = past[i]
			}
			if f.live {
				if err := fn(f.relationForm); err != nil {
					return err
				}
			}
		}
		after = last
	}
}

// formsAt returns items as they were at a time; those that were not there are
// left out.
func formsAt(q db.Querier, ids []int64, at time.Time) (map[int64]itemForm, error) {
	rows := map[int64]formRow{}
	for part := range slices.Chunk(ids, 500) {
		args := db.Args(part)
		page, err := db.Collect(q, scanForm(at), "SELECT id, kind, name, state, attributes, created_at FROM ci WHERE id IN "+db.In(1, len(part)), args...)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			rows[f.Item] = f
		}
		past, err := db.Collect(q, scanPastForm(at), "SELECT item, since, kind, name, state, attributes FROM ci_past WHERE until > $1 AND item IN "+db.In(2, len(part))+" ORDER BY item, until",
			append([]any{db.Micros(at)}, args...)...)
		if err != nil {
			return nil, err
		}
		for i, f := range past {
			if i == 0 || past[i-1].Item != f.Item {
				rows[f.Item] = f
			}
		}
	}
	out := make(map[int64]itemForm, len(rows))
	for id, f := range rows {
		if f.live {
			out[id] = f.itemForm
		}
	}
	return out, nil
}

// relationFormsAt is formsAt of relations.
func relationFormsAt(q db.Querier, ids []int64, at time.Time) (map[int64]relationForm, error) {
	rows := map[int64]relationRow{}
	for part := range slices.Chunk(ids, 500) {
		page, err := db.Collect(q, scanRelationForm(at), "SELECT id, from_item, to_item, kind, hard, grp, need, state, since FROM ci_relation WHERE id IN "+db.In(1, len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		if err := overlayPast(q, rows, page, at); err != nil {
			return nil, err
		}
	}
	out := make(map[int64]relationForm, len(rows))
	for id, f := range rows {
		if f.live {
			out[id] = f.relationForm
		}
	}
	return out, nil
}

// overlayPast adds relations to rows as they were at a time.
func overlayPast(q db.Querier, rows map[int64]relationRow, page []relationRow, at time.Time) error {
	for part := range slices.Chunk(page, 500) {
		ids := make([]any, len(part))
		for i, f := range part {
			rows[f.ID], ids[i] = f, f.ID
		}
		past, err := db.Collect(q, scanPastRelation(at), "SELECT relation, since, from_item, to_item, kind, hard, grp, need FROM ci_relation_past WHERE until > $1 AND relation IN "+db.In(2, len(part))+" ORDER BY relation, until",
			append([]any{db.Micros(at)}, ids...)...)
		if err != nil {
			return err
		}
		for i, f := range past {
			if i == 0 || past[i-1].ID != f.ID {
				rows[f.ID] = f
			}
		}
	}
	return nil
}

// relationsOf returns the relations that begin at items, or end at them, as
// they were at a time.
func relationsOf(q db.Querier, ids []int64, outgoing bool, at time.Time) ([]relationForm, error) {
	end := "to_item"
	if outgoing {
		end = "from_item"
	}
	rows := map[int64]relationRow{}
	for part := range slices.Chunk(ids, 500) {
		page, err := db.Collect(q, scanRelationForm(at), "SELECT id, from_item, to_item, kind, hard, grp, need, state, since FROM ci_relation WHERE "+end+" IN "+db.In(1, len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		if err := overlayPast(q, rows, page, at); err != nil {
			return nil, err
		}
	}
	out := make([]relationForm, 0, len(rows))
	for _, f := range rows {
		if f.live {
			out = append(out, f.relationForm)
		}
	}
	slices.SortFunc(out, func(a, b relationForm) int { return int(a.ID - b.ID) })
	return out, nil
}
