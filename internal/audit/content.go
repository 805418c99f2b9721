package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// columnsDiffer compares the columns that stand beside an entry for searching
// with the entry itself: whoever edits them could hide an entry from a filter.
// The common case is found by looking for the field's text, which is exact
// because canonical bytes have one form; only what does not match is parsed.
func columnsDiffer(row db.EvidenceRow) *evidence.Bad {
	head := row.Canonical
	if i := bytes.Index(head, []byte(`,"data":`)); i >= 0 {
		head = head[:i]
	}
	at := db.Time(row.At).Format(`"2006-01-02T15:04:05.000000Z"`)
	if has(head, `,"record":"`, row.Record) && has(head, `,"action":"`, row.Action) && has(head, `,"actor":"`, row.Actor) && bytes.Contains(head, []byte(at)) &&
		(row.Version == 0 || bytes.Contains(head, fmt.Appendf(nil, `,"version":%d`, row.Version))) {
		return nil
	}
	f, err := evidence.ReadFacts(row.Canonical)
	if err != nil || f.Record == row.Record && f.Action == row.Action && f.Actor == row.Actor && f.Version == row.Version && f.At.UnixMicro() == row.At {
		return nil // unreadable entries are found by their hash
	}
	return &evidence.Bad{Fault: evidence.Edited, Index: row.Index, Until: row.Index, Record: f.Record, Action: f.Action, At: f.At,
		Words: fmt.Sprintf("The columns beside entry #%d were edited: they say %s %s by %s, the entry says %s %s by %s; the entry is what was logged.",
			row.Index, row.Record, row.Action, row.Actor, f.Record, f.Action, f.Actor)}
}

func has(head []byte, field, value string) bool {
	return value == "" || bytes.Contains(head, []byte(field+value+`"`))
}

// beyondHead finds entries whose index lies beyond the end of the log.
func (s *Service) beyondHead(ctx context.Context) (bad *evidence.Bad, err error) {
	err = s.d.Read(ctx, func(q db.Querier) error {
		size, err := headSize(q)
		if err != nil {
			return err
		}
		e, err := strayEntry(q, size)
		if err == db.ErrNoRows {
			return nil
		}
		if err != nil {
			return err
		}
		f, _ := evidence.ReadFacts(e.Canonical)
		bad = &evidence.Bad{Fault: evidence.Inserted, Index: e.Index, Until: e.Index, Record: f.Record, Action: f.Action, At: f.At,
			Words: fmt.Sprintf("Entry #%d was inserted: the log has %d entries.", e.Index, size)}
		return nil
	})
	return bad, err
}

const (
	recordsAtOnce = 500
	maxMore       = 20
)

// compareRecords compares the present content of every record of the
// registered kinds with the digest in its last entry.
func (s *Service) compareRecords(ctx context.Context, r *Result) error {
	after := ""
	for {
		var names []string
		err := s.d.Read(ctx, func(q db.Querier) (err error) {
			if names, err = recordsAfter(q, after, recordsAtOnce); err != nil {
				return err
			}
			for _, name := range names {
				i := strings.IndexAny(name, "- ")
				if i < 0 || s.contents[ref.Kind(name[:i])] == nil {
					continue
				}
				if err := s.compareRecord(q, ref.Kind(name[:i]), name, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(names) == 0 {
			return err
		}
		after = names[len(names)-1]
		s.progress(func(p *Progress) { p.Done += int64(len(names)) })
	}
}

func (s *Service) compareRecord(q db.Querier, kind ref.Kind, name string, r *Result) error {
	last, err := lastClaim(q, name)
	if err == db.ErrNoRows {
		return nil // no entry says anything about its content
	}
	if err != nil {
		return err
	}
	digest, err := s.contents[kind](q, name[len(kind)+1:])
	gone := errors.Is(err, db.ErrNoRows) || errs.Is(err, errs.NotFound)
	if err != nil && !gone {
		return fmt.Errorf("content of %s: %w", name, err)
	}
	bad := &evidence.Bad{Fault: evidence.Content, Index: last.Index, Until: last.Index, Record: name, Action: last.Action, At: last.At}
	entry := fmt.Sprintf("its last entry (#%d %s at %s)", last.Index, last.Action, last.At.UTC().Format("2006-01-02 15:04:05Z"))
	switch {
	case gone && last.After == "":
		r.Records++
		return nil
	case gone:
		bad.Words = fmt.Sprintf("%s is missing, but %s says it exists: it was deleted without an entry.", name, entry)
	case last.After == "":
		bad.Words = fmt.Sprintf("%s exists, but %s says it was removed: it was put back without an entry.", name, entry)
	case digest == "":
		r.Erased++
		return nil
	case digest != last.After:
		bad.Words = fmt.Sprintf("%s is not what %s says: it was edited without an entry.", name, entry)
	default:
		r.Records++
		return nil
	}
	if r.Bad == nil {
		r.fail(bad)
	} else if len(r.More) < maxMore {
		r.More = append(r.More, *bad)
	}
	return nil
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "{}" // cannot be: our own types
	}
	return string(text)
}
