package cmdb

import (
	"context"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// HandRelation is a relation that a person says there is.
type HandRelation struct {
	From, To int64
	Kind     RelationKind
	Strength Strength // empty: as sources say, else as is usual for the kind
	Group    string
	Need     int
}

func (r HandRelation) seen(from, to string) SeenRelation {
	return SeenRelation{From: ByKey(from), To: ByKey(to), Kind: r.Kind, Strength: r.Strength, Group: r.Group, Need: r.Need, Provenance: Declared}
}

// AddRelation says by hand that there is a relation, or how strong one is;
// saying it again replaces what was said by hand. Errors: Invalid for an end
// that the map does not know, with the field.
func (s *Service) AddRelation(ctx context.Context, r HandRelation) (out Relation, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return Relation{}, errs.Wrap("cmdb.relation.add", err)
	}
	err = s.db.Write(ctx, who, "relation added by hand", func(tx *db.Tx) error {
		o, err := s.handOrigin(tx)
		if err != nil {
			return err
		}
		if err := r.checkEnds(tx); err != nil {
			return err
		}
		// An earlier word of a person on the same two items, perhaps under other
		// keys, would stand beside this one.
		if _, err := s.unsay(tx, o, r); err != nil {
			return err
		}
		from, err := s.speaker(tx, o, r.From)
		if err != nil {
			return err
		}
		to, err := s.speaker(tx, o, r.To)
		if err != nil {
			return err
		}
		if _, err := s.Observe(tx, SourceHand, "", []Record{{Relation: new(r.seen(from.key, to.key))}}); err != nil {
			return relationPlace(err)
		}
		out, err = s.relationBetween(tx, r)
		tx.Record(evidence.Entry{Action: "relation.add", Record: ref.N(ref.Item, r.From), Data: r.facts()})
		return err
	})
	return out, errs.Wrap("cmdb.relation.add", err)
}

func (r HandRelation) facts() any {
	return map[string]any{"to": ref.N(ref.Item, r.To).String(), "kind": r.Kind, "strength": r.Strength, "need": r.Need}
}

// checkEnds refuses ends that are not on the map, or gone.
func (r HandRelation) checkEnds(q db.Querier) error {
	rows, err := rowsByID(q, []int64{r.From, r.To})
	if err != nil {
		return err
	}
	var bad errs.Fields
	for _, end := range []struct {
		field string
		id    int64
	}{{"from", r.From}, {"to", r.To}} {
		x := rows[end.id]
		switch {
		case x == nil:
			bad.Add(end.field, ref.N(ref.Item, end.id).String(), "there is no such item; look it up on the map, or make it first")
		case x.merged != 0:
			into, err := finalItem(q, end.id)
			if err != nil {
				return err
			}
			bad.Add(end.field, ref.N(ref.Item, end.id).String(), "it was merged; use "+ref.N(ref.Item, into).String())
		case x.state == Retired:
			bad.Add(end.field, ref.N(ref.Item, end.id).String(), "it is retired; restore it first, or use another item")
		}
	}
	if r.From == r.To {
		bad.Add("to", ref.N(ref.Item, r.To).String(), "name another item than the one the relation begins at")
	}
	if !slices.Contains(RelationKinds, r.Kind) {
		bad.Add("kind", string(r.Kind), "use one of "+joined(RelationKinds))
	}
	return bad.Err()
}

// relationPlace names the fields of a relation as whoever added it knows them.
func relationPlace(err error) error {
	e := errs.As(err)
	if e.Kind != errs.Invalid {
		return err
	}
	c := *e
	c.Fields = slices.Clone(e.Fields)
	for i := range c.Fields {
		var n int
		var field string
		if _, scan := fmt.Sscanf(c.Fields[i].Name, "records[%d].relation.%s", &n, &field); scan == nil {
			c.Fields[i].Name = field
		}
	}
	return &c
}

// relationBetween is the relation as it is now.
func (s *Service) relationBetween(tx *db.Tx, r HandRelation) (Relation, error) {
	kind := uint8(slices.Index(RelationKinds, r.Kind))
	found, err := bondsOfPairs(tx, []pair{{r.From, r.To, kind}})
	if err != nil {
		return Relation{}, err
	}
	if b := found[pair{r.From, r.To, kind}]; b != nil {
		return b.relation(), nil
	}
	return Relation{}, errs.E(errs.NotFound, "there is no such relation").On(ref.N(ref.Item, r.From).String())
}

// unsay takes back what people said of a relation, and reports whether anybody
// had.
func (s *Service) unsay(tx *db.Tx, o origin, r HandRelation) (bool, error) {
	is, err := s.relationBetween(tx, r)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	said, err := sightingsOf(tx, []int64{is.ID})
	if err != nil {
		return false, err
	}
	var back []SeenRelation
	for _, x := range said[is.ID] {
		if x.origin == o.id {
			back = append(back, SeenRelation{From: parseEnd(x.from), To: parseEnd(x.to), Kind: r.Kind})
		}
	}
	if len(back) == 0 {
		return false, nil
	}
	return true, s.WithdrawRelations(tx, SourceHand, "", back)
}

// RemoveRelation takes back what people said of a relation. It stays while a
// source tells of it. Errors: Conflict when nobody said it by hand, with who
// does say it.
func (s *Service) RemoveRelation(ctx context.Context, from, to int64, kind RelationKind) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("cmdb.relation.remove", err)
	}
	r := HandRelation{From: from, To: to, Kind: kind}
	err = s.db.Write(ctx, who, "relation removed by hand", func(tx *db.Tx) error {
		o, err := s.handOrigin(tx)
		if err != nil {
			return err
		}
		is, err := s.relationBetween(tx, r)
		if err != nil {
			return err
		}
		said, err := s.unsay(tx, o, r)
		if err != nil {
			return err
		}
		if !said {
			list, err := sightingsOf(tx, []int64{is.ID})
			if err != nil {
				return err
			}
			var sources []string
			for _, x := range list[is.ID] {
				sources = append(sources, x.source)
			}
			slices.Sort(sources)
			return errs.E(errs.Conflict, "nobody added it by hand; %s tells of it, so it ends when that does not any more", joined(slices.Compact(sources))).On(ref.N(ref.Item, from).String())
		}
		tx.Record(evidence.Entry{Action: "relation.remove", Record: ref.N(ref.Item, from), Data: r.facts()})
		return nil
	})
	return errs.Wrap("cmdb.relation.remove", err)
}
