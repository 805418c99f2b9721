package cmdb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// RulesPreview says what rules would do.
type RulesPreview struct {
	Looked     int  // items that were looked at
	All        bool // these are all there are; else the rest was not looked at
	Items      int  // of them, how many would look different
	Attributes int  // and in how many fields in all
	Examples   []PreviewChange
}

// PreviewChange is an item as rules would make it.
type PreviewChange struct {
	Item    int64
	Kind    string
	Name    string
	Changes []FieldChange
}

const (
	previewExamples = 20
	previewTime     = 5 * time.Second
)

// PreviewRules says what items would look like under rules, and changes
// nothing. It looks at as many items as it can in a few seconds, oldest first.
func (s *Service) PreviewRules(ctx context.Context, rules Rules) (p RulesPreview, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return RulesPreview{}, errs.Wrap("cmdb.rules.preview", err)
	}
	started := time.Now()
	err = s.read(ctx, func(q db.Querier, now time.Time) error {
		p = RulesPreview{}
		if err := rules.check(q); err != nil {
			return err
		}
		own, err := kindSpecs(q)
		if err != nil {
			return err
		}
		whole := rules.with(own)
		for after := int64(0); ; {
			ids, err := itemsAfter(q, after, replayBatch)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				p.All = true
				return nil
			}
			if err := p.look(q, &whole, ids, now); err != nil {
				return err
			}
			if after = ids[len(ids)-1]; time.Since(started) > previewTime {
				return nil
			}
		}
	})
	return p, errs.Wrap("cmdb.rules.preview", err)
}

func (p *RulesPreview) look(q db.Querier, rules *Rules, ids []int64, now time.Time) error {
	rows, err := rowsByID(q, ids)
	if err != nil {
		return err
	}
	said, err := obsOfItems(q, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		p.Looked++
		next, err := worked(rules, rows[id], said[id], now)
		if err != nil {
			return err
		}
		changes := fieldChanges(rows[id], &next)
		if len(changes) == 0 {
			continue
		}
		p.Items++
		p.Attributes += len(changes)
		if len(p.Examples) < previewExamples {
			p.Examples = append(p.Examples, PreviewChange{id, next.kind, next.name, changes})
		}
	}
	return nil
}

// worked is an item as rules make it of what is said.
func worked(rules *Rules, old *row, list []*obs, now time.Time) (row, error) {
	words := make([]*said, 0, len(list))
	for _, o := range list {
		s, err := o.said()
		if err != nil {
			return row{}, fmt.Errorf("observation %d: %w", o.id, err)
		}
		words = append(words, s)
	}
	slices.SortFunc(words, func(a, b *said) int { return int(a.id - b.id) })
	return resolve(rules, old, words, moment(now)), nil
}

// fieldChanges lists the fields in which two rows of an item differ for people.
func fieldChanges(old, next *row) (out []FieldChange) {
	for _, f := range []struct{ name, old, new string }{{"kind", old.kind, next.kind}, {"name", old.name, next.name}, {"env", old.env, next.env}, {"team", old.team, next.team},
		{"state", string(old.state), string(next.state)}} {
		if f.old != f.new {
			out = append(out, FieldChange{f.name, f.old, f.new})
		}
	}
	a, b := itemForm{Attributes: canonical(old.attributes)}, itemForm{Attributes: canonical(next.attributes)}
	return append(out, a.changes(b)...)
}
