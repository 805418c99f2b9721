package change

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// EntryKind is what an entry tells.
type EntryKind string

// The kinds of entries.
const (
	EntryState    EntryKind = "state"
	EntryDecision EntryKind = "decision"
	EntryApproval EntryKind = "approval"
	EntryPipeline EntryKind = "pipeline" // what a pipeline reported
	EntryHealth   EntryKind = "health"   // what verification saw
	EntryNote     EntryKind = "note"     // a person wrote it
	EntryIncident EntryKind = "incident"
	EntryEdit     EntryKind = "edit"
)

// EntryKinds lists all kinds.
var EntryKinds = []EntryKind{EntryState, EntryDecision, EntryApproval, EntryPipeline, EntryHealth, EntryNote, EntryIncident, EntryEdit}

// Entry is one line of what happened to a change. Entries are never changed.
type Entry struct {
	Change int64
	N      int // 1, 2, 3 … within the change
	At     time.Time
	Kind   EntryKind
	Actor  string // "user:17", "integration:3", "system"
	Person int64  // 0: a machine
	Name   string // the person's, filled in by reads
	Text   string
	Detail string // second line
	Erased bool   // the texts were removed by an admin (personal data)
	Digest string // salted, of the entry as it was written; links into the trail
}

// sum is the digest of an entry as it is written.
func (e Entry) sum(salt []byte) string {
	return evidence.Digest(salt, []any{e.N, e.At.UnixMicro(), e.Kind, e.Actor, e.Person, e.Text, e.Detail})
}

// extend puts an entry's digest behind the trail, so that the change's last
// evidence entry vouches for all of its entries, also for those whose text was
// erased.
func extend(trail, sum string) string { return evidence.DigestBytes([]byte(trail), []byte(sum)) }
