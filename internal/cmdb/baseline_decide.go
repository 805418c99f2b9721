package cmdb

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

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
