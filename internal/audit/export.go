package audit

import (
	"context"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Export writes the log, or with a filter a selection of it, in the documented
// export format, signed up to now, and returns the number of entries written.
// The export itself is an entry of the log.
func (s *Service) Export(ctx context.Context, w io.Writer, f Filter) (int64, error) {
	who, err := actor.Require(ctx, actor.Audit)
	if err != nil {
		return 0, err
	}
	if err := f.check(); err != nil {
		return 0, err
	}
	whole := f == Filter{}
	err = s.d.Write(ctx, who, "the evidence log was exported", func(tx *db.Tx) error {
		size, err := headSize(tx)
		tx.Record(evidence.Entry{Action: "evidence.export", Record: ref.S(ref.System, "evidence"), Data: map[string]any{"size": size, "whole": whole}})
		return err
	})
	if err != nil {
		return 0, errs.Wrap("audit.export", err)
	}
	c, _, err := s.sign(ctx)
	if err != nil && whole {
		// A log that was changed must still be exportable, for whoever looks
		// into what happened. A selection would need proofs that fail.
		s.opt.Log.Error("exporting without a fresh checkpoint", "error", err)
	} else if err != nil {
		return 0, err
	}
	log, err := s.d.OpenEvidenceLog(ctx)
	if err != nil {
		return 0, errs.Wrap("audit.export", err)
	}
	defer log.Close()
	now, err := s.d.Now(ctx)
	if err != nil {
		return 0, errs.Wrap("audit.export", err)
	}
	h := evidence.Header{Selection: !whole, Key: s.key.Public(), Made: now, Size: log.Size()}
	var n int64
	if whole {
		n, err = evidence.ExportWhole(w, h, log, nil)
	} else {
		n, err = s.exportSelection(ctx, w, h, f, log, c)
	}
	return n, errs.Wrap("audit.export", err)
}

// proofsAtOnce bounds the tiles that a selection keeps in memory.
const proofsAtOnce = 4096

func (s *Service) exportSelection(ctx context.Context, w io.Writer, h evidence.Header, f Filter, log *db.EvidenceLog, c Checkpoint) (int64, error) {
	root, err := tlog.ParseHash(c.Root)
	if err != nil {
		return 0, err
	}
	x := evidence.NewExport(w, h)
	x.Checkpoint(c.Note)
	var n int64
	r := evidence.NewReader(log)
	err = s.ascending(ctx, f, c.Size, func(e evidence.Stored) error {
		if n++; n%proofsAtOnce == 0 {
			r = evidence.NewReader(log)
		}
		p, err := evidence.ProveInclusion(r, c.Size, e.Index, evidence.LeafHash(e.Canonical), root)
		if err != nil {
			return errs.E(errs.Conflict, "entry #%d cannot be proven: the log was changed; export the whole log, or run a check to see where", e.Index).Because(err)
		}
		x.Proven(e, p.Path)
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, x.Close(root)
}

// ascending visits the entries that match, oldest first, below a size.
func (s *Service) ascending(ctx context.Context, f Filter, size int64, visit func(evidence.Stored) error) error {
	if r, err := ref.Parse(f.Record); err == nil {
		f.Record = r.String()
	}
	var cursor, high int64
	err := s.d.Read(ctx, func(q db.Querier) (err error) { cursor, high, err = span(q, f, size); return err })
	if f.Record != "" {
		cursor = 0 // not an index then
	}
	for err == nil {
		var page []evidence.Stored
		err = s.d.Read(ctx, func(q db.Querier) (err error) {
			page, cursor, err = entriesFrom(q, f.Record, cursor, high, window/10)
			return err
		})
		if len(page) == 0 {
			return err
		}
		for _, e := range page {
			if err == nil && f.match(itemOf(e.Index, e.Canonical)) {
				err = visit(e)
			}
		}
	}
	return err
}
