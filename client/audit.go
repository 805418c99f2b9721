package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// EvidenceEntry is one entry of the evidence log.
type EvidenceEntry struct {
	Index   int64           `json:"index"` // −1 while it has no place in the log
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
}

// ProvenEntry is an entry with its proof of inclusion. Hashes are base64.
type ProvenEntry struct {
	EvidenceEntry
	Canonical  string      `json:"canonical"` // the bytes that are hashed
	Hash       string      `json:"hash"`
	Size       int64       `json:"size,omitempty"` // 0: no checkpoint covers it yet
	Root       string      `json:"root,omitempty"`
	Path       []string    `json:"path,omitempty"`
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
}

// Checkpoint is a signed checkpoint of the evidence log.
type Checkpoint struct {
	Size   int64     `json:"size"`
	Epoch  int64     `json:"epoch"`
	Origin string    `json:"origin"`
	Root   string    `json:"root"`
	At     time.Time `json:"at"`
	Note   string    `json:"note"` // C2SP tlog-checkpoint
}

// EvidenceBad names something that is wrong with the log.
type EvidenceBad struct {
	Fault  string     `json:"fault"`
	Index  int64      `json:"index"`
	Until  int64      `json:"until"`
	Record string     `json:"record,omitempty"`
	Action string     `json:"action,omitempty"`
	At     *time.Time `json:"at,omitempty"`
	Words  string     `json:"words"`
}

// EvidenceCheck is the result of a check of the live log.
type EvidenceCheck struct {
	OK          bool          `json:"ok"`
	Bad         *EvidenceBad  `json:"bad,omitempty"`
	More        []EvidenceBad `json:"more,omitempty"`
	Whole       bool          `json:"whole"`
	Entries     int64         `json:"entries"`
	Size        int64         `json:"size"`
	Root        string        `json:"root"`
	Checkpoints int           `json:"checkpoints"`
	Signed      int64         `json:"signed"`
	Records     int64         `json:"records"`
	Erased      int64         `json:"erased"`
	At          time.Time     `json:"at"`
	Millis      int64         `json:"took_ms"`
}

// EvidenceProgress is how far a check is.
type EvidenceProgress struct {
	Running bool           `json:"running"`
	Phase   string         `json:"phase,omitempty"`
	Done    int64          `json:"done"`
	Total   int64          `json:"total"`
	Started *time.Time     `json:"started,omitempty"`
	Result  *EvidenceCheck `json:"result,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// EvidenceStatus is the log at a glance.
type EvidenceStatus struct {
	Name       string                `json:"name"`
	Origin     string                `json:"origin"`
	Key        string                `json:"key"` // verifier key
	Epochs     []EvidenceEpoch       `json:"epochs"`
	Size       int64                 `json:"size"`
	Waiting    int64                 `json:"waiting"`
	Checkpoint *Checkpoint           `json:"checkpoint,omitempty"`
	Published  []EvidencePublication `json:"published"`
	Check      *EvidenceCheck        `json:"check,omitempty"`
	Whole      *EvidenceCheck        `json:"whole,omitempty"`
}

// EvidenceEpoch is a stretch of the log; each restore and each new signing key
// begins one. Key is the verifier key of its checkpoints.
type EvidenceEpoch struct {
	Epoch     int64     `json:"epoch"`
	StartedAt time.Time `json:"started_at"`
	Size      int64     `json:"size"`
	Root      string    `json:"root"`
	Key       string    `json:"key"`
	Reason    string    `json:"reason"`
}

// EvidencePublication is the state of one place where checkpoints are published.
type EvidencePublication struct {
	Target   string     `json:"target"`
	Size     int64      `json:"size"`
	At       *time.Time `json:"at,omitempty"`
	Error    string     `json:"error,omitempty"`
	Failures int        `json:"failures,omitempty"`
	NextAt   *time.Time `json:"next_at,omitempty"`
}

// EvidenceConsistency proves that the log only grew. Hashes are base64.
type EvidenceConsistency struct {
	Old     int64    `json:"old"`
	New     int64    `json:"new"`
	OldRoot string   `json:"old_root"`
	NewRoot string   `json:"new_root"`
	Path    []string `json:"path"`
}

// EvidenceRetention is one kind of rows that may be forgotten; entries of the
// evidence log never are.
type EvidenceRetention struct {
	Policy  string     `json:"policy"`
	What    string     `json:"what"`
	Hours   int64      `json:"keep_hours"`
	Dropped int64      `json:"dropped"` // rows, since the beginning
	LastAt  *time.Time `json:"last_at,omitempty"`
	NextAt  *time.Time `json:"next_at,omitempty"`
}

// EvidenceFilter selects entries; empty values select all. Times are RFC 3339
// or dates in UTC.
type EvidenceFilter struct{ Record, Actor, Action, Since, Until string }

func (f EvidenceFilter) query(more ...string) string {
	return Query(append([]string{"record", f.Record, "actor", f.Actor, "action", f.Action, "since", f.Since, "until", f.Until}, more...)...)
}

const evidencePath = "/api/v1/evidence"

// EvidenceStatus reads the state of the log.
func (c *Client) EvidenceStatus(ctx context.Context) (s EvidenceStatus, err error) {
	return s, c.Get(ctx, evidencePath, &s)
}

// Evidence lists entries, newest first.
func (c *Client) Evidence(ctx context.Context, f EvidenceFilter, cursor string, limit int) (l List[EvidenceEntry], err error) {
	return l, c.Get(ctx, evidencePath+"/entries"+f.query("cursor", cursor, "limit", number(limit)), &l)
}

// EvidenceEntry reads one entry with its proof.
func (c *Client) EvidenceEntry(ctx context.Context, index int64) (e ProvenEntry, err error) {
	return e, c.Get(ctx, fmt.Sprintf("%s/entries/%d", evidencePath, index), &e)
}

// EvidenceConsistency proves that the log only grew; new = 0 is its present size.
func (c *Client) EvidenceConsistency(ctx context.Context, old, new int64) (p EvidenceConsistency, err error) {
	return p, c.Get(ctx, fmt.Sprintf("%s/consistency?old=%d&new=%d", evidencePath, old, new), &p)
}

// Checkpoints lists signed checkpoints, newest first.
func (c *Client) Checkpoints(ctx context.Context, cursor string, limit int) (l List[Checkpoint], err error) {
	return l, c.Get(ctx, evidencePath+"/checkpoints"+Query("cursor", cursor, "limit", number(limit)), &l)
}

// SignCheckpoint signs the log as it is now.
func (c *Client) SignCheckpoint(ctx context.Context) (cp Checkpoint, err error) {
	return cp, c.Do(ctx, http.MethodPost, evidencePath+"/checkpoints", nil, &cp)
}

// Checkpoint reads the signed checkpoint of a size; 404 when none was signed
// at that size.
func (c *Client) Checkpoint(ctx context.Context, size int64) (cp Checkpoint, err error) {
	return cp, c.Get(ctx, fmt.Sprintf("%s/checkpoints/%d", evidencePath, size), &cp)
}

// Retention lists what may be forgotten, after how long, and what was.
func (c *Client) Retention(ctx context.Context) ([]EvidenceRetention, error) {
	var l List[EvidenceRetention]
	err := c.Get(ctx, evidencePath+"/retention", &l)
	return l.Items, err
}

// StartEvidenceCheck starts a check of everything in the background.
func (c *Client) StartEvidenceCheck(ctx context.Context) (p EvidenceProgress, err error) {
	return p, c.Do(ctx, http.MethodPost, evidencePath+"/checks", nil, &p)
}

// EvidenceCheck reads how far the check is.
func (c *Client) EvidenceCheck(ctx context.Context) (p EvidenceProgress, err error) {
	return p, c.Get(ctx, evidencePath+"/checks/current", &p)
}

// ExportEvidence streams an export; the caller closes it. It has no time limit
// but ctx.
func (c *Client) ExportEvidence(ctx context.Context, f EvidenceFilter, gzip bool) (io.ReadCloser, error) {
	long := *c
	var transport http.RoundTripper
	if c.HTTP != nil {
		transport = c.HTTP.Transport
	}
	long.HTTP = &http.Client{Transport: transport}
	return long.Stream(ctx, evidencePath+"/export"+f.query("gzip", flag(gzip)))
}
