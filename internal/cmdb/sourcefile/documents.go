package sourcefile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Documents gives the documents of a YAML stream, or of a file of JSON, to do,
// one after another; only one is in memory. Empty documents are left out. It
// returns how many there were. The error of do ends it.
func Documents(r io.Reader, opt Options, do func(*Node) error) (int, error) {
	in := bufio.NewReaderSize(NewText(r, opt.Limit()), 64<<10)
	if first, err := firstByte(in); err != nil {
		return 0, err
	} else if first == '{' || first == '[' {
		n, err := parseJSON(in, 1)
		if err != nil {
			return 0, err
		}
		return 1, do(n)
	}
	count, line, from := 0, 0, 1
	var doc bytes.Buffer
	flush := func() error {
		n, err := parseYAML(doc.Bytes(), from)
		doc.Reset()
		if err != nil || n == nil {
			return err
		}
		count++
		return do(n)
	}
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			doc.Write(text)
			if doc.Len() > MaxDocument {
				return count, tooLarge(from)
			}
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return count, err
		}
		end := doc.Len() == 0 || doc.Bytes()[doc.Len()-1] == '\n'
		line++
		if end && marks(text, "---") {
			if e := flush(); e != nil {
				return count, e
			}
			from = line
			text = append([]byte("   "), text[3:]...)
		} else if end && marks(text, "...") {
			text = []byte("\n")
		}
		if doc.Len() == 0 {
			from = line
		}
		doc.Write(text)
		if doc.Len() > MaxDocument {
			return count, tooLarge(from)
		}
		if err != nil {
			return count, flush()
		}
	}
}

func tooLarge(line int) error {
	return Bad(Line(line), "document", "", fmt.Sprintf("the document that begins here is larger than %d bytes; split it", MaxDocument))
}

// marks tells whether a line is a border of documents. In the first column
// these signs are never content: that of a block scalar is indented.
func marks(line []byte, sign string) bool {
	s := string(line)
	return strings.HasPrefix(s, sign) && (len(s) == 3 || strings.ContainsRune(" \t\r\n", rune(s[3])))
}

func firstByte(in *bufio.Reader) (byte, error) {
	for i := 1; ; i++ {
		b, err := in.Peek(i)
		if len(b) < i {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
				return 0, err
			}
			return 0, nil
		}
		switch b[i-1] {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return b[i-1], nil
	}
}
