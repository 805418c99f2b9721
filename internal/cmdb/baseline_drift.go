package cmdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// BaselineDue is the name of the due work that looks for drift.
const BaselineDue = "cmdb.baselines"

// lookLease is how long a look may take before another replica begins anew.
const lookLease = 10 * time.Minute

// Drift returns what differs from a baseline now: a work list. What was
// explained is in it with its Note; what was accepted is not, unless it changed
// again. Paged like Differences.
func (s *Service) Drift(ctx context.Context, name, cursor string, limit int) (out []Difference, next string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", errs.Wrap("cmdb.drift", err)
	}
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		b, err := getBaseline(q, name, "")
		if err != nil {
			return err
		}
		if out, next, err = driftPage(q, b, now, cursor, limit); err != nil {
			return err
		}
		return nameEnds(q, out)
	})
	return out, next, errs.Wrap("cmdb.drift", err)
}

// driftPage is a page of drift without the names of relations' ends.
func driftPage(q db.Querier, b Baseline, now time.Time, cursor string, limit int) (out []Difference, next string, err error) {
	if !b.At.Before(now) {
		return nil, "", nil
	}
	decisions, err := decisionsOn(q, b.Name)
	if err != nil {
		return nil, "", err
	}
	page, next, err := differences(q, Span{From: b.At, To: now, Service: b.Spec.Service, Cursor: cursor, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	if cursor == "" {
		if out, err = wentBack(q, b, now, decisions); err != nil {
			return nil, "", err
		}
	}
	for _, d := range page {
		is, decided := decisions[d.What]
		switch {
		case !decided:
		case is.form == d.Form && is.verb == driftAccepted:
			continue
		case is.form == d.Form:
			d.Note = is.note
		case is.verb == driftAccepted:
			if d, err = sinceAccepted(q, d, is, now); err != nil {
				return nil, "", err
			}
		}
		out = append(out, d)
	}
	return out, next, nil
}

// sinceAccepted is the difference from what was accepted.
func sinceAccepted(q db.Querier, d Difference, is decision, now time.Time) (Difference, error) {
	d.Verb, d.Changes = differVerb(is.form != "", d.Form != ""), nil
	if d.Verb != Changed {
		return d, nil
	}
	relation, id, _ := parseKey(d.What)
	if relation {
		then, err := relationFormsAt(q, []int64{id}, is.at)
		if err != nil {
			return d, err
		}
		present, err := relationFormsAt(q, []int64{id}, now)
		d.Changes = then[id].changes(present[id])
		return d, err
	}
	then, err := formsAt(q, []int64{id}, is.at)
	if err != nil {
		return d, err
	}
	present, err := formsAt(q, []int64{id}, now)
	d.Changes = then[id].changes(present[id])
	return d, err
}

// wentBack are things that were accepted as they became, and are now again as
// the baseline's time knew them: nothing differs from then, but from what was
// accepted.
func wentBack(q db.Querier, b Baseline, now time.Time, decisions map[string]decision) (out []Difference, err error) {
	var items, relations []int64
	for what, d := range decisions {
		relation, id, ok := parseKey(what)
		switch {
		case !ok || d.verb != driftAccepted:
		case relation:
			relations = append(relations, id)
		default:
			items = append(items, id)
		}
	}
	if len(items)+len(relations) == 0 || b.Spec.Service != "" {
		return nil, nil // a part's differences are worked out whole; what returned to it is in no list
	}
	slices.Sort(items)
	slices.Sort(relations)
	present, err := formsAt(q, items, now)
	if err != nil {
		return nil, err
	}
	before, err := formsAt(q, items, b.At)
	if err != nil {
		return nil, err
	}
	for _, id := range items {
		is := decisions[itemForm{Item: id}.key()]
		p, has := present[id]
		was, had := before[id]
		if has != had || has && p.digest() != was.digest() {
			continue // it is in the list of differences
		}
		if d, ok := differItem(itemForm{}, p, false, has); ok {
			out = append(out, d)
		} else if is.form != "" {
			was.Item = id
			gone, _ := differItem(was, itemForm{}, true, false)
			out = append(out, gone)
		}
	}
	presentR, err := relationFormsAt(q, relations, now)
	if err != nil {
		return nil, err
	}
	beforeR, err := relationFormsAt(q, relations, b.At)
	if err != nil {
		return nil, err
	}
	for _, id := range relations {
		is := decisions[relationForm{ID: id}.key()]
		p, has := presentR[id]
		was, had := beforeR[id]
		if has != had || has && p.digest() != was.digest() {
			continue
		}
		if d, ok := differRelation(relationForm{}, p, false, has); ok {
			out = append(out, d)
		} else if is.form != "" {
			was.ID = id
			gone, _ := differRelation(was, relationForm{}, true, false)
			out = append(out, gone)
		}
	}
	for i, d := range out {
		if out[i], err = sinceAccepted(q, d, decisions[d.What], now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Decisions returns what was decided on a baseline's drift, by what it is on.
func (s *Service) Decisions(ctx context.Context, name string) (out []DriftDecided, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, errs.Wrap("cmdb.drift.decisions", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		if _, err := getBaseline(q, name, ""); err != nil {
			return err
		}
		all, err := decisionsOn(q, name)
		out = out[:0]
		for _, what := range slices.Sorted(maps.Keys(all)) {
			d := all[what]
			out = append(out, DriftDecided{what, d.verb == driftAccepted, d.note, d.actor, d.person, d.decided})
		}
		return err
	})
	return out, errs.Wrap("cmdb.drift.decisions", err)
}

// DriftDecided is a decision that was made.
type DriftDecided struct {
	What     string
	Accepted bool
	Note     string
	Actor    string
	Person   int64
	At       time.Time
}
