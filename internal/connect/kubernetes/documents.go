package kubernetes

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// document is one object's text and the line of the file at which it begins.
type document struct {
	text []byte
	line int
}

// documents cuts a file into its objects without parsing it: at "---", and at
// the entries of a top-level "items:" list, as `kubectl get -o yaml` prints
// it, so that a file of any size is held one object at a time.
func documents(r io.Reader, name string, each func(document) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var buf bytes.Buffer
	start, n, items, rest := 1, 0, false, false
	flush := func() error {
		d := document{text: buf.Bytes(), line: start}
		defer func() { buf.Reset(); start = n }()
		if len(bytes.TrimSpace(d.text)) == 0 {
			return nil
		}
		return each(d)
	}
	for {
		line, err := readLine(in)
		if err != nil && err != io.EOF {
			if errors.Is(err, errLongLine) {
				return errs.BadField(name, "", fmt.Sprintf("line %d is longer than %d MiB", n+1, maxDocument>>20))
			}
			return errs.E(errs.Unavailable, "reading %s stopped at line %d", name, n).Because(err)
		}
		if len(line) > 0 {
			n++
			if i := invalid(line); i >= 0 {
				return errs.BadField(name, "", fmt.Sprintf("line %d, byte %d is no UTF-8; save the file in UTF-8", n, i+1))
			}
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
			}
			mark := bytes.TrimRight(line, " \t\r\n")
			switch {
			case bytes.HasPrefix(line, []byte("---")) && (len(mark) == 3 || mark[3] == ' ' || mark[3] == '\t'), bytes.Equal(mark, []byte("...")):
				if err := flush(); err != nil {
					return err
				}
				items, rest = false, false
				line = line[3:]
			case rest: // kind and metadata of the list that ended
				continue
			case bytes.Equal(mark, []byte("items:")):
				items, start = true, n+1
				buf.Reset()
				line = nil
			case items && line[0] == '-':
				if err := flush(); err != nil {
					return err
				}
				line = append([]byte(" "), line[1:]...)
			case items && len(mark) > 0 && line[0] != ' ' && line[0] != '#' && line[0] != '\t':
				if err := flush(); err != nil {
					return err
				}
				items, rest = false, true
				continue
			}
			if buf.Len()+len(line) > maxDocument {
				return errs.BadField(name, "", fmt.Sprintf("the document that begins at line %d is larger than %d MiB; no object of a cluster is", start, maxDocument>>20))
			}
			buf.Write(line)
		}
		if err == io.EOF {
			return flush()
		}
	}
}

var errLongLine = errors.New("line too long")

func readLine(in *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := in.ReadSlice('\n')
		out = append(out, part...)
		if len(out) > maxDocument {
			return nil, errLongLine
		}
		if err != bufio.ErrBufferFull {
			return out, err
		}
	}
}

func invalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// kindOf is the object's kind as a line of its own says it, at the least
// indentation of the text; empty when only a parser can tell.
func kindOf(text []byte) string {
	depth := -1
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(trimmed)) == 0 || trimmed[0] == '#' {
			continue
		}
		in := len(line) - len(trimmed)
		if depth < 0 {
			depth = in
		}
		if in == depth && bytes.HasPrefix(trimmed, []byte("kind:")) {
			v, _, _ := strings.Cut(string(trimmed[5:]), " #")
			v = strings.Trim(strings.TrimSpace(v), `"'`)
			if strings.ContainsAny(v, "*&!{") {
				return ""
			}
			return v
		}
	}
	return ""
}
