package dora

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func some(r *rand.Rand, n int) (c columns) {
	for i := range n {
		f := fact{ID: int64(i) + r.Int64N(5), At: 1e15 + int64(i)*1e6, Lead: r.Int64N(1e12) - 1, Recovery: -1, Risk: r.IntN(102) - 1, Flags: flags(r.Uint32N(1024)),
			Service: "s" + string(rune('a'+r.IntN(20))), Team: "payments", Environment: production, Kind: "deploy"}
		if r.IntN(4) == 0 {
			f.Others = []string{"cart", "search"}
		}
		if r.IntN(3) == 0 {
			f.Steps = []taken{{"board", "board", "approved", r.Int64N(1e11)}, {"peer-review", "peer", "rejected", 0}}
		}
		if f.Flags&hasLead == 0 {
			f.Lead = -1
		}
		if f.Lead < 0 {
			f.Flags &^= hasLead
		}
		if f.Flags&recovered != 0 {
			f.Recovery = r.Int64N(1e10)
		}
		c.add(f)
	}
	return c
}

var same = []cmp.Option{cmp.AllowUnexported(columns{}, words{}, other{}, step{}), cmpopts.IgnoreFields(columns{}, "number", "some"), cmpopts.EquateEmpty()}

func TestSegment(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var got columns
	for _, n := range []int{0, 1, 2, 500} {
		c := some(r, n)
		if err := got.unpack(c.pack()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, got, same...); d != "" {
			t.Fatal(d)
		}
	}
}

// Whatever the bytes are, they are columns that fit together or refused.
func FuzzSegment(f *testing.F) {
	c := some(rand.New(rand.NewPCG(3, 4)), 9)
	f.Add(c.pack())
	f.Add([]byte{layout, 0, 0, 0, 0})
	f.Add([]byte("\x01\x12\x040000\x06000000\x050000")) // a word that is longer than what is left
	f.Add([]byte{layout, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c columns
		if c.unpack(b) != nil {
			return
		}
		p, _, _ := Between(at("2020-01-01 00:00"), at("2024-01-01 00:00"), at("2026-01-01 00:00"))
		s := &sight{filter: Filter{Environment: AnyEnvironment}, now: spanOf(p, true, locate(nil)), ledger: newLedger()}
		s.take(&c)
		s.ledger.list()
	})
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(7, 11)) }
