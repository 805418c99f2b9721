package sourcefile

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strconv"
	"unicode/utf8"
)

// Text is a reader of text from outside. It refuses, with the line, bytes that
// are no UTF-8 and the character 0 (which encoding/json would replace
// silently), and more bytes than its limit. A byte order mark is taken off.
type Text struct {
	r     io.Reader
	max   int64
	read  int64 // bytes given out
	until int64 // bytes that may be given out before Mark is called again; 0: no bound

	before int     // lines that end before the mark
	ends   []int64 // offsets of line ends since the mark
	rest   []byte  // the beginning of a rune that the last read cut
	begun  bool
	err    error
}

// NewText reads at most max bytes of r.
func NewText(r io.Reader, max int64) *Text { return &Text{r: r, max: max} }

// Read is io.Reader's.
func (t *Text) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	if len(p) < 2*utf8.UTFMax {
		return 0, io.ErrShortBuffer
	}
	n := copy(p, t.rest)
	t.rest = t.rest[:0]
	m, err := t.r.Read(p[n : len(p)-0])
	p = p[:n+m]
	if !t.begun && (len(p) >= 3 || err != nil) {
		t.begun = true
		p = p[:copy(p, bytes.TrimPrefix(p, []byte("\xEF\xBB\xBF")))]
	} else if !t.begun {
		t.rest = append(t.rest, p...)
		return 0, err
	}
	keep := len(p)
	for i := 0; i < len(p); {
		c := p[i]
		switch {
		case c == '\n':
			t.ends = append(t.ends, t.read+int64(i))
		case c == 0:
			return t.stop(p[:i], Bad(Line(t.LineAt(t.read+int64(i))), "file", "", "the file holds the character 0 (byte "+strconv.FormatInt(t.read+int64(i), 10)+"); send text in UTF-8"))
		case c >= utf8.RuneSelf:
			if !utf8.FullRune(p[i:]) && err == nil {
				keep = i
				i = len(p)
				continue
			}
			r, size := utf8.DecodeRune(p[i:])
			if r == utf8.RuneError && size == 1 {
				return t.stop(p[:i], Bad(Line(t.LineAt(t.read+int64(i))), "file", "", "byte "+strconv.FormatInt(t.read+int64(i), 10)+" is no UTF-8; write the file again as UTF-8"))
			}
			i += size
			continue
		}
		i++
	}
	t.rest = append(t.rest, p[keep:]...)
	t.read += int64(keep)
	switch {
	case t.read > t.max:
		t.err = Bad(Line(t.LineAt(t.read)), "file", "", fmt.Sprintf("the file is larger than %d bytes; split it", t.max))
		return 0, t.err
	case t.until > 0 && t.read > t.until:
		t.err = Bad(Line(t.before+1), "file", "", fmt.Sprintf("one element of the file is larger than %d bytes; it begins here", MaxElement))
		return 0, t.err
	}
	if err != nil {
		t.err = err
	}
	return keep, err
}

func (t *Text) stop(p []byte, err error) (int, error) {
	t.err, t.read = err, t.read+int64(len(p))
	return len(p), err
}

// Mark says that everything before an offset is done with, and that an element
// of at most size bytes begins there.
func (t *Text) Mark(offset, size int64) {
	i := sort.Search(len(t.ends), func(i int) bool { return t.ends[i] >= offset })
	t.before += i
	t.ends = append(t.ends[:0], t.ends[i:]...)
	t.until = max(offset, t.read) + size
}

// LineAt is the line, from 1, of an offset that is not before the mark.
func (t *Text) LineAt(offset int64) int {
	return t.before + 1 + sort.Search(len(t.ends), func(i int) bool { return t.ends[i] >= offset })
}
