package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Fault is what is wrong with a log.
type Fault string

// The faults a check tells apart.
const (
	Edited     Fault = "edited"     // an entry is not what was logged there
	Deleted    Fault = "deleted"    // entries are missing before later ones
	Inserted   Fault = "inserted"   // an entry stands where none was logged
	Reordered  Fault = "reordered"  // entries stand in another order
	Truncated  Fault = "truncated"  // the end is missing
	Rewritten  Fault = "rewritten"  // entries and their hashes do not lead to the signed root
	Forged     Fault = "forged"     // a checkpoint is not signed by the log's key
	Forked     Fault = "forked"     // two signed checkpoints contradict each other
	BadTile    Fault = "tile"       // a stored hash is wrong, the entries are right
	Unreadable Fault = "unreadable" // the file or an entry is not in the documented form
	Rekeyed    Fault = "rekeyed"    // the key was replaced by one that the check was not given
	Content    Fault = "content"    // a record is not what its last entry says
)

// Bad names the first thing that is wrong.
type Bad struct {
	Fault  Fault     `json:"fault"`
	Index  int64     `json:"index"` // first entry that may be bad; −1 when it is not about an entry
	Until  int64     `json:"until"` // last entry that may be; equal to Index when it is certain
	Record string    `json:"record,omitempty"`
	Action string    `json:"action,omitempty"`
	At     time.Time `json:"at,omitzero"` // when the entry says it was made
	Line   int64     `json:"line,omitempty"`
	Words  string    `json:"words"` // the verdict in one or two sentences
}

// Error makes a Bad usable as an error.
func (b *Bad) Error() string { return b.Words }

// Facts is what an entry says about itself, read leniently.
type Facts struct {
	Leaf    int64           `json:"leaf"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"actor"`
	Via     string          `json:"via"`
	Action  string          `json:"action"`
	Record  string          `json:"record"`
	Version int64           `json:"version"`
	Reason  string          `json:"reason"`
	Before  string          `json:"before"`
	After   string          `json:"after"`
	Data    json.RawMessage `json:"data"`
}

// ReadFacts reads an entry's canonical bytes.
func ReadFacts(canonical []byte) (Facts, error) {
	var f Facts
	if err := json.Unmarshal(canonical, &f); err != nil {
		return f, fmt.Errorf("evidence: an entry is no JSON of the known form: %w", err)
	}
	return f, nil
}

// about fills in what the entry at the place says about itself.
func (b *Bad) about(canonical []byte) *Bad {
	if f, err := ReadFacts(canonical); err == nil {
		b.Record, b.Action, b.At = f.Record, f.Action, f.At
	}
	return b
}

// describe is "#41 (INC-3 incident.acknowledge at 2026-11-20T10:00:00Z)".
func describe(index int64, canonical []byte) string {
	f, err := ReadFacts(canonical)
	if err != nil || f.Action == "" {
		return fmt.Sprintf("#%d", index)
	}
	return fmt.Sprintf("#%d (%s %s at %s)", index, f.Record, f.Action, f.At.UTC().Format(time.RFC3339))
}

// compare finds the first difference between the leaf hashes that were logged
// from an index on and the entries that stand there now, and says what was
// done. entry returns the canonical bytes of the i-th entry that stands there.
// It returns nil when every entry agrees as far as both go.
func compare(start int64, want, got []tlog.Hash, entry func(int) []byte) *Bad {
	n := min(len(want), len(got))
	for i := range n {
		if want[i] == got[i] {
			continue
		}
		return differ(start, i, want, got, entry)
	}
	return nil
}

func differ(start int64, i int, want, got []tlog.Hash, entry func(int) []byte) *Bad {
	at := start + int64(i)
	b := &Bad{Index: at, Until: at}
	here := describe(at, entry(i))
	from := slices.Index(want[i+1:], got[i]) // where the entry that stands here was logged
	to := slices.Index(got[i+1:], want[i])   // where the entry that was logged here stands
	switch {
	case from >= 0 && to >= 0:
		b.Fault = Reordered
		b.Words = fmt.Sprintf("Entry %s was logged as #%d: entries were put in another order.", here, at+int64(from)+1)
	case from >= 0:
		b.Fault, b.Until = Deleted, at+int64(from)
		what := fmt.Sprintf("Entry #%d was deleted", at)
		if from > 0 {
			what = fmt.Sprintf("Entries #%d to #%d were deleted", at, b.Until)
		}
		b.Words = fmt.Sprintf("%s: where it was logged stands %s, which was logged as #%d.", what, here, b.Until+1)
		return b // what stands here is innocent
	case to >= 0:
		b.Fault = Inserted
		b.Words = fmt.Sprintf("Entry %s was inserted: it is not in the log; what was logged there stands %d further on.", here, to+1)
	default:
		b.Fault = Edited
		b.Words = fmt.Sprintf("Entry %s was edited or replaced: its hash is %s, but %s was logged there.", here, short16(got[i]), short16(want[i]))
	}
	return b.about(entry(i))
}

func short16(h tlog.Hash) string { return fmt.Sprintf("%x…", h[:8]) }
