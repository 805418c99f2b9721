package cmdb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

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
