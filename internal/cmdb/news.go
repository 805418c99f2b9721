package cmdb

import (
	"github.com/evenkeel/evenkeel/internal/db"
)

// news is what in a batch was not said before.
type news struct {
	facts        []factNews
	links        []linkNews
	same         int
	seen, linked []int64 // observations and sightings that say the same, long enough ago to be noted
}

type factNews struct {
	fact *fact
	old  *obs // nil: nothing was said under the key
}

type linkNews struct {
	link *link
	old  *sighting
}

func (n *news) any() bool { return len(n.facts) > 0 || len(n.links) > 0 }

// touch notes that things were seen again.
func (n *news) touch(tx *db.Tx, b *batch) error {
	if len(n.seen) > 0 || len(n.linked) > 0 {
		tx.Unrecorded("when a source last said the same")
	}
	if err := touchObs(tx, n.seen, b.at); err != nil {
		return err
	}
	return touchSightings(tx, n.linked, b.at)
}

// compare tells what is new in a batch.
func (s *Service) compare(tx *db.Tx, rules *Rules, o *origin, b *batch) (*news, error) {
	n := &news{}
	keys := make([]string, len(b.facts))
	for i := range b.facts {
		keys[i] = b.facts[i].key
	}
	var known map[string]*obs
	var sightings map[sightingKey]*sighting
	var err error
	if !b.first {
		if known, err = obsByKey(tx, o.id, keys); err != nil {
			return nil, err
		}
		if sightings, err = sightingsByKey(tx, o, b.links); err != nil {
			return nil, err
		}
	}
	for i := range b.facts {
		f := &b.facts[i]
		old := known[f.key]
		switch {
		case old == nil || old.digest != f.digest || old.absent > 0 || rules.grown(max(old.last, o.complete), b.at):
			n.facts = append(n.facts, factNews{f, old})
		case !b.quiet && b.at-old.last >= lately:
			n.seen = append(n.seen, old.id)
			fallthrough
		default:
			n.same++
		}
	}
	for i := range b.links {
		l := &b.links[i]
		old := sightings[sightingKey{l.from, l.to, l.kind}]
		switch {
		case old == nil || old.gone(rules, b.at) > 0 || !old.says(l):
			n.links = append(n.links, linkNews{l, old})
		case !b.quiet && b.at-old.last >= lately:
			n.linked = append(n.linked, old.id)
			fallthrough
		default:
			n.same++
		}
	}
	return n, nil
}

// says reports whether the sighting holds what the link says.
func (s *sighting) says(l *link) bool {
	return s.strength == l.strength && s.group == l.group && s.need == l.need && s.provenance == l.provenance && s.flow == flowText(l.flow)
}
