package cmdb

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// said is what one observation says, ready to be weighed.
type said struct {
	id, origin    int64
	source, scope string
	fact          fact
	values        map[string]json.RawMessage // the attributes; parsed only where several observations meet
	seen, absent  int64                      // microseconds; absent 0: it is seen
	first         int64
}

// said parses a stored observation.
func (o *obs) said() (*said, error) {
	s, err := o.content()
	if err != nil {
		return nil, err
	}
	f := fact{key: o.key, kind: s.Kind, name: s.Name, env: s.Env, team: s.Team, identifiers: s.Identifiers, digest: o.digest, attributes: "{}"}
	if len(s.Attributes) > 0 {
		text, bad := attributesText(s.Attributes)
		if bad != nil {
			return nil, err
		}
		f.attributes = text
	}
	return &said{id: o.id, origin: o.origin, source: o.source, scope: o.scope, fact: f, values: s.Attributes, seen: o.seen(), absent: o.absent, first: o.first}, nil
}

// resolve works an item out: a pure function of what is said of it, the rules
// and the time. old is the item as it was, which gives what nobody says any
// more; its number, version and times are the caller's.
//
// For each field the word counts of whoever is, in this order: still seen,
// fresh, most trusted, first to have reported. That order does not depend on
// who spoke last, so two sources that differ do not take turns.
func resolve(rules *Rules, old *row, list []*said, now int64) row {
	out := *old
	out.next = 0
	if !slices.ContainsFunc(list, func(s *said) bool { return !s.partial() }) {
		out.state, out.conflicts = Retired, 0
		return out
	}
	out.kind = resolvedKind(rules, list)
	r := resolver{rules: rules, kind: out.kind, now: now, list: list}
	order := r.order("name")
	out.name = pick(order, func(s *said) string { return s.fact.name })
	out.env = pick(r.order("env"), func(s *said) string { return s.fact.env })
	out.team = pick(r.order("team"), func(s *said) string { return s.fact.team })
	out.identifiers = allIdentifiers(list)
	r.attributes(&out)
	out.conflicts += r.differ(func(s *said) string { return s.fact.env }) + r.differ(func(s *said) string { return s.fact.team })
	out.first, out.last = list[0].first, 0
	left, seen := int64(0), false
	for _, s := range list {
		if s.partial() {
			continue
		}
		out.first, out.last = min(out.first, s.first), max(out.last, s.seen)
		seen = seen || s.absent == 0
		left = max(left, s.absent)
	}
	out.state, out.next = standing(seen, left, rules, now)
	if out.state == Present && r.turns > 0 {
		out.next = r.turns
	}
	return out
}

// standing is the state of what is seen, or was left by the last source at a
// time, and when it moves on by itself.
func standing(seen bool, left int64, rules *Rules, now int64) (State, int64) {
	if seen {
		return Present, 0
	}
	if until := left + time.Duration(rules.Grace).Microseconds(); now < until {
		return Stale, until
	}
	return Retired, 0
}

// resolvedKind is the narrowest of what is said by the most trusted.
func resolvedKind(rules *Rules, list []*said) string {
	r := resolver{rules: rules, kind: list[0].fact.kind, list: list}
	order := r.order("kind")
	kind := ""
	for _, s := range order {
		switch {
		case s.fact.kind == "": // only single attributes, by hand
		case kind == "":
			kind = s.fact.kind
		case s.absent == 0 && compatible(kind, s.fact.kind):
			kind = narrower(kind, s.fact.kind)
		}
	}
	return kind
}

// partial reports whether only single attributes are said, by hand: that says
// nothing about whether the item is there.
func (s *said) partial() bool { return s.fact.kind == "" }

// resolver weighs what is said of one item.
type resolver struct {
	rules *Rules
	kind  string
	now   int64
	list  []*said
	turns int64 // when the earliest word in use grows old
}

// order is who is to be believed about an attribute, best first.
func (r *resolver) order(attribute string) []*said {
	if len(r.list) == 1 {
		return r.list
	}
	fresh := r.rules.freshness(r.kind, attribute).Microseconds()
	class := func(s *said) int {
		switch {
		case s.absent > 0:
			return 2
		case fresh > 0 && s.seen+fresh <= r.now:
			return 1
		}
		return 0
	}
	out := slices.Clone(r.list)
	slices.SortFunc(out, func(a, b *said) int {
		return cmp.Or(class(a)-class(b), r.rules.rank(r.kind, attribute, a.source)-r.rules.rank(r.kind, attribute, b.source), cmp.Compare(a.id, b.id))
	})
	if best := out[0]; fresh > 0 && class(best) == 0 {
		if at := best.seen + fresh; r.turns == 0 || at < r.turns {
			r.turns = at
		}
	}
	return out
}

func pick(order []*said, field func(s *said) string) string {
	for _, s := range order {
		if v := field(s); v != "" {
			return v
		}
	}
	return ""
}

// differ is 1 when sources that still see the item say different things.
func (r *resolver) differ(field func(s *said) string) int {
	first := ""
	for _, s := range r.list {
		v := field(s)
		if s.absent > 0 || v == "" {
			continue
		}
		if first == "" {
			first = v
		} else if v != first {
			return 1
		}
	}
	return 0
}

// attributes fills attributes, origins and conflicts.
func (r *resolver) attributes(out *row) {
	out.conflicts = 0
	if len(r.list) == 1 {
		out.attributes, out.origins = r.list[0].fact.attributes, originsOf(r.list[0].id)
		return
	}
	values := map[string]json.RawMessage{}
	from := map[string][2]int64{}
	standard := r.order("") // of attributes without a rule of their own
	names := map[string]bool{}
	for _, s := range r.list {
		for name := range s.values {
			names[name] = true
		}
	}
	for name := range names {
		order := standard
		if r.rules.attribute(r.kind, name) != nil {
			order = r.order(name)
		}
		others := int64(0)
		var best *said
		for _, s := range order {
			v, ok := s.values[name]
			switch {
			case !ok:
			case best == nil:
				best = s
			case s.absent == 0 && string(v) != string(best.values[name]):
				others++
			}
		}
		values[name], from[name] = best.values[name], [2]int64{best.id, others}
		if others > 0 {
			out.conflicts++
		}
	}
	text, _ := attributesText(values) // was checked when it came in
	out.attributes = text
	origins, _ := json.Marshal(from) // sorts names
	out.origins = string(origins)
}

// originsOf is the origins of an item that one observation tells all about.
func originsOf(observation int64) string {
	return `{"":[` + strconv.FormatInt(observation, 10) + `,0]}`
}

// origins says who an item's attributes come from.
func (i *row) origin(attributes map[string]json.RawMessage, list []*obs) (map[string]Origin, error) {
	var from map[string][2]int64
	if err := json.Unmarshal([]byte(i.origins), &from); err != nil {
		return nil, err
	}
	out := make(map[string]Origin, len(attributes))
	for name := range attributes {
		f, ok := from[name]
		if !ok {
			f, ok = from[""]
		}
		n := slices.IndexFunc(list, func(o *obs) bool { return o.id == f[0] })
		if ok && n >= 0 {
			o := list[n]
			out[name] = Origin{Source: o.source, Scope: o.scope, At: db.Time(o.seen()), Other: int(f[1])}
		}
	}
	return out, nil
}

// allIdentifiers is all identifiers by which the item is known, sorted.
func allIdentifiers(list []*said) []Identifier {
	if len(list) == 1 {
		return list[0].fact.identifiers
	}
	var out []Identifier
	for _, s := range list {
		out = append(out, s.fact.identifiers...)
	}
	slices.SortFunc(out, compareIdentifiers)
	return slices.Compact(out)
}

// same reports whether people see no difference.
func (i *row) same(o *row) bool {
	return i.kind == o.kind && i.name == o.name && i.env == o.env && i.team == o.team && i.state == o.state && i.attributes == o.attributes &&
		i.conflicts == o.conflicts && i.merged == o.merged && slices.Equal(i.identifiers, o.identifiers)
}

// lately is how exact times of being seen again are kept: what repeats all the
// time is not written all the time. Rules count in days.
const lately = int64(time.Hour / time.Microsecond)

// still reports whether nothing at all need be written.
func (i *row) still(o *row) bool {
	return i.same(o) && i.origins == o.origins && i.next == o.next && i.first == o.first && o.last-i.last < lately
}
