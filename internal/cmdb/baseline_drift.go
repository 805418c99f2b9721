package cmdb

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
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

// DriftDecision is what to do about one difference.
type DriftDecision struct {
	What   string // Difference.What
	Form   string // Difference.Form: what was seen when deciding
	Accept bool   // the baseline means this from now on; else it stays in the list, explained
	Note   string // why; needed to explain
}

// DecideDrift accepts or explains differences, all or none. Errors: Conflict
// when one of them is not what was seen any more.
func (s *Service) DecideDrift(ctx context.Context, name string, list []DriftDecision) (b Baseline, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Baseline{}, errs.Wrap("cmdb.drift.decide", err)
	}
	if len(list) == 0 || len(list) > 1000 {
		return Baseline{}, errs.Wrap("cmdb.drift.decide", errs.BadField("decisions", "", "decide on 1 to 1000 differences at once"))
	}
	err = s.db.Write(ctx, who, "drift decided", func(tx *db.Tx) error {
		old, err := getBaseline(tx, name, tx.ForUpdate())
		if err != nil {
			return err
		}
		if old.Base == "" {
			return errs.E(errs.Unavailable, "its digest is being worked out; try again in a moment").On(old.Ref().String()).After(5 * time.Second)
		}
		if err := putDecisions(tx, old, list); err != nil {
			return err
		}
		decisions, err := decisionsOn(tx, name)
		if err != nil {
			return err
		}
		b = old
		b.Digest, b.Version, b.Updated, b.Next = combined(b.Base, decisions), old.Version+1, tx.Now, tx.Now
		if err := updateBaseline(tx, b); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "baseline.decide", Record: b.Ref(), Version: b.Version, Before: old.digest(), After: b.digest(), Data: b.facts("")})
		s.kick(tx, BaselineDue)
		return nil
	})
	return b, errs.Wrap("cmdb.drift.decide", err)
}

func putDecisions(tx *db.Tx, b Baseline, list []DriftDecision) error {
	have, err := decisionsOn(tx, b.Name)
	if err != nil {
		return err
	}
	var part picture
	if b.Spec.Service != "" {
		root, err := theService(tx, b.Spec.Service)
		if err == nil {
			part, err = partAt(tx, root, tx.Now)
		}
		if err != nil {
			return err
		}
	}
	var bad errs.Fields
	for _, d := range list {
		now, err := formDigest(tx, d.What, tx.Now)
		if err != nil {
			return err
		}
		if b.Spec.Service != "" && !part.has(d.What) {
			now = ""
		}
		switch {
		case now != d.Form:
			return errs.E(errs.Conflict, "%s is not what you saw any more; look at it again", d.What).On(b.Ref().String())
		case !d.Accept && d.Note == "":
			bad.Add("note", "", "say why "+d.What+" differs and should")
		case len(d.Note) > 2000:
			bad.Add("note", d.Note, "use at most 2000 characters")
		}
		row := decision{what: d.What, verb: driftExplained, form: now, note: d.Note, actor: tx.Actor.String(), person: tx.Actor.Person, decided: tx.Now}
		if d.Accept {
			row.verb, row.at = driftAccepted, tx.Now
		}
		if have[d.What] = row; len(have) > MaxDrift {
			return errs.E(errs.Conflict, "there are %d decisions on it already; take it anew instead", MaxDrift).On(b.Ref().String())
		}
		if err := putDecision(tx, b.Name, row); err != nil {
			return err
		}
	}
	return bad.Err()
}

func (p picture) has(what string) bool {
	relation, id, _ := parseKey(what)
	if relation {
		_, ok := p.relations[id]
		return ok
	}
	_, ok := p.items[id]
	return ok
}

// BaselineSource is the due work that takes digests and looks for drift.
func (s *Service) BaselineSource() job.Source {
	return job.Source{Name: BaselineDue, Next: nextBaseline, Run: func(ctx context.Context, d *db.DB) (int, error) {
		var b Baseline
		var ok bool
		err := d.Write(ctx, actor.Job(BaselineDue), "look at a baseline", func(tx *db.Tx) (err error) {
			tx.Unrecorded("a baseline is claimed for a look")
			b, ok, err = dueBaseline(tx, tx.Now.Add(lookLease))
			return err
		})
		if err != nil || !ok {
			return 0, errs.Wrap(BaselineDue, err)
		}
		_, err = s.look(ctx, b)
		return 1, errs.Wrap(BaselineDue, err)
	}}
}

// sealTime is how long whoever takes a baseline waits for its digest.
const sealTime = 5 * time.Second

// sealNow takes the digest of a fresh baseline at once, so that whoever took it
// sees it. On a map that is too large for that, due work does it.
func (s *Service) sealNow(ctx context.Context, b Baseline) (Baseline, error) {
	if b.Base != "" {
		return b, nil
	}
	short, cancel := context.WithTimeout(ctx, sealTime)
	defer cancel()
	out, err := s.look(short, b)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return b, nil
	}
	return out, err
}

// look takes the digest of a baseline if it has none yet, and counts its drift.
// All reading is done before the transaction, which then only writes what was
// found, unless the baseline was edited meanwhile.
func (s *Service) look(ctx context.Context, b Baseline) (out Baseline, err error) {
	var sum Sum
	var n int64
	broken := "" // the service it is about is gone
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		n = 0
		if b.Base == "" {
			if sum, err = digestAt(q, b.Spec.Service, b.At); errs.Is(err, errs.Invalid) {
				broken = errs.As(err).Error()
				return nil
			} else if err != nil {
				return err
			}
		}
		for cursor := ""; ; {
			page, next, err := driftPage(q, b, now, cursor, 1000)
			if errs.Is(err, errs.Invalid) {
				broken = errs.As(err).Error()
				return nil
			}
			if err != nil {
				return err
			}
			for _, d := range page {
				if d.Note == "" {
					n++
				}
			}
			if cursor = next; next == "" || n >= MaxDrift {
				n = min(n, MaxDrift)
				return nil
			}
		}
	})
	if err != nil {
		return b, err
	}
	err = s.db.Write(ctx, actor.Job(BaselineDue), "look at a baseline", func(tx *db.Tx) error {
		tx.Unrecorded("a look at a baseline that found nothing new")
		old, ok, err := findBaseline(tx, b.Name, tx.ForUpdate())
		if out = old; err != nil || !ok || old.Version != b.Version {
			return err // it was edited: that made it due anew
		}
		out.Looked, out.Next = tx.Now, tx.Now.Add(old.every())
		if broken == "" {
			out.Drift = n
		}
		if old.Base == "" && sum.Hash != "" {
			out.Base, out.Digest, out.Items, out.Relations = sum.Hash, sum.Hash, sum.Items, sum.Relations
			out.Version++
			tx.Record(evidence.Entry{Action: "baseline.sealed", Record: out.Ref(), Version: out.Version, Before: old.digest(), After: out.digest(), Data: out.facts("")})
		}
		if out.Drift != old.Drift {
			tx.Record(evidence.Entry{Action: "baseline.drift", Record: out.Ref(), Version: out.Version, After: out.digest(), Data: map[string]int64{"drift": out.Drift}})
			if out.Spec.Alert && s.Drifted != nil {
				if err := s.Drifted(tx, out, out.Drift); err != nil {
					return err
				}
			}
		}
		return updateBaseline(tx, out)
	})
	return out, err
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
