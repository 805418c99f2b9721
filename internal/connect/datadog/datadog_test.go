package datadog

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile/sourcefiletest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestEntities(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/entities.yaml", Options{})
	want := []string{
		"datastore:sessions part_of service:cart",
		"service:cart owned_by team=shop",
		"service:cart part_of system:shop softly",
		"service:checkout connects_to repository:github.com/harbour/checkout",
		"service:checkout depends_on datastore:checkout-db", // said from both ends
		"service:checkout depends_on library:money",
		"service:checkout depends_on queue:orders",
		"service:checkout depends_on service.name=card-acquirer",
		"service:checkout depends_on service:cart",
		"service:checkout owned_by team=payments",
		"service:checkout part_of system:shop softly",
		"service:checkout provides api:orders-api",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"application": 3, "database": 1, "cache": 1, "queue": 1, "system": 1, "api": 1, "repository": 1}, got.Kinds()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"datadog=service:checkout", "service.name=checkout"}, got.Identifiers("service:checkout")); d != "" {
		t.Error(d)
	}
	if strings.Contains(cmp.Diff(nil, got), "hunter2") {
		t.Error("a secret is in what was read")
	}
	var said []string
	for _, r := range got.Remarks {
		said = append(said, r.Place+": "+r.Text)
	}
	if d := cmp.Diff([]string{
		`line 19: service:checkout: spec.dependsOn "no reference" is no reference; write kind:name`,
		"line 13: service:checkout inherits from service:base; what it inherits is not followed",
		"line 19: service:checkout: spec.dependsOn names service:card-acquirer, which is not in these files",
	}, said); d != "" {
		t.Error(d)
	}
}

func TestServiceDefinitions(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/v2.yaml", Options{Team: "platform"})
	want := []string{
		"service:cart connects_to repository:github.com/harbour/cart",
		"service:cart owned_by team=shop",
		"service:cart-redis owned_by team=platform",
		"service:cart-redis part_of application:shop softly",
		"service:checkout connects_to repository:github.com/harbour/checkout",
		"service:checkout owned_by team=payments",
		"service:checkout part_of application:shop softly",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"application": 2, "cache": 1, "system": 1, "repository": 2}, got.Kinds()); d != "" || len(got.Remarks) != 0 {
		t.Error(d, got.Remarks)
	}
}

func TestRefusals(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "there is no entity",
		"[1]":                             "line 1: document: an entity is a mapping",
		"kind: service\n":                 "line 1: apiVersion: entities of apiVersion v3",
		"apiVersion: v4\nkind: service\n": `line 1: apiVersion "v4"`,
		"apiVersion: v3\nkind: Service\n": `line 2: kind "Service"`,
		"apiVersion: v3\nkind: service\nmetadata: {name: a b}\n": `line 3: metadata.name "a b"`,
		"schema-version: v1\n": `line 1: schema-version "v1"`,
		"schema-version: v2\n": "dd-service: a service definition names",
		"schema-version: v2\ndd-service: a\n---\nschema-version: v2\ndd-service: a\n": "line 4: name \"service:a\": this entity is there already, on line 1",
	} {
		if _, err := sourcefiletest.Try(t, Read, in, Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

// What is read here is what Datadog's own schemas allow.
func TestOwnSamplesFollowTheSchemas(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "schemas", "datadog-schema-v3")
	c := jsonschema.NewCompiler()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		id, _ := doc.(map[string]any)["$id"].(string)
		ids[strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "service-catalog_"), ".json")] = id
		if err := c.AddResource(id, doc); err != nil {
			t.Fatal(err)
		}
	}
	count := 0
	for _, f := range []string{"testdata/entities.yaml", "testdata/v2.yaml"} {
		r, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sourcefile.Documents(r, Options{}, func(n *sourcefile.Node) error {
			id := ids["v3_"+n.Get("kind").Text()+".schema"]
			switch {
			case n.Get("schema-version").Text() == "v2.2":
				id = ids["v2.2_schema"]
			case n.Get("schema-version") != nil:
				return nil // their schemas are not among the samples
			case id == "":
				id = ids["v3_custom.schema"]
			}
			s, err := c.Compile(id)
			if err != nil {
				return err
			}
			b, err := json.Marshal(n.Plain())
			if err != nil {
				return err
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			if err != nil {
				return err
			}
			count++
			if err := s.Validate(v); err != nil {
				t.Errorf("%s, %s: %v", f, n.Place(), err)
			}
			return nil
		})
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	if count != 9 {
		t.Errorf("%d entities", count)
	}
}

func FuzzRead(f *testing.F) {
	var seeds []string
	for _, file := range []string{"testdata/entities.yaml", "testdata/v2.yaml"} {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, string(b))
	}
	sourcefiletest.Fuzz(f, Read, append(seeds, `[{"apiVersion":"v3","kind":"queue","metadata":{"name":"a"}}]`)...)
}
