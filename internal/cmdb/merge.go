package cmdb

import (
	"context"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// A merge or split moves observations from one item to another and pins them
// there; items and relations follow, because they are worked out from
// observations. So it is undone by moving the same observations back.

// The verbs of regroupings. Retire is one too: it moves nothing, but says of
// observations that they are over, and is undone alike.
const (
	RegroupMerge  = "merge"
	RegroupSplit  = "split"
	RegroupRetire = "retire"
)

// Regroup is a merge, a split or a retirement that somebody made.
type Regroup struct {
	ID     int64
	Verb   string
	Item   int64 // that kept its number
	Other  int64 // merged into it, or split off; 0 for a retirement
	Note   string
	Actor  string
	Person int64
	At     time.Time
	Undone time.Time // zero: it stands
	moves  moves
}

// moves is what a regrouping did.
type moves struct {
	Observations []obsMove     `json:"observations,omitempty"`
	Sightings    []int64       `json:"sightings,omitempty"` // of a retirement
	Absent       int64         `json:"absent,omitempty"`    // of a retirement: since when they are over, microseconds
	Proposal     int64         `json:"proposal,omitempty"`  // on the two items
	Was          ProposalState `json:"was,omitempty"`       // what it was; empty: there was none
}

// obsMove is one observation that went from one item to the other.
type obsMove struct {
	Observation int64 `json:"observation"`
	From        int64 `json:"from"`
	To          int64 `json:"to"`
	Pinned      bool  `json:"pinned,omitempty"` // it was, before
}

func checkNote(note string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(note) == "":
		return errs.BadField("note", note, "say why, for whoever wonders later")
	case len(note) > 2000:
		return errs.BadField("note", note, "use at most 2000 characters")
	}
	return nil
}

// Merge says that two items are one: keep stays, other's observations,
// identifiers and relations become its own, and other's number leads to it.
// note says why. Errors: Invalid for items that cannot be one.
func (s *Service) Merge(ctx context.Context, keep, other int64, note string) (out Regroup, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Regroup{}, errs.Wrap("cmdb.merge", err)
	}
	err = s.db.Write(ctx, who, "items merged", func(tx *db.Tx) (err error) {
		out, err = s.merge(tx, keep, other, note)
		return err
	})
	return out, errs.Wrap("cmdb.merge", err)
}

func (s *Service) merge(tx *db.Tx, keep, other int64, note string) (Regroup, error) {
	if err := checkNote(note, true); err != nil {
		return Regroup{}, err
	}
	if err := lockMap(tx); err != nil {
		return Regroup{}, err
	}
	if err := mergeable(tx, keep, other); err != nil {
		return Regroup{}, err
	}
	g := Regroup{Verb: RegroupMerge, Item: keep, Other: other, Note: note}
	all, err := obsOfItems(tx, []int64{other})
	if err != nil {
		return Regroup{}, err
	}
	var ids []int64
	for _, o := range all[other] {
		g.moves.Observations = append(g.moves.Observations, obsMove{o.id, other, keep, o.pinned})
		ids = append(ids, o.id)
	}
	if err := moveObs(tx, ids, keep, true); err != nil {
		return Regroup{}, err
	}
	if err := setMerged(tx, other, keep); err != nil {
		return Regroup{}, err
	}
	p, ok, err := findPair(tx, keep, other, "")
	if err != nil {
		return Regroup{}, err
	}
	if ok {
		g.moves.Proposal, g.moves.Was = p.ID, p.State
		if err := decide(tx, p, ProposalMerged); err != nil {
			return Regroup{}, err
		}
	}
	err = s.regroup(tx, &g, "item.merge", []int64{keep, other})
	return g, err
}

// mergeable refuses pairs that cannot be one.
func mergeable(q db.Querier, keep, other int64) error {
	rows, err := rowsByID(q, []int64{keep, other})
	if err != nil {
		return err
	}
	var bad errs.Fields
	for _, x := range []struct {
		field string
		id    int64
	}{{"keep", keep}, {"other", other}} {
		key := ref.N(ref.Item, x.id).String()
		switch r := rows[x.id]; {
		case r == nil:
			bad.Add(x.field, key, "there is no such item; look it up on the map")
		case r.merged != 0:
			bad.Add(x.field, key, "it was merged into "+ref.N(ref.Item, r.merged).String()+" already; use that")
		case r.kind == KindService:
			bad.Add(x.field, key, "services are one to one with the catalog; retire one there and give the other its name as an alias")
		}
	}
	if keep == other {
		bad.Add("other", ref.N(ref.Item, other).String(), "name another item than the one to keep")
	}
	if a, b := rows[keep], rows[other]; len(bad) == 0 && !compatible(a.kind, b.kind) {
		bad.Add("other", ref.N(ref.Item, other).String(), "a "+a.kind+" and a "+b.kind+" are not one thing; relate them instead, or correct the kind at the source")
	}
	return bad.Err()
}

// regroup keeps what was done, works the items out again, and records it on
// the first of them.
func (s *Service) regroup(tx *db.Tx, g *Regroup, action string, items []int64) (err error) {
	if g.ID, err = tx.NextID(idRegroup); err != nil {
		return err
	}
	g.Actor, g.Person, g.At = tx.Actor.String(), tx.Actor.Person, tx.Now
	if err := insertRegroup(tx, *g); err != nil {
		return err
	}
	if _, err := s.Resolve(tx, items); err != nil {
		return err
	}
	return s.recordRegroup(tx, *g, action)
}

func (s *Service) recordRegroup(tx *db.Tx, g Regroup, action string) error {
	r, err := mustRow(tx, g.Item)
	if err != nil {
		return err
	}
	facts := map[string]any{"regroup": g.ID, "observations": len(g.moves.Observations), "content": evidence.Digest(nil, []any{g.Verb, g.Item, g.Other, g.moves})}
	if g.Other != 0 {
		facts["other"] = ref.N(ref.Item, g.Other).String()
	}
	tx.Record(evidence.Entry{Action: action, Record: ref.N(ref.Item, g.Item), Version: r.version, Data: facts})
	return nil
}
