// Package auditapi is the HTTP API of the evidence log: entries, proofs,
// checkpoints, tiles, exports and checks.
//
// It turns requests into calls of audit.Service and decides nothing. Below
// /api/v1/evidence it is also a tiled transparency log: checkpoint and
// tile/… are where C2SP tlog-tiles (https://c2sp.org/tlog-tiles) looks for
// them, so tools made for such logs work, given a token. Hashes are standard
// base64, times RFC 3339 in UTC.
package auditapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Register adds the operations to the API.
func Register(a huma.API, s *audit.Service) {
	h := &handlers{s}
	h.entries(a)
	h.checkpoints(a)
	h.checks(a)
	h.raw(a)
}

type handlers struct{ s *audit.Service }

var reading = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity}

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/evidence" + path, Summary: summary, Tags: []string{"Evidence"}, Errors: reading}
}

// Entry is one entry of the log.
type Entry struct {
	Index   int64           `json:"index" doc:"Place in the log, from 0 on; -1 while it has none (within a second)"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor" example:"user:17" doc:"Pseudonym of who acted"`
	Via     string          `json:"via,omitempty" example:"page"`
	Action  string          `json:"action" example:"incident.acknowledge"`
	Record  string          `json:"record" example:"INC-1042"`
	Version int64           `json:"version,omitempty" doc:"The record's version after it"`
	Reason  string          `json:"reason,omitempty"`
	Before  string          `json:"before,omitempty" doc:"Digest of the record before"`
	After   string          `json:"after,omitempty" doc:"Digest of the record after"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func entryOut(it audit.Item) Entry {
	return Entry{it.Index, it.At, it.Actor, it.Via, it.Action, it.Record, it.Version, it.Reason, it.Before, it.After, it.Data}
}

// Proven is one entry with all that proves it.
type Proven struct {
	Entry
	Canonical  string      `json:"canonical" doc:"The bytes that are hashed: SHA-256 of a zero byte and these (RFC 6962)"`
	Hash       string      `json:"hash" doc:"Leaf hash"`
	Size       int64       `json:"size,omitempty" doc:"Entries the checkpoint covers; absent until one covers this entry"`
	Root       string      `json:"root,omitempty" doc:"Root hash that the path leads to"`
	Path       []string    `json:"path,omitempty" doc:"Audit path: siblings from the leaf up"`
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
}

// Checkpoint is a signed checkpoint.
type Checkpoint struct {
	Size   int64     `json:"size"`
	Epoch  int64     `json:"epoch"`
	Origin string    `json:"origin" example:"ops.example.org/1"`
	Root   string    `json:"root"`
	At     time.Time `json:"at"`
	Note   string    `json:"note" doc:"C2SP tlog-checkpoint, as published"`
}

func checkpointOut(c audit.Checkpoint) Checkpoint {
	return Checkpoint{c.Size, c.Epoch, c.Origin, c.Root, c.At, c.Note}
}

func hashes(list []tlog.Hash) []string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = h.String()
	}
	return out
}

// FilterIn selects entries.
type FilterIn struct {
	Record string `query:"record" maxLength:"300" doc:"Only entries of this record, like INC-1042"`
	Actor  string `query:"actor" maxLength:"100" doc:"Only by this actor, like user:17 or system"`
	Action string `query:"action" maxLength:"100" doc:"Only this action, like incident.acknowledge, or incident.* for all that begin so"`
	Since  string `query:"since" doc:"Made at or after this time (RFC 3339, or a date in UTC)"`
	Until  string `query:"until" doc:"Made before this time (RFC 3339, or a date in UTC)"`
}

func (in FilterIn) filter() (audit.Filter, error) {
	f := audit.Filter{Record: in.Record, Actor: in.Actor, Action: in.Action}
	var bad errs.Fields
	for _, t := range []struct {
		name, value string
		to          *time.Time
	}{{"since", in.Since, &f.Since}, {"until", in.Until, &f.Until}} {
		if t.value == "" {
			continue
		}
		var err error
		if *t.to, err = time.Parse(time.RFC3339, t.value); err != nil {
			if *t.to, err = time.Parse(time.DateOnly, t.value); err != nil {
				bad.Add(t.name, t.value, "write a time like 2026-11-20T09:00:00Z or a date like 2026-11-20")
			}
		}
	}
	return f, bad.Err()
}

func (h *handlers) entries(a huma.API) {
	huma.Register(a, op("list-evidence", http.MethodGet, "/entries", "List entries of the evidence log, newest first"),
		func(ctx context.Context, in *struct {
			api.PageIn
			FilterIn
		}) (*struct{ Body api.List[Entry] }, error) {
			f, err := in.filter()
			if err != nil {
				return nil, api.Err(err)
			}
			page, err := h.s.List(ctx, f, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Entry] }{api.List[Entry]{Items: make([]Entry, len(page.Items)), Next: page.Next}}
			for i, it := range page.Items {
				out.Body.Items[i] = entryOut(it)
			}
			return out, nil
		})
	huma.Register(a, op("get-evidence", http.MethodGet, "/entries/{index}", "Read one entry with its proof of inclusion"),
		func(ctx context.Context, in *struct {
			Index int64 `path:"index" minimum:"0"`
		}) (*struct{ Body Proven }, error) {
			d, err := h.s.Entry(ctx, in.Index)
			if err != nil {
				return nil, api.Err(err)
			}
			out := Proven{Entry: entryOut(d.Item), Canonical: d.Canonical, Hash: d.Hash}
			if d.Proof != nil {
				c := checkpointOut(*d.Checkpoint)
				out.Size, out.Root, out.Path, out.Checkpoint = d.Proof.Size, d.Proof.Root.String(), hashes(d.Proof.Path), &c
			}
			return &struct{ Body Proven }{out}, nil
		})
}
