package ascode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// checker holds a kind's JSON Schema, compiled for checking and raw for saying
// in words what would be right.
type checker struct {
	compiled *jsonschema.Schema
	raw      map[string]any
}

// newChecker compiles a kind's schema. The schemas are part of the program, so
// a broken one is a fault of the program, seen at first start.
func newChecker(k Kind) *checker {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(k.Schema))
	if err == nil {
		url := "/schemas/" + lower(k.Name) + ".json"
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft2020)
		if err = c.AddResource(url, doc); err == nil {
			var s *jsonschema.Schema
			if s, err = c.Compile(url); err == nil {
				raw, _ := doc.(map[string]any)
				return &checker{s, raw}
			}
		}
	}
	panic(fmt.Sprintf("ascode: the JSON Schema of kind %s is broken: %v", k.Name, err))
}

// check reports every fault of a document.
func (c *checker) check(file string, t *tree, bad *faults) {
	var ve *jsonschema.ValidationError
	if err := c.compiled.Validate(t.value); errors.As(err, &ve) {
		c.report(file, t, ve, bad)
	} else if err != nil {
		bad.add(t.at("").in(file), "document", "", err.Error())
	}
}

func (c *checker) report(file string, t *tree, e *jsonschema.ValidationError, bad *faults) {
	if len(e.Causes) > 0 {
		causes := slices.Clone(e.Causes)
		slices.SortStableFunc(causes, func(a, b *jsonschema.ValidationError) int {
			return slices.Compare(a.InstanceLocation, b.InstanceLocation)
		})
		for _, cause := range causes {
			c.report(file, t, cause, bad)
		}
		return
	}
	p := ""
	for _, k := range e.InstanceLocation {
		p += "/" + escape(k)
	}
	schema := c.find(e.InstanceLocation)
	value := text(lookup(t.value, e.InstanceLocation))
	add := func(remedy string) { bad.add(t.valueAt(p).in(file), name(p), value, remedy) }
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known := slices.Sorted(maps.Keys(object(schema["properties"])))
		for _, key := range k.Properties {
			remedy := "remove it; fields here are " + strings.Join(known, ", ")
			if near := nearest(key, known); near != "" {
				remedy = "did you mean " + near + "? Fields here are " + strings.Join(known, ", ")
			}
			kp := p + "/" + escape(key)
			bad.add(t.at(kp).in(file), name(kp), "", remedy)
		}
	case *kind.Required:
		for _, key := range k.Missing {
			kp := p + "/" + escape(key)
			remedy := "add this field"
			if d := describe(object(object(schema["properties"])[key])); d != "" {
				remedy += ": " + d
			}
			bad.add(t.at(p).in(file), name(kp), "", remedy)
		}
	case *kind.Type:
		add("use " + either(k.Want) + hint(schema))
	case *kind.Enum:
		var want []string
		for _, w := range k.Want {
			want = append(want, text(w))
		}
		remedy := "use " + either(want)
		if s, ok := k.Got.(string); ok {
			if near := nearest(s, want); near != "" {
				remedy = "did you mean " + near + "? It is one of " + strings.Join(want, ", ")
			}
		}
		add(remedy)
	case *kind.Const:
		add("use " + text(k.Want))
	case *kind.Pattern, *kind.Format:
		if d := describe(schema); d != "" {
			add("write " + d)
		} else {
			add("use another form")
		}
	case *kind.MinLength:
		add(fmt.Sprintf("use at least %s", count(k.Want, "character")))
	case *kind.MaxLength:
		add(fmt.Sprintf("use at most %s", count(k.Want, "character")))
	case *kind.Minimum:
		add("use at least " + k.Want.RatString() + hint(schema))
	case *kind.Maximum:
		add("use at most " + k.Want.RatString() + hint(schema))
	case *kind.MinItems:
		add(fmt.Sprintf("name at least %d", k.Want) + hint(schema))
	case *kind.MaxItems:
		add(fmt.Sprintf("name at most %d", k.Want))
	case *kind.UniqueItems:
		add(fmt.Sprintf("entries %d and %d are the same; keep one", k.Duplicates[0]+1, k.Duplicates[1]+1))
	case *kind.PropertyNames:
		bad.add(t.at(p).in(file), name(p), k.Property, "use another key"+hint(schema))
	default:
		add("this does not fit" + hint(schema))
	}
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

var words = map[string]string{"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"array": "a list", "object": "a mapping of fields", "null": "nothing"}

func either(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		if out[i] = s; words[s] != "" {
			out[i] = words[s]
		}
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}

func describe(schema map[string]any) string { d, _ := schema["description"].(string); return d }

func hint(schema map[string]any) string {
	if d := describe(schema); d != "" {
		return ": " + d
	}
	return ""
}

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }

// find returns the raw schema that describes a location of the document.
func (c *checker) find(location []string) map[string]any {
	s := c.resolve(c.raw)
	for _, key := range location {
		next := object(object(s["properties"])[key])
		if next == nil {
			next = object(s["additionalProperties"])
		}
		if next == nil {
			next = object(s["items"])
		}
		s = c.resolve(next)
	}
	return s
}

// resolve follows a reference to the schema's own definitions; what stands
// beside the reference wins.
func (c *checker) resolve(s map[string]any) map[string]any {
	to, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	out := maps.Clone(object(object(c.raw["$defs"])[strings.TrimPrefix(to, "#/$defs/")]))
	if out == nil {
		out = map[string]any{}
	}
	maps.Copy(out, s)
	return out
}

// lookup returns the value at a location, nil where there is none.
func lookup(v any, location []string) any {
	for _, key := range location {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			var i int
			if err := json.Unmarshal([]byte(key), &i); err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}
