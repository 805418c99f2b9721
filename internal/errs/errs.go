// Package errs is the one error type of the product.
//
// An error has a kind (what the caller can do about it), the operation that
// failed, the record it is about, and a text that is safe to show to the
// person or system that asked. The internal cause stays in the chain for the
// log and never reaches a user. Input errors carry one Field for each wrong
// value, each naming the field, the value and what would be right.
//
// Eight kinds are enough; Table maps each to its HTTP status, CLI exit code
// and metric label, so that every door of the product answers alike.
package errs

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what went wrong in terms of what the caller can do about it.
type Kind uint8

// The eight kinds. The zero value is Internal, so a forgotten kind never
// looks like the caller's fault.
const (
	Internal        Kind = iota // our fault; details are in the log
	Invalid                     // the input is wrong; Fields say where
	Unauthenticated             // we do not know who is asking
	Forbidden                   // we know, and they may not
	NotFound                    // no such record, or not visible to the asker
	Conflict                    // the record changed meanwhile, or its state forbids this
	Limited                     // too much or too often; retry later
	Unavailable                 // we cannot do it now (overload, disk, database); retry later
)

// Row is how one kind appears at each door.
type Row struct {
	Name string // metric label and RFC 9457 type suffix
	HTTP int    // HTTP status
	Exit int    // CLI exit code
}

// Table maps kinds to their appearance at the doors.
var Table = map[Kind]Row{
	Internal:        {"internal", 500, 1},
	Invalid:         {"invalid", 422, 2},
	Unauthenticated: {"unauthenticated", 401, 3},
	Forbidden:       {"forbidden", 403, 4},
	NotFound:        {"not-found", 404, 5},
	Conflict:        {"conflict", 409, 6},
	Limited:         {"limited", 429, 7},
	Unavailable:     {"unavailable", 503, 8},
}

func (k Kind) String() string { return Table[k].Name }

// Field is one wrong input value.
type Field struct {
	Name   string `json:"name"`            // as the sender wrote it: "spec.tier", "alerts[3].startsAt"
	Value  string `json:"value,omitempty"` // what was sent, shortened
	Remedy string `json:"remedy"`          // what would be right
	Where  string `json:"where,omitempty"` // file:line:column, for files
}

// Error is the product's error.
type Error struct {
	Op     string // operation, "incident.acknowledge"; wrapped once a layer
	Kind   Kind
	Record string        // record key, "INC-1042"; may be empty
	Text   string        // safe for users; a sentence without a final stop
	Fields []Field       // only for Invalid
	Retry  time.Duration // how long to wait, for Limited and Unavailable; 0 = not said
	Err    error         // internal cause, for the log
}

func (e *Error) Error() string {
	var b strings.Builder
	for _, s := range []string{e.Op, e.Record, e.Text} {
		if s != "" {
			if b.Len() > 0 {
				b.WriteString(": ")
			}
			b.WriteString(s)
		}
	}
	for i, f := range e.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(f.String())
	}
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", e.Err)
	}
	return b.String()
}

// String says the field's fault in one line: where, name, value, remedy.
func (f Field) String() string {
	s := f.Name
	if f.Value != "" {
		s += fmt.Sprintf(" %q", f.Value)
	}
	if f.Where != "" {
		s = f.Where + ": " + s
	}
	return s + ": " + f.Remedy
}

func (e *Error) Unwrap() error { return e.Err }

// E builds an error of a kind with a text safe for users.
func E(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// On names the record the error is about and returns the error.
func (e *Error) On(record string) *Error { e.Record = record; return e }

// Because keeps the internal cause and returns the error.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// After says how long the caller should wait before trying again.
func (e *Error) After(d time.Duration) *Error { e.Retry = d; return e }

// BadField reports one wrong value. Values longer than 120 bytes are shortened.
func BadField(name, value, remedy string) *Error {
	return &Error{Kind: Invalid, Text: "the input is not valid", Fields: []Field{{Name: name, Value: Short(value), Remedy: remedy}}}
}

// Fields collects the faults of one input, so that a sender sees all at once.
type Fields []Field

// Add notes one wrong value.
func (f *Fields) Add(name, value, remedy string) {
	*f = append(*f, Field{Name: name, Value: Short(value), Remedy: remedy})
}

// Err returns nil when nothing was noted, else one Invalid error with all fields.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Text: "the input is not valid", Fields: f}
}

// Short cuts a value for display at 120 bytes, on a rune border, replacing
// invalid UTF-8.
func Short(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= 120 {
		return s
	}
	n := 117
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}

// Wrap adds the operation to an error, keeping its kind, text and fields.
// It returns nil for nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		c := *e
		if c.Op == "" {
			c.Op = op
		} else {
			c.Op = op + ": " + c.Op
		}
		return &c
	}
	return &Error{Op: op, Kind: Internal, Text: "something went wrong on our side; it is in the log", Err: err}
}

// KindOf returns the kind of an error; Internal for errors that are not ours.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err has the kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// As returns the product's error in the chain, or an Internal one around err.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Text: "something went wrong on our side; it is in the log", Err: err}
}
