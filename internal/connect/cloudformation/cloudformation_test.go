package cloudformation

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile/sourcefiletest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func read(t testing.TB, file string) string {
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// relations of the template, with the name of the stack before each key.
func relations(stack string) []string {
	lines := []string{
		"Balancer depends_on Targets", // the listener
		"Balancer depends_on WebGroup",
		"Balancer runs_on SubnetA [subnets]",
		"Balancer runs_on SubnetB [subnets]",
		"Cart depends_on Balancer", // DependsOn of the listener
		"Cart runs_on Cluster",
		"Database depends_on DbGroup",
		"Database runs_on Subnets",
		"DbGroup connects_to WebGroup", // both ways
		"DbGroup runs_on Vpc",
		"SubnetA runs_on Vpc",
		"SubnetB runs_on Vpc",
		"Subnets runs_on SubnetA [subnets]",
		"Subnets runs_on SubnetB [subnets]",
		"Targets depends_on Cart [targets]",
		"Targets runs_on Vpc",
		"WebGroup connects_to DbGroup",
		"WebGroup runs_on Vpc",
		"Worker depends_on Orders",  // the event source, and the variable
		"Worker depends_on Uploads", // through the wait handle
		"Worker depends_on WorkerRole",
	}
	for i, l := range lines {
		part := strings.SplitN(l, " ", 3)
		lines[i] = stack + part[0] + " " + part[1] + " " + stack + part[2]
	}
	return lines
}

var kinds = map[string]int{"network": 6, "load-balancer": 2, "cluster": 1, "deployment": 2, "database": 1, "queue": 1, "identity": 1, "storage": 1}

func TestTemplate(t *testing.T) {
	got := sourcefiletest.Read(t, Read, read(t, "template.yaml"), Options{Scope: "prod/shop", Env: "staging", Team: "platform"})
	if d := cmp.Diff(relations(""), got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(kinds, got.Kinds()); d != "" {
		t.Error(d)
	}
	cart, vpc, db := got.Items["Cart"], got.Items["Vpc"], got.Items["Database"]
	if cart.Name != "cart" || cart.Team != "shop" || cart.Env != "staging" || vpc.Name != "harbour-prod" || vpc.Env != "production" || string(db.Attributes["EngineVersion"]) != "16.3" || got.Items["Uploads"].Name != "Uploads" {
		t.Errorf("%+v %+v %+v", cart, vpc, db)
	}
	if strings.Contains(cmp.Diff(nil, got), "hunter2") {
		t.Error("a secret is in what was read")
	}
	if len(got.Remarks) != 3 { // Missing, template alone, one import
		t.Error(got.Remarks)
	}
}

func TestResourcesWithTemplate(t *testing.T) {
	for _, text := range []string{"---\n" + read(t, "resources.json") + "---\n" + read(t, "template.yaml"), read(t, "template.yaml") + "---\n" + read(t, "resources.json")} {
		got := sourcefiletest.Read(t, Read, text, Options{})
		if d := cmp.Diff(kinds, got.Kinds()); d != "" {
			t.Error(d)
		}
		for key, want := range map[string][]string{
			"shop/Vpc":        {"arn=arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a1b2c3d4e5f60718", "provider.id=aws:vpc-0a1b2c3d4e5f60718"},
			"shop/Uploads":    {"arn=arn:aws:s3:::shop-uploads"},
			"shop/Orders":     {"arn=arn:aws:sqs:eu-central-1:111122223333:shop-Orders-1"},
			"shop/Worker":     {"arn=arn:aws:lambda:eu-central-1:111122223333:function:shop-Worker-ABC"},
			"shop/Database":   {"arn=arn:aws:rds:eu-central-1:111122223333:db:shopdb"},
			"shop/WorkerRole": {"arn=arn:aws:iam::111122223333:role/shop-WorkerRole-X"},
		} {
			if d := cmp.Diff(want, got.Identifiers(key)); d != "" {
				t.Errorf("%s: %s", key, d)
			}
		}
		if d := cmp.Diff(relations("shop/"), got.Sentences()); d != "" {
			t.Error(d)
		}
		if string(got.Items["shop/Worker"].Attributes["status"]) != `"UPDATE_COMPLETE"` {
			t.Errorf("%+v", got.Items["shop/Worker"])
		}
	}
	first := sourcefiletest.Read(t, Read, read(t, "resources.json"), Options{})
	if len(first.Items) != 7 || len(first.Relations) != 0 {
		t.Errorf("%d items, %d relations", len(first.Items), len(first.Relations))
	}
}

func TestRefusals(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "there is nothing in it",
		"a: b\n":                         "line 1: Resources: this is neither",
		"[1]":                            "line 1: document: send the output",
		`{"StackResources": {}}`:         "a list of resources should stand here",
		`{"StackResources": [{}]}`:       "a resource of a stack has a LogicalResourceId",
		`{"TemplateBody": "text"}`:       "get-template --query TemplateBody",
		"Resources:\n  a-b: {Type: x}\n": "line 2: Resources.a-b",
		"Resources:\n  A: {}\n":          "line 2: Resources.A",
		"Resources: {A: {Type: x}}\n---\nResources: {B: {Type: x}}\n":                                                     "line 3: Resources: send the template of one stack",
		`{"StackResources": [{"LogicalResourceId":"A","ResourceType":"x"},{"LogicalResourceId":"A","ResourceType":"x"}]}`: "this resource is there already",
	} {
		if _, err := sourcefiletest.Try(t, Read, in, Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	sourcefiletest.Fuzz(f, Read, read(f, "template.yaml"), read(f, "resources.json"))
}
