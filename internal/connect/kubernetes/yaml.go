package kubernetes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits of one YAML document. An object in a cluster cannot be larger than
// etcd's request limit of 1.5 MiB; aliases count as if they were written out.
const (
	maxDocument = 2 << 20
	maxKeys     = 10_000 // the parser's time grows with the square of a mapping's keys
	maxNodes    = 100_000
	maxDepth    = 64
	maxMarks    = 1000 // brackets open, or entry marks in a row, that the parser is given
)

// document is one object's text and the line of the file at which it begins.
type document struct {
	text []byte
	line int
}

// documents cuts a file into its objects without parsing it: at "---", and at
// the entries of a top-level "items:" list, as `kubectl get -o yaml` prints
// it, so that a file of any size is held one object at a time.
func documents(r io.Reader, name string, each func(document) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var buf bytes.Buffer
	start, n, items, rest := 1, 0, false, false
	flush := func() error {
		d := document{text: buf.Bytes(), line: start}
		defer func() { buf.Reset(); start = n }()
		if len(bytes.TrimSpace(d.text)) == 0 {
			return nil
		}
		return each(d)
	}
	for {
		line, err := readLine(in)
		if err != nil && err != io.EOF {
			if errors.Is(err, errLongLine) {
				return errs.BadField(name, "", fmt.Sprintf("line %d is longer than %d MiB", n+1, maxDocument>>20))
			}
			return errs.E(errs.Unavailable, "reading %s stopped at line %d", name, n).Because(err)
		}
		if len(line) > 0 {
			n++
			if i := invalid(line); i >= 0 {
				return errs.BadField(name, "", fmt.Sprintf("line %d, byte %d is no UTF-8; save the file in UTF-8", n, i+1))
			}
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
			}
			mark := bytes.TrimRight(line, " \t\r\n")
			switch {
			case bytes.HasPrefix(line, []byte("---")) && (len(mark) == 3 || mark[3] == ' ' || mark[3] == '\t'), bytes.Equal(mark, []byte("...")):
				if err := flush(); err != nil {
					return err
				}
				items, rest = false, false
				line = line[3:]
			case rest: // kind and metadata of the list that ended
				continue
			case bytes.Equal(mark, []byte("items:")):
				items, start = true, n+1
				buf.Reset()
				line = nil
			case items && line[0] == '-':
				if err := flush(); err != nil {
					return err
				}
				line = append([]byte(" "), line[1:]...)
			case items && len(mark) > 0 && line[0] != ' ' && line[0] != '#' && line[0] != '\t':
				if err := flush(); err != nil {
					return err
				}
				items, rest = false, true
				continue
			}
			if buf.Len()+len(line) > maxDocument {
				return errs.BadField(name, "", fmt.Sprintf("the document that begins at line %d is larger than %d MiB; no object of a cluster is", start, maxDocument>>20))
			}
			buf.Write(line)
		}
		if err == io.EOF {
			return flush()
		}
	}
}

var errLongLine = errors.New("line too long")

func readLine(in *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := in.ReadSlice('\n')
		out = append(out, part...)
		if len(out) > maxDocument {
			return nil, errLongLine
		}
		if err != bufio.ErrBufferFull {
			return out, err
		}
	}
}

func invalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// kindOf is the object's kind as a line of its own says it, at the least
// indentation of the text; empty when only a parser can tell.
func kindOf(text []byte) string {
	depth := -1
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(trimmed)) == 0 || trimmed[0] == '#' {
			continue
		}
		in := len(line) - len(trimmed)
		if depth < 0 {
			depth = in
		}
		if in == depth && bytes.HasPrefix(trimmed, []byte("kind:")) {
			v, _, _ := strings.Cut(string(trimmed[5:]), " #")
			v = strings.Trim(strings.TrimSpace(v), `"'`)
			if strings.ContainsAny(v, "*&!{") {
				return ""
			}
			return v
		}
	}
	return ""
}

// toJSON writes one document as JSON; nil for one without content. The parser
// is not trusted with hostile text: nesting is bounded before it sees it, and
// a panic in it is the file's fault.
func toJSON(d document, name string) (out []byte, err error) {
	fault := func(line int, value, what string) error {
		return errs.BadField(name, value, fmt.Sprintf("line %d: %s", d.line+max(line, 1)-1, what))
	}
	if line := tooDeep(string(d.text)); line > 0 {
		return nil, fault(line, "", fmt.Sprintf("nest at most %d levels and use at most %d keys in a document", maxDepth, maxKeys))
	}
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, fault(1, "", "this is no YAML that can be read; check quotes and indentation")
		}
	}()
	file, err := parser.ParseBytes(d.text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, what := 1, "this is no YAML"
		var ye yaml.Error
		if errors.As(err, &ye) {
			what = ye.GetMessage()
			if t := ye.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		return nil, fault(line, "", what+"; check quotes and indentation here and on the line before")
	}
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil {
			continue
		}
		switch doc.Body.Type() {
		case ast.NullType, ast.CommentType, ast.DirectiveType:
			continue
		}
		w := walker{anchors: map[string]ast.Node{}}
		v := w.walk(doc.Body, 0)
		if w.fault != "" {
			return nil, fault(w.line, "", w.fault)
		}
		return json.Marshal(v)
	}
	return nil, nil
}

// literal is a line that begins a block of text ("key: |-").
var literal = regexp.MustCompile(`^ *(- )*["']?[A-Za-z0-9_./-]+["']?: +[|>][+-]?[1-9]?[+-]? *\r?\n?$`)

// tooDeep is the first line with more nesting or keys than a parser is given;
// 0 if there is none.
func tooDeep(s string) int {
	depth, run, keys, n, block := 0, 0, 0, 0, -1
	for line := range strings.Lines(s) {
		n++
		in := len(line) - len(strings.TrimLeft(line, " "))
		if block >= 0 && (in > block || strings.TrimSpace(line) == "") {
			continue // text of its own, such as a dashboard in a ConfigMap
		}
		block = -1
		if literal.MatchString(line) {
			block = in
		}
		if keys += strings.Count(line, ": ") + strings.Count(line, ":\n"); keys > maxKeys {
			return n
		}
		for i := 0; i < len(line); i++ {
			switch line[i] {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxMarks {
				return n
			}
		}
		for _, w := range strings.Fields(line) {
			if w == "-" || w == "?" || w == ":" || w[0] == '!' || w[0] == '&' {
				run++
			} else {
				run = 0
			}
			if run > maxMarks {
				return n
			}
		}
		if len(line)-len(strings.TrimLeft(line, " \t")) > 2*maxMarks {
			return n
		}
	}
	return 0
}

// walker turns a syntax tree into plain values, aliases written out.
type walker struct {
	anchors map[string]ast.Node
	nodes   int
	line    int
	fault   string
}

func (w *walker) stop(n ast.Node, what string) any {
	if w.fault == "" {
		w.fault = what
		if t := n.GetToken(); t != nil && t.Position != nil {
			w.line = t.Position.Line
		}
	}
	return nil
}

func (w *walker) walk(n ast.Node, depth int) any {
	if n == nil || w.fault != "" {
		return nil
	}
	if w.nodes++; w.nodes > maxNodes || depth > maxDepth {
		return w.stop(n, fmt.Sprintf("more than %d values or %d levels; split the document, and do not let an alias hold itself", maxNodes, maxDepth))
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value))
	case *ast.FloatNode:
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return w.stop(n, "use a finite number")
		}
		return json.Number(strconv.FormatFloat(n.Value, 'g', -1, 64))
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.TagNode:
		return w.walk(n.Value, depth+1)
	case *ast.AnchorNode:
		if n.Name != nil {
			w.anchors[n.Name.GetToken().Value] = n.Value
		}
		return w.walk(n.Value, depth+1)
	case *ast.AliasNode:
		if n.Value != nil {
			if target, ok := w.anchors[n.Value.GetToken().Value]; ok {
				return w.walk(target, depth+1)
			}
		}
		return w.stop(n, "there is no anchor of this name above, in this document")
	case *ast.MappingValueNode:
		return w.mapping([]*ast.MappingValueNode{n}, depth)
	case *ast.MappingNode:
		return w.mapping(n.Values, depth)
	case *ast.SequenceNode:
		out := make([]any, len(n.Values))
		for i, v := range n.Values {
			out[i] = w.walk(v, depth+1)
		}
		return out
	}
	return w.stop(n, "use a text, a finite number, true or false, a list or a mapping here")
}

// mapping keeps the last of doubled keys, as kubectl does, and obeys merge
// keys.
func (w *walker) mapping(entries []*ast.MappingValueNode, depth int) any {
	out := make(map[string]any, len(entries))
	var merged []map[string]any
	for _, e := range entries {
		if e == nil || e.Key == nil {
			continue
		}
		if e.Key.IsMergeKey() {
			v := w.walk(e.Value, depth+1)
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			for _, m := range list {
				if m, ok := m.(map[string]any); ok {
					merged = append(merged, m)
				}
			}
			continue
		}
		key := e.Key.GetToken().Value
		if k, ok := e.Key.(*ast.StringNode); ok {
			key = k.Value
		}
		out[key] = w.walk(e.Value, depth+1)
	}
	for _, m := range merged {
		for k, v := range m {
			if _, own := out[k]; !own {
				out[k] = v
			}
		}
	}
	return out
}
