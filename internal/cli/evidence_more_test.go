package cli

import (
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/client"
)

// leaves is a log of n entries in memory.
type leaves []tlog.Hash

func (l leaves) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for n, i := range indexes {
		out[n] = l[i]
	}
	return out, nil
}

// A proof that the log only grew is checked here, not believed.
func TestCheckGrowth(t *testing.T) {
	var log leaves
	for n := range int64(21) {
		hashes, err := tlog.StoredHashes(n, []byte{byte(n)}, log)
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, hashes...)
	}
	root := func(size int64) string {
		h, err := tlog.TreeHash(size, log)
		if err != nil {
			t.Fatal(err)
		}
		return h.String()
	}
	path, err := tlog.ProveTree(21, 8, log)
	if err != nil {
		t.Fatal(err)
	}
	good := client.EvidenceConsistency{Old: 8, New: 21, OldRoot: root(8), NewRoot: root(21)}
	for _, h := range path {
		good.Path = append(good.Path, h.String())
	}
	if err := checkGrowth(good); err != nil {
		t.Errorf("a good proof: %v", err)
	}
	for name, spoil := range map[string]func(p *client.EvidenceConsistency){
		"another past":    func(p *client.EvidenceConsistency) { p.OldRoot = root(7) },
		"another present": func(p *client.EvidenceConsistency) { p.NewRoot = root(20) },
		"another size":    func(p *client.EvidenceConsistency) { p.Old = 9 },
		"a short path":    func(p *client.EvidenceConsistency) { p.Path = p.Path[1:] },
		"no hash":         func(p *client.EvidenceConsistency) { p.NewRoot = "x" },
	} {
		bad := good
		spoil(&bad)
		if checkGrowth(bad) == nil {
			t.Errorf("%s is believed", name)
		}
	}
}
