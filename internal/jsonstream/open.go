package jsonstream

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
)

// open undoes gzip and skips a byte order mark.
func open(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(z, 64<<10)
	}
	if bom, _ := b.Peek(3); bytes.Equal(bom, []byte("\xEF\xBB\xBF")) {
		_, _ = b.Discard(3) // just peeked
	}
	return b, nil
}

// meter bounds what is read for one element and in all. The decoder reads
// ahead, at most its buffer.
type meter struct {
	r     io.Reader
	left  int
	total int64
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errTooLarge
	}
	if m.total <= 0 {
		return 0, errTooLong
	}
	p = p[:min(len(p), m.left)]
	n, err := m.r.Read(p)
	m.left -= n
	m.total -= int64(n)
	return n, err
}
