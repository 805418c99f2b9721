package audit

import (
	"context"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Status is the log at a glance.
type Status struct {
	Name       string        `json:"name"`
	Origin     string        `json:"origin"` // first line of checkpoints signed now
	Key        string        `json:"key"`    // verifier key
	Epochs     []Epoch       `json:"epochs"` // newest first
	Size       int64         `json:"size"`   // entries in the sequence
	Waiting    int64         `json:"waiting"`
	Checkpoint *Checkpoint   `json:"checkpoint,omitempty"`
	Published  []Publication `json:"published"`
	Check      *Result       `json:"check,omitempty"` // the last one
	Whole      *Result       `json:"whole,omitempty"` // the last one of everything
}

// Good reports whether nothing speaks against the log: the last checks went
// well.
func (s Status) Good() bool {
	return (s.Check == nil || s.Check.OK) && (s.Whole == nil || s.Whole.OK)
}

// Status returns the log at a glance.
func (s *Service) Status(ctx context.Context) (Status, error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return Status{}, err
	}
	out := Status{Name: s.key.Name(), Origin: s.Origin(), Key: s.key.Public().String()}
	err := s.d.Read(ctx, func(q db.Querier) (err error) {
		if out.Size, err = headSize(q); err != nil {
			return err
		}
		if out.Waiting, err = waiting(q); err != nil {
			return err
		}
		if out.Epochs, err = epochs(q); err != nil {
			return err
		}
		if c, err := newestCheckpoint(q); err == nil {
			out.Checkpoint = &c
		} else if err != db.ErrNoRows {
			return err
		}
		states, err := publications(q)
		if err != nil {
			return err
		}
		for _, t := range s.opt.Targets {
			p := states[t.Name()]
			p.Target = t.Name()
			out.Published = append(out.Published, p)
		}
		all := true
		if out.Check, err = lastResult(q, nil); err == nil {
			out.Whole, err = lastResult(q, &all)
		}
		return err
	})
	return out, errs.Wrap("audit.status", err)
}

// Shield is what every page's footer shows: whether the last check went well,
// and when it was. It needs no permission beyond reading.
func (s *Service) Shield(ctx context.Context) (ok bool, at time.Time, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return false, at, err
	}
	var r *Result
	err = s.d.Read(ctx, func(q db.Querier) (err error) { r, err = lastResult(q, nil); return err })
	if err != nil || r == nil {
		return err == nil, at, errs.Wrap("audit.shield", err)
	}
	return r.OK, r.At, nil
}

func lastResult(q db.Querier, whole *bool) (*Result, error) {
	row, err := lastCheck(q, whole)
	if err == db.ErrNoRows {
		return nil, nil //nolint:nilnil // no check yet is an answer
	}
	if err != nil {
		return nil, err
	}
	r, err := row.result()
	return &r, err
}

// Checkpoints returns signed checkpoints, newest first.
func (s *Service) Checkpoints(ctx context.Context, cursor string, limit int) (list []Checkpoint, next string, err error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return nil, "", err
	}
	below := int64(1) << 62
	if cursor != "" {
		if below, err = strconv.ParseInt(cursor, 10, 64); err != nil || below < 0 {
			return nil, "", errs.BadField("cursor", cursor, "use the next value of the page before, unchanged")
		}
	}
	err = s.d.Read(ctx, func(q db.Querier) (err error) { list, err = checkpointsPage(q, below, limit+1); return err })
	if len(list) > limit {
		list = list[:limit]
		next = strconv.FormatInt(list[limit-1].Size, 10)
	}
	return list, next, errs.Wrap("audit.checkpoints", err)
}

// Newest returns the newest signed checkpoint.
func (s *Service) Newest(ctx context.Context) (c Checkpoint, err error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return c, err
	}
	err = s.d.Read(ctx, func(q db.Querier) (err error) { c, err = newestCheckpoint(q); return err })
	if err == db.ErrNoRows {
		err = errs.E(errs.NotFound, "no checkpoint was signed yet; the first one follows within %s", s.opt.Every)
	}
	return c, errs.Wrap("audit.newest", err)
}

// CheckpointAt returns the checkpoint of exactly this size.
func (s *Service) CheckpointAt(ctx context.Context, size int64) (c Checkpoint, err error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return c, err
	}
	err = s.d.Read(ctx, func(q db.Querier) (err error) { c, err = checkpointCovering(q, size-1); return err })
	if err == db.ErrNoRows || err == nil && c.Size != size {
		err = errs.E(errs.NotFound, "no checkpoint was signed for exactly %d entries", size)
	}
	return c, errs.Wrap("audit.checkpoint", err)
}

// Consistency proves that the log only grew from one size to another. new = 0
// means its present size.
func (s *Service) Consistency(ctx context.Context, old, new int64) (p evidence.Consistency, err error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return p, err
	}
	err = s.d.Read(ctx, func(q db.Querier) error {
		log, err := db.NewEvidenceLog(q)
		if err != nil {
			return err
		}
		if new == 0 {
			new = log.Size()
		}
		var bad errs.Fields
		if new < 1 || new > log.Size() {
			bad.Add("new", strconv.FormatInt(new, 10), "a size from 1 to "+strconv.FormatInt(log.Size(), 10))
		}
		if old < 1 || old > new {
			bad.Add("old", strconv.FormatInt(old, 10), "a size from 1 to new")
		}
		if err := bad.Err(); err != nil {
			return err
		}
		p, err = evidence.ProveConsistency(evidence.NewReader(log), old, new)
		return err
	})
	return p, errs.Wrap("audit.consistency", err)
}

// Tile returns a tile's hashes (C2SP tlog-tiles); level −1 is the bundle of
// its entries, each with a big-endian 16-bit length before it.
func (s *Service) Tile(ctx context.Context, level int, n int64, width int) (data []byte, err error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return nil, err
	}
	err = s.d.Read(ctx, func(q db.Querier) error {
		log, err := db.NewEvidenceLog(q)
		if err != nil {
			return err
		}
		first := n * evidence.TileWidth
		if level >= 0 {
			if data, err = evidence.NewReader(log).Tile(level, n, width); err != nil {
				return errs.E(errs.NotFound, "the log has no such tile yet").Because(err)
			}
			return nil
		}
		if n < 0 || width < 1 || width > evidence.TileWidth || first+int64(width) > log.Size() {
			return errs.E(errs.NotFound, "the log has no such entries yet")
		}
		entries, err := log.Entries(first, first+int64(width))
		for _, e := range entries {
			data = append(append(data, byte(len(e.Canonical)>>8), byte(len(e.Canonical))), e.Canonical...)
		}
		return err
	})
	return data, errs.Wrap("audit.tile", err)
}

// ParseTilePath reads the part of a C2SP tile path after "tile/":
// "0/x001/067", "entries/000.p/12".
func ParseTilePath(path string) (level int, n int64, width int, err error) {
	t, err := tlog.ParseTilePath("tile/8/" + path)
	if rest, ok := strings.CutPrefix(path, "entries/"); ok {
		t, err = tlog.ParseTilePath("tile/8/data/" + rest)
	}
	if err != nil {
		return 0, 0, 0, errs.E(errs.NotFound, "this is no tile path; see c2sp.org/tlog-tiles").Because(err)
	}
	return t.L, t.N, t.W, nil
}
