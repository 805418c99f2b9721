package otlp

import (
	"encoding/binary"
	"errors"
	"math"
)

// The walker reads from an ExportTraceServiceRequest in protobuf only what an
// edge is made of and allocates nothing. The generated unmarshaller builds
// every attribute, event and link of every span first: twelve allocations a
// span, and more time than all the work from bytes to edges takes here (see
// BenchmarkGenerated). A differential fuzz test holds the walker to it.
//
// Field numbers: https://github.com/open-telemetry/opentelemetry-proto,
// trace/v1/trace.proto, common/v1/common.proto and resource/v1/resource.proto.

var (
	errCut   = errors.New("a field ends behind its message")
	errWide  = errors.New("a number has more than 64 bits")
	errGroup = errors.New("a group field, which OTLP does not have")
	errType  = errors.New("a field has another wire type than its definition")
	errField = errors.New("a field number is not positive")
)

// The wire types of protobuf.
const (
	wireVarint = 0
	wireI64    = 1
	wireLen    = 2
	wireI32    = 5
)

// field is one field of a message; bytes for wireLen, n for the numbers.
type field struct {
	num   int32
	wire  uint8
	n     uint64
	bytes []byte
}

// next takes the field at the start of b and returns the rest.
func (f *field) next(b []byte) ([]byte, error) {
	var tag uint64
	if len(b) > 0 && b[0] < 0x80 { // all tags but those of flags and of 1000
		tag, b = uint64(b[0]), b[1:]
	} else {
		var err error
		if tag, b, err = varint(b); err != nil {
			return nil, err
		}
	}
	f.num, f.wire = int32(tag>>3), uint8(tag&7) //nolint:gosec // as the generated code does; a number that wraps is refused below or unknown
	if f.num <= 0 {
		return nil, errField
	}
	switch f.wire {
	case wireVarint:
		var err error
		f.n, b, err = varint(b)
		return b, err
	case wireI64:
		if len(b) < 8 {
			return nil, errCut
		}
		f.n = binary.LittleEndian.Uint64(b)
		return b[8:], nil
	case wireI32:
		if len(b) < 4 {
			return nil, errCut
		}
		f.n = uint64(binary.LittleEndian.Uint32(b))
		return b[4:], nil
	case wireLen:
		n, rest, err := varint(b)
		if err != nil {
			return nil, err
		}
		if n > math.MaxInt32 || int(n) > len(rest) {
			return nil, errCut
		}
		f.bytes = rest[:n]
		return rest[n:], nil
	}
	return nil, errGroup
}

func varint(b []byte) (uint64, []byte, error) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], nil
	}
	var v uint64
	for i, c := range b {
		if i == 10 {
			return 0, nil, errWide
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, b[i+1:], nil
		}
	}
	if len(b) >= 10 {
		return 0, nil, errWide
	}
	return 0, nil, errCut
}

// wireSpan is a span as it stands in the message; slices point into it and
// hold until the walker goes on.
type wireSpan struct {
	trace, id, parent []byte
	kind              int32
	status            int32
	flags             uint32
	start, end        uint64 // nanoseconds since 1970
	links             [][2][]byte
	body              []byte // from the first attribute on; nil without attributes
}

// The kinds of spans.
const (
	kindUnspecified = 0
	kindInternal    = 1
	kindServer      = 2
	kindClient      = 3
	kindProducer    = 4
	kindConsumer    = 5
)

const statusError = 2

// walker goes through one message; take is called for every span with the
// fields of its resource.
type walker struct {
	resource []byte // of the current ResourceSpans
	double   []byte // room for a resource in several parts
	span     wireSpan
	begin    func(resource []byte) error
	take     func(s *wireSpan) error
}

// walk reads a whole request.
func (w *walker) walk(b []byte) error {
	var f field
	var err error
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		if f.num != 1 {
			continue
		}
		if f.wire != wireLen {
			return errType
		}
		if err := w.resourceSpans(f.bytes); err != nil {
			return err
		}
	}
	return nil
}

// deprecatedSpans is where OTLP before 0.15 had scope_spans.
const deprecatedSpans = 1000

func (w *walker) resourceSpans(b []byte) error {
	var f field
	var err error
	w.resource = nil
	scoped := false
	for rest := b; len(rest) > 0; { // the resource may stand behind the spans
		if rest, err = f.next(rest); err != nil {
			return err
		}
		switch {
		case f.num == 1 && f.wire == wireLen:
			if w.resource == nil {
				w.resource = f.bytes
			} else { // parts of one message are joined by standing in a row
				w.double = append(append(w.double[:0], w.resource...), f.bytes...)
				w.resource = append([]byte(nil), w.double...)
			}
		case f.num == 2 && f.wire == wireLen:
			scoped = true
		case f.num == 1, f.num == 2, f.num == 3 && f.wire != wireLen, f.num == deprecatedSpans && f.wire != wireLen:
			return errType
		}
	}
	if err := w.begin(w.resource); err != nil {
		return err
	}
	want := int32(2)
	if !scoped {
		want = deprecatedSpans
	}
	for rest := b; len(rest) > 0; {
		if rest, err = f.next(rest); err != nil {
			return err
		}
		if f.num == want {
			if err := w.scopeSpans(f.bytes); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) scopeSpans(b []byte) error {
	var f field
	var err error
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		if f.num != 2 {
			continue
		}
		if f.wire != wireLen {
			return errType
		}
		if err := w.oneSpan(f.bytes); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) oneSpan(b []byte) error {
	var f field
	s := &w.span
	*s = wireSpan{links: s.links[:0]}
	for len(b) > 0 {
		here := b
		var err error
		if b, err = f.next(b); err != nil {
			return err
		}
		want := uint8(wireLen)
		switch f.num {
		case 1:
			s.trace = f.bytes
		case 2:
			s.id = f.bytes
		case 4:
			s.parent = f.bytes
		case 6:
			s.kind, want = int32(f.n), wireVarint //nolint:gosec // an enum is 32 bits wide
		case 7:
			s.start, want = f.n, wireI64
		case 8:
			s.end, want = f.n, wireI64
		case 9:
			if s.body == nil {
				s.body = here
			}
		case 13:
			if f.wire != want {
				return errType
			}
			if err := s.link(f.bytes); err != nil {
				return err
			}
		case 15:
			if f.wire != want {
				return errType
			}
			if err := s.state(f.bytes); err != nil {
				return err
			}
		case 16:
			s.flags, want = uint32(f.n), wireI32 //nolint:gosec // fixed32
		default:
			continue
		}
		if f.wire != want {
			return errType
		}
	}
	return w.take(s)
}

func (s *wireSpan) link(b []byte) error {
	var f field
	var err error
	var l [2][]byte
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		if f.num == 1 || f.num == 2 {
			if f.wire != wireLen {
				return errType
			}
			l[f.num-1] = f.bytes
		}
	}
	s.links = append(s.links, l)
	return nil
}

func (s *wireSpan) state(b []byte) error {
	var f field
	var err error
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		if f.num == 3 {
			if f.wire != wireVarint {
				return errType
			}
			s.status = int32(f.n) //nolint:gosec // an enum is 32 bits wide
		}
	}
	return nil
}
