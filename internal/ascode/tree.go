package ascode

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/yamlguard"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// tree is one document as plain values (map[string]any, []any, string, bool,
// json.Number, nil) with the place of each, keyed by JSON pointer.
type tree struct {
	value  any
	values map[string]pos // where each value begins
	keys   map[string]pos // where the key of a mapping's entry stands
}

// at returns the place of a pointer, or of its nearest ancestor that exists.
func (t *tree) at(pointer string) pos {
	for {
		if p, ok := t.keys[pointer]; ok {
			return p
		}
		if p, ok := t.values[pointer]; ok {
			return p
		}
		i := strings.LastIndexByte(pointer, '/')
		if i < 0 {
			return pos{1, 1}
		}
		pointer = pointer[:i]
	}
}

// valueAt is at for the value itself rather than its key.
func (t *tree) valueAt(pointer string) pos {
	if p, ok := t.values[pointer]; ok {
		return p
	}
	return t.at(pointer)
}

const (
	maxDepth = 64      // levels of a document
	maxMarks = 1000    // brackets or entry marks in a row that the parser is given
	maxNodes = 100_000 // values of a document, aliases written out
	maxKeys  = 10_000  // keys of a document; the parser's time grows with the square of a mapping's
)

// parse returns the documents of a file. Empty documents are left out. The
// parser is not trusted with hostile text: nesting is bounded before it sees
// the file (it would exhaust the stack) and a panic in it is the file's fault.
func parse(f File, bad *faults) (trees []*tree) {
	if line := (yamlguard.Guard{Marks: maxMarks, Keys: maxKeys, Documents: true}).Excess(f.Content); line > 0 {
		bad.add(pos{line, 1}.in(f.Path), "document", "", fmt.Sprintf("nest at most %d levels and use at most %d keys in a document", maxDepth, maxKeys))
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			bad.add(pos{1, 1}.in(f.Path), "document", "", "this is no YAML that can be read; check quotes and indentation")
			trees = nil
		}
	}()
	file, err := parser.ParseBytes([]byte(f.Content), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, what := pos{1, 1}, "this is no YAML"
		var ye yaml.Error
		if errors.As(err, &ye) {
			at, what = place(ye.GetToken()), ye.GetMessage()
		}
		bad.add(at.in(f.Path), "document", "", what+"; check quotes and indentation here and on the line before")
		return nil
	}
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil {
			continue
		}
		switch doc.Body.Type() {
		case ast.NullType, ast.CommentType, ast.DirectiveType:
			continue
		}
		w := walker{file: f.Path, bad: bad, anchors: map[string]ast.Node{},
			tree: &tree{values: map[string]pos{}, keys: map[string]pos{}}}
		before := len(bad.list) + bad.cut
		w.tree.value = w.walk("", doc.Body, 0)
		if len(bad.list)+bad.cut == before {
			trees = append(trees, w.tree)
		}
	}
	return trees
}

func place(t *token.Token) pos {
	if t == nil || t.Position == nil {
		return pos{1, 1}
	}
	return pos{t.Position.Line, t.Position.Column}
}

type walker struct {
	file    string
	bad     *faults
	tree    *tree
	anchors map[string]ast.Node
	nodes   int
	stopped bool
}

func (w *walker) fault(n ast.Node, name, value, remedy string) {
	w.bad.add(place(n.GetToken()).in(w.file), name, value, remedy)
}

func (w *walker) walk(pointer string, n ast.Node, depth int) any {
	if n == nil || w.stopped {
		return nil
	}
	if w.nodes++; w.nodes > maxNodes || depth > maxDepth {
		w.stopped = true
		w.fault(n, "document", "", fmt.Sprintf("use at most %d values and %d levels; split the file, and do not let an alias hold itself", maxNodes, maxDepth))
		return nil
	}
	if _, ok := w.tree.values[pointer]; !ok {
		w.tree.values[pointer] = place(first(n))
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
			break
		}
		return json.Number(strconv.FormatFloat(n.Value, 'g', -1, 64))
	case *ast.StringNode:
		return w.text(pointer, n, n.Value)
	case *ast.LiteralNode:
		return w.text(pointer, n, n.Value.Value)
	case *ast.TagNode:
		w.fault(n, name(pointer), n.Start.Value, "leave the tag out; the schema knows the types")
		return nil
	case *ast.AnchorNode:
		if n.Name == nil {
			break
		}
		w.anchors[n.Name.GetToken().Value] = n.Value
		return w.walk(pointer, n.Value, depth+1)
	case *ast.AliasNode:
		key := ""
		if n.Value != nil {
			key = n.Value.GetToken().Value
		}
		target, ok := w.anchors[key]
		if !ok {
			w.fault(n, name(pointer), "*"+key, "there is no anchor of this name above, in this document")
			return nil
		}
		return w.walk(pointer, target, depth+1)
	case *ast.MappingValueNode: // a mapping of one entry
		return w.mapping(pointer, []*ast.MappingValueNode{n}, depth)
	case *ast.MappingNode:
		return w.mapping(pointer, n.Values, depth)
	case *ast.SequenceNode:
		out := make([]any, len(n.Values))
		for i, v := range n.Values {
			out[i] = w.walk(pointer+"/"+strconv.Itoa(i), v, depth+1)
		}
		return out
	}
	w.fault(n, name(pointer), "", "use a text, a finite number, true or false, a list or a mapping here")
	return nil
}

func (w *walker) text(pointer string, n ast.Node, s string) any {
	if strings.ToValidUTF8(s, "") != s || strings.ContainsRune(s, 0) {
		w.fault(n, name(pointer), s, "use text in UTF-8, without the character 0")
		return nil
	}
	return s
}

func (w *walker) mapping(pointer string, entries []*ast.MappingValueNode, depth int) any {
	out := make(map[string]any, len(entries))
	for _, e := range entries {
		if e == nil || e.Key == nil {
			continue
		}
		if e.Key.IsMergeKey() {
			w.fault(e.Key, name(pointer), "<<", "write the fields out; merge keys are not part of YAML 1.2")
			continue
		}
		key := e.Key.GetToken().Value
		switch k := e.Key.(type) {
		case *ast.StringNode:
			key = k.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		default:
			w.fault(e.Key, name(pointer), key, "use a plain text as the key")
			continue
		}
		p := pointer + "/" + escape(key)
		if _, dup := out[key]; dup {
			w.fault(e.Key, name(p), key, fmt.Sprintf("this key is there already, on line %d; keep one", w.tree.keys[p].line))
			continue
		}
		w.tree.keys[p] = place(e.Key.GetToken())
		out[key] = w.walk(p, e.Value, depth+1)
	}
	return out
}

// first is the token at which a node begins; a mapping's own token is its
// first colon.
func first(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingValueNode:
		if n.Key != nil {
			return n.Key.GetToken()
		}
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 && n.Values[0] != nil && n.Values[0].Key != nil {
			return n.Values[0].Key.GetToken()
		}
	}
	return n.GetToken()
}

// escape writes a key as a token of a JSON pointer (RFC 6901).
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// name writes a JSON pointer as people say it: /spec/links/2/url is
// spec.links[2].url.
func name(pointer string) string {
	var b strings.Builder
	for _, t := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		t = strings.NewReplacer("~1", "/", "~0", "~").Replace(t)
		if _, err := strconv.ParseUint(t, 10, 32); err == nil && b.Len() > 0 {
			b.WriteString("[" + t + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(t)
	}
	if b.Len() == 0 {
		return "document"
	}
	return b.String()
}

// pointer is the opposite of name, for faults that practices report on a spec.
func pointerOf(field string) string {
	var b strings.Builder
	for _, t := range strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		b.WriteString("/" + escape(t))
	}
	return b.String()
}
