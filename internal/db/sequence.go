package db

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// sequencer gives evidence entries their index in the Merkle log.
//
// SQLite: the committer appends inside its commit; the tree's right edge is
// kept in memory and swapped in only after the commit.
//
// PostgreSQL: transactions insert leaves without an index. Any replica may
// sequence, but only while it holds the row lock on evidence_head, and it
// checks the size there against its own tree first: the row is the fence, a
// replica that slept through somebody else's batch reloads before it appends.
// It takes all leaves that have no index, never those above a watermark,
// because identities commit out of order.
type sequencer struct {
	mu      sync.Mutex // PostgreSQL: one pass at a time in this process; guards tree
	tree    *evidence.Tree
	pending *evidence.Tree // the tree after the batch that is being committed
}

func (s *sequencer) load(ctx context.Context, d *DB) error {
	return d.Read(ctx, func(q Querier) error {
		tree, err := LoadTree(q)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.tree = tree
		s.mu.Unlock()
		return nil
	})
}

// LoadTree rebuilds the tree's right edge from full tiles and the last entries.
func LoadTree(q Querier) (*evidence.Tree, error) {
	var size int64
	if err := q.QueryRow("SELECT size FROM evidence_head WHERE id = 1").Scan(&size); err != nil {
		return nil, err
	}
	var edge [][]tlog.Hash
	for level := 0; size>>(evidence.TileHeight*level) > 0; level++ {
		count := size >> (evidence.TileHeight * level) // hashes at this level
		first := count &^ (evidence.TileWidth - 1)     // the first one not in a full tile
		var hashes []tlog.Hash
		var err error
		if level == 0 {
			hashes, err = Collect(q, func(r *Rows) (tlog.Hash, error) {
				var entry []byte
				err := r.Scan(&entry)
				return evidence.LeafHash(entry), err
			}, "SELECT entry FROM evidence WHERE idx >= $1 AND idx < $2 ORDER BY idx", first, size)
		} else {
			hashes, err = Collect(q, func(r *Rows) (tlog.Hash, error) {
				var data []byte
				if err := r.Scan(&data); err != nil {
					return tlog.Hash{}, err
				}
				below, err := evidence.ParseTile(data)
				if err != nil {
					return tlog.Hash{}, err
				}
				return evidence.Perfect(below), nil
			}, "SELECT data FROM evidence_tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n", level-1, first, count)
		}
		if err != nil {
			return nil, err
		}
		edge = append(edge, hashes)
	}
	return evidence.NewTree(size, edge)
}

const insertEvidence = "INSERT INTO evidence (leaf_id, idx, at, record, version, action, actor, entry) VALUES "

// appendSQLite writes the entries of all good jobs of a batch with their
// indexes, completed tiles and the new size.
func (s *sequencer) appendSQLite(c *conn, jobs []*job) error {
	var rows [][]any
	s.pending = nil
	tree := s.tree
	for _, j := range jobs {
		for _, e := range j.tx.entries {
			if s.pending == nil {
				s.pending = tree.Clone()
			}
			leaf := s.pending.Size() // one writer: the index is identity enough
			entry, err := evidence.Canonical(nil, j.tx.stamp(leaf), e)
			if err != nil {
				return err
			}
			idx := s.pending.Append(evidence.LeafHash(entry))
			rows = append(rows, []any{leaf, idx, Micros(j.tx.Now), e.Record.String(), e.Version, e.Action, j.tx.Actor.String(), entry})
		}
	}
	if s.pending == nil {
		return nil
	}
	tx := &Tx{Snapshot: Snapshot{ctx: context.Background(), d: jobs[0].tx.d, r: c}}
	if err := tx.InsertMany(insertEvidence, "", 8, rows); err != nil {
		return err
	}
	return saveTree(tx, s.pending)
}

func saveTree(tx *Tx, tree *evidence.Tree) error {
	for _, t := range tree.Take() {
		if _, err := tx.Exec("INSERT INTO evidence_tile (level, n, data) VALUES ($1, $2, $3)", t.Level, t.N, t.Data); err != nil {
			return err
		}
	}
	_, err := tx.Exec("UPDATE evidence_head SET size = $1 WHERE id = 1", tree.Size())
	return err
}

func (s *sequencer) committed() {
	if s.pending != nil {
		s.mu.Lock()
		s.tree, s.pending = s.pending, nil
		s.mu.Unlock()
	}
}

func (s *sequencer) rollback() { s.pending = nil }

// insertPostgres adds the transaction's leaves without an index.
func (s *sequencer) insertPostgres(tx *Tx) error {
	leaves, err := tx.NextIDs(ref.Kind("leaf"), len(tx.entries))
	if err != nil {
		return err
	}
	rows := make([][]any, len(tx.entries))
	for i, e := range tx.entries {
		entry, err := evidence.Canonical(nil, tx.stamp(leaves[i]), e)
		if err != nil {
			return err
		}
		rows[i] = []any{leaves[i], nil, Micros(tx.Now), e.Record.String(), e.Version, e.Action, tx.Actor.String(), entry}
	}
	return tx.InsertMany(insertEvidence, "", 8, rows)
}

// indexLeaves gives leaves their place in the log. The head row, locked, keeps
// other sequencers out.
var indexLeaves = NewUpdate("evidence", "leaf_id BIGINT", "idx BIGINT")

// sequencePass is how many leaves one pass takes.
const sequencePass = 4096

// sequence gives indexes to leaves that have none (PostgreSQL) and returns how
// many. It returns 0 when another replica holds the head.
func (d *DB) sequence(ctx context.Context) (int, error) {
	d.seq.mu.Lock()
	defer d.seq.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	stx, err := d.side.BeginTx(ctx, nil)
	if err != nil {
		return 0, translate(err)
	}
	defer stx.Rollback()
	tx := &Tx{Snapshot: Snapshot{ctx: ctx, d: d, r: stx}}
	var size int64
	if err := tx.QueryRow("SELECT size FROM evidence_head WHERE id = 1" + tx.SkipLocked()).Scan(&size); err == ErrNoRows {
		return 0, nil
	} else if err != nil {
		return 0, translate(err)
	}
	if size != d.seq.tree.Size() { // somebody else went ahead
		tree, err := LoadTree(tx)
		if err != nil {
			return 0, translate(err) // the tree at hand stays, so that the next pass sees again that it is behind
		}
		d.seq.tree = tree
	}
	type leaf struct {
		id   int64
		hash tlog.Hash
	}
	leaves, err := Collect(tx, func(r *Rows) (leaf, error) {
		var l leaf
		var entry []byte
		err := r.Scan(&l.id, &entry)
		l.hash = evidence.LeafHash(entry)
		return l, err
	}, "SELECT leaf_id, entry FROM evidence WHERE idx IS NULL ORDER BY leaf_id LIMIT $1", sequencePass)
	if err != nil || len(leaves) == 0 {
		return 0, err
	}
	next := d.seq.tree.Clone()
	rows := make([][]any, len(leaves))
	for i, l := range leaves {
		rows[i] = []any{l.id, next.Append(l.hash)}
	}
	n, err := indexLeaves.Run(tx, rows)
	if err != nil {
		return 0, err
	}
	if int(n) != len(leaves) {
		return 0, fmt.Errorf("db: sequenced %d of %d leaves; somebody deletes evidence", n, len(leaves))
	}
	if err := saveTree(tx, next); err != nil {
		return 0, err
	}
	if err := stx.Commit(); err != nil {
		return 0, translate(err)
	}
	d.seq.tree = next
	return len(leaves), nil
}

// Sequenced is the number of evidence entries that have an index.
func (d *DB) Sequenced() int64 {
	d.seq.mu.Lock()
	defer d.seq.mu.Unlock()
	return d.seq.tree.Size()
}
