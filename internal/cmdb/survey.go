package cmdb

import (
	"context"
	"slices"

	"github.com/evenkeel/evenkeel/internal/db"
)

// survey compares all that a run staged with what is known, before the first
// row changes: it refuses what cannot be applied, says what would change, and
// which chunks say anything new at all.
type survey struct {
	in     *intake
	run    *Run
	origin origin
	rules  *Rules
	first  bool // nothing of the origin is known

	seen, linked []int64 // observations and sightings that the run sees again, by number
	idle         []int   // chunks that say nothing new
	absent, gone []int64 // observations and sightings that a complete run does not see
	present      int     // items of the scope that were seen before it
}

func (v *survey) compare(ctx context.Context, s *Service) error {
	err := s.db.Read(ctx, func(q db.Querier) error {
		some, err := anyOfOrigin(q, v.origin.id)
		if err != nil {
			return err
		}
		v.first = !some
		v.rules, err = rulesIn(q)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.eachChunk(ctx, v.run.ID, 0, stageLinks, v.items); err != nil {
		return err
	}
	if err := s.eachChunk(ctx, v.run.ID, stageLinks, stageAbsent, v.relations); err != nil {
		return err
	}
	if !v.run.Complete || v.first {
		return nil
	}
	slices.Sort(v.seen)
	slices.Sort(v.linked)
	return v.missing(ctx, s)
}

// items compares a chunk of items.
func (v *survey) items(q db.Querier, c stagedChunk, u *unpacker) error {
	facts, err := u.facts()
	if err != nil {
		return err
	}
	known := map[string]*obs{}
	if !v.first {
		keys := make([]string, len(facts))
		for i := range facts {
			keys[i] = facts[i].key
		}
		if known, err = obsByKey(q, v.origin.id, keys); err != nil {
			return err
		}
	}
	idle := true
	var differ []int64
	var shown []*fact
	for i := range facts {
		f := &facts[i]
		o := known[f.key]
		switch {
		case o == nil:
			idle = false
			v.run.Counts.Created++
			if len(v.run.Diff.Created) < DiffShown {
				v.run.Diff.Created = append(v.run.Diff.Created, ItemChange{Key: f.key, Kind: f.kind, Name: f.name})
			}
			continue
		case o.digest != f.digest || o.absent > 0:
			idle = false
			v.run.Counts.Changed++
			if len(v.run.Diff.Changed)+len(shown) < DiffShown {
				differ, shown = append(differ, o.id), append(shown, f)
			}
		default:
			idle = idle && !v.rules.grown(max(o.last, v.origin.complete), moment(v.run.Started))
			v.run.Counts.Same++
		}
		v.seen = append(v.seen, o.id)
	}
	if idle {
		v.idle = append(v.idle, c.number)
	}
	return v.differences(q, differ, shown)
}

// differences says in which fields some items differ.
func (v *survey) differences(q db.Querier, ids []int64, facts []*fact) error {
	if len(ids) == 0 {
		return nil
	}
	old, err := obsByID(q, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		n := slices.IndexFunc(old, func(o *obs) bool { return o.id == id })
		if n < 0 {
			continue
		}
		was, err := old[n].said()
		if err != nil {
			return err
		}
		f := facts[i]
		names, err := differing(&was.fact, f)
		if err != nil {
			return err
		}
		v.run.Diff.Changed = append(v.run.Diff.Changed, ItemChange{Item: old[n].item, Key: f.key, Kind: f.kind, Name: f.name, Attributes: names})
	}
	return nil
}

// differing names the fields in which two facts differ.
func differing(a, b *fact) (out []string, err error) {
	for _, x := range []struct{ name, a, b string }{{"kind", a.kind, b.kind}, {"name", a.name, b.name}, {"env", a.env, b.env}, {"team", a.team, b.team}} {
		if x.a != x.b {
			out = append(out, x.name)
		}
	}
	if !slices.Equal(a.identifiers, b.identifiers) {
		out = append(out, "identifiers")
	}
	if a.attributes == b.attributes {
		return out, nil
	}
	x, err := parseAttributes(a.attributes)
	if err != nil {
		return nil, err
	}
	y, err := parseAttributes(b.attributes)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, v := range x {
		if w, ok := y[name]; !ok || string(v) != string(w) {
			names = append(names, name)
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return append(out, names...), nil
}

// relations compares a chunk of relations, and checks that their ends by key
// are known.
func (v *survey) relations(q db.Querier, c stagedChunk, u *unpacker) error {
	links, err := u.links()
	if err != nil {
		return err
	}
	known := map[sightingKey]*sighting{}
	if !v.first {
		if known, err = sightingsByKey(q, &v.origin, links); err != nil {
			return err
		}
	}
	if err := v.ends(q, links); err != nil {
		return err
	}
	idle := true
	told := map[sightingKey]bool{}
	for i := range links {
		l := &links[i]
		key := sightingKey{l.from, l.to, l.kind}
		if v.in.twice {
			if told[key] {
				v.run.Counts.Repeated++
				continue
			}
			told[key] = true
		}
		s := known[key]
		change := RelationChange{From: l.from, Kind: RelationKinds[l.kind], To: l.to}
		switch {
		case s == nil:
			idle = false
			v.run.Counts.RelationsAdded++
			keep(&v.run.Diff.RelationsAdded, change)
			continue
		case !s.says(l) || s.gone(v.rules, moment(v.run.Started)) > 0:
			idle = false
			v.run.Counts.RelationsChanged++
			keep(&v.run.Diff.RelationsChanged, change)
		default:
			v.run.Counts.Same++
		}
		v.linked = append(v.linked, s.id)
	}
	if idle {
		v.idle = append(v.idle, c.number)
	}
	return nil
}

func keep(list *[]RelationChange, c RelationChange) {
	if len(*list) < DiffShown {
		*list = append(*list, c)
	}
}
