package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompare(t *testing.T) {
	got := Compare(map[string]string{"a.rego": "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b.rego": "x\n", "same.rego": "s"},
		map[string]string{"a.rego": "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "c.rego": "y\n", "same.rego": "s"})
	want := []FileDiff{
		{"a.rego", "changed", []DiffLine{{Op: "…"}, {" ", 2, 2, "2"}, {" ", 3, 3, "3"}, {" ", 4, 4, "4"}, {"-", 5, 0, "5"}, {"+", 0, 5, "five"}, {" ", 6, 6, "6"}, {" ", 7, 7, "7"}, {" ", 8, 8, "8"}, {Op: "…"}}},
		{"b.rego", "removed", []DiffLine{{"-", 1, 0, "x"}}},
		{"c.rego", "added", []DiffLine{{"+", 0, 1, "y"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever differs: what is kept and removed is the old text, what is kept and
// added the new one.
func TestDiffIsWhole(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func() (out []string) {
		for range rnd.IntN(30) {
			out = append(out, fmt.Sprint(rnd.IntN(6)))
		}
		return out
	}
	for range 2000 {
		a, b := random(), random()
		var x, y []string
		for _, l := range diff(a, b) {
			if l.Op != "+" {
				if x = append(x, l.Text); l.Old != len(x) {
					t.Fatalf("line %d of the old text is called %d", len(x), l.Old)
				}
			}
			if l.Op != "-" {
				if y = append(y, l.Text); l.New != len(y) {
					t.Fatalf("line %d of the new text is called %d", len(y), l.New)
				}
			}
		}
		if strings.Join(a, " ") != strings.Join(x, " ") || strings.Join(b, " ") != strings.Join(y, " ") {
			t.Fatalf("%v, %v: %v, %v", a, b, x, y)
		}
	}
}
