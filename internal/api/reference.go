package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Operation is one operation as the reference page shows it.
type Operation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []Parameter
	Body                                   []Property // of the request; nil when it has none
	Result                                 []Property // of the success answer's body
	Status                                 int        // of success
	Curl                                   string
}

// Parameter is one path, query or header parameter.
type Parameter struct {
	Name, In, Type, Doc string
	Required            bool
}

// Property is one field of a body; Depth tells how deep it is nested.
type Property struct {
	Name, Type, Doc string
	Required        bool
	Depth           int
}

// Group is the operations of one practice.
type Group struct {
	Name       string
	Operations []Operation
}

// Reference reads the API's own description for the reference page, by tag
// and path.
func Reference(a huma.API) []Group {
	doc := a.OpenAPI()
	byTag := map[string][]Operation{}
	for path, item := range doc.Paths {
		for _, m := range []struct {
			method string
			op     *huma.Operation
		}{{"GET", item.Get}, {"POST", item.Post}, {"PUT", item.Put}, {"PATCH", item.Patch}, {"DELETE", item.Delete}} {
			if m.op == nil {
				continue
			}
			tag := "Other"
			if len(m.op.Tags) > 0 {
				tag = m.op.Tags[0]
			}
			byTag[tag] = append(byTag[tag], operation(doc, m.method, path, m.op))
		}
	}
	var groups []Group
	for tag, ops := range byTag {
		slices.SortFunc(ops, func(a, b Operation) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
		})
		groups = append(groups, Group{tag, ops})
	}
	slices.SortFunc(groups, func(a, b Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

func operation(doc *huma.OpenAPI, method, path string, op *huma.Operation) Operation {
	o := Operation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, Parameter{Name: p.Name, In: p.In, Type: kind(doc, p.Schema), Doc: p.Description, Required: p.Required})
	}
	var sample any
	if op.RequestBody != nil {
		for _, c := range op.RequestBody.Content {
			o.Body = properties(doc, c.Schema, 0, nil)
			sample = example(doc, c.Schema, 0)
			break
		}
	}
	for code, r := range op.Responses {
		if strings.HasPrefix(code, "2") {
			fmt.Sscan(code, &o.Status)
			for _, c := range r.Content {
				o.Result = properties(doc, c.Schema, 0, nil)
				break
			}
		}
	}
	o.Curl = curl(method, path, sample)
	return o
}

func curl(method, path string, body any) string {
	var b strings.Builder
	b.WriteString(`curl -H "Authorization: Bearer $EVENKEEL_TOKEN"`)
	if method != "GET" {
		b.WriteString(" -X " + method)
	}
	b.WriteString(` "$EVENKEEL_SERVER` + path + `"`)
	if body != nil {
		data, _ := json.Marshal(body)
		b.WriteString(" \\\n  -H 'Content-Type: application/json' -d '" + string(data) + "'")
	}
	return b.String()
}

// deepest is how far nested fields are listed.
const deepest = 3

func properties(doc *huma.OpenAPI, s *huma.Schema, depth int, seen []string) (out []Property) {
	s = resolve(doc, s)
	if s == nil || depth > deepest {
		return nil
	}
	if s.Type == "array" {
		return properties(doc, s.Items, depth, seen)
	}
	names := make([]string, 0, len(s.Properties))
	for n := range s.Properties {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { // required ones first
		ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b)
		if ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, n := range names {
		p := s.Properties[n]
		full := resolve(doc, p)
		out = append(out, Property{Name: n, Type: kind(doc, p), Doc: cmp.Or(p.Description, full.Description), Required: slices.Contains(s.Required, n), Depth: depth})
		if p.Ref != "" && slices.Contains(seen, p.Ref) {
			continue
		}
		out = append(out, properties(doc, p, depth+1, append(slices.Clone(seen), p.Ref))...)
	}
	return out
}

func resolve(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// kind says the type of a schema in a few words: "string, one of a, b".
func kind(doc *huma.OpenAPI, s *huma.Schema) string {
	s = resolve(doc, s)
	if s == nil {
		return "any"
	}
	t := cmp.Or(s.Type, "any")
	switch {
	case t == "array":
		return "list of " + kind(doc, s.Items)
	case s.Format != "":
		t += ", " + s.Format
	}
	if len(s.Enum) > 0 {
		var list []string
		for _, e := range s.Enum {
			list = append(list, fmt.Sprint(e))
		}
		t += ", one of " + strings.Join(list, ", ")
	}
	if s.Minimum != nil && s.Maximum != nil {
		t += fmt.Sprintf(", %v to %v", *s.Minimum, *s.Maximum)
	}
	if s.MaxLength != nil {
		t += fmt.Sprintf(", at most %d characters", *s.MaxLength)
	}
	return t
}

// example is the smallest body that is accepted.
func example(doc *huma.OpenAPI, s *huma.Schema, depth int) any {
	s = resolve(doc, s)
	switch {
	case s == nil || depth > deepest:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Default != nil:
		return s.Default
	}
	switch s.Type {
	case "object":
		out := map[string]any{}
		for _, n := range s.Required {
			out[n] = example(doc, s.Properties[n], depth+1)
		}
		return out
	case "array":
		return []any{}
	case "string":
		return "…"
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	return nil
}
