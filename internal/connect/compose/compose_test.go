package compose

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile/sourcefiletest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestCompose(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/compose.yaml", Options{Env: "test"})
	want := []string{
		"application/cart depends_on service/cache",
		"application/checkout calls application/cart",
		"application/checkout depends_on service/bus",
		"application/checkout stores_in service/db",   // by its alias
		"application/prober calls application/mailer", // by its container name
		"application/prober calls application/web",
		"application/web calls application/cart",
		"application/web calls application/checkout",
		"service/cart connects_to network/back",
		"service/cart depends_on service/cache",
		"service/cart part_of application/cart",
		"service/checkout depends_on service/db",
		"service/checkout part_of application/checkout",
		"service/checkout stores_in volume/uploads",
		"service/db stores_in volume/pgdata",
		"service/exporter part_of application/exporter",
		"service/mailer depends_on service/web",
		"service/mailer part_of application/mailer",
		"service/prober part_of application/prober",
		"service/web connects_to network/back",
		"service/web connects_to network/front",
		"service/web depends_on service/cart",
		"service/web depends_on service/mailer softly",
		"service/web part_of application/web",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"deployment": 6, "application": 6, "database": 1, "cache": 1, "queue": 1, "network": 2, "storage": 2}, got.Kinds()); d != "" {
		t.Error(d)
	}
	if strings.Contains(cmp.Diff(nil, got), "hunter2") {
		t.Error("a secret is in what was read")
	}
	cart, web := got.Items["application/cart"], got.Items["service/web"]
	if cart.Name != "cartservice" || cart.Team != "shop" || got.Identifiers(cart.Key)[0] != "service.name=cartservice" || got.Identifiers(web.Key)[0] != "compose=shop/web" ||
		string(web.Attributes["ports"]) != `["443:8443","9090:9090"]` || got.Items["volume/uploads"].Name != "shop-uploads" {
		t.Errorf("%+v %+v", cart, web)
	}
	var said []string
	for _, r := range got.Remarks {
		said = append(said, r.Place+": "+r.Text)
	}
	if d := cmp.Diff([]string{"line 35: checkout: depends_on names nobody, which is no service of this file", "line 49: exporter: networks names missing, which the file does not declare"}, said); d != "" {
		t.Error(d)
	}
}

func TestMatches(t *testing.T) {
	for in, want := range map[string][]match{
		"cart:8080":                       {{"cart", ":8080", false}},
		"http://cart/x/y":                 {{"cart", "", true}},
		"a:1,b:2":                         {{"a", ":1", false}, {"b", ":2", false}},
		"postgres://u:p@db:5432/orders":   {{"db", ":5432", true}},
		"just some words":                 nil,
		"":                                nil,
		"mongodb://u:p@m1:27017,m2:27017": {{"m1", ":27017", true}, {"m2", ":27017", false}},
	} {
		if d := cmp.Diff(want, matches(in), cmp.AllowUnexported(match{})); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

func TestRefusals(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "there is no service",
		"- a\n":                  "line 1: document: a compose file is a mapping",
		"a: b\n":                 "services: a compose file has services",
		"services: [a]\n":        "line 1: services: services are a mapping",
		"services:\n  a b: {}\n": `line 2: services "a b"`,
		"services:\n  a: x\n":    "line 2: services.a: a service is a mapping",
		"services: {a: {}}\n---\nservices:\n  a: {}\n": "line 4: services \"a\": this service is there already, on line 1",
		"services:\n  a: {image: *x}\n":                "no anchor of this name",
	} {
		if _, err := sourcefiletest.Try(t, Read, in, Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	b, err := os.ReadFile("testdata/compose.yaml")
	if err != nil {
		f.Fatal(err)
	}
	sourcefiletest.Fuzz(f, Read, string(b), "services: {a: {environment: {X: 'http://b:1,a:2'}}, b: {}}\n")
}
