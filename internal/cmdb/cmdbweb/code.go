package cmdbweb

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// codeMost bounds what is typed as code, in bytes.
const codeMost = 256 << 10

// readCode reads YAML or JSON that somebody typed into a field; a whole document
// of everything-as-code counts as its spec. Faults name the line.
func readCode(field, text string, into any) error {
	var doc any
	n, err := sourcefile.Documents(strings.NewReader(text), sourcefile.Options{Max: codeMost}, func(node *sourcefile.Node) error {
		doc = node.Plain()
		return nil
	})
	if err != nil {
		e := errs.As(err)
		says := e.Text
		for _, f := range e.Fields {
			says = f.Remedy
			if f.Where != "" {
				says = f.Where + ": " + says
			}
		}
		return errs.BadField(field, "", says)
	}
	if n > 1 {
		return errs.BadField(field, "", "write one document")
	}
	if m, ok := doc.(map[string]any); ok && m["kind"] != nil && m["spec"] != nil {
		doc = m["spec"]
	}
	if doc == nil {
		return nil
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return errs.BadField(field, "", "write values that JSON has")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errs.BadField(field, "", inWords(err))
	}
	return nil
}

// inWords is what a decoder says, for people.
func inWords(err error) string {
	says := strings.TrimPrefix(err.Error(), "json: ")
	if name, ok := strings.CutPrefix(says, "unknown field "); ok {
		return "there is no field " + name
	}
	if _, rest, ok := strings.Cut(says, "Go struct field "); ok { // "cannot unmarshal string into Go struct field Rules.sources of type []string"
		field, kind, _ := strings.Cut(rest, " of type ")
		_, field, _ = strings.Cut(field, ".")
		want := "a mapping"
		switch {
		case strings.HasPrefix(kind, "[]"):
			want = "a list"
		case kind == "string":
			want = "a text"
		case kind == "bool":
			want = "true or false"
		case strings.HasPrefix(kind, "int"):
			want = "a whole number"
		}
		return cmp.Or(field, "something") + " must be " + want
	}
	return says
}
