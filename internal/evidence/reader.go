package evidence

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// levels is how many levels of tiles there can be; seven hold 2^56 entries.
const levels = 7

// Store is what a log keeps of its tree: every full tile, and the entries
// themselves for what does not fill a tile yet. Partial tiles are never
// stored; they are computed, so they cannot disagree with the entries.
type Store interface {
	// Size is the number of sequenced entries the store answers for.
	Size() int64
	// Tiles returns the full tiles from ≤ n < to of a level, in order. One
	// that is missing is an error.
	Tiles(level int, from, to int64) ([][]byte, error)
	// Leaves returns the leaf hashes from ≤ index < to, computed from the
	// entries. One that is missing is an error.
	Leaves(from, to int64) ([]tlog.Hash, error)
}

// Reader reads hashes and tiles of a log. It implements tlog.HashReader and
// tlog.TileReader, so tlog proves and checks with it. What it has read it
// keeps; use one Reader for one snapshot. It is not safe for concurrent use.
//
// A Reader believes its Store: check what it proves against a signed root.
type Reader struct {
	store Store
	tiles map[[2]int64][]byte // level, n → as many hashes as exist
}

var (
	_ tlog.HashReader = (*Reader)(nil)
	_ tlog.TileReader = (*Reader)(nil)
)

// NewReader returns a reader of the store.
func NewReader(s Store) *Reader { return &Reader{store: s, tiles: map[[2]int64][]byte{}} }

// Tile returns the first width hashes of a tile. A tile or width that the log
// does not have yet is an error.
func (r *Reader) Tile(level int, n int64, width int) ([]byte, error) {
	have := r.width(level, n)
	if width < 1 || width > have {
		return nil, fmt.Errorf("evidence: tile %d/%d has %d hashes at size %d, not %d", level, n, have, r.store.Size(), width)
	}
	id := [2]int64{int64(level), n}
	if data, ok := r.tiles[id]; ok {
		return data[:width*tlog.HashSize], nil
	}
	data, err := r.read(level, n, have)
	if err != nil {
		return nil, err
	}
	r.tiles[id] = data
	return data[:width*tlog.HashSize], nil
}

// width is how many hashes of a tile exist at the store's size.
func (r *Reader) width(level int, n int64) int {
	if level < 0 || level >= levels || n < 0 {
		return 0
	}
	return int(max(0, min(TileWidth, r.store.Size()>>(TileHeight*level)-n*TileWidth)))
}

func (r *Reader) read(level int, n int64, width int) ([]byte, error) {
	if width == TileWidth {
		tiles, err := r.store.Tiles(level, n, n+1)
		if err != nil {
			return nil, err
		}
		return tiles[0], nil
	}
	first := n * TileWidth
	data := make([]byte, 0, width*tlog.HashSize)
	if level == 0 {
		leaves, err := r.store.Leaves(first, first+int64(width))
		if err != nil {
			return nil, err
		}
		for _, h := range leaves {
			data = append(data, h[:]...)
		}
		return data, nil
	}
	below, err := r.store.Tiles(level-1, first, first+int64(width))
	if err != nil {
		return nil, err
	}
	for _, tile := range below {
		h, err := TileRoot(tile)
		if err != nil {
			return nil, err
		}
		data = append(data, h[:]...)
	}
	return data, nil
}

// TileRoot is the hash of a full tile's subtree.
func TileRoot(data []byte) (tlog.Hash, error) {
	hashes, err := ParseTile(data)
	if err != nil {
		return tlog.Hash{}, err
	}
	return Perfect(hashes), nil
}

// ReadHashes returns hashes by tlog's storage index.
func (r *Reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		t := tlog.TileForIndex(TileHeight, x)
		data, err := r.Tile(t.L, t.N, t.W)
		if err != nil {
			return nil, err
		}
		if hashes[i], err = tlog.HashFromTile(t, data, x); err != nil {
			return nil, fmt.Errorf("evidence: %w", err)
		}
	}
	return hashes, nil
}

// Height is the height of the tiles, for tlog.TileReader.
func (r *Reader) Height() int { return TileHeight }

// ReadTiles returns the tiles asked for, for tlog.TileReader.
func (r *Reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		if t.H != TileHeight {
			return nil, fmt.Errorf("evidence: tiles have height %d, not %d", TileHeight, t.H)
		}
		data, err := r.Tile(t.L, t.N, t.W)
		if err != nil {
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}

// SaveTiles is part of tlog.TileReader; a Reader has kept them already.
func (r *Reader) SaveTiles([]tlog.Tile, [][]byte) {}

// Root is the tree hash of the first size entries.
func (r *Reader) Root(size int64) (tlog.Hash, error) {
	if size < 0 || size > r.store.Size() {
		return tlog.Hash{}, fmt.Errorf("evidence: the log has %d entries, not %d", r.store.Size(), size)
	}
	return tlog.TreeHash(size, r)
}

// Edge returns the unfinished tile of every level at a size, as NewTree wants
// it: a check can go on from there.
func (r *Reader) Edge(size int64) ([][]tlog.Hash, error) {
	var edge [][]tlog.Hash
	for level := 0; size>>(TileHeight*level) > 0; level++ {
		count := size >> (TileHeight * level)
		hashes := make([]tlog.Hash, count%TileWidth)
		if len(hashes) > 0 {
			data, err := r.Tile(level, count/TileWidth, len(hashes))
			if err != nil {
				return nil, err
			}
			for i := range hashes {
				copy(hashes[i][:], data[i*tlog.HashSize:])
			}
		}
		edge = append(edge, hashes)
	}
	return edge, nil
}
