package otlp

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

func seeds(f *testing.F) {
	add := func(spans ...tspan) {
		b, err := ptraceotlp.NewExportRequestFromTraces(message(spans...)).MarshalProto()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	add()
	add(tspan{service: "shop", trace: "1", id: "a", kind: client, bad: true, flags: 0x301, ms: 7, links: []string{"2/b", "3/c"},
		attrs: map[string]any{"db.system": "redis", "server.address": "r", "server.port": 6379, "messaging.destination.temporary": true}})
	add(tspan{service: "cart", trace: "1", id: "b", parent: "a", kind: server}, tspan{service: "mail", trace: "1", id: "c", kind: consumer, links: []string{"1/a"},
		attrs: map[string]any{"messaging.system": "kafka", "messaging.destination.name": "orders"}})
	requests, _ := load(3)
	for _, r := range requests {
		f.Add(r)
	}
	f.Add([]byte{0x0a, 0x05, 0xc2, 0x3e, 0x02, 0x12, 0x00})
}

// dump writes all that the walker reads of a message.
func dump(b []byte) (string, error) {
	var out strings.Builder
	id := func(b []byte) string { // all zero and none are the same to the generated code
		if zero(b) {
			return "-"
		}
		return hex.EncodeToString(b)
	}
	var w walker
	w.begin = func(raw []byte) error {
		fmt.Fprintln(&out, "resource")
		return attributes(raw, 1, func(k []byte, v value) { fmt.Fprintf(&out, " %q %s\n", k, said2(v)) })
	}
	w.take = func(s *wireSpan) error {
		fmt.Fprintln(&out, "span", id(s.trace), id(s.id), id(s.parent), s.kind, s.start, s.end, s.status, s.flags)
		for _, l := range s.links {
			fmt.Fprintln(&out, " link", id(l[0]), id(l[1]))
		}
		return attributes(s.body, 9, func(k []byte, v value) { fmt.Fprintf(&out, " %q %s\n", k, said2(v)) })
	}
	err := w.walk(b)
	return out.String(), err
}

func said2(v value) string {
	switch v.kind {
	case textValue:
		return fmt.Sprintf("%q", v.text)
	case intValue, boolValue:
		return fmt.Sprint(v.n)
	case noValue:
	}
	return "?"
}

// dumpGenerated is the same by pdata.
func dumpGenerated(q ptraceotlp.ExportRequest) string {
	var out strings.Builder
	attrs := func(m pcommon.Map) {
		for k, v := range m.All() {
			s := "?"
			switch v.Type() {
			case pcommon.ValueTypeStr:
				s = fmt.Sprintf("%q", v.Str())
			case pcommon.ValueTypeInt:
				s = fmt.Sprint(v.Int())
			case pcommon.ValueTypeBool:
				s = "0"
				if v.Bool() {
					s = "1"
				}
			default:
			}
			fmt.Fprintf(&out, " %q %s\n", k, s)
		}
	}
	id := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	for _, rs := range q.Traces().ResourceSpans().All() {
		fmt.Fprintln(&out, "resource")
		attrs(rs.Resource().Attributes())
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				fmt.Fprintln(&out, "span", id(s.TraceID().String()), id(s.SpanID().String()), id(s.ParentSpanID().String()), int32(s.Kind()), uint64(s.StartTimestamp()),
					uint64(s.EndTimestamp()), int32(s.Status().Code()), s.Flags())
				for _, l := range s.Links().All() {
					fmt.Fprintln(&out, " link", id(l.TraceID().String()), id(l.SpanID().String()))
				}
				attrs(s.Attributes())
			}
		}
	}
	return out.String()
}

// FuzzWalker holds the walker to the generated code: whatever that takes, the
// walker reads the same of it.
func FuzzWalker(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := dump(b)
		q := ptraceotlp.NewExportRequest()
		if theirs := q.UnmarshalProto(b); theirs != nil {
			return // the walker does not look into what it does not need
		}
		if errors.Is(err, errGroup) {
			return // OTLP has none
		}
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if want := dumpGenerated(q); got != want {
			t.Fatalf("%x\ngot\n%s\nwant\n%s", b, got, want)
		}
	})
}

// FuzzTake takes anything, and what reaches the sink can be stored.
func FuzzTake(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		bb := newBench(t, Options{MaxHeld: 200, MaxNodes: 50, MaxEdges: 50})
		_, _ = bb.Take(b)
		bb.settle()
		bb.storable()
	})
}

// FuzzJSON is the same for bodies in JSON and for files.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[
		{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","kind":3,"attributes":[{"key":"server.address","value":{"stringValue":"a.example"}}]}]}]}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		bb := newBench(t, Options{})
		if p, err := fromJSON(b); err == nil {
			if _, err := bb.Take(p); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = ReadFile(bytes.NewReader(b), Options{}, func(r cmdb.Record) error { bb.take(r); return nil })
		if err := bb.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		bb.storable()
	})
}

func (b *bench) storable() {
	ok := func(s string) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > cmdb.MaxKey {
			b.t.Errorf("%q", s)
		}
	}
	for key, i := range b.items {
		ok(key)
		if ok(i.Name); len(i.Name) > cmdb.MaxName {
			b.t.Errorf("%q", i.Name)
		}
		ok(i.Env)
		if i.Name == "" || len(i.Identifiers) == 0 {
			b.t.Errorf("%+v", i)
		}
		for _, x := range i.Identifiers {
			ok(x.Value)
			if x.Value == "" {
				b.t.Errorf("%+v", i)
			}
		}
	}
}

// TestWalkerMutated is the comparison of FuzzWalker over many small damages of
// good messages, the same ones at each run.
func TestWalkerMutated(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	good := [][]byte{
		proto(t, message(tspan{service: "shop", trace: "1", id: "a", kind: client, bad: true, flags: 0x301, ms: 7, links: []string{"2/b", "3/c"},
			attrs: map[string]any{"db.system": "redis", "server.port": 6379, "messaging.destination.temporary": true}})),
		proto(t, message(tspan{service: "cart", trace: "1", id: "b", parent: "a", kind: server}, tspan{service: "mail", trace: "1", id: "c", kind: consumer, links: []string{"1/a"}})),
	}
	same := 0
	for range 60_000 {
		b := bytes.Clone(good[rng.IntN(len(good))])
		for range 1 + rng.IntN(3) {
			i, j := rng.IntN(len(b)+1), rng.IntN(len(b)+1)
			i, j = min(i, j), max(i, j)
			switch rng.IntN(5) {
			case 0:
				b = b[:j]
			case 1:
				b = append(b[:i:i], b[j:]...)
			case 2:
				b = append(b[:j:j], b[i:]...)
			case 3:
				if i < len(b) {
					b[i] ^= 1 << rng.IntN(8)
				}
			case 4:
				if i < len(b) {
					b[i] = byte(rng.IntN(256))
				}
			}
			if len(b) == 0 {
				break
			}
		}
		q := ptraceotlp.NewExportRequest()
		if q.UnmarshalProto(b) != nil {
			_, _ = dump(b)
			continue
		}
		got, err := dump(b)
		if errors.Is(err, errGroup) {
			continue
		}
		if want := dumpGenerated(q); err != nil || got != want {
			t.Fatalf("%x: %v\ngot\n%s\nwant\n%s", b, err, got, want)
		}
		same++
	}
	if same < 3000 {
		t.Errorf("only %d were readable", same)
	}
	t.Log(same, "readable")
}
