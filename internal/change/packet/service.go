package packet

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Log is the evidence log; *audit.Service is one.
type Log interface {
	attest.Signer
	ProveRecords(ctx context.Context, records ...ref.Ref) (audit.RecordProof, error)
}

// Service issues packets. Set the exported fields before use.
type Service struct {
	// Public returns which of the incidents everybody may know of; nil: packets
	// name no incidents.
	Public func(q db.Querier, incidents []int64) (map[int64]bool, error)

	db  *db.DB
	log Log
}

// New returns a service that signs with a log's key.
func New(d *db.DB, log Log) *Service { return &Service{db: d, log: log} }

// Content returns what a packet of the change would say, without issuing one.
// NotFound when there is no such change.
func (s *Service) Content(ctx context.Context, change int64) (c Content, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return c, errs.Wrap("packet.content", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		c, err = s.collect(q, change)
		return err
	})
	return c, errs.Wrap("packet.content", err)
}

const (
	again    = 50 * time.Millisecond // until the sequence is looked at again
	patience = 10 * time.Second      // the sequencer of a cluster takes a second
)

// Issue returns the packet of a change as a file. The log takes the statement
// first, once for each content. Errors: NotFound; Unavailable when the log takes
// too long; Conflict when the log was changed and proves nothing any more.
func (s *Service) Issue(ctx context.Context, change int64) (attest.Envelope, error) {
	who, err := actor.Require(ctx, actor.Read)
	if err != nil {
		return attest.Envelope{}, errs.Wrap("packet.issue", err)
	}
	env, err := s.issue(ctx, who, ref.N(ref.Change, change), change)
	return env, errs.Wrap("packet.issue", err)
}

func (s *Service) issue(ctx context.Context, who actor.Actor, key ref.Ref, change int64) (attest.Envelope, error) {
	c, err := s.Content(ctx, change)
	if err != nil {
		return attest.Envelope{}, err
	}
	records := append([]ref.Ref{key}, c.related()...)
	proof, err := s.proven(ctx, records, "")
	if err != nil {
		return attest.Envelope{}, err
	}
	statement, err := statementOf(records, c, proof)
	if err != nil {
		return attest.Envelope{}, err
	}
	digest := attest.Digest(statement)
	if !taken(proof, digest) {
		err := s.db.Write(ctx, who, "a packet of a change was issued", func(tx *db.Tx) error {
			tx.Record(evidence.Entry{Action: action, Record: key, Data: map[string]string{"statement": digest}})
			return nil
		})
		if err != nil {
			return attest.Envelope{}, err
		}
		if proof, err = s.proven(ctx, records, digest); err != nil {
			return attest.Envelope{}, err
		}
	}
	return attest.Seal(statement, s.log, logOf(s.log.Key(), proof, statement, digest))
}

// action is what the entry about a packet says.
const action = "change.packet"

// proven is the proof of all entries of some records, once each has its place in
// the sequence; with a digest, the one that took that statement too.
func (s *Service) proven(ctx context.Context, records []ref.Ref, digest string) (audit.RecordProof, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		p, err := s.log.ProveRecords(ctx, records...)
		if err != nil || !p.Waiting && (digest == "" || taken(p, digest)) {
			return p, err
		}
		t := time.NewTimer(again)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return p, errs.E(errs.Unavailable, "the evidence log has not taken all entries of %s yet; try again in a moment", records[0]).On(records[0].String()).After(time.Second)
		}
	}
}

// issued is the digest of the statement that an entry took; empty when it is
// about something else.
func issued(e audit.ProvenEntry) string {
	f, err := evidence.ReadFacts(e.Canonical)
	var data struct{ Statement string }
	if err != nil || f.Action != action || json.Unmarshal(f.Data, &data) != nil {
		return ""
	}
	return data.Statement
}

func taken(p audit.RecordProof, digest string) bool {
	return slices.ContainsFunc(p.Entries, func(e audit.ProvenEntry) bool { return issued(e) == digest })
}

// statementOf stands on all entries but those about packets, so that an issued
// packet does not make another one of the next.
func statementOf(records []ref.Ref, c Content, p audit.RecordProof) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // what decisions stood on stays as it was logged
	if err := enc.Encode(c); err != nil {
		return nil, err
	}
	text := bytes.TrimSpace(buf.Bytes())
	related := []string{}
	for _, r := range records[1:] {
		related = append(related, r.String())
	}
	st := attest.Statement{Type: attest.StatementType, Subject: subjects(c.Change, text), PredicateType: PredicateType,
		Predicate: attest.Predicate{Record: records[0].String(), Related: related, Content: text, Entries: []tlog.Hash{}}}
	for _, e := range p.Entries {
		if issued(e) == "" {
			st.Predicate.Entries = append(st.Predicate.Entries, evidence.LeafHash(e.Canonical))
		}
	}
	return st.Bytes()
}

// logOf is the proof that goes into the file: the entries that the statement
// stands on, and the first that took it.
func logOf(key evidence.Public, p audit.RecordProof, statement []byte, digest string) attest.Log {
	log := attest.Log{Key: key.String(), Checkpoint: p.Checkpoint.Note, Entries: []attest.Entry{}}
	found := false
	for _, e := range p.Entries {
		if of := issued(e); of != "" {
			if of != digest || found {
				continue
			}
			found = true
		}
		path := []tlog.Hash(e.Path)
		if path == nil {
			path = []tlog.Hash{}
		}
		log.Entries = append(log.Entries, attest.Entry{Index: e.Index, Entry: string(e.Canonical), Path: path})
	}
	return log
}

// Read returns what a checked packet says.
func Read(r attest.Report) (c Content, err error) {
	if !r.OK || r.PredicateType != PredicateType {
		return c, errs.E(errs.Invalid, "this is no packet of a change that verifies")
	}
	err = json.Unmarshal(r.Statement.Predicate.Content, &c)
	return c, err
}
