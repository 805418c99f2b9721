package evidence

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Export file, version 1. It is text, one item a line, so that it can be read
// with less, grep and jq; docs/operate/evidence.md describes it for auditors.
//
//	evenkeel-evidence-export 1
//	kind whole | selection
//	name NAME                      the log's name
//	key NAME+HASH+BASE64           its verifier key, to compare with one known from elsewhere
//	made TIME
//	size N                         entries in the log when it was written
//
//	tile LEVEL N BASE64            hashes of one tile, before what it covers, upper levels first
//	{"v":1,…}                      an entry: the line is its canonical bytes, in order of the index
//	index N                        the next entry's index, only where the store has a gap before it
//	checkpoint "NOTE"              a signed checkpoint, JSON string, after the entries it covers
//	proof INDEX BASE64,…           (selection) the next entry's index and audit path to the checkpoint
//	end COUNT ROOT                 number of entry lines, root hash at size
//
// A whole export holds every entry and proves that none is missing. A
// selection holds some entries, each proven to be in the log under its one
// checkpoint; it cannot prove that none was left out.
const exportMagic = "evenkeel-evidence-export 1"

// Header is what an export says about itself.
type Header struct {
	Selection bool
	Key       Public
	Made      time.Time
	Size      int64
}

// Log is what a whole export is written from and a live check reads.
type Log interface {
	Store
	// Entries returns the entries with from ≤ index < to, by index. Missing
	// ones are simply absent: finding that out is the check's work.
	Entries(from, to int64) ([]Stored, error)
	// Tail returns the leaf hashes of the unfinished tile as they were noted
	// when the last checkpoint was signed, and the size of that checkpoint.
	// Without them an edit in the last 255 entries could only be placed
	// between two checkpoints.
	Tail() (size int64, leaves []tlog.Hash, err error)
	// Checkpoints returns the signed notes with from < size ≤ to, by size.
	Checkpoints(from, to int64) ([]string, error)
}

// Stored is one entry as it is stored.
type Stored struct {
	Index     int64
	Canonical []byte
}

// ErrMissing is what a Store wraps when a row that must exist does not.
var ErrMissing = errors.New("missing from the log")

// ExportWriter writes one export. Errors stick and are returned by Close.
type ExportWriter struct {
	w     *bufio.Writer
	tree  *Tree // of what was written
	count int64
	err   error
}

// NewExport starts an export. The caller owns w and closes it after Close.
func NewExport(w io.Writer, h Header) *ExportWriter {
	x := &ExportWriter{w: bufio.NewWriterSize(w, 1<<16), tree: &Tree{}}
	kind := "whole"
	if h.Selection {
		kind = "selection"
	}
	x.print(exportMagic + "\nkind " + kind + "\nname " + base(h.Key.Name()) + "\nkey " + h.Key.String() +
		"\nmade " + h.Made.UTC().Format(time.RFC3339) + "\nsize " + strconv.FormatInt(h.Size, 10) + "\n\n")
	return x
}

func (x *ExportWriter) print(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}

// Tile writes one tile's hashes.
func (x *ExportWriter) Tile(level int, n int64, data []byte) {
	x.print(fmt.Sprintf("tile %d %d %s\n", level, n, base64.StdEncoding.EncodeToString(data)))
}

// Entry writes one entry. Canonical bytes never hold a line break.
func (x *ExportWriter) Entry(e Stored) {
	if e.Index != x.tree.size {
		x.print("index " + strconv.FormatInt(e.Index, 10) + "\n")
	}
	x.entry(e.Canonical)
	x.tree.Append(LeafHash(e.Canonical))
	x.tree.Take()
}

func (x *ExportWriter) entry(canonical []byte) {
	if x.err == nil {
		_, x.err = x.w.Write(canonical)
	}
	x.print("\n")
	x.count++
}

// Checkpoint writes a signed checkpoint.
func (x *ExportWriter) Checkpoint(signed string) {
	text, err := json.Marshal(signed)
	if err != nil && x.err == nil {
		x.err = err
	}
	x.print("checkpoint " + string(text) + "\n")
}

// Proven writes one entry of a selection, after its audit path.
func (x *ExportWriter) Proven(e Stored, path tlog.RecordProof) {
	line := []byte("proof " + strconv.FormatInt(e.Index, 10) + " ")
	for i, h := range path {
		if i > 0 {
			line = append(line, ',')
		}
		line = base64.StdEncoding.AppendEncode(line, h[:])
	}
	x.print(string(line) + "\n")
	x.entry(e.Canonical)
}

// Close ends the export with its count and root, and reports the first error.
// The root of a whole export is that of the entries written.
func (x *ExportWriter) Close(root tlog.Hash) error {
	x.print("end " + strconv.FormatInt(x.count, 10) + " " + root.String() + "\n")
	if x.err == nil {
		x.err = x.w.Flush()
	}
	return x.err
}

// ExportWhole writes the whole log as it is stored, right or wrong, in
// bounded memory, and returns the number of entries written. progress, if not
// nil, is told the number of entries so far.
func ExportWhole(w io.Writer, h Header, log Log, progress func(int64)) (int64, error) {
	x := NewExport(w, h)
	err := walk(log, 0, h.Size, visit{
		tile:       func(t Tile) error { x.Tile(t.Level, t.N, t.Data); return x.err },
		entry:      func(e Stored) error { x.Entry(e); return x.err },
		checkpoint: func(c string) error { x.Checkpoint(c); return x.err },
		progress:   progress,
	})
	if err != nil {
		return x.count, err
	}
	return x.count, x.Close(x.tree.Root())
}

type visit struct {
	tile       func(Tile) error
	entry      func(Stored) error
	checkpoint func(string) error
	progress   func(int64) // may be nil
}

// walk visits the log from an index on (a multiple of the tile width) up to
// size, in the order of an export. Tiles that the store lacks are skipped:
// the check then reports what no longer fits.
func walk(log Log, from, size int64, v visit) error {
	for start := from; start < size; start += TileWidth {
		end := min(start+TileWidth, size)
		if err := walkTiles(log, start, size, start == from, v.tile); err != nil {
			return err
		}
		entries, err := log.Entries(start, end)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := v.entry(e); err != nil {
				return err
			}
		}
		if err := walkCheckpoints(log, start, end, v.checkpoint); err != nil {
			return err
		}
		if v.progress != nil {
			v.progress(end)
		}
	}
	return walkCheckpoints(log, size, 1<<62, v.checkpoint) // those that claim more than there is
}

// walkTiles visits the tiles that begin at an index, upper ones first; at the
// first index of a walk also those that began before it.
func walkTiles(log Log, start, size int64, first bool, visit func(Tile) error) error {
	r := NewReader(log) // forgets what it read, which bounds memory
	for level := levels - 1; level >= 0; level-- {
		span := int64(1) << (TileHeight * (level + 1))
		n := start / span
		width := int(min(TileWidth, size>>(TileHeight*level)-n*TileWidth))
		if start%span != 0 && !first || width < 1 {
			continue
		}
		data, err := tileOrTail(r, level, n, width)
		if errors.Is(err, ErrMissing) || err == nil && len(data) == 0 {
			continue
		}
		if err != nil {
			return err
		}
		if err := visit(Tile{Level: level, N: n, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

// tileOrTail reads a tile; of the unfinished leaf tile only what was noted,
// since computing it from the entries would prove nothing about them.
func tileOrTail(r *Reader, level int, n int64, width int) ([]byte, error) {
	log, ok := r.store.(Log)
	if level > 0 || width == TileWidth || !ok {
		return r.Tile(level, n, width)
	}
	size, leaves, err := log.Tail()
	if err != nil || size <= n*TileWidth || size-n*TileWidth != int64(len(leaves)) || len(leaves) > width {
		return nil, err // nothing was noted for this tile
	}
	var data []byte
	for _, h := range leaves {
		data = append(data, h[:]...)
	}
	return data, nil
}

func walkCheckpoints(log Log, from, to int64, visit func(string) error) error {
	notes, err := log.Checkpoints(from, to)
	for i := 0; err == nil && i < len(notes); i++ {
		err = visit(notes[i])
	}
	return err
}
