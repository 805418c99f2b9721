package cmdb

import (
	"cmp"
	"slices"
	"time"
)

// join works a relation out: a pure function of what is said of it, the rules
// and the time.
//
// Who says how strong it is goes before who does not; among those, what is
// declared goes before what is observed, then trust decides, then who spoke
// first. Its provenance is all by which it is known.
func join(rules *Rules, old *bond, list []*sighting, now int64) bond {
	out := *old
	out.next = 0
	if len(list) == 0 {
		out.state = Retired
		return out
	}
	live := make([]*sighting, 0, len(list))
	var left, last int64
	for _, s := range list {
		absent := s.gone(rules, now)
		last = max(last, s.seen())
		if absent == 0 {
			live = append(live, s)
		} else {
			left = max(left, absent)
		}
	}
	out.last = last
	out.state, out.next = standing(len(live) > 0, left, rules, now)
	if len(live) > 0 {
		list = live
		out.next = 0
		for _, s := range live { // what is only observed is over when nobody sees it for long
			if until := s.forgotten(rules); until > 0 && (out.next == 0 || until < out.next) {
				out.next = until
			}
		}
	}
	kind := RelationKinds[out.kind]
	order := slices.Clone(list)
	slices.SortFunc(order, func(a, b *sighting) int {
		return cmp.Or(below(a.declared(), b.declared()), rules.rank("", "", a.source)-rules.rank("", "", b.source), cmp.Compare(a.id, b.id))
	})
	strength := kind.DefaultStrength()
	if n := slices.IndexFunc(order, func(s *sighting) bool { return s.strength != "" }); n >= 0 {
		strength = order[n].strength
	}
	out.hard = strength == Hard
	out.group, out.need = "", 0
	if n := slices.IndexFunc(order, func(s *sighting) bool { return s.group != "" }); n >= 0 {
		out.group, out.need = order[n].group, max(order[n].need, 1)
	}
	out.provenance, out.flow = 0, ""
	var newest time.Time
	for _, s := range order {
		out.provenance |= s.provenance
		if f := parseFlow(s.flow); s.flow != "" && (out.flow == "" || f.At.After(newest)) {
			out.flow, newest = s.flow, f.At
		}
	}
	return out
}

// below orders true before false.
func below(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (s *sighting) declared() bool { return s.provenance&Declared != 0 }

// lasts reports whether it counts until its source says otherwise; what is only
// observed is forgotten.
func (s *sighting) lasts() bool { return s.provenance&^Observed != 0 }

// forgotten is when it does not count any more unless it is seen again; 0: never.
func (s *sighting) forgotten(rules *Rules) int64 {
	if s.lasts() || rules.Forget <= 0 {
		return 0
	}
	return s.seen() + time.Duration(rules.Forget).Microseconds()
}

// gone is since when the origin does not see it any more; 0: it does.
func (s *sighting) gone(rules *Rules, now int64) int64 {
	if until := s.forgotten(rules); s.absent == 0 && until > 0 && until <= now {
		return until
	}
	return s.absent
}

// sameForm reports whether history and graphs see no difference.
func (b *bond) sameForm(o *bond) bool {
	return b.hard == o.hard && b.group == o.group && b.need == o.need && b.provenance == o.provenance && (b.state == Retired) == (o.state == Retired)
}

// relation is the bond as people see it.
func (b *bond) relation() Relation {
	strength := Soft
	if b.hard {
		strength = Hard
	}
	return Relation{ID: b.id, From: b.from, To: b.to, Kind: RelationKinds[b.kind], Strength: strength, Group: b.group, Need: b.need, Provenance: b.provenance,
		Flow: parseFlow(b.flow), State: b.state, Since: at(b.since), LastSeen: at(b.last), NextAt: at(b.next), Revision: b.revision, Updated: at(b.updated)}
}
