package sourcefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Stream reads one JSON value piece by piece, wherever in it the large lists
// stand. Doubled names are faults (RFC 8259 leaves open which would count).
type Stream struct {
	text *Text
	dec  *jsontext.Decoder
}

// NewStream reads at most max bytes of r.
func NewStream(r io.Reader, max int64) *Stream {
	t := NewText(r, max)
	return &Stream{text: t, dec: jsontext.NewDecoder(t)}
}

// Path is where the stream is: "values.root_module.resources[3]".
func (s *Stream) Path() string { return pathName(string(s.dec.StackPointer())) }

// Place is the path with its line.
func (s *Stream) Place() string {
	return Line(s.text.LineAt(s.dec.InputOffset())) + ", " + s.Path()
}

// Bad is an error at the place of the stream.
func (s *Stream) Bad(field, value, remedy string) error { return Bad(s.Place(), field, value, remedy) }

// pathName writes a JSON pointer (RFC 6901) as people say it.
func pathName(pointer string) string {
	if pointer == "" {
		return "file"
	}
	var b strings.Builder
	for _, t := range strings.Split(pointer[1:], "/") {
		t = strings.NewReplacer("~1", "/", "~0", "~").Replace(t)
		if t != "" && strings.Trim(t, "0123456789") == "" {
			b.WriteString("[" + t + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(t)
	}
	return Cut(b.String(), 200)
}

// fault says what is wrong with the text at the place of the stream.
func (s *Stream) fault(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case err == nil:
		return nil
	case s.text.err != nil && !errors.Is(s.text.err, io.EOF):
		return s.text.err
	case s.text.read == 0:
		return Bad(Line(1), "file", "", "the file is empty")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return s.Bad("file", "", "the file ends in the middle of this; it was cut short, so write it again")
	case errors.As(err, &syntax):
		place := fmt.Sprintf("%s, %s", Line(s.text.LineAt(syntax.ByteOffset)), pathName(string(syntax.JSONPointer)))
		return Bad(place, "file", "", "this is no JSON: "+strings.TrimPrefix(syntax.Err.Error(), "jsontext: "))
	}
	return s.Bad("file", "", err.Error())
}

func (s *Stream) mark(size int64) { s.text.Mark(s.dec.InputOffset(), size) }

func (s *Stream) token() (jsontext.Token, error) {
	s.mark(MaxElement)
	t, err := s.dec.ReadToken()
	if err != nil {
		return t, s.fault(err)
	}
	return t, nil
}

// open reads the beginning of an object or list; false for null.
func (s *Stream) open(kind jsontext.Kind, what string) (bool, error) {
	s.mark(MaxElement)
	switch k := s.dec.PeekKind(); k {
	case kind:
		_, err := s.token()
		if err == nil && s.dec.StackDepth() > 2*maxDepth {
			err = s.Bad("value", "", fmt.Sprintf("nest at most %d levels", 2*maxDepth))
		}
		return true, err
	case 'n':
		_, err := s.token()
		return false, err
	case 0:
		_, err := s.token()
		return false, err
	default:
		v, err := s.dec.ReadValue()
		if err != nil {
			return false, s.fault(err)
		}
		return false, s.Bad("value", Cut(string(v), 80), what+" should stand here")
	}
}

// Object reads an object field by field: do must read the value, with one of
// Object, List, Decode or Skip. A null is an object without fields; false
// tells that.
func (s *Stream) Object(do func(key string) error) (bool, error) {
	if ok, err := s.open('{', "an object"); err != nil || !ok {
		return false, err
	}
	for {
		t, err := s.token()
		if err != nil {
			return false, err
		}
		if t.Kind() == '}' {
			return true, nil
		}
		if err := do(t.String()); err != nil {
			return false, err
		}
	}
}

// List reads a list entry by entry; a null is an empty list.
func (s *Stream) List(do func(i int) error) error {
	if ok, err := s.open('[', "a list"); err != nil || !ok {
		return err
	}
	for i := 0; ; i++ {
		s.mark(MaxElement)
		if s.dec.PeekKind() == ']' {
			_, err := s.token()
			return err
		}
		if err := do(i); err != nil {
			return err
		}
	}
}

// Decode reads the value into v; it may have MaxElement bytes. Numbers of
// values of unknown type are float64.
func (s *Stream) Decode(v any) error { return s.DecodeUpTo(v, MaxElement) }

// DecodeUpTo is Decode with a bound of its own, in bytes.
func (s *Stream) DecodeUpTo(v any, size int64) error {
	s.mark(size)
	raw, err := s.dec.ReadValue()
	if err != nil {
		return s.fault(err)
	}
	return s.shape(json.Unmarshal(raw, v))
}

// shape is for values that are JSON, but not of the form that they should have.
func (s *Stream) shape(err error) error {
	var t *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &t):
		what := "a " + t.Type.Kind().String()
		switch t.Type.Kind().String() {
		case "map", "struct", "ptr":
			what = "an object"
		case "slice", "array":
			what = "a list"
		}
		field := t.Field
		if field == "" {
			field = "value"
		}
		return s.Bad(field, t.Value, "this should be "+what+"; write the file again with the tool itself")
	}
	return s.Bad("value", "", err.Error())
}

// Skip reads over the value, however large, without keeping it.
func (s *Stream) Skip() error {
	for depth := 0; ; {
		t, err := s.token()
		if err != nil {
			return err
		}
		switch t.Kind() {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// End checks that nothing follows.
func (s *Stream) End() error {
	s.mark(MaxElement)
	if _, err := s.dec.ReadToken(); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return s.fault(err)
	}
	return s.Bad("file", "", "something follows the end of the JSON; write the file again")
}

// parseJSON returns JSON that begins on a line of its file as a tree.
func parseJSON(r io.Reader, from int) (*Node, error) {
	s := NewStream(r, MaxElement)
	s.text.before = from - 1
	count := 0
	n, err := s.node(&count)
	if err == nil {
		err = s.End()
	}
	return n, err
}

func (s *Stream) node(count *int) (*Node, error) {
	if *count++; *count > 10*maxNodes {
		return nil, s.Bad("file", "", fmt.Sprintf("use at most %d values", 10*maxNodes))
	}
	t, err := s.token()
	if err != nil {
		return nil, err
	}
	n := &Node{Line: s.text.LineAt(s.dec.InputOffset() - 1)}
	if s.dec.StackDepth() > maxDepth {
		return nil, s.Bad("value", "", fmt.Sprintf("nest at most %d levels", maxDepth))
	}
	switch t.Kind() {
	case 't', 'f':
		n.Kind, n.Value = Bool, strconv.FormatBool(t.Bool())
	case '0':
		n.Kind, n.Value = Number, t.String()
	case '"':
		n.Kind, n.Value = String, t.String()
	case '{':
		n.Kind = Map
		for s.dec.PeekKind() != '}' {
			k, err := s.token()
			if err != nil {
				return nil, err
			}
			e := Entry{Key: k.String(), Line: s.text.LineAt(s.dec.InputOffset() - 1)}
			if e.Value, err = s.node(count); err != nil {
				return nil, err
			}
			n.Entries = append(n.Entries, e)
		}
		_, err = s.token()
	case '[':
		n.Kind = List
		for s.dec.PeekKind() != ']' {
			v, err := s.node(count)
			if err != nil {
				return nil, err
			}
			n.Items = append(n.Items, v)
		}
		_, err = s.token()
	}
	return n, err
}
