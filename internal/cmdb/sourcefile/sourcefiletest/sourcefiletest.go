// Package sourcefiletest holds what the tests of all readers of files share:
// where the samples are, how records are counted, and what holds for the
// records of every source.
package sourcefiletest

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// kind is the form of an item kind; organisations have kinds of their own.
var kind = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// scheme is the form of an identifier's scheme.
var scheme = regexp.MustCompile(`^[a-z0-9._-]{1,60}$`)

// Reader is a source's Read.
type Reader func(io.Reader, sourcefile.Options, cmdb.Emit) ([]cmdb.Remark, error)

// Data returns the folder of real samples, or skips when they are not there:
// EVENKEEL_DATA, else ../shared/data beside the module.
func Data(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("EVENKEEL_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the samples of ../shared/data are not here")
	}
	return dir
}

// Tally is what a source saw.
type Tally struct {
	Items     map[string]cmdb.Seen // by key
	Relations []cmdb.SeenRelation
	Remarks   []cmdb.Remark
}

// Read reads a text and fails on an error.
func Read(t testing.TB, read Reader, text string, opt sourcefile.Options) Tally {
	t.Helper()
	got, err := Try(t, read, text, opt)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// File reads a file and fails on an error.
func File(t testing.TB, read Reader, path string, opt sourcefile.Options) Tally {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Read(t, read, string(b), opt)
}

// Try reads a text and checks what holds for every source: keys are unique,
// kinds are known, relations are whole and lead to keys of the same text,
// values are JSON and UTF-8, and errors say what is wrong.
func Try(t testing.TB, read Reader, text string, opt sourcefile.Options) (Tally, error) {
	t.Helper()
	got := Tally{Items: map[string]cmdb.Seen{}}
	remarks, err := read(strings.NewReader(text), opt, func(r cmdb.Record) error {
		switch {
		case r.Item != nil && r.Relation == nil:
			i := *r.Item
			if _, dup := got.Items[i.Key]; dup || i.Key == "" || i.Name == "" {
				t.Errorf("item key %q, name %q: empty or twice", i.Key, i.Name)
			}
			if len(i.Key) > cmdb.MaxKey || len(i.Name) > cmdb.MaxName || len(i.Env) > cmdb.MaxName || len(i.Team) > cmdb.MaxName || len(i.Identifiers) > cmdb.MaxIdentifiers || len(i.Attributes) > cmdb.MaxAttributes {
				t.Errorf("%s: something is longer than the practice takes", i.Key)
			}
			if !kind.MatchString(i.Kind) {
				t.Errorf("%s: kind %q", i.Key, i.Kind)
			}
			for _, id := range i.Identifiers {
				if !scheme.MatchString(id.Scheme) || strings.TrimSpace(id.Value) == "" || len(id.Value) > cmdb.MaxIdentifier || !utf8.ValidString(id.Value) {
					t.Errorf("%s: identifier %q", i.Key, id)
				}
			}
			for name, v := range i.Attributes {
				if !json.Valid(v) || !utf8.Valid(v) || sourcefile.SecretName(name) {
					t.Errorf("%s: attribute %s", i.Key, name)
				}
			}
			got.Items[i.Key] = i
		case r.Relation != nil && r.Item == nil:
			got.Relations = append(got.Relations, *r.Relation)
		default:
			t.Error("a record is neither item nor relation")
		}
		return nil
	})
	got.Remarks = remarks
	if err != nil {
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), ": ") {
			t.Errorf("error of another kind: %v", err)
		}
		return got, err
	}
	for _, r := range got.Relations {
		if !slices.Contains(cmdb.RelationKinds, r.Kind) {
			t.Errorf("relation kind %q", r.Kind)
		}
		if len(r.Group) > cmdb.MaxGroup || r.Need > cmdb.MaxNeed || r.Need > 0 && r.Group == "" {
			t.Errorf("group %q, need %d", r.Group, r.Need)
		}
		if r.From == r.To {
			t.Errorf("%v %s itself", r.From, r.Kind)
		}
		for _, e := range []cmdb.End{r.From, r.To} {
			if _, ok := got.Items[e.Key]; e.Key != "" && !ok {
				t.Errorf("relation %s → %s: key %q is no item", Name(r.From), Name(r.To), e.Key)
			}
			if e.Key == "" && (!scheme.MatchString(e.Scheme) || strings.TrimSpace(e.Value) == "") || len(e.Key+e.Value) > cmdb.MaxIdentifier {
				t.Errorf("relation with an empty end: %+v", r)
			}
		}
	}
	return got, nil
}

// Kinds counts items by kind.
func (c Tally) Kinds() map[string]int {
	out := map[string]int{}
	for _, i := range c.Items {
		out[i.Kind]++
	}
	return out
}

// Edges counts relations by kind.
func (c Tally) Edges() map[string]int {
	out := map[string]int{}
	for _, r := range c.Relations {
		out[string(r.Kind)]++
	}
	return out
}

// Sentences are the relations as text, sorted: "a depends_on b", with the
// group in brackets.
func (c Tally) Sentences() []string {
	var out []string
	for _, r := range c.Relations {
		s := Name(r.From) + " " + string(r.Kind) + " " + Name(r.To)
		if r.Strength == cmdb.Soft {
			s += " softly"
		}
		if r.Group != "" {
			s += " [" + r.Group + "]"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// Name is an end as text.
func Name(e cmdb.End) string {
	if e.Key != "" {
		return e.Key
	}
	return e.Scheme + "=" + e.Value
}

// Identifiers are an item's identifiers as text, sorted.
func (c Tally) Identifiers(key string) []string {
	var out []string
	for _, id := range c.Items[key].Identifiers {
		out = append(out, id.String())
	}
	slices.Sort(out)
	return out
}

// Fuzz runs a source on hostile text: it must return, with sound records or
// an error that names a place.
func Fuzz(f *testing.F, read Reader, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			return
		}
		_, _ = Try(t, read, text, sourcefile.Options{Scope: "fuzz", Env: "test"}) // Try judges the error itself
	})
}
