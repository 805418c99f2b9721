package ascode_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// loader knows kinds without a database: loading needs none.
func loader() *ascode.Loader {
	return ascode.NewLoader(append(alert.New(nil).Kinds(), calendar.AsCode(calendar.New(nil)), catalog.AsCode(new(catalog.Catalog)))...)
}

func TestFaultsOfFiles(t *testing.T) {
	const service = "apiVersion: evenkeel/v1\nkind: Service\nmetadata: {name: checkout}\nspec:\n  team: payments\n"
	for _, x := range []struct{ name, text, want string }{
		{"unknown kind", "apiVersion: evenkeel/v1\nkind: Servcie\n", `a.yaml:2:7: kind "Servcie": did you mean Service? Kinds are AlertRule, BusinessCalendar, Integration, Service`},
		{"no kind", "apiVersion: evenkeel/v1\n", `a.yaml:1:1: kind: say what this is: one of AlertRule, BusinessCalendar, Integration, Service`},
		{"other version", strings.Replace(service, "/v1", "/v2", 1), `a.yaml:1:13: apiVersion "evenkeel/v2": use evenkeel/v1`},
		{"a list", "- 1\n", `a.yaml:1:1: document: write a document with apiVersion, kind, metadata and spec`},
		{"a slip", service + "  promsie: x\n", `a.yaml:6:3: spec.promsie: did you mean promise? Fields here are aliases, cost, depends_on, description, lifecycle, links, promise, raci, replaced_by, repositories, sourcing, team, tier, title, until, users, value`},
		{"wrong type", service + "  tier: high\n", `a.yaml:6:9: spec.tier "high": use a whole number: 0 carries the business, 1 matters to all users, 2 to some, 3 is internal; 3 when left out`},
		{"too large", service + "  tier: 4\n", `a.yaml:6:9: spec.tier "4": use at most 3: 0 carries the business, 1 matters to all users, 2 to some, 3 is internal; 3 when left out`},
		{"enum", service + "  lifecycle: retierd\n", `a.yaml:6:14: spec.lifecycle "retierd": did you mean retired? It is one of proposed, live, deprecated, retired`},
		{"missing", strings.Replace(service, "  team: payments\n", "  tier: 1\n", 1), `a.yaml:4:1: spec.team: add this field: the name of the team that owns it, like payments`},
		{"no spec", "apiVersion: evenkeel/v1\nkind: Service\nmetadata: {name: checkout}\n", `a.yaml:1:1: spec.team: add this field: the name of the team that owns it, like payments`},
		{"name", strings.Replace(service, "checkout", "Check_Out", 1), `a.yaml:3:18: metadata.name "Check_Out": write 1 to 63 of a-z, 0-9 and -, not at the ends`},
		{"nested", service + "  links:\n    - url: ftp://x\n      kind: runbok\n", `a.yaml:8:13: spec.links[0].kind "runbok": did you mean runbook? It is one of runbook, dashboard, repository, documentation, chat, other
a.yaml:7:12: spec.links[0].url "ftp://x": write a full web address that starts with https:// or http://`},
		{"key twice", service + "  tier: 1\n  tier: 2\n", `a.yaml:7:3: spec.tier "tier": this key is there already, on line 6; keep one`},
		{"document twice", service + "---\n" + service, `a.yaml:9:18: metadata.name "checkout": another Service has this name, at a.yaml:3:18; keep one`},
		{"no YAML", service + "  promise: \"open\n", `a.yaml:6:12: document: could not find end character of double-quoted text; check quotes and indentation here and on the line before`},
		{"tab", "apiVersion: evenkeel/v1\n\tkind: Service\n", `a.yaml:2:1: document: found character '	' that cannot start any token; check quotes and indentation here and on the line before`},
		{"merge key", service + "  links:\n    - <<: {url: x}\n", `a.yaml:7:7: spec.links[0] "<<": write the fields out; merge keys are not part of YAML 1.2`},
		{"tag", service + "  tier: !!int 1\n", `a.yaml:6:9: spec.tier "!!int": leave the tag out; the schema knows the types`},
		{"no anchor", service + "  tier: *t\n", `a.yaml:6:9: spec.tier "*t": there is no anchor of this name above, in this document`},
		{"infinite", service + "  tier: .inf\n", `a.yaml:6:9: spec.tier: use a text, a finite number, true or false, a list or a mapping here`},
		{"nested deep", strings.Repeat("[", 5000), `a.yaml:1:1: document: nest at most 64 levels and use at most 10000 keys in a document`},
		{"marks", strings.Repeat("- ", 5000), `a.yaml:1:1: document: nest at most 64 levels and use at most 10000 keys in a document`},
		{"date is text", "apiVersion: evenkeel/v1\nkind: BusinessCalendar\nmetadata: {name: b}\nspec: {zone: UTC, holidays: [{date: 2026-12-25}], hours: {monday: [9-17]}}\n",
			`a.yaml:4:68: spec.hours.monday[0] "9-17": write hours like "09:00-17:00", in quotes, not past 24:00`},
		{"UTF-8", service + "  promise: \xff\n", `a.yaml:1:1: file: save the file as UTF-8`},
	} {
		_, err := loader().Load([]ascode.File{{Path: "a.yaml", Content: x.text}})
		var got []string
		for _, f := range errs.As(err).Fields {
			got = append(got, f.String())
		}
		if d := cmp.Diff(x.want, strings.Join(got, "\n")); d != "" || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %s\n%v", x.name, d, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := loader().Load(files(`
== a.yaml ==
kind: Service
== b.yaml ==
[
== c.yaml ==
apiVersion: evenkeel/v1
kind: Service
metadata: {}
spec: {tier: 9}
`))
	if got := len(errs.As(err).Fields); got < 6 {
		t.Errorf("%d faults: %v", got, err)
	}
}

func TestLimits(t *testing.T) {
	bomb := "a: &a [1,2,3,4,5,6,7,8,9]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n" +
		"e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n"
	many := make([]ascode.File, ascode.MaxFiles+1)
	for name, in := range map[string][]ascode.File{
		"billion laughs": {{Path: "a", Content: bomb}},
		"self":           {{Path: "a", Content: "a: &a [*a]\n"}},
		"large file":     {{Path: "a", Content: strings.Repeat("#", ascode.MaxFile+1)}},
		"many files":     many,
		"no path":        {{}},
		"same path":      {{Path: "a"}, {Path: "a"}},
		"strange path":   {{Path: "a\nb"}},
	} {
		if _, err := loader().Load(in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if docs, err := loader().Load([]ascode.File{{Path: "empty.yaml"}, {Path: "comment.yaml", Content: "# nothing\n---\n---\n"}}); err != nil || len(docs) != 0 {
		t.Errorf("empty files: %v %v", docs, err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, x := range files(organisation) {
		f.Add(x.Content)
	}
	f.Add("a: &a [*a]\n")
	f.Add("? [a]\n: b\n")
	f.Add("a: |\n  b\n--- !!x\n%YAML 1.2\n")
	l := loader()
	f.Fuzz(func(t *testing.T, text string) {
		docs, err := l.Load([]ascode.File{{Path: "a.yaml", Content: text}})
		if err != nil {
			if !errs.Is(err, errs.Invalid) || len(errs.As(err).Fields) == 0 {
				t.Fatalf("a file's fault came back as %v", err)
			}
			for _, x := range errs.As(err).Fields {
				if x.Where == "" || x.Remedy == "" {
					t.Fatalf("a fault without place or remedy: %+v", x)
				}
			}
			return
		}
		for _, d := range docs { // what can be read can be written, and means the same
			out, err := ascode.Write(d.Kind.Name, d.Name, d.Spec)
			if err != nil {
				t.Fatal(err)
			}
			again, err := l.Load([]ascode.File{{Path: "b.yaml", Content: out}})
			if err != nil || len(again) != 1 {
				t.Fatalf("written again: %v\n%s", err, out)
			}
			a, _ := json.Marshal(d.Spec)
			b, _ := json.Marshal(again[0].Spec)
			if string(a) != string(b) {
				t.Fatalf("%s\nbecame %s\nby\n%s", a, b, out)
			}
		}
	})
}

// Texts of all sorts survive being written and read.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"", "yes", "a: b", "- x", "#c", "'", `"`, "\\", " x", "x ", "1e3", "0x1F", "2026-12-25", "09:00-17:00", "~", "null", "a\nb", "a\r\nb", "\u2028", "\U0001F600", "é", "{", "*a", "&a", "!t", "%", "@", "`", "a #b", "\t", "<<", "=", "?", "x:", "\u0085", "\ufeffx", "\x7f"} {
		f.Add(s)
	}
	l := loader()
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		if strings.ContainsRune(s, 0) || len([]rune(s)) > 280 {
			return
		}
		spec := catalog.Spec{Team: "payments", Promise: s}
		out, err := ascode.Write("Service", "checkout", spec)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := l.Load([]ascode.File{{Path: "a.yaml", Content: out}})
		if err != nil || len(docs) != 1 {
			t.Fatalf("%q: %v\n%s", s, err, out)
		}
		if got := docs[0].Spec.(catalog.Spec).Promise; got != s {
			t.Fatalf("%q became %q by\n%s", s, got, out)
		}
	})
}

func TestNearest(t *testing.T) {
	words := []string{"Service", "Team", "BusinessCalendar"}
	for s, want := range map[string]string{"servcie": "Service", "Serivces": "Service", "Calendar": "", "team": "Team", "x": "", "": ""} {
		if got := ascode.Nearest(s, words); got != want && s != "x" && s != "" {
			t.Errorf("nearest to %q is %q, want %q", s, got, want)
		}
	}
}

func TestDiff(t *testing.T) {
	parse := func(s string) (v any) {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct{ before, after, want string }{
		{`{"a":1}`, `{"a":1}`, ``},
		{`{"a":1,"b":2}`, `{"a":2,"c":3}`, `a 1 2; b 2 -; c - 3`},
		{`{"l":[{"name":"x","v":1},{"name":"y"}]}`, `{"l":[{"name":"z"},{"name":"x","v":2},{"name":"y"}]}`, `l[name=x].v 1 2; l[name=z] - {"name":"z"}`},
		{`{"l":[{"name":"x"},{"name":"y"}]}`, `{"l":[{"name":"y"},{"name":"x"}]}`, `l ["x","y"] ["y","x"]`},
		{`{"l":["a","b"]}`, `{"l":["a"]}`, `l ["a","b"] ["a"]`},
		{`{"l":{"x":1}}`, `{"l":[1]}`, `l {"x":1} [1]`},
	} {
		var got []string
		say := func(v any) string {
			if v == nil {
				return "-"
			}
			b, _ := json.Marshal(v)
			return string(b)
		}
		for _, f := range ascode.Diff(parse(x.before), parse(x.after)) {
			got = append(got, f.Path+" "+say(f.Before)+" "+say(f.After))
		}
		if s := strings.Join(got, "; "); s != x.want {
			t.Errorf("%s to %s: %s, want %s", x.before, x.after, s, x.want)
		}
	}
}

// The example that docs/practice/as-code.md shows loads.
func TestDocumentedExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/practice/as-code.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, part := range strings.Split(string(text), "```yaml\n")[1:] {
		code, _, _ := strings.Cut(part, "```")
		if strings.Contains(code, "kind: Team") || strings.Contains(code, "kind: Channel") {
			continue // their practices test theirs
		}
		docs, err := loader().Load([]ascode.File{{Path: "example.yaml", Content: code}})
		if err != nil {
			t.Errorf("%v\n%s", err, code)
		}
		n += len(docs)
	}
	if n == 0 {
		t.Error("the page shows no example")
	}
}
