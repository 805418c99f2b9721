package web

import (
	"errors"
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"text/template/parse"
)

// check walks the parse tree of the template called root with the type of its
// dot and reports every field, method, template, icon and argument count that
// does not exist. Where a type cannot be known (interfaces, results of index
// on mixed values) it accepts anything: it finds slips of the pen, it does not
// prove the template right.
func check(t *template.Template, root string, dot reflect.Type) error {
	c := &checker{set: t, seen: map[string]bool{}}
	c.template(root, dot, nil)
	return errors.Join(c.errs...)
}

type checker struct {
	set  *template.Template
	seen map[string]bool // template name and dot type already walked
	errs []error
	tree *parse.Tree
}

// vars is the scope of template variables; nil type = unknown.
type vars struct {
	name string
	typ  reflect.Type
	up   *vars
}

func (v *vars) get(name string) (reflect.Type, bool) {
	for ; v != nil; v = v.up {
		if v.name == name {
			return v.typ, true
		}
	}
	return nil, false
}

func (c *checker) fail(n parse.Node, format string, args ...any) {
	where, ctx := c.tree.ErrorContext(n)
	err := fmt.Errorf("%s: in <%s>: %s", where, ctx, fmt.Sprintf(format, args...))
	if !slices.ContainsFunc(c.errs, func(e error) bool { return e.Error() == err.Error() }) {
		c.errs = append(c.errs, err)
	}
}

func (c *checker) template(name string, dot reflect.Type, at parse.Node) {
	key := fmt.Sprintf("%s %v", name, dot)
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	t := c.set.Lookup(name)
	if t == nil || t.Tree == nil {
		if at != nil {
			c.fail(at, "there is no template %q", name)
		}
		return
	}
	before := c.tree
	c.tree = t.Tree
	c.list(t.Tree.Root, dot, &vars{name: "$", typ: dot})
	c.tree = before
}

// list walks nodes; variables declared in it end with it.
func (c *checker) list(l *parse.ListNode, dot reflect.Type, v *vars) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		v = c.node(n, dot, v)
	}
}

func (c *checker) node(n parse.Node, dot reflect.Type, v *vars) *vars {
	switch n := n.(type) {
	case *parse.ActionNode:
		_, v = c.pipe(n.Pipe, dot, v)
	case *parse.IfNode:
		_, in := c.pipe(n.Pipe, dot, v)
		c.list(n.List, dot, in)
		c.list(n.ElseList, dot, in)
	case *parse.WithNode:
		t, in := c.pipe(n.Pipe, dot, v)
		c.list(n.List, t, in)
		c.list(n.ElseList, dot, in)
	case *parse.RangeNode:
		c.rang(n, dot, v)
	case *parse.TemplateNode:
		var t reflect.Type
		if n.Pipe != nil {
			t, _ = c.pipe(n.Pipe, dot, v)
		}
		c.template(n.Name, t, n)
	case *parse.ListNode:
		c.list(n, dot, v)
	}
	return v
}

func (c *checker) rang(n *parse.RangeNode, dot reflect.Type, v *vars) {
	t, _ := c.pipe(n.Pipe, dot, v)
	var key, elem reflect.Type
	switch u := deref(t); {
	case u == nil || u.Kind() == reflect.Interface:
	case u.Kind() == reflect.Slice || u.Kind() == reflect.Array || u.Kind() == reflect.Chan:
		key, elem = reflect.TypeFor[int](), u.Elem()
	case u.Kind() == reflect.Map:
		key, elem = u.Key(), u.Elem()
	case u.Kind() == reflect.Int:
		key, elem = u, u
	case u.CanSeq2():
		key, elem = u.In(0).In(0), u.In(0).In(1)
	case u.CanSeq():
		elem = u.In(0).In(0)
	default:
		c.fail(n, "cannot range over %v", t)
	}
	in := v
	switch d := n.Pipe.Decl; len(d) {
	case 1:
		in = &vars{d[0].Ident[0], elem, in}
	case 2:
		in = &vars{d[1].Ident[0], elem, &vars{d[0].Ident[0], key, in}}
	}
	c.list(n.List, elem, in)
	c.list(n.ElseList, dot, v)
}

// pipe returns the type a pipeline yields and the scope with its declarations.
func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type, v *vars) (reflect.Type, *vars) {
	var t reflect.Type
	for i, cmd := range p.Cmds {
		t = c.command(cmd, dot, v, i > 0, t)
	}
	if len(p.Decl) == 1 && !p.IsAssign {
		v = &vars{p.Decl[0].Ident[0], t, v}
	}
	return t, v
}

func (c *checker) command(cmd *parse.CommandNode, dot reflect.Type, v *vars, piped bool, last reflect.Type) reflect.Type {
	var args []reflect.Type
	for _, a := range cmd.Args[1:] {
		args = append(args, c.value(a, dot, v))
	}
	if piped {
		args = append(args, last)
	}
	switch n := cmd.Args[0].(type) {
	case *parse.FieldNode:
		return c.chain(n, dot, n.Ident, args)
	case *parse.ChainNode:
		return c.chain(n, c.value(n.Node, dot, v), n.Field, args)
	case *parse.VariableNode:
		t, ok := v.get(n.Ident[0])
		if !ok {
			return nil
		}
		return c.chain(n, t, n.Ident[1:], args)
	case *parse.IdentifierNode:
		return c.call(n, cmd, args)
	default:
		return c.value(n, dot, v)
	}
}

func (c *checker) value(n parse.Node, dot reflect.Type, v *vars) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.StringNode:
		return reflect.TypeFor[string]()
	case *parse.BoolNode:
		return reflect.TypeFor[bool]()
	case *parse.PipeNode:
		t, _ := c.pipe(n, dot, v)
		return t
	case *parse.FieldNode:
		return c.chain(n, dot, n.Ident, nil)
	case *parse.ChainNode:
		return c.chain(n, c.value(n.Node, dot, v), n.Field, nil)
	case *parse.VariableNode:
		t, _ := v.get(n.Ident[0])
		return c.chain(n, t, n.Ident[1:], nil)
	case *parse.IdentifierNode:
		return c.call(n, &parse.CommandNode{Args: []parse.Node{n}}, nil)
	}
	return nil // numbers and nil fit many types
}
