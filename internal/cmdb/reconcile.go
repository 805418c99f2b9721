package cmdb

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// RulesName is the name of the one record of rules.
const RulesName = "default"

// RulesRecord are the rules in force; version 0 are those built in.
type RulesRecord struct {
	Name    string
	Rules   Rules
	Replay  Replay
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Service
}

// Replay is how far the working out of all items by changed rules is.
type Replay struct {
	Reached int64 // all items up to this number are done
	Last    int64 // the newest item when it began
	Changed int64 // items that look different since
	Next    time.Time
}

// Done reports whether nothing is left to do.
func (r Replay) Done() bool { return r.Next.IsZero() }

// Percent is how far it is, 0 to 100.
func (r Replay) Percent() int {
	if r.Done() || r.Last == 0 {
		return 100
	}
	return int(100 * min(r.Reached, r.Last) / r.Last)
}

// Ref is the rules' key.
func (r RulesRecord) Ref() ref.Ref { return ref.S(ref.Reconcile, r.Name) }

func (r RulesRecord) digest() string {
	return evidence.Digest(nil, []any{r.Name, r.Rules, r.Version})
}

// rulesIn are the rules in force, whole, with the schemes that kinds name for
// themselves; read once in a transaction. Nobody may change them.
func rulesIn(q db.Querier) (*Rules, error) {
	return db.Remember(q, rulesKey{}, func() (*Rules, error) {
		r, _, err := findRules(q, "")
		if err != nil {
			return nil, err
		}
		own, err := kindSpecs(q)
		if err != nil {
			return nil, err
		}
		rules := r.Rules.with(own)
		return &rules, nil
	})
}

// with are whole rules: what they leave out from the default ones, and the
// schemes of the kinds first.
func (r Rules) with(kinds map[string]KindSpec) Rules {
	r = r.filled()
	r.Identify = slices.Clone(r.Identify)
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		first := make([]IdentifyBy, 0, len(kinds[name].Identify))
		for _, scheme := range kinds[name].Identify {
			first = append(first, IdentifyBy{Scheme: scheme, Weak: scheme == SchemeName})
		}
		if len(first) == 0 {
			continue
		}
		for _, by := range r.identify(name) {
			if !slices.ContainsFunc(first, func(f IdentifyBy) bool { return f.Scheme == by.Scheme }) {
				first = append(first, by)
			}
		}
		r.Identify = slices.DeleteFunc(r.Identify, func(i Identify) bool { return i.Kind == name })
		r.Identify = append(r.Identify, Identify{Kind: name, By: first})
	}
	return r
}

type rulesKey struct{}

// limits of rules.
const (
	maxRuleList = 500
	maxRuleTime = Duration(3660 * Day)
)

// check reports everything that is wrong with rules. Kinds that are not known
// are wrong too, because a misspelt one would silently do nothing.
func (r Rules) check(q db.Querier) error {
	var bad errs.Fields
	sources := func(at string, list []string) {
		for i, s := range list {
			if !ref.IsName(s) {
				bad.Add(fmt.Sprintf("%s[%d]", at, i), s, "name a source like terraform; "+ref.NameForm)
			} else if slices.Contains(list[:i], s) {
				bad.Add(fmt.Sprintf("%s[%d]", at, i), s, "it stands above already; name each source once")
			}
		}
	}
	length := func(at string, d Duration) {
		if d < 0 || d > maxRuleTime {
			bad.Add(at, d.String(), "use a time between PT0S and "+maxRuleTime.String())
		}
	}
	known := func(at, kind string) error {
		if kind == "" {
			return nil
		}
		ok, err := KnownKind(q, kind)
		if err == nil && !ok {
			bad = append(bad, errs.As(noKind(q, at, kind)).Fields...)
		}
		return err
	}
	if len(r.Sources) > maxRuleList || len(r.Attributes) > maxRuleList || len(r.Identify) > maxRuleList {
		bad.Add("", "", fmt.Sprintf("use at most %d entries in each list", maxRuleList))
		return bad.Err()
	}
	sources("sources", r.Sources)
	for i, a := range r.Attributes {
		at := fmt.Sprintf("attributes[%d]", i)
		if a.Name == "" || len(a.Name) > 200 {
			bad.Add(at+".name", a.Name, "name an attribute, or one of name, env, team and kind")
		}
		for _, b := range r.Attributes[:i] {
			if a.Kind == b.Kind && a.Name == b.Name {
				bad.Add(at+".name", a.Name, "there is a rule for it above already; keep one")
			}
		}
		sources(at+".sources", a.Sources)
		length(at+".freshness", a.Freshness)
		if err := known(at+".kind", a.Kind); err != nil {
			return err
		}
	}
	for i, k := range r.Identify {
		at := fmt.Sprintf("identify[%d]", i)
		if err := known(at+".kind", k.Kind); err != nil {
			return err
		}
		for _, before := range r.Identify[:i] {
			if before.Kind == k.Kind {
				bad.Add(at+".kind", k.Kind, "there is an entry for this kind above already; put all schemes into one")
			}
		}
		if len(k.By) == 0 {
			bad.Add(at+".by", "", "name at least one scheme")
		}
		for j, by := range k.By {
			if !isScheme(by.Scheme) {
				bad.Add(fmt.Sprintf("%s.by[%d].scheme", at, j), by.Scheme, schemeForm)
			}
			if by.Scheme == SchemeName && !by.Weak {
				bad.Add(fmt.Sprintf("%s.by[%d].weak", at, j), "false", "a plain name is never certain; write weak: true")
			}
			for _, before := range k.By[:j] {
				if before.Scheme == by.Scheme {
					bad.Add(fmt.Sprintf("%s.by[%d].scheme", at, j), by.Scheme, "it stands above already; name each scheme once")
				}
			}
		}
	}
	length("freshness", r.Freshness)
	length("grace", r.Grace)
	length("forget", r.Forget)
	return bad.Err()
}

// filled are rules with what they leave out taken from the default ones: no
// list of sources or identification at all, or no time, means the default.
func (r Rules) filled() Rules {
	d := DefaultRules()
	if len(r.Sources) == 0 {
		r.Sources = d.Sources
	}
	if r.Grace == 0 {
		r.Grace = d.Grace
	}
	if r.Forget == 0 {
		r.Forget = d.Forget
	}
	general := slices.ContainsFunc(r.Identify, func(i Identify) bool { return i.Kind == "" })
	for _, i := range d.Identify {
		if i.Kind == "" && general {
			continue
		}
		if !slices.ContainsFunc(r.Identify, func(own Identify) bool { return own.Kind == i.Kind }) {
			r.Identify = append(slices.Clip(r.Identify), i)
		}
	}
	return r
}
