package audit

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Filter selects entries; zero values select all.
type Filter struct {
	Record string    // a record's key, "INC-1042"
	Actor  string    // "user:17", "system"
	Action string    // "incident.acknowledge", or "incident.*" for all that begin so
	Since  time.Time // made at or after
	Until  time.Time // made before
}

// Item is one entry as it is listed.
type Item struct {
	Index   int64           `json:"index"` // place in the log; −1 while it has none
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Via     string          `json:"via,omitempty"`
	Action  string          `json:"action"`
	Record  string          `json:"record"`
	Version int64           `json:"version,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Before  string          `json:"before,omitempty"`
	After   string          `json:"after,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`

	leaf int64
}

// Page is one page of entries, newest first.
type Page struct {
	Items []Item
	Next  string // cursor of the next page; empty on the last
	// Through is the index down to which was searched, when a filter without
	// an index of its own stopped before the page was full; −1 else.
	Through int64
}

func (f Filter) check() error {
	var bad errs.Fields
	if f.Record != "" {
		if _, err := ref.Parse(f.Record); err != nil {
			bad.Add("record", f.Record, "write a key like INC-1042 or SVC checkout")
		}
	}
	if len(f.Actor) > 100 || strings.ContainsAny(f.Actor, "\x00\n") {
		bad.Add("actor", f.Actor, "write it like user:17 or system")
	}
	if len(f.Action) > 100 || strings.Contains(strings.TrimSuffix(f.Action, "*"), "*") {
		bad.Add("action", f.Action, "write it like incident.acknowledge, or incident.* for all that begin so")
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		bad.Add("until", f.Until.Format(time.RFC3339), "a time after since")
	}
	return bad.Err()
}

// List returns entries, newest first. Filters by actor and action have no
// index (one would slow every write down), so a page may stop early; its Next
// goes on from there.
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) (Page, error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return Page{}, err
	}
	if err := f.check(); err != nil {
		return Page{}, err
	}
	return s.list(ctx, f, cursor, limit)
}

// History returns the entries of one record, newest first, for the record's
// own page: whoever may read the record may see who did what to it. The
// caller must have checked that this reader may see this record.
func (s *Service) History(ctx context.Context, record ref.Ref, cursor string, limit int) (Page, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Page{}, err
	}
	return s.list(ctx, Filter{Record: record.String()}, cursor, limit)
}

func (s *Service) list(ctx context.Context, f Filter, cursor string, limit int) (Page, error) {
	below := int64(1) << 62
	if cursor != "" {
		n, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil || n < 0 {
			return Page{}, errs.BadField("cursor", cursor, "use the next value of the page before, unchanged")
		}
		below = n
	}
	if limit < 1 || limit > 200 {
		limit = 50
	}
	if r, err := ref.Parse(f.Record); err == nil {
		f.Record = r.String() // "inc-1042" is INC-1042
	}
	page := Page{Through: -1}
	err := s.d.Read(ctx, func(q db.Querier) (err error) {
		if f.Record != "" {
			return page.byRecord(q, f, below, limit)
		}
		return page.byIndex(q, f, below, limit)
	})
	return page, errs.Wrap("audit.list", err)
}

// Detail is one entry with all that proves it.
type Detail struct {
	Item
	Canonical  string              `json:"canonical"` // the bytes that are hashed
	Hash       string              `json:"hash"`      // leaf hash, base64
	Checkpoint *Checkpoint         `json:"checkpoint,omitempty"`
	Proof      *evidence.Inclusion `json:"proof,omitempty"` // absent until a checkpoint covers it
	Path       []Step              `json:"-"`
}

// Step is one sibling on the way from a leaf to the root.
type Step struct {
	Hash     tlog.Hash
	Left     bool  // the sibling stands left of the path
	From, To int64 // the entries it covers: From ≤ index < To
}

// Entry returns one entry by index, with the proof that it is in the log under
// the smallest checkpoint that covers it. A log that was changed so that the
// proof fails yields a Conflict.
func (s *Service) Entry(ctx context.Context, index int64) (Detail, error) {
	if _, err := actor.Require(ctx, actor.Audit); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.d.Read(ctx, func(q db.Querier) error {
		log, err := db.NewEvidenceLog(q)
		if err != nil {
			return err
		}
		if index < 0 || index >= log.Size() {
			return errs.E(errs.NotFound, "there is no entry #%d; the log has %d entries, from #0 on", index, log.Size())
		}
		entries, err := log.Entries(index, index+1)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return errs.E(errs.Conflict, "entry #%d is missing from the log; run a check", index)
		}
		raw := entries[0].Canonical
		out = Detail{Item: itemOf(index, raw), Canonical: string(raw), Hash: evidence.LeafHash(raw).String()}
		return out.prove(q, log, raw)
	})
	return out, errs.Wrap("audit.entry", err)
}

func (d *Detail) prove(q db.Querier, log *db.EvidenceLog, raw []byte) error {
	c, err := checkpointCovering(q, d.Index)
	if err == db.ErrNoRows {
		return nil
	}
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(c.Root)
	if err != nil {
		return err
	}
	p, err := evidence.ProveInclusion(evidence.NewReader(log), c.Size, d.Index, evidence.LeafHash(raw), root)
	if err != nil {
		return errs.E(errs.Conflict, "entry #%d cannot be proven under the checkpoint of %d entries: the log was changed; run a check to see where", d.Index, c.Size).Because(err)
	}
	d.Checkpoint, d.Proof, d.Path = &c, &p, steps(p)
	return nil
}

// steps says where each hash of a proof stands in the tree (RFC 6962, 2.1.1).
func steps(p evidence.Inclusion) []Step {
	var out []Step
	var walk func(lo, hi int64)
	walk = func(lo, hi int64) {
		if hi-lo < 2 {
			return
		}
		k := int64(1)
		for k*2 < hi-lo {
			k *= 2
		}
		if p.Index < lo+k {
			walk(lo, lo+k)
			out = append(out, Step{From: lo + k, To: hi})
		} else {
			walk(lo+k, hi)
			out = append(out, Step{Left: true, From: lo, To: lo + k})
		}
	}
	walk(0, p.Size)
	for i := range out {
		out[i].Hash = p.Path[i]
	}
	return out
}

func itemOf(index int64, raw []byte) Item {
	f, err := evidence.ReadFacts(raw)
	if err != nil {
		return Item{Index: index, Action: "unreadable"}
	}
	return Item{Index: index, At: f.At, Actor: f.Actor, Via: f.Via, Action: f.Action, Record: f.Record, Version: f.Version,
		Reason: f.Reason, Before: f.Before, After: f.After, Data: f.Data}
}
