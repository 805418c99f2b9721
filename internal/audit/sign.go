package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/job"
)

// Checkpoint is a signed checkpoint as it is kept.
type Checkpoint struct {
	Size   int64     `json:"size"`
	Epoch  int64     `json:"epoch"`
	Origin string    `json:"origin"`
	Root   string    `json:"root"`
	At     time.Time `json:"at"`
	Note   string    `json:"note"` // C2SP tlog-checkpoint
}

// Signer is the job that signs a checkpoint when the log has grown.
func (s *Service) Signer() job.Source {
	return job.Source{Name: "evidence.sign",
		Next: func(q db.Querier) (time.Time, error) {
			last, err := newestCheckpoint(q)
			if err != nil && err != db.ErrNoRows {
				return time.Time{}, err
			}
			size, err := headSize(q)
			if err != nil || size == last.Size && last.Epoch == s.epoch || size == 0 {
				return time.Time{}, err
			}
			if last.At.IsZero() {
				return time.Unix(1, 0), nil
			}
			return last.At.Add(s.opt.Every), nil
		},
		Run: func(ctx context.Context, d *db.DB) (int, error) {
			now, err := d.Now(ctx)
			if err != nil {
				return 0, err
			}
			due := false
			err = d.Read(ctx, func(q db.Querier) error {
				last, err := newestCheckpoint(q)
				// A checkpoint from the future: the clock was put back, which must not keep the log unsigned.
				due = err == db.ErrNoRows || err == nil && (!last.At.Add(s.opt.Every).After(now) || last.At.After(now.Add(time.Second)))
				if err == db.ErrNoRows {
					err = nil
				}
				return err
			})
			if err != nil || !due {
				return 0, err
			}
			_, signed, err := s.sign(ctx)
			if err != nil || !signed {
				return 0, err
			}
			return 1, nil
		},
	}
}

// Sign signs the log as it is now and returns the newest checkpoint; it is the
// last one when nothing was added since.
func (s *Service) Sign(ctx context.Context) (Checkpoint, error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return Checkpoint{}, err
	}
	c, _, err := s.sign(ctx)
	return c, err
}

func (s *Service) sign(ctx context.Context) (c Checkpoint, signed bool, err error) {
	var tail []byte
	err = s.d.Read(ctx, func(q db.Querier) error {
		log, err := db.NewEvidenceLog(q)
		if err != nil {
			return err
		}
		last, err := newestCheckpoint(q)
		if err != nil && err != db.ErrNoRows {
			return err
		}
		c.Size = log.Size()
		if c.Size == last.Size && last.Epoch == s.epoch || c.Size == 0 {
			c = last
			return nil
		}
		signed = true
		r := evidence.NewReader(log)
		if err := agrees(r, last, c.Size); err != nil {
			return err
		}
		root, err := r.Root(c.Size)
		if err != nil {
			return err
		}
		if w := c.Size % evidence.TileWidth; w > 0 {
			if tail, err = r.Tile(0, c.Size/evidence.TileWidth, int(w)); err != nil {
				return err
			}
		}
		cp, err := s.key.Sign(s.epoch, c.Size, root)
		c.Epoch, c.Origin, c.Root, c.Note = s.epoch, cp.Origin, cp.Root.String(), cp.Note
		return err
	})
	if err != nil || !signed {
		return c, false, errs.Wrap("audit.sign", err)
	}
	err = s.d.Write(ctx, actor.Job("evidence"), "a checkpoint was signed", func(tx *db.Tx) error {
		tx.Unrecorded("a checkpoint is about the log; an entry for it would need the next one")
		if e, err := lastEpoch(tx); err != nil {
			return err
		} else if e.Epoch != s.epoch {
			return errs.E(errs.Conflict, "the evidence log is in epoch %d, but this server signs for epoch %d: its key was replaced; start this server anew with that key", e.Epoch, s.epoch)
		}
		c.At = tx.Now
		return insertCheckpoint(tx, c, tail)
	})
	return c, err == nil, errs.Wrap("audit.sign", err)
}

// agrees checks that the stored tree still leads to the last checkpoint.
func agrees(r *evidence.Reader, last Checkpoint, size int64) error {
	if last.Size == 0 {
		return nil
	}
	broken := errs.E(errs.Conflict, "the evidence log no longer leads to its last checkpoint of %d entries: it was changed, so nothing more is signed; "+
		"run `evenkeel evidence verify` to see where", last.Size)
	if last.Size > size {
		return broken.Because(fmt.Errorf("only %d entries are left", size))
	}
	root, err := r.Root(last.Size)
	if err != nil {
		return broken.Because(err)
	}
	if root.String() != last.Root {
		return broken.Because(fmt.Errorf("root %s, signed was %s", root, last.Root))
	}
	return nil
}
