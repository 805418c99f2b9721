package csvfile

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile/sourcefiletest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestTable(t *testing.T) {
	got := sourcefiletest.File(t, Read, "testdata/items.csv", Options{Env: "staging"})
	want := []string{
		"app depends_on cache-a [caches]",
		"app depends_on cache-b softly [caches]",
		"app runs_on provider.id=aws:i-0123",
		"app stores_in db-1",
	}
	if d := cmp.Diff(want, got.Sentences()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"database": 1, "application": 1, "cache": 2}, got.Kinds()); d != "" {
		t.Error(d)
	}
	app, db := got.Items["app"], got.Items["db-1"]
	if app.Name != `Check;out "web"` || app.Env != "staging" || string(app.Attributes["cores"]) != `"007"` || string(db.Attributes["cores"]) != "8" || db.Team != "payments" ||
		string(got.Items["cache-a"].Attributes["cores"]) != "1.10" || string(got.Items["cache-b"].Attributes["cores"]) != "true" {
		t.Errorf("%+v %+v", app, db)
	}
	if d := cmp.Diff([]string{"database=postgresql/db-1:5432/orders", "dns=db-1.harbour.example"}, got.Identifiers("db-1")); d != "" {
		t.Error(d)
	}
	if strings.Contains(cmp.Diff(nil, got), "hunter2") || len(got.Remarks) != 1 {
		t.Errorf("%+v", got.Remarks)
	}
}

func TestOtherHeaders(t *testing.T) {
	for in, opt := range map[string]Options{
		"Hostname,CI Type,Environment\nweb-1,host,production\n":  {},
		"Server\tArt\tUmgebung\nweb-1\thost\tproduction\n":       {Columns: map[string]string{"Server": "name", "Art": "kind", "Umgebung": "env"}},
		"name,type,kind,env\nweb-1,t3.large,host,production\n":   {}, // type is an attribute where kind is there
		"name,kind,env\r\n\"web-1\",\"host\",production\r\n\r\n": {},
		"name,kind,env\n web-1 , Host , production \n":           {},
	} {
		got := sourcefiletest.Read(t, Read, in, opt)
		if i := got.Items["host/web-1"]; i.Name != "web-1" || i.Env != "production" || i.Kind != "host" {
			t.Errorf("%q: %+v", in, got.Items)
		}
	}
}

func TestRefusals(t *testing.T) {
	const head = "key,kind,name,identifiers\n"
	for in, want := range map[string]string{
		"":                                                    "line 1: file: the file is empty",
		"a,b\n1,2\n":                                          `line 1, column 1: header "a,b": the first line names the columns`,
		head + "1,Host!,x,\n":                                 `line 2, column 2: kind "Host!"`,
		head + ",host,,\n":                                    "line 2, column 3: name: an item has a key or a name",
		head + "1,host,x,\n1,host,y,\n":                       `line 3, column 1: key "1": this item is there already, on line 2`,
		head + "1,host,x,arn\n":                               `line 2, column 4: identifiers "arn": write scheme=value`,
		head + "1,host,x,,y\n":                                "line 2, column 4: row: the row has 5 cells, the header 4",
		head + "1,host,\"x,\n":                                "line 2, column",
		head + "1,ho\xffst,x,\n":                              "line 2: file: byte",
		"from,relation,to\na,likes,b\n":                       `line 2, column 2: relation "likes": write a kind of relations`,
		"from,relation,to\na,calls,\n":                        "line 2, column 3: to: a relation has two ends",
		"from,relation,to\na,calls,a\n":                       "an item has no relation to itself",
		"from,relation,to,strength\na,calls,b,firm\n":         `line 2, column 4: strength "firm"`,
		"from,relation,to,group,need\na,calls,b,,2\n":         `line 2, column 5: need "2"`,
		"from,relation,to,group,need\na,calls,b,g,many\n":     `need "many"`,
		"key,kind,from,relation,to\na,host,,,\n,,a,calls,b\n": `line 3, column 5: to "b": no item of this file has this key`,
		"x,x,name,kind\n1,2,a,host\n":                         "line 1, column 2: x: this column is there already",
	} {
		if _, err := sourcefiletest.Try(t, Read, in, Options{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q in %v", in, want, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	b, err := os.ReadFile("testdata/items.csv")
	if err != nil {
		f.Fatal(err)
	}
	sourcefiletest.Fuzz(f, Read, string(b), "from\tkind\tto\na\tcalls\tb\n", "name,kind\n\"a\nb\",host\n")
}

// TestEndlessRow: a row is bounded, so that a file without line ends is not
// held in memory.
func TestEndlessRow(t *testing.T) {
	for _, head := range []string{"", "kind,name\n", "kind,name\nhost,\""} {
		read := int64(0)
		_, err := Read(io.MultiReader(strings.NewReader(head), counted{&read}), Options{}, func(cmdb.Record) error { return nil })
		if e := errs.As(err); e.Kind != errs.Invalid || len(e.Fields) != 1 || !strings.Contains(e.Fields[0].Remedy, "one element of the file is larger than") {
			t.Errorf("after %q: %v", head, err)
		}
		if read > 8<<20 {
			t.Errorf("after %q: %d bytes were read", head, read)
		}
	}
}

// counted is an endless row of x.
type counted struct{ n *int64 }

func (c counted) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	*c.n += int64(len(p))
	return len(p), nil
}
