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

// Form is how an item was from one time to another: kind, name, state and
// attributes; the rest is as it is now.
type Form struct {
	Item
	Since, Until time.Time // Until zero: still
}

// History returns the forms of an item, newest first, at most limit.
func (s *Service) History(ctx context.Context, id int64, limit int) (out []Form, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.history", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		rows, err := rowsByID(q, []int64{id})
		if err != nil {
			return err
		}
		i := rows[id]
		if i == nil {
			return noItem(ref.N(ref.Item, id).String())
		}
		now, err := i.whole()
		if err != nil {
			return err
		}
		out = []Form{{Item: now, Since: at(i.updated)}}
		past, err := pastForms(q, id, 0, limit-1)
		if err != nil {
			return err
		}
		for _, p := range past {
			f, err := p.form(now)
			if err != nil {
				return err
			}
			out = append(out, f)
		}
		return nil
	})
	return out, errs.Wrap("cmdb.history", err)
}

// AsOf returns an item as it was at a time, with its relations then; NotFound
// when it was not known yet. What sources said then is not kept.
func (s *Service) AsOf(ctx context.Context, id int64, t time.Time) (out Detail, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Detail{}, errs.Wrap("cmdb.asof", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		rows, err := rowsByID(q, []int64{id})
		if err != nil {
			return err
		}
		i, us := rows[id], moment(t)
		if i == nil {
			return noItem(ref.N(ref.Item, id).String())
		}
		if us < i.created {
			return errs.E(errs.NotFound, "it was not known before %s", at(i.created).Format(time.RFC3339)).On(ref.N(ref.Item, id).String())
		}
		if out.Item, err = i.whole(); err != nil {
			return err
		}
		if us < i.updated {
			past, err := pastForms(q, id, us, 1)
			if err != nil {
				return err
			}
			if len(past) == 1 {
				f, err := past[0].form(out.Item)
				if err != nil {
					return err
				}
				out.Item = f.Item
			}
		}
		bonds, more, err := bondsAsOf(q, id, us)
		if err != nil {
			return err
		}
		out.Relations, out.More, err = withOthers(q, id, bonds, more)
		return err
	})
	return out, errs.Wrap("cmdb.asof", err)
}

// pastForm is a row of ci_past.
type pastForm struct {
	since, until int64
	kind, name   string
	state        State
	attributes   string
}

func (p pastForm) form(now Item) (Form, error) {
	f := Form{Item: now, Since: at(p.since), Until: at(p.until)}
	f.Kind, f.Name, f.State, f.Attributes, f.Origins = p.kind, p.name, p.state, nil, nil
	return f, json.Unmarshal([]byte(p.attributes), &f.Attributes)
}

// bondsAsOf returns the relations of an item at a time, in the form they had.
func bondsAsOf(q db.Querier, id, us int64) (out []*bond, more bool, err error) {
	var all []*bond
	for _, column := range []string{"from_item", "to_item"} {
		list, err := bondsBy(q, column, []int64{id})
		if err != nil {
			return nil, false, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b *bond) int { return int(a.id - b.id) })
	var changed []int64
	byID := map[int64]*bond{}
	for _, b := range all {
		switch {
		case b.since <= us && b.state != Retired:
			out = append(out, b)
		case b.since > us || b.state == Retired:
			changed, byID[b.id] = append(changed, b.id), b
		}
	}
	past, err := pastBonds(q, changed, us)
	if err != nil {
		return nil, false, err
	}
	for _, p := range past {
		b := *byID[p.id]
		b.hard, b.group, b.need, b.provenance, b.since, b.state = p.hard, p.group, p.need, p.provenance, p.since, Present
		out = append(out, &b)
	}
	if len(out) > 2*RelationsShown {
		out, more = out[:2*RelationsShown], true
	}
	return out, more, nil
}
