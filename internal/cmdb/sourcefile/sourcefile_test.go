package sourcefile_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func documents(text string) (string, error) {
	var out []any
	var lines []int
	_, err := sourcefile.Documents(strings.NewReader(text), sourcefile.Options{}, func(n *sourcefile.Node) error {
		out, lines = append(out, n.Plain()), append(lines, n.Line)
		return nil
	})
	b, _ := json.Marshal(out)
	return fmt.Sprint(string(b), lines), err
}

func TestDocuments(t *testing.T) {
	for in, want := range map[string]string{
		"": "null[]",
		"a: 1\n---\n# nothing\n---\nb: [x, 2.50, true, null]\n...\n": `[{"a":1},{"b":["x",2.50,true,null]}][1 5]`,
		"---\nk: |\n  text\n  --- no border\n--- {a: b}\n":           `[{"k":"text\n--- no border\n"},{"a":"b"}][2 5]`,
		"\xEF\xBB\xBFa: ä\n":                                               `[{"a":"ä"}][1]`,
		"x: &d {a: 1, b: 2}\ny:\n  <<: *d\n  b: 3\n":                       `[{"x":{"a":1,"b":2},"y":{"a":1,"b":3}}][1]`,
		"{\n \"a\": [1, {\"b\": null}]\n}\n":                               `[{"a":[1,{"b":null}]}][1]`,
		"---\n{\"a\": \"\\u00e9\\/\",\n \"b\": {\"c\": 1}}\n---\n{a: b}\n": `[{"a":"é/","b":{"c":1}},{"a":"b"}][2 5]`,
		"a: !Ref b\n": `[{"a":"b"}][1]`,
	} {
		got, err := documents(in)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", in, err, d)
		}
	}
}

func TestRefusals(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'j'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.TrimSuffix(strings.Repeat("*"+string(i-1)+",", 10), ","))
	}
	for in, want := range map[string]string{
		"a: 1\nb: \xff\n":                 "line 2: file: byte 8 is no UTF-8",
		"a: 1\nb: \x00\n":                 "line 2: file: byte 8 is the character 0",
		"a: 1\n---\nb: 2\nb: 3\n":         "line 4: b: this key is there already, on line 3",
		"a: [\n":                          "line 1",
		"a: *none\n":                      `line 1: document "*none"`,
		bomb:                              "values and 64 levels",
		"a: " + strings.Repeat("[", 2000): "nest at most",
		"a: &a\n  b: *a\n":                "line",
		strings.Repeat("# "+strings.Repeat("x", 998)+"\n", 2200): "larger than",
		"{\"a\": 1, \"a\": 2}": "duplicate",
		"{\"a\": [1, 2":        "cut short",
	} {
		_, err := documents(in)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: want %q in %v", in, want, err)
		}
	}
}

// slow gives one byte at a time, so that every rune is cut.
type slow struct{ r io.Reader }

func (s slow) Read(p []byte) (int, error) { return s.r.Read(p[:1]) }

func TestTextAcrossReads(t *testing.T) {
	b, err := io.ReadAll(sourcefile.NewText(slow{strings.NewReader("\xEF\xBB\xBFä€😀\nx")}, 100))
	if err != nil || string(b) != "ä€😀\nx" {
		t.Errorf("%q %v", b, err)
	}
	for _, bad := range []string{"a\n\xc3", "a\n\xe2\x82", "\n\xffa"} {
		if _, err := io.ReadAll(sourcefile.NewText(slow{strings.NewReader(bad)}, 100)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := io.ReadAll(sourcefile.NewText(strings.NewReader(strings.Repeat("x", 101)), 100)); err == nil {
		t.Error("larger than the limit, and read")
	}
}

func TestRepository(t *testing.T) {
	for in, want := range map[string]string{
		"https://github.com/Harbour/Checkout.git": "github.com/harbour/checkout",
		"git@github.com:harbour/checkout.git":     "github.com/harbour/checkout",
		"ssh://git@git.harbour.example/a/b":       "git.harbour.example/a/b",
		"https://github.com/a/b/tree/main/x":      "github.com/a/b",
		"https://user:pw@github.com/a/b":          "github.com/a/b",
		"nothing":                                 "",
	} {
		if got := sourcefile.Repository(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestSecretName(t *testing.T) {
	for _, s := range []string{"password", "master_password", "secret_string", "authToken", "private_key_pem", "user_data", "PASS", "db_pwd", "primary_connection_string"} {
		if !sourcefile.SecretName(s) {
			t.Errorf("%s is a secret's name", s)
		}
	}
	for _, s := range []string{"engine", "instance_type", "author", "compass", "region", "key_name", "passthrough"} {
		if sourcefile.SecretName(s) {
			t.Errorf("%s is none", s)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add("a: 1\n---\nb: [x, {y: z}]\n")
	f.Add("x: &d {a: 1}\ny: {<<: *d}\n")
	f.Add("{\"a\": [1]}")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := documents(s); err != nil && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}
