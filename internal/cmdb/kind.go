package cmdb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// KindSpec is a kind of items that the organisation adds, or what it adds to
// one that is known from the start (document kind ItemKind).
type KindSpec struct {
	Title string `json:"title,omitempty"`
	Icon  string `json:"icon,omitempty"` // a Tabler icon: "server-2"
	// Schema is a JSON Schema (2020-12) of the attributes; it may not refer to
	// other documents.
	Schema map[string]any `json:"schema,omitempty"`
	// Strict refuses what the schema does not allow, also from sources; else a
	// run takes it and remarks on it. By hand it is always refused.
	Strict bool `json:"strict,omitempty"`
	// Identify are the schemes that tell whether two items of the kind are one,
	// surest first; they go before those of the rules of reconciliation.
	Identify []string `json:"identify,omitempty"`
}

// OwnKind is a kind as it is stored, or one known from the start at version 0.
type OwnKind struct {
	Name    string
	Spec    KindSpec
	Known   bool // from the start: it stays when what is stored of it is removed
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Service
}

// Ref is the kind's key.
func (k OwnKind) Ref() ref.Ref { return ref.S(ref.ItemKind, k.Name) }

func (k OwnKind) digest() string { return evidence.Digest(nil, []any{k.Name, k.Spec, k.Version}) }

// Violation is an attribute that does not fit its kind's schema.
type Violation struct {
	Place  string // "attributes.cpu.count"
	Value  string // shortened; empty when the attribute is missing
	Remedy string
}

func (v Violation) String() string {
	if v.Value == "" {
		return v.Place + ": " + v.Remedy
	}
	return fmt.Sprintf("%s %q: %s", v.Place, v.Value, v.Remedy)
}

const maxSchema = 64 << 10 // bytes of JSON

// check reports what is wrong with a kind.
func (s KindSpec) check() error {
	var bad errs.Fields
	if len(s.Title) > 100 {
		bad.Add("title", s.Title, "use at most 100 characters")
	}
	if s.Icon != "" && !ref.IsName(s.Icon) {
		bad.Add("icon", s.Icon, "name an icon of the Tabler set, like server-2")
	}
	for i, scheme := range s.Identify {
		at := fmt.Sprintf("identify[%d]", i)
		if !isScheme(scheme) {
			bad.Add(at, scheme, schemeForm)
		} else if slices.Contains(s.Identify[:i], scheme) {
			bad.Add(at, scheme, "it stands above already; name each scheme once")
		}
	}
	if _, err := compileSchema(s.Schema); err != nil {
		bad.Add("schema", "", errs.Short(err.Error()))
	}
	return bad.Err()
}

const schemeForm = "use 1 to 60 of a-z, 0-9, '.', '-' and '_', like serial or netbox.device"

func isScheme(s string) bool {
	if s == "" || len(s) > 60 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	}) < 0
}

// kindSpecs are all stored kinds by name, read once in a transaction.
func kindSpecs(q db.Querier) (map[string]KindSpec, error) {
	return db.Remember(q, kindsKey{}, func() (map[string]KindSpec, error) {
		list, err := listKinds(q, "", 10_000)
		out := make(map[string]KindSpec, len(list))
		for _, k := range list {
			out[k.Name] = k.Spec
		}
		return out, err
	})
}

type kindsKey struct{}

// KnownKind reports whether items may be of a kind: one known from the start
// or one of the organisation's own.
func KnownKind(q db.Querier, name string) (bool, error) {
	if slices.Contains(Kinds, name) {
		return true, nil
	}
	own, err := kindSpecs(q)
	_, ok := own[name]
	return ok, err
}

// noKind says which kinds there are.
func noKind(q db.Querier, field, name string) error {
	own, err := kindSpecs(q)
	if err != nil {
		return err
	}
	known := slices.Concat(Kinds, slices.Sorted(maps.Keys(own)))
	return errs.BadField(field, name, "there is no such kind; use one of "+strings.Join(slices.Compact(known), ", ")+", or add it as an ItemKind")
}

// CheckAttributes reports what in the attributes of an item of a kind does not
// fit its schema, and whether the kind is strict: then a run leaves the item
// out; else it takes it and remarks on it.
func CheckAttributes(q db.Querier, itemKind string, attributes map[string]json.RawMessage) (bad []Violation, strict bool, err error) {
	own, err := kindSpecs(q)
	if err != nil {
		return nil, false, err
	}
	spec, ok := own[itemKind]
	if !ok || len(spec.Schema) == 0 {
		return nil, false, nil
	}
	bad, err = spec.Violations(attributes)
	return bad, spec.Strict, err
}
