package policy

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// inputJSON is the JSON Schema of what policies see: the types of package
// change/fact, which a test of this package holds it against. It serves
// three: the compiler, which refuses a rule that reads what there is not; the
// check of each input; and editors.
//
//go:embed input.json
var inputJSON []byte

// InputSchema returns the JSON Schema of the input of policies.
func InputSchema() []byte { return slices.Clone(inputJSON) }

var schemas = sync.OnceValue(func() *ast.SchemaSet {
	var v any
	if err := json.Unmarshal(inputJSON, &v); err != nil {
		panic(fmt.Sprintf("input.json: %v", err)) // embedded
	}
	set := ast.NewSchemaSet()
	set.Put(ast.SchemaRootRef, v)
	return set
})

// shape is what a value must look like: the schema, made quick to hold against
// OPA's values.
type shape struct {
	kind   string // object, array, string, integer, number, boolean
	fields []field
	items  *shape
	enum   []string
}

type field struct {
	name     string
	key      *ast.Term
	required bool
	shape    *shape
}

var inputShape = sync.OnceValue(func() *shape {
	var v map[string]any
	if err := json.Unmarshal(inputJSON, &v); err != nil {
		panic(fmt.Sprintf("input.json: %v", err))
	}
	return shapeOf(v)
})

func shapeOf(schema map[string]any) *shape {
	s := &shape{}
	s.kind, _ = schema["type"].(string)
	if s.kind == "" {
		s.kind = "string"
	}
	if list, ok := schema["enum"].([]any); ok {
		for _, x := range list {
			s.enum = append(s.enum, x.(string))
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		s.items = shapeOf(items)
	}
	required, _ := schema["required"].([]any)
	props, _ := schema["properties"].(map[string]any)
	for name, p := range props {
		s.fields = append(s.fields, field{name, ast.StringTerm(name), slices.Contains(required, any(name)), shapeOf(p.(map[string]any))})
	}
	slices.SortFunc(s.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return s
}

// fault says what is wrong with a value in words, naming it by its path below
// at; empty when nothing is.
func (s *shape) fault(v ast.Value, at string) string {
	ok := false
	switch v := v.(type) {
	case ast.String:
		ok = s.kind == "string" && (s.enum == nil || slices.Contains(s.enum, string(v)))
	case ast.Boolean:
		ok = s.kind == "boolean"
	case ast.Number:
		plain := len(v) < 20 && !strings.ContainsAny(string(v), ".eE")
		ok = plain && s.kind == "integer" || s.kind == "number" && (plain || len(v) < 40 && finite(string(v)))
	case *ast.Array:
		if ok = s.kind == "array"; ok {
			for i := range v.Len() {
				if why := s.items.fault(v.Elem(i).Value, at); why != "" {
					return why
				}
			}
		}
	case ast.Object:
		if ok = s.kind == "object"; ok {
			return s.faultOf(v, at)
		}
	}
	if ok {
		return ""
	}
	return at + " is not " + s.text()
}

func (s *shape) faultOf(o ast.Object, at string) string {
	for i := range s.fields {
		f := &s.fields[i]
		got := o.Get(f.key)
		if got == nil {
			if f.required {
				return at + "." + f.name + " is missing"
			}
			continue
		}
		if f.shape.items == nil && f.shape.fields == nil { // spare the path of what is right
			if why := f.shape.fault(got.Value, f.name); why != "" {
				return at + "." + why
			}
		} else if why := f.shape.fault(got.Value, at+"."+f.name); why != "" {
			return why
		}
	}
	return ""
}

func (s *shape) text() string {
	switch {
	case s.enum != nil:
		return "one of " + strings.Join(s.enum, ", ")
	case s.kind == "object" || s.kind == "array" || s.kind == "integer":
		return "an " + s.kind
	}
	return "a " + s.kind
}
