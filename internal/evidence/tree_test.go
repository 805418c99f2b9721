package evidence

import (
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// The right-edge tree must agree with tlog's own tree at every size.
func TestTreeAgreesWithTlog(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = stored[x]
		}
		return out, nil
	})
	tree, err := NewTree(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	tiles := 0
	for n := int64(0); n < 70_000; n++ {
		data := fmt.Appendf(nil, "entry %d", n)
		hashes, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		if got := tree.Append(LeafHash(data)); got != n {
			t.Fatalf("index %d, want %d", got, n)
		}
		tiles += len(tree.Take())
		if n < 600 || n%997 == 0 || n > 65_530 && n < 65_540 {
			want, err := tlog.TreeHash(n+1, reader)
			if err != nil {
				t.Fatal(err)
			}
			if got := tree.Root(); got != want {
				t.Fatalf("size %d: root %v, want %v", n+1, got, want)
			}
			if got := tree.Clone().Root(); got != want {
				t.Fatalf("size %d: clone's root differs", n+1)
			}
		}
	}
	if want := 70_000/256 + 70_000/65536; tiles != want {
		t.Errorf("%d full tiles, want %d", tiles, want)
	}
}
