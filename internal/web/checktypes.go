package web

import (
	"reflect"
	"strings"
	"text/template/parse"
)

// The types half of check: what a field, method or function yields, and
// whether it exists.

// chain follows .A.B.C; the arguments belong to the last name.
func (c *checker) chain(n parse.Node, t reflect.Type, names []string, args []reflect.Type) reflect.Type {
	for i, name := range names {
		if t == nil || t.Kind() == reflect.Interface && t.NumMethod() == 0 {
			return nil
		}
		var a []reflect.Type
		if i == len(names)-1 {
			a = args
		}
		t = c.member(n, t, name, a)
	}
	return t
}

func (c *checker) member(n parse.Node, t reflect.Type, name string, args []reflect.Type) reflect.Type {
	ptr := t
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		ptr = reflect.PointerTo(t)
	}
	if m, ok := ptr.MethodByName(name); ok {
		in := 1
		if t.Kind() == reflect.Interface {
			in = 0
		}
		return c.signature(n, name, m.Type, in, args)
	}
	u := deref(t)
	switch u.Kind() {
	case reflect.Struct:
		f, ok := u.FieldByName(name)
		if !ok || !f.IsExported() {
			c.fail(n, "%v has no exported field or method %s", u, name)
			return nil
		}
		if len(args) > 0 && f.Type.Kind() != reflect.Func {
			c.fail(n, "%s is a field and takes no arguments", name)
		}
		return f.Type
	case reflect.Map:
		return u.Elem()
	}
	c.fail(n, "%v has no field or method %s", t, name)
	return nil
}

func (c *checker) signature(n parse.Node, name string, f reflect.Type, skip int, args []reflect.Type) reflect.Type {
	want := f.NumIn() - skip
	if f.IsVariadic() && len(args) < want-1 || !f.IsVariadic() && len(args) != want {
		c.fail(n, "%s wants %d arguments and gets %d", name, want, len(args))
	}
	for i, a := range args {
		j := i + skip
		var in reflect.Type
		switch {
		case f.IsVariadic() && j >= f.NumIn()-1:
			in = f.In(f.NumIn() - 1).Elem()
		case j < f.NumIn():
			in = f.In(j)
		}
		if a != nil && in != nil && a.Kind() != reflect.Interface && !a.AssignableTo(in) &&
			!(a.Kind() == reflect.Pointer && a.Elem().AssignableTo(in)) && !reflect.PointerTo(a).AssignableTo(in) {
			c.fail(n, "argument %d of %s is %v, not %v", i+1, name, a, in)
		}
	}
	if f.NumOut() == 0 {
		return nil
	}
	return f.Out(0)
}

func (c *checker) call(n *parse.IdentifierNode, cmd *parse.CommandNode, args []reflect.Type) reflect.Type {
	if n.Ident == "icon" && len(cmd.Args) > 1 {
		if s, ok := cmd.Args[1].(*parse.StringNode); ok && !hasIcon(s.Text) {
			c.fail(n, "there is no icon %q in assets/vendor/tabler-icons or assets/icons", s.Text)
		}
	}
	if f, ok := Funcs[n.Ident]; ok {
		return c.signature(n, n.Ident, reflect.TypeOf(f), 0, args)
	}
	switch n.Ident {
	case "eq", "ne", "lt", "le", "gt", "ge", "not":
		return reflect.TypeFor[bool]()
	case "len":
		return reflect.TypeFor[int]()
	case "print", "printf", "println", "html", "js", "urlquery":
		return reflect.TypeFor[string]()
	case "index":
		if len(args) > 1 && args[0] != nil {
			if u := deref(args[0]); strings.Contains("slice array map", u.Kind().String()) {
				return u.Elem()
			}
		}
	case "slice":
		if len(args) > 0 {
			return args[0]
		}
	}
	return nil // and, or, call, index of unknown: anything
}

func deref(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
