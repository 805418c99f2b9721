package ascode_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/window"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// specs are all kinds with their spec structs.
var specs = map[string]any{
	"Team": auth.TeamSpec{}, "BusinessCalendar": calendar.Spec{}, "PriorityMatrix": incident.PriorityMatrixSpec{}, "Channel": notify.ChannelSpec{},
	"Schedule": oncall.Spec{}, "EscalationPolicy": escalation.Spec{},
	"Service": catalog.Spec{}, "Scorecard": scorecard.Spec{}, "Integration": alert.IntegrationSpec{}, "AlertRule": alert.RuleSpec{}, "ContactRule": contact.Spec{},
	"ChangePractice": change.Settings{}, "ChangeModel": change.ModelSpec{}, "ChangeWindow": window.Spec{}, "ChangePolicy": policy.Spec{},
	"ItemKind": cmdb.KindSpec{}, "ReconciliationRules": cmdb.Rules{}, "Discovery": cmdb.DiscoverySpec{}, "Baseline": cmdb.BaselineSpec{},
}

type object = map[string]any

// Every schema knows exactly the fields that its spec struct has, with the
// same types, all the way down, and refuses unknown ones.
func TestSchemasAgreeWithStructs(t *testing.T) {
	files, err := ascode.Schemas.ReadDir("schemas")
	if err != nil || len(files) != len(specs) {
		t.Fatalf("%d schemas for %d kinds (%v)", len(files), len(specs), err)
	}
	for kind, spec := range specs {
		text, err := ascode.Schemas.ReadFile("schemas/" + strings.ToLower(kind) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var schema object
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		props := sub(schema, "properties")
		if c := sub(props, "kind")["const"]; c != kind {
			t.Errorf("%s: the schema is for the kind %v", kind, c)
		}
		if v := sub(props, "apiVersion")["const"]; v != ascode.APIVersion {
			t.Errorf("%s: the schema is for the version %v", kind, v)
		}
		agree(t, kind+": spec", schema, sub(props, "spec"), reflect.TypeOf(spec))
	}
}

func sub(o object, key string) object { m, _ := o[key].(object); return m }

func agree(t *testing.T, at string, root, s object, typ reflect.Type) {
	t.Helper()
	if to, ok := s["$ref"].(string); ok {
		s = sub(sub(root, "$defs"), strings.TrimPrefix(to, "#/$defs/"))
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() == reflect.Interface {
		return // anything: a JSON Schema of somebody's own
	}
	says := s["type"]
	if list, ok := s["enum"].([]any); ok && says == nil && len(list) > 0 {
		if _, ok := list[0].(string); ok {
			says = "string"
		}
	}
	want := map[reflect.Kind]string{reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array", reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number"}[typ.Kind()]
	if _, ok := reflect.New(typ).Interface().(interface{ UnmarshalText([]byte) error }); ok {
		want = "string"
	}
	if says != want {
		t.Errorf("%s: the schema says %v, the struct %s", at, says, want)
		return
	}
	switch {
	case want == "array":
		agree(t, at+"[]", root, sub(s, "items"), typ.Elem())
	case typ.Kind() == reflect.Map:
		agree(t, at+"{}", root, sub(s, "additionalProperties"), typ.Elem())
	case typ.Kind() == reflect.Struct && want == "object":
		fields(t, at, root, s, typ)
	}
}

func fields(t *testing.T, at string, root, s object, typ reflect.Type) {
	if s["additionalProperties"] != false {
		t.Errorf("%s: the schema takes unknown fields", at)
	}
	props, known := sub(s, "properties"), map[string]bool{}
	required, _ := s["required"].([]any)
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous { // its fields stand for themselves
			continue
		}
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = true
		p, ok := props[name].(object)
		if !ok {
			t.Errorf("%s.%s is not in the schema", at, name)
			continue
		}
		if must := slices.Contains(required, any(name)); must && strings.Contains(opts, "omit") {
			t.Errorf("%s.%s is required by the schema, and export leaves it out when empty", at, name)
		}
		agree(t, at+"."+name, root, p, f.Type)
	}
	for name := range props {
		if !known[name] {
			t.Errorf("%s.%s is not in the struct", at, name)
		}
	}
}
