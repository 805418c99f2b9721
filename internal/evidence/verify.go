package evidence

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Options says what a check may rely on besides the log itself.
type Options struct {
	Key      Public      // the log's key, known from elsewhere; zero = the one in the file, which proves less
	Also     []Public    // further keys of the log known from elsewhere, when its key was replaced
	Known    []Known     // roots known from elsewhere
	Epochs   []EpochKey  // of a stored log that is not checked from its beginning: the keys of its epochs, oldest first
	Progress func(int64) // told the number of entries so far; may be nil
}

// maxLine is more than the longest line of an export: an entry, or a tile.
const maxLine = 128 << 10

// Verify checks an exported file, plain or gzipped, without any server. The
// error is only about reading r; whatever is wrong with the log is in the
// report. It reads the file once and keeps one tile in memory.
func Verify(r io.Reader, opt Options) (Report, error) {
	in := bufio.NewReaderSize(r, maxLine)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return Report{Bad: &Bad{Fault: Unreadable, Index: -1, Until: -1, Words: "The file is no whole gzip file."}}, nil
		}
		in = bufio.NewReaderSize(z, maxLine)
	}
	p := &parser{in: in, opt: opt}
	rep, err := p.run()
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		b := p.bad(Truncated, "The file is damaged or ends in the middle: "+err.Error()+".")
		rep, err = p.report(b), nil
	}
	return rep, err
}

// parser reads an export and feeds the checker.
type parser struct {
	in        *bufio.Reader
	opt       Options
	line      int64
	selection bool
	size      int64
	c         *checker

	index   int64       // of the next entry
	at      *Checkpoint // of a selection
	path    tlog.RecordProof
	proven  bool // path belongs to the next entry
	fileKey Public
}

func (p *parser) bad(f Fault, words string) *Bad {
	index := int64(-1)
	if p.c != nil {
		index = p.index
	}
	return &Bad{Fault: f, Index: index, Until: index, Line: p.line, Words: words}
}

func (p *parser) report(b *Bad) Report {
	if p.c == nil {
		return Report{Bad: b, Size: p.size}
	}
	rep := p.c.report(b)
	rep.Pinned, rep.Selection = !p.opt.Key.IsZero(), p.selection
	if p.at != nil {
		rep.Root = p.at.Root.String()
	}
	return rep
}

// next returns the next line without its end; io.EOF after the last one. A
// last line without an end is io.ErrUnexpectedEOF: files end with a newline.
func (p *parser) next() ([]byte, error) {
	line, err := p.in.ReadSlice('\n')
	if err == io.EOF && len(line) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	p.line++
	return line[:len(line)-1], nil
}

func (p *parser) run() (Report, error) {
	if b, err := p.header(); b != nil || err != nil {
		return p.report(b), err
	}
	for {
		line, err := p.next()
		switch {
		case err == io.EOF:
			if b := compare(p.c.tree.Size(), p.c.want, p.c.got, p.c.nth); b != nil {
				return p.report(b), nil
			}
			return p.report(p.bad(Truncated, fmt.Sprintf("The file ends after entry #%d without its last line: its end was cut off.", p.index-1))), nil
		case err == bufio.ErrBufferFull:
			return p.report(p.bad(Unreadable, fmt.Sprintf("Line %d is longer than any entry may be.", p.line+1))), nil
		case err != nil:
			return p.report(nil), err
		}
		b, done := p.item(line)
		if b != nil {
			b.Line = p.line
			return p.report(b), nil
		}
		if done {
			if _, err := p.next(); err != io.EOF {
				return p.report(p.bad(Unreadable, "There is more after the last line of the export.")), nil
			}
			return p.report(nil), nil
		}
	}
}

// header reads the lines up to the first empty one.
func (p *parser) header() (*Bad, error) {
	values := map[string]string{}
	for {
		line, err := p.next()
		if err == io.EOF || err == io.ErrUnexpectedEOF || err == bufio.ErrBufferFull || p.line == 1 && string(line) != exportMagic {
			return p.bad(Unreadable, "The file is no evidence export; its first line is not \""+exportMagic+"\", or its head is cut off."), nil
		}
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			break
		}
		if name, value, _ := strings.Cut(string(line), " "); p.line > 1 && p.line < 20 {
			values[name] = value
		}
	}
	var err1, err2 error
	p.size, err1 = strconv.ParseInt(values["size"], 10, 64)
	p.fileKey, err2 = ParsePublic(values["key"])
	p.selection = values["kind"] == "selection"
	if err1 != nil || p.size < 0 || p.size > 1<<48 || err2 != nil || !p.selection && values["kind"] != "whole" {
		return p.bad(Unreadable, "The head of the file lacks kind, key or size, or they are not in the documented form."), nil
	}
	key := p.fileKey
	var pins []Public
	var foreign *Bad
	if !p.opt.Key.IsZero() {
		pins = append([]Public{p.opt.Key}, p.opt.Also...)
		if i := slices.IndexFunc(pins, key.SameKey); i >= 0 {
			key = pins[i]
		} else {
			foreign = p.bad(Forged, fmt.Sprintf("The file says the log's key is %s, but the key given is %s.", p.fileKey, p.opt.Key))
		}
	}
	if foreign != nil && p.selection {
		return foreign, nil
	}
	p.c = newChecker(key, p.size, &Tree{}, p.opt.Known)
	p.c.pins, p.c.foreign = pins, foreign
	return nil, nil
}

// item takes one line after the head; done after the end line.
func (p *parser) item(line []byte) (b *Bad, done bool) {
	if len(line) > 0 && line[0] == '{' {
		return p.entry(line), false
	}
	word, rest, _ := bytes.Cut(line, []byte{' '})
	switch string(word) {
	case "tile":
		return p.tile(rest), false
	case "checkpoint":
		return p.checkpoint(rest), false
	case "index":
		if n, err := strconv.ParseInt(string(rest), 10, 64); err == nil && n >= 0 && !p.selection {
			p.index = n
			return nil, false
		}
	case "proof":
		return p.proof(rest), false
	case "end":
		return p.end(string(rest)), true
	}
	return p.bad(Unreadable, fmt.Sprintf("Line %d is none of the documented kinds.", p.line)), false
}

func (p *parser) entry(line []byte) *Bad {
	if p.selection {
		return p.provenEntry(line)
	}
	b := p.c.entry(p.index, line)
	p.index++
	if p.opt.Progress != nil && p.index%(1<<14) == 0 {
		p.opt.Progress(p.index)
	}
	return b
}

func (p *parser) tile(rest []byte) *Bad {
	var t Tile
	f := bytes.Split(rest, []byte{' '})
	if len(f) == 3 && !p.selection {
		level, err1 := strconv.Atoi(string(f[0]))
		n, err2 := strconv.ParseInt(string(f[1]), 10, 64)
		data, err3 := base64.StdEncoding.AppendDecode(nil, f[2])
		if err1 == nil && err2 == nil && err3 == nil {
			t = Tile{Level: level, N: n, Data: data}
			return p.c.tile(t)
		}
	}
	return p.bad(Unreadable, fmt.Sprintf("Line %d is no tile.", p.line))
}

func (p *parser) checkpoint(rest []byte) *Bad {
	var signed string
	if err := json.Unmarshal(rest, &signed); err != nil {
		return p.bad(Unreadable, fmt.Sprintf("Line %d is no checkpoint.", p.line))
	}
	if !p.selection {
		return p.c.checkpoint(signed)
	}
	cp, err := p.c.pub.Open(signed)
	if err != nil || p.at != nil {
		return &Bad{Fault: Forged, Index: -1, Until: -1, Words: "The checkpoint of the selection is not the log's, or there are two."}
	}
	for _, k := range p.opt.Known {
		if k.Size == cp.Size && k.Root != cp.Root {
			return &Bad{Fault: Forked, Index: -1, Until: -1, Words: fmt.Sprintf("The selection's checkpoint for %d entries has another root than %s.", cp.Size, k.Name)}
		} else if k.Size == cp.Size {
			p.c.rep.Known++
		}
	}
	p.at, p.c.rep.Checkpoints, p.c.rep.Signed = &cp, 1, cp.Size
	return nil
}

func (p *parser) end(rest string) *Bad {
	count, _, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return p.bad(Unreadable, "The last line is not in the documented form.")
	}
	if !p.selection {
		if b := p.c.end(); b != nil {
			return b
		}
	} else if p.at == nil {
		return p.bad(Unreadable, "The selection has no checkpoint.")
	}
	if n != p.c.rep.Entries {
		return p.bad(Deleted, fmt.Sprintf("The file says it holds %d entries, but there are %d.", n, p.c.rep.Entries))
	}
	return nil
}
