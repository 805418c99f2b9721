package web

import (
	"fmt"
	"html/template"
	"io/fs"
	"sync"
	"text/template/parse"
)

var (
	baseOnce sync.Once
	base     *template.Template // layout and components as written; never executed
)

func parseBase() {
	base = template.New("base").Funcs(Funcs)
	names, _ := fs.Glob(shared, "components/*.html")
	for _, n := range append(names, "layout.html") {
		text, err := shared.ReadFile(n)
		if err == nil {
			_, err = base.New(n).Parse(string(text))
		}
		if err != nil {
			panic(fmt.Sprintf("web: %s: %v", n, err))
		}
	}
}

// complete adds to a page's templates those of the layout and the components
// that it reaches, from root and from its own, and no others: html/template
// rewrites trees when it escapes them, so that each page needs its own copies,
// and copies of everything took most of the memory of an idle server.
func complete(t *template.Template, root string) error {
	todo := []string{root}
	for _, own := range t.Templates() {
		todo = append(todo, uses(own.Tree.Root)...)
	}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if t.Lookup(name) != nil {
			continue
		}
		shared := base.Lookup(name)
		if shared == nil {
			continue // check says where it is missing, or whether it may be
		}
		if _, err := t.AddParseTree(name, shared.Tree.Copy()); err != nil {
			return err
		}
		todo = append(todo, uses(shared.Tree.Root)...)
	}
	return nil
}

// uses are the names of the templates that a tree calls.
func uses(n parse.Node) (names []string) {
	branch := func(b *parse.BranchNode) {
		names = append(names, uses(b.List)...)
		names = append(names, uses(b.ElseList)...)
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, x := range n.Nodes {
			names = append(names, uses(x)...)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		names = []string{n.Name}
	}
	return names
}
