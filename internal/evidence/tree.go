package evidence

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of a tile: 2^8 = 256 hashes, as C2SP tlog-tiles.
const TileHeight = 8

// TileWidth is the number of hashes in a full tile.
const TileWidth = 1 << TileHeight

// Tile is one full tile: level 0 holds leaf hashes, level n the roots of full
// tiles of level n−1.
type Tile struct {
	Level int
	N     int64
	Data  []byte // TileWidth × tlog.HashSize bytes
}

// Tree is the right edge of the Merkle tree in memory: for every level the
// hashes that do not fill a tile yet. Appending costs one hash a leaf,
// amortised, and no reading. It is not safe for concurrent use.
type Tree struct {
	size  int64
	edge  [][]tlog.Hash
	tiles []Tile // completed since the last Take
}

// NewTree returns a tree of the given size whose right edge is edge: edge[L]
// holds (size >> 8L) mod 256 hashes.
func NewTree(size int64, edge [][]tlog.Hash) (*Tree, error) {
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		want := int(size >> (TileHeight * level) % TileWidth)
		have := 0
		if level < len(edge) {
			have = len(edge[level])
		}
		if have != want {
			return nil, fmt.Errorf("evidence: tree of size %d needs %d hashes at level %d, got %d", size, want, level, have)
		}
	}
	return &Tree{size: size, edge: edge}, nil
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Edge returns the hashes of the unfinished tile at a level; callers must not
// change them.
func (t *Tree) Edge(level int) []tlog.Hash {
	if level >= len(t.edge) {
		return nil
	}
	return t.edge[level]
}

// Append adds one leaf and returns its index.
func (t *Tree) Append(leaf tlog.Hash) int64 {
	index := t.size
	t.size++
	t.push(0, leaf)
	return index
}

func (t *Tree) push(level int, h tlog.Hash) {
	for len(t.edge) <= level {
		t.edge = append(t.edge, nil)
	}
	t.edge[level] = append(t.edge[level], h)
	if len(t.edge[level]) < TileWidth {
		return
	}
	data := make([]byte, 0, TileWidth*tlog.HashSize)
	for _, h := range t.edge[level] {
		data = append(data, h[:]...)
	}
	t.tiles = append(t.tiles, Tile{Level: level, N: t.size>>(TileHeight*(level+1)) - 1, Data: data})
	root := Perfect(t.edge[level])
	t.edge[level] = nil // a fresh slice: Clone shares the old one
	t.push(level+1, root)
}

// Take returns the tiles completed since the last call.
func (t *Tree) Take() []Tile {
	tiles := t.tiles
	t.tiles = nil
	return tiles
}

// Root is the RFC 6962 tree hash; the hash of nothing for an empty tree.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	// Perfect subtrees from the largest (left) to the smallest (right).
	var parts []tlog.Hash
	for level := len(t.edge) - 1; level >= 0; level-- {
		rest := t.edge[level]
		for bit := TileWidth / 2; bit > 0; bit /= 2 {
			if len(rest) >= bit {
				parts = append(parts, Perfect(rest[:bit]))
				rest = rest[bit:]
			}
		}
	}
	root := parts[len(parts)-1]
	for i := len(parts) - 2; i >= 0; i-- {
		root = tlog.NodeHash(parts[i], root)
	}
	return root
}

// Clone returns a copy that can be appended to without touching t; used to
// roll back a batch that did not commit.
func (t *Tree) Clone() *Tree {
	c := &Tree{size: t.size, edge: make([][]tlog.Hash, len(t.edge))}
	for i, e := range t.edge {
		c.edge[i] = append(make([]tlog.Hash, 0, TileWidth), e...)
	}
	return c
}

// Perfect is the root of a perfect subtree over a power of two hashes.
func Perfect(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	level := make([]tlog.Hash, len(hashes)/2)
	for i := range level {
		level[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
	}
	for n := len(level); n > 1; n /= 2 {
		for i := range n / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
	}
	return level[0]
}

// ParseTile splits a full tile's bytes into hashes.
func ParseTile(data []byte) ([]tlog.Hash, error) {
	if len(data) != TileWidth*tlog.HashSize {
		return nil, fmt.Errorf("evidence: a full tile has %d bytes, got %d", TileWidth*tlog.HashSize, len(data))
	}
	hashes := make([]tlog.Hash, TileWidth)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return hashes, nil
}
