package aws

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func gather(t *testing.T, in string) (map[string]cmdb.Seen, []string, []cmdb.Remark) {
	t.Helper()
	items, lines := map[string]cmdb.Seen{}, []string(nil)
	remarks, err := Read(strings.NewReader(in), Options{}, func(r cmdb.Record) error {
		if r.Item != nil {
			items[r.Item.Key] = *r.Item
			return nil
		}
		l := fmt.Sprintf("%s%s %s %s%s", last(r.Relation.From.Key), r.Relation.From.Value, r.Relation.Kind, last(r.Relation.To.Key), r.Relation.To.Value)
		if r.Relation.Group != "" {
			l += fmt.Sprintf(" [%s %d]", r.Relation.Group, r.Relation.Need)
		}
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return items, lines, remarks
}

func last(key string) string { return key[strings.LastIndexAny(key, "/:")+1:] }

func kindCounts(items map[string]cmdb.Seen) map[string]int {
	out := map[string]int{}
	for _, i := range items {
		out[i.Kind]++
	}
	return out
}

// Every line was checked against testdata/snapshot.json by hand.
func TestSnapshot(t *testing.T) {
	b, err := os.ReadFile("testdata/snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	items, lines, remarks := gather(t, string(b))
	if d := cmp.Diff(map[string]int{"network": 2, "host": 1, "storage": 1, "database": 1, "deployment": 1, "identity": 1, "cluster": 1, "location": 3}, kindCounts(items)); d != "" {
		t.Error(d)
	}
	want := []string{
		"eu-central-1a runs_on eu-central-1", "eu-central-1b runs_on eu-central-1",
		"aws:sg-0a1b2c3d4e5f60009 connects_to i-0a1b2c3d4e5f60003",
		"i-0a1b2c3d4e5f60003 part_of checkout",
		"i-0a1b2c3d4e5f60003 part_of orders [instances 1]",
		"i-0a1b2c3d4e5f60003 runs_on eu-central-1a", "i-0a1b2c3d4e5f60003 runs_on subnet-0a1b2c3d4e5f60002", "i-0a1b2c3d4e5f60003 stores_in vol-0a1b2c3d4e5f60004",
		"orders runs_on eu-central-1", "orders runs_on eu-central-1b",
		"receipts depends_on receipts-role", "receipts runs_on eu-central-1",
		"subnet-0a1b2c3d4e5f60002 runs_on eu-central-1a", "subnet-0a1b2c3d4e5f60002 runs_on vpc-0a1b2c3d4e5f60001",
		"vol-0a1b2c3d4e5f60004 runs_on eu-central-1a", "vpc-0a1b2c3d4e5f60001 runs_on eu-central-1",
	}
	slices.Sort(want)
	slices.Sort(lines)
	if d := cmp.Diff(want, order(lines)); d != "" {
		t.Error(d)
	}
	host := items["arn:aws:ec2:eu-central-1:123456789012:instance/i-0a1b2c3d4e5f60003"]
	if host.Name != "orders-1" || host.Env != "production" || host.Team != "payments" ||
		fmt.Sprint(host.Identifiers) != "[arn=arn:aws:ec2:eu-central-1:123456789012:instance/i-0a1b2c3d4e5f60003 provider.id=aws:i-0a1b2c3d4e5f60003 dns=ip-10-0-1-7.eu-central-1.compute.internal]" {
		t.Errorf("%+v", host)
	}
	if strings.Contains(fmt.Sprintf("%s %v", items, items), "hunter2") {
		t.Error("a secret reached the map")
	}
	if len(remarks) != 2 || !strings.Contains(remarks[0].Text, "1 resources are deleted") && !strings.Contains(remarks[1].Text, "1 resources are deleted") {
		t.Error(remarks)
	}
}

// order puts unordered pairs into one form.
func order(lines []string) []string {
	out := slices.Clone(lines)
	for i, l := range out {
		if a, b, ok := strings.Cut(l, " connects_to "); ok && a > b {
			out[i] = b + " connects_to " + a
		}
	}
	slices.Sort(out)
	return out
}

// The same instance in the other formats has the same key and kind.
func TestOtherExports(t *testing.T) {
	const arn = "arn:aws:ec2:eu-central-1:123456789012:instance/i-0a1b2c3d4e5f60003"
	for name, in := range map[string]string{
		"select-resource-config": `{"Results":["{\"arn\":\"` + arn + `\",\"resourceType\":\"AWS::EC2::Instance\",\"resourceId\":\"i-0a1b2c3d4e5f60003\",\"accountId\":\"123456789012\",\"awsRegion\":\"eu-central-1\",\"availabilityZone\":\"eu-central-1a\",\"tags\":[{\"key\":\"team\",\"value\":\"payments\",\"tag\":\"team=payments\"}]}"],"QueryInfo":{"SelectFields":[]}}`,
		"resource-explorer-2":    `{"Count":{"Complete":true,"TotalResources":1},"Resources":[{"Arn":"` + arn + `","OwningAccountId":"123456789012","Region":"eu-central-1","ResourceType":"ec2:instance","Service":"ec2","Properties":[{"Name":"tags","Data":[{"Key":"Team","Value":"payments"}]}]}],"ViewArn":"x"}`,
		"tagging":                `{"ResourceTagMappingList":[{"ResourceARN":"` + arn + `","Tags":[{"Key":"team","Value":"payments"}]}]}{"PaginationToken":"","ResourceTagMappingList":[]}`,
	} {
		items, _, remarks := gather(t, in)
		i, ok := items[arn]
		if !ok || i.Kind != cmdb.KindHost || i.Team != "payments" || string(i.Attributes["region"]) != `"eu-central-1"` || len(i.Identifiers) != 2 || len(remarks) != 0 {
			t.Errorf("%s: %+v %v", name, items, remarks)
		}
	}
}

func TestKinds(t *testing.T) {
	for in, want := range map[string]string{"AWS::ElasticLoadBalancingV2::LoadBalancer": "load-balancer", "elasticloadbalancing:loadbalancer/app": "load-balancer", "ec2:security-group": "network", "AWS::EC2::SecurityGroup": "network",
		"AWS::RDS::DBCluster": "database", "rds:db": "database", "sqs:": "queue", "AWS::SQS::Queue": "queue", "AWS::ACM::Certificate": "certificate", "AWS::Unheard::Of": "cloud-resource", "lambda:function": "deployment"} {
		if got := kindOf(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestBadInput(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "empty",
		`{"Parameters":[]}`:                    "none of the exports",
		`{"configurationItems":[{"tags":3}]}`:  "configurationItems[0]",
		`{"Results":[{}]}`:                     "no row",
		`{"Results":["{"]}`:                    "Results[0]",
		"{\"Resources\":[{\"Arn\":\"\xff\"}]}": "invalid UTF-8",
	} {
		if _, err := Read(strings.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in %v", in, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"configurationItems":[{"arn":"arn:aws:s3:::b","resourceType":"AWS::S3::Bucket","relationships":[{"resourceId":"x","name":"Contains "}]}]}`))
	f.Add([]byte(`{"Resources":[{"Arn":"arn:aws:sqs:eu-west-1:1:q"}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := Read(bytes.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
