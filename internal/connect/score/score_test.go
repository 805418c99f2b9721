package score

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

func TestWorkloads(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/score.yaml", Options{Env: "production", Team: "shop"})
	want := []string{
		"workload/cart depends_on resource/redis.default#cart.cache",
		"workload/cart stores_in resource/postgres.default#shop-db",
		"workload/checkout calls service.name=cart",
		"workload/checkout depends_on resource/Quantum-Thing.default#checkout.odd",
		"workload/checkout depends_on resource/kafka-topic.durable#checkout.events",
		"workload/checkout depends_on resource/redis.default#checkout.cache",
		"workload/checkout stores_in resource/postgres.default#shop-db", // shared
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"application": 2, "database": 1, "cache": 2, "queue": 1, "cloud-resource": 1}, got.Kinds()); d != "" {
		t.Error(d)
	}
	c := got.Items["workload/checkout"]
	if c.Team != "shop" || c.Env != "production" || string(c.Attributes["ports"]) != `{"dns-like":"53/UDP","web":"8080/TCP"}` || got.Identifiers(c.Key)[0] != "service.name=checkout" {
		t.Errorf("%+v", c)
	}
	if strings.Contains(cmp.Diff(nil, got), "hunter2") {
		t.Error("a secret is in what was read")
	}
}

func TestRefusals(t *testing.T) {
	const head = "apiVersion: score.dev/v1b1\n"
	for in, want := range map[string]string{
		"":                              "there is no workload",
		"- a\n":                         "line 1: document: a workload is a mapping",
		"apiVersion: score.dev/v2\n":    `line 1: apiVersion "score.dev/v2"`,
		head + "metadata: {name: A}\n":  `line 2: metadata.name "A"`,
		head + "metadata: {name: ab}\n": "containers: a workload has at least one",
		head + "metadata: {name: ab}\ncontainers: {c: {image: x}}\nresources:\n  r: {type: '?'}\n": `line 5: resources.r.type "?"`,
	} {
		if _, err := sourcefiletest.Try(t, Read, in, Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

// One workload of two containers and three resources of unknown types.
func TestSample(t *testing.T) {
	got := sourcefiletest.File(t, Read, filepath.Join(sourcefiletest.Data(t), "schemas", "score-full.yaml"), Options{})
	type counts = map[string]int
	if d := cmp.Diff([2]counts{{"application": 1, "cloud-resource": 3}, {"depends_on": 3}}, [2]counts{got.Kinds(), got.Edges()}); d != "" || len(got.Remarks) != 0 {
		t.Error(d, got.Remarks)
	}
	if _, ok := got.Items["resource/Type-Three.default#shared-type-three"]; !ok {
		t.Errorf("%v", got.Sentences())
	}
}

func TestSamplesFollowTheSchema(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "schemas")
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(dir, "score-v1b1.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{filepath.Join(dir, "score-full.yaml"), "testdata/score.yaml"} {
		r, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sourcefile.Documents(r, Options{}, func(n *sourcefile.Node) error {
			b, err := json.Marshal(n.Plain())
			if err != nil {
				return err
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			if err != nil {
				return err
			}
			return s.Validate(v)
		})
		r.Close()
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	b, err := os.ReadFile("testdata/score.yaml")
	if err != nil {
		f.Fatal(err)
	}
	sourcefiletest.Fuzz(f, Read, string(b))
}
