package graph

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
)

// A snapshot file is frames: the first one holds what the whole graph shares,
// then one comes for each page, in order. A frame is its length, the CRC of
// its content and the CRC of these two, 32 bits each, then the content. All
// numbers are little endian. The version rises whenever anything in it
// changes; no other version is read, because the database is the truth and a
// snapshot only a quicker way to it.
const (
	snapshotMagic   = "EKGRAPH\n"
	snapshotVersion = 1

	frameMost = 1 << 30
)

// ErrSnapshot is wrapped by the errors of ReadSnapshot that mean: this file is
// of no use, load from the database.
var ErrSnapshot = errors.New("the snapshot cannot be used")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// WriteSnapshot writes the graph as it is now. mark is the caller's: up to
// where deltas are in it.
func (g *Graph) WriteSnapshot(w io.Writer, mark int64) error {
	v := g.View()
	out := bufio.NewWriterSize(w, 1<<20)
	b := append([]byte(snapshotMagic), 0, 0, 0, 0)

	le.PutUint32(b[8:], snapshotVersion)
	for _, n := range []uint64{uint64(mark), uint64(len(v.pages)), uint64(v.items), uint64(v.present), uint64(v.past)} {
		b = le.AppendUint64(b, n)
	}
	b = appendTexts(appendTexts(b, v.kinds), v.groups)
	if err := writeFrame(out, b); err != nil {
		return err
	}
	for i := range v.pages {
		b = v.pages[i].append(b[:0])
		if err := writeFrame(out, b); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeFrame(w io.Writer, b []byte) error {
	if len(b) > frameMost {
		return fmt.Errorf("graph: a page of %d bytes is too large for a snapshot", len(b))
	}
	var head [12]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(b)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Checksum(b, castagnoli))
	binary.LittleEndian.PutUint32(head[8:], crc32.Checksum(head[:8], castagnoli))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// frame is one that was read; its content is checked by who uses it, because
// that is done on all cores.
type frame struct {
	n   int
	crc uint32
	b   []byte
}

func (f *frame) sound() error {
	if crc32.Checksum(f.b, castagnoli) != f.crc {
		return errDamaged
	}
	return nil
}

var errDamaged = fmt.Errorf("graph: %w: it is damaged", ErrSnapshot)

// readFrame reads the next frame into buf, or a larger one.
func readFrame(r io.Reader, buf []byte) (f frame, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, fmt.Errorf("graph: %w: it ends too early: %w", ErrSnapshot, err)
	}

	size := le.Uint32(head[:])
	if crc32.Checksum(head[:8], castagnoli) != le.Uint32(head[8:]) || size > frameMost {
		return f, errDamaged
	}
	if cap(buf) < int(size) {
		buf = make([]byte, size+size/8)
	}
	f.crc, f.b = le.Uint32(head[4:]), buf[:size]
	if _, err := io.ReadFull(r, f.b); err != nil {
		return f, fmt.Errorf("graph: %w: it ends too early: %w", ErrSnapshot, err)
	}
	return f, nil
}

// ReadSnapshot reads what WriteSnapshot wrote, and its mark. Errors that wrap
// ErrSnapshot are of the file; whatever the error, the caller loads from the
// database.
func ReadSnapshot(r io.Reader) (*Graph, int64, error) {
	first, err := readFrame(r, nil)
	if err == nil {
		err = first.sound()
	}
	if err != nil {
		return nil, 0, err
	}
	v, mark, want, err := readHead(first.b)
	if err != nil {
		return nil, 0, err
	}
	if err := v.readPages(r); err != nil {
		return nil, 0, err
	}
	for i := range v.pages {
		v.pages[i].count(v)
	}
	if have := [3]int{v.items, v.present, v.past}; have != want {
		return nil, 0, errDamaged
	}
	return v.adopt(), mark, nil
}

// readPages reads one frame after the other and takes them apart on all cores.
func (v *View) readPages(r io.Reader) error {
	workers := runtime.GOMAXPROCS(0)
	free, todo := make(chan []byte, 2*workers), make(chan frame, workers)
	failed := make(chan error, workers)
	for range 2 * workers {
		free <- nil
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			var first error
			for f := range todo {
				err := f.sound()
				if err == nil {
					err = v.pages[f.n].read(f.b, v)
				}
				if first == nil {
					first = err
				}
				free <- f.b
			}
			failed <- first
		})
	}
	var err error
	for n := range v.pages {
		var f frame
		if f, err = readFrame(r, <-free); err != nil {
			break
		}
		f.n = n
		todo <- f
	}
	close(todo)
	wg.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	return err
}

// readHead makes an empty view of the right size.
func readHead(b []byte) (v *View, mark int64, want [3]int, err error) {

	const fixed = len(snapshotMagic) + 4 + 5*8
	if len(b) < fixed || string(b[:len(snapshotMagic)]) != snapshotMagic {
		return nil, 0, want, fmt.Errorf("graph: %w: it is something else", ErrSnapshot)
	}
	if version := le.Uint32(b[8:]); version != snapshotVersion {
		return nil, 0, want, fmt.Errorf("graph: %w: it has version %d, not %d", ErrSnapshot, version, snapshotVersion)
	}
	var n [5]uint64
	for i := range n {
		n[i] = le.Uint64(b[12+8*i:])
	}
	r := reader{b: b[fixed:]}
	v = &View{kinds: r.texts(), groups: r.texts(), pool: newPool()}
	if r.bad || len(r.b) > 0 || n[1] > (ItemMost+1)>>pageBits || len(v.kinds) == 0 || len(v.groups) == 0 {
		return nil, 0, want, errDamaged
	}
	v.pages = make([]page, n[1])
	return v, int64(n[0]), [3]int{int(n[2]), int(n[3]), int(n[4])}, nil
}

// adopt is a graph of a view that was read.
func (v *View) adopt() *Graph {
	g := &Graph{groups: make(map[string]uint32, len(v.groups)), kinds: make(map[string]uint16, len(v.kinds))}
	for i, text := range v.groups {
		g.groups[text] = uint32(i)
	}
	for i, text := range v.kinds {
		g.kinds[text] = uint16(i)
	}
	g.view.Store(v)
	return g
}
