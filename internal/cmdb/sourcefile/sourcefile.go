// Package sourcefile is how files from outside become values that can be
// mapped to items: with bounds, with places, and without secrets.
//
// The files that connect/* packages read are written by other tools and
// people, arrive through an API, and may be hostile, cut short or a gigabyte
// large. So every reader stands on one of three things here:
//
//   - Text: a reader that refuses what is no UTF-8, holds a NUL, or is larger
//     than its limit, and that can say on which line a byte stands.
//   - Walk: JSON as a stream, where only one element is in memory at a time.
//   - Documents: YAML (or JSON) documents one after another as a tree of
//     Nodes, each with its line. Nesting, values (aliases written out, so that
//     an alias bomb is counted as what it would become), keys and bytes of a
//     document are bounded before and while it is parsed.
//
// What must not be stored is decided here as well, in secret.go, so that all
// sources leave out the same.
//
// Invariant: errors are errs.Invalid with the line (or the JSON path) and what
// would be right; a panic of a parser is the file's fault, never the server's.
package sourcefile

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Options are facts about a file that do not stand in it. All may be empty.
type Options struct {
	Scope   string // of the run: "prod/network"; makes the names of this source unique
	Env     string // environment of items that do not name one
	Team    string // team of items that do not name one
	Region  string // of items that do not name one
	Cluster string // Kubernetes cluster of what is deployed
	Max     int64  // bytes of the file; 0: MaxFile

	// Columns says which of our columns a table's own header means, for CSV:
	// "Hostname" → "name".
	Columns map[string]string
}

// Limits of one file.
const (
	MaxFile     = 2 << 30  // bytes of a file that is read as a stream
	MaxDocument = 2 << 20  // bytes of one YAML document
	MaxElement  = 16 << 20 // bytes of one element of a JSON stream
	MaxItems    = 1_000_000
	MaxRemarks  = 1_000    // further ones are counted
	maxText     = 1024     // bytes of one attribute's text
	maxAll      = 40 << 10 // bytes of an item's attributes; cmdb.MaxItemSize holds them with its identifiers
)

// Limit is the largest size in bytes of the file.
func (o Options) Limit() int64 {
	if o.Max > 0 && o.Max < MaxFile {
		return o.Max
	}
	return MaxFile
}

// Bad is the error for a place of a file: "line 12", "resources[3].name".
func Bad(place, field, value, remedy string) error {
	return &errs.Error{Kind: errs.Invalid, Text: "the file is not valid",
		Fields: errs.Fields{{Name: field, Value: errs.Short(value), Remedy: remedy, Where: place}}}
}

// Remarks collects what did not stop a reader; beyond MaxRemarks it counts.
type Remarks struct {
	list []cmdb.Remark
	more int
}

// Add notes a remark.
func (r *Remarks) Add(place, format string, args ...any) {
	if len(r.list) >= MaxRemarks {
		r.more++
		return
	}
	r.list = append(r.list, cmdb.Remark{Place: place, Text: fmt.Sprintf(format, args...)})
}

// List returns them, the last saying how many there are beyond.
func (r *Remarks) List() []cmdb.Remark {
	if r.more > 0 {
		return append(r.list, cmdb.Remark{Place: "file", Text: fmt.Sprintf("and %d further remarks", r.more)})
	}
	return r.list
}

// Attributes is what is known of an item, as JSON values.
type Attributes map[string]json.RawMessage

// Set notes a value; empty texts, nulls, and names that look like a secret's
// are left out, long texts are shortened, and what is beyond the size of an item
// is dropped.
func (a Attributes) Set(name string, v any) {
	if SecretName(name) {
		return
	}
	switch x := v.(type) {
	case nil:
		return
	case string:
		if x == "" {
			return
		}
		v = Cut(x, maxText)
	case []string:
		if len(x) == 0 {
			return
		}
	case map[string]string:
		if len(x) == 0 {
			return
		}
	}
	b, err := json.Marshal(v)
	if err != nil || len(b) > 16*maxText || len(name) > cmdb.MaxName {
		return
	}
	all := len(name) + len(b)
	for k, have := range a {
		all += len(k) + len(have)
	}
	if all <= maxAll {
		a[name] = b
	}
}

// Cut shortens a text to at most n bytes on a rune border, with a mark.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-3], "") + "…"
}

// Line is "line 12".
func Line(n int) string { return fmt.Sprintf("line %d", n) }
