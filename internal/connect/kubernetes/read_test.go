package kubernetes

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

var update = flag.Bool("update", false, "write testdata/harbour.golden anew")

// seen is what a reading gave.
type seen struct {
	items     map[string]cmdb.Seen
	relations []cmdb.SeenRelation
	remarks   []cmdb.Remark
}

func gather(t *testing.T, opt Options, inputs ...io.Reader) seen {
	t.Helper()
	s := seen{items: map[string]cmdb.Seen{}}
	c := New(opt)
	for _, r := range inputs {
		if err := c.Add("", r); err != nil {
			t.Fatal(err)
		}
	}
	remarks, err := c.Finish(func(r cmdb.Record) error {
		if r.Item != nil {
			if _, again := s.items[r.Item.Key]; again {
				t.Errorf("%s came twice", r.Item.Key)
			}
			s.items[r.Item.Key] = *r.Item
		} else {
			s.relations = append(s.relations, *r.Relation)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.remarks = remarks
	for _, r := range s.relations {
		for _, e := range []cmdb.End{r.From, r.To} {
			if _, ok := s.items[e.Key]; e.Key != "" && !ok {
				t.Errorf("relation to the key %q, which no item has", e.Key)
			}
		}
	}
	return s
}

// counts are items per kind and relations per kind and ends.
func (s seen) counts() map[string]int {
	out := map[string]int{}
	for _, i := range s.items {
		out[i.Kind]++
	}
	for _, r := range s.relations {
		out[string(r.Kind)]++
	}
	return out
}

func (s seen) lines() []string {
	var out []string
	for _, r := range s.relations {
		l := fmt.Sprintf("%s %s %s", end(r.From), r.Kind, end(r.To))
		if r.Strength != "" {
			l += " " + string(r.Strength)
		}
		if r.Group != "" {
			l += fmt.Sprintf(" [%s %d]", r.Group, r.Need)
		}
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

func end(e cmdb.End) string {
	if e.Key != "" {
		return e.Key
	}
	return e.Scheme + "=" + e.Value
}

func (s seen) remarked(text string) bool {
	return slices.ContainsFunc(s.remarks, func(r cmdb.Remark) bool { return strings.Contains(r.Place+" "+r.Text, text) })
}

// sample opens one of the real manifests that nobody here wrote.
func sample(t *testing.T, name string) io.Reader {
	t.Helper()
	dir := os.Getenv("EVENKEEL_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	b, err := os.ReadFile(filepath.Join(dir, "kubernetes", name))
	if os.IsNotExist(err) {
		t.Skip("no ../shared/data")
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// Counted by hand in online-boutique.kubernetes-manifests.yaml: 12 Deployments
// (10 services, redis-cart, loadgenerator), 12 Services (frontend has two,
// loadgenerator none), one namespace; shoppingassistantservice is named by
// frontend and runs nowhere: the 13th application.
func TestOnlineBoutique(t *testing.T) {
	s := gather(t, Options{}, sample(t, "online-boutique.kubernetes-manifests.yaml"))
	want := map[string]int{"namespace": 1, "deployment": 12, "application": 13, "runs_on": 12, "part_of": 12, "calls": 17}
	if d := cmp.Diff(want, s.counts()); d != "" {
		t.Error(d)
	}
	var truth struct{ Declared [][2]string }
	if err := json.NewDecoder(sample(t, "online-boutique-edges.truth.json")).Decode(&truth); err != nil {
		t.Fatal(err)
	}
	var wanted, got []string
	for _, e := range truth.Declared {
		wanted = append(wanted, e[0]+" → "+e[1])
	}
	for _, r := range s.relations {
		if r.Kind == cmdb.Calls {
			got = append(got, s.items[r.From.Key].Name+" → "+s.items[r.To.Key].Name)
			if r.Provenance != cmdb.Declared {
				t.Errorf("%v is not declared", r)
			}
		}
	}
	slices.Sort(wanted)
	slices.Sort(got)
	if d := cmp.Diff(wanted, got); d != "" || len(got) != 17 {
		t.Errorf("%d edges: %s", len(got), d)
	}
	ghost := s.items["default/Application/shoppingassistantservice"]
	if string(ghost.Attributes["known_by"]) != `"reference"` || !s.remarked("names shoppingassistantservice, but no Service") {
		t.Errorf("%v %v", ghost, s.remarks)
	}
	redis := s.items["default/Application/redis-cart"]
	if string(redis.Attributes["software"]) != `"redis"` || string(redis.Attributes["images"]) != `["redis:alpine"]` {
		t.Errorf("%s", redis.Attributes)
	}
	front := s.items["default/Application/frontend"].Identifiers
	for _, id := range []string{"service.name=frontend", "k8s=/default/Service/frontend", "k8s=/default/Service/frontend-external", "dns=frontend.default.svc.cluster.local"} {
		if !slices.ContainsFunc(front, func(i cmdb.Identifier) bool { return i.String() == id }) {
			t.Errorf("frontend lacks %s: %v", id, front)
		}
	}
}

// With Istio's file: one Gateway of the Gateway API whose HTTPRoute leads to
// frontend, a VirtualService of frontend to itself, three egress hosts.
func TestOnlineBoutiqueWithIstio(t *testing.T) {
	s := gather(t, Options{Cluster: "demo"}, sample(t, "online-boutique.istio-manifests.yaml"), sample(t, "online-boutique.kubernetes-manifests.yaml"))
	want := map[string]int{"cluster": 1, "namespace": 1, "deployment": 12, "application": 13, "load-balancer": 1, "external": 3, "runs_on": 13, "part_of": 12, "calls": 17, "depends_on": 1}
	if d := cmp.Diff(want, s.counts()); d != "" {
		t.Error(d)
	}
	if !slices.Contains(s.lines(), "default/Gateway/istio-gateway depends_on default/Application/frontend") {
		t.Error(s.lines())
	}
	if ids := s.items["External/*.googleapis.com"].Identifiers; len(ids) != 0 {
		t.Errorf("a wildcard identifies: %v", ids)
	}
}

// Bookinfo: six Deployments of four applications behind four Services; no
// manifest says who calls whom. reviews stands on three versions of which one
// is enough.
func TestBookinfo(t *testing.T) {
	s := gather(t, Options{}, sample(t, "bookinfo.yaml"))
	if d := cmp.Diff(map[string]int{"namespace": 1, "deployment": 6, "application": 4, "runs_on": 6, "part_of": 6}, s.counts()); d != "" {
		t.Error(d)
	}
	for _, v := range []string{"v1", "v2", "v3"} {
		if l := "default/Deployment/reviews-" + v + " part_of default/Application/reviews [Service/reviews 1]"; !slices.Contains(s.lines(), l) {
			t.Errorf("no %s in %v", l, s.lines())
		}
	}
	if !slices.Contains(s.lines(), "default/Deployment/details-v1 part_of default/Application/details") {
		t.Error(s.lines())
	}
}

// Each routing of Bookinfo, read beside its manifests and checked by hand.
func TestBookinfoRouting(t *testing.T) {
	routes := func(s seen, key string) string { return string(s.items[key].Attributes["routes"]) }
	for file, check := range map[string]func(*testing.T, seen){
		"bookinfo-gateway.yaml": func(t *testing.T, s seen) {
			if !slices.Contains(s.lines(), "default/Gateway.networking.istio.io/bookinfo-gateway depends_on default/Application/productpage") {
				t.Error(s.lines())
			}
		},
		"virtual-service-all-v1.yaml": func(t *testing.T, s seen) {
			for _, l := range []string{
				"default/Deployment/reviews-v1 part_of default/Application/reviews [Service/reviews 1]",
				"default/Deployment/reviews-v2 part_of default/Application/reviews soft [unrouted 1]",
				"default/Deployment/reviews-v3 part_of default/Application/reviews soft [unrouted 1]",
			} {
				if !slices.Contains(s.lines(), l) {
					t.Errorf("no %s in %v", l, s.lines())
				}
			}
		},
		"virtual-service-reviews-90-10.yaml": func(t *testing.T, s seen) {
			if got := routes(s, "default/Application/reviews"); got != `[{"by":"VirtualService/reviews","to":"reviews","subset":"v1","weight":90},{"by":"VirtualService/reviews","to":"reviews","subset":"v2","weight":10}]` {
				t.Error(got)
			}
			if !slices.Contains(s.lines(), "default/Deployment/reviews-v3 part_of default/Application/reviews soft [unrouted 1]") {
				t.Error(s.lines())
			}
		},
		"virtual-service-reviews-jason-v2-v3.yaml": func(t *testing.T, s seen) {
			if got := routes(s, "default/Application/reviews"); got != `[{"by":"VirtualService/reviews","to":"reviews","subset":"v2","match":true},{"by":"VirtualService/reviews","to":"reviews","subset":"v3"}]` {
				t.Error(got)
			}
			if !slices.Contains(s.lines(), "default/Deployment/reviews-v1 part_of default/Application/reviews soft [unrouted 1]") {
				t.Error(s.lines())
			}
		},
		"virtual-service-ratings-test-delay.yaml": func(t *testing.T, s seen) {
			if got := routes(s, "default/Application/ratings"); !strings.Contains(got, `"match":true,"fault":"delay 7s in 100 %"`) {
				t.Error(got)
			}
		},
		"fault-injection-details-v1.yaml": func(t *testing.T, s seen) {
			if got := routes(s, "default/Application/details"); !strings.Contains(got, `"fault":"abort 555 in 100 %"`) {
				t.Error(got)
			}
		},
		"virtual-service-details-v2.yaml": func(t *testing.T, s seen) {
			if !s.remarked("subset v2, which no workload that was read carries") {
				t.Error(s.remarks)
			}
		},
		"virtual-service-ratings-mysql.yaml": func(t *testing.T, s seen) {
			if !s.remarked("subset v2-mysql, which no workload") {
				t.Error(s.remarks)
			}
		},
		"egress-rule-google-apis.yaml": func(t *testing.T, s seen) {
			if s.counts()["external"] != 1 || s.items["External/www.googleapis.com"].Name == "" || s.counts()["depends_on"] != 0 {
				t.Error(s.counts())
			}
		},
		"certmanager-gateway.yaml": func(t *testing.T, s seen) {
			if !slices.Contains(s.lines(), "istio-system/Gateway.networking.istio.io/cert-manager-gateway depends_on istio-system/Application/cert-manager-resolver") ||
				string(s.items["istio-system/Application/cert-manager-resolver"].Attributes["known_by"]) != `"reference"` {
				t.Error(s.lines())
			}
		},
		"destination-rule-all-mtls.yaml": func(t *testing.T, s seen) {
			if a := s.items["default/Application/ratings"].Attributes; string(a["tls"]) != `"ISTIO_MUTUAL"` || !strings.Contains(string(a["subsets"]), "v2-mysql-vm: version=v2-mysql-vm") {
				t.Errorf("%s", a)
			}
		},
	} {
		t.Run(file, func(t *testing.T) {
			check(t, gather(t, Options{}, sample(t, "bookinfo.yaml"), sample(t, "bookinfo-networking/destination-rule-all.yaml"), sample(t, "bookinfo-networking/"+file)))
		})
	}
}

// The harbour cluster as `kubectl get -o json` gives it; every line checked
// against testdata/harbour.json by hand.
func TestHarbour(t *testing.T) {
	open := func(name string) io.Reader {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(b)
	}
	s := gather(t, Options{Cluster: "prod-eu", Env: "production"}, open("harbour.yaml"))
	want, err := os.ReadFile("testdata/harbour.golden")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, k := range sorted(s.items) {
		i := s.items[k]
		fmt.Fprintf(&b, "%s %s %q env=%s team=%s\n", i.Kind, i.Key, i.Name, i.Env, i.Team)
		for _, id := range i.Identifiers {
			fmt.Fprintf(&b, "    %s\n", id)
		}
		for _, a := range sorted(i.Attributes) {
			fmt.Fprintf(&b, "    %s: %s\n", a, i.Attributes[a])
		}
	}
	b.WriteString(strings.Join(s.lines(), "\n") + "\n")
	for _, r := range s.remarks {
		fmt.Fprintf(&b, "remark %s: %s\n", r.Place, r.Text)
	}
	if *update {
		if err := os.WriteFile("testdata/harbour.golden", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Error(d)
	}
	if strings.Contains(b.String(), "hunter2") {
		t.Error("a password reached the map")
	}
	// The same objects in JSON, as one list and in another order, give the same.
	other := gather(t, Options{Cluster: "prod-eu", Env: "production"}, asList(t, open("harbour.yaml")))
	if d := cmp.Diff(s.items, other.items); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(s.lines(), other.lines()); d != "" {
		t.Error(d)
	}
}

// asList writes manifests as kubectl prints JSON, the last object first.
func asList(t *testing.T, r io.Reader) io.Reader {
	t.Helper()
	var items []json.RawMessage
	if err := documents(r, "f", func(d document) error {
		raw, err := toJSON(d, "f")
		if raw != nil {
			items = append(items, raw)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(items)
	b, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func TestBadInput(t *testing.T) {
	bomb := "kind: Deployment\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'j'; i++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	for in, want := range map[string]string{
		"":                                      "empty",
		"kind: Service\nmetadata: {name: \xff}": "line 2, byte 18 is no UTF-8",
		bomb:                                    "values or 64 levels",
		"kind: Service\nspec: [":                "line 2",
		"---\nkind: Service\n---\nkind: Deployment\nmetadata:\n  labels: {a: 1}\n": "line 3: metadata.labels: use string here, not number",
		`{"kind":"Service","metadata":3}`:                                          "value 1: metadata",
		`{"metadata":{}}`:                                                          "no kind",
		`[1]`:                                                                      "no Kubernetes object",
		"just words":                                                               "neither a list nor an object",
		"kind: Service\n" + strings.Repeat("  - ", 3000): "line",
		"a: " + strings.Repeat("[", 5000):                "nest at most",
		"a: " + strings.Repeat("x", 3<<20):               "longer than",
	} {
		_, err := Read(strings.NewReader(in), Options{}, func(cmdb.Record) error { return nil })
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: want %q in %v", in, want, err)
		}
	}
}

// An item has a limited size, so thousands of routes are counted, not listed.
func TestManyRoutesFitOneItem(t *testing.T) {
	var b strings.Builder
	b.WriteString("kind: Ingress\nmetadata: {name: all}\nspec:\n  rules:\n")
	for i := range 1200 {
		fmt.Fprintf(&b, "  - {host: h%d.harbour.example, http: {paths: [{path: /, backend: {service: {name: s%d}}}]}}\n", i, i)
	}
	s := gather(t, Options{}, strings.NewReader(b.String()))
	size := 0
	for _, v := range s.items["default/Ingress/all"].Attributes {
		size += len(v)
	}
	if size > 32<<10 || s.counts()["depends_on"] != 1200 || !strings.Contains(string(s.items["default/Ingress/all"].Attributes["routes"]), "and 1140 more") {
		t.Errorf("%d bytes, %v", size, s.counts())
	}
}

// Dashboards in ConfigMaps are longer than any object's own fields.
func TestLongTextInConfigMap(t *testing.T) {
	var b strings.Builder
	b.WriteString("kind: ConfigMap\nmetadata: {name: dashboards}\ndata:\n  shop.json: |-\n    {\n")
	for i := range 30_000 {
		fmt.Fprintf(&b, "      \"k%d\": [[{ \"a\": %d\n", i, i)
	}
	b.WriteString("  other: x\n---\nkind: Namespace\nmetadata: {name: shop}\n")
	if s := gather(t, Options{}, strings.NewReader(b.String())); len(s.items) != 1 {
		t.Error(s.items)
	}
}

func TestSecretsAreNotEvenParsed(t *testing.T) {
	in := "kind: Secret\ndata: [this is no YAML\n---\nkind: Namespace\nmetadata: {name: shop}\n"
	if s := gather(t, Options{}, strings.NewReader(in)); len(s.items) != 1 {
		t.Error(s.items)
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"redis-cart:6379":                          "redis-cart 6379",
		"http://cart.shop.svc.cluster.local:80/x":  "cart.shop.svc.cluster.local 80",
		"postgres://u:p@ss/w@db:5432/orders?a=b@c": "c ",
		"postgresql://u:hunter2@db.shop:5432/o":    "db.shop 5432",
		"jdbc:postgresql://db:5432/orders":         "db 5432",
		"user:pw@tcp(mysql:3306)/orders":           "mysql 3306",
		"localhost:80":                             "", ":8080": "", "0.0.0.0:80": "", "8080": "", "$(DB_HOST):5432": "", "a:b": "", "10.0.0.5:5432": "10.0.0.5 5432", "/tmp/logs": "",
	} {
		got := ""
		if m, ok := address(in); ok {
			got = m.host + " " + m.port
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	for _, in := range [][2]string{{"DB_PASSWORD", "redis:1"}, {"LISTEN_ADDR", "redis:1"}, {"DB_DSN", "host=db password=my secret"}, {"API_TOKEN_URL", "http://x"}} {
		if got := variable(in[0], in[1]); len(got) != 0 {
			t.Errorf("%v: %v", in, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("kind: Deployment\nmetadata: {name: a}\nspec:\n  template: {spec: {containers: [{env: [{name: A_URL, value: b}]}]}}\n"))
	f.Add([]byte(`{"kind":"ServiceList","items":[{"metadata":{"name":"a"},"spec":{"selector":{"a":"b"}}}]}`))
	f.Add([]byte("items:\n- kind: Pod\n  metadata: {name: p, ownerReferences: [{kind: Node}]}\nkind: List\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := Read(bytes.NewReader(in), Options{}, func(cmdb.Record) error { return nil }); err != nil && !errs.Is(err, errs.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
