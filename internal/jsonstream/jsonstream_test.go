package jsonstream

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func read(r io.Reader) (out []string, h *Head, err error) {
	h, err = Each(r, "file", []string{"items"}, func(e Element) error {
		out = append(out, e.Place+" "+e.Head.Text("kind")+" "+string(e.Value))
		return nil
	})
	return
}

func TestShapes(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, "\xEF\xBB\xBF[1,{}]")
	z.Close()
	for in, want := range map[string][]string{
		`[{"a":1},2]`: {`[0]  {"a":1}`, `[1]  2`},
		`{"kind":"PodList","items":[{"a":1}],"metadata":{"continue":"x"}}`: {`items[0] PodList {"a":1}`},
		"{\"a\":1}\n{\"b\": [ 2 ]}\n":                                      {`value 1  {"a":1}`, `value 2  {"b":[ 2 ]}`},
		`{"items":null}`:                                                   {`value 1  {"items":null}`},
		`{"items":[1]} {"items":[2]}`:                                      {`items[0]  1`, `items[0]  2`},
		"\xEF\xBB\xBF{\"items\":[3,4]}":                                    {`items[0]  3`, `items[1]  4`},
		packed.String():                                                    {`[0]  1`, `[1]  {}`},
	} {
		got, _, err := read(strings.NewReader(in))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", in, err, d)
		}
	}
	_, h, err := read(strings.NewReader(`{"items":[],"next":"p2"}`))
	if err != nil || h.Text("next") != "p2" {
		t.Errorf("head: %v %v", h, err)
	}
}

func TestFaultsNameTheirPlace(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "empty",
		`"text"`:                          "neither a list nor an object",
		`{"items":[{"a":1},{"a":}]}`:      "items[1], byte 23",
		"{\"items\":[{\"a\":\"\xff\"}]}":  "items[0].a, byte 16",
		`{"items":[{"a":1,"a":2}]}`:       "duplicate",
		`{"items":[{"a":1}`:               "ends before it is complete",
		`[` + strings.Repeat("[", 10_001): "depth",
		"\x1f\x8bxx":                      "gzip",
		`{"items":[{"a":1}]} trailing`:    "neither a list",
	} {
		_, _, err := read(strings.NewReader(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: want %q in %v", in, want, err)
		}
	}
	stop := errors.New("stop")
	if _, err := Each(strings.NewReader("[1]"), "f", nil, func(Element) error { return stop }); err != stop {
		t.Errorf("own error became %v", err)
	}
}

// endless gives one element without end, or elements without end.
type endless struct{ head, body string }

func (e *endless) Read(p []byte) (int, error) {
	if e.head != "" {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	return copy(p, e.body), nil
}

func TestOneElementIsBounded(t *testing.T) {
	for _, e := range []*endless{{`{"items":["`, "aaaaaaaa"}, {`{"a":"`, "bbbbbbbb"}, {`{"items":[`, "        "}} {
		_, _, err := read(e)
		if !errors.Is(err, errTooLarge) {
			t.Errorf("%v", err)
		}
	}
	n := 0
	many := io.MultiReader(strings.NewReader(`{"items":[0`), io.LimitReader(&endless{"", ",[" + strings.Repeat(" ", 997) + "]"}, 40_000_000), strings.NewReader("]}"))
	if _, err := Each(many, "f", []string{"items"}, func(Element) error { n++; return nil }); err != nil || n != 40_001 {
		t.Errorf("%d elements, %v", n, err)
	}
}

func FuzzEach(f *testing.F) {
	f.Add([]byte(`{"kind":"List","items":[{"a":[1,"x"]}]}`))
	f.Add([]byte("{}\n[]"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, _, err := read(bytes.NewReader(in)); err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Unavailable) {
			t.Errorf("%v", err)
		}
	})
}
