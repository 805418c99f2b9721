package policy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
)

var update = flag.Bool("update", false, "write input.json anew")

// The schema that policies are compiled against is the one of the facts.
func TestSchemaIsOfTheFacts(t *testing.T) {
	s := schemaOf(reflect.TypeFor[fact.Input](), "")
	s["$schema"], s["title"], s["description"] = "https://json-schema.org/draft/2020-12/schema", "Facts", "What a policy for changes sees as input"
	delete(s, "additionalProperties") // facts are added
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("input.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("input.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("input.json is not the schema of fact.Input; run go test ./internal/policy -run Schema -update")
	}
}

var enums = map[string][]any{
	"change.type": {"standard", "normal", "emergency"}, "collisions.value.list.relation": {"same", "needs", "needed"},
	"budget.value.level": {"ample", "low", "spent"}, "risk.value.level": {"low", "medium", "high"},
}

func schemaOf(t reflect.Type, at string) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string"}
	case t == reflect.TypeFor[fact.State]():
		return map[string]any{"type": "string", "enum": []any{"value", "not_adopted", "unknown"}}
	}
	switch t.Kind() {
	case reflect.String:
		s := map[string]any{"type": "string"}
		if e := enums[at]; e != nil {
			s["enum"] = e
		}
		return s
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), at)}
	}
	props, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		name, opts, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		props[name] = schemaOf(t.Field(i).Type, strings.TrimPrefix(at+"."+name, "."))
		if opts == "" && !(name == "value" && t.Field(0).Tag.Get("json") == "state") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return map[string]any{"type": "object", "properties": props, "required": required, "additionalProperties": false}
}
