package audit

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

func headSize(q db.Querier) (size int64, err error) {
	return size, q.QueryRow("SELECT size FROM evidence_head WHERE id = 1").Scan(&size)
}

func scanCheckpoint(scan func(...any) error) (c Checkpoint, err error) {
	var at int64
	err = scan(&c.Size, &c.Epoch, &c.Root, &at, &c.Note)
	c.At = db.Time(at)
	if cp, err := evidence.ParseCheckpoint(c.Note); err == nil {
		c.Origin = cp.Origin
	}
	return c, err
}

// newestCheckpoint is the last one signed; ErrNoRows before the first.
func newestCheckpoint(q db.Querier) (Checkpoint, error) {
	return scanCheckpoint(q.QueryRow("SELECT size, epoch, root, at, note FROM evidence_checkpoint ORDER BY size DESC, epoch DESC LIMIT 1").Scan)
}

// checkpointCovering is the smallest checkpoint that covers an index.
func checkpointCovering(q db.Querier, index int64) (Checkpoint, error) {
	return scanCheckpoint(q.QueryRow("SELECT size, epoch, root, at, note FROM evidence_checkpoint WHERE size > $1 ORDER BY size, epoch LIMIT 1", index).Scan)
}

const checkpointsBelow = "SELECT size, epoch, root, at, note FROM evidence_checkpoint WHERE size < $1 ORDER BY size DESC, epoch DESC LIMIT $2"

// checkpointsPage returns checkpoints below a size, newest first.
func checkpointsPage(q db.Querier, below int64, limit int) ([]Checkpoint, error) {
	return db.Collect(q, func(r *db.Rows) (Checkpoint, error) { return scanCheckpoint(r.Scan) }, checkpointsBelow, below, limit)
}

const checkpointsAbove = "SELECT size, epoch, root, at, note FROM evidence_checkpoint WHERE size > $1 ORDER BY size, epoch LIMIT $2"

// checkpointsAfter returns checkpoints above a size, oldest first.
func checkpointsAfter(q db.Querier, above int64, limit int) ([]Checkpoint, error) {
	return db.Collect(q, func(r *db.Rows) (Checkpoint, error) { return scanCheckpoint(r.Scan) }, checkpointsAbove, above, limit)
}

// insertCheckpoint adds one; when another replica signed the same head at the
// same moment, theirs stays (the root is the same).
func insertCheckpoint(tx *db.Tx, c Checkpoint, tail []byte) error {
	if _, err := tx.Exec("UPDATE evidence_checkpoint SET tail = NULL WHERE tail IS NOT NULL AND size < $1", c.Size); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO evidence_checkpoint (size, epoch, root, at, note, tail) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		c.Size, c.Epoch, c.Root, db.Micros(c.At), c.Note, tail)
	return err
}
