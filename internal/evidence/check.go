package evidence

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Report is the result of a check.
type Report struct {
	OK          bool      `json:"ok"`
	Bad         *Bad      `json:"bad,omitempty"` // the first thing that is wrong
	Selection   bool      `json:"selection"`     // the file holds only some entries
	Entries     int64     `json:"entries"`       // entries checked
	Size        int64     `json:"size"`          // entries in the log
	Root        string    `json:"root"`          // tree hash over them, base64
	Checkpoints int       `json:"checkpoints"`   // signed checkpoints that agree
	Signed      int64     `json:"signed"`        // entries covered by the last of them
	Known       int       `json:"known"`         // roots known from elsewhere that agree
	Lost        int       `json:"lost"`          // roots known from elsewhere that a recorded restore lost
	Key         string    `json:"key"`           // verifier key used
	Pinned      bool      `json:"pinned"`        // the key was given, not taken from the file
	First       time.Time `json:"first,omitzero"`
	Last        time.Time `json:"last,omitzero"`

	Replaced []Replacement `json:"replaced,omitempty"` // changes of the log's key, oldest first
}

// Known is a root that is known from elsewhere: a published checkpoint or an
// earlier check.
type Known struct {
	Size int64
	Root tlog.Hash
	// Epoch, if it is known, lets a check leave out what a restore from a
	// backup lost: roots of earlier epochs beyond the backup's size.
	Epoch int64
	Name  string // where it is from, for the verdict
}

// checker is fed a log in the order of an export and stops at the first thing
// that is wrong. It looks at one leaf tile at a time: entries against the leaf
// hashes, the tile against the tile above, and the tree against every
// checkpoint and known root at exactly its size.
type checker struct {
	pub   Public
	size  int64 // entries the log claims
	tree  *Tree // of the entries that were accepted
	rep   Report
	known []Known // sorted, not compared yet

	up      [levels][]tlog.Hash // newest tile seen of each level above 0
	upN     [levels]int64
	want    []tlog.Hash // leaf hashes of the current tile, if its line was seen
	got     []tlog.Hash // hashes of the entries that stand there
	text    []byte      // their bytes, one after the other, for naming one
	ends    []int       // where each ends in text
	notes   []Checkpoint
	good    int64 // size of the last checkpoint or known root that agreed
	suspect *Bad  // stored hashes disagree; the next checkpoint says who is right
	last    []byte

	pins       []Public   // keys known from elsewhere
	eras       []EpochKey // keys of the epochs, as their entries say; see era.go
	replaced   int64      // the epoch whose entry replaced a key, if it was passed,
	replacedAt int64      // and the index of that entry
	vouched    bool       // the present key has signed a checkpoint
	rekeyed    *Bad       // the log's key was replaced by one that was not given
	foreign    *Bad       // the file's key was not given; a former one may have been
	live       bool       // the log as it is stored; its newest key may not have signed yet
}

func newChecker(pub Public, size int64, tree *Tree, known []Known) *checker {
	known = slices.Clone(known)
	slices.SortStableFunc(known, func(a, b Known) int { return cmp.Compare(a.Size, b.Size) })
	for len(known) > 0 && known[0].Size < tree.Size() {
		known = known[1:]
	}
	return &checker{pub: pub, size: size, tree: tree, known: known, good: tree.Size()}
}

// tile takes the hashes of a tile, before what it covers.
func (c *checker) tile(t Tile) *Bad {
	if len(t.Data) == 0 || len(t.Data)%tlog.HashSize != 0 || len(t.Data) > TileWidth*tlog.HashSize || t.Level < 0 || t.Level >= levels || t.N < 0 ||
		t.N > c.size>>(TileHeight*(t.Level+1)) {
		return c.misplaced(t)
	}
	if b := c.settleTo(t.N<<(TileHeight*(t.Level+1)), false); b != nil {
		return b
	}
	if t.N != c.tree.Size()>>(TileHeight*(t.Level+1)) {
		return c.misplaced(t)
	}
	hashes := make([]tlog.Hash, len(t.Data)/tlog.HashSize)
	for i := range hashes {
		copy(hashes[i][:], t.Data[i*tlog.HashSize:])
	}
	if len(hashes) == TileWidth {
		c.parent(t.Level, t.N, Perfect(hashes))
	}
	if t.Level == 0 {
		c.want = hashes
	} else {
		c.up[t.Level], c.upN[t.Level] = hashes, t.N
	}
	return nil
}

func (c *checker) misplaced(t Tile) *Bad {
	at := c.tree.Size() + int64(len(c.got))
	return &Bad{Fault: Unreadable, Index: at, Until: at, Words: fmt.Sprintf("Tile %d/%d does not belong here: entry #%d is next.", t.Level, t.N, at)}
}

// parent compares a full tile's hash with the tile above it.
func (c *checker) parent(level int, n int64, root tlog.Hash) {
	if level+1 >= len(c.up) || c.suspect != nil {
		return
	}
	up, i := c.up[level+1], n%TileWidth
	words := fmt.Sprintf("The stored hash of tile %d/%d is not the one that the tile above holds", level, n)
	if up == nil || c.upN[level+1] != n/TileWidth || i >= int64(len(up)) {
		words = fmt.Sprintf("Tile %d/%d is missing or too short", level+1, n/TileWidth)
	} else if up[i] == root {
		return
	}
	first := n << (TileHeight * (level + 1))
	c.suspect = &Bad{Fault: BadTile, Index: first, Until: min(c.size, first+1<<(TileHeight*(level+1))) - 1, Words: words}
}

// entry takes the entry that stands next; index is where the store says it
// belongs.
func (c *checker) entry(index int64, canonical []byte) *Bad {
	if expect := c.tree.Size() + int64(len(c.got)); index != expect {
		return c.gap(expect, index, canonical)
	}
	if c.want == nil && len(c.got) == TileWidth || len(c.got) == 2*TileWidth {
		if b := c.settle(false); b != nil { // the next tile's line is missing
			return b
		}
	}
	if bytes.Contains(canonical, epochAction) {
		if b := c.newEpoch(index, canonical); b != nil {
			return b
		}
	}
	c.got = append(c.got, LeafHash(canonical))
	c.text = append(c.text, canonical...)
	c.ends = append(c.ends, len(c.text))
	if c.rep.Entries == 0 {
		f, err := ReadFacts(canonical)
		if err != nil {
			return &Bad{Fault: Unreadable, Index: index, Until: index, Words: fmt.Sprintf("Entry #%d is no entry: %v.", index, err)}
		}
		c.rep.First = f.At
	}
	c.rep.Entries++
	return nil
}

var epochAction = []byte(`,"action":"evidence.epoch",`)

func (c *checker) gap(expect, index int64, canonical []byte) *Bad {
	if b := compare(c.tree.Size(), c.want, c.got, c.nth); b != nil {
		return b
	}
	if index < expect {
		return (&Bad{Fault: Inserted, Index: index, Until: index,
			Words: fmt.Sprintf("Entry %s stands after #%d: it was inserted or moved.", describe(index, canonical), expect-1)}).about(canonical)
	}
	what := fmt.Sprintf("Entry #%d is missing", expect)
	if index > expect+1 {
		what = fmt.Sprintf("Entries #%d to #%d are missing", expect, index-1)
	}
	return &Bad{Fault: Deleted, Index: expect, Until: index - 1, Words: what + ": after it comes " + describe(index, canonical) + "."}
}

// nth returns the bytes of the i-th entry of the current tile.
func (c *checker) nth(i int) []byte {
	start := 0
	if i > 0 {
		start = c.ends[i-1]
	}
	return c.text[start:c.ends[i]]
}

// checkpoint takes a signed checkpoint, after the entries it covers.
func (c *checker) checkpoint(signed string) *Bad {
	cp, bad := c.open(signed)
	if bad != nil {
		return bad
	}
	if cp.Size < c.tree.Size() || len(c.notes) > 1<<16 {
		return &Bad{Fault: Unreadable, Index: -1, Until: -1, Words: fmt.Sprintf("The checkpoint of size %d stands in the wrong place.", cp.Size)}
	}
	if c.rekeyed != nil && cp.Size > c.replacedAt {
		return nil // by a key that was not given: it does not count
	}
	c.notes = append(c.notes, cp)
	return nil
}

// end takes the end of the log.
func (c *checker) end() *Bad {
	if b := c.settleTo(c.size, true); b != nil {
		return b
	}
	if b := c.accept(0); b != nil { // an empty log, or what ends at a tile's border
		return b
	}
	if size := c.tree.Size(); len(c.notes) > 0 {
		return &Bad{Fault: Truncated, Index: size, Until: c.notes[0].Size - 1,
			Words: fmt.Sprintf("A checkpoint was signed for %d entries, but only %d are left: entries from #%d on are missing.", c.notes[0].Size, size, size)}
	}
	if size := c.tree.Size(); len(c.known) > 0 {
		return &Bad{Fault: Truncated, Index: size, Until: c.known[0].Size - 1,
			Words: fmt.Sprintf("%s covers %d entries, but only %d are left: entries from #%d on are missing.", c.known[0].Name, c.known[0].Size, size, size)}
	}
	if c.suspect != nil {
		c.suspect.Words += "; either the stored hash was changed, or an entry below it together with its own hash."
		return c.suspect
	}
	return c.unvouched()
}

// report finishes the report.
func (c *checker) report(b *Bad) Report {
	c.rep.Bad, c.rep.OK = b, b == nil
	c.rep.Size, c.rep.Root, c.rep.Key = c.size, c.tree.Root().String(), c.pub.String()
	if len(c.last) > 0 {
		if f, err := ReadFacts(c.last); err == nil {
			c.rep.Last = f.At
		}
	}
	return c.rep
}
