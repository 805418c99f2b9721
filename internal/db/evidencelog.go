package db

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// EvidenceLog is the stored log as package evidence reads it: for proofs,
// exports and checks. It answers for the size at the time it was made, so it
// stays consistent while the log grows: rows behind that never change.
//
// Made with a Querier it reads in that snapshot; made with a DB every read is
// a short snapshot of its own, so that a check of hours holds nothing open.
// It is not safe for concurrent use.
type EvidenceLog struct {
	read   func(fn func(Querier) error) error
	size   int64
	signed int64 // size of the largest checkpoint; later ones are not looked at
	tailAt int64
	tail   []tlog.Hash

	// OnRow, if set, sees every row that is read, in order, with the columns
	// that stand beside the entry; it runs beside the reader of Entries.
	OnRow func(EvidenceRow)

	chunk             // entries read ahead
	next   chan chunk // the chunk after it, being read meanwhile; nil when none is
	beside bool       // chunks may be read beside others: every read is its own snapshot
}

// EvidenceRow is an entry with the columns that stand beside it for searching.
type EvidenceRow struct {
	evidence.Stored
	At, Version           int64
	Record, Action, Actor string
}

// chunk is a stretch of entries.
type chunk struct {
	entries    []evidence.Stored
	from, upto int64 // the indexes it covers
	err        error
}

// readAhead is how many entries are read at once for a sequential pass.
const readAhead = 2048

// NewEvidenceLog returns the log in one snapshot.
func NewEvidenceLog(q Querier) (*EvidenceLog, error) {
	return newEvidenceLog(func(fn func(Querier) error) error { return fn(q) })
}

// OpenEvidenceLog returns the log for a long pass over it.
func (d *DB) OpenEvidenceLog(ctx context.Context) (*EvidenceLog, error) {
	l, err := newEvidenceLog(func(fn func(Querier) error) error { return d.Read(ctx, fn) })
	l.beside = true
	return l, err
}

func newEvidenceLog(read func(fn func(Querier) error) error) (*EvidenceLog, error) {
	l := &EvidenceLog{read: read}
	return l, read(func(q Querier) error {
		if err := q.QueryRow("SELECT size FROM evidence_head WHERE id = 1").Scan(&l.size); err != nil {
			return err
		}
		if err := q.QueryRow("SELECT COALESCE(MAX(size), 0) FROM evidence_checkpoint").Scan(&l.signed); err != nil {
			return err
		}
		var tail []byte
		err := q.QueryRow("SELECT size, tail FROM evidence_checkpoint WHERE tail IS NOT NULL ORDER BY size DESC LIMIT 1").Scan(&l.tailAt, &tail)
		if err != nil && err != ErrNoRows {
			return err
		}
		l.tail = SplitHashes(tail)
		return nil
	})
}

// SplitHashes cuts concatenated hashes; what is left over is dropped.
func SplitHashes(data []byte) []tlog.Hash {
	out := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range out {
		copy(out[i][:], data[i*tlog.HashSize:])
	}
	return out
}

// Size is the number of sequenced entries when the log was opened.
func (l *EvidenceLog) Size() int64 { return l.size }

// Tail implements evidence.Log.
func (l *EvidenceLog) Tail() (int64, []tlog.Hash, error) { return l.tailAt, l.tail, nil }

// Tiles implements evidence.Store.
func (l *EvidenceLog) Tiles(level int, from, to int64) ([][]byte, error) {
	var out [][]byte
	err := l.read(func(q Querier) (err error) {
		next := from
		out, err = Collect(q, func(r *Rows) ([]byte, error) {
			var n int64
			var data []byte
			if err := r.Scan(&n, &data); err != nil {
				return nil, err
			}
			if n != next || len(data) != evidence.TileWidth*tlog.HashSize {
				return nil, fmt.Errorf("db: evidence tile %d/%d: %w", level, next, evidence.ErrMissing)
			}
			next++
			return data, nil
		}, "SELECT n, data FROM evidence_tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n", level, from, to)
		if err == nil && next != to {
			return fmt.Errorf("db: evidence tile %d/%d: %w", level, next, evidence.ErrMissing)
		}
		return err
	})
	return out, err
}

// Leaves implements evidence.Store.
func (l *EvidenceLog) Leaves(from, to int64) ([]tlog.Hash, error) {
	entries, err := l.fetch(from, to, nil)
	if err != nil {
		return nil, err
	}
	hashes := make([]tlog.Hash, len(entries))
	for i, e := range entries {
		if e.Index != from+int64(i) {
			break
		}
		hashes[i] = evidence.LeafHash(e.Canonical)
	}
	if int64(len(entries)) != to-from || len(entries) > 0 && entries[len(entries)-1].Index != to-1 {
		return nil, fmt.Errorf("db: evidence entries from #%d to #%d: %w", from, to-1, evidence.ErrMissing)
	}
	return hashes, nil
}

// Entries implements evidence.Log. Passes are sequential, so it reads ahead,
// and while one chunk is looked at the next is read.
func (l *EvidenceLog) Entries(from, to int64) ([]evidence.Stored, error) {
	if from < l.from || to > l.upto {
		if err := l.advance(from, to); err != nil {
			return nil, err
		}
	}
	for len(l.entries) > 0 && l.entries[0].Index < from {
		l.entries = l.entries[1:]
	}
	l.from = from
	n := 0
	for n < len(l.entries) && l.entries[n].Index < to {
		n++
	}
	return l.entries[:n], nil
}

func (l *EvidenceLog) advance(from, to int64) error {
	c := l.wait()
	if c.from != from || c.upto < to {
		c = l.load(from, max(to, min(from+readAhead, l.size)))
	}
	if c.err != nil {
		l.chunk = chunk{}
		return c.err
	}
	l.chunk = c
	if sequential := c.upto < l.size && c.upto-c.from >= readAhead; l.beside && sequential {
		ready := make(chan chunk, 1)
		l.next = ready
		go func() { ready <- l.load(c.upto, min(c.upto+readAhead, l.size)) }()
	}
	return nil
}

// wait returns the chunk that is being read, if there is one.
func (l *EvidenceLog) wait() chunk {
	if l.next == nil {
		return chunk{from: -1}
	}
	c := <-l.next
	l.next = nil
	return c
}

// Close waits for what is still being read; no OnRow is called after it.
func (l *EvidenceLog) Close() { l.wait() }

func (l *EvidenceLog) load(from, to int64) chunk {
	entries, err := l.fetch(from, to, l.OnRow)
	return chunk{entries, from, to, err}
}

func (l *EvidenceLog) fetch(from, to int64, onRow func(EvidenceRow)) (out []evidence.Stored, err error) {
	err = l.read(func(q Querier) (err error) {
		if onRow == nil {
			out, err = Collect(q, func(r *Rows) (e evidence.Stored, err error) {
				return e, r.Scan(&e.Index, &e.Canonical)
			}, "SELECT idx, entry FROM evidence WHERE idx >= $1 AND idx < $2 ORDER BY idx", from, to)
			return err
		}
		out, err = Collect(q, func(r *Rows) (evidence.Stored, error) {
			var e EvidenceRow
			if err := r.Scan(&e.Index, &e.Canonical, &e.At, &e.Version, &e.Record, &e.Action, &e.Actor); err != nil {
				return e.Stored, err
			}
			onRow(e)
			return e.Stored, nil
		}, "SELECT idx, entry, at, version, record, action, actor FROM evidence WHERE idx >= $1 AND idx < $2 ORDER BY idx", from, to)
		return err
	})
	return out, err
}

// Checkpoints implements evidence.Log.
func (l *EvidenceLog) Checkpoints(from, to int64) (out []string, err error) {
	err = l.read(func(q Querier) (err error) {
		out, err = Collect(q, func(r *Rows) (note string, err error) { return note, r.Scan(&note) },
			"SELECT note FROM evidence_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size, epoch", from, min(to, l.signed))
		return err
	})
	return out, err
}

var _ evidence.Log = (*EvidenceLog)(nil)
