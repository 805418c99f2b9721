package sourcefile

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"unicode/utf8"
)

// Text is a reader of text from outside. It refuses, with the line, bytes that
// are no UTF-8 and the character 0 (which encoding/json would replace
// silently), and more bytes than its limit. A byte order mark is taken off.
type Text struct {
	r      io.Reader
	max    int64
	read   int64 // bytes checked
	marked int64 // where the element begins that is read, or a little later
	until  int64 // bytes that may be given out before Mark is called again; 0: no bound

	before int               // lines that end before the mark
	ends   []int64           // offsets of line ends since the mark
	chunk  []byte            // memory of what was read
	tail   [utf8.UTFMax]byte // the beginning of a rune that the last read cut
	rest   int               // bytes of it
	out    []byte            // checked and not given out
	begun  bool
	err    error // after out
}

// NewText reads at most max bytes of r.
func NewText(r io.Reader, max int64) *Text { return &Text{r: r, max: max, chunk: make([]byte, 32<<10)} }

// Read is io.Reader's.
func (t *Text) Read(p []byte) (int, error) {
	for len(t.out) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.fill()
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	return n, nil
}

// fill reads and checks one chunk; read and ends count what is checked.
func (t *Text) fill() {
	copy(t.chunk, t.tail[:t.rest])
	n, err := t.r.Read(t.chunk[t.rest:])
	p := t.chunk[:t.rest+n]
	if !t.begun {
		if len(p) < 3 && err == nil {
			t.rest = copy(t.tail[:], p)
			return
		}
		t.begun = true
		p = bytes.TrimPrefix(p, []byte("\xEF\xBB\xBF"))
	}
	t.err = err
	good := 0 // bytes of p that are checked
	for good < len(p) {
		c := p[good]
		switch {
		case c == '\n':
			t.ends = append(t.ends, t.read+int64(good))
		case c == 0:
			t.fault(good, "is the character 0; send text")
			p = p[:good]
			continue
		case c >= utf8.RuneSelf:
			if !utf8.FullRune(p[good:]) && err == nil {
				t.rest = copy(t.tail[:], p[good:])
				t.give(p[:good])
				return
			}
			r, size := utf8.DecodeRune(p[good:])
			if r == utf8.RuneError && size == 1 {
				t.fault(good, "is no UTF-8; write the file again as UTF-8")
				p = p[:good]
				continue
			}
			good += size - 1
		}
		good++
	}
	t.give(p)
	t.rest = 0
}

func (t *Text) fault(at int, what string) {
	offset := t.read + int64(at)
	t.err = Bad(Line(t.LineAt(offset)), "file", "", fmt.Sprintf("byte %d %s", offset, what))
}

func (t *Text) give(p []byte) {
	t.read += int64(len(p))
	switch {
	case t.read > t.max:
		t.err = Bad(Line(t.LineAt(t.read)), "file", "", fmt.Sprintf("the file is larger than %d bytes; split it", t.max))
	case t.until > 0 && t.read > t.until:
		t.err = Bad(Line(t.before+1), "file", "", fmt.Sprintf("one element of the file is larger than %d bytes; it begins here", t.until-t.marked))
	default:
		t.out = p // the chunk is used again only when all of it has been given out
	}
}

// Mark says that everything before an offset is done with, and that an element
// of at most size bytes begins there.
func (t *Text) Mark(offset, size int64) {
	i := sort.Search(len(t.ends), func(i int) bool { return t.ends[i] >= offset })
	t.before += i
	t.ends = append(t.ends[:0], t.ends[i:]...)
	t.marked = max(offset, t.read)
	t.until = t.marked + size
}

// LineAt is the line, from 1, of an offset that is not before the mark.
func (t *Text) LineAt(offset int64) int {
	return t.before + 1 + sort.Search(len(t.ends), func(i int) bool { return t.ends[i] >= offset })
}
