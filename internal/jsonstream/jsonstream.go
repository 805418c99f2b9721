// Package jsonstream reads large JSON exports one element at a time, so that a
// file of a gigabyte needs no more memory than its largest element.
//
// Exports come in few shapes: one list, one object that holds a list under a
// known name ("items", "configurationItems", "results"), lines of objects
// (NDJSON), or several of these one after another, as pages joined with cat.
// Each hands over the elements of any of them in the order of the file.
//
//   - Elements larger than the limit are refused before they are in memory.
//   - A fault names its place: the path of the element, the byte in the file.
//   - Invalid UTF-8, doubled names and nesting deeper than 10,000 levels are
//     faults (RFC 8259, I-JSON), never guessed at.
//   - gzip is undone while reading, as cloud inventories are delivered packed.
package jsonstream

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits of one input.
const (
	MaxElement = 16 << 20 // bytes of one element
	MaxInput   = 8 << 30  // bytes of the input, unpacked
)

// Element is one value of the input.
type Element struct {
	List  string         // name of the list it stands in: "items"; empty for a top-level list or value
	Place string         // "items[3]", "[3]", "value 3"
	Head  *Head          // members of the object around the list that stood before it; nil without one
	Value jsontext.Value // valid until the function returns
}

// Head is what stands beside a list in its object. While elements are handed
// over it holds only what stood before them.
type Head struct {
	members map[string]jsontext.Value
}

// Text is a member that is a string; empty when it is missing or none.
func (h *Head) Text(name string) string {
	if h == nil {
		return ""
	}
	raw := h.members[name]
	if len(raw) == 0 || raw.Kind() != '"' {
		return ""
	}
	b, err := jsontext.AppendUnquote(nil, []byte(raw))
	if err != nil {
		return ""
	}
	return string(b)
}

// Raw is a member as written; nil when it is missing.
func (h *Head) Raw(name string) []byte {
	if h == nil {
		return nil
	}
	return h.members[name]
}

// Each calls fn for each element of r. lists are the names under which a
// top-level object may hold its elements; an object with none of them is an
// element itself. name says what is read, for faults. The last head that was
// read whole is returned, for pages that name the next one.
//
// Faults of the input are errs.Invalid with the place; an error of fn is
// returned as it is.
func Each(r io.Reader, name string, lists []string, fn func(Element) error) (*Head, error) {
	in, err := open(r)
	if err != nil {
		return nil, errs.BadField(name, "", "send JSON, plain or packed with gzip: "+err.Error())
	}
	s := &stream{in: &meter{r: in, left: MaxElement, total: MaxInput}, name: name, lists: lists, fn: fn}
	s.dec = jsontext.NewDecoder(s.in)
	var last *Head
	for n := 0; ; n++ {
		s.in.left = MaxElement
		kind := s.dec.PeekKind()
		switch kind {
		case '[':
			err = s.list("", "", nil)
		case '{':
			var h *Head
			if h, err = s.object(fmt.Sprintf("value %d", n+1)); err == nil {
				last = h
			}
		case 0:
			_, err = s.dec.ReadToken()
			if err == io.EOF {
				if n == 0 {
					return nil, errs.BadField(name, "", "the input is empty")
				}
				return last, nil
			}
			err = s.fault(err)
		default:
			return last, errs.BadField(name, "", fmt.Sprintf("value %d, at byte %d, is neither a list nor an object", n+1, s.dec.InputOffset()))
		}
		if err != nil {
			return last, err
		}
	}
}

type stream struct {
	dec   *jsontext.Decoder
	in    *meter
	name  string
	lists []string
	fn    func(Element) error
}

// list reads the list at hand.
func (s *stream) list(name, prefix string, head *Head) error {
	if _, err := s.dec.ReadToken(); err != nil {
		return s.fault(err)
	}
	for i := 0; ; i++ {
		s.in.left = MaxElement
		if s.dec.PeekKind() == ']' {
			_, err := s.dec.ReadToken()
			return s.fault(err)
		}
		v, err := s.dec.ReadValue()
		if err != nil {
			return s.fault(err)
		}
		if err := s.fn(Element{List: name, Place: fmt.Sprintf("%s[%d]", prefix, i), Head: head, Value: v}); err != nil {
			return err
		}
	}
}

// object reads the object at hand; its lists are streamed, its other members
// kept. One without a list is an element.
func (s *stream) object(place string) (*Head, error) {
	if _, err := s.dec.ReadToken(); err != nil {
		return nil, s.fault(err)
	}
	h := &Head{members: map[string]jsontext.Value{}}
	streamed, size := false, 0
	var whole bytes.Buffer
	whole.WriteByte('{')
	for {
		if s.dec.PeekKind() == '}' {
			if _, err := s.dec.ReadToken(); err != nil {
				return nil, s.fault(err)
			}
			break
		}
		raw, err := s.dec.ReadValue()
		if err != nil {
			return nil, s.fault(err)
		}
		quoted := raw.Clone()
		b, err := jsontext.AppendUnquote(nil, []byte(raw))
		if err != nil {
			return nil, s.fault(err)
		}
		member := string(b)
		if slices.Contains(s.lists, member) && s.dec.PeekKind() == '[' {
			streamed = true
			if err := s.list(member, member, h); err != nil {
				return nil, err
			}
			s.in.left = MaxElement
			continue
		}
		v, err := s.dec.ReadValue()
		if err != nil {
			return nil, s.fault(err)
		}
		if size += len(quoted) + len(v); size > MaxElement {
			return nil, s.fault(errTooLarge)
		}
		v = v.Clone()
		h.members[member] = v
		if whole.Len() > 1 {
			whole.WriteByte(',')
		}
		whole.Write(quoted)
		whole.WriteByte(':')
		whole.Write(v)
	}
	if streamed {
		return h, nil
	}
	whole.WriteByte('}')
	return h, s.fn(Element{Place: place, Value: whole.Bytes()})
}
