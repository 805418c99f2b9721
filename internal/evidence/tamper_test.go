package evidence

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// rebuild recomputes every tile from the entries, as an attacker would who
// can write to the database but has no key.
func (m *memory) rebuild() {
	tree := &Tree{}
	m.tiles = map[[2]int64][]byte{}
	for _, e := range m.entries {
		tree.Append(LeafHash(e.Canonical))
		for _, tile := range tree.Take() {
			m.tiles[[2]int64{int64(tile.Level), tile.N}] = tile.Data
		}
	}
	m.tail, m.tailAt = slices.Clone(tree.Edge(0)), tree.Size()
}

func (m *memory) edit(i int64) {
	e := &m.entries[i].Canonical
	*e = bytes.Replace(*e, []byte(`"user:17"`), []byte(`"user:18"`), 1)
}

// renumber gives the entries indexes without gaps, to hide what was done.
func (m *memory) renumber() {
	for i := range m.entries {
		m.entries[i].Index = int64(i)
	}
}

func TestTampering(t *testing.T) {
	const n = 1000
	for _, c := range []struct {
		name         string
		do           func(m *memory)
		fault        Fault
		index, until int64
		record       string // "" = not asked
		words        string
	}{
		{"edited", func(m *memory) { m.edit(341) }, Edited, 341, 341, "INC-1021", "#341 (INC-1021 incident.acknowledge at 2026-11-20T10:05:41Z)"},
		{"edited first", func(m *memory) { m.edit(0) }, Edited, 0, 0, "INC-1000", ""},
		{"edited in the unfinished tile", func(m *memory) { m.edit(990) }, Edited, 990, 990, "INC-1030", ""},
		{"two edited: the first is named", func(m *memory) { m.edit(700); m.edit(500) }, Edited, 500, 500, "", ""},
		{"made unreadable", func(m *memory) { m.entries[5].Canonical = []byte(`{"`) }, Edited, 5, 5, "", "#5 was edited"},
		{"deleted", func(m *memory) { m.entries = slices.Delete(m.entries, 400, 401) }, Deleted, 400, 400, "", "#400"},
		{"deleted and renumbered", func(m *memory) { m.entries = slices.Delete(m.entries, 400, 403); m.renumber() }, Deleted, 400, 402, "", "#400 to #402 were deleted"},
		{"deleted in the unfinished tile", func(m *memory) { m.entries = slices.Delete(m.entries, 900, 901); m.renumber() }, Deleted, 900, 900, "", ""},
		{"inserted", func(m *memory) {
			m.entries = slices.Insert(m.entries, 300, Stored{300, bytes.Replace(m.entries[300].Canonical, []byte("user:17"), []byte("user:1"), 1)})
			m.renumber()
		}, Inserted, 300, 300, "INC-1020", "was inserted"},
		{"appended beyond the head", func(m *memory) {
			m.entries = append(m.entries, m.entries[3])
			m.renumber()
			m.size++
		}, BadTile, 0, 0, "", ""}, // see below
		{"swapped", func(m *memory) {
			m.entries[20], m.entries[25] = m.entries[25], m.entries[20]
			m.renumber()
		}, Reordered, 20, 20, "", "was logged as #25"},
		{"swapped across tiles", func(m *memory) {
			m.entries[20], m.entries[725] = m.entries[725], m.entries[20]
			m.renumber()
		}, Edited, 20, 20, "", ""},
		{"end deleted", func(m *memory) { m.entries = m.entries[:950] }, Truncated, 950, 999, "", "the last one before the gap is #949"},
		{"end deleted, head moved back", func(m *memory) { m.entries = m.entries[:950]; m.size = 950; m.rebuild() }, Truncated, 950, 959, "", "only 950 are left"},
		{"edited with its leaf hash", func(m *memory) {
			m.edit(341)
			h := LeafHash(m.entries[341].Canonical)
			copy(m.tiles[[2]int64{0, 1}][(341-256)*32:], h[:])
		}, Rewritten, 300, 359, "", "from #300 to #359"},
		{"edited and all hashes rebuilt", func(m *memory) { m.edit(341); m.rebuild() }, Rewritten, 300, 359, "", "the checkpoint signed for 360"},
		{"deleted and all hashes rebuilt", func(m *memory) {
			m.entries = slices.Delete(m.entries, 700, 701)
			m.renumber()
			m.size--
			m.rebuild()
		}, Rewritten, 660, 719, "", ""},
		{"leaf hash changed", func(m *memory) { m.tiles[[2]int64{0, 2}][40] ^= 1 }, BadTile, 513, 513, "", "the entry itself is what was logged"},
		{"tile deleted", func(m *memory) { delete(m.tiles, [2]int64{0, 1}) }, BadTile, 0, 255, "", "missing"},
		{"checkpoint changed", func(m *memory) {
			m.notes[3].Note = strings.Replace(m.notes[3].Note, "\n240\n", "\n241\n", 1)
			m.notes[3].Size = 241
		}, Forged, -1, -1, "", "size 241"},
		{"checkpoint by another key", func(m *memory) {
			other, _ := NewKey("harbour.example/evenkeel")
			m.notes[3], _ = other.Sign(1, 240, m.notes[3].Root)
		}, Forged, -1, -1, "", "not signed by the log's key"},
		{"checkpoint of another log", func(m *memory) {
			other, _ := NewKey("other.example/evenkeel")
			m.notes[3], _ = other.Sign(1, 240, m.notes[3].Root)
		}, Forged, -1, -1, "", ""},
		{"forked with the key", func(m *memory) {
			c, _ := m.key.Sign(1, 240, tlog.RecordHash([]byte("other history")))
			m.notes = slices.Insert(m.notes, 4, c)
		}, Forked, -1, -1, "", "Two checkpoints"},
		{"fork replaces the checkpoint", func(m *memory) {
			m.notes[3], _ = m.key.Sign(1, 240, tlog.RecordHash([]byte("other history")))
		}, Rewritten, 180, 239, "", "or the log was forked"},
		{"checkpoint beyond the end", func(m *memory) {
			c, _ := m.key.Sign(2, 2000, tlog.RecordHash([]byte("future")))
			m.notes = append(m.notes, c)
		}, Truncated, 1000, 1999, "", "signed for 2000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory(t, n)
			c.do(m)
			if c.name == "appended beyond the head" {
				// An entry that is not signed yet is a normal state; it is only
				// not counted as signed.
				if rep := verify(t, m.export(t), Options{}); !rep.OK || rep.Signed != n || rep.Entries != n+1 {
					t.Fatalf("%+v %v", rep, rep.Bad)
				}
				return
			}
			fromFile := verify(t, m.export(t), Options{Key: m.key.Public()})
			live, err := Check(m, 0, Options{Key: m.key.Public()})
			if err != nil {
				t.Fatal(err)
			}
			for where, rep := range map[string]Report{"file": fromFile, "live": live} {
				b := rep.Bad
				if rep.OK || b == nil {
					t.Fatalf("%s: not found: %+v", where, rep)
				}
				if b.Fault != c.fault || b.Index != c.index || b.Until != c.until || c.record != "" && b.Record != c.record || !strings.Contains(b.Words, c.words) {
					t.Errorf("%s: %s #%d–#%d %s: %s", where, b.Fault, b.Index, b.Until, b.Record, b.Words)
				}
			}
		})
	}
}

// Edits of the file itself: what somebody does who holds only the export.
func TestTamperedFile(t *testing.T) {
	m := newMemory(t, 1000)
	file := string(m.export(t))
	lines := strings.SplitAfter(file, "\n")
	entry := func(i int) int { // line number of entry i
		for l, s := range lines {
			if s[:1] == "{" {
				if i == 0 {
					return l
				}
				i--
			}
		}
		return -1
	}
	without := func(from, to int) string { return strings.Join(append(slices.Clone(lines[:from]), lines[to:]...), "") }
	key := Options{Key: m.key.Public()}
	for _, c := range []struct {
		name  string
		file  string
		opt   Options
		fault Fault
		index int64
	}{
		{"entry line removed", without(entry(555), entry(555)+1), key, Deleted, 555},
		{"entry line doubled", strings.Replace(file, lines[entry(555)], lines[entry(555)]+lines[entry(555)], 1), key, Inserted, 556},
		{"one letter changed", strings.Replace(file, lines[entry(555)], strings.Replace(lines[entry(555)], "INC", "INK", 1), 1), key, Edited, 555},
		{"tile lines removed", without(entry(256)-1, entry(256)), key, BadTile, 256},
		{"cut in the middle of a line", file[:len(file)/2], key, Truncated, -1},
		{"cut at a line", strings.Join(lines[:entry(800)], ""), key, Truncated, 800},
		{"end removed, count adjusted", strings.Join(lines[:entry(990)], "") + "end 990 x\n", key, Truncated, 990},
		{"appended to", file + "{}\n", key, Unreadable, 1000},
		{"another key given", file, Options{Key: newMemory(t, 0).key.Public()}, Forged, -1},
		{"published checkpoint is longer", file, Options{Key: m.key.Public(), Known: []Known{{Size: 1200, Name: "the published checkpoint"}}}, Truncated, 1000},
		{"published checkpoint differs", file, Options{Key: m.key.Public(), Known: []Known{{Size: 500, Name: "the published checkpoint"}}}, Rewritten, 480},
		{"empty", "", key, Unreadable, -1},
		{"no export", "hello\nworld\n", key, Unreadable, -1},
		{"gap written down", strings.Replace(file, lines[entry(700)], "index 702\n", 1), key, Deleted, 700},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := verify(t, []byte(c.file), c.opt)
			if b := rep.Bad; rep.OK || b == nil || b.Fault != c.fault || b.Index != c.index && c.index >= 0 {
				t.Errorf("%+v", b)
			}
		})
	}
	if rep := verify(t, []byte(file), Options{}); !rep.OK || rep.Pinned {
		t.Errorf("without a key: %+v %v", rep, rep.Bad)
	}
}

func TestVerifyGzip(t *testing.T) {
	m := newMemory(t, 300)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(m.export(t))
	z.Close()
	if rep := verify(t, b.Bytes(), Options{}); !rep.OK || rep.Entries != 300 {
		t.Errorf("%+v %v", rep, rep.Bad)
	}
	for _, cut := range []int{5, b.Len() / 2, b.Len() - 4} {
		if rep := verify(t, b.Bytes()[:cut], Options{}); rep.OK {
			t.Errorf("cut at %d is not found", cut)
		}
	}
}

func (m *memory) selection(t testing.TB, indexes ...int64) []byte {
	t.Helper()
	var b bytes.Buffer
	at := m.notes[len(m.notes)-1]
	x := NewExport(&b, Header{Selection: true, Key: m.key.Public(), Made: testStart, Size: m.size})
	x.Checkpoint(at.Note)
	r := NewReader(m)
	for _, i := range indexes {
		p, err := ProveInclusion(r, at.Size, i, LeafHash(m.entries[i].Canonical), at.Root)
		if err != nil {
			t.Fatal(err)
		}
		x.Proven(m.entries[i], p.Path)
	}
	if err := x.Close(at.Root); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSelection(t *testing.T) {
	m := newMemory(t, 1000)
	good := string(m.selection(t, 3, 500, 999))
	if rep := verify(t, []byte(good), Options{Key: m.key.Public()}); !rep.OK || rep.Entries != 3 || !rep.Selection {
		t.Fatalf("%+v %v", rep, rep.Bad)
	}
	for name, bad := range map[string]string{
		"edited":           strings.Replace(good, "INC-1020", "INC-1021", 1),
		"moved":            strings.Replace(good, "proof 500 ", "proof 501 ", 1),
		"without proof":    strings.Replace(good, "proof 500 ", "index 500 ", 1),
		"no checkpoint":    strings.Replace(good, "checkpoint ", "index ", 1),
		"one left out":     strings.Replace(good, "end 3", "end 4", 1),
		"other signature":  strings.Replace(good, "\\n1000\\n", "\\n1001\\n", 1),
		"said to be whole": strings.Replace(good, "kind selection", "kind whole", 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing changed", name)
		}
		if rep := verify(t, []byte(bad), Options{Key: m.key.Public()}); rep.OK {
			t.Errorf("%s: not found", name)
		}
	}
}

// A restore loses entries. Published checkpoints that cover them contradict
// the restored log, unless an entry of the log says that it was restored.
func TestLostByRestore(t *testing.T) {
	for _, said := range []bool{true, false} {
		m := newMemory(t, 300)
		published := []Known{
			{Size: 240, Root: m.notes[3].Root, Epoch: 1, Name: "published"},
			{Size: 350, Root: tlog.RecordHash([]byte("lost")), Epoch: 1, Name: "published"},
		}
		if said {
			e, err := Canonical(nil, Stamp{Leaf: 300, At: testStart}, Entry{Action: "evidence.epoch", Data: map[string]any{"epoch": 2, "size": 300}})
			if err != nil {
				t.Fatal(err)
			}
			m.entries = append(m.entries, Stored{300, e})
			m.size++
		}
		rep := verify(t, m.export(t), Options{Key: m.key.Public(), Known: published})
		if rep.OK != said || said && (rep.Lost != 1 || rep.Known != 1) {
			t.Errorf("recorded %v: %+v %v", said, rep, rep.Bad)
		}
	}
}
