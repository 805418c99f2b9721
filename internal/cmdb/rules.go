package cmdb

import (
	"slices"
	"time"
)

// Rules say how items are worked out from observations. They are data (as
// code, kind ReconciliationRules); a change is replayed over all items, which
// gives the same as if every source had reported anew under the new rules.
type Rules struct {
	// Sources lists sources, most trusted first. Those not listed come after
	// them, in the order in which they first reported an item.
	Sources []string `json:"sources,omitempty"`
	// Attributes gives single attributes an order of their own. "name", "env",
	// "team" and "kind" are the item's own fields.
	Attributes []AttributeRule `json:"attributes,omitempty"`
	// Freshness is how long a source's word counts after it was last seen;
	// older words are used only where nobody else says anything. 0: for ever.
	Freshness Duration `json:"freshness,omitzero"`
	// Identify says for each kind, in order, which identifiers name an item.
	// The entry of kind "" is for kinds without one.
	Identify []Identify `json:"identify,omitempty"`
	// Grace is from stale to retired.
	Grace Duration `json:"grace,omitzero"`
	// Forget is how long an observed relation counts without being seen again.
	Forget Duration `json:"forget,omitzero"`
}

// AttributeRule is whom to believe about one attribute.
type AttributeRule struct {
	Kind      string   `json:"kind,omitempty"` // empty: of every kind
	Name      string   `json:"name"`
	Sources   []string `json:"sources,omitempty"`  // most trusted first; then as Rules.Sources
	Freshness Duration `json:"freshness,omitzero"` // 0: as Rules.Freshness
}

// Identify is how items of a kind are recognised.
type Identify struct {
	Kind string       `json:"kind,omitempty"`
	By   []IdentifyBy `json:"by"`
}

// IdentifyBy is one rule of identification: a scheme of identifiers, and whether two
// items that share one are the same for certain (strong) or perhaps (weak). Weak
// ones make proposals and never merge.
type IdentifyBy struct {
	Scheme string `json:"scheme"`
	Weak   bool   `json:"weak,omitempty"`
}

// DefaultRules are in force until an organisation writes its own. People come
// first, then what is written down on purpose, then what machines list, then
// what is seen in traffic.
func DefaultRules() Rules {
	return Rules{
		Sources: []string{SourceHand, SourceCatalog, SourceRule, "backstage", "score", "datadog", "netbox", "terraform", "cloudformation", "kubernetes", "istio", "aws", "gcp", "azure", "compose", "csv", "otlp", "istio-metrics"},
		Identify: []Identify{
			{By: []IdentifyBy{
				{Scheme: SchemeARN}, {Scheme: SchemeAzure}, {Scheme: SchemeGCP}, {Scheme: SchemeProviderID}, {Scheme: SchemeK8sUID}, {Scheme: SchemeK8s},
				{Scheme: SchemeService}, {Scheme: SchemeServiceName}, {Scheme: SchemeRepository}, {Scheme: SchemeBackstage}, {Scheme: SchemeDatabase},
				{Scheme: SchemeQueue}, {Scheme: SchemeTeam}, {Scheme: SchemeDNS}, {Scheme: SchemeAddress}, {Scheme: SchemeName, Weak: true},
			}},
			// An address is where an application is reached, and moves from one to another.
			{Kind: KindApplication, By: []IdentifyBy{
				{Scheme: SchemeServiceName}, {Scheme: SchemeBackstage}, {Scheme: SchemeK8sUID}, {Scheme: SchemeK8s}, {Scheme: SchemeDNS, Weak: true}, {Scheme: SchemeName, Weak: true},
			}},
			// Several deployments bear the service.name of the one application.
			{Kind: KindDeployment, By: []IdentifyBy{
				{Scheme: SchemeARN}, {Scheme: SchemeAzure}, {Scheme: SchemeGCP}, {Scheme: SchemeK8sUID}, {Scheme: SchemeK8s}, {Scheme: SchemeName, Weak: true},
			}},
			{Kind: KindService, By: []IdentifyBy{{Scheme: SchemeService}}},
		},
		Grace:  Duration(30 * Day),
		Forget: Duration(14 * Day),
	}
}

// The sources of the product itself.
const (
	SourceHand    = "hand"    // people, one by one
	SourceCatalog = "catalog" // the catalog's services
	SourceRule    = "rule"    // what follows from other facts by a rule of ours
)

// identify is the ordered identification rules of a kind. Schemes of a source's
// own ("netbox.device") are strong and come last of the strong ones.
func (r *Rules) identify(kind string) []IdentifyBy {
	var fallback []IdentifyBy
	for _, i := range r.Identify {
		if i.Kind == kind {
			return i.By
		}
		if i.Kind == "" {
			fallback = i.By
		}
	}
	return fallback
}

// rank is how much a source is trusted about an attribute of a kind; less is
// more.
func (r *Rules) rank(kind, attribute, source string) int {
	if a := r.attribute(kind, attribute); a != nil {
		if i := slices.Index(a.Sources, source); i >= 0 {
			return i - len(a.Sources)
		}
	}
	if i := slices.Index(r.Sources, source); i >= 0 {
		return i
	}
	return len(r.Sources)
}

// attribute is the rule of an attribute's own, that of its kind before the one
// of all kinds; nil for none.
func (r *Rules) attribute(kind, name string) (found *AttributeRule) {
	for i := range r.Attributes {
		a := &r.Attributes[i]
		switch {
		case a.Name != name:
		case a.Kind == kind:
			return a
		case a.Kind == "":
			found = a
		}
	}
	return found
}

// freshness is how long a word about an attribute counts; 0 for ever.
func (r *Rules) freshness(kind, attribute string) time.Duration {
	if a := r.attribute(kind, attribute); a != nil && a.Freshness > 0 {
		return time.Duration(a.Freshness)
	}
	return time.Duration(r.Freshness)
}

// grown reports whether a word that was last said at a time may have grown old
// before now, for some attribute: said again, it counts anew.
func (r *Rules) grown(seen, now int64) bool {
	shortest := time.Duration(r.Freshness)
	for _, a := range r.Attributes {
		if f := time.Duration(a.Freshness); f > 0 && (shortest == 0 || f < shortest) {
			shortest = f
		}
	}
	return shortest > 0 && now-seen >= shortest.Microseconds()
}

// alike are kinds of which one names more narrowly what the other names, so
// that one thing is seen as either: the narrower one wins.
var alike = map[string][]string{
	KindCloud:    {KindHost, KindDatabase, KindQueue, KindCache, KindStorage, KindBalancer, KindNetwork, KindCertificate, KindIdentity, KindCluster, KindDeployment},
	KindDevice:   {KindHost},
	KindExternal: {KindDatabase, KindQueue, KindCache, KindApplication},
}

// compatible reports whether one thing may be seen as both kinds.
func compatible(a, b string) bool {
	return a == b || slices.Contains(alike[a], b) || slices.Contains(alike[b], a)
}

// narrower is the kind that says more of two compatible ones.
func narrower(a, b string) string {
	if slices.Contains(alike[a], b) {
		return b
	}
	return a
}
