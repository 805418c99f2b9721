package cmdb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

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

// noLoad refuses references to other documents: a schema must mean the same
// tomorrow, and the server fetches nothing on somebody's word.
type noLoad struct{}

func (noLoad) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s; put the definitions into $defs of the same schema", url)
}

// compiled schemas by the digest of their text, because a run checks every
// record. Bounded: kinds are few, edits of them rare.
var compiled = struct {
	sync.Mutex
	by map[string]*jsonschema.Schema
}{by: map[string]*jsonschema.Schema{}}

// compileSchema returns nil for no schema.
func compileSchema(schema map[string]any) (*jsonschema.Schema, error) {
	if len(schema) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(schema)
	if err != nil || len(text) > maxSchema {
		return nil, fmt.Errorf("use a schema of at most %d bytes", maxSchema)
	}
	key := evidence.DigestBytes(nil, text)
	compiled.Lock()
	defer compiled.Unlock()
	if s := compiled.by[key]; s != nil {
		return s, nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoad{})
	if err := c.AddResource("attributes.json", doc); err != nil {
		return nil, err
	}
	s, err := c.Compile("attributes.json")
	if err != nil {
		return nil, fmt.Errorf("this is no JSON Schema: %s", inWords(err))
	}
	if len(compiled.by) >= 500 {
		clear(compiled.by)
	}
	compiled.by[key] = s
	return s, nil
}

// inWords is the innermost reason of a compiler's error.
func inWords(err error) string {
	var bad *jsonschema.SchemaValidationError
	if errors.As(err, &bad) {
		var ve *jsonschema.ValidationError
		if errors.As(bad.Err, &ve) {
			return strings.Join(remedies(violations(ve, map[string]any{}, "schema")), "; ")
		}
	}
	return strings.ReplaceAll(err.Error(), "attributes.json", "")
}

func remedies(list []Violation) []string {
	out := make([]string, 0, 3)
	for _, v := range list[:min(len(list), 3)] {
		out = append(out, v.String())
	}
	return out
}

// Violations reports what in an item's attributes does not fit the kind.
func (s KindSpec) Violations(attributes map[string]json.RawMessage) ([]Violation, error) {
	c, err := compileSchema(s.Schema)
	if err != nil || c == nil {
		return nil, err
	}
	doc := make(map[string]any, len(attributes))
	for name, raw := range attributes {
		if doc[name], err = jsonschema.UnmarshalJSON(bytes.NewReader(raw)); err != nil {
			return []Violation{{Place: "attributes." + name, Value: errs.Short(string(raw)), Remedy: "write a JSON value"}}, nil
		}
	}
	var ve *jsonschema.ValidationError
	if err := c.Validate(doc); errors.As(err, &ve) {
		return violations(ve, doc, "attributes"), nil
	} else if err != nil {
		return nil, err
	}
	return nil, nil
}

// violations flattens a validator's tree to its leaves, by place.
func violations(e *jsonschema.ValidationError, doc any, at string) (out []Violation) {
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			out = append(out, violations(c, doc, at)...)
		}
		slices.SortStableFunc(out, func(a, b Violation) int { return strings.Compare(a.Place, b.Place) })
		return slices.Compact(out)
	}
	value, place := doc, at
	for _, key := range e.InstanceLocation {
		place += "." + key
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			var i int
			if json.Unmarshal([]byte(key), &i) == nil && i >= 0 && i < len(v) {
				value = v[i]
			}
		}
	}
	text, _ := json.Marshal(value)
	v := Violation{Place: place, Value: errs.Short(string(text))}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, key := range k.Missing {
			out = append(out, Violation{Place: place + "." + key, Remedy: "it is missing and the kind asks for it"})
		}
		return out
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			out = append(out, Violation{Place: place + "." + key, Remedy: "the kind has no such attribute"})
		}
		return out
	case *kind.Type:
		v.Remedy = "use a value of the type " + strings.Join(k.Want, " or ")
	case *kind.Enum:
		want, _ := json.Marshal(k.Want)
		v.Remedy = "use one of " + errs.Short(string(want))
	case *kind.Const:
		want, _ := json.Marshal(k.Want)
		v.Remedy = "use " + errs.Short(string(want))
	case *kind.Pattern:
		v.Remedy = "use a text of the form " + k.Want
	case *kind.Format:
		v.Remedy = "use a text of the format " + k.Want
	case *kind.Minimum:
		v.Remedy = "use at least " + k.Want.RatString()
	case *kind.Maximum:
		v.Remedy = "use at most " + k.Want.RatString()
	case *kind.MinLength:
		v.Remedy = fmt.Sprintf("use at least %d characters", k.Want)
	case *kind.MaxLength:
		v.Remedy = fmt.Sprintf("use at most %d characters", k.Want)
	case *kind.MinItems:
		v.Remedy = fmt.Sprintf("use at least %d entries", k.Want)
	case *kind.MaxItems:
		v.Remedy = fmt.Sprintf("use at most %d entries", k.Want)
	default:
		v.Remedy = "it does not fit the rule " + strings.Join(e.ErrorKind.KeywordPath(), "/")
	}
	return []Violation{v}
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
