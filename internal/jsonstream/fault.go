package jsonstream

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/errs"
)

var (
	errTooLarge = fmt.Errorf("one element is larger than %d MiB; leave out what no inventory needs, or split the export", MaxElement>>20)
	errTooLong  = fmt.Errorf("the input is larger than %d GiB; split the export", MaxInput>>30)
)

// fault turns an error of the decoder into one for people.
func (s *stream) fault(err error) error {
	if err == nil {
		return nil
	}
	place := Name(string(s.dec.StackPointer()))
	var syntax *jsontext.SyntacticError
	what := ""
	switch {
	case errors.Is(err, errTooLarge):
		what = errTooLarge.Error()
	case errors.Is(err, errTooLong):
		what = errTooLong.Error()
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		what = "the packed file is damaged; fetch it again"
	case errors.As(err, &syntax):
		place = Name(string(syntax.JSONPointer))
		what = "this is no JSON: " + strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
		if errors.Is(err, io.ErrUnexpectedEOF) {
			what = "the JSON ends before it is complete; fetch it again"
		}
		return errs.BadField(s.name, "", fmt.Sprintf("at %s, byte %d: %s", place, syntax.ByteOffset, what)).Because(err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		what = "the JSON ends before it is complete; fetch it again"
	default:
		return errs.E(errs.Unavailable, "reading %s stopped at %s, byte %d", s.name, place, s.dec.InputOffset()).Because(err)
	}
	return errs.BadField(s.name, "", fmt.Sprintf("at %s, byte %d: %s", place, s.dec.InputOffset(), what)).Because(err)
}

// Name writes a JSON pointer (RFC 6901) as people say it: /items/3/kind is
// items[3].kind; the empty one is "the top".
func Name(pointer string) string {
	if pointer == "" {
		return "the top"
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
	return errs.Short(b.String())
}
