package audit

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// RecordProof is what the log holds about one record, each entry proven under
// one checkpoint.
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

// MaxRecordProof is how many entries of one record are proven at once.
const MaxRecordProof = 5000

// ProveRecord signs the log as it is now and proves all entries of one record.
// The caller must have checked that this reader may see this record. Conflict
// when the log was changed, or the record has more entries than MaxRecordProof.
func (s *Service) ProveRecord(ctx context.Context, record ref.Ref) (out RecordProof, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return out, errs.Wrap("audit.record", err)
	}
	if out.Checkpoint, _, err = s.sign(ctx); err != nil {
		return out, err
	}
	log, err := s.d.OpenEvidenceLog(ctx)
	if err != nil {
		return out, errs.Wrap("audit.record", err)
	}
	defer log.Close()
	root, err := tlog.ParseHash(out.Checkpoint.Root)
	if err != nil {
		return out, errs.Wrap("audit.record", err)
	}
	r := evidence.NewReader(log)
	err = s.ascending(ctx, Filter{Record: record.String()}, out.Checkpoint.Size, func(e evidence.Stored) error {
		if len(out.Entries) == MaxRecordProof {
			return errs.E(errs.Conflict, "%s has more than %d entries in the log; export them with `evenkeel evidence export --record`", record, MaxRecordProof).On(record.String())
		}
		p, err := evidence.ProveInclusion(r, out.Checkpoint.Size, e.Index, evidence.LeafHash(e.Canonical), root)
		if err != nil {
			return errs.E(errs.Conflict, "entry #%d cannot be proven: the log was changed; run a check to see where", e.Index).Because(err)
		}
		out.Entries = append(out.Entries, ProvenEntry{e, p.Path})
		return nil
	})
	if err == nil {
		err = s.d.Read(ctx, func(q db.Querier) error {
			out.Waiting, err = unproven(q, record.String(), out.Checkpoint.Size)
			return err
		})
	}
	return out, errs.Wrap("audit.record", err)
}

// SignMessage signs a statement about records with the log's key; see
// evidence.Key.SignMessage.
func (s *Service) SignMessage(message []byte) []byte { return s.key.SignMessage(message) }
