package sourcefile

import (
	"bytes"
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

const (
	maxDepth = 64      // levels of a document
	maxMarks = 1000    // brackets or entry marks in a row that the parser is given
	maxNodes = 100_000 // values of a document, aliases written out
	maxKeys  = 10_000  // keys of a document; the parser's time grows with the square of a mapping's
)

// parseYAML returns the one document of a text that begins on a line of its
// file; nil for an empty one. The parser is not trusted with hostile text:
// nesting and keys are bounded before it sees any.
func parseYAML(text []byte, from int) (n *Node, err error) {
	if start := bytes.TrimSpace(text); len(start) > 0 && (start[0] == '{' || start[0] == '[') && json.Valid(start) {
		return parseJSON(bytes.NewReader(text), from) // JSON is YAML, but this knows all of its escapes
	}
	if at := (yamlguard.Guard{Marks: maxMarks, Keys: maxKeys}).Excess(string(text)); at > 0 {
		return nil, Bad(Line(from+at-1), "document", "", fmt.Sprintf("nest at most %d levels and use at most %d keys in a document", maxDepth, maxKeys))
	}
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, Bad(Line(from), "document", "", "this is no YAML that can be read; check quotes and indentation")
		}
	}()
	file, e := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if e != nil {
		line, what := from, "this is no YAML"
		var ye yaml.Error
		if errors.As(e, &ye) {
			line, what = from+lineOf(ye.GetToken())-1, ye.GetMessage()
		}
		return nil, Bad(Line(line), "document", "", what+"; check quotes and indentation here and on the line before")
	}
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil {
			continue
		}
		switch doc.Body.Type() {
		case ast.NullType, ast.CommentType, ast.DirectiveType:
			continue
		}
		w := walker{from: from, anchors: map[string]ast.Node{}}
		return w.walk(doc.Body, 0)
	}
	return nil, nil //nolint:nilnil // an empty document is neither a value nor a fault
}

func lineOf(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 1
	}
	return max(t.Position.Line, 1)
}

type walker struct {
	from    int
	anchors map[string]ast.Node
	nodes   int
	tag     string
}

func (w *walker) bad(n ast.Node, value, remedy string) (*Node, error) {
	return nil, Bad(Line(w.line(n)), "document", value, remedy)
}

func (w *walker) line(n ast.Node) int {
	t := n.GetToken()
	switch n := n.(type) { // a mapping's own token is its first colon
	case *ast.MappingValueNode:
		if n.Key != nil {
			t = n.Key.GetToken()
		}
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 && n.Values[0] != nil && n.Values[0].Key != nil {
			t = n.Values[0].Key.GetToken()
		}
	}
	return w.from + lineOf(t) - 1
}

func (w *walker) walk(n ast.Node, depth int) (*Node, error) {
	if n == nil {
		return &Node{Line: w.from}, nil
	}
	if w.nodes++; w.nodes > maxNodes || depth > maxDepth {
		return w.bad(n, "", fmt.Sprintf("use at most %d values and %d levels in a document, aliases written out, and let no alias hold itself", maxNodes, maxDepth))
	}
	out := &Node{Line: w.line(n), Tag: w.tag}
	w.tag = ""
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.BoolNode:
		out.Kind, out.Value = Bool, strconv.FormatBool(n.Value)
	case *ast.IntegerNode:
		out.Kind, out.Value = Number, fmt.Sprint(n.Value)
	case *ast.FloatNode:
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			out.Kind, out.Value = String, n.GetToken().Value
			break
		}
		out.Kind, out.Value = Number, strconv.FormatFloat(n.Value, 'g', -1, 64)
		if t := n.GetToken(); t != nil && strings.Count(t.Value, ".") == 1 && !strings.ContainsAny(t.Value, "eE_+") {
			out.Value = strings.TrimSpace(t.Value) // 3.10 is a version more often than a number
			if strings.HasSuffix(out.Value, ".") || strings.HasPrefix(out.Value, ".") || strings.HasPrefix(out.Value, "-.") {
				out.Value = strconv.FormatFloat(n.Value, 'g', -1, 64)
			}
		}
	case *ast.InfinityNode, *ast.NanNode:
		out.Kind, out.Value = String, n.GetToken().Value
	case *ast.StringNode:
		out.Kind, out.Value = String, n.Value
	case *ast.LiteralNode:
		out.Kind, out.Value = String, n.Value.Value
	case *ast.TagNode:
		if strings.HasPrefix(n.Start.Value, "!!") {
			return w.walk(n.Value, depth+1)
		}
		w.tag = n.Start.Value
		v, err := w.walk(n.Value, depth+1)
		w.tag = ""
		return v, err
	case *ast.AnchorNode:
		if n.Name == nil {
			return w.bad(n, "", "give the anchor a name")
		}
		w.anchors[n.Name.GetToken().Value] = n.Value
		return w.walk(n.Value, depth+1)
	case *ast.AliasNode:
		key := ""
		if n.Value != nil {
			key = n.Value.GetToken().Value
		}
		target, ok := w.anchors[key]
		if !ok {
			return w.bad(n, "*"+key, "there is no anchor of this name above, in this document")
		}
		return w.walk(target, depth+1)
	case *ast.MappingValueNode: // a mapping of one entry
		return out, w.mapping(out, []*ast.MappingValueNode{n}, depth)
	case *ast.MappingNode:
		return out, w.mapping(out, n.Values, depth)
	case *ast.SequenceNode:
		out.Kind = List
		for _, v := range n.Values {
			item, err := w.walk(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.Items = append(out.Items, item)
		}
	default:
		return w.bad(n, "", "use a text, a number, true or false, a list or a mapping here")
	}
	return out, nil
}

func (w *walker) mapping(out *Node, entries []*ast.MappingValueNode, depth int) error {
	out.Kind = Map
	seen := make(map[string]int, len(entries))
	var merged []*Node
	for _, e := range entries {
		if e == nil || e.Key == nil {
			continue
		}
		line := w.from + lineOf(e.Key.GetToken()) - 1
		v, err := w.walk(e.Value, depth+1)
		if err != nil {
			return err
		}
		if e.Key.IsMergeKey() {
			if v.Kind == List {
				merged = append(merged, v.Items...)
			} else {
				merged = append(merged, v)
			}
			continue
		}
		key := e.Key.GetToken().Value
		if k, ok := e.Key.(*ast.StringNode); ok {
			key = k.Value
		}
		if first, dup := seen[key]; dup {
			return Bad(Line(line), key, "", fmt.Sprintf("this key is there already, on line %d; keep one", first))
		}
		seen[key] = line
		out.Entries = append(out.Entries, Entry{Key: key, Line: line, Value: v})
	}
	for _, m := range merged { // what stands in the mapping itself wins, then the first that is merged
		for _, e := range m.Fields() {
			if _, ok := seen[e.Key]; !ok {
				seen[e.Key] = e.Line
				out.Entries = append(out.Entries, e)
			}
		}
	}
	return nil
}
