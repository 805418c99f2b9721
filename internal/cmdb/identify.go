package cmdb

import (
	"fmt"
	"slices"
)

// schemes that several sources share; a kind's rules name those of them that
// count for it. Any other scheme is a source's own and certain.
var schemes = []string{SchemeService, SchemeServiceName, SchemeARN, SchemeAzure, SchemeGCP, SchemeProviderID, SchemeDNS, SchemeAddress, SchemeK8s, SchemeK8sUID,
	SchemeRepository, SchemeBackstage, SchemeDatabase, SchemeQueue, SchemeTeam, SchemeName}

// doubt says that two items may be one.
type doubt struct {
	a, b int64
	why  string
}

// identifying are the strong rules for a fact in order: those of its kind, then
// the schemes of its source's own.
func (r *Rules) identifying(f *fact) (out []string) {
	rules := r.identify(f.kind)
	for _, by := range rules {
		if !by.Weak {
			out = append(out, by.Scheme)
		}
	}
	for _, id := range f.identifiers {
		if !slices.Contains(schemes, id.Scheme) && !slices.Contains(out, id.Scheme) && !slices.ContainsFunc(rules, func(by IdentifyBy) bool { return by.Scheme == id.Scheme }) {
			out = append(out, id.Scheme)
		}
	}
	return out
}

// recognise finds the item that a fact is about by certain identifiers: a pure
// function. who are the bearers of each identifier, oldest first; held are the
// identifiers of an item. It returns 0 for none, and the pairs about which it
// is in doubt: several bear the identifier (the oldest is taken), or a less
// certain one agrees while a more certain one differs (none is taken; the pair
// has 0 for the item that is about to be made).
func (r *Rules) recognise(f *fact, who func(Identifier) []bearer, held func(item int64) []Identifier) (item int64, doubts []doubt) {
	order := r.identifying(f)
	for n, scheme := range order {
		var found []bearer
		var by Identifier
		for _, id := range f.identifiers {
			if id.Scheme != scheme {
				continue
			}
			for _, b := range who(id) {
				if compatible(b.kind, f.kind) && !slices.ContainsFunc(found, func(x bearer) bool { return x.item == b.item }) {
					found, by = append(found, b), id
				}
			}
		}
		if alive := slices.DeleteFunc(slices.Clone(found), func(b bearer) bool { return b.state == Retired }); len(alive) > 0 {
			found = alive
		}
		if len(found) == 0 {
			continue
		}
		oldest := slices.MinFunc(found, func(a, b bearer) int { return int(a.item - b.item) }).item
		if stronger := contradicts(order[:n], f.identifiers, held(oldest)); stronger != "" {
			return 0, append(doubts, doubt{a: oldest, why: fmt.Sprintf("both have %s, but %s differs", by, stronger)})
		}
		for _, b := range found {
			if b.item != oldest {
				doubts = append(doubts, doubt{a: oldest, b: b.item, why: "both have " + by.String()})
			}
		}
		return oldest, doubts
	}
	return 0, nil
}

// contradicts returns a scheme in which both have values and none in common.
func contradicts(order []string, a, b []Identifier) string {
	for _, scheme := range order {
		in := func(list []Identifier) (out []Identifier) {
			for _, id := range list {
				if id.Scheme == scheme {
					out = append(out, id)
				}
			}
			return out
		}
		x, y := in(a), in(b)
		if len(x) > 0 && len(y) > 0 && !slices.ContainsFunc(x, func(id Identifier) bool { return slices.Contains(y, id) }) {
			return scheme
		}
	}
	return ""
}

// suspects are other items that bear a certain identifier of an item that has
// one already: they may be one, but nobody moves by himself.
func (r *Rules) suspects(f *fact, item int64, who func(Identifier) []bearer) (doubts []doubt) {
	for _, scheme := range r.identifying(f) {
		for _, id := range f.identifiers {
			if id.Scheme != scheme {
				continue
			}
			for _, b := range who(id) {
				if b.item != item && b.state != Retired && compatible(b.kind, f.kind) {
					doubts = append(doubts, doubt{a: item, b: b.item, why: "both have " + id.String()})
				}
			}
		}
	}
	return doubts
}

// weak are the schemes that only propose for a kind.
func (r *Rules) weak(kind string) (out []string) {
	for _, by := range r.identify(kind) {
		if by.Weak {
			out = append(out, by.Scheme)
		}
	}
	return out
}
