package terraform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile/sourcefiletest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

var prod = Options{Scope: "prod/shop", Env: "staging", Team: "platform", Region: "eu-central-1", Cluster: "main"}

func TestState(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/state.json", prod)
	want := []string{
		"aws_instance.web[0] depends_on aws_security_group.web",
		"aws_instance.web[0] depends_on aws_sqs_queue.orders", // through random_id
		"aws_instance.web[0] runs_on aws_subnet.a",
		"aws_instance.web[1] depends_on aws_security_group.web",
		"aws_instance.web[1] depends_on aws_sqs_queue.orders",
		"aws_instance.web[1] runs_on aws_subnet.b",
		"aws_lb.front depends_on arn=arn:aws:acm:eu-central-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
		"aws_lb.front depends_on aws_lb_target_group.web", // the listener
		"aws_lb.front depends_on aws_security_group.web",
		"aws_lb.front runs_on aws_subnet.a [subnets]",
		"aws_lb.front runs_on aws_subnet.b [subnets]",
		"aws_lb_target_group.web depends_on aws_instance.web[0] [targets]", // the attachments
		"aws_lb_target_group.web depends_on aws_instance.web[1] [targets]",
		"aws_lb_target_group.web runs_on aws_vpc.main",
		"aws_route53_record.shop depends_on aws_lb.front",
		"aws_security_group.db connects_to aws_security_group.web",
		"aws_security_group.db runs_on aws_vpc.main",
		"aws_security_group.web connects_to aws_security_group.db", // both ways: a cycle
		"aws_security_group.web runs_on aws_vpc.main",
		"aws_subnet.a runs_on aws_vpc.main",
		"aws_subnet.b runs_on aws_vpc.main",
		"azurerm_linux_virtual_machine.legacy runs_on azurerm_resource_group.rg",
		"google_compute_instance.batch runs_on gcp.name=//compute.googleapis.com/projects/harbour/regions/europe-west3/subnetworks/apps",
		"module.db.aws_db_instance.this depends_on aws_security_group.db",
		"module.db.aws_db_instance.this runs_on module.db.aws_db_subnet_group.main",
		"module.db.aws_db_subnet_group.main runs_on aws_subnet.a [subnets]",
		"module.db.aws_db_subnet_group.main runs_on aws_subnet.b [subnets]",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	kinds := map[string]int{"network": 7, "identity": 1, "host": 4, "queue": 1, "load-balancer": 2, "repository": 1, "deployment": 1, "cloud-resource": 1, "database": 1}
	if d := cmp.Diff(kinds, got.Kinds()); d != "" {
		t.Error(d)
	}
	for key, want := range map[string][]string{
		"module.db.aws_db_instance.this": {"address=checkout-db.c1.eu-central-1.rds.amazonaws.com:5432", "arn=arn:aws:rds:eu-central-1:111122223333:db:checkout-db",
			"database=postgresql/checkout-db.c1.eu-central-1.rds.amazonaws.com:5432/orders", "dns=checkout-db.c1.eu-central-1.rds.amazonaws.com", "terraform=prod/shop:module.db.aws_db_instance.this"},
		"aws_instance.web[0]":                  {"dns=ip-10-20-0-5.eu-central-1.compute.internal", "provider.id=aws:i-0123456789abcdef0", "terraform=prod/shop:aws_instance.web[0]"},
		"github_repository.checkout":           {"repository=github.com/harbour/checkout", "terraform=prod/shop:github_repository.checkout"},
		"kubernetes_deployment_v1.cart":        {"k8s.uid=0b0c0d0e-1111-2222-3333-444455556666", "k8s=main/shop/Deployment/cart", "terraform=prod/shop:kubernetes_deployment_v1.cart"},
		"google_compute_instance.batch":        {"gcp.name=//compute.googleapis.com/projects/harbour/zones/europe-west3-a/instances/batch", "provider.id=gce:harbour/europe-west3-a/batch", "terraform=prod/shop:google_compute_instance.batch"},
		"azurerm_linux_virtual_machine.legacy": {"azure.id=/subscriptions/8cb4/resourcegroups/rg/providers/microsoft.compute/virtualmachines/legacy", "terraform=prod/shop:azurerm_linux_virtual_machine.legacy"},
	} {
		if d := cmp.Diff(want, got.Identifiers(key)); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
	web, db, cart := got.Items["aws_instance.web[0]"], got.Items["module.db.aws_db_instance.this"], got.Items["kubernetes_deployment_v1.cart"]
	if web.Name != "checkout-web-0" || web.Env != "production" || web.Team != "payments" || string(web.Attributes["instance_type"]) != `"m7g.large"` || string(web.Attributes["region"]) != `"eu-central-1"` {
		t.Errorf("%+v", web)
	}
	if db.Name != "checkout-db" || db.Team != "payments" || cart.Env != "staging" || cart.Team != "shop" || cart.Name != "cart" {
		t.Errorf("%+v %+v", db, cart)
	}
}

// No secret of the file is in any record or remark.
func TestNothingSensitiveLeaves(t *testing.T) {
	for _, file := range []string{"testdata/state.json", "testdata/plan.json"} {
		got := sourcefiletest.File(t, Read, file, prod)
		if s := strings.ToLower(cmp.Diff(nil, got)); strings.Contains(s, "hunter2") || strings.Contains(s, "export") {
			t.Errorf("%s: a secret is in what was read", file)
		}
		if file == "testdata/plan.json" {
			continue
		}
		said := ""
		for _, r := range got.Remarks {
			said += r.Place + ": " + r.Text + "\n"
		}
		for _, want := range []string{"values.root_module.child_modules[0].resources[1]: module.db.aws_db_instance.this: 2 sensitive values were left out: password, replica_hint",
			"aws_instance.web[0]: 2 sensitive values were left out: tags.api_key, user_data", "admin_password", "1 data sources were read over", "2 names lead out of this file"} {
			if !strings.Contains(said, want) {
				t.Errorf("want %q in\n%s", want, said)
			}
		}
	}
	raw := `{"version":4,"resources":[{"mode":"managed","type":"aws_x","name":"a","instances":[{"attributes":{"id":"1","status":"hunter2","engine":"hunter2"},
		"sensitive_attributes":[[{"type":"get_attr","value":"status"}],[{"type":"get_attr","value":"engine"},{"type":"index","value":{"value":0,"type":"number"}}]]}]},
		{"mode":"managed","type":"aws_x","name":"b","instances":[{"attributes":{"id":"hunter2","status":"hunter2"},"sensitive_attributes":[["a new notation"]]}]}]}`
	got := sourcefiletest.Read(t, Read, raw, Options{})
	if strings.Contains(cmp.Diff(nil, got), "hunter2") || len(got.Remarks) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestPlanAsItems(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/plan.json", Options{})
	want := []string{
		"aws_subnet.c depends_on aws_vpc.main",
		"module.app[0].aws_ecs_service.cart depends_on aws_sqs_queue.orders", // depends_on of the module, through null_resource
		"module.app[0].aws_ecs_service.cart depends_on aws_subnet.c",         // through the module's variable
		"module.app[1].aws_ecs_service.cart depends_on aws_sqs_queue.orders",
		"module.app[1].aws_ecs_service.cart depends_on aws_subnet.c",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
}

func TestReadPlan(t *testing.T) {
	b, err := os.ReadFile("testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadPlan(strings.NewReader(string(b)), Options{Scope: "prod/shop"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range p.Changes {
		line := c.Address + " " + string(c.Action) + " " + c.Kind
		for _, e := range c.Items {
			line += " " + sourcefiletest.Name(e)
		}
		got = append(got, strings.TrimSpace(line+" "+c.Reason))
	}
	want := []string{
		"aws_vpc.main no-op network aws_vpc.main",
		"aws_subnet.c create network",
		"module.db.aws_db_instance.this replace database module.db.aws_db_instance.this replace_because_cannot_update",
		"aws_security_group.web update network aws_security_group.old",
		"aws_lb_target_group_attachment.web[1] delete  arn=arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/73e2d6bc24d8a067 provider.id=aws:i-0123456789abcdef1",
		"aws_iam_role.web forget identity aws_iam_role.web",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := len(p.Felt()); n != 4 {
		t.Errorf("%d items are felt", n)
	}
	if d := cmp.Diff([]cmdb.Identifier{{Scheme: SchemeTerraform, Value: "prod/shop:module.db.aws_db_instance.this"}, {Scheme: cmdb.SchemeARN, Value: "arn:aws:rds:eu-central-1:111122223333:db:checkout-db"}}, p.Changes[2].Identifiers); d != "" {
		t.Error(d)
	}
}

func TestRefusals(t *testing.T) {
	resource := `{"address":"aws_x.a","mode":"managed","type":"aws_x","name":"a","values":{}}`
	for in, want := range map[string]string{
		``:                         "the file is empty",
		`[]`:                       "an object should stand here",
		`{}`:                       "neither the output of terraform show -json nor a state file",
		`{"a":1}`:                  "neither the output",
		`{"format_version":"2.0"}`: `line 1, format_version: format_version "2.0": formats 0.1 to 1.x`,
		`{"format_version":"0.0"}`: "formats 0.1 to 1.x",
		`{"format_version":"1.0","values":{"root_module":{"resources":[` + resource:                           "line 1, values.root_module.resources[0]: file: the file ends in the middle",
		`{"format_version":"1.0","values":{"root_module":{"resources":[` + resource + `,` + resource + `]}}}`: "this address is there already",
		`{"format_version":"1.0","values":{"root_module":{"resources":[{"address":1}]}}}`:                     "line 1, values.root_module.resources[0]: address \"number\": this should be a string",
		`{"format_version":"1.0","values":{"root_module":{"resources":[{}]}}}`:                                "a resource has an address and a type",
		`{"format_version":"1.0","values":{"root_module":{"resources":7}}}`:                                   "a list should stand here",
		`{"format_version":"1.0","values":{}} {}`:                                                             "something follows the end",
		`{"format_version":"1.0","format_version":"1.1"}`:                                                     "duplicate",
		"{\"format_version\":\"1.0\",\n\"values\":\"\xff\"}":                                                  "line 2: file: byte 35 is no UTF-8",
		`{"version":4}`:              "nothing", // a state without resources
		`{"resources":[]}`:           "names its version",
		`{"version":3,"modules":[]}`: "state files of version 4",
		`{"modules":[]}`:             "Terraform 0.11",
		`{"format_version":"1.0","provider_schemas":{}}`: "another output of Terraform",
	} {
		_, err := sourcefiletest.Try(t, Read, in, Options{})
		if want == "nothing" {
			if err != nil {
				t.Errorf("%s: %v", in, err)
			}
			continue
		}
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", in, want, err)
		}
	}
	for in, want := range map[string]string{
		`{"format_version":"1.0","values":{"root_module":{"resources":[` + resource + `]}}}`: "this is a state, not a plan",
		`{"version":4,"resources":[]}`: "this is a state file, not a plan",
		`{"format_version":"1.2","resource_changes":[{"address":"a.b","type":"a","mode":"managed","change":{"actions":["create","read","update","delete","no-op"]}}]}`: "a change is one of",
		`{"format_version":"1.2","resource_changes":"invalid"}`: "resource_changes: value \"\\\"invalid\\\"\": a list should stand here",
	} {
		if _, err := ReadPlan(strings.NewReader(in), Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", in, want, err)
		}
	}
	big := Options{Max: 100}
	if _, err := sourcefiletest.Try(t, Read, `{"format_version":"1.0","values":{"outputs":"`+strings.Repeat("x", 200)+`"}}`, big); err == nil {
		t.Error("larger than the limit, and read")
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string][2]string{
		`aws_x.a`:                                {"aws_x.a", ""},
		`aws_x.a[0]`:                             {"aws_x.a", ""},
		`module.m["a.b[0]"].data.aws_x.a["k"]`:   {"module.m.data.aws_x.a", `module.m["a.b[0]"]`},
		`module.m.module.n[1].aws_x.a["q\"].x"]`: {"module.m.module.n.aws_x.a", "module.m.module.n[1]"},
	} {
		if stripped(in) != want[0] || in[:moduleEnd(in)] != want[1] {
			t.Errorf("%s: %s, %s", in, stripped(in), in[:moduleEnd(in)])
		}
	}
}

// Samples of others; the counts were made by hand from the files.
func TestSamples(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "terraform")
	type counts = map[string]int
	for path, want := range map[string][2]counts{
		// a listener, a data source; two subnets of which one is not in the state
		"driftctl/aws_lb_listener/terraform.tfstate": {{"load-balancer": 2, "network": 3}, {"runs_on": 7, "depends_on": 2}},
		// three buckets with 23 settings; two notify two functions each
		"driftctl/aws_s3_full/terraform.tfstate":                  {{"storage": 3}, {"connects_to": 4}},
		"driftctl/aws_subnet/terraform.tfstate":                   {{"network": 6}, {"runs_on": 6}},
		"driftctl/aws_vpc_security_group_rule/terraform.tfstate":  {{}, {}}, // rules of groups that are elsewhere, none names two
		"driftctl/aws_iam_user_policy_multiple/terraform.tfstate": {{}, {}}, // policies of users that are elsewhere
		// traffic goes in a circle: front ⇄ load balancer
		"inframap-tfstate/aws_state_multiple_hanging_edges.json":      {{"cluster": 1, "deployment": 1, "load-balancer": 1, "network": 4}, {"depends_on": 4, "connects_to": 3}},
		"inframap-tfstate/aws_state_sg.json":                          {{"database": 1, "cloud-resource": 1, "load-balancer": 1, "network": 3}, {"depends_on": 3, "connects_to": 2}},
		"inframap-tfstate/aws_state_sgr.json":                         {{"database": 1, "cache": 1, "load-balancer": 1, "host": 1, "network": 4}, {"depends_on": 5, "connects_to": 3}},
		"inframap-tfstate/aws_state_with_count.json":                  {{"storage": 2, "host": 1}, {"depends_on": 2}},
		"inframap-tfstate/error_missing_id.json":                      {{"database": 1}, {}},
		"inframap-tfstate/flexibleengine_state.json":                  {{"storage": 2, "host": 2, "network": 4}, {"depends_on": 8, "connects_to": 1}},
		"inframap-tfstate/flexibleengine_state_attach.json":           {{"host": 2, "network": 4}, {"depends_on": 2, "connects_to": 1}},
		"inframap-tfstate/flexibleengine_state_tf_011.json":           {{"host": 2, "network": 4}, {"depends_on": 4, "connects_to": 1}},
		"inframap-tfstate/google_state.json":                          {{"host": 2, "network": 2}, {}},
		"opentofu-show-json/show-json-basic-create/output.json":       {{"cloud-resource": 3}, {}},
		"opentofu-show-json/show-json-basic-delete/output.json":       {{"cloud-resource": 1}, {}},
		"opentofu-show-json/show-json-basic-delete/terraform.tfstate": {{"cloud-resource": 2}, {}},
		"opentofu-show-json/show-json-basic-update/output.json":       {{"cloud-resource": 1}, {}},
		"opentofu-show-json/show-json-conditions/output.json":         {{"cloud-resource": 2}, {}},
		"opentofu-show-json/show-json-module-depends-on/output.json":  {{"cloud-resource": 1}, {}},
		"opentofu-show-json/show-json-moved/output.json":              {{"cloud-resource": 1}, {}},
		"opentofu-show-json/show-json-plan-error/output.json":         {{}, {}},
		// module.with_requirement waits for module.no_requirements
		"opentofu-show-json/show-json-provider-aliasing-default/output.json":  {{"cloud-resource": 4}, {"depends_on": 1}},
		"opentofu-show-json/show-json-provider-aliasing-conflict/output.json": {{"cloud-resource": 2}, {}},
		"opentofu-show-json/show-json-provider-aliasing/output.json":          {{"cloud-resource": 10}, {}},
		"opentofu-show-json/show-json-provider-version/output.json":           {{"cloud-resource": 3}, {}},
		"opentofu-show-json/show-json-provider-version-no-config/output.json": {{"cloud-resource": 3}, {}},
		"opentofu-show-json/show-json-state-basic/output.json":                {{"cloud-resource": 2}, {}},
		"opentofu-show-json/show-json-state-empty/output.json":                {{}, {}},
		"opentofu-show-json/show-json-unknown-output/output.json":             {{}, {}},
		"terraform-json/testdata/basic/plan.json":                             {{}, {}}, // null_resource only, as in most of these
		"terraform-json/testdata/basic/plan-0.15.json":                        {{"cloud-resource": 1}, {}},
		"terraform-json/testdata/has_changes/terraform.tfstate":               {{}, {}},
		"terraform-json/testdata/has_changes/plan.json":                       {{}, {}},
		"terraform-json/testdata/013_module_depends_on/plan.json":             {{}, {}},
		"terraform-json/testdata/nested_config_keys/plan.json":                {{"host": 1}, {}},
		"terraform-json/testdata/identity/state.json":                         {{"cloud-resource": 2}, {}},
		"terraform-json/testdata/identity/plan.json":                          {{"cloud-resource": 1}, {}},
		"terraform-json/testdata/numerics/plan.json":                          {{"cloud-resource": 1}, {}},
		"terraform-json/testdata/registry_module/plan.json":                   {{}, {}},
		"terraform-json/sanitize/testdata/basic.json":                         {{}, {}},
		"tf-plan-format/sensitive/terraform.tfplan.json":                      {{}, {}},
	} {
		got := sourcefiletest.File(t, Read, filepath.Join(dir, path), Options{})
		if d := cmp.Diff(want, [2]counts{got.Kinds(), got.Edges()}); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
}

func TestSamplesThatAreRefused(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "terraform")
	for path, want := range map[string]string{
		"terraform-json/testdata/invalid/state.json":                 "line 12, file: file: this is no JSON",
		"terraform-json/testdata/invalid/plan.json":                  "line 676, file: file: this is no JSON",
		"terraform-json/testdata/state_stores/single_store.json":     "another output of Terraform",
		"tf-plan-format/artificial/full.json":                        `format_version "test_format_version"`,
		"tf-plan-format/artificial/no-resource-changes.json":         `format_version "test_format_version"`,
		"tf-plan-format/artificial/invalid.json":                     "neither the output",
		"inframap-tfstate/empty.json":                                "state files of version 4",
		"inframap-tfstate/version_3_state.json":                      "state files of version 4",
		"inframap-tfstate/invalid_version_state.json":                "state files of version 4",
		"opentofu-show-json/show-json-state-empty/terraform.tfstate": "the file is empty",
	} {
		b, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sourcefiletest.Try(t, Read, string(b), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", path, want, err)
		}
		if _, err := ReadPlan(strings.NewReader(string(b)), Options{}); err == nil {
			t.Errorf("%s is read as a plan", path)
		}
	}
}

func TestSamplesOfPlans(t *testing.T) {
	dir := filepath.Join(sourcefiletest.Data(t), "terraform")
	for path, want := range map[string]map[Action]int{
		"tf-plan-format/create/terraform.tfplan.json":                  {Create: 1},
		"tf-plan-format/update/terraform.tfplan.json":                  {Update: 1},
		"tf-plan-format/delete/terraform.tfplan.json":                  {Delete: 1},
		"tf-plan-format/delete-create/terraform.tfplan.json":           {Replace: 1},
		"tf-plan-format/no-op/terraform.tfplan.json":                   {NoOp: 1},
		"tf-plan-format/no-resources/terraform.tfplan.json":            {},
		"tf-plan-format/sensitive/terraform.tfplan.json":               {Replace: 1},
		"opentofu-show-json/show-json-basic-delete/output.json":        {Update: 1, Delete: 1},
		"terraform-json/testdata/has_changes/plan.json":                {NoOp: 6},
		"terraform-json/testdata/basic/plan.json":                      {Create: 7}, // and one data source that is read
		"terraform-json/testdata/config_resource_depends_on/plan.json": {Replace: 1, NoOp: 1},
		"terraform-json/testdata/identity/plan.json":                   {Update: 1},
	} {
		f, err := os.Open(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		p, err := ReadPlan(f, Options{})
		f.Close()
		got := map[Action]int{}
		for _, c := range p.Changes {
			got[c.Action]++
		}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", path, err, d)
		}
	}
}

func FuzzRead(f *testing.F) {
	var seeds []string
	for _, file := range []string{"testdata/state.json", "testdata/plan.json"} {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, string(b))
	}
	seeds = append(seeds, `{"version":4,"resources":[{"mode":"managed","type":"aws_lb","name":"a","instances":[{"index_key":"k","attributes":{"id":"1"}}]}]}`)
	sourcefiletest.Fuzz(f, Read, seeds...)
}

func FuzzReadPlan(f *testing.F) {
	b, err := os.ReadFile("testdata/plan.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := ReadPlan(strings.NewReader(s), sourcefile.Options{}); err != nil && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}
