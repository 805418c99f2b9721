package evidence

import "golang.org/x/mod/sumdb/tlog"

// Check is Verify for a log that is read where it is stored. from is where to
// begin (rounded down to a tile; 0 = everything); to begin later makes sense
// only with a Known root at or after from, which ties what came before.
func Check(log Log, from int64, opt Options) (Report, error) {
	from = min(from, log.Size()) / TileWidth * TileWidth
	edge, err := NewReader(log).Edge(from)
	if err != nil {
		return Report{}, err
	}
	tree, err := NewTree(from, edge)
	if err != nil {
		return Report{}, err
	}
	c := newChecker(opt.Key, log.Size(), tree, opt.Known)
	c.live = true
	if from > 0 { // the entries that told of them may lie before
		c.eras = opt.Epochs
	}
	err = walk(log, from, log.Size(), visit{
		tile:       func(t Tile) error { return asError(c.tile(t)) },
		entry:      func(e Stored) error { return asError(c.entry(e.Index, e.Canonical)) },
		checkpoint: func(s string) error { return asError(c.checkpoint(s)) },
		progress:   opt.Progress,
	})
	bad, isBad := err.(*Bad)
	if err != nil && !isBad {
		return Report{}, err
	}
	if bad == nil {
		bad = c.end()
	}
	rep := c.report(bad)
	rep.Pinned = true
	return rep, nil
}

// asError avoids a typed nil.
func asError(b *Bad) error {
	if b == nil {
		return nil
	}
	return b
}

// Inclusion is the proof that one entry is in the log of a size.
type Inclusion struct {
	Index int64       `json:"index"`
	Size  int64       `json:"size"`
	Leaf  tlog.Hash   `json:"leaf"` // hash of the entry's canonical bytes
	Root  tlog.Hash   `json:"root"`
	Path  []tlog.Hash `json:"path"` // siblings from the leaf up
}

// ProveInclusion proves an entry, and checks the proof before it is given out:
// a store that was tampered with yields an error, not a wrong proof.
func ProveInclusion(r *Reader, size, index int64, leaf, root tlog.Hash) (Inclusion, error) {
	path, err := tlog.ProveRecord(size, index, r)
	if err != nil {
		return Inclusion{}, err
	}
	if err := tlog.CheckRecord(path, size, root, index, leaf); err != nil {
		return Inclusion{}, err
	}
	return Inclusion{index, size, leaf, root, path}, nil
}

// Consistency is the proof that a log of size New begins with the log of size Old.
type Consistency struct {
	Old     int64       `json:"old"`
	New     int64       `json:"new"`
	OldRoot tlog.Hash   `json:"old_root"`
	NewRoot tlog.Hash   `json:"new_root"`
	Path    []tlog.Hash `json:"path"`
}

// ProveConsistency proves that the log only grew between two sizes
// (0 < old ≤ new), with roots as they are stored now.
func ProveConsistency(r *Reader, old, new int64) (Consistency, error) {
	oldRoot, err := r.Root(old)
	if err != nil {
		return Consistency{}, err
	}
	newRoot, err := r.Root(new)
	if err != nil {
		return Consistency{}, err
	}
	path, err := tlog.ProveTree(new, old, r)
	if err != nil {
		return Consistency{}, err
	}
	return Consistency{old, new, oldRoot, newRoot, path}, tlog.CheckTree(path, new, newRoot, old, oldRoot)
}
