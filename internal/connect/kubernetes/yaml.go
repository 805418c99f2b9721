package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/yamlguard"
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

// toJSON writes one document as JSON; nil for one without content. The parser
// is not trusted with hostile text: nesting is bounded before it sees it, and
// a panic in it is the file's fault.
func toJSON(d document, name string) (out []byte, err error) {
	fault := func(line int, value, what string) error {
		return errs.BadField(name, value, fmt.Sprintf("line %d: %s", d.line+max(line, 1)-1, what))
	}
	if line := (yamlguard.Guard{Marks: maxMarks, Keys: maxKeys, Blocks: true}).Excess(string(d.text)); line > 0 {
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
