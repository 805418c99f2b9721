package evidence

import (
	"bytes"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// proof reads the line before an entry of a selection.
func (p *parser) proof(rest []byte) *Bad {
	index, hashes, _ := bytes.Cut(rest, []byte{' '})
	n, err := strconv.ParseInt(string(index), 10, 64)
	if err != nil || n < 0 || !p.selection || p.at == nil || p.proven {
		return p.bad(Unreadable, fmt.Sprintf("Line %d is no proof, or stands in the wrong place.", p.line))
	}
	p.path = p.path[:0]
	for len(hashes) > 0 {
		var one []byte
		one, hashes, _ = bytes.Cut(hashes, []byte{','})
		h, err := tlog.ParseHash(string(one))
		if err != nil || len(p.path) > 64 {
			return p.bad(Unreadable, fmt.Sprintf("Line %d holds no audit path.", p.line))
		}
		p.path = append(p.path, h)
	}
	p.index, p.proven = n, true
	return nil
}

// provenEntry checks one entry of a selection against the checkpoint.
func (p *parser) provenEntry(line []byte) *Bad {
	if !p.proven {
		return p.bad(Unreadable, fmt.Sprintf("The entry in line %d has no proof before it.", p.line)).about(line)
	}
	p.proven = false
	if p.index >= p.at.Size {
		return p.bad(Inserted, fmt.Sprintf("Entry %s lies beyond the checkpoint, which covers %d entries.", describe(p.index, line), p.at.Size)).about(line)
	}
	if err := tlog.CheckRecord(p.path, p.at.Size, p.at.Root, p.index, LeafHash(line)); err != nil {
		return p.bad(Edited, fmt.Sprintf("Entry %s is not what was logged there: its proof does not lead to the signed root.", describe(p.index, line))).about(line)
	}
	if p.c.rep.Entries == 0 {
		if f, err := ReadFacts(line); err == nil {
			p.c.rep.First = f.At
		}
	}
	p.c.rep.Entries++
	p.c.last = append(p.c.last[:0], line...)
	return nil
}
