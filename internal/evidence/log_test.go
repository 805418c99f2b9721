package evidence

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// memory is a Log in memory, kept as db keeps it; tests tamper with it.
type memory struct {
	key     Key
	size    int64
	entries []Stored
	tiles   map[[2]int64][]byte
	notes   []Checkpoint
	tail    []tlog.Hash
	tailAt  int64
}

var testStart = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// newMemory makes a log of n entries, one second apart, with a checkpoint
// every 60 entries and one at the end.
func newMemory(t testing.TB, n int64) *memory {
	t.Helper()
	key, err := NewKey("harbour.example/evenkeel")
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{key: key, tiles: map[[2]int64][]byte{}}
	tree := &Tree{}
	for i := range n {
		e, err := Canonical(nil, Stamp{Leaf: i, At: testStart.Add(time.Duration(i) * time.Second), Actor: "user:17", Via: "page", Reason: "a person acted"},
			Entry{Action: "incident.acknowledge", Record: ref.N(ref.Incident, 1000+i%40), Version: i/40 + 1, After: DigestBytes(nil, fmt.Append(nil, i))})
		if err != nil {
			t.Fatal(err)
		}
		m.entries = append(m.entries, Stored{i, e})
		tree.Append(LeafHash(e))
		for _, tile := range tree.Take() {
			m.tiles[[2]int64{int64(tile.Level), tile.N}] = tile.Data
		}
		if (i+1)%60 == 0 || i == n-1 {
			m.sign(t, i+1, tree.Root())
			m.tail, m.tailAt = slices.Clone(tree.Edge(0)), i+1
		}
	}
	m.size = n
	return m
}

func (m *memory) sign(t testing.TB, size int64, root tlog.Hash) {
	t.Helper()
	c, err := m.key.Sign(1, size, root)
	if err != nil {
		t.Fatal(err)
	}
	m.notes = append(m.notes, c)
}

func (m *memory) Size() int64 { return m.size }

func (m *memory) Tiles(level int, from, to int64) ([][]byte, error) {
	var out [][]byte
	for n := from; n < to; n++ {
		data, ok := m.tiles[[2]int64{int64(level), n}]
		if !ok {
			return nil, fmt.Errorf("tile %d/%d: %w", level, n, ErrMissing)
		}
		out = append(out, data)
	}
	return out, nil
}

func (m *memory) Leaves(from, to int64) ([]tlog.Hash, error) {
	entries, _ := m.Entries(from, to)
	if int64(len(entries)) != to-from {
		return nil, fmt.Errorf("entries from %d: %w", from, ErrMissing)
	}
	var out []tlog.Hash
	for _, e := range entries {
		out = append(out, LeafHash(e.Canonical))
	}
	return out, nil
}

func (m *memory) Entries(from, to int64) ([]Stored, error) {
	var out []Stored
	for _, e := range m.entries {
		if e.Index >= from && e.Index < to {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) Tail() (int64, []tlog.Hash, error) { return m.tailAt, m.tail, nil }

func (m *memory) Checkpoints(from, to int64) ([]string, error) {
	var out []string
	for _, c := range m.notes {
		if c.Size > from && c.Size <= to {
			out = append(out, c.Note)
		}
	}
	return out, nil
}

func (m *memory) export(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := ExportWhole(&b, Header{Key: m.key.Public(), Made: testStart, Size: m.size}, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(t testing.TB, file []byte, opt Options) Report {
	t.Helper()
	rep, err := Verify(bytes.NewReader(file), opt)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestVerifyGood(t *testing.T) {
	for _, n := range []int64{0, 1, 60, 255, 256, 257, 1000, 66_000} {
		m := newMemory(t, n)
		rep := verify(t, m.export(t), Options{Key: m.key.Public()})
		if !rep.OK || rep.Entries != n || rep.Signed != n || !rep.Pinned {
			t.Errorf("size %d: %+v %v", n, rep, rep.Bad)
		}
		live, err := Check(m, 0, Options{Key: m.key.Public()})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(live, rep) {
			t.Errorf("size %d: live check says %+v, file %+v", n, live, rep)
		}
	}
}

func TestCheckFromKnownRoot(t *testing.T) {
	m := newMemory(t, 1000)
	root, err := NewReader(m).Root(700)
	if err != nil {
		t.Fatal(err)
	}
	opt := Options{Key: m.key.Public(), Known: []Known{{Size: 700, Root: root, Name: "the check before"}}}
	rep, err := Check(m, 700, opt)
	if err != nil || !rep.OK || rep.Known != 1 || rep.Entries != 1000-512 {
		t.Fatalf("%+v %v %v", rep, rep.Bad, err)
	}
	m.entries[600].Canonical = bytes.Replace(m.entries[600].Canonical, []byte("user:17"), []byte("user:18"), 1)
	rep, err = Check(m, 700, opt)
	if err != nil || rep.OK || rep.Bad.Index != 600 {
		t.Fatalf("%+v %v %v", rep, rep.Bad, err)
	}
}

func TestProofs(t *testing.T) {
	m := newMemory(t, 1000)
	r := NewReader(m)
	for _, c := range m.notes {
		if got, err := r.Root(c.Size); err != nil || got != c.Root {
			t.Fatalf("root at %d: %v, %v", c.Size, got, err)
		}
		for _, i := range []int64{0, c.Size / 2, c.Size - 1} {
			p, err := ProveInclusion(r, c.Size, i, LeafHash(m.entries[i].Canonical), c.Root)
			if err != nil || len(p.Path) > 10 {
				t.Fatalf("inclusion of %d in %d: %v", i, c.Size, err)
			}
		}
		if _, err := ProveConsistency(r, c.Size, 1000); err != nil {
			t.Fatal(err)
		}
	}
	// tlog's own authenticated reader accepts the tiles.
	root, _ := r.Root(1000)
	auth := tlog.TileHashReader(tlog.Tree{N: 1000, Hash: root}, r)
	if got, err := tlog.TreeHash(777, auth); err != nil {
		t.Fatal(err)
	} else if want, _ := r.Root(777); got != want {
		t.Error("tiles lead to another root")
	}
	m.entries[3].Canonical = []byte(`{"v":2}`)
	if _, err := ProveInclusion(NewReader(m), 1000, 3, LeafHash(m.entries[3].Canonical), root); err == nil {
		t.Error("an edited entry was proven")
	}
}
