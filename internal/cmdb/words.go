package cmdb

import (
	"maps"
	"slices"
)

// tieNames makes each application part of the service whose word its
// service.name is, in whichever order they appear, and takes that back when a
// name goes.
func (w *work) tieNames() error {
	if len(w.named) == 0 {
		return nil
	}
	values := slices.Sorted(maps.Keys(w.named))
	var ask []Identifier
	for _, v := range values {
		ask = append(ask, Identifier{SchemeServiceName, v}, Identifier{SchemeService, v})
	}
	who, err := bearers(w.tx, ask)
	if err != nil {
		return err
	}
	bears := func(scheme, v, kind string) bool {
		return slices.ContainsFunc(who[Identifier{scheme, v}], func(b bearer) bool { return b.kind == kind })
	}
	var links []link
	var gone []link
	for _, v := range values {
		l := link{from: By(SchemeServiceName, v, KindApplication).text(), to: By(SchemeService, v, KindService).text(), kind: uint8(slices.Index(RelationKinds, PartOf)),
			strength: Hard, provenance: Inferred}
		if bears(SchemeServiceName, v, KindApplication) && bears(SchemeService, v, KindService) {
			links = append(links, l)
		} else {
			gone = append(gone, l)
		}
	}
	o, err := ensureOrigin(w.tx, SourceRule, "names", "")
	if err != nil {
		return err
	}
	if err := w.takeBack(&o, gone); err != nil || len(links) == 0 {
		return err
	}
	b := batch{links: links, run: w.run, at: w.now, quiet: true}
	known, err := sightingsByKey(w.tx, &o, links)
	if err != nil {
		return err
	}
	var list []linkNews
	for i := range links {
		list = append(list, linkNews{&links[i], known[sightingKey{links[i].from, links[i].to, links[i].kind}]})
	}
	return w.takeLinks(&o, &b, list, nil)
}

// takeBack removes what an origin said of relations.
func (w *work) takeBack(o *origin, links []link) error {
	if len(links) == 0 {
		return nil
	}
	known, err := sightingsByKey(w.tx, o, links)
	if err != nil {
		return err
	}
	return w.removeSightings(slices.Collect(maps.Values(known)))
}

// removeSightings forgets sightings and works the relations out without them.
func (w *work) removeSightings(list []*sighting) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int64, len(list))
	mine := map[int64]bool{}
	var left []int64
	for i, s := range list {
		ids[i], mine[s.id] = s.id, true
		if s.relation > 0 {
			left = append(left, s.relation)
		}
	}
	slices.Sort(ids)
	if err := deleteSightings(w.tx, ids); err != nil {
		return err
	}
	return w.rejoin(map[int64]*bond{}, nil, map[int64][]*sighting{}, mine, left)
}
