package cmdb

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// ServiceFacts is what the map knows of a service as a whole, for scorecards.
type ServiceFacts struct {
	Items        int       // that are part of it, however deep, without the service itself
	Seen         bool      // something was observed calling it, or it was observed calling
	Blind        bool      // it declares dependencies and nothing it calls was ever observed: nobody watches there
	Differences  int       // dependencies of it declared and never seen, or seen and never declared; see Edges
	Certificates int       // among its items, and those its items and its load balancers need
	Expires      time.Time // when the first of these certificates ends; zero: none says
}

const (
	deepest = 6 // levels of parts: service, application, deployment, and what people add
	widest  = 20_000
)

// untilNames are the attributes that say when a certificate ends: notAfter of
// RFC 5280, section 4.1.2.5, as cert-manager's status and ACM spell it, and what
// inventories and people write.
var untilNames = []string{"not_after", "notAfter", "expires_at", "expires", "expiry", "valid_until"}

// FactsOf returns facts of services by name; one that is not on the map is
// absent. inUse is false while nothing but the catalog and people tell the map
// anything: what is missing is then not the service's fault.
func FactsOf(q db.Querier, services []string, now time.Time) (out map[string]ServiceFacts, inUse bool, err error) {
	if inUse, err = anySource(q); err != nil {
		return nil, false, err
	}
	items, err := serviceItems(q, services)
	if err != nil {
		return nil, false, err
	}
	of := map[int64]string{} // item → service; the first has it
	software := map[int64]string{}
	parts := map[string]int{}
	certificates := map[string]map[int64]time.Time{}
	var at []int64
	for _, name := range services {
		if id := items[name]; id != 0 && of[id] == "" {
			of[id], software[id], certificates[name] = name, name, map[int64]time.Time{}
			at = append(at, id)
		}
	}
	for range deepest {
		found, err := partsWithKinds(q, at)
		if err != nil {
			return nil, false, err
		}
		at = at[:0]
		for _, p := range found {
			if name := of[p.whole]; of[p.item] == "" && len(of) < widest {
				of[p.item] = name
				parts[name]++
				if p.kind == KindApplication {
					software[p.item] = name
				}
				at = append(at, p.item)
			}
		}
		if len(at) == 0 {
			break
		}
	}
	if err := serviceCertificates(q, of, software, certificates); err != nil {
		return nil, false, err
	}
	out = map[string]ServiceFacts{}
	if err := serviceEdges(q, software, out, now); err != nil {
		return nil, false, err
	}
	for name := range certificates {
		f := out[name]
		f.Items, f.Certificates = parts[name], len(certificates[name])
		for _, t := range certificates[name] {
			if !t.IsZero() && (f.Expires.IsZero() || t.Before(f.Expires)) {
				f.Expires = t
			}
		}
		out[name] = f
	}
	return out, inUse, nil
}

// serviceEdges counts the differences of what the software of services calls.
func serviceEdges(q db.Querier, software map[int64]string, out map[string]ServiceFacts, now time.Time) error {
	ids := slices.Sorted(maps.Keys(software))
	calling, err := observing(q, ids)
	if err != nil {
		return err
	}
	called, err := observedAt(q, ids)
	if err != nil {
		return err
	}
	rows, err := edgesFrom(q, ids)
	if err != nil {
		return err
	}
	edges, err := edgesOf(q, rows, EdgeFilter{}, now)
	if err != nil {
		return err
	}
	sees, blind := map[string]bool{}, map[string]bool{}
	for id, name := range software {
		sees[name] = sees[name] || calling[id]
		f := out[name]
		f.Seen = f.Seen || calling[id] || called[id]
		out[name] = f
	}
	for _, e := range edges {
		name := software[e.From.ID]
		if e.NoEyes {
			blind[name] = true
			continue
		}
		f := out[name]
		f.Differences++
		out[name] = f
	}
	for name := range blind {
		f := out[name]
		f.Blind = !sees[name] && f.Differences == 0
		out[name] = f
	}
	return nil
}

// serviceCertificates finds the certificates among items, those that items
// need, and those of the load balancers that lead to the software.
func serviceCertificates(q db.Querier, of, software map[int64]string, out map[string]map[int64]time.Time) error {
	needing := maps.Clone(of)
	doors, err := balancersTo(q, slices.Sorted(maps.Keys(software)))
	if err != nil {
		return err
	}
	front := map[int64][]string{}
	for _, d := range doors {
		needing[d.item] = ""
		front[d.item] = append(front[d.item], software[d.whole])
	}
	found, err := certificatesOf(q, slices.Sorted(maps.Keys(needing)))
	if err != nil {
		return err
	}
	for _, c := range found {
		names := front[c.by]
		if name := of[c.by]; name != "" {
			names = append(names, name)
		}
		for _, name := range names {
			out[name][c.item] = untilOf(c.attributes)
		}
	}
	return nil
}

// untilOf is when a certificate ends by its attributes; zero: they do not say.
func untilOf(attributes string) time.Time {
	var a map[string]json.RawMessage
	if json.Unmarshal([]byte(attributes), &a) != nil {
		return time.Time{}
	}
	for _, name := range untilNames {
		s := strings.Trim(strings.TrimSpace(string(a[name])), `"`)
		if s == "" || s == "null" {
			continue
		}
		for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly, "Jan _2 15:04:05 2006 MST"} { // the last one: openssl x509 -enddate
			if t, err := time.Parse(form, s); err == nil {
				return t
			}
		}
		if n, err := strconv.ParseFloat(s, 64); err == nil && n > 1e9 && n < 1e14 { // seconds or milliseconds since 1970
			if n > 1e11 {
				n /= 1000
			}
			return time.Unix(int64(n), 0).UTC()
		}
	}
	return time.Time{}
}
