package audit

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// RecordProof is what the log holds about records, each entry proven under one
// checkpoint.
type RecordProof struct {
	Checkpoint Checkpoint
	Entries    []ProvenEntry // by index
	Waiting    bool          // some have no place in the sequence yet
}

// ProvenEntry is one entry with its audit path.
type ProvenEntry struct {
	evidence.Stored
	Path tlog.RecordProof
}

// MaxRecordProof is how many entries are proven at once.
const MaxRecordProof = 5000

// ProveRecords signs the log as it is now and proves all entries of some records.
// The caller must have checked that this reader may see these records. Conflict
// when the log was changed, or there are more entries than MaxRecordProof.
func (s *Service) ProveRecords(ctx context.Context, records ...ref.Ref) (out RecordProof, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return out, errs.Wrap("audit.records", err)
	}
	if out.Checkpoint, _, err = s.sign(ctx); err != nil {
		return out, err
	}
	log, err := s.d.OpenEvidenceLog(ctx)
	if err != nil {
		return out, errs.Wrap("audit.records", err)
	}
	defer log.Close()
	root, err := tlog.ParseHash(out.Checkpoint.Root)
	if err != nil {
		return out, errs.Wrap("audit.records", err)
	}
	r := evidence.NewReader(log)
	for _, record := range records {
		if err := s.proveRecord(ctx, record, r, root, &out); err != nil {
			return out, errs.Wrap("audit.records", err)
		}
	}
	slices.SortFunc(out.Entries, func(a, b ProvenEntry) int { return cmp.Compare(a.Index, b.Index) })
	return out, nil
}

func (s *Service) proveRecord(ctx context.Context, record ref.Ref, r *evidence.Reader, root tlog.Hash, out *RecordProof) error {
	size := out.Checkpoint.Size
	err := s.ascending(ctx, Filter{Record: record.String()}, size, func(e evidence.Stored) error {
		if len(out.Entries) == MaxRecordProof {
			return errs.E(errs.Conflict, "%s has more than %d entries in the log; export them with `evenkeel evidence export --record`", record, MaxRecordProof).On(record.String())
		}
		p, err := evidence.ProveInclusion(r, size, e.Index, evidence.LeafHash(e.Canonical), root)
		if err != nil {
			return errs.E(errs.Conflict, "entry #%d cannot be proven: the log was changed; run a check to see where", e.Index).Because(err)
		}
		out.Entries = append(out.Entries, ProvenEntry{e, p.Path})
		return nil
	})
	if err != nil {
		return err
	}
	return s.d.Read(ctx, func(q db.Querier) error {
		waiting, err := unproven(q, record.String(), size)
		out.Waiting = out.Waiting || waiting
		return err
	})
}

// SignMessage signs a statement about records with the log's key; see
// evidence.Key.SignMessage.
func (s *Service) SignMessage(message []byte) []byte { return s.key.SignMessage(message) }
