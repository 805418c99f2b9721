package evidence

import (
	"cmp"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// settleTo accepts tiles until the tree has grown to an index.
func (c *checker) settleTo(index int64, final bool) *Bad {
	for c.tree.Size() < index {
		if b := c.settle(final); b != nil {
			return b
		}
	}
	if len(c.got) > 0 && (final || index == c.tree.Size()) {
		at := c.tree.Size()
		return (&Bad{Fault: Inserted, Index: at, Until: at,
			Words: fmt.Sprintf("Entry %s was inserted: the log has no such entry there.", describe(at, c.nth(0)))}).about(c.nth(0))
	}
	return nil
}

// settle accepts the entries of the current tile, or says what is wrong with
// them. final is the end of the log, where the tile may be unfinished.
func (c *checker) settle(final bool) *Bad {
	start := c.tree.Size()
	due := int(min(TileWidth, c.size-start)) // entries that must stand here
	if b := compare(start, c.want, c.got, c.nth); b != nil {
		return c.blame(b)
	}
	if have := len(c.got); have < due {
		return c.tooFew(int64(have), int64(due), final)
	}
	if due == TileWidth && len(c.want) < TileWidth && c.suspect == nil {
		c.suspect = &Bad{Fault: BadTile, Index: start, Until: start + TileWidth - 1, Words: fmt.Sprintf("Tile 0/%d is missing or too short", start/TileWidth)}
	}
	if b := c.accept(due); b != nil {
		return b
	}
	if due > 0 {
		c.last = append(c.last[:0], c.nth(due-1)...)
		cut := c.ends[due-1]
		c.text = append(c.text[:0], c.text[cut:]...)
		c.got = append(c.got[:0], c.got[due:]...)
		c.ends = append(c.ends[:0], c.ends[due:]...)
		for i := range c.ends {
			c.ends[i] -= cut
		}
	}
	c.want = nil
	if c.rekeyed != nil {
		return c.rekeyed
	}
	return nil
}

// tooFew says what is missing when entries end before their tile does.
func (c *checker) tooFew(have, due int64, final bool) *Bad {
	start := c.tree.Size()
	if b := c.accept(int(have)); b != nil { // a checkpoint narrows down where
		b.Fault = Deleted
		b.Words += fmt.Sprintf(" There are %d entries too few.", due-have)
		return b
	}
	b := &Bad{Fault: Deleted, Index: start + have, Until: start + due - 1, Words: fmt.Sprintf("Entries from #%d on are missing", start+have)}
	if final {
		b.Fault, b.Until = Truncated, c.size-1
		b.Words += fmt.Sprintf(": the log says it has %d", c.size)
	}
	if have > 0 {
		b.Words += fmt.Sprintf("; the last one before the gap is %s", describe(b.Index-1, c.nth(int(have)-1)))
	}
	b.Words += "."
	return b
}

// blame decides who is wrong when an entry does not match its leaf hash: if
// the tile above or a checkpoint agrees with the entries, it was the hash.
func (c *checker) blame(b *Bad) *Bad {
	n := c.tree.Size() / TileWidth
	up := c.up[1]
	innocent := len(c.got) == TileWidth && up != nil && c.upN[1] == n/TileWidth && n%TileWidth < int64(len(up)) && Perfect(c.got) == up[n%TileWidth]
	for _, cp := range c.notes {
		if innocent || cp.Size <= b.Index || cp.Size > c.tree.Size()+int64(len(c.got)) {
			continue
		}
		tree := c.tree.Clone()
		for _, h := range c.got[:cp.Size-c.tree.Size()] {
			tree.Append(h)
		}
		innocent = tree.Root() == cp.Root
	}
	if !innocent {
		return b
	}
	return &Bad{Fault: BadTile, Index: b.Index, Until: b.Index,
		Words: fmt.Sprintf("The stored hash of entry #%d in tile 0/%d was changed; the entry itself is what was logged.", b.Index, n)}
}

// accept appends the first n entries to the tree and compares it with every
// checkpoint and known root on the way.
func (c *checker) accept(n int) *Bad {
	slices.SortStableFunc(c.notes, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	for i := 0; ; i++ {
		for len(c.notes) > 0 && c.notes[0].Size == c.tree.Size() {
			cp := c.notes[0]
			if c.rep.Signed == cp.Size && c.rep.Checkpoints > 0 && c.tree.Root() != cp.Root {
				return &Bad{Fault: Forked, Index: -1, Until: -1, Words: fmt.Sprintf("Two checkpoints were signed for %d entries "+
					"with different roots (%s): the log was forked by somebody who holds its key.", cp.Size, cp.Origin)}
			}
			if b := c.agree(cp.Root, fmt.Sprintf("the checkpoint signed for %d entries (%s)", cp.Size, cp.Origin)); b != nil {
				return b
			}
			c.notes, c.rep.Signed = c.notes[1:], cp.Size
			c.rep.Checkpoints++
		}
		for len(c.known) > 0 && c.known[0].Size == c.tree.Size() {
			if b := c.agree(c.known[0].Root, c.known[0].Name); b != nil {
				return b
			}
			c.known = c.known[1:]
			c.rep.Known++
		}
		if i == n {
			return nil
		}
		c.tree.Append(c.got[i])
		c.tree.Take()
	}
}

// agree compares the tree with a root that somebody vouches for.
func (c *checker) agree(root tlog.Hash, name string) *Bad {
	size := c.tree.Size()
	if c.tree.Root() == root {
		if c.suspect != nil { // the entries are right, so the stored hash is not
			c.suspect.Words += "; the entries are what was signed, so the stored hashes were changed."
			return c.suspect
		}
		c.good = size
		return nil
	}
	b := &Bad{Fault: Rewritten, Index: c.good, Until: max(size-1, c.good)}
	if s := c.suspect; s != nil && s.Index < size && s.Until >= c.good {
		b.Index, b.Until = max(b.Index, s.Index), min(b.Until, s.Until)
	}
	where := fmt.Sprintf("entry #%d", b.Index)
	if b.Until > b.Index {
		where = fmt.Sprintf("an entry from #%d to #%d", b.Index, b.Until)
	}
	b.Words = fmt.Sprintf("The entries do not lead to %s: %s was changed together with its hash, or the log was forked.", name, where)
	if i := b.Index - (size - size%TileWidth); i >= 0 && i < int64(len(c.got)) && b.Index == b.Until {
		b.about(c.nth(int(i)))
	}
	return b
}
