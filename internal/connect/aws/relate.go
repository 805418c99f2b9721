package aws

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

func (b *reader) relate(r cmdb.SeenRelation) error {
	k := fmt.Sprint(r.From, r.To, r.Kind)
	if r.From == r.To || b.ends[k] {
		return nil
	}
	b.ends[k] = true
	r.Provenance = cmdb.Declared
	return b.emit(cmdb.Record{Relation: &r})
}

// schemePlace names zones and regions, as the source kubernetes does for the
// machines of its nodes.
const schemePlace = "cloud.place"

// finish emits zones and regions, then all relations.
func (b *reader) finish() error {
	for _, p := range slices.Sorted(maps.Keys(b.places)) {
		kind := "zone"
		if b.places[p] == "" {
			kind = "region"
		}
		raw, _ := json.Marshal(kind) // text always has a JSON form
		s := cmdb.Seen{Key: "place/" + p, Kind: cmdb.KindLocation, Name: p, Identifiers: []cmdb.Identifier{{Scheme: schemePlace, Value: "aws/" + p}}, Attributes: map[string]json.RawMessage{"type": raw}}
		if err := b.emit(cmdb.Record{Item: &s}); err != nil {
			return err
		}
	}
	for _, p := range slices.Sorted(maps.Keys(b.places)) {
		if region := b.places[p]; region != "" {
			if err := b.relate(cmdb.SeenRelation{From: cmdb.ByKey("place/" + p), To: cmdb.ByKey("place/" + region), Kind: cmdb.RunsOn}); err != nil {
				return err
			}
		}
	}
	for _, s := range b.stands {
		if err := b.relate(cmdb.SeenRelation{From: cmdb.ByKey(s[0]), To: cmdb.ByKey("place/" + s[1]), Kind: cmdb.RunsOn}); err != nil {
			return err
		}
	}
	lost := map[string]int{}
	for _, p := range b.pending {
		to, kind, ok := b.find(p)
		if !ok {
			lost[p.rel.Type]++
			continue
		}
		if err := b.relate(b.sense(p, to, kind)); err != nil {
			return err
		}
	}
	for _, t := range slices.Sorted(maps.Keys(lost)) {
		b.remark(t, fmt.Sprintf("%d relations lead to resources of this type that the export does not hold; they are left out", lost[t]))
	}
	return nil
}

// find looks for the other end: in the same region, then in those that belong
// to none, then wherever there is only one. An id that AWS gives only once is
// enough for another source to know it by.
func (b *reader) find(p pending) (cmdb.End, string, bool) {
	for _, n := range []string{p.rel.ID, p.rel.Name} {
		if n == "" {
			continue
		}
		list := b.index[p.rel.Type+"|"+n]
		best := ""
		for _, arn := range list {
			_, region, account, _, _, ok := arnParts(arn)
			switch {
			case len(list) == 1, ok && region == p.region && (account == p.account || account == ""):
				best = arn
			case ok && region == "" && best == "":
				best = arn
			}
		}
		if best != "" {
			return cmdb.ByKey(best), b.keys[best], true
		}
		if strings.HasPrefix(n, "arn:") {
			return cmdb.By(cmdb.SchemeARN, n, ""), kindOf(p.rel.Type), true
		}
		if short.MatchString(n) {
			return cmdb.By(cmdb.SchemeProviderID, "aws:"+n, ""), kindOf(p.rel.Type), true
		}
	}
	return cmdb.End{}, "", false
}

// sense gives a relationship of AWS Config its meaning
// (https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html):
// what is contained needs what holds it; a machine needs its volume; a group
// works while one of its machines does; roles and certificates are needed by
// what is associated with them; all else is shown without a need.
func (b *reader) sense(p pending, to cmdb.End, toKind string) cmdb.SeenRelation {
	from, fromKind := cmdb.ByKey(p.from), b.keys[p.from]
	text := strings.ToLower(p.rel.Text + p.rel.Text2)
	_, _, _, fromType, _, _ := arnParts(p.from)
	group := func(t string) bool { return strings.Contains(strings.ToLower(t), "autoscalinggroup") }
	r := cmdb.SeenRelation{From: from, To: to, Kind: cmdb.ConnectsTo}
	turn := func() { r.From, r.To = to, from }
	switch {
	case strings.HasPrefix(text, "is contained in") && group(p.rel.Type):
		r.Kind, r.Group, r.Need = cmdb.PartOf, "instances", 1
	case strings.HasPrefix(text, "contains") && group(fromType):
		r.Kind, r.Group, r.Need = cmdb.PartOf, "instances", 1
		turn()
	case strings.HasPrefix(text, "is contained in"):
		r.Kind = cmdb.RunsOn
	case strings.HasPrefix(text, "contains"):
		r.Kind = cmdb.RunsOn
		turn()
	case toKind == cmdb.KindStorage && fromKind != cmdb.KindStorage && strings.Contains(text, "attached"):
		r.Kind = cmdb.StoresIn
	case fromKind == cmdb.KindStorage && toKind != cmdb.KindStorage && strings.Contains(text, "attached"):
		r.Kind = cmdb.StoresIn
		turn()
	case needed(toKind) && !needed(fromKind) && fromKind != cmdb.KindNetwork:
		r.Kind = cmdb.DependsOn
	case needed(fromKind) && !needed(toKind) && toKind != cmdb.KindNetwork:
		r.Kind = cmdb.DependsOn
		turn()
	default: // the same whichever end tells it
		if fmt.Sprint(r.From) > fmt.Sprint(r.To) {
			turn()
		}
	}
	return r
}

func needed(kind string) bool { return kind == cmdb.KindIdentity || kind == cmdb.KindCertificate }
