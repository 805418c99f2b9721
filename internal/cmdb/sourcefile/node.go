package sourcefile

import (
	"encoding/json"
	"slices"
	"strings"
)

// Kind is what a Node is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Map
)

// Node is one value of a document. A nil Node is a value that is not there:
// all methods may be asked of it.
type Node struct {
	Kind    Kind
	Line    int
	Tag     string // "!Ref": a tag that is not YAML's own
	Value   string // of a scalar, as text
	Items   []*Node
	Entries []Entry
}

// Entry is one field of a mapping, in the order of the file.
type Entry struct {
	Key   string
	Line  int
	Value *Node
}

// Get returns a field of a mapping by its path, nil when there is none.
func (n *Node) Get(path ...string) *Node {
	for _, key := range path {
		if n == nil {
			return nil
		}
		i := slices.IndexFunc(n.Entries, func(e Entry) bool { return e.Key == key })
		if i < 0 {
			return nil
		}
		n = n.Entries[i].Value
	}
	return n
}

// Is tells whether the value is there and of a kind.
func (n *Node) Is(k Kind) bool { return n != nil && n.Kind == k }

// Text is a scalar as text, without space around it; empty for anything else.
func (n *Node) Text() string {
	if n == nil || n.Kind == List || n.Kind == Map || n.Kind == Null {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// Each returns the entries of a list; a scalar is a list of one.
func (n *Node) Each() []*Node {
	switch {
	case n == nil || n.Kind == Null || n.Kind == Map:
		return nil
	case n.Kind == List:
		return n.Items
	}
	return []*Node{n}
}

// Fields returns the entries of a mapping.
func (n *Node) Fields() []Entry {
	if n == nil {
		return nil
	}
	return n.Entries
}

// Texts returns the scalars of a list as texts, empty ones left out.
func (n *Node) Texts() []string {
	var out []string
	for _, v := range n.Each() {
		if s := v.Text(); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Place is "line 12".
func (n *Node) Place() string {
	if n == nil {
		return Line(1)
	}
	return Line(n.Line)
}

// Plain returns the value as encoding/json would: map[string]any, []any,
// string, json.Number, bool, nil.
func (n *Node) Plain() any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Bool:
		return n.Value == "true"
	case Number:
		return json.Number(n.Value)
	case String:
		return n.Value
	case List:
		out := make([]any, len(n.Items))
		for i, v := range n.Items {
			out[i] = v.Plain()
		}
		return out
	case Map:
		out := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			out[e.Key] = e.Value.Plain()
		}
		return out
	}
	return nil
}
