package connect

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	// The standard library's coming encoding/json/jsontext. Used for the
	// receivers because it reads token by token in one pass: too many alerts
	// are refused before they are built, one ill-typed value does not lose the
	// rest, faults have a path, and it takes less than half the time and a
	// quarter of the allocations of encoding/json for the same batch.
	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Reader walks over one JSON body. It is forgiving about types (the caller
// asks for text and gets text, whatever stands there) and strict about
// syntax. Its strings do not alias the body.
type Reader struct {
	dec    *jsontext.Decoder
	size   int
	scrap  []byte
	intern map[string]string
}

var forgiving = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// NewReader reads a body; a byte order mark is skipped.
func NewReader(body []byte) *Reader {
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	return &Reader{
		dec:    jsontext.NewDecoder(bytes.NewBuffer(body), forgiving...),
		size:   len(body),
		intern: make(map[string]string, 64),
	}
}

// Kind is the kind of the next value: '{', '[', '"', '0', 't', 'f', 'n', or
// 0 at the end or on a fault.
func (r *Reader) Kind() byte { return byte(r.dec.PeekKind()) }

// Object calls field for each member of the next value, with its name, which
// is valid only until the next read. field must read the value. A value that
// is no object is skipped, and ok is false.
func (r *Reader) Object(field func(name []byte) error) (ok bool, err error) {
	if r.dec.PeekKind() != '{' {
		return false, r.Skip()
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return false, r.fault(err)
	}
	for {
		k := r.dec.PeekKind()
		if k == '}' {
			break
		}
		raw, err := r.dec.ReadValue()
		if err != nil {
			return false, r.fault(err)
		}
		if err := field(r.unquote(raw)); err != nil {
			return false, err
		}
	}
	_, err = r.dec.ReadToken()
	return true, r.fault(err)
}

// Array calls item for each element of the next value; item must read it. A
// value that is no array is skipped, and ok is false. Arrays longer than
// MaxAlerts are refused.
func (r *Reader) Array(item func() error) (ok bool, err error) {
	if r.dec.PeekKind() != '[' {
		return false, r.Skip()
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return false, r.fault(err)
	}
	for n := 0; ; n++ {
		k := r.dec.PeekKind()
		if k == ']' {
			break
		}
		if n == MaxAlerts && k != 0 {
			return false, tooMany()
		}
		if err := item(); err != nil {
			return false, err
		}
	}
	_, err = r.dec.ReadToken()
	return true, r.fault(err)
}

// Text reads the next value as text: a string's content, a number or truth
// value as written, "" for null, and the JSON itself for anything else.
func (r *Reader) Text() (string, error) {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return "", r.fault(err)
	}
	switch raw.Kind() {
	case 'n':
		return "", nil
	case '"':
		return r.keep(r.unquote(raw)), nil
	default:
		return r.keep(raw), nil
	}
}

// Raw reads the next value as it is written, with invalid UTF-8 replaced; nil
// for null.
func (r *Reader) Raw() (json.RawMessage, error) {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return nil, r.fault(err)
	}
	if raw.Kind() == 'n' {
		return nil, nil
	}
	return bytes.ToValidUTF8(bytes.Clone(raw), []byte("\uFFFD")), nil
}

// Skip passes over the next value.
func (r *Reader) Skip() error { return r.fault(r.dec.SkipValue()) }

// End reports what follows the value: nothing may.
func (r *Reader) End() error {
	_, err := r.dec.ReadToken()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return r.fault(err)
	}
	return errs.E(errs.Invalid, "the body holds more than one JSON value; send one request for each")
}

// unquote returns a string's content without its quotes; the result is valid
// until the next read.
func (r *Reader) unquote(raw []byte) []byte {
	if len(raw) >= 2 && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return raw[1 : len(raw)-1]
	}
	// The error only says that invalid UTF-8 was replaced, which is wanted.
	r.scrap, _ = jsontext.AppendUnquote(r.scrap[:0], raw)
	return r.scrap
}

// keep copies to a string. Short ones are shared within the body, since the
// alerts of one body repeat their labels.
func (r *Reader) keep(b []byte) string {
	if len(b) > 64 {
		return string(b)
	}
	if s, ok := r.intern[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(r.intern) < 4096 {
		r.intern[s] = s
	}
	return s
}

// fault turns the decoder's error into one that says where and what.
func (r *Reader) fault(err error) error {
	if err == nil {
		return nil
	}
	if r.size == 0 {
		return errs.E(errs.Invalid, "the body is empty; send JSON")
	}
	var s *jsontext.SyntacticError
	if !errors.As(err, &s) {
		if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF {
			return errs.E(errs.Invalid, "the body ends in the middle of its JSON, after %d bytes; send it whole", r.size)
		}
		return errs.E(errs.Invalid, "the body is not JSON").Because(err)
	}
	at := strings.ReplaceAll(strings.TrimPrefix(string(s.JSONPointer), "/"), "/", ".")
	if at == "" {
		at = "body"
	}
	if errors.Is(s.Err, io.ErrUnexpectedEOF) || errors.Is(s.Err, io.EOF) {
		return errs.E(errs.Invalid, "the body ends in the middle of its JSON, after %d bytes (in %s); send it whole", r.size, errs.Short(at)).Because(err)
	}
	return errs.E(errs.Invalid, "the body is not JSON: at byte %d, in %s: %s", s.ByteOffset, errs.Short(at), errs.Short(cause(s))).Because(err)
}

func cause(s *jsontext.SyntacticError) string {
	if s.Err == nil {
		return "unexpected character"
	}
	return s.Err.Error()
}
