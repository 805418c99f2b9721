package cmdb

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// A staged chunk is a compressed list of checked records of one sort. Its
// number tells the sort and the order of applying: items, then relations (so
// that their ends are known), then what a complete run did not see. On SQLite
// whoever else writes waits for one chunk at most, 20 to 30 ms; half as many
// records in a chunk cost a tenth more for each.
const (
	stageLinks   = 1_000_000
	stageAbsent  = 2_000_000
	stageGone    = 3_000_000
	chunkFacts   = 1000
	chunkLinks   = 2000
	chunkAbsent  = 500
	chunkSize    = 1 << 20 // bytes before compression; more begins a new chunk
	stageVersion = 1
)

// packer writes chunks; it keeps its compressor.
type packer struct {
	buf []byte
	n   int
	zip *flate.Writer
}

func (p *packer) full(most int) bool { return p.n >= most || len(p.buf) >= chunkSize }

// take returns the chunk, compressed, and begins a new one.
func (p *packer) take() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte(stageVersion)
	if p.zip == nil {
		p.zip, _ = flate.NewWriter(&out, flate.BestSpeed) // the level is valid
	} else {
		p.zip.Reset(&out)
	}
	if _, err := p.zip.Write(p.buf); err != nil {
		return nil, err
	}
	err := p.zip.Close()
	p.buf, p.n = p.buf[:0], 0
	return out.Bytes(), err
}

func (p *packer) text(s string) {
	p.buf = binary.AppendUvarint(p.buf, uint64(len(s)))
	p.buf = append(p.buf, s...)
}

func (p *packer) number(n uint64) { p.buf = binary.AppendUvarint(p.buf, n) }

func (p *packer) fact(f *fact) {
	for _, s := range []string{f.key, f.kind, f.name, f.env, f.team, f.attributes, f.digest} {
		p.text(s)
	}
	p.number(uint64(len(f.identifiers)))
	for _, id := range f.identifiers {
		p.text(id.Scheme)
		p.text(id.Value)
	}
	p.n++
}

func (p *packer) link(l *link) {
	p.text(l.from)
	p.text(l.to)
	p.buf = append(p.buf, l.kind, byte(l.provenance))
	p.text(string(l.strength))
	p.text(l.group)
	p.number(uint64(l.need))
	if l.flow == (Flow{}) {
		p.buf = append(p.buf, 0)
	} else {
		p.buf = append(p.buf, 1)
		for _, v := range []float64{l.flow.PerSecond, l.flow.Errors, l.flow.P95} {
			p.buf = binary.LittleEndian.AppendUint64(p.buf, math.Float64bits(v))
		}
		p.number(uint64(max(moment(l.flow.At), 0)))
	}
	p.n++
}

var errStage = errors.New("a staged chunk cannot be read")

// unpacker reads a chunk.
type unpacker struct {
	text string // all of it; what is read are parts of it, not copies
	at   int
	bad  bool
}

func unpack(chunk []byte) (*unpacker, error) {
	if len(chunk) == 0 || chunk[0] != stageVersion {
		return nil, fmt.Errorf("%w: it was written by another version", errStage)
	}
	zip := flate.NewReader(bytes.NewReader(chunk[1:]))
	defer zip.Close()
	all, err := io.ReadAll(io.LimitReader(zip, chunkSize+4*MaxItemSize))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStage, err)
	}
	return &unpacker{text: string(all)}, nil
}

func (u *unpacker) more() bool { return !u.bad && u.at < len(u.text) }

func (u *unpacker) number() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		c := u.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	u.bad = true
	return 0
}

func (u *unpacker) byte() byte {
	if u.at >= len(u.text) {
		u.bad = true
		return 0
	}
	u.at++
	return u.text[u.at-1]
}

func (u *unpacker) string() string {
	n := u.number()
	if n > uint64(len(u.text)-u.at) {
		u.bad = true
		return ""
	}
	u.at += int(n)
	return u.text[u.at-int(n) : u.at]
}

func (u *unpacker) facts() (out []fact, err error) {
	out = make([]fact, 0, chunkFacts)
	for u.more() {
		f := fact{key: u.string(), kind: u.string(), name: u.string(), env: u.string(), team: u.string(), attributes: u.string(), digest: u.string()}
		n := u.number()
		if n > MaxIdentifiers {
			return nil, errStage
		}
		if n > 0 {
			f.identifiers = make([]Identifier, n)
		}
		for i := range f.identifiers {
			f.identifiers[i] = Identifier{u.string(), u.string()}
		}
		out = append(out, f)
	}
	if u.bad {
		return nil, errStage
	}
	return out, nil
}

func (u *unpacker) links() (out []link, err error) {
	out = make([]link, 0, chunkLinks)
	for u.more() {
		l := link{from: u.string(), to: u.string(), kind: u.byte(), provenance: Provenance(u.byte()), strength: Strength(u.string()), group: u.string(), need: int(u.number())}
		if int(l.kind) >= len(RelationKinds) {
			return nil, errStage
		}
		if u.byte() == 1 {
			for _, v := range []*float64{&l.flow.PerSecond, &l.flow.Errors, &l.flow.P95} {
				var b [8]byte
				for i := range b {
					b[i] = u.byte()
				}
				*v = math.Float64frombits(binary.LittleEndian.Uint64(b[:]))
			}
			if us := u.number(); us > 0 {
				l.flow.At = time.UnixMicro(int64(us)).UTC()
			}
		}
		out = append(out, l)
	}
	if u.bad {
		return nil, errStage
	}
	return out, nil
}

func (u *unpacker) numbers() (out []int64, err error) {
	for u.more() {
		out = append(out, int64(u.number()))
	}
	if u.bad {
		return nil, errStage
	}
	return out, nil
}
