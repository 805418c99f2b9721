package otlp

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxElement is the most bytes of one ResourceSpans in a file.
const maxElement = 64 << 20

// ReadFile reads OTLP traces in JSON from a file: one export request, or one
// after the other as the collector's file exporter writes them (a line each).
// The file is read once, element by element; spans wait for each other to its
// end, or, beyond opt.MaxHeld, as long as there is room. Rates are over the
// time that the file's spans cover, a minute at least.
// Errors: Invalid with the line or path; what emit returns.
func ReadFile(r io.Reader, opt Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
	a := New(nil, opt)
	for _, s := range a.parts {
		s.wait, s.whole = math.MaxUint32, true
	}
	f := &fileReader{a: a, in: &bounded{r: r}, room: newRoom(a)}
	f.dec = jsontext.NewDecoder(f.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := f.all(); err != nil {
		return nil, err
	}
	return f.remarks(), f.end(emit)
}

// bounded fails when one element has more bytes than may be held.
type bounded struct {
	r    io.Reader
	read int64 // since the last element
}

var errElement = fmt.Errorf("one resourceSpans has more than %d MiB", maxElement>>20)

func (b *bounded) Read(p []byte) (int, error) {
	if b.read > maxElement {
		return 0, errElement
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	return n, err
}

type fileReader struct {
	a      *Aggregator
	in     *bounded
	dec    *jsontext.Decoder
	room   *room
	total  Receipt
	first  uint64
	latest uint64
	values int // top-level values
	found  int // resourceSpans
}

func (f *fileReader) all() error {
	f.first = math.MaxUint64
	for {
		kind := f.dec.PeekKind()
		if kind == 0 { // end or fault; the next read tells which
			if _, err := f.dec.ReadToken(); err == io.EOF {
				if f.found == 0 && f.values == 0 {
					return errs.E(errs.Invalid, "the file is empty; give OTLP traces in JSON")
				}
				return nil
			} else if err != nil {
				return f.fault(err)
			}
		}
		f.values++
		if kind != '{' {
			return errs.E(errs.Invalid, "value %d of the file is no object; give OTLP traces in JSON, {\"resourceSpans\": […]}", f.values)
		}
		if err := f.object(); err != nil {
			return f.fault(err)
		}
	}
}

func (f *fileReader) object() error {
	if _, err := f.dec.ReadToken(); err != nil {
		return err
	}
	for f.dec.PeekKind() != '}' {
		f.in.read = 0
		name, err := f.dec.ReadToken()
		if err != nil {
			return err
		}
		if s := name.String(); s != "resourceSpans" && s != "resource_spans" || f.dec.PeekKind() != '[' {
			if err := f.dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		if _, err := f.dec.ReadToken(); err != nil {
			return err
		}
		for f.dec.PeekKind() != ']' {
			f.in.read = 0
			v, err := f.dec.ReadValue()
			if err != nil {
				return err
			}
			if err := f.element(v); err != nil {
				return err
			}
		}
		if _, err := f.dec.ReadToken(); err != nil {
			return err
		}
	}
	_, err := f.dec.ReadToken()
	return err
}

func (f *fileReader) element(v []byte) error {
	f.found++
	b := append(append([]byte(`{"resourceSpans":[`), v...), "]}"...)
	p, err := fromJSON(b)
	if err != nil {
		return err
	}
	r := f.room
	r.reset()
	if err := r.w.walk(p); err != nil {
		return errs.E(errs.Invalid, "%s", err)
	}
	f.a.apply(r.ops, f.a.start)
	f.total.Spans += r.rc.Spans
	f.total.Unnamed += r.rc.Unnamed
	f.total.Crowded += r.rc.Crowded
	f.total.Nameless += r.rc.Nameless
	if r.rc.Spans > 0 {
		f.first, f.latest = min(f.first, r.first), max(f.latest, r.latest)
	}
	return nil
}

// fault says where in the file.
func (f *fileReader) fault(err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		c := *e
		c.Text = fmt.Sprintf("value %d, resourceSpans %d: %s", f.values, f.found, e.Text)
		return &c
	}
	if errors.Is(err, errElement) {
		return errs.E(errs.Invalid, "value %d, after resourceSpans %d: %s; let the collector write smaller batches", f.values, f.found, errElement)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errs.E(errs.Invalid, "the file ends within value %d; give the whole file", max(f.values, 1)).Because(err)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return errs.E(errs.Invalid, "value %d is no JSON at %q, byte %d: %s", max(f.values, 1), syntax.JSONPointer, syntax.ByteOffset, syntax.Err).Because(err)
	}
	return errs.Wrap("otlp.file", err)
}

// end tells all edges.
func (f *fileReader) end(emit cmdb.Emit) error {
	a := f.a
	for _, s := range a.parts {
		for s.hold.n > 0 {
			s.end(s.hold.oldest(), true)
			s.hold.pop()
		}
	}
	at := a.start
	if newest := time.Unix(0, int64(min(f.latest, math.MaxInt64))).UTC(); f.latest > 0 && newest.Before(at) { //nolint:gosec // bounded
		at = newest
	}
	over := time.Minute
	if f.latest > f.first {
		over = max(over, time.Duration(min(f.latest-f.first, math.MaxInt64))) //nolint:gosec // bounded
	}
	a.gather(a.start)
	for _, k := range a.told.edges {
		k.flow = k.now.flow(over, at)
	}
	return a.emitAll(emit)
}

func (f *fileReader) remarks() []cmdb.Remark {
	var out []cmdb.Remark
	say := func(n int, text string) {
		if n > 0 {
			out = append(out, cmdb.Remark{Place: "file", Text: fmt.Sprintf("%d spans left out: %s", n, text)})
		}
	}
	say(f.total.Unnamed, Receipt{Unnamed: 1}.Reason())
	say(f.total.Crowded, Receipt{Crowded: 1}.Reason())
	say(f.total.Nameless, Receipt{Nameless: 1}.Reason())
	if f.found == 0 {
		out = append(out, cmdb.Remark{Place: "file", Text: "there are no resourceSpans in it: metrics and logs name no edges"})
	}
	return out
}
