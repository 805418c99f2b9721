package backstage

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

func TestCatalog(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/catalog.yaml", Options{Env: "production"})
	want := []string{
		"api:default/orders owned_by group:default/payments",
		"component:default/cart owned_by group:default/shop",
		"component:default/cart part_of component:default/checkout",
		"component:default/checkout calls backstage=api:partners/card-acquirer",
		"component:default/checkout connects_to repository:github.com/harbour/checkout",
		"component:default/checkout depends_on component:default/cart", // said from both ends
		"component:default/checkout depends_on resource:default/checkout-db",
		"component:default/checkout owned_by group:default/payments",
		"component:default/checkout part_of system:default/shop softly",
		"component:default/checkout provides api:default/orders",
		"component:default/money connects_to repository:github.com/harbour/checkout",
		"domain:default/retail owned_by group:default/shop",
		"group:default/payments part_of group:default/shop",
		"resource:default/checkout-db owned_by group:default/payments",
		"resource:default/checkout-db part_of system:default/shop softly",
		"system:default/shop owned_by group:default/shop",
		"system:default/shop part_of domain:default/retail softly",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"application": 3, "api": 1, "database": 1, "system": 2, "team": 2, "repository": 1}, got.Kinds()); d != "" {
		t.Error(d)
	}
	for key, want := range map[string][]string{
		"component:default/checkout": {"backstage=component:default/checkout", "service.name=checkout-web"},
		"component:default/cart":     {"backstage=component:default/cart", "service.name=cart"},
		"component:default/money":    {"backstage=component:default/money"}, // a library does not run
		"group:default/payments":     {"backstage=group:default/payments", "team=payments"},
	} {
		if d := cmp.Diff(want, got.Identifiers(key)); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
	checkout := got.Items["component:default/checkout"]
	if checkout.Team != "payments" || checkout.Env != "production" || string(checkout.Attributes["links"]) != `["https://grafana.harbour.example/d/checkout"]` {
		t.Errorf("%+v", checkout)
	}
	if strings.Contains(cmp.Diff(nil, got), "hunter2") {
		t.Error("a secret is in what was read")
	}
	var said []string
	for _, r := range got.Remarks {
		said = append(said, r.Place+": "+r.Text)
	}
	if d := cmp.Diff([]string{
		`line 20: component:default/checkout: dependsOn "cart" is no reference; write kind:namespace/name`,
		"line 74: location:default/more points to ./more/catalog-info.yaml, which is not followed; send those files too",
		"line 79: Template new-service has apiVersion scaffolder.backstage.io/v1beta3; only Backstage's own kinds are read",
		"line 19: component:default/checkout: spec.consumesApis names api:partners/card-acquirer, which is not in these files",
		"file: 1 users were read over: people are no items",
	}, said); d != "" {
		t.Error(d)
	}
}

// Backstage's API answers with a list; jq makes documents of it.
func TestEntitiesOfTheAPI(t *testing.T) {
	const a, b = `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"a","uid":"1"},"spec":{"type":"service","dependsOn":["component:b"]},"relations":[]}`,
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"b"},"spec":{"type":"service"}}`
	for _, text := range []string{"[" + a + "," + b + "]", "---\n" + a + "\n---\n" + b + "\n"} {
		got := sourcefiletest.Read(t, Read, text, Options{})
		if d := cmp.Diff([]string{"component:default/a depends_on component:default/b"}, got.Sentences()); d != "" || len(got.Items) != 2 {
			t.Errorf("%s: %s", text, d)
		}
	}
}

func TestRefusals(t *testing.T) {
	const head = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
	for in, want := range map[string]string{
		"":                  "there is no entity",
		"[1]":               "line 1: document: an entity is a mapping",
		"kind: Component\n": "apiVersion: an entity names",
		"apiVersion: backstage.io/v1alpha1\nmetadata: {name: a}\n": "kind: an entity names its kind",
		head + "metadata: {}\n":                                              "metadata.name: an entity has a name",
		head + "metadata:\n  name: a b\n":                                    `line 4: metadata.name "a b"`,
		head + "metadata: {name: a}\nspec: [x]\n":                            "line 4: spec: the spec of an entity is a mapping",
		head + "metadata: {name: a}\n---\n" + head + "metadata: {name: A}\n": "component:default/a is there already, on line 3",
		head + "metadata: {name: a\n":                                        "line 3: document: ",
		head + "metadata: {name: \"\xff\"}\n":                                "line 3: file: byte",
	} {
		if _, err := sourcefiletest.Try(t, Read, in, Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

// Samples of others; counts made by hand from the files.
func TestSamples(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "backstage", "examples")
	type counts = map[string]int
	for path, want := range map[string]struct {
		items, relations counts
		remarks          int
	}{
		// one website, one API, the repository of its slug; the owner "backstage/maintainers" is not in the file, for both
		"backstage-demo/catalog-info.yaml": {counts{"application": 1, "api": 1, "repository": 1}, counts{"calls": 1, "owned_by": 2, "connects_to": 1}, 2},
		// a system, a website, an API; the owner "guests" stands in org.yaml
		"create-app/entities.yaml": {counts{"system": 1, "application": 1, "api": 1}, counts{"owned_by": 3, "part_of": 2, "provides": 1}, 3},
		"create-app/org.yaml":      {counts{"team": 1}, counts{}, 1},
	} {
		got := sourcefiletest.File(t, Read, filepath.Join(dir, path), Options{})
		if d := cmp.Diff([2]counts{want.items, want.relations}, [2]counts{got.Kinds(), got.Edges()}); d != "" || len(got.Remarks) != want.remarks {
			t.Errorf("%s: %s %v", path, d, got.Remarks)
		}
	}
	both := ""
	for _, f := range []string{"entities.yaml", "org.yaml"} {
		b, err := os.ReadFile(filepath.Join(dir, "create-app", f))
		if err != nil {
			t.Fatal(err)
		}
		both += "\n" + string(b)
	}
	if got := sourcefiletest.Read(t, Read, both, Options{}); len(got.Remarks) != 1 || len(got.Items) != 4 || len(got.Relations) != 6 {
		t.Errorf("joined: %d items, %d relations, %v", len(got.Items), len(got.Relations), got.Remarks)
	}
}

// What is read here is what Backstage's own schemas allow.
func TestSamplesFollowTheSchemas(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "backstage")
	c := jsonschema.NewCompiler()
	files, err := filepath.Glob(filepath.Join(dir, "*.schema.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		delete(doc.(map[string]any), "$id") // a bare word; references to it are relative to where the schema stands
		short := strings.TrimSuffix(filepath.Base(f), ".schema.json")
		if err := c.AddResource("https://backstage.example/"+short, doc); err != nil {
			t.Fatal(err)
		}
	}
	samples, err := filepath.Glob(filepath.Join(dir, "examples", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, f := range append(samples, "testdata/catalog.yaml") {
		r, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sourcefile.Documents(r, Options{}, func(n *sourcefile.Node) error {
			if n.Get("kind").Text() == "Template" {
				return nil
			}
			s, err := c.Compile("https://backstage.example/" + n.Get("kind").Text() + ".v1alpha1")
			if err != nil {
				return err
			}
			if d := n.Get("spec", "definition"); d.Is(sourcefile.Map) { // $text: what stands there is put in before entities are checked
				*d = sourcefile.Node{Kind: sourcefile.String, Value: "text"}
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
	if count != 18 {
		t.Errorf("%d entities", count)
	}
}

func FuzzRead(f *testing.F) {
	b, err := os.ReadFile("testdata/catalog.yaml")
	if err != nil {
		f.Fatal(err)
	}
	sourcefiletest.Fuzz(f, Read, string(b), "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: a}\nspec: {parent: a}\n")
}
